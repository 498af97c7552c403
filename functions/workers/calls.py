"""Effects at the telephony provider: calls to be placed, ended, looked up, and what goes along."""

from typing import Any

from functions.workers.batches import each_effect
from functions.workers.rooms import CallRooms
from shared import bootstrap
from shared.domain.effects import Effect, EffectKind


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Work through a batch of effects."""
    return each_effect(event, lambda effect, again: perform(bootstrap, effect, again))


def perform(rooms: CallRooms, effect: Effect, again: bool) -> None:
    """Carry out one effect; `again` says that it may have been done before."""
    booking_id, subject = effect.owner_id, effect.subject
    if effect.kind is EffectKind.ARRANGE_CALLBACK:
        rooms.callbacks().arrange(booking_id)
        return
    room = rooms.call_room()
    match effect.kind:
        case EffectKind.PLACE_CALL | EffectKind.PLACE_START:
            room.place(booking_id, subject, asked_before=again, turn_at=effect.at)
        case EffectKind.HANG_UP:
            room.hang_up(booking_id, subject)
        case EffectKind.REDIRECT:
            room.redirect(booking_id, subject)
        case EffectKind.ANNOUNCE:
            room.announce(booking_id, subject)
        case EffectKind.LOOK_UP_LEG:
            room.look_up(booking_id, subject)
        case EffectKind.SEEK_REPLACEMENT:
            room.seek_replacement(booking_id)
        case EffectKind.CHECK_OVERRUN:
            room.check_overrun(booking_id)
        case EffectKind.READ_QUALITY:
            room.read_quality(booking_id)
        case EffectKind.DELAY_NEXT:
            next_booking_id, seconds = subject.split(":")
            room.delay_next(booking_id, next_booking_id, int(seconds))
        case _:
            raise ValueError(f"{effect.kind} is not an effect of the calls queue")
