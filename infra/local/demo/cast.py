"""Everybody who takes part in a story, and what they do in each of them: offer, book, pay, wait."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from infra.local.caller import Caller, Refused
from infra.local.settings import StackError

# +1 202 555 01xx is reserved for fiction.
CUSTOMER, BACKUP, OTHER_CUSTOMER = "+12025550111", "+12025550112", "+12025550113"
OPERATOR, OPERATOR_BACKUP, OTHER_OPERATOR = "+12025550121", "+12025550122", "+12025550131"
PICKS_UP = ({"do": "answer", "after": 4}, {"do": "press", "keys": "1", "after": 2})
TAKES_CALLS: Mapping[str, Any] = {"calls": [PICKS_UP]}
MINUTES = 30
CARD = "pm_card_visa"
PUBLISHABLE_KEY = "pk_test_demo"
_LOOK = 0.7  # real seconds between two looks
_PATIENCE = 400.0  # real seconds a story may wait for one thing

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody who takes part, each with a way to speak to the stack.

    Args:
        visitor: who is not signed in.
        addresses: of e-mail, by the names of infra/local/users.py.
    """

    customer: Caller
    other_customer: Caller
    operator: Caller
    other_operator: Caller
    visitor: Caller
    agent: Caller
    manager: Caller
    payments: Caller
    exchange: Caller
    control: Caller
    aws: Caller
    operator_id: str
    other_operator_id: str
    customer_id: str
    addresses: Mapping[str, str]

    @classmethod
    def of(cls, stack: Mapping[str, Any]) -> "Cast":
        """The cast of a running stack.

        Args:
            stack: what build/local.json says.
        """
        users = stack["users"]

        def user(name: str) -> Caller:
            return Caller(stack["api"], users[name]["token"])

        return cls(
            customer=user("customer"),
            other_customer=user("customer_2"),
            operator=user("operator"),
            other_operator=user("operator_2"),
            visitor=Caller(stack["api"]),
            agent=user("agent"),
            manager=user("manager"),
            payments=Caller(stack["payments"]),
            exchange=Caller(stack["exchange"]),
            control=Caller(stack["control"]),
            aws=Caller(stack["aws"]),
            operator_id=users["operator"]["id"],
            other_operator_id=users["operator_2"]["id"],
            customer_id=users["customer"]["id"],
            addresses={name: one["email"] for name, one in users.items()},
        )

    def now(self) -> datetime:
        """Business time."""
        return datetime.fromisoformat(self.control.get("/clock")["now"]).astimezone(UTC)


