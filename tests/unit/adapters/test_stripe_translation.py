"""What an answer of Stripe's means for us."""

import pytest

from shared.adapters.stripe.translation import charge_from, failure_from, refund_from
from shared.application.ports import RefundStatus
from shared.domain.errors import Declined, NotFound, OutcomeUnknown, RedialError, Unavailable


@pytest.mark.parametrize(
    ("status", "error", "kind", "code"),
    [
        (402, {"code": "card_declined", "decline_code": "lost_card"}, Declined, "lost_card"),
        (402, {"code": "expired_card"}, Declined, "expired_card"),
        (400, {"code": "amount_too_large"}, Declined, "amount_too_large"),
        # Stripe names no code for some refusals, refunds above the remainder among them.
        (400, {"param": "amount"}, Declined, "amount_refused"),
        (400, {}, Declined, "request_refused"),
        (400, {"type": "idempotency_error"}, Declined, "idempotency_key_reused"),
        (400, {"code": "rate_limit"}, Unavailable, "rate_limited"),
        (404, {"code": "resource_missing"}, NotFound, "resource_missing"),
        (400, {"code": "resource_missing"}, NotFound, "resource_missing"),
        (401, {}, Unavailable, "provider_refused_key"),
        (403, {}, Unavailable, "provider_refused_key"),
        (409, {"code": "idempotency_key_in_use"}, Unavailable, "idempotency_key_in_use"),
        (429, {"code": "lock_timeout"}, Unavailable, "rate_limited"),
        (500, {}, OutcomeUnknown, "provider_failed"),
        (503, {}, OutcomeUnknown, "provider_failed"),
        (200, {}, OutcomeUnknown, "provider_failed"),
    ],
)
def test_each_refusal_has_one_meaning(
    status: int, error: dict[str, str], kind: type[RedialError], code: str
) -> None:
    # docs.stripe.com/error-low-level, docs.stripe.com/error-codes
    failure = failure_from(status, error, reading=False)
    assert (type(failure), failure.code) == (kind, code)


def test_failed_read_changed_nothing() -> None:
    assert type(failure_from(500, {}, reading=True)) is Unavailable


CHARGE = {
    "id": "ch_1",
    "amount_captured": 1000,
    "amount_refunded": 0,
    "currency": "usd",
    "disputed": False,
    "created": 1_772_355_600,
}


@pytest.mark.parametrize(
    "details",
    [None, {}, {"type": "klarna", "klarna": {}}, {"card": {"brand": "visa", "fingerprint": None}}],
)
def test_charge_without_a_card_that_can_be_recognised_has_none(details: object) -> None:
    # docs.stripe.com/api/charges/object#charge_object-payment_method_details
    charge = charge_from({**CHARGE, "payment_method_details": details})
    assert (charge.card, charge.intent_id, charge.metadata) == (None, None, {})


def test_refund_of_a_charge_without_an_intent_names_the_charge() -> None:
    # S2.5; docs.stripe.com/api/refunds/object
    refund = refund_from(
        {
            "id": "re_1",
            "payment_intent": None,
            "charge": {"id": "ch_1"},
            "amount": 5,
            "currency": "usd",
            "status": "pending",
            "created": 1_772_355_600,
        }
    )
    assert (refund.intent_id, refund.charge_id) == (None, "ch_1")


@pytest.mark.parametrize("status", [None, "a state of next year"])
def test_a_refund_in_a_state_we_do_not_know_is_not_decided_yet(status: str | None) -> None:
    # S2.5: one object nobody can read must not keep us from the rest of a list
    document = {
        "id": "re_1",
        "payment_intent": "pi_1",
        "charge": "ch_1",
        "amount": 1,
        "currency": "rub",
        "status": status,
        "created": 1,
    }
    assert refund_from(document).status is RefundStatus.PENDING
