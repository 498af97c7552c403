"""The watch from minute to minute: what it proposes, how often, and what it remembers."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.application.watch import Watch
from shared.domain.policy import CURRENT
from shared.domain.watch.detection import Proposal, Signal
from shared.domain.watch.pulse import Count, Series, minute_of
from tests.fakes.memory_pulses import MemoryPulses

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BROKEN = NOON + timedelta(minutes=30)
MENDED = NOON + timedelta(minutes=50)
_MINUTE = timedelta(minutes=1)


class Outages:
    """Whom the watch tells; deaf for as long as a test says so."""

    def __init__(self) -> None:
        self.told: list[Proposal] = []
        self.deaf = False

    def propose(self, proposal: Proposal) -> None:
        if self.deaf:
            raise ConnectionError("the table is busy")
        self.told.append(proposal)


class Metered(MemoryPulses):
    """Knows how many minutes were read."""

    read = 0

    def pulses(self, minutes: range) -> Series:
        self.read += len(minutes)
        return super().pulses(minutes)


class House:
    """A house with two orders in every minute of the last weeks, and a watch over it."""

    def __init__(self) -> None:
        self.time = NOON
        self.pulses = Metered()
        self.outages = Outages()
        start = minute_of(NOON) - (CURRENT.watch_days + 1) * 1440
        for minute in range(start, minute_of(NOON)):
            self.pulses.add_pulse(minute, {Count.ORDERS: 2})
        self.renew()

    def renew(self) -> None:
        """Another process takes over."""
        self.watch = Watch(self.pulses, self, self.outages.propose, UTC)

    def now(self) -> datetime:
        return self.time

    def until(self, moment: datetime) -> None:
        """Look once a minute."""
        while self.time < moment:
            self.order()
            self.watch.look()

    def order(self) -> None:
        """A minute passes, with its orders where nothing is broken."""
        if not BROKEN <= self.time < MENDED:
            self.pulses.add_pulse(minute_of(self.time), {Count.ORDERS: 2})
        self.time += _MINUTE


@pytest.fixture
def house() -> House:
    return House()


def test_an_outage_is_proposed_while_it_goes_on_and_once_more_at_its_end(house: House) -> None:
    # S1.13, S4.1
    house.until(MENDED + timedelta(hours=3))
    assert {(p.signal, p.since) for p in house.outages.told} == {(Signal.ORDERS_SILENT, BROKEN)}
    *going, last = house.outages.told
    assert len(going) > 10 and all(proposal.until is None for proposal in going)
    assert last.until == MENDED


def test_it_is_proposed_within_minutes(house: House) -> None:  # S4.1
    while not house.outages.told:
        house.until(house.time + _MINUTE)
    # Eleven minutes without the 22 orders of the norm, and one until a minute is judged.
    assert house.time - BROKEN == timedelta(minutes=12)


def test_what_could_not_be_proposed_is_proposed_again_under_the_same_name(house: House) -> None:
    # S1.13: one outage is declared once
    house.outages.deaf = True
    house.until(BROKEN + timedelta(minutes=15))
    house.order()
    assert [str(failure) for failure in house.watch.look().failures] == ["the table is busy"]
    house.outages.deaf = False
    house.renew()
    house.until(house.time + _MINUTE)
    assert [(p.signal, p.since) for p in house.outages.told] == [(Signal.ORDERS_SILENT, BROKEN)]


def test_an_end_that_could_not_be_told_is_told_later(house: House) -> None:  # S1.13
    house.until(MENDED)
    house.outages.deaf = True
    house.until(MENDED + timedelta(minutes=20))
    house.outages.deaf = False
    house.until(MENDED + timedelta(minutes=22))
    ends = [p.until for p in house.outages.told if p.until is not None]
    assert ends == [MENDED]


def test_a_late_count_does_not_move_the_beginning_of_what_was_told(house: House) -> None:
    # S1.13
    house.until(BROKEN + timedelta(minutes=15))
    house.pulses.add_pulse(minute_of(BROKEN), {Count.ORDERS: 2})
    house.until(BROKEN + timedelta(minutes=18))
    assert {proposal.since for proposal in house.outages.told} == {BROKEN}


def test_every_minute_is_counted_once_however_often_one_looks(house: House) -> None:  # S4.1
    house.watch.look()
    orders = 0
    for looks in (1, 0, 2, 1, 0, 0, 1):
        house.order()
        for _ in range(looks):
            orders += house.watch.look().counts[Count.ORDERS]
    assert orders == 7 * 2


def test_a_watch_that_slept_for_days_wakes_up_without_alarms(house: House) -> None:  # S4.1
    house.watch.look()
    for _ in range(3 * 1440):
        house.pulses.add_pulse(minute_of(house.time), {Count.ORDERS: 2})
        house.time += _MINUTE
    look = house.watch.look()
    assert look.proposals == ()
    assert 0 < look.counts[Count.ORDERS] <= 2 * (CURRENT.watch_lookback * 2 // 60)


def test_the_days_before_are_read_four_times_an_hour(house: House) -> None:
    # S4.1: what looking costs in a process that has looked before
    house.watch.look()
    house.pulses.read = 0
    house.until(NOON + timedelta(minutes=16))
    lately = (CURRENT.watch_lookback + CURRENT.watch_level_gap + CURRENT.watch_level_window) // 60
    of_a_day = 2 * CURRENT.watch_shares_around // 60 + 15
    assert house.pulses.read == 16 * lately + CURRENT.watch_days * of_a_day


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        (datetime(2026, 10, 25, tzinfo=UTC), 8),  # put back: from seven o'clock UTC on to eight
        (datetime(2026, 3, 29, tzinfo=UTC), 7),  # put forward
        (datetime(2028, 2, 29, tzinfo=UTC), 8),
    ],
)
def test_clocks_put_forward_or_back_and_leap_days_are_no_outage(day: datetime, opens: int) -> None:
    # S4.1: people come at nine by their own clocks
    berlin, pulses, told = ZoneInfo("Europe/Berlin"), MemoryPulses(), list[Proposal]()
    first = day - timedelta(days=CURRENT.watch_days + 1)
    times = [first + n * _MINUTE for n in range((CURRENT.watch_days + 2) * 1440)]
    for time in times:
        if 9 <= time.astimezone(berlin).hour < 19:
            pulses.add_pulse(minute_of(time), {Count.ORDERS: 3, Count.WEBHOOKS: 3})
            if time.minute % 15 == 0:
                pulses.add_pulse(minute_of(time), {Count.STARTED: 40, Count.JOINED: 40})
    clock = Hand(day)
    watch = Watch(pulses, clock, told.append, berlin)
    while clock.time < day + timedelta(hours=opens + 3):
        watch.look()
        clock.time += _MINUTE
    assert told == []


class Hand:
    """A clock that is put on by hand."""

    def __init__(self, time: datetime) -> None:
        self.time = time

    def now(self) -> datetime:
        return self.time
