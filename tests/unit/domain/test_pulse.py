"""What a decision adds to the counts of its minute (S4.1)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain import events as e
from shared.domain.booking import Booking, fold
from shared.domain.session.legs import Side
from shared.domain.watch.pulse import Count, begin_of, minute_of, pulse_of
from tests.unit.domain.play import START, held


def live(*events: e.Event) -> Booking:
    booking = fold([(START, event) for event in (held(), e.BookingScheduled(), *events)])
    assert booking is not None
    return booking


DROPPED = e.LineDropped(START + timedelta(minutes=5), (Side.CUSTOMER,))
RESTORED = e.LineRestored(START + timedelta(minutes=6), 60)
STARTED = (e.SessionStarted(), e.SidesJoined(START))


def test_orders_starts_and_joined_sessions_count() -> None:  # S4.1
    booking = live()
    assert pulse_of(booking, (held(),)) == {Count.ORDERS: 1}
    booking = live(*STARTED)
    assert pulse_of(booking, STARTED) == {Count.STARTED: 1, Count.JOINED: 1}


def test_of_a_bad_line_only_its_first_drop_counts() -> None:  # S4.1
    once = live(*STARTED, DROPPED)
    assert pulse_of(once, (DROPPED,)) == {Count.DROPPED: 1}
    twice = live(*STARTED, DROPPED, RESTORED, DROPPED)
    assert pulse_of(twice, (DROPPED,)) == {}


@pytest.mark.parametrize("reason", e.EndReason)
def test_a_session_that_never_began_is_a_failed_start(reason: e.EndReason) -> None:  # S4.1
    failed = reason in {"operator_absent", "customer_absent", "start_missed"}
    ending = e.SessionEnding(reason)
    found = pulse_of(live(e.SessionStarted(), ending), (ending,))
    assert found == ({Count.FAILED: 1} if failed else {})


def test_what_happens_in_between_is_not_counted() -> None:  # S4.1
    booking = replace(live(*STARTED))
    assert pulse_of(booking, (e.BookingScheduled(), e.WarningGiven(), RESTORED)) == {}


def test_a_minute_is_a_number_that_finds_its_moment_again() -> None:
    moment = datetime(2026, 3, 2, 12, 30, 59, 999_999, tzinfo=UTC)
    assert begin_of(minute_of(moment)) == moment.replace(second=0, microsecond=0)
