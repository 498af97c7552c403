"""What is counted of finished sessions, hour by hour and day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.mishap.outcome import Grade
from shared.domain.watch.reliability import Tally


@dataclass(frozen=True, slots=True)
class HourTally:
    """What the sessions of an hour came to.

    Args:
        hour: its beginning, UTC.
        counted_at: when counting began, UTC.
    """

    hour: datetime
    counted_at: datetime
    tally: Tally


@dataclass(frozen=True, slots=True)
class DayTally:
    """What the counted hours of a UTC day came to.

    Args:
        day: its midnight.
        turn: rises with every change.
        hours: how many are counted, of 24.
        counted_at: when the one counted last was, UTC.
    """

    day: datetime
    turn: int
    hours: int
    counted_at: datetime
    tally: Tally


class Tallies(Protocol):
    """The index of outcomes, to be counted, and what was counted."""

    def sessions(self, grade: Grade, hour: datetime, shard: int) -> int:
        """How many sessions of a shard and an hour went so; no session itself is read."""
        ...

    def keep_hour(self, counted: HourTally) -> None:
        """Keep what an hour came to; nothing changes where it was counted later than this."""
        ...

    def hours_of(self, day: datetime) -> Sequence[HourTally]:
        """The counted hours of a UTC day, in order."""
        ...

    def keep_day(self, day: DayTally) -> bool:
        """Keep what a day came to; False where its turn is not the next one."""
        ...

    def days(self, first: datetime, last: datetime) -> Sequence[DayTally]:
        """The counted days from one to another, in order."""
        ...
