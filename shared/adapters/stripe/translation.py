"""Stripe's documents in our words; plain mappings, so that nothing here loads the package."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from shared.application.ports import (
    DisputeStatus,
    Intent,
    IntentStatus,
    Movement,
    ProviderCharge,
    ProviderDispute,
    ProviderEvent,
    ProviderRefund,
    RefundStatus,
)
from shared.domain.card import Card
from shared.domain.errors import (
    Declined,
    NotFound,
    OutcomeUnknown,
    RedialError,
    Unavailable,
)
from shared.domain.money import Money

# An appeal goes on about money that stays withdrawn, as before the first decision.
_APPEALS = {
    "appeal_needs_response": DisputeStatus.NEEDS_RESPONSE,
    "appeal_under_review": DisputeStatus.UNDER_REVIEW,
}


def intent_from(document: Mapping[str, Any]) -> Intent:
    """Read a PaymentIntent (docs.stripe.com/api/payment_intents/object).

    The card and the time of the charge are known where `latest_charge` was expanded.
    """
    currency = document["currency"]
    charge = document.get("latest_charge")
    known = charge if isinstance(charge, Mapping) else {}
    failure = document.get("last_payment_error") or {}
    return Intent(
        intent_id=document["id"],
        status=_known(IntentStatus, document["status"], IntentStatus.PROCESSING),
        amount=Money(document["amount"], currency),
        received=Money(document.get("amount_received") or 0, currency),
        charge_id=_id(charge),
        client_secret=document.get("client_secret"),
        metadata=dict(document.get("metadata") or {}),
        # Some refusals have no decline code: an expired card, a wrong security code
        # (docs.stripe.com/testing#declined-payments).
        decline_code=failure.get("decline_code") or failure.get("code"),
        created=_moment(document["created"]),
        charged_at=_moment(known["created"]) if known else None,
        card=_card(known),
        provider_customer=_id(document.get("customer")),
        payment_method=_id(document.get("payment_method")),
    )


def refund_from(document: Mapping[str, Any]) -> ProviderRefund:
    """Read a Refund (docs.stripe.com/api/refunds/object)."""
    return ProviderRefund(
        provider_refund_id=document["id"],
        intent_id=_id(document.get("payment_intent")),
        charge_id=_id(document.get("charge")),
        amount=Money(document["amount"], document["currency"]),
        status=_known(RefundStatus, document["status"], RefundStatus.PENDING),
        metadata=dict(document.get("metadata") or {}),
        failure_reason=document.get("failure_reason"),
        created=_moment(document["created"]),
    )


def charge_from(document: Mapping[str, Any]) -> ProviderCharge:
    """Read a Charge (docs.stripe.com/api/charges/object)."""
    currency = document["currency"]
    return ProviderCharge(
        charge_id=document["id"],
        intent_id=_id(document.get("payment_intent")),
        captured=Money(document["amount_captured"], currency),
        refunded=Money(document["amount_refunded"], currency),
        disputed=document["disputed"],
        metadata=dict(document.get("metadata") or {}),
        card=_card(document),
        created=_moment(document["created"]),
    )


def dispute_from(document: Mapping[str, Any]) -> ProviderDispute:
    """Read a Dispute (docs.stripe.com/api/disputes/object)."""
    status = document["status"]
    return ProviderDispute(
        dispute_id=document["id"],
        intent_id=_id(document.get("payment_intent")),
        charge_id=str(_id(document["charge"])),
        amount=Money(document["amount"], document["currency"]),
        status=_APPEALS.get(status) or _known(DisputeStatus, status, DisputeStatus.UNDER_REVIEW),
        reason=document["reason"],
        movements=tuple(
            Movement(each["id"], each["amount"], each["fee"], each["currency"])
            for each in document["balance_transactions"]
        ),
        created=_moment(document["created"]),
    )


def event_from(document: Mapping[str, Any]) -> ProviderEvent:
    """Read an Event (docs.stripe.com/api/events/object), but of its object the id only."""
    return ProviderEvent(
        event_id=document["id"],
        kind=document["type"],
        object_id=document["data"]["object"]["id"],
        created=_moment(document["created"]),
    )


def payment_named(payment_id: str) -> dict[str, str]:
    """The parameter that names a payment: an intent, or a charge that was made without one."""
    return {"payment_intent" if payment_id.startswith("pi_") else "charge": payment_id}


def _id(reference: Any) -> str | None:
    """The id of what a field names, expanded or not."""
    found: str | None = reference["id"] if isinstance(reference, Mapping) else reference
    return found


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _card(charge: Mapping[str, Any]) -> Card | None:
    """The card of a charge; None for other ways to pay, and where it has no fingerprint."""
    found = (charge.get("payment_method_details") or {}).get("card") or {}
    if not found.get("fingerprint"):
        return None
    return Card(found["brand"], found["last4"], found["fingerprint"])


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


def _known[S: StrEnum](states: type[S], said: str | None, undecided: S) -> S:
    """A state as we know it; one that is new, or not said, as not decided: it is asked for again.

    A single object we cannot read must not keep us from the rest of a list.
    """
    return states(said) if said is not None and said in set(states) else undecided
