"""What Redial relies on from the payment provider, held against both faces of the double.

And against Stripe's own test mode, where there is a key to it.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from infra.local.payments.faults import RequestFault
from shared.application.ports import Intent, IntentStatus, Payments, RefundStatus
from shared.domain.errors import Declined, NotFound, OutcomeUnknown, Unavailable
from shared.domain.money import Money
from tests.contract.payments_subjects import FACES, TEST_KEY, Subject, face
from tests.contract.stripe_test_mode import TestMode

PRICE = Money(100_000, "usd")
INTENTS, REFUNDS = "/v1/payment_intents", "/v1/refunds"


@pytest.fixture(params=FACES)
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    with face(request.param) as found:
        yield found


def new_intent(subject: Subject, key: str = "intent:p1", amount: Money = PRICE) -> Intent:
    metadata = {"booking_id": "123456789012", "payment_id": "p1"}
    return subject.payments.create_intent(amount, metadata, subject.key(key))


def paid(subject: Subject, card: str = "pm_card_visa") -> Intent:
    return subject.pay(new_intent(subject), card)


def refund(
    subject: Subject, intent: Intent, minor: int, key: str, payments: Payments | None = None
) -> str:
    amount = Money(minor, intent.amount.currency)
    made = (payments or subject.payments).create_refund(
        intent.intent_id, amount, {"refund_id": key}, subject.key(key)
    )
    return made.provider_refund_id


# --- Stripe's own test mode: docs.stripe.com/test-mode --------------------------------------------


@pytest.mark.skipif(not TEST_KEY, reason="no STRIPE_TEST_KEY: Stripe's test mode was not asked")
def test_the_suite_was_held_against_the_test_mode_too() -> None:
    assert len(FACES) == 3


def test_live_key_is_never_used() -> None:
    with pytest.raises(ValueError, match="test mode"):
        TestMode("sk_live_0123456789")
    assert TestMode("sk_test_0123456789").key("k1") != TestMode("sk_test_0123456789").key("k1")


# --- payment intents: docs.stripe.com/payments/paymentintents/lifecycle -------------------------


def test_new_intent_waits_for_a_payment_method_and_keeps_our_metadata(subject: Subject) -> None:
    # S2.10; docs.stripe.com/api/payment_intents/create
    intent = new_intent(subject)
    assert intent.status is IntentStatus.REQUIRES_PAYMENT_METHOD
    assert (intent.amount, intent.received) == (PRICE, Money(0, "usd"))
    assert intent.metadata == {"booking_id": "123456789012", "payment_id": "p1"}
    assert abs(intent.created - subject.clock.now()) < timedelta(minutes=1)
    assert intent.client_secret is not None
    assert intent.intent_id in intent.client_secret
    assert subject.payments.intent(intent.intent_id) == intent


@pytest.mark.parametrize("currency", ["jpy", "bhd", "usd"])
def test_amounts_are_minor_units_of_any_currency(subject: Subject, currency: str) -> None:
    # S2.8; docs.stripe.com/currencies
    assert new_intent(subject, amount=Money(5000, currency)).amount == Money(5000, currency)


def test_confirmed_intent_has_received_the_whole_amount(subject: Subject) -> None:
    # docs.stripe.com/api/payment_intents/confirm
    intent = paid(subject)
    assert intent.status is IntentStatus.SUCCEEDED
    assert intent.received == PRICE
    assert intent.charge_id is not None
    assert intent.charge_id.startswith("ch_")


def test_intent_shows_its_card_and_the_time_of_the_charge(subject: Subject) -> None:
    # S2.1, S2.6; docs.stripe.com/api/expanding_objects
    intent = paid(subject)
    assert intent.card is not None
    assert (intent.card.brand, intent.card.last4) == ("visa", "4242")
    assert intent.card.fingerprint
    assert intent.charged_at is not None
    assert intent.created <= intent.charged_at
    assert intent.payment_method is not None
    other = subject.pay(new_intent(subject, "intent:p2"), "pm_card_visa")
    assert other.card == intent.card
    another = subject.pay(new_intent(subject, "intent:p3"), "pm_card_mastercard")
    assert another.card is not None
    assert another.card.fingerprint != intent.card.fingerprint


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_visa_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedLostCard", "lost_card"),
        ("pm_card_chargeDeclinedStolenCard", "stolen_card"),
        ("pm_card_chargeDeclinedVelocityLimitExceeded", "card_velocity_exceeded"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error"),
    ],
)
def test_declined_intent_says_why_and_can_be_paid_by_another_card(
    subject: Subject, card: str, reason: str
) -> None:
    # S2.10; docs.stripe.com/testing#declined-payments, docs.stripe.com/declines/codes
    intent = paid(subject, card)
    assert intent.status is IntentStatus.REQUIRES_PAYMENT_METHOD
    assert (intent.decline_code, intent.received.minor) == (reason, 0)
    again = subject.pay(intent, "pm_card_mastercard")
    assert (again.status, again.decline_code) == (IntentStatus.SUCCEEDED, None)


def test_three_d_secure_asks_first_and_pays_when_passed(subject: Subject) -> None:
    # docs.stripe.com/payments/3d-secure/authentication-flow
    waiting = paid(subject, "pm_card_threeDSecure2Required")
    assert (waiting.status, waiting.charge_id) == (IntentStatus.REQUIRES_ACTION, None)
    assert subject.authenticate(waiting, passed=True).status is IntentStatus.SUCCEEDED


def test_failed_three_d_secure_takes_no_money_and_leaves_the_intent_payable(
    subject: Subject,
) -> None:
    # docs.stripe.com/error-codes#payment-intent-authentication-failure
    waiting = paid(subject, "pm_card_authenticationRequired")
    failed = subject.authenticate(waiting, passed=False)
    assert failed.status is IntentStatus.REQUIRES_PAYMENT_METHOD
    assert failed.decline_code == "payment_intent_authentication_failure"
    assert subject.pay(failed).status is IntentStatus.SUCCEEDED


def test_bank_may_decline_after_three_d_secure(subject: Subject) -> None:
    # docs.stripe.com/testing#regulatory-cards
    card = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"
    declined = subject.authenticate(paid(subject, card), passed=True)
    assert declined.decline_code == "insufficient_funds"


def test_succeeded_intent_is_never_paid_twice(subject: Subject) -> None:
    # docs.stripe.com/error-codes#payment-intent-unexpected-state
    intent = paid(subject)
    with pytest.raises(Declined, match="payment_intent_unexpected_state"):
        subject.pay(intent)


def test_canceled_intent_cannot_be_paid(subject: Subject) -> None:
    # S2.10; docs.stripe.com/api/payment_intents/cancel
    intent = paid(subject, "pm_card_chargeDeclined")
    assert subject.payments.cancel_intent(intent.intent_id).status is IntentStatus.CANCELED
    with pytest.raises(Declined, match="payment_intent_unexpected_state"):
        subject.pay(intent)


def test_waiting_for_three_d_secure_can_be_canceled(subject: Subject) -> None:
    # docs.stripe.com/api/payment_intents/cancel
    waiting = paid(subject, "pm_card_authenticationRequired")
    assert subject.payments.cancel_intent(waiting.intent_id).status is IntentStatus.CANCELED


def test_cancel_answers_succeeded_where_the_money_was_faster(subject: Subject) -> None:
    # S2.10; docs.stripe.com/api/payment_intents/cancel
    intent = paid(subject)
    assert subject.payments.cancel_intent(intent.intent_id).status is IntentStatus.SUCCEEDED


def test_cancelling_twice_cancels_once(subject: Subject) -> None:
    # docs.stripe.com/api/payment_intents/cancel
    intent = new_intent(subject)
    subject.payments.cancel_intent(intent.intent_id)
    assert subject.payments.cancel_intent(intent.intent_id).status is IntentStatus.CANCELED


def test_unknown_intent_is_not_found(subject: Subject) -> None:
    # docs.stripe.com/error-codes#resource-missing
    with pytest.raises(NotFound):
        subject.payments.intent("pi_unknown")
    with pytest.raises(NotFound):
        subject.payments.cancel_intent("pi_unknown")
    with pytest.raises(NotFound):
        subject.payments.create_refund("pi_unknown", PRICE, {}, subject.key("refund:x:1"))
    assert list(subject.payments.refunds_of("pi_unknown")) == []


# --- idempotency keys: docs.stripe.com/api/idempotent_requests -----------------------------------


def test_same_key_and_body_give_the_same_intent(subject: Subject) -> None:
    assert new_intent(subject) == new_intent(subject)


def test_same_key_answers_as_it_first_did_even_after_the_payment(subject: Subject) -> None:
    first = new_intent(subject)
    subject.pay(first)
    assert new_intent(subject).status is IntentStatus.REQUIRES_PAYMENT_METHOD
    assert subject.payments.intent(first.intent_id).status is IntentStatus.SUCCEEDED


def test_same_key_with_another_body_is_refused(subject: Subject) -> None:
    new_intent(subject)
    with pytest.raises(Declined) as refusal:
        new_intent(subject, amount=Money(100, "usd"))
    assert refusal.value.code == "idempotency_key_reused"


def test_key_is_forgotten_after_24_hours(subject: Subject) -> None:
    first = new_intent(subject)
    subject.advance(timedelta(hours=23, minutes=59))
    assert new_intent(subject).intent_id == first.intent_id
    subject.advance(timedelta(minutes=1))
    assert new_intent(subject).intent_id != first.intent_id


def test_stored_failure_is_replayed_until_another_key_is_used(subject: Subject) -> None:
    intent = paid(subject)
    subject.spoil(RequestFault.ERROR_BEFORE, REFUNDS)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            refund(subject, intent, 400, "refund:r1:1")
    assert list(subject.payments.refunds_of(intent.intent_id)) == []
    refund(subject, intent, 400, "refund:r1:2")
    assert len(subject.payments.refunds_of(intent.intent_id)) == 1


# --- what may have happened: docs.stripe.com/error-low-level -------------------------------------


def test_failure_after_the_work_is_unknown_and_the_refund_is_found_by_its_metadata(
    subject: Subject,
) -> None:
    intent = paid(subject)
    subject.spoil(RequestFault.ERROR_AFTER, REFUNDS)
    with pytest.raises(OutcomeUnknown):
        refund(subject, intent, 400, "refund:r1:1")
    [found] = subject.payments.refunds_of(intent.intent_id)
    assert found.metadata == {"refund_id": "refund:r1:1"}
    assert (found.intent_id, found.charge_id) == (intent.intent_id, intent.charge_id)


def test_timeout_after_the_work_is_unknown_and_the_same_key_refunds_once(
    subject: Subject,
) -> None:
    intent = paid(subject)
    subject.spoil(RequestFault.TIMEOUT, REFUNDS)
    with pytest.raises(OutcomeUnknown):
        refund(subject, intent, 400, "refund:r1:1", subject.impatient)
    made = refund(subject, intent, 400, "refund:r1:1")
    [found] = subject.payments.refunds_of(intent.intent_id)
    assert found.provider_refund_id == made


def test_rate_limit_does_nothing_and_the_same_key_may_be_used_again(subject: Subject) -> None:
    # docs.stripe.com/rate-limits
    subject.spoil(RequestFault.RATE_LIMIT, INTENTS)
    with pytest.raises(Unavailable) as refusal:
        new_intent(subject)
    assert refusal.value.code == "rate_limited"
    assert new_intent(subject).status is IntentStatus.REQUIRES_PAYMENT_METHOD


def test_key_in_use_does_nothing(subject: Subject) -> None:
    # docs.stripe.com/error-codes#idempotency-key-in-use
    subject.spoil(RequestFault.IN_USE, INTENTS)
    with pytest.raises(Unavailable) as refusal:
        new_intent(subject)
    assert refusal.value.code == "idempotency_key_in_use"
    assert new_intent(subject).status is IntentStatus.REQUIRES_PAYMENT_METHOD


def test_read_that_fails_is_unavailable_never_unknown(subject: Subject) -> None:
    intent = new_intent(subject)
    subject.spoil(RequestFault.ERROR_BEFORE, INTENTS, count=2)
    with pytest.raises(Unavailable):
        subject.payments.intent(intent.intent_id)


# --- refunds: docs.stripe.com/refunds, docs.stripe.com/api/refunds -------------------------------


def test_refunds_in_parts_end_at_what_was_captured(subject: Subject) -> None:
    # S2.9; docs.stripe.com/api/refunds/create
    intent = paid(subject)
    refund(subject, intent, 60_000, "refund:r1:1")
    with pytest.raises(Declined) as too_much:
        refund(subject, intent, 40_001, "refund:r2:1")
    assert too_much.value.code == "amount_too_large"
    refund(subject, intent, 40_000, "refund:r2:2")
    with pytest.raises(Declined) as nothing_left:
        refund(subject, intent, 1, "refund:r3:1")
    assert nothing_left.value.code == "charge_already_refunded"
    amounts = [each.amount.minor for each in subject.payments.refunds_of(intent.intent_id)]
    assert amounts == [40_000, 60_000]


def test_refunds_at_the_same_time_never_exceed_what_was_captured(subject: Subject) -> None:
    # S2.9; docs.stripe.com/api/refunds/create
    intent = paid(subject)

    def attempt(number: int) -> bool:
        try:
            refund(subject, intent, 40_000, f"refund:r{number}:1")
        except Declined:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, True, True]


def test_unpaid_intent_cannot_be_refunded(subject: Subject) -> None:
    # docs.stripe.com/api/refunds/create
    intent = new_intent(subject)
    with pytest.raises(Declined):
        refund(subject, intent, 1, "refund:r1:1")


def test_refund_of_nothing_is_refused(subject: Subject) -> None:
    # docs.stripe.com/error-codes#parameter-invalid-integer
    with pytest.raises(Declined) as refusal:
        refund(subject, paid(subject), 0, "refund:r1:1")
    assert refusal.value.code == "parameter_invalid_integer"


def test_all_refunds_are_read_beyond_one_page(subject: Subject) -> None:
    # docs.stripe.com/api/pagination
    intent = paid(subject)
    made = [refund(subject, intent, 1, f"refund:r{number}:1") for number in range(101)]
    found = [each.provider_refund_id for each in subject.payments.refunds_of(intent.intent_id)]
    assert found == made[::-1]


@pytest.mark.parametrize(
    ("card", "at_first", "in_the_end", "reason"),
    [
        ("pm_card_pendingRefund", RefundStatus.PENDING, RefundStatus.SUCCEEDED, None),
        (
            "pm_card_refundFail",
            RefundStatus.SUCCEEDED,
            RefundStatus.FAILED,
            "expired_or_canceled_card",
        ),
    ],
)
def test_refund_may_change_its_mind_later(
    subject: Subject,
    card: str,
    at_first: RefundStatus,
    in_the_end: RefundStatus,
    reason: str | None,
) -> None:
    # S2.2; docs.stripe.com/testing#refunds, docs.stripe.com/refunds#failed-refunds
    intent = paid(subject, card)
    refund(subject, intent, 400, "refund:r1:1")
    assert subject.payments.refunds_of(intent.intent_id)[0].status is at_first
    subject.advance(timedelta(days=1))
    [later] = subject.payments.refunds_of(intent.intent_id)
    assert (later.status, later.failure_reason) == (in_the_end, reason)


def test_failed_refund_can_be_made_again(subject: Subject) -> None:
    # docs.stripe.com/refunds#failed-refunds
    intent = paid(subject, "pm_card_refundFail")
    refund(subject, intent, PRICE.minor, "refund:r1:1")
    subject.advance(timedelta(days=1))
    assert refund(subject, intent, PRICE.minor, "refund:r1:2").startswith("re_")
