"""One booking paid twice: by the customer's page, and by a link somebody had sent (S1.14, S2.1)."""

from infra.local.demo import books
from infra.local.demo.cast import (
    Cast,
    book,
    pay,
    pay_beside,
    refund_that_is,
    set_the_stage,
    status_of,
    wait_for,
    wait_until_booking_is,
)
from infra.local.demo.telling import Screen


def play(cast: Cast, screen: Screen) -> list[str]:
    """The whole story; returns what was not as promised."""
    start = set_the_stage(cast, people={})
    booking = book(cast.customer, cast.operator_id, start)
    screen.say(f"\nA customer books {booking['id']} and pays for it on our page,")
    first = pay(cast, cast.customer, booking["id"])
    wait_until_booking_is(cast, booking["id"], "scheduled")
    screen.say("and once more by a link that somebody had sent for the same order.")
    price, second = booking["card_due"], pay_beside(cast, booking)
    refunded = wait_for("the refund", lambda: refund_that_is(cast, second, "settled"))
    screen.say(f"\nWhat happened to the second payment, {second}:")
    books.trail(cast, second, screen)
    screen.say("\nWhat came of it:")
    screen.say(f"  {second}: {refunded['status']}, the booking is {status_of(cast, booking['id'])}")
    failures = list(books.trial_balance(cast, screen))
    if refunded["amount"] != price:
        failures.append(f"{price} was to go back, not {refunded['amount']}")
    if refund_that_is(cast, first, "settled") is not None:
        failures.append("the valid payment was refunded too")
    if status_of(cast, booking["id"]) != "scheduled":
        failures.append("the booking did not stay")
    if not books.letter(cast, "You were charged twice"):
        failures.append("the customer was not told")
    return failures
