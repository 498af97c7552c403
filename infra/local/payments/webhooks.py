"""Signed events on their way to the application (docs.stripe.com/webhooks)."""

import hashlib
import hmac
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from infra.local.payments.faults import Faults, WebhookFault

# "Stripe attempts to deliver events for up to three days with an exponential back off"
# (docs.stripe.com/webhooks#automatic-retries); the first step is this double's choice.
FIRST_RETRY = timedelta(minutes=1)
GIVE_UP = timedelta(days=3)
SHUFFLE_STEP = timedelta(seconds=2)


def signature(payload: bytes, secret: str, at: datetime) -> str:
    """The `Stripe-Signature` header of a payload.

    Args:
        payload: the body, byte for byte as sent.
        secret: the endpoint's signing secret.
        at: REAL time of sending; receivers compare it with their own clock.
    """
    moment = int(at.timestamp())
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + payload, hashlib.sha256)
    return f"t={moment},v1={mac.hexdigest()}"


@dataclass(slots=True)
class Delivery:
    """One copy of an event that still has to arrive.

    Args:
        event_id: which event.
        first: business time of the event.
        due: business time of the next attempt.
        attempts: made so far.
        underway: whether an attempt waits for its answer.
    """

    event_id: str
    first: datetime
    due: datetime
    attempts: int = 0
    underway: bool = False


class Outbox:
    """Deliveries that no 2xx has answered yet.

    Args:
        faults: what is ordered to go wrong.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._copies: Counter[str] = Counter()
        self.waiting: list[Delivery] = []

    def add(self, event_id: str, now: datetime) -> None:
        """Send an event as soon as can be, or as ill as ordered."""
        fault, following = self._faults.for_event()
        if fault is WebhookFault.DROP:
            return
        due = now + SHUFFLE_STEP * following if fault is WebhookFault.SHUFFLE else now
        copies = 2 if fault is WebhookFault.TWICE else 1
        self.waiting.extend(Delivery(event_id, now, due) for _ in range(copies))
        self._copies[event_id] += copies

    def due(self, now: datetime) -> list[Delivery]:
        """What should be tried now, the longest due first."""
        ready = [each for each in self.waiting if each.due <= now and not each.underway]
        return sorted(ready, key=lambda each: each.due)

    def tried(self, delivery: Delivery, *, accepted: bool, now: datetime) -> None:
        """Note an attempt: done with after a 2xx or three days, otherwise later again."""
        delivery.attempts += 1
        delivery.underway = False
        delivery.due = now + FIRST_RETRY * 2 ** (delivery.attempts - 1)
        if accepted or delivery.due - delivery.first > GIVE_UP:
            self.waiting.remove(delivery)
            self._copies[delivery.event_id] -= 1

    def is_waiting(self, event_id: str) -> bool:
        """Whether any copy of the event has still to arrive."""
        return self._copies[event_id] > 0
