"""The bank blocks the card: the slot stays, he is told what to do, and pays again (S1.14)."""

from datetime import datetime, timedelta

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
from infra.local.demo.telling import Screen, line

_BLOCKED = "pm_card_chargeDeclined"


def play(cast: Cast, screen: Screen) -> list[str]:
    """The whole story; returns what was not as promised."""
    start = set_the_stage(cast, people={}, hours=2) + timedelta(hours=1)
    booking = book(cast.customer, cast.operator_id, start)
    screen.say(f"\nThe bank refuses the card for booking {booking['id']}:")
    first = pay(cast, cast.customer, booking["id"], _BLOCKED)
    declined = wait_for("the refusal", lambda: _declined(cast, booking["id"]))
    screen.say(f"  {declined['decline_code']}: {declined['advice']['text']}")
    held = datetime.fromisoformat(booking["hold_until"])
    longer = datetime.fromisoformat(declined["hold_until"])
    screen.say(f"  the slot was held until {held:%H:%M:%S}, and is now until {longer:%H:%M:%S}")
    screen.say("He pays on the same booking with another card:")
    second = pay(cast, cast.customer, booking["id"])
    wait_until_booking_is(cast, booking["id"], "scheduled")
    for event in cast.customer.get(f"/v1/bookings/{booking['id']}/timeline")["items"]:
        screen.say(line(event))
    screen.say("\nWhat came of it:")
    failures = list(books.trial_balance(cast, screen))
    if longer - held != timedelta(minutes=15):
        failures.append(f"the slot was to be held 15 minutes longer, not {longer - held}")
    if first != second:
        failures.append("a second payment intent was made for one booking")
    charges = cast.payments.get("/_control/state")["charges"]
    taken = [charge["id"] for charge in charges if charge["paid"]]
    if len(taken) != 1:
        failures.append(f"one charge was to be made, not {len(taken)}")
    if not books.letter(cast, "did not go through"):
        failures.append("the customer was not told what to do")
    return failures


def _declined(cast: Cast, booking_id: str) -> Answer | None:
    found = cast.customer.get(f"/v1/bookings/{booking_id}/payment")
    return found if found["decline_code"] else None
