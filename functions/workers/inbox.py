"""Stored payment events: the provider is asked what became of the object, and that is decided on."""

import json
from typing import Any

from functions.workers.batches import each_message
from shared import bootstrap


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Work through a batch of stored events."""
    return each_message(event, _one)


def _one(body: str, again: bool) -> None:
    message = json.loads(body)
    if message["type"].startswith("payment_intent."):
        evidence = {"event": message["event"], "type": message["type"]}
        bootstrap.card_payments().reported(message["object"], evidence)
