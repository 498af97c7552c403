"""Runs of outages, page by page, and bookings that failed on their page."""

from typing import Any

from aws_lambda_powertools import Logger

from functions.problems import where
from functions.workers.batches import each_effect
from shared import bootstrap
from shared.domain.effects import Effect, EffectKind

logger = Logger()


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Work through a batch of effects."""
    return each_effect(event, _one)


def _one(effect: Effect, again: bool) -> None:
    match effect.kind:
        case EffectKind.RUN_OUTAGE:
            failures = bootstrap.outage_runs().work(effect.owner_id, effect.subject)
            for booking_id, error in failures.items():
                told = {"booking": booking_id, "reason": type(error).__name__}
                logger.error("put aside", extra={**told, "where": where(error)})
        case EffectKind.COMPENSATE:
            bootstrap.outage_runs().compensate(effect.owner_id, effect.subject)
        case _:
            raise ValueError(f"{effect.kind} is not an effect of the outages queue")
