"""Customers at the provider and charges of saved cards, held against every face."""

from collections.abc import Iterator

import pytest

from infra.local.payments.faults import RequestFault
from shared.application.ports import Intent, IntentStatus
from shared.domain.errors import Declined, NotFound, OutcomeUnknown
from shared.domain.money import Money
from tests.contract.payments_subjects import FACES, Subject, face

PRICE = Money(100_000, "usd")


@pytest.fixture(params=FACES)
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    with face(request.param) as found:
        yield found


def customer(subject: Subject) -> str:
    return subject.payments.create_customer({"customer_id": "c1"}, subject.key("customer:c1"))


def paid_and_saved(subject: Subject, owner: str, card: str = "pm_card_visa") -> Intent:
    made = subject.payments.create_intent(
        PRICE, {}, subject.key("intent:p1"), provider_customer=owner, save_card=True
    )
    return subject.pay(made, card)


def charged(subject: Subject, owner: str, card_id: str, key: str = "intent:p2") -> Intent:
    made = subject.payments.create_intent(
        PRICE, {"payment_id": "p2"}, subject.key(key), provider_customer=owner
    )
    return confirmed(subject, made, owner, card_id, f"confirm:{key}")


def confirmed(subject: Subject, made: Intent, owner: str, card_id: str, key: str) -> Intent:
    return subject.payments.pay_with_saved_card(
        made, card_id, subject.key(key), provider_customer=owner
    )


def test_customer_is_made_once_per_key(subject: Subject) -> None:
    # docs.stripe.com/api/customers/create
    assert customer(subject) == customer(subject)
    assert customer(subject).startswith("cus_")


def test_card_is_saved_with_a_payment_and_charged_later_without_its_owner(
    subject: Subject,
) -> None:
    # Issue 3, 8; docs.stripe.com/payments/save-during-payment
    owner = customer(subject)
    first = paid_and_saved(subject, owner)
    assert first.status is IntentStatus.SUCCEEDED
    assert first.provider_customer == owner
    assert first.payment_method is not None
    later = charged(subject, owner, first.payment_method)
    assert (later.status, later.received) == (IntentStatus.SUCCEEDED, PRICE)
    assert later.metadata == {"payment_id": "p2"}
    assert later.card == first.card
    assert later.card is not None


def test_card_of_a_payment_that_did_not_save_it_cannot_be_charged_again(
    subject: Subject,
) -> None:
    # docs.stripe.com/api/payment_methods/attach
    owner = customer(subject)
    made = subject.payments.create_intent(PRICE, {}, subject.key("intent:p1"))
    card_id = subject.pay(made).payment_method
    assert card_id is not None
    with pytest.raises(Declined):
        charged(subject, owner, card_id)


def test_bank_that_refuses_a_saved_card_shows_on_the_intent(subject: Subject) -> None:
    # Issue 3, 3 and 8; docs.stripe.com/testing#declined-payments
    owner = customer(subject)
    card_id = subject.save_card(owner, "pm_card_chargeCustomerFail")
    refused = charged(subject, owner, card_id)
    assert refused.status is IntentStatus.REQUIRES_PAYMENT_METHOD
    assert refused.decline_code == "generic_decline"
    assert refused.received.minor == 0
    assert charged(subject, owner, card_id) == refused
    assert subject.pay(refused).status is IntentStatus.SUCCEEDED


def test_saved_card_that_always_asks_is_refused_without_its_owner(subject: Subject) -> None:
    # docs.stripe.com/testing#regulatory-cards, docs.stripe.com/error-codes#authentication-required
    owner = customer(subject)
    card_id = subject.save_card(owner, "pm_card_authenticationRequired")
    refused = charged(subject, owner, card_id)
    assert refused.status is IntentStatus.REQUIRES_PAYMENT_METHOD
    assert refused.decline_code == "authentication_required"


def test_card_that_asks_unless_set_up_is_set_up_by_saving_it_with_a_payment(
    subject: Subject,
) -> None:
    # docs.stripe.com/testing#regulatory-cards
    card, owner = "pm_card_authenticationRequiredOnSetup", customer(subject)
    stranger = charged(subject, owner, subject.save_card(owner, card))
    assert stranger.decline_code == "authentication_required"
    waiting = paid_and_saved(subject, owner, card)
    assert waiting.status is IntentStatus.REQUIRES_ACTION
    saved = subject.authenticate(waiting, passed=True)
    assert saved.payment_method is not None
    later = charged(subject, owner, saved.payment_method, "intent:p3")
    assert later.status is IntentStatus.SUCCEEDED


