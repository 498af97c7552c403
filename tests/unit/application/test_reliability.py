"""Hours are counted as often as they must be, and days published when they have settled (S1.16)."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.application.reliability import Published, Reliability, Swept
from shared.application.tallies import DayTally, HourTally
from shared.domain import events as e
from shared.domain.booking_number import with_check_digit
from shared.domain.errors import Conflict
from shared.domain.policy import CURRENT
from shared.domain.watch.reliability import Met, Tally, Unmeasured
from tests.contract.sessions import Over
from tests.fakes.memory_store import MemoryStore
from tests.fakes.memory_tallies import MemoryTallies

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
NOON = MIDNIGHT + 12 * HOUR
_numbers = itertools.count(1)


def always() -> bool:
    return True


class MeddledTallies(MemoryTallies):
    """Tallies among whose readings others come in between.

    Args:
        meddle: called before each day is stored.
    """

    def __init__(self, store: MemoryStore, meddle: Callable[[], None]) -> None:
        super().__init__(store)
        self._meddle = meddle

    def keep_day(self, day: DayTally) -> bool:
        self._meddle()
        return super().keep_day(day)


@dataclass
class Office:
    """Sessions, and whoever counts them."""

    moment: datetime = NOON
    store: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        self.tallies = MemoryTallies(self.store)
        self.reliability = Reliability(self.store, self.tallies, self)

    def now(self) -> datetime:
        return self.moment

    def fine(self, ended: datetime) -> None:
        Over(self.number(), ended - 30 * MINUTE, ended).commit(self.store)

    def mended(self, dropped: datetime, after: timedelta = 2 * MINUTE) -> None:
        starts, ended = dropped - MINUTE, dropped + after + MINUTE
        Over(self.number(), starts, ended, dropped, dropped + after).commit(self.store)

    def lost(self, dropped: datetime, after: timedelta = 5 * MINUTE) -> None:
        reason = e.EndReason.NOT_RESTORED
        over = Over(self.number(), dropped - MINUTE, dropped + after, dropped, reason=reason)
        over.commit(self.store)

    def number(self) -> str:
        return with_check_digit(f"1{next(_numbers):010d}")

    def sweep(self, at: datetime) -> Swept:
        self.moment = at
        return self.reliability.sweep(always)

    def hourly(self, first: datetime, last: datetime) -> None:
        """The schedule's runs between two moments, ten minutes past each hour."""
        at = first.replace(minute=10)
        while at <= last:
            self.sweep(at)
            at += HOUR

    def published(self, at: datetime, days: int = 1) -> Published:
        self.moment = at
        return self.reliability.published(days)

    def day(self, midnight: datetime) -> DayTally:
        (found,) = self.tallies.days(midnight, midnight)
        return found

    def counted(self, midnight: datetime) -> Tally:
        return self.day(midnight).tally


@pytest.fixture
def office() -> Iterator[Office]:
    yield Office()


def test_an_hour_is_counted_when_it_is_over(office: Office) -> None:  # S1.16
    for ended in (NOON, NOON + 59 * MINUTE, NOON + HOUR, NOON - timedelta(microseconds=1)):
        office.fine(ended)
    office.mended(NOON + 10 * MINUTE)
    office.lost(NOON + 20 * MINUTE)
    office.sweep(NOON + HOUR)
    (hour,) = (one for one in office.tallies.hours_of(MIDNIGHT) if one.hour == NOON)
    tally = Tally(4, 2, 1, 120 + 300, 120**2 + 300**2)
    assert hour == HourTally(NOON, NOON + HOUR, tally)
    assert office.counted(MIDNIGHT) == tally


def test_until_the_next_hour_is_over_nothing_is_read_or_written(office: Office) -> None:  # S1.16
    office.sweep(NOON + 10 * MINUTE)
    stored = office.day(MIDNIGHT)
    for minute in range(11, 60):
        assert office.sweep(NOON + minute * MINUTE).hours == 0
    assert office.day(MIDNIGHT) == stored
    assert office.sweep(NOON + HOUR).hours == len(CURRENT.figures_looks)


