"""Saved cards: kept with a recorded consent alone, charged once, charged no more when forgotten."""

from dataclasses import replace

import pytest

from infra.local.payments.faults import RequestFault, WebhookFault
from shared.application.ports import IntentStatus
from shared.application.store import Change
from shared.domain.errors import Declined, NotFound, RuleBroken, Unavailable, Upstream
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.payment import payment as paid
from shared.domain.saved_card import CONSENT_VERSION
from tests.journeys.account_world import (
    ASKS,
    CONFIRMING,
    FAILS,
    MISFORTUNES,
    SAVING,
    TOP_UP,
    AccountWorld,
    saved,
)
from tests.journeys.money_world import HOUR, MINUTE
from tests.journeys.world import MORNING

# --- consent --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "accepted", "code", "field"),
    [
        (None, False, "consent_missing", "consent"),
        (CONSENT_VERSION, False, "consent_missing", "consent.accepted"),
        ("0", True, "consent_outdated", "consent.version"),
    ],
)
def test_without_consent_to_the_present_text_no_card_is_saved_and_no_provider_asked(
    version: str | None, accepted: bool, code: str, field: str
) -> None:
    # Issue 3, 8
    world = AccountWorld()
    asked = replace(SAVING, consent_version=version, consent_accepted=accepted)
    with pytest.raises(RuleBroken) as refused:
        world.start_top_up(asked)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert world.provider.undelivered() == []
    assert world.card_file.cards("anna") == []


def test_consent_is_on_record_before_the_provider_is_asked_for_anything() -> None:
    # Issue 3, 8: who, when, which text, in which language
    world = AccountWorld()
    world.provider.faults.order_request(RequestFault.RATE_LIMIT, count=9)
    with pytest.raises(Unavailable):
        world.start_top_up(replace(SAVING, language="ru"))
    (given,) = world.card_file.cards("anna")
    assert (given.consent.version, given.consent.language) == (CONSENT_VERSION, "ru")
    assert given.consent.accepted_at == MORNING
    assert "Я согласен" in given.consent.text
    assert (given.payment_id, given.kept) == (None, None)


def test_card_is_saved_when_its_payment_is_captured_and_its_owner_is_told() -> None:
    # Issue 3, 8
    world = AccountWorld()
    payment_id = world.start_top_up(SAVING).payment.payment_id
    (given,) = world.card_file.cards("anna")
    assert (given.payment_id, given.kept) == (payment_id, None)
    assert world.cards.of("anna") == ()
    world.provider.pay(payment_id)
    world.after(MINUTE)
    (card,) = world.cards.of("anna")
    assert (card.payment_id, card.consent) == (payment_id, given.consent)
    assert card.kept is not None
    assert (card.kept.card.brand, card.kept.card.last4) == ("visa", "4242")
    (letter,) = world.told(PaymentLetter.CARD_SAVED)
    assert letter.to == "anna@example.com"
    assert world.balance_money() == {"rub": TOP_UP.minor}
    world.assert_books_are_right()


def test_events_that_come_often_save_the_card_once() -> None:
    # Never 5
    world = AccountWorld(webhooks=5)
    world.saved()
    world.after(MINUTE)
    assert len(world.cards.of("anna")) == 1
    assert len(world.told(PaymentLetter.CARD_SAVED)) == 1


def test_without_any_webhook_the_card_is_saved_with_the_money() -> None:
    # S2.5
    world = AccountWorld()
    world.provider.faults.order_webhooks(WebhookFault.DROP, None)
    world.provider.pay(world.start_top_up(SAVING).intent.intent_id)
    world.after(15 * MINUTE)
    assert len(world.cards.of("anna")) == 1


def test_top_up_without_saving_keeps_no_card() -> None:
    world = AccountWorld()
    world.topped_up()
    assert world.cards.of("anna") == ()
    assert world.told(PaymentLetter.CARD_SAVED) == []


def test_saved_card_is_not_saved_by_being_charged() -> None:
    world, card = saved()
    with pytest.raises(RuleBroken, match="card_saved_already"):
        world.start_top_up(replace(SAVING, card_id=card.card_id))


