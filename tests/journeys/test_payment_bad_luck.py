"""Webhooks in disorder and a provider that does not answer: the money is right all the same."""

from collections.abc import Callable

import pytest

from infra.local.payments.faults import RequestFault
from shared.domain.booking import Status
from shared.domain.letters.payment_letters import PaymentLetter
from tests.journeys.crashes import MortalWorld
from tests.journeys.money_world import HALF_HOUR, HOUR, MINUTE, MoneyWorld
from tests.journeys.world import OPERATOR

UNLUCKY = [None, *(fault for fault in RequestFault if fault is not RequestFault.SLOW)]
FIVE_HUNDRED = 50_000
# A kind of request, and the story that needs it.
INTENTS, REFUNDS, DISPUTES = "/v1/payment_intents", "/v1/refunds", "/v1/disputes"


def unheard(world: MoneyWorld) -> list[dict[str, object]]:
    """The events of the provider that nobody has delivered yet, oldest first."""
    events = list(world.provider.undelivered())
    for event in events:
        world.provider.delivered(event["id"])
    return events


def eventful() -> tuple[MoneyWorld, str, str, list[dict[str, object]]]:
    """A declined and a successful attempt, a refund by hand and a lost dispute, all unheard of."""
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    payment_id = world.payments.start(booking_id).intent.intent_id
    world.provider.pay(payment_id, "pm_card_chargeDeclined")
    world.provider.pay(payment_id)
    world.provider.refund_by_hand(payment_id, FIVE_HUNDRED)
    dispute = world.provider.open_dispute(payment_id, FIVE_HUNDRED)
    world.provider.close_dispute(dispute.dispute_id, won=False)
    return world, booking_id, payment_id, unheard(world)


# --- webhooks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("copies", [1, 50])
@pytest.mark.parametrize("turn", [list, reversed], ids=["in order", "in reverse"])
def test_webhooks_in_any_order_and_fifty_copies_of_each_come_to_the_same(
    turn: Callable[[list[dict[str, object]]], list[dict[str, object]]], copies: int
) -> None:
    # Never 5, S2.1
    world, booking_id, payment_id, events = eventful()
    for event in turn(events):
        for copy in range(copies):
            # A copy under its own id is not held back by the store's memory of ids.
            world.webhook(event | {"id": f"{event['id']}_{copy}"})
        world.settle()
    world.after(HOUR)
    assert world.booking(booking_id).status is Status.CANCELLED
    payment = world.payment(payment_id)
    assert payment.captured == HALF_HOUR
    assert [refund.amount.minor for refund in payment.refunds] == [FIVE_HUNDRED]
    assert world.balance_money() == {"rub": HALF_HOUR.minor - 2 * FIVE_HUNDRED}
    assert len(world.told(PaymentLetter.RECEIPT)) == 1
    assert len(world.told(PaymentLetter.DISPUTE_NOTICE)) == 1
    world.assert_books_are_right()


def test_refund_heard_of_before_its_own_answer_is_settled_once() -> None:
    # S2.2, Never 2
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    world.provider.before_next_answer(world.settle)
    world.cancel(booking_id)
    assert world.refund_of(payment_id).status == "settled"
    assert len(world.told(PaymentLetter.REFUND_RECEIPT)) == 1
    world.assert_books_are_right()


def test_cancelled_intent_heard_of_before_its_own_answer_is_noted_once() -> None:
    # S2.10
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    world.payments.start(booking_id)
    world.provider.before_next_answer(world.settle)
    world.after(16 * MINUTE)
    booking = world.booking(booking_id)
    assert (booking.status, booking.pending) == (Status.EXPIRED, {})
    world.assert_books_are_right()


def test_payment_made_while_the_intent_is_being_cancelled_is_not_lost() -> None:
    # S2.10, Never 3: the slot was free for that moment only, and is his again
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    intent_id = world.payments.start(booking_id).intent.intent_id
    path = f"{INTENTS}/{intent_id}/cancel"
    world.provider.faults.order_request(RequestFault.RATE_LIMIT, path=path)
    world.provider.before_next_answer(lambda: world.provider.pay(intent_id))
    world.after(20 * MINUTE)
    assert world.booking(booking_id).status is Status.SCHEDULED
    world.assert_books_are_right()


