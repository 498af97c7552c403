"""The counts of each minute as they are stored, and how far the watch has come (S4.1)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from botocore.session import get_session
from moto import mock_aws

from shared.adapters.dynamodb.pulses import DynamoPulses
from shared.application.pulses import Pulses, Watched
from shared.domain.watch.detection import Signal, Span
from shared.domain.watch.pulse import Count, minute_of
from tests.contract.conftest import EPOCH
from tests.contract.store_subjects import aws_environment, make_table
from tests.fakes.memory_pulses import MemoryPulses

MIDNIGHT = minute_of(datetime(2026, 3, 3, tzinfo=UTC))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def ministack_pulses(local_aws: str) -> Iterator[DynamoPulses]:
    with aws_environment(local_aws):
        yield DynamoPulses(make_table(), lambda: EPOCH)


@pytest.fixture
def moto_pulses() -> Iterator[DynamoPulses]:
    with aws_environment(None), mock_aws():
        yield DynamoPulses(make_table(), lambda: EPOCH)


@pytest.fixture(
    params=[
        "memory",
        "moto",
        pytest.param("ministack", marks=pytest.mark.xdist_group("ministack")),
    ]
)
def pulses(request: pytest.FixtureRequest) -> Pulses:
    if request.param == "memory":
        return MemoryPulses()
    found: Pulses = request.getfixturevalue(f"{request.param}_pulses")
    return found


def test_what_is_added_to_a_minute_sums_up(pulses: Pulses) -> None:  # S4.1
    pulses.add_pulse(MIDNIGHT, {Count.ORDERS: 2})
    pulses.add_pulse(MIDNIGHT, {Count.ORDERS: 3, Count.DROPPED: 1})
    found = pulses.pulses(range(MIDNIGHT, MIDNIGHT + 1))
    assert found == {MIDNIGHT: {Count.ORDERS: 5, Count.DROPPED: 1}}


def test_everything_that_is_counted_can_be_stored(pulses: Pulses) -> None:  # S4.1
    everything = dict.fromkeys(Count, 7)
    pulses.add_pulse(MIDNIGHT, everything)
    assert pulses.pulses(range(MIDNIGHT, MIDNIGHT + 1)) == {MIDNIGHT: everything}


def test_a_stretch_reaches_over_midnight_and_ends_before_its_last_minute(pulses: Pulses) -> None:
    # S4.1
    minutes = (MIDNIGHT - 1441, MIDNIGHT - 2, MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 1, MIDNIGHT + 2)
    for minute in minutes:
        pulses.add_pulse(minute, {Count.JOINED: 1})
    assert set(pulses.pulses(range(MIDNIGHT - 2, MIDNIGHT + 2))) == set(minutes[1:5])
    assert set(pulses.pulses(range(MIDNIGHT - 1441, MIDNIGHT))) == set(minutes[:3])
    assert pulses.pulses(range(MIDNIGHT, MIDNIGHT)) == {}
    assert pulses.pulses(range(MIDNIGHT + 3, MIDNIGHT + 90)) == {}


def test_the_watch_is_remembered_with_what_it_knows(pulses: Pulses) -> None:  # S4.1
    assert pulses.watched() is None
    going = Span(NOON, None)
    pulses.note_watched(Watched(MIDNIGHT, {Signal.DROP_RATE: going}))
    assert pulses.watched() == Watched(MIDNIGHT, {Signal.DROP_RATE: going})
    ended = Span(NOON, NOON + timedelta(minutes=9))
    later = Watched(MIDNIGHT + 1, {Signal.DROP_RATE: ended, Signal.ORDERS_SILENT: going})
    pulses.note_watched(later)
    assert pulses.watched() == later


def test_a_minute_expires_long_after_it_was_last_compared_with() -> None:
    # S4.1: the measure are the fourteen days before
    with aws_environment(None), mock_aws():
        table = make_table()
        DynamoPulses(table, lambda: EPOCH).add_pulse(MIDNIGHT, {Count.ORDERS: 1})
        items = get_session().create_client("dynamodb").scan(TableName=table)["Items"]
    assert [int(item["expires_at"]["N"]) for item in items] == [int(EPOCH) + 30 * 24 * 3600]
