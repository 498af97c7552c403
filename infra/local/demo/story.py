"""The story: thirty minutes bought, the line lost at the fifteenth, the customer called back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.local.demo.caller import Caller

# +1 202 555 01xx is reserved for fiction.
CUSTOMER, BACKUP = "+12025550111", "+12025550112"
OPERATOR = "+12025550121"
MINUTES = 30
DROP_AFTER = 15 * 60
CARD = "pm_card_visa"
PUBLISHABLE_KEY = "pk_test_demo"


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody who takes part, each with a way to speak to the stack."""

    customer: Caller
    operator: Caller
    manager: Caller
    payments: Caller
    exchange: Caller
    control: Caller
    operator_id: str

    @classmethod
    def of(cls, stack: Mapping[str, Any]) -> "Cast":
        """The cast of a running stack.

        Args:
            stack: what build/local.json says.
        """
        users = stack["users"]
        return cls(
            customer=Caller(stack["api"], users["customer"]["token"]),
            operator=Caller(stack["api"], users["operator"]["token"]),
            manager=Caller(stack["api"], users["manager"]["token"]),
            payments=Caller(stack["payments"]),
            exchange=Caller(stack["exchange"]),
            control=Caller(stack["control"]),
            operator_id=users["operator"]["id"],
        )

    def now(self) -> datetime:
        """Business time."""
        return datetime.fromisoformat(self.control.get("/clock")["now"]).astimezone(UTC)


def set_the_stage(cast: Cast) -> datetime:
    """A price, an operator with time to offer, and people with habits.

    Returns:
        The start of the session: the first quarter of an hour that leaves time to pay.
    """
    cast.manager.put(
        "/v1/desk/tariffs/standard", {"per_minute": {"amount_minor": 5000, "currency": "rub"}}
    )
    cast.operator.put(
        "/v1/operator/profile", {"name": "Olga", "tariff_id": "standard", "main_phone": OPERATOR}
    )
    soon = cast.now() + timedelta(minutes=5)
    start = soon.replace(minute=soon.minute // 15 * 15, second=0, microsecond=0)
    start += timedelta(minutes=15)
    cast.operator.put(
        "/v1/operator/availability",
        {"start": _text(start), "end": _text(start + timedelta(hours=1)), "offered": True},
    )
    picks_up = [{"do": "answer", "after": 4}, {"do": "press", "keys": "1", "after": 2}]
    drops = [*picks_up, {"do": "drop", "after": DROP_AFTER}]
    people = {
        OPERATOR: {"calls": [picks_up]},
        # The line breaks in the middle, and the same number cannot be reached again.
        CUSTOMER: {"calls": [drops, [{"do": "no_answer"}]]},
        BACKUP: {"calls": [picks_up]},
    }
    cast.exchange.post("/_control/people", people)
    return start


def book(cast: Cast, start: datetime) -> dict[str, Any]:
    """The customer chooses a free slot and holds it."""
    free = cast.customer.get(
        f"/v1/operators/{cast.operator_id}/slots",
        **{"from": _text(start), "to": _text(start + timedelta(hours=1))},
    )
    return cast.customer.post(
        "/v1/bookings",
        {
            "operator_id": cast.operator_id,
            "starts_at": free["items"][0]["starts_at"],
            "minutes": MINUTES,
            "main_phone": CUSTOMER,
            "backup_phone": BACKUP,
            "language": "ru",
            "adult": True,
        },
    )


def pay(cast: Cast, booking_id: str) -> dict[str, Any]:
    """The customer confirms at the provider, with the client secret (S2.10)."""
    checkout = cast.customer.post(f"/v1/bookings/{booking_id}/payment")
    return cast.payments.form(
        f"/v1/payment_intents/{checkout['payment_intent']}/confirm",
        {"client_secret": checkout["client_secret"], "payment_method": CARD},
        PUBLISHABLE_KEY,
    )


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