def test_a_sweep_says_how_far_it_is_behind(office: Office) -> None:  # S4.1
    assert office.sweep(NOON + 10 * MINUTE) == Swept(3, NOON, 600)
    office.moment = NOON + 5 * HOUR + 10 * MINUTE
    assert office.reliability.sweep(lambda: False) == Swept(0, NOON, 5 * 3600 + 600)


def test_a_sweep_that_is_cut_off_goes_on_where_it_was(office: Office) -> None:  # S1.16
    office.sweep(NOON)
    for hour in range(6):
        office.fine(NOON + hour * HOUR)
    office.moment = NOON + 6 * HOUR + MINUTE
    time_left = iter([True, True, False])
    assert office.reliability.sweep(lambda: next(time_left)).until == NOON + 2 * HOUR
    assert office.reliability.sweep(always).until == NOON + 6 * HOUR
    assert office.counted(MIDNIGHT).sessions == 6


def test_counting_again_and_by_two_at_once_comes_to_the_same(office: Office) -> None:  # S1.16
    office.fine(NOON)
    office.lost(NOON + MINUTE)
    office.sweep(NOON + HOUR)
    once = office.counted(MIDNIGHT)
    for _ in range(3):
        office.store.note_swept("figures", NOON)
        office.sweep(NOON + HOUR)
        office.reliability.recount(NOON, NOON + HOUR, always)
    assert office.counted(MIDNIGHT) == once == Tally(2, 1, 1, 300, 90_000)


def test_a_day_summed_up_by_two_at_once_has_every_hour() -> None:  # S1.16
    office = Office(NOON + 2 * HOUR)
    office.fine(NOON)
    office.fine(NOON + HOUR)
    others = iter([lambda: other.recount(NOON, NOON + HOUR, always)])
    tallies = MeddledTallies(office.store, lambda: next(others, lambda: None)())
    other = Reliability(office.store, tallies, office)
    mine = Reliability(office.store, tallies, office)
    mine.recount(NOON + HOUR, NOON + 2 * HOUR, always)
    (day,) = tallies.days(MIDNIGHT, MIDNIGHT)
    assert (day.hours, day.tally.sessions) == (2, 2)


def test_whoever_is_never_the_first_gives_up_and_says_so() -> None:
    office = Office(NOON + 2 * HOUR)

    def meddle() -> None:
        before = tallies.days(MIDNIGHT, MIDNIGHT)
        turn = before[0].turn + 1 if before else 1
        MemoryTallies.keep_day(tallies, DayTally(MIDNIGHT, turn, 1, NOON, Tally()))

    tallies = MeddledTallies(office.store, meddle)
    with pytest.raises(Conflict):
        Reliability(office.store, tallies, office).sweep(always)


@pytest.mark.parametrize("closed_after", [HOUR, 3 * HOUR + 50 * MINUTE, 23 * HOUR])
def test_a_session_that_was_closed_late_is_counted_in_the_hour_of_its_trouble(
    office: Office, closed_after: timedelta
) -> None:
    # S1.16
    office.hourly(NOON, NOON + HOUR + closed_after)
    assert office.counted(MIDNIGHT) == Tally()
    office.lost(NOON + 5 * MINUTE, closed_after)  # as its events have it, stored only now
    office.hourly(NOON + 2 * HOUR + closed_after, NOON + 30 * HOUR)
    seconds = min(closed_after, 3 * HOUR) // timedelta(seconds=1)
    assert office.counted(MIDNIGHT) == Tally(1, 1, 1, seconds, seconds**2)


def test_what_came_later_still_is_counted_when_somebody_asks_for_it(office: Office) -> None:
    # S1.16
    office.hourly(NOON, NOON + 40 * HOUR)
    office.lost(NOON)
    office.hourly(NOON + 41 * HOUR, NOON + 60 * HOUR)
    assert office.counted(MIDNIGHT) == Tally()
    swept = office.reliability.recount(NOON + 30 * MINUTE, NOON + 3 * HOUR, always)
    assert (swept.hours, swept.until) == (3, NOON + 3 * HOUR)
    assert office.counted(MIDNIGHT).critical == 1


def test_an_hour_that_is_not_over_is_not_counted(office: Office) -> None:  # S1.16
    office.fine(NOON - MINUTE)
    office.fine(NOON + MINUTE)
    office.moment = NOON + 30 * MINUTE
    swept = office.reliability.recount(NOON - HOUR, NOON + 9 * HOUR, always)
    assert (swept.hours, swept.until) == (1, NOON)
    assert office.counted(MIDNIGHT).sessions == 1


