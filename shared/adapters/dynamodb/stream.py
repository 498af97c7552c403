"""What the table's stream brings: effects to be carried out, and external messages to be worked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.adapters.dynamodb.codec import EFFECTS
from shared.domain.effects import Effect


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
        return EFFECTS.loads(image["effects"]["S"])
    _, provider, message_id = image["pk"]["S"].split("#", 2)
    return Received(provider, message_id, image["message_kind"]["S"], image["body"]["S"])
