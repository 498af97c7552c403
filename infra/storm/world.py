"""A million bookings whose timers are due in one second, and the index they stand in.

Numbers, shards, sort keys and pages are the production's own, and so is the sweep that reads them
(shared/application/timers.py); what a booking is, is reduced to whether it still waits for its
timer.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, cast

from infra.storm.limits import Assumed
from infra.storm.units import TIMERS, Work
from shared.adapters.dynamodb.bookings import DUE_PAGE
from shared.adapters.dynamodb.tables import DUE_SHARDS, shard_of, stamp
from shared.application.bookings import Bookings
from shared.application.case_records import CaseRecords
from shared.application.outage_records import OutageRecords
from shared.application.store import Page
from shared.application.timers import Timers
from shared.domain.booking_number import with_check_digit
from shared.domain.effects import Effect, EffectKind

# The second in which all are due begins here, and with it the time of the storm: 0.0.
BEGIN = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
# At a full hour sessions start, and reminders of those an hour later are due; a few holds run out,
# and in a few sessions a line dropped a minute ago. In percent.
MIX = {Work.REMINDER: 45, Work.START: 45, Work.EXPIRY: 5, Work.REDIAL: 5}
WAITS, DONE, CANCELLED = 0, 1, 2
_NEVER, _LONG = float("inf"), float("-inf")
_LAST = "~"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of all timers.

    Args:
        missed: neither done nor cancelled.
        doubled: took effect more than once.
        after_cancel: took effect though the booking was cancelled.
    """

    missed: int
    doubled: int
    after_cancel: int


class Ledger:
    """Every timer: what it is, when it is due, and what became of it.

    Args:
        timers: how many.
    """

    def __init__(self, timers: int, random: Random, assumed: Assumed) -> None:
        kinds = [kind for kind in TIMERS for _ in range(MIX[kind])]
        self.kind = [kinds[random.randrange(100)] for _ in range(timers)]
        self.due = [random.random() for _ in range(timers)]
        self.state = bytearray(timers)
        self.effects = bytearray(timers)
        self.cancelled_first = bytearray(timers)
        start = random.randrange(10**10)
        self.number = [with_check_digit(f"{start + n:011d}") for n in range(timers)]
        self.shard = [shard_of(number, DUE_SHARDS) for number in self.number]
        self.cancels = [
            (random.uniform(-300, self.due[n]), n)
            for n in range(timers)
            if random.random() < assumed.cancelled and self.kind[n] is not Work.REDIAL
        ]

    def waits(self, timer: int) -> bool:
        """Whether the booking, loaded now, still has this to do: the command looks again."""
        return self.state[timer] == WAITS

    def commit(self, timer: int) -> bool:
        """Record the decision under the version that was loaded; False where it has changed."""
        if self.state[timer] != WAITS:
            return False
        self.take_effect(timer)
        return True

    def take_effect(self, timer: int) -> None:
        """The timer has done what it is for."""
        self.effects[timer] = min(self.effects[timer] + 1, 255)
        self.state[timer] = DONE

    def cancel(self, timer: int) -> bool:
        """The customer cancels, if his booking still can be."""
        if self.state[timer] != WAITS:
            return False
        self.state[timer], self.cancelled_first[timer] = CANCELLED, 1
        return True

    def fate(self) -> Fate:
        """What became of them."""
        effects, cancelled = self.effects, self.cancelled_first
        return Fate(
            missed=sum(1 for n, c in zip(effects, cancelled, strict=True) if not n and not c),
            doubled=sum(1 for n in effects if n > 1),
            after_cancel=sum(1 for n, c in zip(effects, cancelled, strict=True) if n and c),
        )


