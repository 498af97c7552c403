"""Bookings paid with a saved card: on their one intent, once, whatever happens beside it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from infra.local.payments.faults import RequestFault
from shared.domain.booking import Status
from shared.domain.errors import Declined, NotFound, RuleBroken, Unavailable, Upstream
from shared.domain.saved_card import SavedCard
from tests.journeys.account_world import (
    ASKED,
    ASKS,
    CONFIRMING,
    FAILS,
    MISFORTUNES,
    TOP_UP,
    AccountWorld,
    saved,
)
from tests.journeys.money_world import HALF_HOUR, HOUR
from tests.journeys.world import OPERATOR


def held(card: str = "pm_card_visa") -> tuple[AccountWorld, SavedCard, str]:
    """The same, with a booking that waits for its payment."""
    world, kept = saved(card)
    world.operator("boris", OPERATOR)
    return world, kept, world.book()


def assert_paid_once(world: AccountWorld, booking_id: str) -> None:
    world.after(HOUR)
    assert world.booking(booking_id).status is Status.SCHEDULED
    assert sorted(world.captured()) == [HALF_HOUR, TOP_UP]
    world.assert_books_are_right()


def test_booking_is_paid_with_a_saved_card() -> None:
    # S1.1, S2.10
    world, card, booking_id = held()
    done = world.pay_saved(booking_id, card)
    assert done.booking.status is Status.SCHEDULED
    assert done.booking.intent_id == done.intent.intent_id
    assert_paid_once(world, booking_id)


def test_booking_that_has_an_intent_is_paid_on_it() -> None:
    # S2.10: one intent per booking
    world, card, booking_id = held()
    intent = world.payments.start(booking_id).intent
    assert world.pay_saved(booking_id, card).intent.intent_id == intent.intent_id
    with pytest.raises(Declined):
        world.provider.pay(intent.intent_id)
    assert_paid_once(world, booking_id)


def test_booking_that_is_paid_already_answers_the_same_again() -> None:
    # S2.1
    world, card, booking_id = held()
    first = world.pay_saved(booking_id, card)
    again, another = world.pay_saved(booking_id, card), world.pay_saved(booking_id, card, "k2")
    assert first.intent.charge_id == again.intent.charge_id == another.intent.charge_id
    assert_paid_once(world, booking_id)


def test_customer_who_pays_in_another_tab_at_the_same_moment_is_charged_once() -> None:
    # S2.10, S2.1
    world, card, booking_id = held()
    intent = world.payments.start(booking_id).intent

    def pay_there() -> None:
        world.provider.pay(intent.intent_id, "pm_card_mastercard")

    world.in_between(pay_there)
    world.pay_saved(booking_id, card)
    assert_paid_once(world, booking_id)


def test_saved_card_charged_from_two_tabs_at_the_same_moment_is_charged_once() -> None:
    # S2.10, S2.1
    world, card, booking_id = held()
    world.payments.start(booking_id)

    def charge_there() -> None:
        world.saved_card_payments.pay(booking_id, card.card_id, "another")

    world.in_between(charge_there)
    world.pay_saved(booking_id, card)
    assert_paid_once(world, booking_id)


@pytest.mark.parametrize("fault", MISFORTUNES)
@pytest.mark.parametrize("path", ["/v1/payment_intents", CONFIRMING])
def test_booking_is_paid_once_whatever_the_provider_answers(fault: RequestFault, path: str) -> None:
    # S2.10, Never 1
    world, card, booking_id = held()
    world.provider.faults.order_request(fault, method="POST", path=path)
    try:
        world.pay_saved(booking_id, card)
    except Unavailable:
        world.pay_saved(booking_id, card)
    assert_paid_once(world, booking_id)


def test_charge_without_an_answer_is_settled_when_the_slot_would_be_released() -> None:
    # S2.10: cancelling the intent answers "succeeded"
    world, card, booking_id = held()
    world.webhooks = 0
    asked = f"{CONFIRMING}{world.payments.start(booking_id).intent.intent_id}/confirm"
    world.provider.faults.order_request(RequestFault.TIMEOUT, path=asked)
    world.in_between(lambda: None)
    world.in_between(world.unreachable)
    with pytest.raises(Upstream):
        world.pay_saved(booking_id, card)
    assert sorted(world.captured()) == [HALF_HOUR, TOP_UP]
    world.provider.faults.clear()
    assert_paid_once(world, booking_id)


@pytest.mark.parametrize(
    ("kind", "code"), [(FAILS, "generic_decline"), (ASKS, "authentication_required")]
)
def test_refused_booking_stays_held_and_its_owner_pays_on_the_same_intent(
    kind: str, code: str
) -> None:
    # S1.14, S2.10
    world, card, booking_id = held(kind)
    refused = world.pay_saved(booking_id, card)
    assert (refused.booking.status, refused.booking.decline_code) == (Status.HELD, code)
    assert world.pay(booking_id, "pm_card_mastercard") == refused.intent.intent_id
    assert_paid_once(world, booking_id)


def test_booking_whose_hold_is_over_is_not_charged() -> None:
    # S1.2
    world, card, booking_id = held()
    world.after(timedelta(minutes=16))
    with pytest.raises(RuleBroken):
        world.pay_saved(booking_id, card)
    assert world.captured() == [TOP_UP]
    world.assert_books_are_right()


def test_another_customers_card_pays_nothing() -> None:
    # Never 7
    world, card, _ = held()
    other = world.book(customer_id="dora", starts_at=world.exchange.now + 4 * HOUR)
    with pytest.raises(NotFound, match="card_unknown"):
        world.pay_saved(other, card)
    with pytest.raises(NotFound, match="card_unknown"):
        world.start_top_up(replace(ASKED, customer_id="dora", card_id=card.card_id))
    assert world.captured() == [TOP_UP]
