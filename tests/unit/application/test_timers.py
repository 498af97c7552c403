"""What is due is handed over once in ordinary times, and never lost in others."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.application.bookings import Bookings
from shared.application.case_records import CaseRecords
from shared.application.outage_records import OutageRecords
from shared.application.payment_records import PaymentRecords
from shared.application.store import Page
from shared.application.timers import Timers
from shared.domain.effects import Effect
from tests.contract.decisions import CALENDAR, NOON, hold
from tests.fakes.memory_store import MemoryStore, shard_of
from tests.journeys.post import CountedIds

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


class Index(MemoryStore):
    """A store that takes a query as DynamoDB does."""

    def due(self, shard: int, since: datetime, until: datetime, cursor: str | None) -> Page[Effect]:
        assert since <= until, "DynamoDB refuses a range that ends before it begins"
        return super().due(shard, since, until, cursor)


class House:
    """Bookings of one shard, and sweeps over it."""

    def __init__(self) -> None:
        self.time = NOON
        self.store = Index()
        self.handed: list[datetime] = []
        self._numbers = self._of_a_shard()
        self.right = self.machine()

    def machine(self, off: timedelta = timedelta()) -> Timers:
        """Another process, whose clock is off by some time."""
        clock, store, ids = Clock(self, off), self.store, CountedIds(20000000001)
        pause = self.pause
        return Timers(
            Bookings(store, clock, pause, PaymentRecords(store, clock, pause, CALENDAR)),
            CaseRecords(store, clock, ids, pause),
            OutageRecords(store, clock, ids, pause),
            self._sent,
        )

    def pause(self, attempt: int) -> None:
        """Nobody waits here."""

    def _sent(self, wakes: Sequence[Effect]) -> None:
        self.handed += [wake.at for wake in wakes if wake.at is not None]

    @staticmethod
    def _of_a_shard() -> Iterator[str]:
        return (number for n in range(10**6) if shard_of(number := f"{n:012d}") == 0)

    def plant(self, due: datetime) -> None:
        """A booking that has something to do then."""
        number = next(self._numbers)
        self.store.publish(number, [NOON])
        held = hold(number, operator_id=number, minutes=15)
        self.store.commit(replace(held, due_at=due))

    def sweep(self, timers: Timers | None = None) -> list[datetime]:
        """What one sweep hands over."""
        self.handed = []
        (timers or self.right).sweep(0)
        return self.handed


class Clock:
    """A machine's clock."""

    def __init__(self, house: House, off: timedelta) -> None:
        self._house, self._off = house, off

    def now(self) -> datetime:
        """Its own idea of the time."""
        return self._house.time + self._off


@pytest.fixture
def house() -> House:
    return House()


def test_what_comes_within_the_look_ahead_is_handed_over_once(house: House) -> None:  # S1.4
    house.plant(NOON + MINUTE)
    house.plant(NOON + 2 * MINUTE + SECOND)
    assert house.sweep() == [NOON + MINUTE]
    house.time += MINUTE
    assert house.sweep() == [NOON + 2 * MINUTE + SECOND]
    house.time += MINUTE
    assert house.sweep() == []


def test_two_sweeps_at_once_and_one_after_an_hour_lose_nothing(house: House) -> None:  # S4.2
    house.sweep()
    house.plant(NOON + 10 * MINUTE)
    house.time += 60 * MINUTE
    house.plant(house.time + MINUTE)
    due = [NOON + 10 * MINUTE, house.time + MINUTE]
    assert house.sweep() == due
    # What is long overdue is handed over until it is done; the rest once.
    assert house.sweep(house.machine()) == due[:1]


@pytest.mark.parametrize("off", [3, 5])
def test_a_sweep_whose_clock_is_ahead_makes_no_timer_late(house: House, off: int) -> None:
    # S1.4: on its second, not minutes later
    house.sweep(house.machine(off * MINUTE))
    house.time += SECOND
    house.plant(NOON + 2 * MINUTE + 20 * SECOND)
    house.time = NOON + MINUTE
    assert house.sweep() == [NOON + 2 * MINUTE + 20 * SECOND]
    house.time += MINUTE
    assert house.sweep() == []


def test_a_sweep_whose_clock_is_behind_makes_no_timer_late(house: House) -> None:  # S1.4
    house.sweep()
    house.time += MINUTE
    house.sweep(house.machine(-5 * MINUTE))
    house.plant(NOON + 3 * MINUTE + 30 * SECOND)
    house.time += MINUTE
    assert house.sweep() == [NOON + 3 * MINUTE + 30 * SECOND]
