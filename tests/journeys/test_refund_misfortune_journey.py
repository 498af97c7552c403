"""Refunds that fail, dawdle, or are made by somebody else: never silence, never twice."""

from datetime import UTC, datetime

import pytest

from infra.local.payments.faults import RequestFault
from shared.domain.booking import Status
from shared.domain.case.events import CaseKind
from shared.domain.errors import RuleBroken
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.letters.shown import moment_text
from shared.domain.money import Money
from shared.domain.payment.events import Stage
from tests.journeys.money_world import DAY, HALF_HOUR, HOUR, MINUTE, MoneyWorld
from tests.journeys.world import OPERATOR, START

FIVE_HUNDRED = Money(50_000, "rub")
DEAD_CARD, SLOW_CARD = "pm_card_refundFail", "pm_card_pendingRefund"
# From Monday, 2 March 2026: midnight in Moscow after Thursday, and after Monday two weeks on.
THREE_DAYS = datetime(2026, 3, 5, 20, 59, 59, tzinfo=UTC)
TEN_DAYS = datetime(2026, 3, 16, 20, 59, 59, tzinfo=UTC)


def cancelled(card: str) -> tuple[MoneyWorld, str]:
    """A booking that was paid and cancelled; returns the payment."""
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card(card)
    world.cancel(booking_id)
    return world, payment_id


# --- the bank does not take it -------------------------------------------------------------------


def test_refund_that_comes_back_days_later_is_on_the_balance_and_the_customer_told() -> None:
    # S2.2
    world = MoneyWorld()
    world.provider.settle_refunds_after(4 * DAY)
    booking_id, payment_id = world.booked_by_card(DEAD_CARD)
    world.cancel(booking_id)
    assert world.refund_of(payment_id).status == "settled"
    world.days(5)
    assert world.refund_of(payment_id).status == "failed"
    assert world.balance_money() == {"rub": HALF_HOUR.minor}
    (letter,) = world.told(PaymentLetter.REFUND_ON_BALANCE)
    assert letter.to == "anna@example.com"
    world.assert_books_are_right()


def test_money_that_came_back_pays_for_another_session() -> None:
    # S2.2
    world, _ = cancelled(DEAD_CARD)
    world.after(HOUR)
    again = world.book(starts_at=START + HOUR, use_balance=True)
    assert world.booking(again).status is Status.SCHEDULED
    assert world.balance_money() == {}
    world.assert_books_are_right()


def test_money_that_came_back_can_be_paid_out_whenever_a_way_is_found() -> None:
    # S2.2, S2.3: it is owed for good
    world, payment_id = cancelled(DEAD_CARD)
    world.sweep_every = DAY
    world.after(60 * DAY)
    assert world.refund(payment_id, "another try").amount == HALF_HOUR
    assert world.balance_money() == {}
    world.after(HOUR)
    assert world.balance_money() == {"rub": HALF_HOUR.minor}
    world.assert_books_are_right()


def test_refund_that_fails_for_nobody_we_know_is_a_managers_task() -> None:
    # S2.2: never silence
    world = MoneyWorld()
    paid = world.provider.pay_by_hand(HALF_HOUR, card=DEAD_CARD).intent_id
    world.settle()
    world.refund(paid, by="agent:olga")
    world.after(HOUR)
    assert world.refund_of(paid).status == "failed"
    kinds = [case.kind for case in world.open_cases() if case.about.payment_id == paid]
    assert CaseKind.REFUND_FAILED in kinds
    assert world.payment(paid).unallocated == HALF_HOUR.minor
    world.assert_books_are_right(still_open=(f"payment:{paid}",))


def test_refund_by_hand_that_fails_for_nobody_we_know_is_a_managers_task() -> None:
    # S2.2
    world = MoneyWorld()
    paid = world.provider.pay_by_hand(HALF_HOUR, card=DEAD_CARD).intent_id
    world.settle()
    world.provider.refund_by_hand(paid)
    world.after(HOUR)
    assert CaseKind.REFUND_FAILED in [case.kind for case in world.open_cases()]
    assert world.payment(paid).unallocated == HALF_HOUR.minor
    world.assert_books_are_right(still_open=(f"payment:{paid}",))


# --- it takes its time ---------------------------------------------------------------------------


