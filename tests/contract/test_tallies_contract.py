"""What is counted of finished sessions, as it is stored (S1.16)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from shared.adapters.dynamodb.store import DynamoStore
from shared.adapters.dynamodb.tables import shard_of
from shared.adapters.dynamodb.tallies import DynamoTallies
from shared.application.outage_store import OutageStore
from shared.application.tallies import DayTally, HourTally, Tallies
from shared.domain import events as e
from shared.domain.mishap.outcome import Grade
from shared.domain.outage.reach import SHARDS
from shared.domain.watch.reliability import Tally
from tests.contract.conftest import EPOCH
from tests.contract.decisions import NOON
from tests.contract.sessions import Over
from tests.contract.store_subjects import aws_environment, make_table
from tests.contract.test_outage_store_contract import booking_number
from tests.fakes.memory_store import MemoryStore
from tests.fakes.memory_tallies import MemoryTallies

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LEAP = datetime(2028, 2, 29, tzinfo=UTC)
# More squares than a float holds exactly: a day of the longest troubles at a million sessions.
MUCH = Tally(1_000_000, 20_000, 999, 216_000_000, 2_332_800_000_000 + 2**60 + 1)


@dataclass(frozen=True)
class Place:
    """The sessions, and what is counted of them."""

    store: OutageStore
    tallies: Tallies


@pytest.fixture
def ministack_place(local_aws: str) -> Iterator[Place]:
    with aws_environment(local_aws):
        table = make_table()
        yield Place(DynamoStore(table, lambda: EPOCH), DynamoTallies(table))


@pytest.fixture
def moto_place() -> Iterator[Place]:
    with aws_environment(None), mock_aws():
        table = make_table()
        yield Place(DynamoStore(table, lambda: EPOCH), DynamoTallies(table))


@pytest.fixture(
    params=[
        "memory",
        "moto",
        pytest.param("ministack", marks=pytest.mark.xdist_group("ministack")),
    ]
)
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "memory":
        store = MemoryStore()
        return Place(store, MemoryTallies(store))
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


@pytest.fixture
def tallies(place: Place) -> Tallies:
    return place.tallies


def day_of(turn: int, day: datetime = LEAP, tally: Tally = MUCH) -> DayTally:
    return DayTally(day, turn, 24, day + DAY, tally)


def test_sessions_are_counted_by_grade_hour_and_shard(place: Place) -> None:  # S1.16
    wanted = [n for n in range(4000) if shard_of(booking_number(n), SHARDS) == 3][:101]
    for n in wanted:
        Over(booking_number(n), NOON, NOON + 30 * MINUTE).commit(place.store)
    beside = next(n for n in range(4000, 5000) if shard_of(booking_number(n), SHARDS) == 4)
    later = next(n for n in range(5000, 6000) if shard_of(booking_number(n), SHARDS) == 3)
    lost = next(n for n in range(6000, 7000) if shard_of(booking_number(n), SHARDS) == 3)
    Over(booking_number(beside), NOON, NOON + 30 * MINUTE).commit(place.store)
    Over(booking_number(later), NOON, NOON + HOUR).commit(place.store)
    Over(
        booking_number(lost), NOON, NOON + HOUR, NOON + MINUTE, reason=e.EndReason.NOT_RESTORED
    ).commit(place.store)
    counted = place.tallies.sessions
    assert counted(Grade.FINE, NOON, 3) == 101
    assert counted(Grade.FINE, NOON, 4) == 1
    assert counted(Grade.FINE, NOON + HOUR, 3) == 1
    assert counted(Grade.CRITICAL, NOON, 3) == 1
    assert counted(Grade.PROBLEM, NOON, 3) == 0


def test_the_hours_of_a_day_are_kept_in_order_and_no_other_day_s(tallies: Tallies) -> None:
    # S1.16
    hours = [LEAP - HOUR, LEAP, LEAP + 9 * HOUR, LEAP + 23 * HOUR, LEAP + DAY]
    kept = [HourTally(hour, hour + HOUR, replace(MUCH, critical=n)) for n, hour in enumerate(hours)]
    for each in reversed(kept):
        tallies.keep_hour(each)
    assert list(tallies.hours_of(LEAP)) == kept[1:4]
    assert list(tallies.hours_of(LEAP - DAY)) == kept[:1]
    assert list(tallies.hours_of(LEAP + DAY)) == kept[4:]
    assert list(tallies.hours_of(LEAP + 2 * DAY)) == []


def test_a_later_counting_of_an_hour_stays_whichever_is_stored_last(tallies: Tallies) -> None:
    # S1.16
    early = HourTally(LEAP, LEAP + HOUR, Tally(sessions=7))
    late = HourTally(LEAP, LEAP + HOUR + timedelta(microseconds=1), Tally(sessions=8))
    for one in (early, late, early):
        tallies.keep_hour(one)
    assert list(tallies.hours_of(LEAP)) == [late]
    again = replace(late, tally=Tally(sessions=9))
    tallies.keep_hour(again)
    assert list(tallies.hours_of(LEAP)) == [again]


def test_of_two_who_sum_up_a_day_the_first_counts(tallies: Tallies) -> None:  # S1.16
    assert not tallies.keep_day(day_of(2))
    assert tallies.keep_day(day_of(1))
    assert not tallies.keep_day(day_of(1, tally=Tally()))
    assert not tallies.keep_day(day_of(3))
    assert tallies.keep_day(day_of(2, tally=Tally(sessions=5)))
    assert list(tallies.days(LEAP, LEAP)) == [day_of(2, tally=Tally(sessions=5))]


def test_days_come_in_order_both_ends_included(tallies: Tallies) -> None:  # S1.16
    days = [LEAP + n * DAY for n in (-2, -1, 0, 1, 2)]
    for day in reversed(days):
        tallies.keep_day(day_of(1, day))
    assert list(tallies.days(days[1], days[3])) == [day_of(1, day) for day in days[1:4]]
    assert list(tallies.days(LEAP + 9 * DAY, LEAP + 10 * DAY)) == []
