"""The customer's bank claims a payment back: nothing is paid twice (S2.7, S2.11)."""

from datetime import timedelta

from infra.local.demo import books
from infra.local.demo.cast import (
    Answer,
    Cast,
    book,
    pay,
    set_the_stage,
    wait_for,
    wait_until_booking_is,
)
from infra.local.demo.telling import Screen


def play(cast: Cast, screen: Screen) -> list[str]:
    """The whole story; returns what was not as promised."""
    start = set_the_stage(cast, people={}, hours=2) + timedelta(hours=1)
    booking = book(cast.customer, cast.operator_id, start)
    payment_id = pay(cast, cast.customer, booking["id"])
    wait_until_booking_is(cast, booking["id"], "scheduled")
    screen.say(f"\nBooking {booking['id']} is paid, and his bank claims the money back:")
    dispute = cast.payments.post("/_control/disputes", {"paid": payment_id})
    wait_for("the dispute", lambda: _dispute(cast, payment_id, is_open=True))
    refusal = cast.customer.refused(f"/v1/bookings/{booking['id']}/cancel")
    screen.say(f"  cancelling is refused meanwhile: {refusal}")
    cast.payments.post(f"/_control/disputes/{dispute['id']}/close", {"outcome": "lost"})
    wait_for("the decision", lambda: _dispute(cast, payment_id, is_open=False))
    wait_until_booking_is(cast, booking["id"], "cancelled")
    screen.say(f"\nWhat happened to {payment_id}:")
    found = books.trail(cast, payment_id, screen)
    screen.say("\nWhat came of it:")
    failures = list(books.trial_balance(cast, screen))
    if refusal != "booking_frozen":
        failures.append(f"cancelling was to be refused as booking_frozen, not {refusal}")
    if any(event["type"] == "RefundRequested" for event in found["timeline"]):
        failures.append("a refund was asked for beside the dispute")
    if not books.letter(cast, "bank"):
        failures.append("the customer was not told")
    return failures


def _dispute(cast: Cast, payment_id: str, *, is_open: bool) -> Answer | None:
    disputes = cast.customer.get(f"/v1/payments/{payment_id}")["disputes"]
    return next((d for d in disputes if d["open"] is is_open), None)
