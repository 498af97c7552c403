"""One booking paid twice: by the customer's page, and by a link somebody had sent (S1.14, S2.1)."""

from infra.local.demo import books
from infra.local.demo.caller import Refused
from infra.local.demo.cast import Cast, book, pay, set_the_stage, wait_for
from infra.local.demo.telling import Screen


def play(cast: Cast, screen: Screen) -> list[str]:
    """The whole story; returns what was not as promised."""
    start = set_the_stage(cast, people={})
    booking = book(cast.customer, cast.operator_id, start)
    screen.say(f"\nA customer books {booking['id']} and pays for it on our page,")
    first = pay(cast, cast.customer, booking["id"])
    wait_for("the booking", lambda: True if _status(cast, booking["id"]) == "scheduled" else None)
    screen.say("and once more by a link that somebody had sent for the same order.")
    price = booking["card_due"]
    second = cast.payments.post(
        "/_control/payment_intents",
        {
            "amount": price["amount_minor"],
            "currency": price["currency"],
            "metadata": {"booking_id": booking["id"]},
        },
    )["id"]
    refunded = wait_for("the refund", lambda: _refunded(cast, second))
    screen.say(f"\nWhat happened to the second payment, {second}:")
    books.trail(cast, second, screen)
    screen.say("\nWhat came of it:")
    screen.say(f"  {second}: {refunded['status']}, the booking is {_status(cast, booking['id'])}")
    failures = list(books.trial_balance(cast, screen))
    if refunded["amount"] != price:
        failures.append(f"{price} was to go back, not {refunded['amount']}")
    if _refunded(cast, first) is not None:
        failures.append("the valid payment was refunded too")
    if _status(cast, booking["id"]) != "scheduled":
        failures.append("the booking did not stay")
    if not books.letter(cast, "You were charged twice"):
        failures.append("the customer was not told")
    return failures


def _status(cast: Cast, booking_id: str) -> str:
    return str(cast.customer.get(f"/v1/bookings/{booking_id}")["status"])


def _refunded(cast: Cast, payment_id: str) -> dict[str, object] | None:
    """The settled refund of a payment, where there is one."""
    try:
        payment = cast.customer.get(f"/v1/payments/{payment_id}")
    except Refused:  # not recorded yet
        return None
    return next((r for r in payment["refunds"] if r["status"] == "settled"), None)
