"""Stripe's objects as JSON documents, field for field (docs.stripe.com/api)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from infra.local.payments.cards import Card, Decline

API_VERSION = "2026-10-28.endive"

type Json = dict[str, Any]

_NOBODY: Json = {
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


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def payment_intent(
    identifier: str,
    secret: str,
    amount: int,
    currency: str,
    metadata: Mapping[str, str],
    allowed: Sequence[str],
    automatic: Json | None,
    description: str | None,
    receipt_email: str | None,
    now: datetime,
) -> Json:
    """A new PaymentIntent (docs.stripe.com/api/payment_intents/object)."""
    return {
        "id": identifier,
        "object": "payment_intent",
        "allowed_payment_method_types": list(allowed) or None,
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": automatic,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": secret,
        "confirmation_method": "automatic",
        "created": _seconds(now),
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "description": description,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": dict(metadata),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": receipt_email,
        "review": None,
        "setup_future_usage": None,
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
        "billing_details": _NOBODY,
        "card": card.shown()
        | {
            "display_brand": card.brand,
            "generated_from": None,
            "networks": {"available": [card.brand], "preferred": None},
            "three_d_secure_usage": {"supported": True},
        },
        "created": _seconds(now),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
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


def charge(
    identifier: str,
    balance_transaction: str,
    intent: Json,
    method_id: str,
    card: Card,
    authenticated: bool,
    now: datetime,
) -> Json:
    """One attempt on a card (docs.stripe.com/api/charges/object)."""
    decline, amount = card.decline, intent["amount"]
    paid = decline is None
    secure = {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": None,
        "version": "2.2.0",
    }
    return {
        "id": identifier,
        "object": "charge",
        "amount": amount,
        "amount_captured": amount if paid else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": balance_transaction if paid else None,
        "billing_details": _NOBODY,
        "calculated_statement_descriptor": "REDIAL",
        "captured": paid,
        "created": _seconds(now),
        "currency": intent["currency"],
        "customer": None,
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": _outcome(decline),
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method_id,
        "payment_method_details": {
            "card": card.shown()
            | {
                "amount_authorized": amount if paid else None,
                "authorization_code": "123456" if paid else None,
                "extended_authorization": {"status": "disabled"},
                "incremental_authorization": {"status": "unavailable"},
                "installments": None,
                "mandate": None,
                "multicapture": {"status": "unavailable"},
                "network": card.brand,
                "network_token": {"used": False},
                "network_transaction_id": None,
                "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
                "three_d_secure": secure if authenticated else None,
            },
            "type": "card",
        },
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded" if paid else "failed",
        "transfer_data": None,
        "transfer_group": None,
    }


def _outcome(decline: Decline | None) -> Json:
    declined = decline is not None
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if declined else "approved_by_network",
        "reason": (decline.decline_code or decline.code) if decline else None,
        "seller_message": "The bank declined the payment." if declined else "Payment complete.",
        "type": "issuer_declined" if declined else "authorized",
    }


def refund(
    identifier: str,
    balance_transaction: str,
    source: Json,
    amount: int,
    metadata: Mapping[str, str],
    reason: str | None,
    status: str,
    now: datetime,
) -> Json:
    """Money on its way back to a card (docs.stripe.com/api/refunds/object)."""
    return {
        "id": identifier,
        "object": "refund",
        "amount": amount,
        "balance_transaction": balance_transaction,
        "charge": source["id"],
        "created": _seconds(now),
        "currency": source["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": dict(metadata),
        "payment_intent": source["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
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
        "created": _seconds(now),
        "data": {"object": subject},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": request_id, "idempotency_key": idempotency_key},
        "type": kind,
    }
