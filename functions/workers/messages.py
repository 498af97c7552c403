"""Letters to be sent."""

from typing import Any

from functions.workers.batches import each_effect
from shared import bootstrap
from shared.domain.consequences import Effect


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Work through a batch of letters."""
    return each_effect(event, _one)


def _one(effect: Effect, again: bool) -> None:
    bootstrap.letters().send(effect.booking_id, effect.subject)
