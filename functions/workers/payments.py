"""Effects at the payment provider: intents to be cancelled, refunds."""

from typing import Any

from functions.workers.batches import each_effect
from shared import bootstrap
from shared.application.payments import CardPayments
from shared.domain.consequences import Effect, EffectKind


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Work through a batch of effects."""
    return each_effect(
        event, lambda effect, again: perform(bootstrap.card_payments(), effect, again)
    )


def perform(payments: CardPayments, effect: Effect, again: bool) -> None:
    """Carry out one effect; `again` says that the provider may have been asked before."""
    if effect.kind is EffectKind.CANCEL_INTENT:
        payments.cancel_intent(effect.booking_id)
    else:
        payments.refund(effect.booking_id, effect.subject, asked_before=again)
