"""Timers that fired: the booking, payment, case or outage does what is due."""

from typing import Any

from functions.workers.batches import each_effect
from shared import bootstrap
from shared.domain.effects import Effect


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Work through a batch of wake-ups."""
    return each_effect(event, _one)


def _one(effect: Effect, again: bool) -> None:
    bootstrap.timers().wake(effect)
