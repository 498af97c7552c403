"""Money that found its booking gone, and no webhook that told of it (S1.14, S2.5, S2.10)."""

from datetime import datetime, timedelta

from infra.local.demo import books
from infra.local.demo.caller import Refused
from infra.local.demo.cast import Answer, Cast, book, pay, run_to, set_the_stage, wait_for
from infra.local.demo.telling import Screen

_MINUTE = timedelta(minutes=1)


def play(cast: Cast, screen: Screen) -> list[str]:
    """The whole story; returns what was not as promised."""
    cast.payments.post("/_control/faults", {"webhooks": [{"kind": "drop", "count": None}]})
    screen.say("\nFrom now on every webhook of the payment provider is lost.")
    start = set_the_stage(cast, people={}, hours=4) + timedelta(hours=2)
    failures = _found_without_webhook(cast, screen, start)
    failures += _too_late(cast, screen, start + timedelta(hours=1))
    cast.control.post("/clock", {"factor": 1})
    return [*failures, *books.trial_balance(cast, screen)]


def _found_without_webhook(cast: Cast, screen: Screen, start: datetime) -> list[str]:
    booking = book(cast.customer, cast.operator_id, start)
    held_until = datetime.fromisoformat(booking["hold_until"])
    screen.say(f"\nBooking {booking['id']} is paid a minute before its slot is released:")
    cast.customer.post(f"/v1/bookings/{booking['id']}/payment")
    run_to(cast, held_until - _MINUTE)
    payment_id = pay(cast, cast.customer, booking["id"])
    paid_at = cast.now()
    cast.control.post("/clock", {"hurry": 60})
    wait_for("the booking", lambda: _is(cast, booking["id"], "scheduled"))
    took = cast.now() - paid_at
    books.trail(cast, payment_id, screen)
    screen.say(f"  the booking was made {took.seconds} s of business time after the payment")
    return [f"it took {took}, not 15 minutes at most"] if took > timedelta(minutes=15) else []


def _too_late(cast: Cast, screen: Screen, start: datetime) -> list[str]:
    booking = book(cast.customer, cast.operator_id, start)
    screen.say(f"\nBooking {booking['id']} is not paid in time, and somebody else takes the slot:")
    run_to(cast, datetime.fromisoformat(booking["hold_until"]) + _MINUTE)
    wait_for("the release", lambda: _is(cast, booking["id"], "expired"))
    other = book(cast.other_customer, cast.operator_id, start)
    pay(cast, cast.other_customer, other["id"])
    late = cast.payments.post(
        "/_control/payment_intents",
        {
            "amount": booking["card_due"]["amount_minor"],
            "currency": booking["card_due"]["currency"],
            "metadata": {"booking_id": booking["id"]},
        },
    )["id"]
    screen.say(f"His payment {late} comes after that. The slots that are offered instead:")
    cast.control.post("/clock", {"hurry": 60})
    payment = wait_for("the late payment", lambda: _found(cast, late))
    for slot in payment["choice"]["slots"]:
        screen.say(f"  {slot}")
    screen.say("He chooses his money back:")
    cast.customer.post(f"/v1/payments/{late}/choice", {"choice": "refund"})
    wait_for("the refund", lambda: _settled(cast, late))
    books.trail(cast, late, screen)
    told = books.letter(cast, "came late: please choose")
    return [] if told else ["the customer was not asked what he wants"]


def _is(cast: Cast, booking_id: str, status: str) -> bool | None:
    found = cast.customer.get(f"/v1/bookings/{booking_id}")["status"]
    return True if found == status else None


def _found(cast: Cast, payment_id: str) -> Answer | None:
    try:
        return cast.customer.get(f"/v1/payments/{payment_id}")
    except Refused:  # not found at the provider yet
        return None


def _settled(cast: Cast, payment_id: str) -> bool | None:
    refunds = cast.customer.get(f"/v1/payments/{payment_id}")["refunds"]
    return True if any(r["status"] == "settled" for r in refunds) else None
