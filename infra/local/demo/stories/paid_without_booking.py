"""Money that found its booking gone, and no webhook that told of it (S1.14, S2.5, S2.10)."""

from datetime import datetime, timedelta

from infra.local.demo import books
from infra.local.demo.cast import (
    Cast,
    book,
    pay,
    pay_beside,
    payment_of,
    refund_that_is,
    run_to,
    set_the_stage,
    wait_for,
    wait_until_booking_is,
)
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
    wait_until_booking_is(cast, booking["id"], "scheduled")
    took = cast.now() - paid_at
    books.trail(cast, payment_id, screen)
    screen.say(f"  the booking was made {took.seconds} s of business time after the payment")
    return [f"it took {took}, not 15 minutes at most"] if took > timedelta(minutes=15) else []


def _too_late(cast: Cast, screen: Screen, start: datetime) -> list[str]:
    booking = book(cast.customer, cast.operator_id, start)
    screen.say(f"\nBooking {booking['id']} is not paid in time, and somebody else takes the slot:")
    run_to(cast, datetime.fromisoformat(booking["hold_until"]) + _MINUTE)
    wait_until_booking_is(cast, booking["id"], "expired")
    other = book(cast.other_customer, cast.operator_id, start)
    pay(cast, cast.other_customer, other["id"])
    late = pay_beside(cast, booking)
    screen.say(f"His payment {late} comes after that. The slots that are offered instead:")
    cast.control.post("/clock", {"hurry": 60})
    payment = wait_for("the late payment", lambda: payment_of(cast, late))
    for slot in payment["choice"]["slots"]:
        screen.say(f"  {slot}")
    screen.say("He chooses his money back:")
    cast.customer.post(f"/v1/payments/{late}/choice", {"choice": "refund"})
    wait_for("the refund", lambda: refund_that_is(cast, late, "settled"))
    books.trail(cast, late, screen)
    told = books.letter(cast, "came late: please choose")
    return [] if told else ["the customer was not asked what he wants"]