def test_payment_heard_of_before_the_intents_own_answer_goes_to_its_booking() -> None:
    # S2.5: our request has not even come back with the intent's id
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    booking_id = world.book()

    def paid_already() -> None:
        intent = world.intent_beside(booking_id)
        world.provider.pay(intent)
        world.settle()

    world.provider.before_next_answer(paid_already)
    world.payments.start(booking_id)
    world.after(HOUR)
    assert world.booking(booking_id).status is Status.SCHEDULED
    assert world.booking(booking_id).pending == {}
    world.assert_books_are_right()


# --- requests ------------------------------------------------------------------------------------


def ill_fated(
    method: str, path: str, fault: RequestFault | None
) -> tuple[MortalWorld, dict[str, object]]:
    """Booked, paid, cancelled, refunded to a slow bank; a kind of request suffers once."""
    world = MortalWorld()
    if fault is not None:
        world.provider.faults.order_request(fault, method=method, path=path)
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    intent_id = world.insist(lambda: world.payments.start(booking_id)).intent.intent_id
    world.provider.pay(intent_id, "pm_card_pendingRefund")
    world.after(4 * MINUTE)
    world.cancel(booking_id)
    world.after(HOUR)
    world.assert_books_are_right()
    return world, world.end_state(booking_id)


@pytest.mark.parametrize("fault", UNLUCKY[1:])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", INTENTS), ("GET", f"{INTENTS}/"), ("POST", REFUNDS), ("GET", f"{REFUNDS}/")],
    ids=["create intent", "read intent", "create refund", "read refund"],
)
def test_provider_that_fails_once_changes_nothing_in_the_end(
    method: str, path: str, fault: RequestFault
) -> None:
    # S2.10, Never 2, Never 3: 409, 429, 500 before and after the work, silence after the work
    _, expected = ill_fated(method, path, None)
    world, state = ill_fated(method, path, fault)
    assert state == expected
    (refund,) = world.provider.refunds_created(world.exchange.now - 2 * HOUR, world.exchange.now)
    assert (refund.amount, refund.status) == (HALF_HOUR, "succeeded")


@pytest.mark.parametrize("paid", [False, True], ids=["unpaid", "paid"])
@pytest.mark.parametrize("fault", UNLUCKY)
def test_cancelling_an_intent_against_misfortune_settles_what_it_came_to(
    fault: RequestFault | None, paid: bool
) -> None:
    # S2.10
    world = MoneyWorld(webhooks=0)
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    intent_id = world.payments.start(booking_id).intent.intent_id
    if fault is not None:
        path = f"{INTENTS}/{intent_id}/cancel"
        world.provider.faults.order_request(fault, method="POST", path=path)
    world.after(14 * MINUTE + MINUTE / 2)
    if paid:
        world.provider.pay(intent_id)
    world.after(HOUR)
    booking = world.booking(booking_id)
    assert booking.status is (Status.SCHEDULED if paid else Status.EXPIRED)
    assert booking.pending == {}
    assert world.provider.intent(intent_id).status == ("succeeded" if paid else "canceled")
    world.assert_books_are_right()


@pytest.mark.parametrize("fault", UNLUCKY[1:])
def test_dispute_read_against_misfortune_is_posted_once(fault: RequestFault) -> None:
    # S2.11
    world = MoneyWorld()
    _, payment_id = world.booked_by_card()
    world.provider.faults.order_request(fault, count=2, method="GET", path=f"{DISPUTES}/")
    dispute = world.provider.open_dispute(payment_id)
    world.after(HOUR)
    assert world.payment(payment_id).locked
    world.provider.close_dispute(dispute.dispute_id, won=False)
    world.after(HOUR)
    assert world.account("losses") == 0
    assert world.balance_money() == {}
    world.assert_books_are_right()
