"""Counts how sessions went, and publishes what it comes to (S1.16).

Everything is counted from the index of outcomes and nothing is added up from call to call, so that
an hour that is counted twice, or by two at once, comes to the same. Each hour is counted again
later, because a session stands in the hour of its first symptom, and only once it is over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from shared.application.outage_store import OutageStore
from shared.application.ports import Clock
from shared.application.tallies import DayTally, HourTally, Tallies
from shared.domain.errors import Conflict
from shared.domain.mishap.outcome import Grade
from shared.domain.outage.reach import SHARDS
from shared.domain.policy import CURRENT
from shared.domain.watch.reliability import Figures, Tally, counted, figures

_SWEEP = "figures"
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_HOURS_A_DAY = 24
_TROUBLES = (Grade.PROBLEM, Grade.CRITICAL)
# Sweeps that sum up one day at once are few, and each lets another one through.
_TRIES = 10


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep came to.

    Args:
        hours: how many were counted, an hour as often as it was.
        until: every hour that ended up to here is counted as often as it should be, UTC.
        behind: seconds since then.
    """

    hours: int
    until: datetime
    behind: int


@dataclass(frozen=True, slots=True)
class Published:
    """The figures of a period of whole UTC days.

    Args:
        first: its first day.
        last: its last day.
        hours: of the period.
        hours_counted: of those, the ones in the figures; fewer where nobody counted.
        counted_at: when the last of them was counted, UTC; None where none was.
    """

    first: date
    last: date
    hours: int
    hours_counted: int
    counted_at: datetime | None
    tally: Tally
    figures: Figures


class Reliability:
    """Counts hours, and publishes days.

    Args:
        store: the table, for its index of outcomes.
        tallies: what was counted.
        clock: business time.
    """

    def __init__(self, store: OutageStore, tallies: Tallies, clock: Clock) -> None:
        self._store, self._tallies, self._clock = store, tallies, clock

    def sweep(self, go_on: Callable[[], bool]) -> Swept:
        """Count whatever is to be counted by now; where it never ran, from the last hour on.

        Args:
            go_on: whether there is time to count another hour, as often as it must be.
        """
        now = self._clock.now()
        last, hours = _hour(now), 0
        come = self._store.swept_until(_SWEEP) or last - _HOUR
        while come < last and go_on():
            come += _HOUR
            for after in CURRENT.figures_looks:
                self._count(_hour(come - _HOUR - timedelta(seconds=after)))
                hours += 1
            self._store.note_swept(_SWEEP, come)
        return Swept(hours, come, int((now - come).total_seconds()))

    def recount(self, first: datetime, last: datetime, go_on: Callable[[], bool]) -> Swept:
        """Count the hours between two moments anew, as far as they are over.

        Args:
            first: UTC.
            last: UTC.
            go_on: whether there is time to count another hour.
        """
        now = self._clock.now()
        come, last, hours = _hour(first), min(last, _hour(now)), 0
        while come < last and go_on():
            self._count(come)
            come += _HOUR
            hours += 1
        return Swept(hours, come, int((now - come).total_seconds()))

    def published(self, days: int) -> Published:
        """The figures of so many days, up to the last one that has settled."""
        settled = self._clock.now() - timedelta(seconds=CURRENT.figures_settle)
        last = _midnight(settled) - _DAY
        first = last - (days - 1) * _DAY
        found = self._tallies.days(first, last)
        tally = sum((day.tally for day in found), Tally())
        return Published(
            first.date(),
            last.date(),
            days * _HOURS_A_DAY,
            sum(day.hours for day in found),
            max((day.counted_at for day in found), default=None),
            tally,
            figures(tally, CURRENT),
        )

    def _count(self, hour: datetime) -> None:
        began, tally = self._clock.now(), Tally()
        for shard in range(SHARDS):
            tally += Tally(sessions=self._tallies.sessions(Grade.FINE, hour, shard))
            for grade in _TROUBLES:
                tally += self._troubles(grade, hour, shard)
        self._tallies.keep_hour(HourTally(hour, began, tally))
        self._sum_up(_midnight(hour))

    def _troubles(self, grade: Grade, hour: datetime, shard: int) -> Tally:
        tally, cursor = Tally(), None
        while True:
            page = self._store.outcomes(grade, hour, shard, cursor)
            tally = sum((counted(grade, row.since, row.until) for row in page.items), tally)
            cursor = page.cursor
            if cursor is None:
                return tally

    def _sum_up(self, day: datetime) -> None:
        """Store what the hours of a day come to; whoever stores it last has seen every hour.

        Raises:
            Conflict: others were first, again and again.
        """
        for _ in range(_TRIES):
            before = next(iter(self._tallies.days(day, day)), None)
            hours = self._tallies.hours_of(day)
            after = DayTally(
                day,
                before.turn + 1 if before else 1,
                len(hours),
                max(hour.counted_at for hour in hours),
                sum((hour.tally for hour in hours), Tally()),
            )
            if self._tallies.keep_day(after):
                return
        raise Conflict("busy", "Too many changes at once; please try again.")


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _midnight(moment: datetime) -> datetime:
    return _hour(moment).replace(hour=0)
