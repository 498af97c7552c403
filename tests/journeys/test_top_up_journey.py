"""Money put on the balance: paid, found where nobody told us, spent, and given back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from infra.local.payments.faults import RequestFault, WebhookFault
from shared.application.ports import IntentStatus
from shared.application.store import Cause, Replay
from shared.domain.booking import Status
from shared.domain.errors import Declined, RuleBroken, Unavailable, Upstream
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.lots import Tariff
from shared.domain.money import Money
from shared.domain.payment import commands as pc
from shared.domain.payment import payment as paid
from tests.journeys.account_world import ASKED, TOP_UP, AccountWorld
from tests.journeys.money_world import HALF_HOUR, MINUTE
from tests.journeys.world import OPERATOR

REST = TOP_UP - HALF_HOUR


def unheard() -> AccountWorld:
    """A world that no webhook reaches."""
    world = AccountWorld()
    world.provider.faults.order_webhooks(WebhookFault.DROP, None)
    return world


def spent() -> tuple[AccountWorld, str]:
    """A top-up of which half an hour was paid; returns the payment."""
    world = AccountWorld()
    world.operator("boris", OPERATOR)
    payment_id = world.topped_up()
    assert world.balance_money() == {"rub": TOP_UP.minor}
    booking_id = world.book(use_balance=True)
    assert world.booking(booking_id).status is Status.SCHEDULED
    return world, payment_id


def test_top_up_pays_a_booking_and_what_is_left_goes_back_to_its_card() -> None:
    # S1.1, S2.2, S2.3, S2.9
    world, payment_id = spent()
    assert world.balance_money() == {"rub": REST.minor}
    refund = world.refund(payment_id)
    assert (refund.amount, world.back_on_card(payment_id)) == (REST, REST.minor)
    assert world.balance_money() == {}
    world.assert_books_are_right()


def test_top_up_that_was_not_meant_is_refundable_for_fourteen_days() -> None:
    # S2.3
    world, payment_id = spent()
    world.days(15)
    with pytest.raises(RuleBroken, match="refund_window_over"):
        world.refund(payment_id)
    assert world.back_on_card(payment_id) == 0
    world.assert_books_are_right()


def test_cancelled_booking_gives_the_money_back_to_the_balance_it_came_from() -> None:
    # S2.3, S2.9
    world, payment_id = spent()
    (booking,) = world.store.bookings_of("anna", None, 9).items
    world.cancel(booking.booking_id)
    assert world.back_on_card(payment_id) == 0
    assert world.refund(payment_id).amount == TOP_UP
    world.assert_books_are_right()


def test_receipt_goes_out_with_the_money() -> None:
    # S2.6
    world = AccountWorld()
    world.topped_up()
    (letter,) = world.told(PaymentLetter.RECEIPT)
    assert letter.to == "anna@example.com"


@pytest.mark.parametrize("minutes_late", [1, 6, 14])
def test_without_any_webhook_a_top_up_is_on_the_balance_within_a_quarter_of_an_hour(
    minutes_late: int,
) -> None:
    # S2.5
    world = unheard()
    intent = world.start_top_up().intent
    world.after(minutes_late * MINUTE)
    world.provider.pay(intent.intent_id)
    world.after(timedelta(minutes=15))
    assert world.balance_money() == {"rub": TOP_UP.minor}
    world.assert_books_are_right()


def test_top_up_that_nobody_pays_is_given_up_and_takes_no_money_any_more() -> None:
    # S2.10, Never 3
    world = AccountWorld()
    payment_id = world.start_top_up().payment.payment_id
    world.after(20 * MINUTE)
    assert world.payment(payment_id).status is paid.Status.ABANDONED
    with pytest.raises(Declined):
        world.provider.pay(payment_id)
    assert world.captured() == []
    world.assert_books_are_right()


def test_money_that_comes_after_a_top_up_was_given_up_is_credited_all_the_same() -> None:
    # S2.10, Never 3
    world = AccountWorld()
    payment_id = world.start_top_up().payment.payment_id
    world.records.apply(payment_id, pc.Abandon(), Cause("NoteIntentCancelled", "test", {}))
    world.provider.pay(payment_id)
    world.settle()
    assert world.payment(payment_id).status is paid.Status.CAPTURED
    assert world.balance_money() == {"rub": TOP_UP.minor}
    world.assert_books_are_right()


def test_same_key_twice_is_one_intent_and_one_payment() -> None:
    # S2.1, S2.10
    world = AccountWorld()
    first, second = world.start_top_up(key="one"), world.start_top_up(key="one")
    assert first.intent.intent_id == second.intent.intent_id
    world.provider.pay(first.intent.intent_id)
    world.settle()
    third = world.start_top_up(key="one")
    assert (third.payment.status, third.intent.status) == (
        paid.Status.CAPTURED,
        IntentStatus.SUCCEEDED,
    )
    assert world.captured() == [TOP_UP]
    assert world.balance_money() == {"rub": TOP_UP.minor}
    world.assert_books_are_right()


def test_same_key_of_somebody_else_is_another_top_up() -> None:
    # Never 7
    world = AccountWorld()
    mine = world.start_top_up(key="one")
    other = replace(ASKED, customer_id="dora", email="dora@example.com")
    assert world.start_top_up(other, key="one").intent.intent_id != mine.intent.intent_id


def test_same_key_with_another_wish_is_refused() -> None:
    world = AccountWorld()
    world.start_top_up(key="one")
    with pytest.raises(RuleBroken, match="idempotency_key_reused"):
        world.top_ups.start(ASKED, Replay("anna", "one", "another", ""))


@pytest.mark.parametrize(
    "fault", [f for f in RequestFault if f not in (RequestFault.SLOW, RequestFault.LATE)]
)
def test_intent_whose_making_went_wrong_takes_money_once_when_asked_again(
    fault: RequestFault,
) -> None:
    # S2.10, Never 1: what a lost answer leaves behind takes no money
    world = AccountWorld()
    world.provider.faults.order_request(fault, method="POST", path="/v1/payment_intents")
    try:
        started = world.start_top_up(key="one")
    except Unavailable:
        started = world.start_top_up(key="one")
    world.provider.pay(started.intent.intent_id)
    world.after(timedelta(hours=1))
    assert world.captured() == [TOP_UP]
    assert world.balance_money() == {"rub": TOP_UP.minor}
    world.assert_books_are_right()


def test_provider_that_never_answers_leaves_nothing_that_could_be_charged() -> None:
    # Never 1
    world = AccountWorld()
    world.provider.faults.order_request(RequestFault.TIMEOUT, count=9, path="/v1/payment_intents")
    with pytest.raises(Upstream):
        world.start_top_up()
    world.provider.faults.clear()
    world.after(timedelta(hours=1))
    assert world.captured() == []
    world.assert_books_are_right()


def test_declined_top_up_tells_what_to_do_and_is_paid_on_the_same_intent() -> None:
    # S1.14, S2.10
    world = AccountWorld()
    started = world.start_top_up()
    world.provider.pay(started.intent.intent_id, "pm_card_chargeDeclinedInsufficientFunds")
    world.settle()
    (letter,) = world.told(PaymentLetter.PAYMENT_DECLINED)
    assert "Top it up" in letter.text
    assert world.payment(started.payment.payment_id).decline_code == "insufficient_funds"
    world.provider.pay(started.intent.intent_id)
    world.settle()
    assert world.captured() == [TOP_UP]
    assert world.balance_money() == {"rub": TOP_UP.minor}
    world.assert_books_are_right()


@pytest.mark.parametrize(
    ("amount", "code", "field"),
    [
        (Money(0, "rub"), "amount_out_of_range", "amount_minor"),
        (Money(-TOP_UP.minor, "rub"), "amount_out_of_range", "amount_minor"),
        (Money(24_999, "rub"), "amount_out_of_range", "amount_minor"),
        (Money(6_000_001, "rub"), "amount_out_of_range", "amount_minor"),
        (Money(TOP_UP.minor, "usd"), "currency_without_tariff", "currency"),
        (Money(TOP_UP.minor, "jpy"), "currency_without_tariff", "currency"),
    ],
)
def test_amount_that_helps_nobody_is_refused_before_the_provider_is_asked(
    amount: Money, code: str, field: str
) -> None:
    # S2.8: five minutes of talk at least, twenty hours at most, in a currency of our prices
    world = AccountWorld()
    with pytest.raises(RuleBroken) as refused:
        world.start_top_up(replace(ASKED, amount=amount))
    assert (refused.value.code, refused.value.field) == (code, field)
    assert world.provider.undelivered() == []


@pytest.mark.parametrize("minor", [25_000, 6_000_000])
def test_smallest_and_largest_amount_are_taken(minor: int) -> None:
    world = AccountWorld()
    assert (
        world.start_top_up(replace(ASKED, amount=Money(minor, "rub"))).intent.amount.minor == minor
    )


@pytest.mark.parametrize(("currency", "price"), [("jpy", 500), ("kwd", 1250)])
def test_currency_without_or_with_three_decimals_is_topped_up_once_it_has_a_price(
    currency: str, price: int
) -> None:
    # S2.8
    world = AccountWorld()
    world.operators.set_tariff(Tariff("abroad", Money(price, currency)))
    world.topped_up(replace(ASKED, amount=Money(price * 10, currency)))
    assert world.balance_money() == {currency: price * 10}
    world.assert_books_are_right()
