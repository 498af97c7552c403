"""The table's stream: stored effects and messages go to the queues of their workers, and count.

A record that keeps failing is split off, retried, and in the end put aside where an alarm watches
(template.yaml); the effects that matter are asked for again by their booking's own timer meanwhile.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, Protocol

from aws_lambda_powertools import Logger

from functions.problems import where
from shared import bootstrap
from shared.application.outbox import Message, Queues
from shared.application.pulses import Pulses
from shared.domain.watch.pulse import Count, Counts

logger = Logger()

Image = Mapping[str, Mapping[str, str]]


class RelayRooms(Protocol):
    """The bootstrap, or a test's own world."""

    def streamed(self, image: Image) -> tuple[Message, ...]:
        """The messages that a new item asks for."""
        ...

    def pulsed(self, image: Image) -> tuple[int, Counts]:
        """The minute of a new item, and what it adds to its counts."""
        ...

    def queues(self) -> Queues:
        """The effect queues."""
        ...

    def pulses(self) -> Pulses:
        """The counts of each minute."""
        ...


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Pass on a batch of stream records, in order up to the first that fails."""
    return perform(bootstrap, event)


def perform(rooms: RelayRooms, event: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Pass on a batch, and count what of it will not come again."""
    records: list[int] = []
    messages: list[Message] = []
    for position, record in enumerate(event["Records"]):
        new = rooms.streamed(record["dynamodb"]["NewImage"])
        messages += new
        records += [position] * len(new)
    failed = rooms.queues().send(messages)
    logger.info("relayed", extra={"messages": len(messages), "failed": len(failed)})
    # A stream is retried from the first failure on; what follows is sent twice, which does no harm.
    done = records[failed[0]] if failed else len(event["Records"])
    _count(rooms, [record["dynamodb"]["NewImage"] for record in event["Records"][:done]])
    if not failed:
        return {"batchItemFailures": []}
    number = event["Records"][done]["dynamodb"]["SequenceNumber"]
    return {"batchItemFailures": [{"itemIdentifier": number}]}


def _count(rooms: RelayRooms, images: list[Image]) -> None:
    """Add to the pulse. A batch that is brought again counts twice, which is rare and harmless.

    No effect waits for a count: what cannot be added is lost, and said.
    """
    added = defaultdict[int, Counter[Count]](Counter)
    for image in images:
        minute, counts = rooms.pulsed(image)
        if counts:
            added[minute].update(counts)
    for minute, counts in added.items():
        try:
            rooms.pulses().add_pulse(minute, counts)
        except Exception as error:
            told = {"reason": type(error).__name__, "where": where(error)}
            logger.error("not counted", extra={"counts": counts, **told})
