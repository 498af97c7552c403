"""Charged twice: the extra charge alone goes back, and nobody has to write to us."""

from datetime import timedelta

import pytest

from shared.domain.booking import Status
from shared.domain.case.events import CaseKind
from shared.domain.errors import RuleBroken
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.payment.events import RefundReason
from tests.journeys.money_world import DAY, HALF_HOUR, HOUR, MINUTE, MoneyWorld
from tests.journeys.world import OPERATOR, OTHER_OPERATOR, START

LATER = START + timedelta(hours=2)


def two_tabs(world: MoneyWorld, *, checkouts: tuple[str, str] = ("tab-1", "tab-2")) -> list[str]:
    """The same session ordered and paid twice within minutes: bookings of two free operators."""
    world.operator("boris", OPERATOR)
    world.operator("vera", OTHER_OPERATOR)
    bookings = []
    for checkout in checkouts:
        bookings.append(world.book(operator_id=None, checkout=checkout))
        world.pay(bookings[-1])
        world.after(MINUTE)
    return bookings


def paid_by(world: MoneyWorld, booking_id: str) -> str:
    return str(world.booking(booking_id).intent_id)


@pytest.mark.parametrize("first", [0, 1])
def test_booking_paid_by_two_intents_keeps_one_and_the_extra_charge_goes_back(first: int) -> None:
    # S1.14, S2.1
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    intents = [world.payments.start(booking_id).intent.intent_id, world.intent_beside(booking_id)]
    stays, extra = intents[first], intents[1 - first]
    world.provider.pay(stays)
    world.settle()
    world.provider.pay(extra, "pm_card_mastercard")
    world.settle()
    assert world.booking(booking_id).status is Status.SCHEDULED
    assert paid_by(world, booking_id) == stays
    assert world.back_on_card(extra) == HALF_HOUR.minor
    assert world.back_on_card(stays) == 0
    refund = world.refund_of(extra)
    assert (refund.reason, refund.status) == (RefundReason.DUPLICATE, "settled")
    (told,) = world.told(PaymentLetter.DUPLICATE_REFUNDED)
    assert told.to == "anna@example.com"
    assert f"{booking_id} stays" in told.text
    assert "MASTERCARD" in told.text.upper()
    world.assert_books_are_right()


def test_booking_paid_twice_in_one_moment_is_held_by_exactly_one_charge() -> None:
    # S2.1: both charges are known to the provider before we have heard of either
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    intents = [world.payments.start(booking_id).intent.intent_id, world.intent_beside(booking_id)]
    for intent_id in intents:
        world.provider.pay(intent_id)
    world.settle()
    assert world.booking(booking_id).status is Status.SCHEDULED
    assert sorted(world.back_on_card(i) for i in intents) == [0, HALF_HOUR.minor]
    world.assert_books_are_right()


def test_one_order_form_sent_twice_is_certainly_a_duplicate() -> None:
    # S2.1: the same line of attempts, and its first success had not been shown yet
    world = MoneyWorld()
    stays, extra = two_tabs(world, checkouts=("form", "form"))
    assert world.booking(stays).status is Status.SCHEDULED
    assert world.booking(extra).status is Status.CANCELLED
    payment_id = paid_by(world, extra)
    assert world.back_on_card(payment_id) == HALF_HOUR.minor
    assert world.back_on_card(paid_by(world, stays)) == 0
    assert len(world.told(PaymentLetter.DUPLICATE_REFUNDED)) == 1
    assert world.told(PaymentLetter.DUPLICATE_QUESTION) == []
    world.book(customer_id="dora", operator_id=world.booking(extra).operator_id)
    world.assert_books_are_right()


def test_two_tabs_raise_a_suspicion_and_the_customer_is_asked_once() -> None:
    # S2.1
    world = MoneyWorld()
    stays, later = two_tabs(world)
    world.after(HOUR)
    (asked,) = world.told(PaymentLetter.DUPLICATE_QUESTION)
    assert f"/payments/{paid_by(world, later)}/duplicate" in asked.text
    assert [world.booking(b).status for b in (stays, later)] == [Status.SCHEDULED] * 2
    assert world.back_on_card(paid_by(world, later)) == 0
    world.assert_books_are_right()


def test_i_wanted_both_settles_it_for_good() -> None:
    # S2.1
    world = MoneyWorld()
    bookings = two_tabs(world)
    payment_id = paid_by(world, bookings[1])
    world.watch.answer(payment_id, wanted_both=True)
    world.watch.answer(payment_id, wanted_both=True)
    with pytest.raises(RuleBroken, match="question_over"):
        world.watch.answer(payment_id, wanted_both=False)
    world.watch.look(world.payment(payment_id))
    world.after(HOUR)
    assert [world.booking(b).status for b in bookings] == [Status.SCHEDULED] * 2
    assert len(world.told(PaymentLetter.DUPLICATE_QUESTION)) == 1
    assert world.open_cases() == []
    world.assert_books_are_right()


