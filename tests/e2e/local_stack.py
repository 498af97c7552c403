"""A running local stack, as tests look at it: from outside, and with a deadline for every wait."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import requests

from infra.local.deploy import client
from infra.local.processes import Ledger
from infra.local.settings import Settings

Item = Mapping[str, Any]

TARIFF, PER_MINUTE = "standard", 5000  # minor units of a rouble
OPERATOR_PHONE, OTHER_OPERATOR_PHONE = "+12025550121", "+12025550131"
# A request may meet a cold start, on a machine that is busy with other tests.
_ANSWER_SECONDS = 60.0
# What a message needs through stream, queue and worker, with much room for a busy machine.
SOON = 60.0
_LOOK = 0.1


def wait_for[T](what: str, look: Callable[[], T | None], seconds: float = SOON) -> T:
    """Look again and again until there is something true to be seen; give up after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds:g} s")
        time.sleep(_LOOK)
    return found


def text(moment: datetime) -> str:
    """A moment as the API takes it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Caller:
    """Somebody who asks the API; every answer is handed back as it came.

    Args:
        api: base address.
        token: of whoever is signed in, if anybody is.
    """

    def __init__(self, api: str, token: str | None) -> None:
        self._api = api
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **query: str) -> requests.Response:
        """Read something."""
        return requests.get(
            self._api + path, params=query, headers=self._headers, timeout=_ANSWER_SECONDS
        )

    def put(self, path: str, body: object) -> requests.Response:
        """Store something."""
        return self.send("PUT", path, json.dumps(body).encode())

    def post(self, path: str, body: object = None, key: str | None = None) -> requests.Response:
        """Ask for something, under a fresh idempotency key unless one is given."""
        data = json.dumps(body or {}).encode()
        return self.send("POST", path, data, {"Idempotency-Key": key or str(uuid.uuid4())})

    def send(
        self, method: str, path: str, data: bytes, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Send bytes, as JSON unless `headers` say otherwise."""
        told = self._headers | {"Content-Type": "application/json"} | dict(headers or {})
        return requests.request(
            method, self._api + path, data=data, headers=told, timeout=_ANSWER_SECONDS
        )


