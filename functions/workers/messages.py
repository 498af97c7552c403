"""Letters to be sent, and cases to be opened."""

from typing import Any

from functions.workers.batches import each_effect
from shared import bootstrap
from shared.domain.effects import Effect, EffectKind


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Work through a batch of effects."""
    return each_effect(event, _one)


def _one(effect: Effect, again: bool) -> None:
    match effect.kind:
        case EffectKind.OPEN_BOOKING_CASE:
            bootstrap.booking_cases().open(effect.owner_id, effect.subject)
        case EffectKind.ASK_READINESS:
            bootstrap.readiness_desk().ask(effect.owner_id, effect.subject)
        case EffectKind.OPEN_CASE:
            bootstrap.payment_cases().open(effect.owner_id, effect.subject)
        case EffectKind.SEND_PAYMENT_LETTER:
            bootstrap.payment_letters().send(effect.owner_id, effect.subject)
        case EffectKind.SEND_CASE_LETTER:
            bootstrap.case_letters().send(effect.owner_id)
        case EffectKind.CARE_FOR_OUTAGE_CASE:
            bootstrap.outage_cases().care(effect.owner_id)
        case _:
            bootstrap.letters().send(effect.owner_id, effect.subject)