def test_one_is_too_many_returns_the_later_booking_and_its_money() -> None:
    # S2.1
    world = MoneyWorld()
    stays, later = two_tabs(world)
    payment_id = paid_by(world, later)
    world.watch.answer(payment_id, wanted_both=False)
    world.settle()
    assert [world.booking(b).status for b in (stays, later)] == [
        Status.SCHEDULED,
        Status.CANCELLED,
    ]
    assert world.back_on_card(payment_id) == HALF_HOUR.minor
    assert world.refund_of(payment_id).reason is RefundReason.DUPLICATE
    assert world.payment(payment_id).pending == {}
    world.assert_books_are_right()


def test_answer_after_the_customer_cancelled_himself_returns_nothing_twice() -> None:
    # S2.1, Never 2
    world = MoneyWorld()
    _, later = two_tabs(world)
    payment_id = paid_by(world, later)
    world.cancel(later)
    world.watch.answer(payment_id, wanted_both=False)
    world.after(HOUR)
    assert world.back_on_card(payment_id) == HALF_HOUR.minor
    assert len(world.payment(payment_id).refunds) == 1
    assert world.payment(payment_id).pending == {}
    world.assert_books_are_right()


def test_silence_for_a_day_refunds_nothing_and_opens_a_case() -> None:
    # S2.1
    world = MoneyWorld()
    world.operator("boris", OPERATOR, hours=46)
    world.operator("vera", OTHER_OPERATOR, hours=46)
    bookings = []
    for checkout in ("tab-1", "tab-2"):
        far = START + timedelta(hours=30)
        bookings.append(world.book(operator_id=None, checkout=checkout, starts_at=far))
        world.pay(bookings[-1])
    world.after(DAY - MINUTE)
    assert world.open_cases() == []
    world.after(2 * MINUTE)
    (case,) = world.open_cases()
    payment_id = paid_by(world, bookings[1])
    assert (case.kind, case.about.payment_id) == (CaseKind.DUPLICATE_UNANSWERED, payment_id)
    assert case.deadline - world.exchange.now <= timedelta(hours=4)
    with pytest.raises(RuleBroken, match="question_over"):
        world.watch.answer(payment_id, wanted_both=False)
    assert world.back_on_card(payment_id) == 0
    assert [world.booking(b).status for b in bookings] == [Status.SCHEDULED] * 2
    world.assert_books_are_right()


def test_what_the_customer_did_not_want_and_has_used_goes_to_a_person() -> None:
    # S2.1: no rule returns a session that has begun
    world = MoneyWorld()
    _, later = two_tabs(world)
    world.until(START + timedelta(minutes=1))
    payment_id = paid_by(world, later)
    world.watch.answer(payment_id, wanted_both=False)
    world.after(HOUR)
    assert CaseKind.DUPLICATE_UNANSWERED in [case.kind for case in world.open_cases()]
    assert world.back_on_card(payment_id) == 0
    world.assert_books_are_right()


def test_top_up_paid_twice_by_one_form_returns_the_unused_one() -> None:
    # S2.1
    world = MoneyWorld()
    first = world.top_up(HALF_HOUR, checkout="form")
    world.after(MINUTE)
    second = world.top_up(HALF_HOUR, checkout="form")
    assert [world.back_on_card(p) for p in (first, second)] == [0, HALF_HOUR.minor]
    assert world.balance_money() == {"rub": HALF_HOUR.minor}
    world.assert_books_are_right()


def test_family_on_one_card_is_asked_and_never_refunded_unasked() -> None:
    # S2.1: one card, the same session, two customers
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    world.operator("vera", OTHER_OPERATOR)
    bookings = [world.book(operator_id=None, customer_id=name) for name in ("anna", "dora")]
    for booking_id in bookings:
        world.pay(booking_id)
    world.after(HOUR)
    assert [m.to for m in world.told(PaymentLetter.DUPLICATE_QUESTION)] == ["dora@example.com"]
    assert [world.back_on_card(paid_by(world, b)) for b in bookings] == [0, 0]
    world.assert_books_are_right()


def test_second_session_for_another_time_is_nobodys_mistake() -> None:
    # S2.1: found by what was meant, not by the amount
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    for starts_at in (START, LATER):
        world.pay(world.book(starts_at=starts_at))
    world.after(HOUR)
    assert world.told(PaymentLetter.DUPLICATE_QUESTION) == []
    assert world.told(PaymentLetter.DUPLICATE_REFUNDED) == []
    world.assert_books_are_right()


def test_the_same_webhook_fifty_times_is_no_duplicate_charge() -> None:
    # S2.1
    world = MoneyWorld(webhooks=50)
    booking_id, payment_id = world.booked_by_card()
    event = {"type": "payment_intent.succeeded", "data": {"object": {"id": payment_id}}}
    for n in range(50):
        world.webhook(event | {"id": f"evt_again_{n}"})
    world.after(HOUR)
    assert world.booking(booking_id).status is Status.SCHEDULED
    assert world.payment(payment_id).refunds == ()
    assert world.payment(payment_id).question is None
    assert len(world.told(PaymentLetter.RECEIPT)) == 1
    world.assert_books_are_right()
