"""Effects at the payment provider: intents to be cancelled, refunds."""

from typing import Any

from functions.workers.batches import each_effect
from shared import bootstrap
from shared.domain.consequences import Effect, EffectKind


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Work through a batch of effects."""
    return each_effect(event, _one)


def _one(effect: Effect, again: bool) -> None:
    payments = bootstrap.card_payments()
    if effect.kind is EffectKind.CANCEL_INTENT:
        payments.cancel_intent(effect.booking_id)
    else:
        payments.refund(effect.booking_id, effect.subject, asked_before=again)
