"""Virtual time: what is to happen, in order, and nothing that depends on a real clock."""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(slots=True)
class Entry:
    """Something that will happen unless it is cancelled first."""

    act: Callable[[], None]
    cancelled: bool = False


class Agenda:
    """Events in order of time, and in order of entry where times are equal.

    Args:
        now: where time starts, UTC.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._heap: list[tuple[datetime, int, Entry]] = []
        self._order = itertools.count()

    def at(self, when: datetime, act: Callable[[], None]) -> Entry:
        """Let something happen at a moment; a moment gone by means at once."""
        entry = Entry(act)
        heapq.heappush(self._heap, (max(when, self.now), next(self._order), entry))
        return entry

    def after(self, seconds: float, act: Callable[[], None]) -> Entry:
        """Let something happen `seconds` from now."""
        return self.at(self.now + timedelta(seconds=seconds), act)

    def next_at(self) -> datetime | None:
        """When the next event is due, or None where nothing is planned."""
        while self._heap and self._heap[0][2].cancelled:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def advance(self, to: datetime) -> None:
        """Let everything happen that is due by `to`; time never runs backwards."""
        while (due := self.next_at()) is not None and due <= to:
            when, _, entry = heapq.heappop(self._heap)
            self.now = max(self.now, when)
            entry.act()
        self.now = max(self.now, to)
