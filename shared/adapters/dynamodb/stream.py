"""What the table's stream brings: effects to be carried out, messages to be worked, the pulse."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.adapters.dynamodb.codec import EFFECTS
from shared.adapters.dynamodb.tables import moment
from shared.application.provider_events import PROVIDER, by_webhook
from shared.domain.effects import Effect
from shared.domain.watch.pulse import Count, Counts, minute_of


@dataclass(frozen=True, slots=True)
class Received:
    """A stored external message."""

    provider: str
    message_id: str
    kind: str
    body: str


def read(image: Mapping[str, Mapping[str, Any]]) -> tuple[Effect, ...] | Received:
    """What an item asks for.

    Args:
        image: `dynamodb.NewImage` of a stream record whose `kind` is "outbox" or "inbox".
    """
    if image["kind"]["S"] == "outbox":
        return EFFECTS.loads(image["effects"]["S"]) if "effects" in image else ()
    _, provider, message_id = image["pk"]["S"].split("#", 2)
    return Received(provider, message_id, image["message_kind"]["S"], image["body"]["S"])


def pulse(image: Mapping[str, Mapping[str, Any]]) -> tuple[int, Counts]:
    """The minute of an item, and what it adds to the minute's counts.

    Args:
        image: as `read` takes it.
    """
    minute = minute_of(moment(image["at"]["S"]))
    if image["kind"]["S"] == "outbox":
        text = image["pulse"]["S"] if "pulse" in image else "{}"
        return minute, {Count(name): n for name, n in json.loads(text).items()}
    asked = read(image)
    webhook = isinstance(asked, Received) and asked.provider == PROVIDER and by_webhook(asked.body)
    return minute, {Count.WEBHOOKS: 1} if webhook else {}
