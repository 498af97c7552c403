"""Money by card: in once, back once, whatever becomes of the webhooks."""

from datetime import datetime, timedelta

import pytest

from tests.e2e import payment_double, providers
from tests.e2e.customer import NO_FUNDS, Customer
from tests.e2e.half_hour import HalfHour
from tests.e2e.local_stack import PER_MINUTE, LocalStack, text, wait_for
from tests.e2e.problems import assert_problem

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

PRICE = {"amount_minor": 5 * PER_MINUTE, "currency": "rub"}


def is_free(stack: LocalStack, customer: Customer, quarter: datetime) -> bool:
    """Whether the operator's quarter can be booked."""
    hour = {"from": text(quarter), "to": text(quarter + timedelta(hours=1))}
    answer = customer.api.get(f"/v1/operators/{stack.operator_id}/slots", **hour)
    return text(quarter) in [slot["starts_at"] for slot in answer.json()["items"]]


def assert_books_are_right(stack: LocalStack) -> None:
    """Never 1."""
    trial = stack.trial_balance()
    assert trial["zero"], trial


def test_after_a_decline_another_card_pays_the_same_intent(
    stack: LocalStack, anna: Customer
) -> None:  # S2.10
    booking_id = anna.book(stack.free_quarter())["id"]
    checkout = anna.start_payment(booking_id)
    assert checkout["amount"] == PRICE
    refused = anna.confirm(checkout, NO_FUNDS)
    assert refused.json()["error"]["decline_code"] == "insufficient_funds"
    told = anna.wait_until(booking_id, lambda found: found["decline_code"] is not None)
    assert (told["status"], told["decline_code"]) == ("held", "insufficient_funds")
    again = anna.start_payment(booking_id)
    assert again["payment_intent"] == checkout["payment_intent"]
    assert anna.confirm(again).ok
    anna.wait_until(booking_id, lambda found: found["status"] == "scheduled")
    charges = payment_double.of_payment(stack, "charges", checkout["payment_intent"])
    assert sorted(charge["status"] for charge in charges) == ["failed", "succeeded"]
    assert len(anna.events(booking_id, "PaymentConfirmed")) == 1
    assert_books_are_right(stack)


def test_an_event_that_says_paid_is_not_believed_where_the_provider_says_otherwise(
    stack: LocalStack, anna: Customer
) -> None:  # S2.8: only a payment that the provider confirms makes a booking scheduled
    booking_id = anna.book(stack.free_quarter())["id"]
    checkout = anna.start_payment(booking_id)
    event = providers.event(checkout["payment_intent"])
    assert providers.webhook(stack, event).status_code == 200
    # What comes of the provider's own event afterwards shows that the inbox has been worked.
    anna.confirm(checkout, NO_FUNDS)
    anna.wait_until(booking_id, lambda found: found["decline_code"] is not None)
    wait_for("an empty inbox", lambda: stack.messages_in()["Inbox"] == 0)
    assert anna.booking(booking_id)["status"] == "held"
    assert anna.events(booking_id, "PaymentConfirmed") == []


def test_a_webhook_delivered_again_and_again_counts_once(
    stack: LocalStack, anna: Customer
) -> None:  # S2.1: not a duplicate charge
    booking_id = anna.book(stack.free_quarter())["id"]
    checkout = anna.start_payment(booking_id)
    with payment_double.webhooks(stack, "twice"):
        assert anna.confirm(checkout).ok
        anna.wait_until(booking_id, lambda found: found["status"] == "scheduled")
    wait_for("all deliveries", lambda: not payment_double.state(stack)["deliveries"])
    before = stack.items()
    for event in payment_double.state(stack)["events"]:
        if event["data"]["object"]["id"] == checkout["payment_intent"]:
            replayed = providers.webhook(stack, providers.as_sent(event))
            assert replayed.status_code == 200
    assert stack.items() == before
    assert len(anna.events(booking_id, "PaymentConfirmed")) == 1
    assert_books_are_right(stack)


