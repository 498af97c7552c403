"""What everything stands on: clock, table, records of decisions, queues, secrets, clients."""

import json
import os
import random
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.adapters.clock import BusinessClock, SharedClock, SystemClock
from shared.application.outbox import Queue, Queues, message_of
from shared.domain.effects import Effect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.application.bookings import Bookings
    from shared.application.case_records import CaseRecords
    from shared.application.contacts import Contacts
    from shared.application.outage_records import OutageRecords
    from shared.application.outage_store import OutageStore
    from shared.application.payment_records import PaymentRecords
    from shared.application.pulses import Pulses
    from shared.domain.business_days import Calendar

# The first retry of a decision waits up to this long, each further one up to twice as long.
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5


@cache
def clock() -> SharedClock | BusinessClock:
    """Business time: what all workers share, or a local stack's own."""
    path = os.environ.get("BUSINESS_CLOCK_FILE")
    if path:
        return BusinessClock(Path(path))
    from shared.adapters.dynamodb.time import on_every_answer

    shared = SharedClock(SystemClock().now)
    on_every_answer(os.environ["TABLE"], shared.heard)
    return shared


@cache
def store() -> "OutageStore":
    """The table."""
    from shared.adapters.dynamodb.store import DynamoStore

    return DynamoStore(os.environ["TABLE"], time.time)


@cache
def pulses() -> "Pulses":
    """The counts of each minute."""
    from shared.adapters.dynamodb.pulses import DynamoPulses

    return DynamoPulses(os.environ["TABLE"], time.time)


@cache
def contacts() -> "Contacts":
    """Numbers and addresses of people, encrypted."""
    from shared.adapters.dynamodb.contacts import KmsContacts

    return KmsContacts(
        os.environ["TABLE"],
        lambda: client("kms"),
        os.environ["CONTACTS_KEY"],
        lambda: provider_secrets()["phone_key"].encode(),
    )


@cache
def payment_records() -> "PaymentRecords":
    """The way every change of a payment takes."""
    from shared.application.payment_records import PaymentRecords

    return PaymentRecords(store(), clock(), pause, calendar())


@cache
def bookings() -> "Bookings":
    """The way every change of a booking takes."""
    from shared.application.bookings import Bookings

    return Bookings(store(), clock(), pause, payment_records())


@cache
def calendar() -> "Calendar":
    """The tenant's business days."""
    from shared.adapters.calendar import tenant_calendar

    return tenant_calendar(os.environ["TENANT_COUNTRY"], os.environ["TENANT_TIME_ZONE"])


@cache
def case_records() -> "CaseRecords":
    """The way every change of a case takes."""
    from shared.adapters.ids import RandomIds
    from shared.application.case_records import CaseRecords

    return CaseRecords(store(), clock(), RandomIds(), pause)


@cache
def outage_records() -> "OutageRecords":
    """The way every change of an outage takes."""
    from shared.adapters.ids import RandomIds
    from shared.application.outage_records import OutageRecords

    return OutageRecords(store(), clock(), RandomIds(), pause)


@cache
def queues() -> Queues:
    """The effect queues this function may send to."""
    from shared.adapters.queues import SqsQueues

    urls = {
        queue: url for queue in Queue if (url := os.environ.get(f"{queue.name}_QUEUE")) is not None
    }
    return SqsQueues(client("sqs"), urls, clock())


def send(effect: Effect) -> None:
    """Put an effect into the queue of its worker.

    Raises:
        ConnectionError: the queue did not take it.
    """
    send_all([effect])


def send_all(effects: "Sequence[Effect]") -> None:
    """Put effects into the queues of their workers.

    Raises:
        ConnectionError: one at least was not taken.
    """
    if queues().send([message_of(effect) for effect in effects]):
        raise ConnectionError("the queue did not take an effect")


@cache
def provider_secrets() -> dict[str, str]:
    """The providers' keys, read once per process."""
    answer = client("secretsmanager").get_secret_value(SecretId=os.environ["PROVIDERS_SECRET"])
    secrets: dict[str, str] = json.loads(answer["SecretString"])
    return secrets


@cache
def client(service: str) -> Any:
    """A botocore client; boto3's resource layer would double its import."""
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "max_attempts": 3}, connect_timeout=2, read_timeout=5
    )
    return session().create_client(service, config=config)


@cache
def session() -> Any:
    """botocore's session, one for all clients."""
    from botocore.session import get_session

    return get_session()


def pause(attempt: int) -> None:
    """Wait before the n-th retry of a decision."""
    # Full jitter: retries of a contended booking must not march in step.
    time.sleep(random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)))