def test_refund_not_settled_after_ten_business_days_has_a_case_and_the_customer_is_told() -> None:
    # S2.2
    world = MoneyWorld()
    world.provider.settle_refunds_after(20 * DAY)
    booking_id, payment_id = world.booked_by_card(SLOW_CARD)
    world.cancel(booking_id)
    refund = world.refund_of(payment_id)
    assert (refund.status, refund.initiate_by, refund.settle_by) == (
        "accepted",
        THREE_DAYS,
        TEN_DAYS,
    )
    world.sweep_every = HOUR
    world.until(TEN_DAYS)
    assert world.open_cases() == []
    world.after(2 * HOUR)
    (case,) = world.open_cases()
    assert (case.kind, case.about.payment_id) == (CaseKind.REFUND_OVERDUE, payment_id)
    assert world.refund_of(payment_id).overdue == {Stage.SETTLE}
    (letter,) = world.told(PaymentLetter.REFUND_DELAYED)
    assert moment_text(TEN_DAYS) in letter.text
    world.assert_books_are_right(still_open=("refund:",))
    world.days(10)
    assert world.refund_of(payment_id).status == "settled"
    assert len(world.told(PaymentLetter.REFUND_RECEIPT)) == 1
    world.assert_books_are_right()


def test_refund_the_provider_has_not_taken_after_three_business_days_escalates() -> None:
    # S2.2
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    faults = world.provider.faults
    faults.order_request(RequestFault.RATE_LIMIT, count=10_000, method="POST", path="/v1/refunds")
    world.cancel(booking_id)
    world.sweep_every = HOUR
    world.until(THREE_DAYS)
    assert world.open_cases() == []
    world.after(2 * HOUR)
    assert [case.kind for case in world.open_cases()] == [CaseKind.REFUND_OVERDUE]
    assert world.refund_of(payment_id).overdue == {Stage.INITIATE}
    faults.clear()
    world.after(2 * HOUR)
    assert world.back_on_card(payment_id) == HALF_HOUR.minor
    assert world.refund_of(payment_id).status == "settled"
    world.assert_books_are_right()


# --- by hand in the dashboard --------------------------------------------------------------------


def test_full_refund_by_hand_before_the_start_gives_the_booking_up() -> None:
    # S2.5
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    world.provider.refund_by_hand(payment_id)
    world.settle()
    assert world.booking(booking_id).status is Status.CANCELLED
    assert world.back_on_card(payment_id) == HALF_HOUR.minor
    assert len(world.told(PaymentLetter.REFUND_RECEIPT)) == 1
    world.book(customer_id="dora")
    world.cancel(booking_id)
    world.after(HOUR)
    assert world.back_on_card(payment_id) == HALF_HOUR.minor
    world.assert_books_are_right()


def test_partial_refund_by_hand_leaves_the_booking_and_is_our_gift() -> None:
    # S2.5
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    world.provider.refund_by_hand(payment_id, FIVE_HUNDRED.minor)
    world.settle()
    assert world.booking(booking_id).status is Status.SCHEDULED
    assert world.account("goodwill") == FIVE_HUNDRED.minor
    world.until(START + HOUR)
    assert world.closed(booking_id).bill.billed == 1800
    world.assert_books_are_right()


def test_booking_cancelled_after_a_partial_refund_by_hand_gives_back_the_rest_alone() -> None:
    # S2.3, S2.5, Never 2
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    world.provider.refund_by_hand(payment_id, FIVE_HUNDRED.minor)
    world.settle()
    world.cancel(booking_id)
    assert world.booking(booking_id).status is Status.CANCELLED
    assert world.back_on_card(payment_id) == HALF_HOUR.minor
    assert world.account("goodwill") == 0
    world.assert_books_are_right()


def test_two_refunds_by_hand_that_make_a_full_one_give_the_booking_up() -> None:
    # S2.5
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    for amount in (FIVE_HUNDRED, HALF_HOUR - FIVE_HUNDRED):
        world.provider.refund_by_hand(payment_id, amount.minor)
        world.settle()
    assert world.booking(booking_id).status is Status.CANCELLED
    assert world.account("goodwill") == 0
    world.assert_books_are_right()


def test_refund_by_hand_of_money_on_the_balance_takes_it_from_there() -> None:
    # S2.5
    world = MoneyWorld()
    payment_id = world.top_up(HALF_HOUR)
    world.provider.refund_by_hand(payment_id, FIVE_HUNDRED.minor)
    world.settle()
    assert world.balance_money() == {"rub": (HALF_HOUR - FIVE_HUNDRED).minor}
    assert world.account("goodwill") == 0
    world.assert_books_are_right()