class LocalStack:
    """The addresses of a stack, its people, and what lies in it.

    Args:
        settings: where it runs.
        summary: what `infra.local.stack` tells of it.
    """

    def __init__(self, settings: Settings, summary: Mapping[str, Any]) -> None:
        self._settings = settings
        self._summary = summary
        self._dynamodb = client(settings, "dynamodb")
        self._sqs = client(settings, "sqs")
        self._table: str = summary["table"]
        self.api: str = summary["api"]
        self.payments: str = summary["payments"]
        self.exchange: str = summary["exchange"]
        self.operator_id: str = summary["users"]["operator"]["id"]
        self.other_operator_id: str = summary["users"]["operator_2"]["id"]
        self._quarters: Iterator[datetime] = iter(())

    def open_for_business(self) -> None:
        """A price, and two operators who offer a day that is far away."""
        price = {"per_minute": {"amount_minor": PER_MINUTE, "currency": "rub"}}
        assert self.user("manager").put(f"/v1/desk/tariffs/{TARIFF}", price).ok
        day = self.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
        for user, name, phone in (
            ("operator", "Olga", OPERATOR_PHONE),
            ("operator_2", "Pavel", OTHER_OPERATOR_PHONE),
        ):
            profile = {"name": name, "tariff_id": TARIFF, "main_phone": phone}
            assert self.user(user).put("/v1/operator/profile", profile).ok
            self.offer(user, day, day + timedelta(days=1))
        # Every second quarter, so that none touches another.
        self._quarters = (day + timedelta(minutes=30 * n) for n in range(48))

    def offer(self, operator: str, start: datetime, end: datetime) -> None:
        """An operator offers time."""
        offered = {"start": text(start), "end": text(end), "offered": True}
        assert self.user(operator).put("/v1/operator/availability", offered).ok

    def free_quarter(self) -> datetime:
        """A quarter of an hour, far away, that both operators offer and no test has had yet."""
        return next(self._quarters)

    # --- who asks -----------------------------------------------------------------------------

    def user(self, name: str) -> Caller:
        """One of the test users of infra/local/users.py."""
        return Caller(self.api, self.token(name))

    def token(self, name: str) -> str:
        """What shows that a test user is signed in."""
        found: str = self._summary["users"][name]["token"]
        return found

    @cached_property
    def nobody(self) -> Caller:
        """Somebody who is not signed in."""
        return Caller(self.api, None)

    @cached_property
    def secrets(self) -> Mapping[str, str]:
        """The providers' keys, as the functions read them."""
        found = client(self._settings, "secretsmanager").get_secret_value(
            SecretId="redial/providers"
        )
        secrets: dict[str, str] = json.loads(found["SecretString"])
        return secrets

    # --- time ---------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Business time."""
        answer = requests.get(f"{self._settings.control}/clock", timeout=_ANSWER_SECONDS)
        return datetime.fromisoformat(answer.json()["now"])

    def run_to(self, moment: datetime, seconds: float = 180) -> None:
        """Hurry to a moment of business time, and go on from there in real time."""
        self._steer({"run_to": text(moment)})
        try:
            wait_for(f"business time {moment}", lambda: self.now() >= moment, seconds)
        finally:
            self._steer({"factor": 1})

    @contextmanager
    def in_a_hurry(self) -> Iterator[None]:
        """Business time runs as fast as it may."""
        self._steer({"hurry": 60})
        try:
            yield
        finally:
            self._steer({"factor": 1})

    def _steer(self, order: Mapping[str, object]) -> None:
        address = f"{self._settings.control}/clock"
        requests.post(address, json=order, timeout=_ANSWER_SECONDS).raise_for_status()

    # --- what lies in it ----------------------------------------------------------------------

    def items(self) -> dict[tuple[str, str], Item]:
        """The whole table, but for what goes on by itself: the sweeps' progress, and the counts."""
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._table)
        found = {(i["pk"]["S"], i["sk"]["S"]): i for page in pages for i in page["Items"]}
        moving = ("SWEEP#", "PULSE#", "FIGURES")
        return {key: item for key, item in found.items() if not key[0].startswith(moving)}

    def bookings(self, starts_at: datetime) -> list[str]:
        """The numbers of all bookings that start at a moment."""
        begins = f"{starts_at.astimezone(UTC):%Y-%m-%dT%H:%M}"
        return [
            item["pk"]["S"].removeprefix("BOOKING#")
            for (_, sk), item in self.items().items()
            if sk == "HEAD" and item["owner_sort"]["S"].startswith(begins)
        ]

    def messages_in(self) -> dict[str, int]:
        """How many messages lie in each queue, seen or not."""
        counted = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        found = {}
        for name, url in self._summary["queues"].items():
            of = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(counted))
            found[name] = sum(int(of["Attributes"][each]) for each in counted)
        return found

    def on_the_phone(self) -> Mapping[str, Any]:
        """The exchange: its legs and what they heard, its conferences and alerts."""
        found: dict[str, Any] = requests.get(
            f"{self.exchange}/_control/state", timeout=_ANSWER_SECONDS
        ).json()
        return found

    def letters_to(self, user: str) -> list[Mapping[str, Any]]:
        """The e-mails that were sent to a test user."""
        url = f"{self._settings.aws}/_ministack/ses/messages"
        sent = requests.get(url, timeout=_ANSWER_SECONDS).json()["messages"]
        address = self._summary["users"][user]["email"]
        letters = [letter for of_account in sent.values() for letter in of_account]
        return [letter for letter in letters if address in json.dumps(letter)]

    def trial_balance(self) -> Mapping[str, Any]:
        """The ledger, folded."""
        now = self.now()
        answer = self.user("manager").get(
            "/v1/desk/trial-balance",
            **{"from": text(now - timedelta(days=1)), "to": text(now + timedelta(minutes=1))},
        )
        found: dict[str, Any] = answer.json()
        return found

    def log(self, name: str) -> str:
        """What a process has written so far."""
        return Ledger(self._settings).log(name).read_text(errors="replace")
