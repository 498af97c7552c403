"""The relay passes on what is stored, and counts what of it will not come again (S4.1)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.session import get_session
from moto import mock_aws

from functions.workers import relay
from shared.adapters.dynamodb.store import DynamoStore
from shared.application import provider_events
from shared.application.outbox import Message, Queue
from shared.bootstrap.talk import pulsed, streamed
from shared.domain import commands as c
from shared.domain.watch.pulse import Count, Counts, minute_of
from tests.contract.conftest import EPOCH
from tests.contract.decisions import NOON, hold, paid, then
from tests.contract.store_subjects import aws_environment, make_table
from tests.fakes.memory_pulses import MemoryPulses

A, B = "000000000017", "000000000024"
HELD = minute_of(NOON - timedelta(days=1))


class Rooms:
    """The bootstrap over memory; queues that take no message of some kinds."""

    streamed = staticmethod(streamed)
    pulsed = staticmethod(pulsed)

    def __init__(self, pulses: MemoryPulses | None = None) -> None:
        self.sent: list[Message] = []
        self.refused: set[Queue] = set()
        self._pulses = pulses or MemoryPulses()

    def queues(self) -> "Rooms":
        return self

    def pulses(self) -> MemoryPulses:
        return self._pulses

    def send(self, messages: Sequence[Message]) -> Sequence[int]:
        failed = [n for n, message in enumerate(messages) if message.queue in self.refused]
        self.sent += [m for m in messages if m.queue not in self.refused]
        return failed

    def counted(self, minute: int) -> Counts:
        return self._pulses.pulses(range(minute, minute + 1)).get(minute, {})


class Deaf(MemoryPulses):
    """Takes no count."""

    def add_pulse(self, minute: int, counts: Counts) -> None:
        raise ConnectionError("throttled")


@pytest.fixture
def table() -> Iterator[str]:
    with aws_environment(None), mock_aws():
        yield make_table()


@pytest.fixture
def store(table: str) -> DynamoStore:
    return DynamoStore(table, lambda: EPOCH)


def batch(table: str) -> dict[str, Any]:
    """Everything new that the trigger's filter passes on, as the stream brings it."""
    items = get_session().create_client("dynamodb").scan(TableName=table)["Items"]
    images = [item for item in items if item.get("kind", {}).get("S") in ("outbox", "inbox")]
    images.sort(key=lambda image: image["at"]["S"])
    records = [
        {"dynamodb": {"NewImage": image, "SequenceNumber": f"n{number}"}}
        for number, image in enumerate(images)
    ]
    return {"Records": records}


def test_an_order_is_counted_although_nothing_is_to_be_done_about_it(
    store: DynamoStore, table: str
) -> None:
    # S4.1
    store.publish("olga", [NOON + n * timedelta(minutes=15) for n in range(8)])
    store.commit(hold(A))
    later = NOON + timedelta(hours=1)
    store.commit(hold(B, starts_at=later))
    rooms = Rooms()
    assert relay.perform(rooms, batch(table)) == {"batchItemFailures": []}
    assert rooms.sent == []
    assert rooms.counted(HELD) == {Count.ORDERS: 2}


def test_a_start_is_passed_on_and_counted_in_its_own_minute(store: DynamoStore, table: str) -> None:
    # S1.4, S4.1
    store.publish("olga", [NOON, NOON + timedelta(minutes=15)])
    first = hold(A)
    scheduled = paid(first, NOON - timedelta(hours=1))
    started = then(scheduled, c.Tick(), NOON)
    for change in (first, scheduled, started):
        store.commit(change)
    rooms = Rooms()
    relay.perform(rooms, batch(table))
    assert rooms.counted(HELD) == {Count.ORDERS: 1}
    assert rooms.counted(minute_of(NOON)) == {Count.STARTED: 1}
    assert Queue.STARTS in {message.queue for message in rooms.sent}


def test_a_webhook_is_counted_and_what_a_sweep_found_is_not(store: DynamoStore, table: str) -> None:
    # S4.1: with webhooks gone silent the sweep brings the same events
    provider_events.keep(store, "evt_1", "payment_intent.succeeded", "pi_1", NOON)
    provider_events.keep(store, "evt_2", "payment_intent.succeeded", "pi_2", NOON, swept=True)
    rooms = Rooms()
    relay.perform(rooms, batch(table))
    assert [message.queue for message in rooms.sent] == [Queue.INBOX, Queue.INBOX]
    assert rooms.counted(minute_of(NOON)) == {Count.WEBHOOKS: 1}


def test_what_is_brought_again_after_a_failure_is_counted_once(
    store: DynamoStore, table: str
) -> None:
    # S4.1
    store.publish("olga", [NOON, NOON + timedelta(minutes=15)])
    store.commit(hold(A))
    provider_events.keep(store, "evt_1", "refund.created", "re_1", NOON)
    event = batch(table)
    rooms = Rooms()
    rooms.refused = {Queue.INBOX}
    assert relay.perform(rooms, event) == {"batchItemFailures": [{"itemIdentifier": "n1"}]}
    assert rooms.counted(HELD) == {Count.ORDERS: 1}
    assert rooms.counted(minute_of(NOON)) == {}
    rooms.refused = set()
    relay.perform(rooms, {"Records": event["Records"][1:]})
    assert rooms.counted(HELD) == {Count.ORDERS: 1}
    assert rooms.counted(minute_of(NOON)) == {Count.WEBHOOKS: 1}


def test_no_message_waits_for_a_count(
    store: DynamoStore, table: str, caplog: pytest.LogCaptureFixture
) -> None:
    # S4.1
    provider_events.keep(store, "evt_1", "refund.created", "re_1", datetime.now(UTC))
    rooms = Rooms(Deaf())
    assert relay.perform(rooms, batch(table)) == {"batchItemFailures": []}
    assert len(rooms.sent) == 1
    failures = [record.msg for record in caplog.records if record.levelname == "ERROR"]
    assert failures == ["not counted"]