def test_refund_by_hand_of_a_used_session_is_our_gift() -> None:
    # S2.5
    world = MoneyWorld()
    _, payment_id = world.booked_by_card()
    world.until(START + HOUR)
    world.provider.refund_by_hand(payment_id)
    world.settle()
    assert world.account("goodwill") == HALF_HOUR.minor
    with pytest.raises(RuleBroken):
        world.refund(payment_id, by="agent:olga", our_fault=True)
    world.assert_books_are_right()


def test_refund_by_hand_while_ours_waits_is_made_once() -> None:
    # S2.2, Never 2
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    world.provider.faults.order_request(RequestFault.RATE_LIMIT, method="POST", path="/v1/refunds")
    world.cancel(booking_id)
    assert world.refund_of(payment_id).status == "requested"
    world.provider.refund_by_hand(payment_id)
    world.after(HOUR)
    assert world.refund_of(payment_id).status == "settled"
    assert world.back_on_card(payment_id) == HALF_HOUR.minor
    assert len(world.told(PaymentLetter.REFUND_RECEIPT)) == 1
    world.assert_books_are_right()


def test_partial_refund_by_hand_while_the_whole_waits_leaves_no_more_than_the_rest() -> None:
    # S2.2, Never 2: what the provider refuses, because it is too much, is not lost
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    world.provider.faults.order_request(RequestFault.RATE_LIMIT, method="POST", path="/v1/refunds")
    world.cancel(booking_id)
    world.provider.refund_by_hand(payment_id, FIVE_HUNDRED.minor)
    world.after(HOUR)
    assert world.back_on_card(payment_id) == FIVE_HUNDRED.minor
    assert world.balance_money() == {"rub": (HALF_HOUR - FIVE_HUNDRED).minor}
    world.assert_books_are_right()


def test_refund_by_hand_of_the_same_amount_as_one_whose_answer_was_lost_is_a_second_one() -> None:
    # S2.5, Never 2: the first to be heard of is taken for ours, and both are in the books
    world = MoneyWorld(webhooks=0)
    payment_id = world.top_up(HALF_HOUR)
    world.payments.reported(payment_id, {})
    world.provider.faults.order_request(RequestFault.TIMEOUT, method="POST", path="/v1/refunds")
    world.refund(payment_id, amount=FIVE_HUNDRED)
    by_hand = world.provider.refund_by_hand(payment_id, FIVE_HUNDRED.minor)
    world.refund_room.reported(by_hand.provider_refund_id)
    for made in world.provider.refunds_of(payment_id):
        world.refund_room.found(made)
    world.after(HOUR)
    assert world.back_on_card(payment_id) == 2 * FIVE_HUNDRED.minor
    assert world.payment(payment_id).refunded.minor == 2 * FIVE_HUNDRED.minor
    assert world.balance_money() == {"rub": FIVE_HUNDRED.minor}
    world.assert_books_are_right()


def test_refund_by_hand_that_fails_later_is_on_the_balance_and_the_customer_told() -> None:
    # S2.2, S2.5
    world = MoneyWorld()
    world.provider.settle_refunds_after(3 * DAY)
    booking_id, payment_id = world.booked_by_card(DEAD_CARD)
    world.provider.refund_by_hand(payment_id)
    world.settle()
    assert world.booking(booking_id).status is Status.CANCELLED
    world.days(4)
    assert world.payment(payment_id).refunds[0].status == "undone"
    assert world.balance_money() == {"rub": HALF_HOUR.minor}
    assert len(world.told(PaymentLetter.REFUND_ON_BALANCE)) == 1
    world.assert_books_are_right()


def test_refund_by_hand_of_a_payment_we_never_heard_of_records_both() -> None:
    # S2.5
    world = MoneyWorld(webhooks=0)
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    payment_id = world.payments.start(booking_id).intent.intent_id
    world.provider.pay(payment_id)
    refund = world.provider.refund_by_hand(payment_id)
    world.refund_room.reported(refund.provider_refund_id)
    world.after(16 * MINUTE)
    assert world.booking(booking_id).status is Status.CANCELLED
    assert world.payment(payment_id).refunded == HALF_HOUR
    world.assert_books_are_right()
