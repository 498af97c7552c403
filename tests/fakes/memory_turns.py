"""The lines of calls in memory."""

from collections import defaultdict
from datetime import datetime, timedelta

from shared.domain.session.turns import Lane, Line, Turn


class MemoryTurns:
    """`shared.application.pace.Turns` in memory."""

    def __init__(self) -> None:
        self._lines: dict[int, Line] = defaultdict(Line)

    def take_turn(
        self, line: int, lane: Lane, now: datetime, every: timedelta, latest: datetime
    ) -> Turn | None:
        taken = self._lines[line].take(lane, now, every, latest)
        if taken is None:
            return None
        self._lines[line], turn = taken
        return turn

    def turns_passed(self, line: int, lane: Lane) -> int:
        return self._lines[line].passed(lane)
