"""The table's stream: stored effects and messages go to the queues of their workers.

A record that keeps failing is split off, retried, and in the end put aside where an alarm watches
(template.yaml); the effects that matter are asked for again by their booking's own timer meanwhile.
"""

from typing import Any

from aws_lambda_powertools import Logger

from shared import bootstrap
from shared.application.outbox import Message

logger = Logger()


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Pass on a batch of stream records, in order up to the first that fails."""
    numbers: list[str] = []
    messages: list[Message] = []
    for record in event["Records"]:
        new = bootstrap.streamed(record["dynamodb"]["NewImage"])
        messages += new
        numbers += [record["dynamodb"]["SequenceNumber"]] * len(new)
    failed = bootstrap.queues().send(messages)
    logger.info("relayed", extra={"messages": len(messages), "failed": len(failed)})
    if not failed:
        return {"batchItemFailures": []}
    # A stream is retried from the first failure on; what follows is sent twice, which does no harm.
    return {"batchItemFailures": [{"itemIdentifier": numbers[failed[0]]}]}
