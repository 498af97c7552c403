"""One happy booking from end to end through the deployed handlers, and others beside it."""

import heapq
import itertools
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from twilio.request_validator import RequestValidator

from infra.bench import template
from infra.bench.stage import BASE, Stage
from infra.local.exchange.callbacks import Failure
from infra.local.exchange.people import Answer, Person, Press
from infra.local.exchange.port import Driver
from infra.local.payments.api import Request
from infra.local.payments.webhooks import signature
from infra.local.settings import Keys
from shared import bootstrap
from shared.adapters.dynamodb.tables import DUE_SHARDS, shard_of
from shared.application.links import Link, Purpose

# The customer books a little more than the reminder's hour before the session.
BOOKED = datetime(2026, 3, 2, 10, 50, tzinfo=UTC)
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_OVER = START + timedelta(minutes=40)
_MINUTE = timedelta(minutes=1)
_LINK_GOOD = timedelta(hours=1)
# Reserved for fiction.
_OPERATOR, _CUSTOMER, _BACKUP = "+12025550121", "+12025550111", "+12025550112"
# As long as those that Cognito gives: sizes count.
_SUBJECTS = {
    "customer": "0f8b6f0e-1c1d-4c3a-9a55-2f6f0a7c1e01",
    "operator": "0f8b6f0e-1c1d-4c3a-9a55-2f6f0a7c1e02",
    "manager": "0f8b6f0e-1c1d-4c3a-9a55-2f6f0a7c1e03",
}
_CARD = "pm_card_visa"


