"""Stored payment events: the provider is asked about the object, and its answer is decided on."""

import json
from typing import Any

from functions.workers.batches import each_message
from shared import bootstrap
from shared.application.payments import CardPayments


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Work through a batch of stored events."""
    return each_message(event, lambda body, again: perform(bootstrap.card_payments(), body))


def perform(payments: CardPayments, body: str) -> None:
    """Work one stored event; repeating it does no harm."""
    message = json.loads(body)
    if message["type"].startswith("payment_intent."):
        evidence = {"event": message["event"], "type": message["type"]}
        payments.reported(message["object"], evidence)
    elif message["type"].startswith("refund."):
        payments.refund_reported(message["object"])
