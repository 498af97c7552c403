"""All functions of the template in this process, over moto and the doubles, in virtual time.

The handlers, the wiring and the adapters are those that are deployed; what each invocation was
given, asked and answered is kept.
"""

import importlib
import io
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.session import get_session
from moto import mock_aws

from infra.bench import template
from infra.bench.doubles import Doubles, served
from infra.bench.meter import Key, Meter
from infra.bench.template import Function
from infra.bench.units import Item
from infra.bench.wire import Exchange, Wire
from infra.local.settings import NUMBER, REGION, SENDER, SUPERVISOR, Keys
from shared import bootstrap
from shared.adapters.clock import BusinessClock
from shared.adapters.dynamodb.tables import connect

BASE = "http://redial.example"
TABLE = "redial"
_SECRET = "redial/providers"
_LINK_KEY = "redial/links"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHAREDCREDENTIALS_FILE": os.devnull,
}


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of one function.

    Args:
        phase: "setup", "aside", or the part of the report that it is counted in.
        first: the first of its function that had work to do; all it needs was made anew.
        at: business time, epoch seconds.
        exchanges: what it asked of others, in order.
        logged: bytes.
    """

    function: str
    phase: str
    first: bool
    at: float
    event: dict[str, Any]
    answer: Any
    exchanges: tuple[Exchange, ...]
    logged: int

    @property
    def worked(self) -> bool:
        """Whether it asked for more than keys."""
        return any(exchange.service != "secrets-manager" for exchange in self.exchanges)


class Stage:
    """The functions, ready to be invoked.

    Args:
        variables: the environment they share, by name.
        clock_file: business time of the functions.

    Attributes:
        invocations: all of them, in order.
        phase: of the invocations from now on.
    """

    def __init__(
        self, doubles: Doubles, wire: Wire, variables: Mapping[str, str], clock_file: Path
    ) -> None:
        self.doubles = doubles
        self.variables = variables
        self.invocations: list[Invocation] = []
        self.phase = "setup"
        self._wire = wire
        self._clock_file = clock_file
        self._log = io.StringIO()
        with redirect_stdout(self._log):  # a logger keeps the stream it finds when it is made
            self._handlers = {one.name: _handler(one) for one in template.functions()}

    @property
    def wire(self) -> Wire:
        """Where everything that is asked of others is recorded."""
        return self._wire

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        """Call a function as Lambda does; returns its answer."""
        first = not any(one.function == name and one.worked for one in self.invocations)
        if first:
            _forget()
        at = self.doubles.exchange.now.timestamp()
        set_clock(self._clock_file, at)
        self._wire.take()
        self._log.seek(0)
        self._log.truncate()
        answer = self._handlers[name](event, None)
        logged = len(self._log.getvalue().encode())
        made = Invocation(name, self.phase, first, at, event, answer, self._wire.take(), logged)
        self.invocations.append(made)
        return answer


@contextmanager
def ready(keys: Keys, work: Path, start: float) -> Iterator[Stage]:
    """A stage for the length of a block: empty table, keys, queues and doubles.

    Args:
        work: a folder for the clock.
        start: business time, epoch seconds.
    """
    clock_file = work / "play-clock.json"
    set_clock(clock_file, start)
    clock = BusinessClock(clock_file)
    with _environment(CREDENTIALS | {"AWS_ENDPOINT_URL": None}), mock_aws():
        aws: Any = get_session()
        table = aws.create_client("dynamodb")
        table.create_table(TableName=TABLE, **template.table())
        made = _made(aws, keys)

        def fetch(key: Key) -> Item | None:
            pk, sk = key
            found = table.get_item(TableName=TABLE, Key={"pk": {"S": pk}, "sk": {"S": sk}})
            item: Item | None = found.get("Item")
            return item

        wire = Wire(Meter(template.indexes(), fetch))
        # From the very moment on, not from when all of this was made: so runs are alike.
        begin = datetime.fromtimestamp(start, UTC)
        with wire.on_aws(), served(wire, keys, clock, begin) as doubles:
            variables = made | {
                "STRIPE_API_BASE": doubles.payments_address,
                "TWILIO_API_BASE": doubles.exchange_address,
                "BUSINESS_CLOCK_FILE": str(clock_file),
            }
            with _environment(variables):
                _forget()
                yield Stage(doubles, wire, variables, clock_file)


def set_clock(path: Path, business: float) -> None:
    """Business time from now on, running as fast as real time."""
    path.write_text(json.dumps({"real": time.time(), "business": business, "factor": 1.0}))


def _made(aws: Any, keys: Keys) -> dict[str, str]:
    """Make what the functions need beside the table, and say where it is."""
    aws.create_client("ses").verify_email_identity(EmailAddress=SENDER)
    secret = {
        "stripe_api_key": keys.stripe_api_key,
        "stripe_webhook_secret": keys.stripe_webhook_secret,
        "twilio_account_sid": keys.twilio_account_sid,
        "twilio_auth_token": keys.twilio_auth_token,
        "phone_key": keys.phone_key,
    }
    secrets = aws.create_client("secretsmanager")
    secrets.create_secret(Name=_SECRET, SecretString=json.dumps(secret))
    secrets.create_secret(Name=_LINK_KEY, SecretString=keys.phone_key)
    key = aws.create_client("kms").create_key()["KeyMetadata"]["Arn"]
    sqs = aws.create_client("sqs")
    queues = {
        f"{queue.upper()}_QUEUE": sqs.create_queue(QueueName=queue)["QueueUrl"]
        for queue in template.workers()
    }
    return queues | {
        "TABLE": TABLE,
        "CONTACTS_KEY": key,
        "PROVIDERS_SECRET": _SECRET,
        "LINK_KEY": _LINK_KEY,
        "TWILIO_NUMBER": NUMBER,
        "CALLS_PER_SECOND": "10",
        "MAIL_FROM": SENDER,
        "SUPERVISOR_EMAIL": SUPERVISOR,
        "PUBLIC_BASE_URL": BASE,
        "SITE": BASE,
        "UPLOADS": "uploads",
        "SELLER_NAME": "Redial LLC",
        "SELLER_ADDRESS": "1 Example Street, Springfield",
        "SELLER_TAX_NUMBER": "000000000000",
        "SELLER_CONTACT": "help@redial.example",
        "TENANT_COUNTRY": "RU",
        "TENANT_TIME_ZONE": "Europe/Moscow",
        "POWERTOOLS_SERVICE_NAME": "redial",
    }


def _handler(function: Function) -> Any:
    module, _, name = function.handler.rpartition(".")
    return getattr(importlib.import_module(module), name)


def _forget() -> None:
    """Let the next invocation find nothing made, as in a new process.

    What was made on another stage is recorded there, and not here.
    """
    for part in vars(bootstrap).values():
        if hasattr(part, "cache_clear"):
            part.cache_clear()
    connect.cache_clear()


@contextmanager
def _environment(wanted: Mapping[str, str | None]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in wanted}
    _set(wanted)
    try:
        yield
    finally:
        _set(before)


def _set(environment: Mapping[str, str | None]) -> None:
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