def set_the_stage(cast: Cast, *, people: Mapping[str, Any], hours: int = 1) -> datetime:
    """A price, an operator with time to offer, and people with habits.

    Args:
        people: what whoever has a number does in each call.
        hours: how much time the operator offers.

    Returns:
        The start of the first session: the first quarter of an hour that leaves time to pay.
    """
    cast.manager.put(
        "/v1/desk/tariffs/standard", {"per_minute": {"amount_minor": 5000, "currency": "rub"}}
    )
    cast.operator.put(
        "/v1/operator/profile",
        {
            "name": "Olga",
            "tariff_id": "standard",
            "main_phone": OPERATOR,
            "backup_phone": OPERATOR_BACKUP,
        },
    )
    soon = cast.now() + timedelta(minutes=5)
    start = soon.replace(minute=soon.minute // 15 * 15, second=0, microsecond=0)
    start += timedelta(minutes=15)
    offer_time(cast.operator, start, hours)
    cast.exchange.post("/_control/people", people)
    return start


def second_operator(cast: Cast, start: datetime, hours: int = 1) -> None:
    """Another operator joins, and has time from a quarter of an hour on."""
    cast.other_operator.put(
        "/v1/operator/profile",
        {"name": "Pavel", "tariff_id": "standard", "main_phone": OTHER_OPERATOR},
    )
    offer_time(cast.other_operator, start, hours)


def offer_time(operator: Caller, start: datetime, hours: int) -> None:
    """An operator offers time."""
    end = start + timedelta(hours=hours)
    operator.put(
        "/v1/operator/availability", {"start": text(start), "end": text(end), "offered": True}
    )


def book(
    customer: Caller,
    operator_id: str,
    start: datetime,
    *,
    language: str = "en",
    minutes: int = MINUTES,
    phones: tuple[str, str | None] = (CUSTOMER, BACKUP),
) -> Answer:
    """A customer holds a session.

    Args:
        phones: main and backup number.
    """
    return customer.post(
        "/v1/bookings",
        {
            "operator_id": operator_id,
            "starts_at": text(start),
            "minutes": minutes,
            "main_phone": phones[0],
            "backup_phone": phones[1],
            "language": language,
            "adult": True,
        },
    )


def pay(cast: Cast, customer: Caller, booking_id: str, card: str = CARD) -> str:
    """A customer confirms at the provider, with the client secret (S2.10); returns the payment."""
    checkout = customer.post(f"/v1/bookings/{booking_id}/payment")
    payment_id = str(checkout["payment_intent"])
    cast.payments.form(
        f"/v1/payment_intents/{payment_id}/confirm",
        {"client_secret": checkout["client_secret"], "payment_method": card},
        PUBLISHABLE_KEY,
    )
    return payment_id


def pay_beside(cast: Cast, booking: Answer) -> str:
    """Pay for a booking by an intent that is not ours, as by a link; returns the payment."""
    price = booking["card_due"]
    intent = cast.payments.post(
        "/_control/payment_intents",
        {
            "amount": price["amount_minor"],
            "currency": price["currency"],
            "metadata": {"booking_id": booking["id"]},
        },
    )
    return str(intent["id"])


def book_and_pay(cast: Cast, customer: Caller, *order: Any, **wishes: Any) -> Answer:
    """A customer books as `book` says and pays by card; returns the booking once it is certain."""
    booking = book(customer, *order, **wishes)
    pay(cast, customer, booking["id"])
    return wait_for("the booking to be scheduled", lambda: _scheduled(customer, booking["id"]))


def _scheduled(customer: Caller, booking_id: str) -> Answer | None:
    booking = customer.get(f"/v1/bookings/{booking_id}")
    return booking if booking["status"] == "scheduled" else None


def status_of(cast: Cast, booking_id: str) -> str:
    """Where the customer's booking stands."""
    return str(cast.customer.get(f"/v1/bookings/{booking_id}")["status"])


def wait_until_booking_is(cast: Cast, booking_id: str, status: str) -> None:
    """Look until the customer's booking stands there.

    Raises:
        StackError: it never did.
    """
    wait_for(
        f"the booking to be {status}",
        lambda: True if status_of(cast, booking_id) == status else None,
    )


def payment_of(cast: Cast, payment_id: str) -> Answer | None:
    """The customer's payment; None while we have not heard of it."""
    try:
        return cast.customer.get(f"/v1/payments/{payment_id}")
    except Refused as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        return None


def refund_that_is(cast: Cast, payment_id: str, status: str) -> Answer | None:
    """A refund of the customer's payment that stands there, if there is one."""
    refunds = (payment_of(cast, payment_id) or {"refunds": []})["refunds"]
    return next((refund for refund in refunds if refund["status"] == status), None)


def wait_for[T](what: str, look: Callable[[], T | None]) -> T:
    """Look again and again until there is something.

    Raises:
        StackError: it did not come.
    """
    give_up = time.monotonic() + _PATIENCE
    while (found := look()) is None:
        if time.monotonic() > give_up:
            raise StackError(f"The story waited in vain for {what}.")
        time.sleep(_LOOK)
    return found


def hurry(cast: Cast) -> None:
    """Let quiet stretches go by quickly."""
    cast.control.post("/clock", {"hurry": 60})


def calm(cast: Cast) -> None:
    """Let business time go as real time does."""
    cast.control.post("/clock", {"factor": 1})


def run_to(cast: Cast, moment: datetime) -> None:
    """Hurry to a business moment."""
    cast.control.post("/clock", {"run_to": text(moment)})
    wait_for("the clock", lambda: True if cast.now() >= moment else None)


def text(moment: datetime) -> str:
    """RFC 3339."""
    return moment.isoformat().replace("+00:00", "Z")
