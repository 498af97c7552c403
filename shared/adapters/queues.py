"""SQS: the effect queues."""

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import batched
from typing import Any, Protocol

from shared.application.outbox import Message, Queue
from shared.application.ports import Clock

# The longest delay of a message, and the most messages of one request
# (docs.aws.amazon.com: SQS SendMessageBatch).
_LONGEST_DELAY = 900
_BATCH = 10
# A sweep sends a whole page of the due index: its requests need not wait for each other.
_REQUESTS_AT_ONCE = 10


class PacedClock(Clock, Protocol):
    """A clock that knows how long a business delay really takes."""

    def real_seconds(self, business_seconds: float) -> float:
        """Real seconds that a business delay takes."""
        ...


class SqsQueues:
    """Sends to SQS.

    Args:
        client: a botocore SQS client.
        urls: the address of each queue this function may send to.
        clock: business time.
    """

    def __init__(self, client: Any, urls: Mapping[Queue, str], clock: PacedClock) -> None:
        self._client = client
        self._urls = urls
        self._clock = clock

    def send(self, messages: Sequence[Message]) -> Sequence[int]:
        """Send in batches; returns the positions of those that SQS did not take."""
        failed: list[int] = []
        for queue in Queue:
            numbered = [(n, m) for n, m in enumerate(messages) if m.queue is queue]
            batches = list(batched(numbered, _BATCH, strict=False))
            if len(batches) > 1:
                with ThreadPoolExecutor(min(len(batches), _REQUESTS_AT_ONCE)) as pool:
                    for refused in pool.map(partial(self._batch, queue), batches):
                        failed += refused
            elif batches:
                failed += self._batch(queue, batches[0])
        return sorted(failed)

    def _batch(self, queue: Queue, batch: Sequence[tuple[int, Message]]) -> list[int]:
        """One request; the positions of the messages that SQS did not take."""
        answer = self._client.send_message_batch(
            QueueUrl=self._urls[queue],
            Entries=[
                {
                    "Id": str(n),
                    "MessageBody": message.body,
                    "DelaySeconds": self._delay(message),
                }
                for n, message in batch
            ],
        )
        return [int(entry["Id"]) for entry in answer.get("Failed", ())]

    def _delay(self, message: Message) -> int:
        if message.at is None:
            return 0
        wait = (message.at - self._clock.now()).total_seconds()
        return min(_LONGEST_DELAY, math.ceil(self._clock.real_seconds(max(wait, 0))))
