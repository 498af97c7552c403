"""Many finished sessions, and the runs that find those an outage broke, over the store in memory.

Messages come at least once: whoever dies at his work leaves his message to be seen again. Business
time stands where the test puts it.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from shared.application.bookings import Bookings
from shared.application.outage_compensation import OutageCompensation
from shared.application.outage_records import OutageRecords
from shared.application.outage_runs import OutageRuns
from shared.application.outage_store import Progress
from shared.application.payment_records import PaymentRecords
from shared.application.ports import Clock
from shared.application.store import Cause, Change, Replay
from shared.domain import events as e
from shared.domain.business_days import Calendar
from shared.domain.effects import Effect, EffectKind
from shared.domain.outage import commands as c
from shared.domain.outage.decide import next_due
from shared.domain.outage.events import Extent
from shared.domain.outage.outage import Outage
from shared.domain.policy import CURRENT
from tests.contract.sessions import Over
from tests.fakes.memory_store import MemoryStore
from tests.journeys.post import CountedIds

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EXTENT = Extent(NOON, NOON + HOUR)
MAX = "agent:max"
_CALENDAR = Calendar("Europe/Moscow", lambda day: day.weekday() < 5)


class Died(BaseException):
    """The process was gone; nothing in it could catch that."""


class Moments:
    """Before and after everything that is written.

    Args:
        fatal: at which of them the process dies, counted from 0; None where it lives.
    """

    def __init__(self, fatal: int | None = None) -> None:
        self.fatal = fatal
        self.passed: list[str] = []

    def at(self, moment: str) -> None:
        """Pass a moment, or die at it."""
        self.passed.append(moment)
        if len(self.passed) - 1 == self.fatal:
            raise Died(moment)


class _MortalStore(MemoryStore):
    """The store of a process that may die before and after each write."""

    def __init__(self, moments: Moments) -> None:
        super().__init__(self._committing)
        self._moments = moments
        self.watched = False

    def _committing(self, when: str, change: Change) -> None:
        if self.watched:
            self._moments.at(f"{when} the commit of {change.cause.command}")

    def note_progress(self, outage: str, progress: Progress) -> bool:
        self._moments.at("before the progress")
        noted = super().note_progress(outage, progress)
        self._moments.at("after the progress")
        return noted


class ShiftedClock:
    """A machine's clock that is off by some time."""

    def __init__(self, town: "Town", off: timedelta) -> None:
        self._town = town
        self._off = off

    def now(self) -> datetime:
        """Its own idea of the time."""
        return self._town.now + self._off


class Town:
    """The store, the workers and the messages between them.

    Args:
        moments: where its processes may die.
    """

    def __init__(self, moments: Moments | None = None) -> None:
        self.now = NOON + HOUR + MINUTE
        self.moments = moments or Moments()
        self.store = _MortalStore(self.moments)
        self.queue: deque[Effect] = deque()
        self.planted: list[str] = []
        self._keys = itertools.count()
        self._ids = CountedIds(30000000001)
        self.records, self.runs = self.machine(timedelta())
        self.store.watched = True

    def machine(self, off: timedelta) -> tuple[OutageRecords, OutageRuns]:
        """Another process, whose clock is off by some time."""
        clock: Clock = ShiftedClock(self, off)
        store = self.store
        payments = PaymentRecords(store, clock, lambda attempt: None, _CALENDAR)
        bookings = Bookings(store, clock, lambda attempt: None, payments)
        records = OutageRecords(store, clock, self._ids, lambda attempt: None)
        return records, OutageRuns(records, OutageCompensation(bookings), self._sent)

    def plant(self, sessions: Iterable[Over]) -> None:
        """Sessions that are over."""
        self.store.watched = False
        for session in sessions:
            session.commit(self.store)
            self.planted.append(session.booking_id)
        self.store.watched = True

    def declare(self, extent: Extent = EXTENT, key: str | None = None) -> str:
        """A manager declares; returns the number."""
        replay = Replay("max", key or f"key-{next(self._keys)}", str(extent), "")
        return self.insisted(lambda: self.records.declare(extent, MAX, replay)).number

    def ask(self, number: str, command: c.Command) -> Outage:
        """A manager asks for something."""
        cause = Cause(type(command).__name__, "desk", {})
        return self.insisted(lambda: self.records.apply(number, command, cause))

    def insisted[Answer](self, request: Callable[[], Answer]) -> Answer:
        """What somebody asks for, again where nobody answered."""
        try:
            return request()
        except Died:
            return request()

    def outage(self, number: str) -> Outage:
        """It as it stands."""
        return self.records.load(number).state

    # --- messages ---------------------------------------------------------------------------------

    def _sent(self, effect: Effect) -> None:
        self.moments.at(f"before sending {effect.kind}")
        self.queue.append(effect)
        self.moments.at(f"after sending {effect.kind}")

    def relay(self) -> None:
        """What the stream brings."""
        kinds = (EffectKind.RUN_OUTAGE, EffectKind.COMPENSATE)
        self.queue += [effect for effect in self.store.effects if effect.kind in kinds]
        self.store.effects.clear()

    def work(self, runs: OutageRuns | None = None) -> None:
        """Work one message; it is seen again where its worker dies."""
        effect = self.queue.popleft()
        try:
            self.perform(effect, runs)
        except Died:
            self.queue.append(effect)

    def perform(self, effect: Effect, runs: OutageRuns | None = None) -> None:
        """What functions/workers/outages.py does with a message."""
        runs = runs or self.runs
        if effect.kind is EffectKind.COMPENSATE:
            runs.compensate(effect.owner_id, effect.subject)
        else:
            runs.work(effect.owner_id, effect.subject)

    def settle(self) -> None:
        """Work everything that is there to be worked now."""
        self.relay()
        while self.queue:
            self.work()
            self.relay()

    def until(self, number: str, moment: datetime) -> None:
        """Let time pass, and the outage's timers fire in it."""
        self.settle()
        while (due := next_due(self.outage(number), self.now, CURRENT)) and due <= moment:
            self.now = max(self.now, due)
            self.ask(number, c.Tick())
            self.settle()
        self.now = moment

    def finish(self, number: str) -> None:
        """Let the run come to its end."""
        self.until(number, self.now + 6 * HOUR)

    # --- what became of it ------------------------------------------------------------------------

    def compensated(self) -> dict[str, int]:
        """How many letters each booking brought its customer that an outage was found to break."""
        found: dict[str, int] = {}
        for booking_id in self.planted:
            history = self.store.history(booking_id)
            events = [event for decision in history for event in decision.events]
            hits = sum(isinstance(event, e.OutageFound) for event in events)
            bonuses = sum(isinstance(event, e.BonusGranted) for event in events)
            assert hits <= 1 and bonuses <= hits, booking_id
            if hits:
                found[booking_id] = sum(isinstance(event, e.LetterDue) for event in events)
        return found

    def counts(self, number: str, which: int) -> tuple[int, int, int, int]:
        """(looked, found, compensated, put aside) of a pass."""
        rows = self.store.progress(number, which)
        return (
            sum(row.looked for row in rows),
            sum(row.found for row in rows),
            sum(row.compensated for row in rows),
            sum(row.put_aside for row in rows),
        )
