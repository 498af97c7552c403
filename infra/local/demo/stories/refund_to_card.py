"""A cancelled session goes back to its card, or to the balance where that is closed (S2.2)."""

from datetime import datetime, timedelta

from infra.local.demo import books, telling
from infra.local.demo.cast import (
    Cast,
    book,
    pay,
    refund_that_is,
    set_the_stage,
    wait_for,
    wait_until_booking_is,
)
from infra.local.demo.telling import Screen

_CLOSED = "pm_card_refundFail"


def play(cast: Cast, screen: Screen) -> list[str]:
    """The whole story; returns what was not as promised."""
    start = set_the_stage(cast, people={}, hours=4) + timedelta(hours=2)
    failures: list[str] = []
    good = _cancelled(cast, screen, start, "pm_card_pendingRefund")
    bad = _cancelled(cast, screen, start + timedelta(hours=1), _CLOSED)
    cast.control.post("/clock", {"hurry": 60})
    wait_for("the first refund", lambda: refund_that_is(cast, good, "settled"))
    failed = wait_for("the failure of the second", lambda: refund_that_is(cast, bad, "failed"))
    cast.control.post("/clock", {"factor": 1})
    for payment_id in (good, bad):
        screen.say(f"\nWhat happened to {payment_id}:")
        books.trail(cast, payment_id, screen)
    account = cast.customer.get("/v1/account")
    screen.say("\nWhat came of it:")
    for row in telling.balance(account):
        screen.say(row)
    if account["money"] != [failed["amount"]]:
        failures.append(f"{failed['amount']} was to stand on the balance, not {account['money']}")
    for words in ("We are returning", "could not take the refund"):
        if not books.letter(cast, words):
            failures.append(f"the customer was not told: {words}")
    return [*failures, *books.trial_balance(cast, screen)]


def _cancelled(cast: Cast, screen: Screen, start: datetime, card: str) -> str:
    booking = book(cast.customer, cast.operator_id, start)
    payment_id = pay(cast, cast.customer, booking["id"], card)
    wait_until_booking_is(cast, booking["id"], "scheduled")
    cast.customer.post(f"/v1/bookings/{booking['id']}/cancel")
    screen.say(f"\nBooking {booking['id']}, paid by {card}, is cancelled before its start.")
    return payment_id
