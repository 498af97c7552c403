"""Requests as the providers send them, and as somebody who has not their secrets does."""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

import requests
from twilio.request_validator import RequestValidator

from infra.local.payments.webhooks import signature
from tests.e2e.local_stack import LocalStack

WEBHOOK = "/v1/webhooks/stripe"


def event(intent_id: str, kind: str = "payment_intent.succeeded") -> bytes:
    """An event about a payment intent, under an id of its own."""
    return json.dumps(
        {
            "id": f"evt_{uuid.uuid4().hex[:24]}",
            "object": "event",
            "type": kind,
            "data": {"object": {"id": intent_id, "object": "payment_intent"}},
        }
    ).encode()


def as_sent(event: Mapping[str, object]) -> bytes:
    """An event of the provider's, as it delivers it."""
    return json.dumps(event, indent=2).encode()


def webhook(
    stack: LocalStack, body: bytes, *, at: datetime | None = None, secret: str | None = None
) -> requests.Response:
    """Deliver a payment event.

    Args:
        body: what is signed and sent.
        at: REAL time in the signature, the present by default.
        secret: the endpoint's own by default.
    """
    key = secret or stack.secrets["stripe_webhook_secret"]
    signed = signature(body, key, at or datetime.now(UTC))
    return stack.nobody.send("POST", WEBHOOK, body, {"Stripe-Signature": signed})


def voice(
    stack: LocalStack,
    path: str,
    form: Mapping[str, str],
    *,
    sent_to: str | None = None,
    sent: Mapping[str, str] | None = None,
) -> requests.Response:
    """Ask as the telephony provider.

    Args:
        path: below /v1/voice/, with its query; it is signed, and so is `form`.
        sent_to: where it is sent, the same path by default.
        sent: the form that is sent, the same by default.
    """
    address = f"{stack.api}/v1/voice/{path}"
    validator = RequestValidator(stack.secrets["twilio_auth_token"])
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": validator.compute_signature(address, dict(form)),
    }
    data = urlencode(sent or form).encode()
    return stack.nobody.send("POST", f"/v1/voice/{sent_to or path}", data, headers)
