"""Thirty minutes bought, the line lost at the fifteenth, the customer called back (S1.5, S1.6)."""

from collections.abc import Iterator
from typing import Any

from infra.local.demo import books, post, telling
from infra.local.demo.cast import (
    BACKUP,
    CUSTOMER,
    MINUTES,
    OPERATOR,
    PICKS_UP,
    Cast,
    book,
    calm,
    hurry,
    pay,
    set_the_stage,
)
from infra.local.demo.watching import Watch

_DROP_AFTER = 15 * 60


def play(cast: Cast, screen: telling.Screen) -> list[str]:
    """The whole story; returns what was not as promised."""
    screen.say("\nA customer books Olga for 30 minutes and pays by card:")
    people = {
        OPERATOR: {"calls": [PICKS_UP]},
        # The line breaks in the middle, and the same number cannot be reached again.
        CUSTOMER: {
            "calls": [[*PICKS_UP, {"do": "drop", "after": _DROP_AFTER}], [{"do": "no_answer"}]]
        },
        BACKUP: {"calls": [PICKS_UP]},
    }
    start = set_the_stage(cast, people=people)
    booking = book(cast.customer, cast.operator_id, start, language="ru")
    screen.say(f"  booking {booking['id']}, {booking['price']['amount_minor'] / 100:.2f} RUB")
    pay(cast, cast.customer, booking["id"])
    watch = Watch(cast, cast.customer, booking["id"], screen)
    hurry(cast)
    watch.until_over()
    calm(cast)
    return _checked(cast, watch, screen)


def _checked(cast: Cast, watch: Watch, screen: telling.Screen) -> list[str]:
    account = cast.customer.get("/v1/account")
    letters = post.letters(cast, cast.addresses["customer"])
    screen.say("\nWhat came of it:")
    for row in (*telling.bill(watch.booking), *telling.balance(account)):
        screen.say(row)
    screen.say(f"  letters sent to him: {len(letters)}")
    return [
        *books.trial_balance(cast, screen),
        *_broken_promises(watch, account, letters),
    ]


def _broken_promises(
    watch: Watch, account: dict[str, Any], letters: list[post.Letter]
) -> Iterator[str]:
    left = [restored["left"] for restored in watch.of("LineRestored")]
    bought = MINUTES * 60
    if [round(seconds / 5) for seconds in left] != [round((bought - _DROP_AFTER) / 5)]:
        yield f"15 minutes were to be left after the drop, not {left} seconds (S1.6)"
    bill = watch.booking["session"]["bill"]
    if bill["billed"] + bill["unused"] != bought:
        yield f"billed and unused do not add up to what was bought: {bill}"
    returned = sum(lot["seconds_left"] for lot in account["lots"])
    if returned != bill["unused"]:
        yield f"{bill['unused']} unused seconds, but {returned} on the balance (S1.7)"
    if bill["unused"] > 5:
        yield f"{bill['unused']} paid seconds were not had"
    if len(letters) != 2:
        yield f"a receipt and one reminder were to be sent, not {len(letters)} letters (S1.3, S2.6)"