class Play:
    """Everybody around the functions: gateway, stream, queues, schedule, providers, people."""

    def __init__(self, stage: Stage, keys: Keys) -> None:
        self.stage = stage
        self._keys = keys
        self._exchange, self._payments = stage.doubles.exchange, stage.doubles.payments
        self._exchange.voice_url = f"{BASE}/v1/voice/inbound"
        self._driver = Driver(self._exchange, self._voice)
        self._signer = RequestValidator(keys.twilio_auth_token)
        self._queues = {
            stage.variables[f"{queue.upper()}_QUEUE"]: function
            for queue, function in template.workers().items()
        }
        self._streamed = template.streamed()
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._shard: int | None = None
        for number in (_OPERATOR, _CUSTOMER):
            self._exchange.meet(number, Person(((Answer(3), Press("1", 2)),)))

    # --- the story --------------------------------------------------------------------------------

    def perform(self) -> None:
        """Set up, play the happy booking, one that is given up unpaid, and one that is refunded.

        Raises:
            RuntimeError: it did not end as it should: nothing measured would mean anything.
        """
        self._set_up()
        self.stage.phase = "booking"
        booking_id = self._book(START)
        intent = self._api("Payment", "POST", f"/v1/bookings/{booking_id}/payment", {})
        self._confirm(intent["payment_intent"])
        self._settle()
        self._expect(booking_id, "scheduled")
        self._until(_OVER)
        self.stage.phase = "aside"
        self._expect(booking_id, "completed")
        self._give_up(START + timedelta(hours=1))
        # So late that its reminder is not due yet.
        self._pay_and_return(START + timedelta(hours=2))
        self._at_the_desk(booking_id)

    def _set_up(self) -> None:
        price = {"per_minute": {"amount_minor": 5000, "currency": "rub"}}
        self._api("Desk", "PUT", "/v1/desk/tariffs/standard", price, "manager")
        profile = {"name": "Olga", "tariff_id": "standard", "main_phone": _OPERATOR}
        self._api("Operator", "PUT", "/v1/operator/profile", profile, "operator")
        offered = {
            "start": START.isoformat(),
            "end": (START + timedelta(hours=3)).isoformat(),
            "offered": True,
        }
        self._api("Operator", "PUT", "/v1/operator/availability", offered, "operator")
        self._api("Customer", "GET", "/v1/operators")
        for sweep in template.every_minute():
            self.stage.invoke(sweep, {})

    def _book(self, start: datetime) -> str:
        """What a customer's browser asks for until a slot is held."""
        self._api("Customer", "GET", "/v1/operators")
        day = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
        self._api("Customer", "GET", f"/v1/operators/{_SUBJECTS['operator']}/slots", query=day)
        wanted = {
            "operator_id": _SUBJECTS["operator"],
            "starts_at": start.isoformat(),
            "minutes": 30,
            "main_phone": _CUSTOMER,
            "backup_phone": _BACKUP,
            "language": "en",
            "adult": True,
        }
        booking_id = str(self._api("Customer", "POST", "/v1/bookings", wanted)["id"])
        self._shard = shard_of(booking_id, DUE_SHARDS)
        self._settle()
        return booking_id

    def _give_up(self, start: datetime) -> None:
        booking_id = self._book(start)
        self._api("Payment", "POST", f"/v1/bookings/{booking_id}/payment", {})
        self._api("Customer", "POST", f"/v1/bookings/{booking_id}/cancel", {})
        self._settle()
        self._expect(booking_id, "cancelled")

    def _pay_and_return(self, start: datetime) -> None:
        """A payment and its refund, each a phase of its own."""
        booking_id = self._book(start)
        self.stage.phase = "payment"
        intent = self._api("Payment", "POST", f"/v1/bookings/{booking_id}/payment", {})
        self._confirm(intent["payment_intent"])
        self._settle()
        self.stage.phase = "aside"
        self._expect(booking_id, "scheduled")
        self.stage.phase = "refund"
        self._api("Customer", "POST", f"/v1/bookings/{booking_id}/cancel", {})
        self._settle()
        self.stage.phase = "aside"
        self._expect(booking_id, "cancelled")

    def _at_the_desk(self, booking_id: str) -> None:
        """What is asked for now and then; every function is started by something."""
        price = {"amount_minor": 150000, "currency": "rub", "language": "en"}
        self._api("Account", "POST", "/v1/account/top-ups", price)
        query = {"transaction": str(next(self._payments.model.charges.values())["id"])}
        self._api("DeskMoney", "GET", "/v1/desk/payments", role="manager", query=query)
        request = {
            "email": "customer@example.com",
            "transaction": booking_id,
            "paid_on": f"{self._exchange.now:%Y-%m-%d}",
            "amount": {"amount_minor": 150000, "currency": "rub"},
            "reason": "I do not know this charge.",
            "language": "en",
        }
        self._api("Public", "POST", "/v1/refund-requests", request)
        link = Link(Purpose.PHONES, booking_id, "", self._exchange.now + _LINK_GOOD)
        token = bootstrap.links().to(link).rpartition("#")[2]
        self._api("Offers", "GET", f"/v1/phones/{token}")
        outage = {"since": START.isoformat(), "until": _OVER.isoformat()}
        self._api("Desk", "POST", "/v1/desk/outages", outage, "manager")
        self._invoke("Books", {})
        self._settle()

    def _expect(self, booking_id: str, status: str) -> None:
        found = self._api("Customer", "GET", f"/v1/bookings/{booking_id}")
        if found["status"] != status:
            raise RuntimeError(f"the booking should be {status} and is {found['status']}")

    def _api(
        self,
        function: str,
        method: str,
        path: str,
        body: object = None,
        role: str = "customer",
        query: Mapping[str, str] | None = None,
    ) -> Any:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.UUID(int=next(self._order)))
        answer = self.stage.invoke(
            function,
            {
                "httpMethod": method,
                "path": path,
                "headers": headers,
                "queryStringParameters": query,
                "body": None if body is None else json.dumps(body),
                "isBase64Encoded": False,
                "requestContext": {
                    "apiId": "api",
                    "authorizer": {
                        "claims": {
                            "sub": _SUBJECTS[role],
                            "email": f"{role}@example.com",
                            "email_verified": "true",
                            "cognito:groups": role,
                        }
                    },
                },
            },
        )
        if answer["statusCode"] >= 300:
            raise RuntimeError(f"{method} {path}: {answer['body']}")
        self._collect()
        return json.loads(answer["body"])

    def _confirm(self, intent_id: str) -> None:
        """The customer's browser pays at the provider."""
        path = f"/v1/payment_intents/{intent_id}/confirm"
        card = {"payment_method": _CARD}
        paid, _ = self._payments.handle(
            Request("POST", path, {**card}, self._keys.stripe_api_key), self._exchange.now
        )
        if paid.status != 200:
            raise RuntimeError(f"the payment failed: {paid.body}")

    # --- time -------------------------------------------------------------------------------------

    def _until(self, moment: datetime) -> None:
        self._settle()
        next_sweep = self._exchange.now.replace(second=0, microsecond=0) + _MINUTE
        while True:
            ahead = [next_sweep, *(entry[0] for entry in self._agenda[:1])]
            if (own := self._exchange.next_at()) is not None:
                ahead.append(own)
            due = max(min(ahead), self._exchange.now)
            if due > moment:
                return
            self._exchange.advance(due)
            self._settle()
            if due >= next_sweep:
                next_sweep += _MINUTE
                # The other shards are empty: what a sweep of all costs is counted from the first.
                for sweep in template.every_minute():
                    self._invoke(sweep, {"shards": [self._shard]} if sweep == "DueSweep" else {})
                self._settle()

    def _settle(self) -> None:
        busy = True
        while busy:
            self._driver.settle()
            busy = self._webhooks()
            while self._agenda and self._agenda[0][0] <= self._exchange.now:
                heapq.heappop(self._agenda)[2]()
                self._driver.settle()
                busy = True

    def _later(self, at: datetime, work: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), work))

    # --- what calls functions ---------------------------------------------------------------------

    def _invoke(self, name: str, event: dict[str, Any]) -> Any:
        answer = self.stage.invoke(name, event)
        if isinstance(answer, dict) and answer.get("batchItemFailures"):
            raise RuntimeError(f"{name} failed; no part of a happy booking does")
        self._collect()
        return answer

    def _collect(self) -> None:
        """What the last invocation put into the stream and the queues."""
        now = self._exchange.now
        for exchange in self.stage.invocations[-1].exchanges:
            for item in exchange.consumed.inserted if exchange.consumed else ():
                if item.get("kind", {}).get("S") in self._streamed:
                    self._later(now, lambda item=item: self._relay(item))  # type: ignore[misc]
            if exchange.operation == "SendMessageBatch":
                sent = json.loads(exchange.request)
                worker = self._queues[sent["QueueUrl"]]
                for entry in sent["Entries"]:
                    at = now + timedelta(seconds=entry["DelaySeconds"])
                    body = entry["MessageBody"]
                    self._later(at, lambda w=worker, b=body: self._work(w, b))  # type: ignore[misc]

    def _relay(self, item: Mapping[str, Any]) -> None:
        number = f"{next(self._order):021d}"
        record = {"dynamodb": {"NewImage": item, "SequenceNumber": number}, "eventName": "INSERT"}
        self._invoke("Relay", {"Records": [record]})

    def _work(self, function: str, body: str) -> None:
        record = {
            "messageId": f"message-{next(self._order)}",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1"},
        }
        self._invoke(function, {"Records": [record]})

    def _webhooks(self) -> bool:
        """Deliver the payment provider's events."""
        now, model = self._exchange.now, self._payments.model
        model.settle(now)
        due = model.outbox.due(now)
        for delivery in due:
            payload = json.dumps(model.events[delivery.event_id], indent=2)
            headers = {"Content-Type": "application/json; charset=utf-8"}
            event = {"path": "/v1/webhooks/stripe", "body": payload, "headers": headers}
            answer = self._invoke("StripeWebhook", signed(event, self._keys))
            accepted = answer["statusCode"] == 200
            model.outbox.tried(delivery, accepted=accepted, now=now)
            model.note_delivery(delivery.event_id)
            if not accepted:
                raise RuntimeError(f"a webhook was refused: {answer['body']}")
        return bool(due)

    def _voice(self, url: str, form: Mapping[str, str]) -> str | Failure:
        """A request of the telephony provider."""
        parts = urlsplit(url)
        answer = self._invoke(
            "VoiceWebhook",
            {
                "path": parts.path,
                "queryStringParameters": dict(parse_qsl(parts.query)) or None,
                "headers": {"X-Twilio-Signature": self._signer.compute_signature(url, dict(form))},
                "body": urlencode(form),
                "requestContext": {"apiId": "api"},
            },
        )
        if answer["statusCode"] >= 300:
            return Failure.CLIENT_ERROR if answer["statusCode"] < 500 else Failure.SERVER_ERROR
        return str(answer["body"])


def signed(event: dict[str, Any], keys: Keys) -> dict[str, Any]:
    """A payment webhook signed just now, in real time, as receivers demand."""
    made = signature(event["body"].encode(), keys.stripe_webhook_secret, datetime.now(UTC))
    return event | {"headers": event["headers"] | {"Stripe-Signature": made}}