def test_card_that_was_set_up_before_asks_its_owner_only(subject: Subject) -> None:
    # docs.stripe.com/testing#regulatory-cards
    card, owner = "pm_card_authenticationRequiredSetupForOffSession", customer(subject)
    later = charged(subject, owner, subject.save_card(owner, card))
    assert later.status is IntentStatus.SUCCEEDED
    made = subject.payments.create_intent(PRICE, {}, subject.key("intent:p3"))
    assert subject.pay(made, card).status is IntentStatus.REQUIRES_ACTION


def test_forgotten_card_cannot_be_charged_and_forgetting_twice_is_no_error(
    subject: Subject,
) -> None:
    # docs.stripe.com/api/payment_methods/detach
    owner = customer(subject)
    card_id = subject.save_card(owner, "pm_card_visa")
    subject.payments.forget_card(card_id)
    subject.payments.forget_card(card_id)
    subject.payments.forget_card("pm_unknown")
    with pytest.raises(Declined):
        charged(subject, owner, card_id)


def test_another_customers_card_cannot_be_charged(subject: Subject) -> None:
    # docs.stripe.com/api/payment_methods/attach
    card_id = subject.save_card(customer(subject), "pm_card_visa")
    other = subject.payments.create_customer({}, subject.key("customer:c2"))
    with pytest.raises((Declined, NotFound)):
        charged(subject, other, card_id)


def test_unknown_customer_is_not_found(subject: Subject) -> None:
    # docs.stripe.com/error-codes#resource-missing
    with pytest.raises(NotFound):
        subject.payments.create_intent(
            PRICE, {}, subject.key("intent:p1"), provider_customer="cus_unknown"
        )


def test_intent_made_for_nobody_becomes_the_customers_and_is_paid_with_his_card(
    subject: Subject,
) -> None:
    # S2.10: one intent per booking; docs.stripe.com/api/payment_intents/update
    owner = customer(subject)
    card_id = subject.save_card(owner, "pm_card_visa")
    made = subject.payments.create_intent(PRICE, {}, subject.key("intent:p2"))
    assert made.provider_customer is None
    paid = confirmed(subject, made, owner, card_id, "confirm:p2")
    assert (paid.intent_id, paid.status) == (made.intent_id, IntentStatus.SUCCEEDED)
    assert paid.provider_customer == owner


def test_intent_paid_in_two_ways_takes_the_money_once(subject: Subject) -> None:
    # S2.10; docs.stripe.com/payments/paymentintents/lifecycle
    owner = customer(subject)
    card_id = subject.save_card(owner, "pm_card_visa")
    made = subject.payments.create_intent(PRICE, {}, subject.key("intent:p2"))
    paid = subject.pay(made)
    assert confirmed(subject, made, owner, card_id, "confirm:p2").charge_id == paid.charge_id
    assert confirmed(subject, paid, owner, card_id, "confirm:p3").charge_id == paid.charge_id


def test_cancelled_intent_is_not_paid_with_a_saved_card(subject: Subject) -> None:
    # S2.10; docs.stripe.com/api/payment_intents/cancel
    owner = customer(subject)
    card_id = subject.save_card(owner, "pm_card_visa")
    made = subject.payments.create_intent(PRICE, {}, subject.key("intent:p2"))
    subject.payments.cancel_intent(made.intent_id)
    answer = confirmed(subject, made, owner, card_id, "confirm:p2")
    assert (answer.status, answer.received.minor) == (IntentStatus.CANCELED, 0)


def test_timeout_of_a_saved_cards_charge_is_unknown_and_shows_on_the_intent(
    subject: Subject,
) -> None:
    # docs.stripe.com/error-low-level
    owner = customer(subject)
    card_id = subject.save_card(owner, "pm_card_visa")
    made = subject.payments.create_intent(
        PRICE, {}, subject.key("intent:p2"), provider_customer=owner
    )
    subject.spoil(RequestFault.TIMEOUT, f"/v1/payment_intents/{made.intent_id}/confirm")
    with pytest.raises(OutcomeUnknown):
        subject.impatient.pay_with_saved_card(
            made, card_id, subject.key("confirm:p2"), provider_customer=owner
        )
    known = subject.payments.intent(made.intent_id)
    assert known.status is IntentStatus.SUCCEEDED
    assert confirmed(subject, made, owner, card_id, "confirm:p2").charge_id == known.charge_id
    now = subject.clock.now()
    [charge] = subject.payments.charges_created(now, now)
    assert charge.intent_id == made.intent_id


def test_intent_cannot_become_an_unknown_customers(subject: Subject) -> None:
    # docs.stripe.com/error-codes#resource-missing
    card_id = subject.save_card(customer(subject), "pm_card_visa")
    made = subject.payments.create_intent(PRICE, {}, subject.key("intent:p2"))
    with pytest.raises(NotFound):
        confirmed(subject, made, "cus_unknown", card_id, "confirm:p2")
    assert subject.payments.intent(made.intent_id).received.minor == 0
