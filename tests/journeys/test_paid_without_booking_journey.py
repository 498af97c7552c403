"""Charged, and no booking: it is made again, or the money is his to decide about."""

from datetime import timedelta

import pytest

from infra.local.payments.faults import RequestFault
from shared.domain.booking import Status
from shared.domain.case.events import CaseKind
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.letters.shown import moment_text
from shared.domain.money import Money
from shared.domain.payment.events import Purpose, RefundReason
from tests.journeys.money_world import HALF_HOUR, HOUR, MINUTE, MoneyWorld
from tests.journeys.world import OPERATOR, START

DAYS_14 = timedelta(days=14)


def paid_late(world: MoneyWorld, *, taken_by_another: bool, language: str = "en") -> str:
    """Anna's money comes when her time is released; returns her booking.

    The provider answers nobody just then, so that her intent outlives the hold.
    """
    world.operator("boris", OPERATOR)
    booking_id = world.book(language=language)
    intent_id = world.payments.start(booking_id).intent.intent_id
    path = f"/v1/payment_intents/{intent_id}/cancel"
    world.provider.faults.order_request(RequestFault.RATE_LIMIT, count=2, path=path)
    world.after(15 * MINUTE + timedelta(seconds=1))
    assert world.booking(booking_id).status is Status.EXPIRED
    if taken_by_another:
        world.pay(world.book(customer_id="dora"))
    world.provider.pay(intent_id, "pm_card_mastercard")
    world.settle()
    return booking_id


def paid_by(world: MoneyWorld, booking_id: str) -> str:
    """The payment that came for a booking, wherever its money went."""
    (credited,) = world.booking(booking_id).credited
    return credited


def test_money_that_comes_late_makes_the_booking_again_where_the_time_is_free() -> None:
    # S1.14, S2.10
    world = MoneyWorld()
    booking_id = paid_late(world, taken_by_another=False)
    booking = world.booking(booking_id)
    assert (booking.status, booking.paid_by_card) == (Status.SCHEDULED, True)
    world.after(HOUR)
    assert world.booking(booking_id).pending == {}
    assert world.told(PaymentLetter.LATE_PAYMENT_CHOICE) == []
    assert len(world.told(PaymentLetter.RECEIPT)) == 1
    world.until(START + HOUR)
    assert world.booking(booking_id).session is not None
    world.assert_books_are_right()


@pytest.mark.parametrize("language", ["en", "ru"])
def test_money_for_a_time_that_is_taken_waits_on_the_balance_and_the_customer_chooses(
    language: str,
) -> None:
    # S1.14: nearest slot, balance or refund
    world = MoneyWorld()
    booking_id = paid_late(world, taken_by_another=True, language=language)
    assert world.booking(booking_id).status is Status.EXPIRED
    assert world.balance_money() == {"rub": HALF_HOUR.minor}
    (letter,) = world.told(PaymentLetter.LATE_PAYMENT_CHOICE)
    assert letter.to == "anna@example.com"
    for free in (-30, 30):
        assert moment_text(START + free * MINUTE) in letter.text
    assert f"/payments/{paid_by(world, booking_id)}/choice" in letter.text
    assert ("баланс" if language == "ru" else "balance") in letter.text
    world.assert_books_are_right()


def test_late_payer_who_wants_his_money_back_gets_all_of_it_however_late_he_asks() -> None:
    # S1.14, S2.3: it never bought anything, so no window closes
    world = MoneyWorld()
    booking_id = paid_late(world, taken_by_another=True)
    payment_id = paid_by(world, booking_id)
    world.sweeping = False
    world.after(DAYS_14 + timedelta(days=1))
    refund = world.refund(payment_id, reason=RefundReason.LATE_PAYMENT)
    assert (refund.amount, refund.status) == (HALF_HOUR, "settled")
    assert world.back_on_card(payment_id) == HALF_HOUR.minor
    assert world.balance_money() == {}
    world.assert_books_are_right()


def test_late_payer_who_takes_another_time_pays_it_with_that_money() -> None:
    # S1.14
    world = MoneyWorld()
    paid_late(world, taken_by_another=True)
    other = world.book(starts_at=START + HOUR, use_balance=True)
    booking = world.booking(other)
    assert (booking.status, booking.card_due.minor) == (Status.SCHEDULED, 0)
    assert world.balance_money() == {}
    world.assert_books_are_right()


def test_late_payer_who_keeps_the_balance_has_nothing_taken_from_it() -> None:
    # S1.14
    world = MoneyWorld()
    paid_late(world, taken_by_another=True)
    world.after(24 * HOUR)
    assert world.balance_money() == {"rub": HALF_HOUR.minor}
    assert len(world.told(PaymentLetter.LATE_PAYMENT_CHOICE)) == 1
    world.assert_books_are_right()


def test_paid_fourteen_minutes_after_the_intent_was_made_is_in_time() -> None:
    # S1.2, S2.10
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    intent_id = world.payments.start(booking_id).intent.intent_id
    world.after(14 * MINUTE)
    world.provider.pay(intent_id)
    world.after(2 * MINUTE)
    assert world.booking(booking_id).status is Status.SCHEDULED
    world.assert_books_are_right()