def test_customer_is_made_at_the_provider_once_and_his_cards_belong_to_him() -> None:
    world, first = saved()
    second = world.saved("pm_card_mastercard")
    assert first.kept is not None
    assert second.kept is not None
    assert first.kept.provider_customer == second.kept.provider_customer
    assert world.cards.of("anna") == (second, first)
    assert world.cards.of("dora") == ()


@pytest.mark.parametrize("fault", MISFORTUNES)
def test_customer_whose_making_was_not_answered_is_made_anew_and_used_for_good(
    fault: RequestFault,
) -> None:
    # S4.2
    world = AccountWorld()
    world.provider.faults.order_request(fault, path="/v1/customers")
    try:
        card = world.saved()
    except Unavailable:
        card = world.saved()
    assert card.kept is not None
    assert card.kept.provider_customer == world.card_file.provider_customer("anna")
    assert world.charge(card).payment.status is paid.Status.CAPTURED
    world.assert_books_are_right()


# --- top-ups --------------------------------------------------------------------------------------


def test_saved_card_is_charged_without_its_owner_and_the_money_is_there_at_once() -> None:
    # Issue 3, 8
    world, card = saved()
    done = world.charge(card)
    assert done.intent.status is IntentStatus.SUCCEEDED
    assert done.payment.status is paid.Status.CAPTURED
    assert world.balance_money() == {"rub": 2 * TOP_UP.minor}
    world.assert_books_are_right()


def test_charge_sent_twice_with_one_key_is_one_charge() -> None:
    # S2.1
    world, card = saved()
    assert world.charge(card, "one").intent.intent_id == world.charge(card, "one").intent.intent_id
    assert world.captured() == [TOP_UP, TOP_UP]


def test_event_that_is_faster_than_our_own_answer_changes_nothing() -> None:
    # Issue 3, bad luck; Never 5
    world, card = saved()
    world.in_between(lambda: None)
    world.in_between(world.settle)
    assert world.charge(card).payment.status is paid.Status.CAPTURED
    assert world.captured() == [TOP_UP, TOP_UP]
    assert world.balance_money() == {"rub": 2 * TOP_UP.minor}
    world.assert_books_are_right()


def test_charge_goes_on_where_the_process_died_before_it() -> None:
    # S4.2: the payment was noted, the card not charged yet
    deadly: list[str] = []

    def die(when: str, change: Change) -> None:
        if when == "after" and change.cause.command in deadly:
            deadly.clear()
            raise SystemExit("killed")

    world = AccountWorld(fault=die)
    card = world.saved()
    deadly.append("TopUp")
    with pytest.raises(SystemExit):
        world.charge(card, "one")
    assert world.captured() == [TOP_UP]
    assert world.charge(card, "one").payment.status is paid.Status.CAPTURED
    assert world.captured() == [TOP_UP, TOP_UP]
    world.assert_books_are_right()


def test_refused_charge_says_what_helps_and_its_owner_pays_on_the_same_intent() -> None:
    # S1.14, S2.10
    world, card = saved(FAILS)
    refused = world.charge(card)
    assert refused.payment.status is paid.Status.OPEN
    assert refused.payment.decline_code == "generic_decline"
    assert len(world.told(PaymentLetter.PAYMENT_DECLINED)) == 1
    world.provider.pay(refused.intent.intent_id, "pm_card_mastercard")
    world.settle()
    assert world.captured() == [TOP_UP, TOP_UP]
    world.assert_books_are_right()


def test_bank_that_asks_for_the_owner_is_answered_by_him_on_the_same_intent() -> None:
    # S2.10: 3-D Secure cannot be passed without him
    world, card = saved(ASKS)
    refused = world.charge(card)
    assert refused.payment.decline_code == "authentication_required"
    assert refused.intent.client_secret is not None
    assert card.kept is not None
    world.provider.pay(refused.intent.intent_id, card.kept.payment_method)
    world.provider.authenticate(refused.intent.intent_id, passed=True)
    world.settle()
    assert world.captured() == [TOP_UP, TOP_UP]
    assert world.payment(refused.intent.intent_id).status is paid.Status.CAPTURED
    world.assert_books_are_right()


