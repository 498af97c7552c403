"""Everybody around the deployed handlers, in virtual time; the stories are in stories.py."""

import heapq
import itertools
import json
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from twilio.request_validator import RequestValidator

from infra.bench import template
from infra.bench.stage import BASE, Stage
from infra.local.exchange.callbacks import Failure
from infra.local.exchange.people import Person, Steps
from infra.local.exchange.port import Driver
from infra.local.payments.api import Request
from infra.local.payments.webhooks import signature
from infra.local.settings import Keys
from shared.adapters.dynamodb.tables import DUE_SHARDS, shard_of

_MINUTE = timedelta(minutes=1)
# As long as those that Cognito gives: sizes count.
SUBJECTS = {
    "customer": "0f8b6f0e-1c1d-4c3a-9a55-2f6f0a7c1e01",
    "operator": "0f8b6f0e-1c1d-4c3a-9a55-2f6f0a7c1e02",
    "manager": "0f8b6f0e-1c1d-4c3a-9a55-2f6f0a7c1e03",
    "customer_2": "0f8b6f0e-1c1d-4c3a-9a55-2f6f0a7c1e04",
    "customer_3": "0f8b6f0e-1c1d-4c3a-9a55-2f6f0a7c1e05",
    "operator_2": "0f8b6f0e-1c1d-4c3a-9a55-2f6f0a7c1e06",
}
# Each has a card of his own: by a shared one their payments would be looked at as repetitions.
_CARDS = {
    "customer": "pm_card_visa",
    "customer_2": "pm_card_mastercard",
    "customer_3": "pm_card_amex",
}
# The token of a link is its fragment; mail is form-encoded, its text plain.
_LINK = re.compile(r"https?://\S+#(\S+)")


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

    @property
    def now(self) -> datetime:
        """Business time, UTC."""
        return self._exchange.now

    # --- what people do ---------------------------------------------------------------------------

    def meet(self, number: str, *calls: Steps) -> None:
        """Put a person at a number.

        Args:
            calls: what he does in the first call, the second, and so on; the last for all others.
        """
        self._exchange.meet(number, Person(calls))

    def follow(self, booking_id: str) -> None:
        """Let the sweep look into this booking's shard from now on; the others are empty."""
        self._shard = shard_of(booking_id, DUE_SHARDS)

    def expect(self, booking_id: str, status: str, who: str = "customer") -> None:
        """Look at a booking.

        Raises:
            RuntimeError: it is not where it should be: nothing measured would mean anything.
        """
        found = self.api("Customer", "GET", f"/v1/bookings/{booking_id}", who=who)
        if found["status"] != status:
            raise RuntimeError(f"the booking should be {status} and is {found['status']}")

    def api(
        self,
        function: str,
        method: str,
        path: str,
        body: object = None,
        who: str = "customer",
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """A request of somebody who is signed in, as the gateway passes it on; gives the answer.

        Raises:
            RuntimeError: it was refused.
        """
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
                            "sub": SUBJECTS[who],
                            "email": f"{who}@example.com",
                            "email_verified": "true",
                            "cognito:groups": who.partition("_")[0],
                        }
                    },
                },
            },
        )
        if answer["statusCode"] >= 300:
            raise RuntimeError(f"{method} {path}: {answer['body']}")
        self._collect()
        return json.loads(answer["body"])

    def confirm(self, intent_id: str, who: str) -> None:
        """The customer's browser pays at the provider.

        Raises:
            RuntimeError: the card was declined.
        """
        path = f"/v1/payment_intents/{intent_id}/confirm"
        card = {"payment_method": _CARDS[who]}
        paid, _ = self._payments.handle(
            Request("POST", path, {**card}, self._keys.stripe_api_key), self._exchange.now
        )
        if paid.status != 200:
            raise RuntimeError(f"the payment failed: {paid.body}")

    def charge(self) -> str:
        """The provider's id of its first charge."""
        return str(next(iter(self._payments.model.charges.values()))["id"])

    def token(self) -> str:
        """What the link in the latest letter that has one carries.

        Raises:
            LookupError: no letter has one.
        """
        for one in reversed(self.stage.invocations):
            for exchange in one.exchanges:
                if exchange.service == "ses":
                    text = " ".join(value for _, value in parse_qsl(exchange.request.decode()))
                    if found := _LINK.search(text):
                        return found[1]
        raise LookupError("no letter has a link")

    # --- time -------------------------------------------------------------------------------------

    def until(self, moment: datetime) -> None:
        """Let time pass, the schedule's minutes included, and do what it brings."""
        self.settle()
        next_sweep = self._exchange.now.replace(second=0, microsecond=0) + _MINUTE
        while True:
            ahead = [next_sweep, *(entry[0] for entry in self._agenda[:1])]
            if (own := self._exchange.next_at()) is not None:
                ahead.append(own)
            due = max(min(ahead), self._exchange.now)
            if due > moment:
                return
            self._exchange.advance(due)
            self.settle()
            if due >= next_sweep:
                next_sweep += _MINUTE
                # The other shards are empty: what it costs to sweep them is counted from the first.
                for sweep in template.every_minute():
                    self.invoke(sweep, {"shards": [self._shard]} if sweep == "DueSweep" else {})
                self.settle()

    def settle(self) -> None:
        """Do what is due now, and what follows from it at once."""
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

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        """Call a function that nobody waits for.

        Raises:
            RuntimeError: it put a message back; no part of these stories does.
        """
        answer = self.stage.invoke(name, event)
        if isinstance(answer, dict) and answer.get("batchItemFailures"):
            raise RuntimeError(f"{name} failed; no part of a story does")
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
        self.invoke("Relay", {"Records": [record]})

    def _work(self, function: str, body: str) -> None:
        record = {
            "messageId": f"message-{next(self._order)}",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1"},
        }
        self.invoke(function, {"Records": [record]})

    def _webhooks(self) -> bool:
        """Deliver the payment provider's events."""
        now, model = self._exchange.now, self._payments.model
        model.settle(now)
        due = model.outbox.due(now)
        for delivery in due:
            payload = json.dumps(model.events[delivery.event_id], indent=2)
            headers = {"Content-Type": "application/json; charset=utf-8"}
            event = {"path": "/v1/webhooks/stripe", "body": payload, "headers": headers}
            answer = self.invoke("StripeWebhook", signed(event, self._keys))
            accepted = answer["statusCode"] == 200
            model.outbox.tried(delivery, accepted=accepted, now=now)
            model.note_delivery(delivery.event_id)
            if not accepted:
                raise RuntimeError(f"a webhook was refused: {answer['body']}")
        return bool(due)

    def _voice(self, url: str, form: Mapping[str, str]) -> str | Failure:
        """A request of the telephony provider."""
        parts = urlsplit(url)
        answer = self.invoke(
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
