"""A booking goes from state to state by the one table, and the page of it is drawn from that."""

import pytest

from infra.docs import states
from shared.domain import events as e
from shared.domain.booking import TRANSITIONS, Status, evolve
from shared.domain.session.closing import close
from tests.unit.domain.play import START, held


def test_every_state_can_be_reached_and_all_but_the_ends_can_be_left() -> None:
    assert set(TRANSITIONS.values()) == set(Status)
    left = {source for source, _ in TRANSITIONS}
    assert set(Status) - left == {Status.COMPLETED, Status.CANCELLED}


@pytest.mark.parametrize("event", [e.SessionStarted(), e.BookingReinstated(())])
def test_an_event_that_never_happens_in_a_state_is_a_mistake_of_ours(event: e.Event) -> None:
    booking = evolve(None, held(), START)
    with pytest.raises(LookupError, match="held"):
        evolve(booking, event, START)


def test_a_session_is_settled_only_once_it_is_ending() -> None:  # S1.7
    booking = evolve(None, held(), START)
    for event in (e.BookingScheduled(), e.SessionStarted()):
        booking = evolve(booking, event, START)
    with pytest.raises(LookupError, match="live"):
        evolve(booking, close(booking, booking.live_session, START, our_fault=False), START)


def test_nothing_begins_a_booking_but_the_hold_of_its_slot() -> None:  # S1.2
    with pytest.raises(LookupError):
        evolve(None, e.BookingScheduled(), START)


def test_the_pages_of_states_are_the_present_ones() -> None:
    for chart in states.CHARTS:
        assert chart.path.read_text() == chart.page(), "run `make docs`"
