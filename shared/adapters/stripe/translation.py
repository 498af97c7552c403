"""Stripe's documents in our words; plain mappings, so that nothing here loads the package."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.application.ports import Intent, IntentStatus, ProviderRefund, RefundStatus
from shared.domain.errors import (
    Declined,
    NotFound,
    OutcomeUnknown,
    RedialError,
    Unavailable,
)
from shared.domain.money import Money


def intent_from(document: Mapping[str, Any]) -> Intent:
    """Read a PaymentIntent (docs.stripe.com/api/payment_intents/object)."""
    currency = document["currency"]
    charge = document.get("latest_charge")
    failure = document.get("last_payment_error") or {}
    return Intent(
        intent_id=document["id"],
        status=IntentStatus(document["status"]),
        amount=Money(document["amount"], currency),
        received=Money(document.get("amount_received") or 0, currency),
        charge_id=charge["id"] if isinstance(charge, Mapping) else charge,
        client_secret=document.get("client_secret"),
        metadata=dict(document.get("metadata") or {}),
        # Some refusals have no decline code: an expired card, a wrong security code
        # (docs.stripe.com/testing#declined-payments).
        decline_code=failure.get("decline_code") or failure.get("code"),
        created=datetime.fromtimestamp(document["created"], UTC),
    )


def refund_from(document: Mapping[str, Any]) -> ProviderRefund:
    """Read a Refund (docs.stripe.com/api/refunds/object) made on a payment intent."""
    return ProviderRefund(
        provider_refund_id=document["id"],
        intent_id=document["payment_intent"],
        amount=Money(document["amount"], document["currency"]),
        status=RefundStatus(document["status"]),
        metadata=dict(document.get("metadata") or {}),
        failure_reason=document.get("failure_reason"),
    )


def failure_from(status: int, error: Mapping[str, Any], *, reading: bool) -> RedialError:
    """Say what an answer outside 2xx means for us (docs.stripe.com/error-low-level).

    Args:
        status: HTTP status.
        error: the `error` object, empty where the body had none.
        reading: whether the request could not have changed anything.
    """
    kind, code = error.get("type"), error.get("code")
    message = str(error.get("message") or "The payment provider gave no reason.")
    if status in (401, 403):
        # Its message repeats part of the key.
        return Unavailable("provider_refused_key", "The payment provider refused our key.")
    if status == 429 or code in ("rate_limit", "lock_timeout"):
        return Unavailable("rate_limited", "The payment provider asks us to slow down.")
    if status == 409:
        return Unavailable(
            code or "provider_conflict", "The same request is still being worked on."
        )
    if status >= 500 or status < 400:
        return unanswered("The payment provider failed.", reading=reading)
    if status == 404 or code == "resource_missing":
        return NotFound(code or "resource_missing", message)
    if kind == "idempotency_error":
        return Declined("idempotency_key_reused", "The key was used for another request.")
    # Some refusals carry no code: the parameter is then the best name there is.
    name = error.get("decline_code") or code or f"{error.get('param') or 'request'}_refused"
    return Declined(name, message)


def unanswered(detail: str, *, reading: bool) -> RedialError:
    """A request that was sent and not properly answered."""
    kind = Unavailable if reading else OutcomeUnknown
    return kind("provider_failed", detail)
