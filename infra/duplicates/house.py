"""Our API and the payment provider, as far as a play about buying needs them; they keep the logs.

What they write is what the real ones could write: requests with our answer and what the client saw
of it, and the provider's charges. Nothing here knows what a customer meant.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from shared.domain.slots import quarters

type Json = dict[str, Any]

REQUESTS = "requests.jsonl"
CHARGES = "charges.jsonl"
_TWICE = 0.05  # of all charges are delivered to us a second time
_CREATED, _CONFLICT, _OK = 201, 409, 200


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends a request, and from where.

    Args:
        customer_id: the caller.
        form: the order form it is sent from, None where his client tells none.
    """

    customer_id: str
    form: str | None


class House:
    """The counter that the customers of the play come to.

    Args:
        random: for the names of things; the only source of chance.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._requests: list[Json] = []
        self._charges: list[Json] = []
        self._claimed: set[tuple[str, datetime]] = set()
        self._answers: dict[tuple[str, str], Json] = {}

    def name(self, prefix: str) -> str:
        """A new id."""
        return f"{prefix}_{self._random.getrandbits(64):016x}"

    def book(
        self,
        at: datetime,
        sender: Sender,
        asked: Mapping[str, Any],
        due: int,
        *,
        key: str,
        lost: bool = False,
    ) -> str | None:
        """Hold a session; None where the operator is taken.

        Args:
            at: when the request arrives.
            sender: the client.
            asked: `operator_id`, `starts_at` and `minutes` of the body, `use_balance` if so.
            due: what cards have to pay, in minor units.
            key: the same key has the same answer.
            lost: the client never sees the answer.
        """
        body = {**asked, "checkout": sender.form}
        result = self._answers.get((sender.customer_id, key)) or self._held(asked, due)
        self._answers[sender.customer_id, key] = result
        self._log(at, sender, "POST /v1/bookings", body, key, result, lost=lost)
        booking_id = result.get("id")
        return booking_id if isinstance(booking_id, str) else None

    def top_up(
        self, at: datetime, sender: Sender, amount: int, currency: str, *, key: str, lost: bool
    ) -> str:
        """Begin to put money on the balance; the same key has the same answer."""
        money = {"amount_minor": amount, "currency": currency}
        known = self._answers.get((sender.customer_id, key))
        result = known or {"status": _CREATED, "id": self.name("tu"), "due": amount}
        self._answers[sender.customer_id, key] = result
        body = {"amount": money, "checkout": sender.form}
        self._log(at, sender, "POST /v1/account/top-ups", body, key, result, lost=lost)
        return str(result["id"])

    def pay(self, at: datetime, sender: Sender, booking_id: str, *, lost: bool = False) -> None:
        """Ask for the payment of a booking."""
        route = f"POST /v1/bookings/{booking_id}/payment"
        body: Json = {"checkout": sender.form}
        self._log(at, sender, route, body, self.name("key"), {"status": _OK}, lost=lost)

    def shown(self, at: datetime, sender: Sender, payment_id: str) -> None:
        """The page tells that it shows a payment as made."""
        route = f"POST /v1/payments/{payment_id}/shown"
        self._log(at, sender, route, {}, self.name("key"), {"status": _OK}, lost=False)

    def cancel(self, at: datetime, sender: Sender, booking_id: str) -> None:
        """Cancel before the start; everything goes back."""
        route = f"POST /v1/bookings/{booking_id}/cancel"
        self._log(at, sender, route, {}, self.name("key"), {"status": _OK}, lost=False)

    def charge(
        self,
        at: datetime,
        order_id: str,
        card: str,
        amount: int,
        currency: str,
        *,
        declined: str | None = None,
        again: str | None = None,
    ) -> str:
        """The provider takes money, or does not (docs.stripe.com/api/charges/object).

        Args:
            at: when.
            order_id: what for; it stands in the metadata.
            card: its fingerprint.
            amount: in minor units.
            currency: ISO 4217.
            declined: the bank's reason.
            again: the payment that was declined before and is tried again.

        Returns:
            The payment's id.
        """
        payment_id = again or self.name("pi")
        self._charges.append(
            {
                "id": self.name("ch"),
                "object": "charge",
                "amount": amount,
                "amount_captured": 0 if declined else amount,
                "captured": declined is None,
                "created": int(at.timestamp()),
                "currency": currency,
                "failure_code": "card_declined" if declined else None,
                "metadata": {"order_id": order_id},
                "outcome": {"reason": declined},
                "paid": declined is None,
                "payment_intent": payment_id,
                "payment_method_details": {"type": "card", "card": {"fingerprint": card}},
                "status": "failed" if declined else "succeeded",
            }
        )
        return payment_id

    def write(self, folder: Path) -> None:
        """Write both logs in order of time; a charge in twenty is delivered twice."""
        delivered: list[Json] = []
        for charge in self._charges:
            delivered += [charge] * (2 if self._random.random() < _TWICE else 1)
        requests = sorted(self._requests, key=lambda line: line["at"])
        delivered.sort(key=lambda line: line["created"])
        write_lines(folder / REQUESTS, requests)
        write_lines(folder / CHARGES, delivered)

    def _held(self, asked: Mapping[str, Any], due: int) -> Json:
        starts_at = datetime.fromisoformat(asked["starts_at"])
        operator = str(asked["operator_id"] or self.name("op"))
        claims = {(operator, quarter) for quarter in quarters(starts_at, asked["minutes"] * 60)}
        if claims & self._claimed:
            return {"status": _CONFLICT, "code": "slot_taken"}
        self._claimed |= claims
        return {"status": _CREATED, "id": self.name("bk"), "due": due}

    def _log(
        self,
        at: datetime,
        sender: Sender,
        route: str,
        body: Json,
        key: str,
        result: Json,
        *,
        lost: bool,
    ) -> None:
        self._requests.append(
            {
                "at": at.isoformat(timespec="milliseconds"),
                "customer": sender.customer_id,
                "route": route,
                "idempotency_key": key,
                "body": body,
                "result": result,
                "answer": None if lost else result,
            }
        )


def write_lines(path: Path, lines: Iterable[Json]) -> None:
    """Write JSON lines."""
    path.write_text("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines))


def read_lines(path: Path) -> list[Json]:
    """Read JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def after(moment: datetime, seconds: float) -> datetime:
    """A moment some seconds later."""
    return moment + timedelta(seconds=seconds)
