"""Stripe's objects as JSON documents, field for field (docs.stripe.com/api)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from infra.local.payments.cards import Card, Decline

API_VERSION = "2026-10-28.endive"

type Json = dict[str, Any]

NOBODY: Json = {
    "address": {
        "city": None,
        "country": None,
        "line1": None,
        "line2": None,
        "postal_code": None,
        "state": None,
    },
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}


def seconds(moment: datetime) -> int:
    """A moment as Stripe writes it: whole seconds since 1970."""
    return int(moment.timestamp())


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be paid (docs.stripe.com/api/payment_intents/create).

    Args:
        amount: minor units.
        currency: ISO code, lower case.
        allowed: payment method types, or none where `automatic` says which.
        customer: id of the customer it is for.
        setup_future_usage: "off_session" or "on_session" where the card is to be kept.
    """

    amount: int
    currency: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    allowed: Sequence[str] = ()
    automatic: Json | None = None
    description: str | None = None
    receipt_email: str | None = None
    customer: str | None = None
    setup_future_usage: str | None = None
    capture_method: str = "automatic_async"


def payment_intent(identifier: str, secret: str, order: Order, now: datetime) -> Json:
    """A new PaymentIntent (docs.stripe.com/api/payment_intents/object)."""
    return {
        "id": identifier,
        "object": "payment_intent",
        "allowed_payment_method_types": list(order.allowed) or None,
        "amount": order.amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": order.automatic,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": order.capture_method,
        "client_secret": secret,
        "confirmation_method": "automatic",
        "created": seconds(now),
        "currency": order.currency,
        "customer": order.customer,
        "customer_account": None,
        "description": order.description,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": dict(order.metadata),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": order.receipt_email,
        "review": None,
        "setup_future_usage": order.setup_future_usage,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def payment_method(identifier: str, card: Card, now: datetime) -> Json:
    """A card as a PaymentMethod (docs.stripe.com/api/payment_methods/object)."""
    return {
        "id": identifier,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": NOBODY,
        "card": card.shown()
        | {
            "display_brand": card.brand,
            "generated_from": None,
            "networks": {"available": [card.brand], "preferred": None},
            "three_d_secure_usage": {"supported": True},
        },
        "created": seconds(now),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def customer(
    identifier: str,
    email: str | None,
    name: str | None,
    metadata: Mapping[str, str],
    now: datetime,
) -> Json:
    """Somebody cards can be kept for (docs.stripe.com/api/customers/object)."""
    return {
        "id": identifier,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": seconds(now),
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": email,
        "invoice_prefix": None,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": dict(metadata),
        "name": name,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def payment_error(decline: Decline, charge_id: str, method: Json) -> Json:
    """`last_payment_error` of an intent whose charge failed."""
    error: Json = {
        "charge": charge_id,
        "code": decline.code,
        "message": decline.message,
        "payment_method": method,
        "type": "card_error",
    }
    if decline.decline_code is not None:
        error["decline_code"] = decline.decline_code
    return error


def authentication_error(method: Json) -> Json:
    """`last_payment_error` of an intent whose customer failed 3-D Secure."""
    return {
        "code": "payment_intent_authentication_failure",
        "message": "We are unable to authenticate your payment method. Please choose a different "
        "payment method and try again.",
        "payment_method": method,
        "type": "invalid_request_error",
    }


def authentication_action() -> Json:
    """`next_action` of an intent that waits for the customer's bank."""
    return {
        "type": "use_stripe_sdk",
        "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": ""},
    }


def event(
    identifier: str,
    kind: str,
    subject: Json,
    request_id: str | None,
    idempotency_key: str | None,
    now: datetime,
) -> Json:
    """A snapshot of an object at the time something happened to it.

    See docs.stripe.com/api/events/object. `subject` must be a copy of its own.
    """
    return {
        "id": identifier,
        "object": "event",
        "api_version": API_VERSION,
        "created": seconds(now),
        "data": {"object": subject},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": request_id, "idempotency_key": idempotency_key},
        "type": kind,
    }