def test_a_cancelled_booking_is_refunded_once_and_its_slot_is_free(
    stack: LocalStack, anna: Customer
) -> None:  # S2.3, Never 2
    starts_at = stack.free_quarter()
    booking_id = anna.book(starts_at)["id"]
    balance = anna.account()
    intent_id = anna.start_payment(booking_id)["payment_intent"]
    anna.pay(booking_id)
    assert not is_free(stack, anna, starts_at)
    for _ in range(2):
        answer = anna.api.post(f"/v1/bookings/{booking_id}/cancel")
        assert answer.json()["status"] == "cancelled"
    assert is_free(stack, anna, starts_at)
    shown = anna.booking(booking_id)["refunds"]
    assert [(refund["payment_id"], refund["amount"]) for refund in shown] == [(intent_id, PRICE)]

    def settled() -> bool:
        refunds = anna.api.get(f"/v1/payments/{intent_id}").json()["refunds"]
        return [refund["status"] for refund in refunds] == ["settled"]

    wait_for("the refund", settled)
    refunds = payment_double.of_payment(stack, "refunds", intent_id)
    assert [(refund["amount"], refund["status"]) for refund in refunds] == [
        (PRICE["amount_minor"], "succeeded")
    ]
    assert anna.account() == balance
    assert_books_are_right(stack)


def test_a_booking_is_moved_to_a_free_time_and_stays_paid(
    stack: LocalStack, anna: Customer, boris: Customer
) -> None:  # S2.3
    old, new, taken = (stack.free_quarter() for _ in range(3))
    boris.book(taken)
    booking_id = anna.book(old)["id"]
    anna.pay(booking_id)
    path = f"/v1/bookings/{booking_id}/reschedule"
    assert_problem(anna.api.post(path, {"starts_at": text(taken)}), 409, "slot_taken", "starts_at")
    assert not is_free(stack, anna, old)
    moved = anna.api.post(path, {"starts_at": text(new)}).json()
    assert (moved["starts_at"], moved["status"], moved["paid"]) == (text(new), "scheduled", True)
    assert is_free(stack, anna, old)
    assert not is_free(stack, anna, new)


# --- when the hold is over ------------------------------------------------------------------------


def test_a_slot_that_is_not_paid_in_time_is_released(
    stack: LocalStack, anna: Customer, half_hour: HalfHour
) -> None:  # S1.2, S2.10
    over = anna.wait_until(half_hour.unpaid, lambda found: found["status"] == "expired")
    assert not over["paid"]
    (expired,) = anna.events(half_hour.unpaid, "BookingExpired")
    assert datetime.fromisoformat(expired["at"]) >= half_hour.unpaid_until
    assert is_free(stack, anna, half_hour.unpaid_at)
    intent_id = half_hour.unpaid_checkout["payment_intent"]

    def cancelled() -> bool:
        (intent,) = payment_double.of_payment(stack, "payment_intents", intent_id)
        return bool(intent["status"] == "canceled")

    wait_for("the intent to be cancelled", cancelled)
    late = anna.confirm(half_hour.unpaid_checkout)
    assert late.json()["error"]["code"] == "payment_intent_unexpected_state"
    answer = anna.api.post(f"/v1/bookings/{half_hour.unpaid}/payment")
    assert_problem(answer, 409, "nothing_to_pay")
    assert_books_are_right(stack)


def test_a_payment_whose_webhooks_were_all_lost_is_found_all_the_same(
    stack: LocalStack, boris: Customer, half_hour: HalfHour
) -> None:  # S2.10, Never 3
    found = boris.wait_until(half_hour.lost, lambda found: found["status"] == "scheduled")
    assert found["paid"]
    assert len(boris.events(half_hour.lost, "PaymentConfirmed")) == 1
    assert not is_free(stack, boris, half_hour.lost_at)
    assert found["refunds"] == []
    assert_books_are_right(stack)
