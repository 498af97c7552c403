"""Timers that fired: the booking does what is due."""

from typing import Any

from functions.workers.batches import each_effect
from shared import bootstrap
from shared.domain.consequences import Effect


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Work through a batch of wake-ups."""
    return each_effect(event, _one)


def _one(effect: Effect, again: bool) -> None:
    at = effect.at or bootstrap.clock().now()
    bootstrap.timers().wake(effect.booking_id, at)