@pytest.mark.parametrize("fault", MISFORTUNES)
@pytest.mark.parametrize("webhooks", [0, 1])
def test_charge_whose_answer_is_lost_takes_money_once_when_asked_again(
    fault: RequestFault, webhooks: int
) -> None:
    # Never 1: what became of it shows on the intent
    world, card = saved()
    world.webhooks = webhooks
    world.provider.faults.order_request(fault, method="POST", path=CONFIRMING)
    try:
        done = world.charge(card, "one")
    except Unavailable:
        done = world.charge(card, "one")
    assert done.payment.status is paid.Status.CAPTURED
    world.after(HOUR)
    assert world.captured() == [TOP_UP, TOP_UP]
    world.assert_books_are_right()


def test_charge_that_nobody_answers_for_is_found_later_without_being_asked_again() -> None:
    # S2.5, Never 3
    world, card = saved()
    world.webhooks = 0
    world.provider.faults.order_request(RequestFault.TIMEOUT, method="POST", path=CONFIRMING)
    world.unreachable()
    with pytest.raises(Upstream):
        world.charge(card)
    assert world.captured() == [TOP_UP, TOP_UP]
    world.provider.faults.clear()
    world.after(15 * MINUTE)
    assert world.captured() == [TOP_UP, TOP_UP]
    assert world.balance_money() == {"rub": 2 * TOP_UP.minor}
    world.assert_books_are_right()


# --- forgetting -----------------------------------------------------------------------------------


def test_forgotten_card_is_charged_no_more_and_the_consent_stays_as_withdrawn() -> None:
    # Issue 3, 8
    world, card = saved()
    world.after(HOUR)
    world.cards.forget("anna", card.card_id)
    assert world.cards.of("anna") == ()
    with pytest.raises(NotFound, match="card_unknown"):
        world.charge(card)
    (kept,) = world.card_file.cards("anna")
    assert (kept.consent, kept.withdrawn_at) == (card.consent, world.exchange.now)
    assert kept.kept is not None
    with pytest.raises(Declined):
        world.provider.pay(world.start_top_up().intent.intent_id, kept.kept.payment_method)
    assert world.captured() == [TOP_UP]


def test_card_that_the_provider_has_no_more_is_forgotten_here_too() -> None:
    # Issue 3, 8
    world, card = saved()
    assert card.kept is not None
    world.provider.forget_card(card.kept.payment_method)
    with pytest.raises(Declined, match="saved_card_gone"):
        world.charge(card)
    world.cards.forget("anna", card.card_id)
    assert world.cards.of("anna") == ()
    world.cards.forget("anna", card.card_id)
    assert world.captured() == [TOP_UP]
    world.assert_books_are_right()


def test_card_is_charged_no_more_even_if_the_provider_could_not_be_told() -> None:
    world, card = saved()
    world.provider.faults.order_request(RequestFault.RATE_LIMIT, 1, path="/v1/payment_methods")
    with pytest.raises(Unavailable):
        world.cards.forget("anna", card.card_id)
    assert world.cards.of("anna") == ()
    world.cards.forget("anna", card.card_id)
    assert card.kept is not None
    with pytest.raises(Declined):
        world.provider.pay(world.start_top_up().intent.intent_id, card.kept.payment_method)


def test_late_event_does_not_bring_a_forgotten_card_back() -> None:
    # Never 5
    world, card = saved()
    world.cards.forget("anna", card.card_id)
    world.payments.reported(str(card.payment_id), {})
    world.after(MINUTE)
    assert world.cards.of("anna") == ()


def test_card_saved_twice_is_shown_once_and_forgotten_altogether() -> None:
    world, first = saved()
    world.after(MINUTE)
    second = world.saved()
    assert world.cards.of("anna") == (second,)
    world.cards.forget("anna", second.card_id)
    assert world.cards.of("anna") == ()
    assert all(card.withdrawn_at for card in world.card_file.cards("anna"))
    assert first.card_id != second.card_id


def test_nobody_forgets_what_is_not_his() -> None:
    # Never 7
    world, card = saved()
    with pytest.raises(NotFound, match="card_unknown"):
        world.cards.forget("dora", card.card_id)
    assert world.cards.of("anna") == (card,)