def test_paid_fourteen_minutes_after_the_intent_and_unheard_of_is_found_at_the_deadline() -> None:
    # S2.5, S2.10: every webhook is lost
    world = MoneyWorld(webhooks=0)
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    intent_id = world.payments.start(booking_id).intent.intent_id
    world.after(14 * MINUTE)
    world.provider.pay(intent_id)
    world.after(2 * MINUTE)
    assert world.booking(booking_id).status is Status.SCHEDULED
    world.assert_books_are_right()


def test_money_that_comes_when_the_session_would_have_begun_is_credited() -> None:
    # S2.10, Never 3
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    world.until(START - 5 * MINUTE)
    booking_id = world.book()
    intent_id = world.payments.start(booking_id).intent.intent_id
    path = f"/v1/payment_intents/{intent_id}/cancel"
    world.provider.faults.order_request(RequestFault.RATE_LIMIT, count=2, path=path)
    world.until(START + MINUTE)
    world.provider.pay(intent_id)
    world.after(HOUR)
    assert world.booking(booking_id).status is Status.EXPIRED
    assert world.booking(booking_id).pending == {}
    assert world.balance_money() == {"rub": HALF_HOUR.minor}
    world.assert_books_are_right()


def test_customer_who_cancels_while_his_money_is_on_its_way_gets_it_back() -> None:
    # S2.3, Never 3
    world = MoneyWorld(webhooks=0)
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    intent_id = world.payments.start(booking_id).intent.intent_id
    world.provider.pay(intent_id)
    world.cancel(booking_id)
    world.after(HOUR)
    assert world.booking(booking_id).status is Status.CANCELLED
    assert world.booking(booking_id).pending == {}
    assert world.back_on_card(intent_id) == HALF_HOUR.minor
    assert world.balance_money() == {}
    world.assert_books_are_right()


def test_money_of_nobody_we_know_waits_for_a_person_with_a_deadline() -> None:
    # S2.5
    world = MoneyWorld()
    paid = world.provider.pay_by_hand(HALF_HOUR)
    world.settle()
    (case,) = world.open_cases()
    assert (case.kind, case.about.payment_id) == (CaseKind.UNKNOWN_PAYMENT, paid.intent_id)
    assert case.deadline == world.exchange.now + 4 * HOUR
    account = f"payment:{paid.intent_id}"
    assert world.account(account) == -HALF_HOUR.minor
    assert world.post.sent == []
    world.assert_books_are_right(still_open=(account,))


def test_money_of_nobody_we_know_can_go_back_where_it_came_from() -> None:
    # S2.2, S2.5: above the limit a manager decides; what he denies is where it was
    world = MoneyWorld()
    much = Money(1_500_000, "rub")
    paid = world.provider.pay_by_hand(much, card="pm_card_mastercard").intent_id
    world.settle()
    asked = world.refund(paid, "first", by="agent:olga")
    assert asked.status == "awaiting_approval"
    world.refund_desk.decide(paid, "first", "agent:boss", approve=False)
    world.settle()
    assert world.payment(paid).unallocated == much.minor
    world.assert_books_are_right(still_open=(f"payment:{paid}",))
    world.refund(paid, "second", by="agent:olga")
    world.refund_desk.decide(paid, "second", "agent:boss", approve=True)
    world.settle()
    assert world.back_on_card(paid) == much.minor
    world.assert_books_are_right()


def test_money_with_a_customers_name_alone_goes_to_his_balance() -> None:
    # S2.5
    world = MoneyWorld()
    world.contacts.remember("anna", email="anna@example.com", language="en", phones=())
    paid = world.provider.pay_by_hand(HALF_HOUR, {"customer_id": "anna"})
    world.after(HOUR)
    assert world.payment(paid.intent_id).purpose is Purpose.UNKNOWN
    assert world.balance_money() == {"rub": HALF_HOUR.minor}
    assert [mail.to for mail in world.told(PaymentLetter.RECEIPT)] == ["anna@example.com"]
    assert world.payment(paid.intent_id).pending == {}
    assert world.open_cases() == []
    world.assert_books_are_right()


def test_money_with_a_booking_number_that_does_not_exist_is_still_its_customers() -> None:
    # S2.5
    world = MoneyWorld()
    world.contacts.remember("anna", email="anna@example.com", language="en", phones=())
    facts = {"customer_id": "anna", "booking_id": "999999999999"}
    world.provider.pay_by_hand(HALF_HOUR, facts)
    world.settle()
    assert world.balance_money() == {"rub": HALF_HOUR.minor}
    world.assert_books_are_right()


def test_amount_that_is_not_the_price_does_not_buy_the_session() -> None:
    # S2.10, Never 3: it is on the balance, and the rest can still be paid
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    facts = {"customer_id": "anna", "booking_id": booking_id}
    world.provider.pay_by_hand(HALF_HOUR - HALF_HOUR.share(1, 2), facts)
    world.settle()
    assert world.booking(booking_id).status is Status.HELD
    assert world.balance_money() == {"rub": HALF_HOUR.minor // 2}
    world.pay(booking_id)
    assert world.booking(booking_id).status is Status.SCHEDULED
    world.assert_books_are_right()
