"""Events of the payment provider as the inbox keeps them, however we came to know of them."""

import json
from datetime import datetime

from shared.application.store import Store

PROVIDER = "stripe"
# What changes a payment or a booking; webhooks of other types are acknowledged and not kept, and
# the feed is not asked for them (README, "Deploying to AWS").
WORKED = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)


def keep(
    store: Store, event_id: str, kind: str, subject: str, at: datetime, *, swept: bool = False
) -> bool:
    """Store an event once, for the inbox worker, who asks the provider about its object.

    Args:
        store: the table.
        event_id: the provider's, or our name of what a sweep found.
        kind: the provider's type of the event.
        subject: id of the object it is about.
        at: business time, UTC.
        swept: nobody told us, we have found it.

    Returns:
        False where it is known.
    """
    told = {"type": kind, "object": subject, "event": event_id}
    body = json.dumps(told | {"swept": True} if swept else told)
    return store.receive(PROVIDER, event_id, kind, body, at)


def by_webhook(body: str) -> bool:
    """Whether a kept event was told by a webhook, and not found by a sweep."""
    return "swept" not in json.loads(body)
