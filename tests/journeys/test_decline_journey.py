"""A card that is declined: the slot waits, the customer is told what to do, and pays once."""

from datetime import timedelta

import pytest

from infra.local.payments.faults import RequestFault
from shared.domain.booking import Status
from shared.domain.errors import Declined, Upstream
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.letters.shown import moment_text
from tests.journeys.money_world import HALF_HOUR, HOUR, MINUTE, MoneyWorld
from tests.journeys.world import MORNING, OPERATOR, START

DECLINED = "pm_card_chargeDeclined"
# The card, what the letter says in English and in Russian, and whether the slot waits longer.
ADVICE = [
    (DECLINED, "Call the number on the back", "Позвоните по номеру на обороте", True),
    (f"{DECLINED}LostCard", "Call the number on the back", "Позвоните по номеру", True),
    (f"{DECLINED}VelocityLimitExceeded", "Ask the bank to raise it", "Попросите банк", True),
    (f"{DECLINED}InsufficientFunds", "Top it up", "не хватает денег", False),
    (f"{DECLINED}ExpiredCard", "pay with another card", "оплатите другой картой", False),
    (f"{DECLINED}IncorrectCvc", "Check the number", "В данных карты есть ошибка", False),
    (f"{DECLINED}ProcessingError", "Wait a minute", "Подождите минуту", False),
]


def declined(card: str, language: str = "en") -> tuple[MoneyWorld, str]:
    """Anna's booking after her card was declined."""
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    booking_id = world.book(language=language)
    world.pay(booking_id, card)
    return world, booking_id


def assert_charged_once(world: MoneyWorld, booking_id: str) -> None:
    assert world.booking(booking_id).status is Status.SCHEDULED
    charges = world.provider.charges_created(MORNING, world.exchange.now)
    assert [c.captured for c in charges if c.captured.minor] == [HALF_HOUR]
    world.assert_books_are_right()


@pytest.mark.parametrize(("card", "english", "russian", "blocked"), ADVICE)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_letter_says_in_plain_words_what_to_do_and_until_when(
    card: str, english: str, russian: str, blocked: bool, language: str
) -> None:
    # S1.14
    world, booking_id = declined(card, language)
    (letter,) = world.told(PaymentLetter.PAYMENT_DECLINED)
    assert letter.to == "anna@example.com"
    assert (russian if language == "ru" else english) in letter.text
    until = MORNING + (30 if blocked else 15) * MINUTE
    assert moment_text(until) in letter.text
    booking = world.booking(booking_id)
    assert (booking.status, booking.hold_until) == (Status.HELD, until)
    world.assert_books_are_right()


@pytest.mark.parametrize("card", [f"{DECLINED}LostCard", f"{DECLINED}StolenCard"])
def test_whoever_holds_a_stolen_card_learns_nothing(card: str) -> None:
    # S1.14: its letter is that of a plain decline, word for word
    world, _ = declined(card)
    plain, _ = declined(DECLINED)
    texts = [w.told(PaymentLetter.PAYMENT_DECLINED)[0].text for w in (world, plain)]
    assert texts[0] == texts[1]


def test_bank_that_blocks_again_and_again_holds_the_slot_longer_only_once() -> None:
    # S1.14
    world, booking_id = declined(DECLINED)
    world.after(5 * MINUTE)
    world.pay(booking_id, f"{DECLINED}VelocityLimitExceeded")
    world.pay(booking_id, DECLINED)
    assert world.booking(booking_id).hold_until == MORNING + 30 * MINUTE
    assert len(world.told(PaymentLetter.PAYMENT_DECLINED)) == 2
    world.until(MORNING + 31 * MINUTE)
    assert world.booking(booking_id).status is Status.EXPIRED
    world.book(customer_id="dora")
    world.assert_books_are_right()


def test_longer_hold_ends_with_the_start() -> None:
    # S1.14, S2.10
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    world.until(START - 20 * MINUTE)
    booking_id = world.book()
    world.pay(booking_id, DECLINED)
    assert world.booking(booking_id).hold_until == START
    world.until(START + MINUTE)
    assert world.booking(booking_id).status is Status.EXPIRED
    world.assert_books_are_right()


def test_customer_who_called_his_bank_pays_the_same_booking_with_the_same_card() -> None:
    # S1.14: within the longer time
    world, booking_id = declined(DECLINED)
    world.after(25 * MINUTE)
    world.pay(booking_id)
    world.after(HOUR)
    assert_charged_once(world, booking_id)


def test_other_card_pays_the_same_booking_and_is_charged_once() -> None:
    # S1.14, S2.10: one intent, reused after declines
    world, booking_id = declined(f"{DECLINED}ExpiredCard")
    first = world.booking(booking_id).intent_id
    assert world.pay(booking_id, f"{DECLINED}InsufficientFunds") == first
    assert world.pay(booking_id, "pm_card_mastercard") == first
    assert len(world.told(PaymentLetter.PAYMENT_DECLINED)) == 2
    assert_charged_once(world, booking_id)


def test_failed_3d_secure_is_explained_and_tried_again() -> None:
    # S1.14
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    for passed in (False, True):
        intent_id = world.pay(booking_id, "pm_card_threeDSecure2Required")
        assert world.booking(booking_id).status is Status.HELD
        world.provider.authenticate(intent_id, passed=passed)
        world.settle()
    (letter,) = world.told(PaymentLetter.PAYMENT_DECLINED)
    assert "3-D Secure" in letter.text
    assert_charged_once(world, booking_id)


def test_3d_secure_passed_and_then_declined_is_told_like_any_decline() -> None:
    # S1.14
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    intent_id = world.pay(booking_id, "pm_card_threeDSecureRequiredChargeDeclined")
    world.provider.authenticate(intent_id, passed=True)
    world.settle()
    assert world.booking(booking_id).decline_code == "generic_decline"
    assert len(world.told(PaymentLetter.PAYMENT_DECLINED)) == 1
    world.pay(booking_id)
    assert_charged_once(world, booking_id)


def test_paying_again_after_the_money_was_taken_charges_nothing() -> None:
    # S1.14: no code path charges twice
    world, booking_id = declined(DECLINED)
    intent_id = world.pay(booking_id)
    with pytest.raises(Declined):
        world.provider.pay(intent_id)
    with pytest.raises(Exception, match="nothing_to_pay"):
        world.payments.start(booking_id)
    assert_charged_once(world, booking_id)


def test_decline_that_is_reported_after_the_success_changes_nothing() -> None:
    # S1.14, Never 5: the provider is asked, the report is not believed
    world, booking_id = declined(DECLINED)
    world.pay(booking_id)
    late = {"object": {"id": world.booking(booking_id).intent_id}}
    world.webhook({"id": "evt_late", "type": "payment_intent.payment_failed", "data": late})
    world.after(MINUTE)
    assert len(world.told(PaymentLetter.PAYMENT_DECLINED)) == 1
    assert_charged_once(world, booking_id)


@pytest.mark.parametrize("fault", [RequestFault.TIMEOUT, RequestFault.ERROR_AFTER])
def test_intent_whose_making_was_not_answered_is_replaced_and_charged_once(
    fault: RequestFault,
) -> None:
    # S1.14, S2.10: the one left behind takes no money, nobody has its secret
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    world.provider.faults.order_request(fault, count=2, path="/v1/payment_intents")
    with pytest.raises(Upstream):
        world.payments.start(booking_id)
    world.after(MINUTE)
    world.pay(booking_id, DECLINED)
    world.pay(booking_id)
    world.after(timedelta(hours=1))
    assert_charged_once(world, booking_id)
