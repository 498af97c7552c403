"""What was counted of finished sessions, in memory."""

from collections.abc import Sequence
from datetime import datetime

from shared.application.tallies import DayTally, HourTally
from shared.domain.mishap.outcome import Grade
from tests.fakes.memory_store import MemoryStore


class MemoryTallies:
    """`shared.application.tallies.Tallies` over the sessions of a store in memory."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._hours: dict[datetime, HourTally] = {}
        self._days: dict[datetime, DayTally] = {}

    def sessions(self, grade: Grade, hour: datetime, shard: int) -> int:
        counted, cursor = 0, None
        while True:
            page = self._store.outcomes(grade, hour, shard, cursor)
            counted, cursor = counted + len(page.items), page.cursor
            if cursor is None:
                return counted

    def keep_hour(self, counted: HourTally) -> None:
        kept = self._hours.get(counted.hour)
        if kept is None or kept.counted_at <= counted.counted_at:
            self._hours[counted.hour] = counted

    def hours_of(self, day: datetime) -> Sequence[HourTally]:
        return [self._hours[hour] for hour in sorted(self._hours) if hour.date() == day.date()]

    def keep_day(self, day: DayTally) -> bool:
        kept = self._days.get(day.day)
        if day.turn != (kept.turn if kept else 0) + 1:
            return False
        self._days[day.day] = day
        return True

    def days(self, first: datetime, last: datetime) -> Sequence[DayTally]:
        return [self._days[day] for day in sorted(self._days) if first <= day <= last]
