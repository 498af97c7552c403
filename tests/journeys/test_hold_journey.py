"""A customer who asks to wait: billed, noticed, closed politely, called back if he is a regular."""

from datetime import timedelta

import pytest

from infra.local.exchange.people import Answer, CallBack, Drop, Press, Star, Steps
from shared.application.store import Cause
from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.errors import RuleBroken
from shared.domain.events import EndReason
from tests.journeys.world import CUSTOMER, OPERATOR, START, World

COMES: Steps = (Answer(3), Press("1", 2))
HOLDS: Steps = (*COMES, Star(300), Press("2", 2))


def held(*then: object) -> tuple[World, str]:
    """Five minutes into the session, the customer asks to wait by a key."""
    world = World()
    booking_id = world.booked()
    world.person(CUSTOMER, (*HOLDS, *then))  # type: ignore[arg-type]
    return world, booking_id


def test_hold_is_billed_from_its_first_second_and_ends_by_key() -> None:
    # S1.11
    world, booking_id = held(Star(120), Press("1", 2))
    world.until(START + timedelta(hours=1))
    bill = world.closed(booking_id).bill
    assert 115 <= bill.hold <= 125
    assert bill.billed == bill.talk + bill.hold == 1800
    assert bill.gap <= 10  # in the menu nobody talks, and nothing is billed
    assert world.events(booking_id, e.LineDropped) == []
    world.assert_books_are_right()


def test_both_sides_are_told_after_three_minutes_of_hold() -> None:
    # S1.11
    world, booking_id = held(Star(400), Press("1", 2))
    world.until(START + timedelta(hours=1))
    began = world.events(booking_id, e.HoldBegan)[0].moment
    noticed = [d.at for d in world.store.history(booking_id) if e.HoldNoticed() in d.events]
    assert [at - began for at in noticed] == [timedelta(minutes=3)]
    said = [text for conference in world.exchange.conferences() for _, text in conference.said]
    assert any("The wait goes on" in text for text in said)


def test_at_ten_minutes_of_hold_the_session_is_closed_politely_and_the_rest_kept() -> None:
    # S1.11
    world, booking_id = held()
    world.until(START + timedelta(hours=1))
    closed = world.closed(booking_id)
    assert closed.reason is EndReason.HOLD_LIMIT
    assert closed.bill.hold == 600
    assert closed.bill.billed == closed.bill.talk + 600
    assert world.balance_seconds() == closed.bill.unused > 800
    heard = [text for call in world.exchange.calls() for text in call.heard]
    assert sum("The wait was too long" in text for text in heard) == 2
    assert world.booking(booking_id).bonus == 0
    assert any("on your balance" in mail.subject for mail in world.post.sent)
    world.assert_books_are_right()


def test_holds_of_one_session_add_up_to_the_limit() -> None:
    # S1.11
    world, booking_id = held(Star(360), Press("1", 2), Star(60), Press("2", 2))
    world.until(START + timedelta(hours=1))
    closed = world.closed(booking_id)
    assert (closed.reason, closed.bill.hold) == (EndReason.HOLD_LIMIT, 600)


def test_operators_phone_that_dies_during_a_hold_is_a_gap_and_not_billed() -> None:
    # S1.5, S1.6, S1.11
    world, booking_id = held(Star(240), Press("1", 2))
    world.person(OPERATOR, (*COMES, Drop(400)), COMES)
    world.until(START + timedelta(hours=1))
    closed = world.closed(booking_id)
    assert len(world.events(booking_id, e.LineDropped)) == 1
    began, ended = (world.events(booking_id, kind)[0].moment for kind in (e.HoldBegan, e.HoldEnded))
    waited = (ended - began).total_seconds()
    assert closed.bill.gap > 10
    assert waited - closed.bill.gap - 5 <= closed.bill.hold <= waited - 10
    assert closed.bill.unused <= 5
    world.assert_books_are_right()


def test_customer_who_hangs_up_during_a_hold_is_redialled_like_after_any_drop() -> None:
    # S1.5, S1.11
    world, booking_id = held(Drop(60), CallBack(30))
    world.until(START + timedelta(minutes=20))
    assert len(world.events(booking_id, e.LineRestored)) == 1
    world.assert_books_are_right()


def ask_callback(world: World, booking_id: str, sessions: int) -> None:
    cause = Cause("PromiseCallback", "operator", {})
    world.bookings.apply(booking_id, c.PromiseCallback("operator:boris", sessions), cause)
    world.settle()


def test_regular_customer_is_called_back_once_and_free_in_an_hour() -> None:
    # S1.11
    world, booking_id = held()
    world.until(START + timedelta(minutes=8))
    ask_callback(world, booking_id, 5)
    world.until(START + timedelta(minutes=10))
    closed = world.closed(booking_id)
    assert closed.reason is EndReason.CALLBACK_PROMISED
    called = world.booking(booking_id).called_back
    assert called is not None and called.booking_id is not None
    again = world.booking(called.booking_id)
    assert again.starts_at == world.session(booking_id).callback.starts_at  # type: ignore[union-attr]
    assert again.seconds == closed.bill.unused
    world.person(CUSTOMER, COMES)
    world.until(again.starts_at + timedelta(hours=1))
    assert world.closed(again.booking_id).bill.billed == closed.bill.unused
    assert world.balance_seconds() == 0
    world.assert_books_are_right()


def test_a_call_back_is_not_for_customers_who_are_new() -> None:
    # S1.11
    world, booking_id = held()
    world.until(START + timedelta(minutes=8))
    with pytest.raises(RuleBroken, match="from 5 sessions on"):
        ask_callback(world, booking_id, 4)
