"""Messages on their way to SQS."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from shared.adapters.queues import SqsQueues
from shared.application.outbox import Message, Queue

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Noon:
    """A clock that stands."""

    def now(self) -> datetime:
        return NOON

    def real_seconds(self, business_seconds: float) -> float:
        return business_seconds


class Sqs:
    """Takes every message but those of some bodies."""

    def __init__(self, refused: Sequence[str] = ()) -> None:
        self.sent: dict[str, tuple[str, int]] = {}
        self._refused, self._lock = refused, Lock()

    def send_message_batch(
        self, QueueUrl: str, Entries: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        assert 0 < len(Entries) <= 10
        assert len({entry["Id"] for entry in Entries}) == len(Entries)
        failed = [entry for entry in Entries if entry["MessageBody"] in self._refused]
        with self._lock:
            for entry in Entries:
                if entry not in failed:
                    self.sent[entry["MessageBody"]] = (QueueUrl, entry["DelaySeconds"])
        return {"Failed": [{"Id": entry["Id"]} for entry in failed]}


def test_a_whole_page_is_sent_ten_at_a_time_and_each_message_once() -> None:
    sqs = Sqs()
    urls = {Queue.TIMERS: "timers", Queue.CALLS: "calls"}
    wakes = [
        Message(Queue.TIMERS, f"w{n}", NOON + timedelta(seconds=n, milliseconds=1))
        for n in range(95)
    ]
    assert SqsQueues(sqs, urls, Noon()).send([*wakes, Message(Queue.CALLS, "c")]) == []
    assert sqs.sent == {f"w{n}": ("timers", n + 1) for n in range(95)} | {"c": ("calls", 0)}


def test_whoever_sends_hears_which_messages_were_not_taken() -> None:
    sqs = Sqs(refused=("m7", "m31"))
    messages = [Message(Queue.TIMERS, f"m{n}") for n in range(40)]
    assert SqsQueues(sqs, {Queue.TIMERS: "timers"}, Noon()).send(messages) == [7, 31]
    assert len(sqs.sent) == 38