class DueIndex:
    """The due index as a reader sees it: behind what was written by a moment.

    Attributes:
        view: the moment at which it is read.
    """

    def __init__(self, ledger: Ledger, random: Random, assumed: Assumed) -> None:
        self._random, self._assumed = random, assumed
        timers = len(ledger.due)
        self.view = 0.0
        self._seen = [
            random.uniform(-300, -121) + self._lag() if random.random() < assumed.lately else _LONG
            for _ in range(timers)
        ]
        self._gone = [_NEVER] * timers
        moments = [BEGIN + timedelta(seconds=due) for due in ledger.due]
        # As items.head_item writes the sort key.
        keys = [f"{stamp(at)}#{n}" for at, n in zip(moments, ledger.number, strict=True)]
        self._shards: list[list[tuple[str, int]]] = [[] for _ in range(DUE_SHARDS)]
        for timer, key in enumerate(keys):
            self._shards[ledger.shard[timer]].append((key, timer))
        for rows in self._shards:
            rows.sort()
        self._wakes = [
            Effect(EffectKind.WAKE, number, at=at)
            for number, at in zip(ledger.number, moments, strict=True)
        ]
        self.timer_of = {number: timer for timer, number in enumerate(ledger.number)}

    def _lag(self) -> float:
        lag = self._random.expovariate(1 / self._assumed.lag)
        return lag * 10 if self._random.random() < 0.01 else lag

    def remove(self, timer: int, at: float) -> None:
        """A decision moved its booking on; readers see that a little later."""
        self._gone[timer] = min(self._gone[timer], at + self._lag())

    def due(self, shard: int, since: datetime, until: datetime, cursor: str | None) -> Page[Effect]:
        """See Store: as shared/adapters/dynamodb/bookings.py asks the table."""
        rows, last = self._shards[shard], f"{stamp(until)}#{_LAST}"
        first = f"{cursor}{_LAST}" if cursor else stamp(since)
        place = bisect_right(rows, (first, 0))
        found: list[tuple[str, int]] = []
        while place < len(rows) and rows[place][0] < last and len(found) <= DUE_PAGE:
            timer = rows[place][1]
            if self._seen[timer] <= self.view < self._gone[timer]:
                found.append(rows[place])
            place += 1
        page = [self._wakes[timer] for _, timer in found[:DUE_PAGE]]
        return Page(page, found[DUE_PAGE - 1][0] if len(found) > DUE_PAGE else None)


class _Stopped(Exception):
    """The function's time is over."""


class Sweeper:
    """The production's sweep over the index, page after page, until its function's time is over.

    Args:
        page: seconds it takes.
        timeout: of the function, seconds.
    """

    def __init__(self, index: DueIndex, page: float, timeout: float) -> None:
        self._index, self._page, self._timeout = index, page, timeout
        self._now = self._ends = 0.0
        self._handed: list[tuple[float, Sequence[Effect]]] = []
        self._swept: dict[str, datetime] = {}
        bookings = cast(Bookings, _Reading(self))
        cases, outages = cast(CaseRecords, None), cast(OutageRecords, None)
        self._timers = Timers(bookings, cases, outages, self._send)

    def now(self) -> datetime:
        """See Clock."""
        return BEGIN + timedelta(seconds=self._now)

    def due(self, shard: int, since: datetime, until: datetime, cursor: str | None) -> Page[Effect]:
        """See Store."""
        self._now += self._page
        if self._now > self._ends:
            raise _Stopped
        self._index.view = self._now
        return self._index.due(shard, since, until, cursor)

    def swept_until(self, sweep: str) -> datetime | None:
        """See Store."""
        return self._swept.get(sweep)

    def note_swept(self, sweep: str, until: datetime) -> None:
        """See Store."""
        self._swept[sweep] = until

    def _send(self, wakes: Sequence[Effect]) -> None:
        self._handed.append((self._now, wakes))

    def sweep(
        self, shards: Sequence[int], at: float
    ) -> tuple[list[tuple[float, Sequence[Effect]]], float]:
        """Sweep a group of shards: what was handed over when, and when it ended."""
        self._now, self._ends, self._handed = at, at + self._timeout, []
        try:
            for shard in shards:
                self._timers.sweep(shard)
        except _Stopped:
            pass
        return self._handed, self._now


class _Reading:
    """As much of Bookings as a sweep asks for."""

    def __init__(self, sweeper: Any) -> None:
        self.store = self.clock = sweeper