def test_a_day_begins_and_ends_at_midnight_utc(office: Office) -> None:  # S1.16
    micro = timedelta(microseconds=1)
    for ended in (MIDNIGHT - micro, MIDNIGHT, MIDNIGHT + DAY - micro, MIDNIGHT + DAY):
        office.fine(ended)
    office.lost(MIDNIGHT - MINUTE)  # its trouble began the day before, and lasted into this one
    office.hourly(MIDNIGHT - 2 * HOUR, MIDNIGHT + 2 * DAY + HOUR)
    assert office.counted(MIDNIGHT - DAY) == Tally(2, 1, 1, 300, 90_000)
    assert office.counted(MIDNIGHT) == Tally(2)
    assert office.counted(MIDNIGHT + DAY) == Tally(1)
    assert [office.day(MIDNIGHT + n * DAY).hours for n in (0, 1)] == [24, 24]


def test_a_leap_day_is_a_day(office: Office) -> None:  # S1.16
    leap = datetime(2028, 2, 29, tzinfo=UTC)
    for day in (leap - DAY, leap, leap + DAY):
        office.fine(day + 12 * HOUR)
    office.hourly(leap - DAY, leap + 2 * DAY + 6 * HOUR)
    found = office.published(leap + 2 * DAY + 6 * HOUR, days=3)
    assert (found.first, found.last) == (date(2028, 2, 28), date(2028, 3, 1))
    assert found.tally.sessions == 3
    assert office.counted(leap).sessions == 1


def test_a_day_is_published_when_it_has_been_counted_twice(office: Office) -> None:  # S1.16
    office.fine(NOON)
    office.lost(MIDNIGHT + DAY - MINUTE, after=3 * HOUR)
    office.hourly(MIDNIGHT, MIDNIGHT + DAY + 5 * HOUR)
    settled = MIDNIGHT + DAY + timedelta(seconds=CURRENT.figures_settle)
    before = office.published(settled - timedelta(microseconds=1))
    assert (before.last, before.tally) == (date(2026, 3, 1), Tally())
    found = office.published(settled)
    assert (found.first, found.last, found.hours, found.hours_counted) == (
        date(2026, 3, 2),
        date(2026, 3, 2),
        24,
        24,
    )
    assert found.tally == Tally(2, 1, 1, 10_800, 10_800**2)
    # Its last hour was counted twice by then, and the day once more since.
    assert found.counted_at == MIDNIGHT + DAY + 4 * HOUR + 10 * MINUTE


def test_hours_that_nobody_counted_are_told(office: Office) -> None:  # S1.16: never asserted
    office.fine(NOON)
    found = office.published(MIDNIGHT + 3 * DAY, days=90)
    assert (found.hours, found.hours_counted, found.counted_at) == (90 * 24, 0, None)
    assert found.figures.problem_share.why is Unmeasured.NO_SESSIONS
    office.moment = MIDNIGHT + 3 * DAY
    office.reliability.recount(NOON, NOON + HOUR, always)
    assert office.published(MIDNIGHT + 3 * DAY, days=2).hours_counted == 1


def test_figures_are_those_of_all_days_together(office: Office) -> None:  # S1.16
    for day in range(3):
        for n in range(100):
            office.fine(MIDNIGHT + day * DAY + n * 10 * MINUTE)
    for n in range(120):
        office.mended(MIDNIGHT + DAY + n * 10 * MINUTE, after=(1 + n % 3) * MINUTE)
    office.moment = MIDNIGHT + 4 * DAY
    office.reliability.recount(MIDNIGHT, MIDNIGHT + 3 * DAY, always)
    found = office.published(office.moment, days=3)
    assert found.tally == office.counted(MIDNIGHT) + office.counted(
        MIDNIGHT + DAY
    ) + office.counted(MIDNIGHT + 2 * DAY)
    assert found.figures.problem_share.value == pytest.approx(120 / 420)
    assert found.figures.problem_share.met is Met.NO
    assert found.figures.minutes_to_resolve.value == pytest.approx(2)
    assert found.figures.minutes_to_resolve.met is Met.YES
