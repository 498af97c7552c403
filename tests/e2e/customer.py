"""A customer with a telephone and cards."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import requests

from tests.e2e.local_stack import Caller, LocalStack, text, wait_for

VISA = "pm_card_visa"
NO_FUNDS = "pm_card_chargeDeclinedInsufficientFunds"
Json = Mapping[str, Any]


class Customer:
    """Books and pays at a stack, as a browser does.

    Args:
        name: of a test user in infra/local/users.py.
        phone: E.164.
    """

    def __init__(self, stack: LocalStack, name: str, phone: str) -> None:
        self.stack = stack
        self.name = name
        self.phone = phone
        self.api: Caller = stack.user(name)

    def order(self, starts_at: datetime, minutes: int = 5, **changes: object) -> dict[str, object]:
        """A proper body of POST /v1/bookings, but for the changes."""
        return {
            "operator_id": self.stack.operator_id,
            "starts_at": text(starts_at),
            "minutes": minutes,
            "main_phone": self.phone,
            "language": "ru",
            "adult": True,
        } | changes

    def book(self, starts_at: datetime, minutes: int = 5, **changes: object) -> Json:
        """Hold a slot."""
        answer = self.api.post("/v1/bookings", self.order(starts_at, minutes, **changes))
        assert answer.status_code == 201, answer.text
        return _json(answer)

    def start_payment(self, booking_id: str) -> Json:
        """What the browser needs to confirm the payment at the provider."""
        answer = self.api.post(f"/v1/bookings/{booking_id}/payment")
        assert answer.ok, answer.text
        return _json(answer)

    def confirm(self, checkout: Json, card: str = VISA) -> requests.Response:
        """Confirm at the provider, with the client secret and a publishable key alone (S2.10)."""
        return requests.post(
            f"{self.stack.payments}/v1/payment_intents/{checkout['payment_intent']}/confirm",
            data={"client_secret": checkout["client_secret"], "payment_method": card},
            headers={"Authorization": "Bearer pk_test_browser"},
            timeout=30,
        )

    def pay(self, booking_id: str) -> Json:
        """Pay by card; returns the booking as the payment makes it."""
        assert self.confirm(self.start_payment(booking_id)).ok
        return self.wait_until(booking_id, lambda found: found["status"] == "scheduled")

    def cancel_what_is_held(self) -> None:
        """Give up every booking that waits for its payment."""
        for row in _json(self.api.get("/v1/bookings"))["items"]:
            if row["status"] == "held":
                assert self.api.post(f"/v1/bookings/{row['id']}/cancel").ok

    def booking(self, booking_id: str) -> Json:
        """A booking as it stands."""
        answer = self.api.get(f"/v1/bookings/{booking_id}")
        assert answer.ok, answer.text
        return _json(answer)

    def wait_until(
        self, booking_id: str, done: Callable[[Json], bool], seconds: float = 60
    ) -> Json:
        """Look at a booking until it is as it should be."""

        def look() -> Json | None:
            found = self.booking(booking_id)
            return found if done(found) else None

        return wait_for(f"booking {booking_id}", look, seconds)

    def events(self, booking_id: str, kind: str) -> list[Json]:
        """Events of a kind in a booking's timeline."""
        answer = self.api.get(f"/v1/bookings/{booking_id}/timeline")
        assert answer.ok, answer.text
        return [event for event in _json(answer)["items"] if event["type"] == kind]

    def account(self) -> Json:
        """The balance."""
        return _json(self.api.get("/v1/account"))


def _json(answer: requests.Response) -> Json:
    found: Json = answer.json()
    return found
