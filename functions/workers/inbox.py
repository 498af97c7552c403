"""Stored payment events: the provider is asked about the object, and its answer is decided on."""

import json
from typing import Any

from functions.workers.batches import each_message
from functions.workers.rooms import MoneyRooms
from shared import bootstrap


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Work through a batch of stored events."""
    return each_message(event, lambda body, again: perform(bootstrap, body))


def perform(rooms: MoneyRooms, body: str) -> None:
    """Work one stored event; repeating it does no harm."""
    message = json.loads(body)
    kind, subject = message["type"], message["object"]
    if kind.startswith("payment_intent."):
        rooms.card_payments().reported(subject, {"event": message["event"], "type": kind})
    elif kind.startswith("refund."):
        rooms.refunds().reported(subject)
    elif kind.startswith("charge.dispute."):
        rooms.disputes().reported(subject)
    elif kind == "charge.succeeded":
        rooms.card_payments().charged(subject, {"event": message["event"]})
    elif kind == "charge.refunded":
        rooms.refunds().compare(subject)
