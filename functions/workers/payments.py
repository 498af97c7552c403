"""Effects at the payment provider: intents to be cancelled or looked up, refunds, disputes."""

from typing import Any

from functions.workers.batches import each_effect
from functions.workers.rooms import MoneyRooms
from shared import bootstrap
from shared.domain.effects import Effect, EffectKind


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Work through a batch of effects."""
    return each_effect(event, lambda effect, again: perform(bootstrap, effect, again))


def perform(rooms: MoneyRooms, effect: Effect, again: bool) -> None:
    """Carry out one effect; `again` says that the provider may have been asked before."""
    match effect.kind:
        case EffectKind.CANCEL_INTENT:
            rooms.card_payments().cancel_intent(effect.owner_id)
        case EffectKind.LOOK_UP_INTENT:
            rooms.card_payments().look_up(effect.owner_id)
        case EffectKind.LOOK_UP_DISPUTE:
            if effect.subject:
                rooms.disputes().reported(effect.subject)
            else:
                rooms.disputes().check(effect.owner_id)
        case EffectKind.REGAIN_LOTS:
            rooms.refunds().regain(effect.owner_id)
        case EffectKind.RETURN_DUPLICATE:
            rooms.duplicate_watch().give_back(effect.owner_id)
        case EffectKind.REFUND:
            rooms.refunds().send(effect.owner_id, effect.subject, asked_before=again)
        case _:
            raise ValueError(f"{effect.kind} is not an effect of the payments queue")
