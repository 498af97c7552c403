"""Stored effects on their way to the queue of the worker that carries them out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.domain.effects import Effect, EffectKind


class Queue(StrEnum):
    """One queue per kind of worker, but for starts: those may be many at once."""

    INBOX = "inbox"
    PAYMENTS = "payments"
    CALLS = "calls"
    STARTS = "starts"
    MESSAGES = "messages"
    OUTAGES = "outages"
    TIMERS = "timers"


_QUEUES = {
    EffectKind.PLACE_CALL: Queue.CALLS,
    EffectKind.PLACE_START: Queue.STARTS,
    EffectKind.HANG_UP: Queue.CALLS,
    EffectKind.REDIRECT: Queue.CALLS,
    EffectKind.ANNOUNCE: Queue.CALLS,
    EffectKind.LOOK_UP_LEG: Queue.CALLS,
    EffectKind.READ_QUALITY: Queue.CALLS,
    EffectKind.SEEK_REPLACEMENT: Queue.CALLS,
    EffectKind.CHECK_OVERRUN: Queue.CALLS,
    EffectKind.DELAY_NEXT: Queue.CALLS,
    EffectKind.ARRANGE_CALLBACK: Queue.CALLS,
    EffectKind.CANCEL_INTENT: Queue.PAYMENTS,
    EffectKind.LOOK_UP_INTENT: Queue.PAYMENTS,
    EffectKind.LOOK_UP_DISPUTE: Queue.PAYMENTS,
    EffectKind.REGAIN_LOTS: Queue.PAYMENTS,
    EffectKind.REFUND: Queue.PAYMENTS,
    EffectKind.RETURN_DUPLICATE: Queue.PAYMENTS,
    EffectKind.OPEN_CASE: Queue.MESSAGES,
    EffectKind.OPEN_BOOKING_CASE: Queue.MESSAGES,
    EffectKind.ASK_READINESS: Queue.MESSAGES,
    EffectKind.SEND_PAYMENT_LETTER: Queue.MESSAGES,
    EffectKind.SEND_CASE_LETTER: Queue.MESSAGES,
    EffectKind.SEND_LETTER: Queue.MESSAGES,
    EffectKind.CARE_FOR_OUTAGE_CASE: Queue.MESSAGES,
    EffectKind.RUN_OUTAGE: Queue.OUTAGES,
    EffectKind.COMPENSATE: Queue.OUTAGES,
    EffectKind.WAKE: Queue.TIMERS,
    EffectKind.WAKE_PAYMENT: Queue.TIMERS,
    EffectKind.WAKE_CASE: Queue.TIMERS,
    EffectKind.WAKE_OUTAGE: Queue.TIMERS,
}


@dataclass(frozen=True, slots=True)
class Message:
    """A message for a queue.

    Args:
        body: JSON.
        at: not to be delivered before this business moment, UTC; None for at once.
    """

    queue: Queue
    body: str
    at: datetime | None = None


class Queues(Protocol):
    """The effect queues; each delivers at least once."""

    def send(self, messages: Sequence[Message]) -> Sequence[int]:
        """Send messages; returns the positions of those that were not taken."""
        ...


def message_of(effect: Effect) -> Message:
    """The message that asks a worker for an effect."""
    body = {
        "kind": effect.kind,
        "owner_id": effect.owner_id,
        "subject": effect.subject,
        "at": effect.at.isoformat() if effect.at else None,
        "redriven": effect.redriven,
    }
    return Message(_QUEUES[effect.kind], json.dumps(body, separators=(",", ":")), effect.at)


def effect_of(body: str) -> Effect:
    """The effect that a message asks for."""
    fields = json.loads(body)
    return Effect(
        kind=EffectKind(fields["kind"]),
        owner_id=fields["owner_id"],
        subject=fields["subject"],
        at=datetime.fromisoformat(fields["at"]) if fields["at"] else None,
        redriven=fields["redriven"],
    )
