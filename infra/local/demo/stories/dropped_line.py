"""Thirty minutes bought, the line lost at the fifteenth, the customer called back (S1.5, S1.6)."""

import time
from collections.abc import Iterator
from typing import Any

from infra.local.demo import books, telling
from infra.local.demo.cast import (
    BACKUP,
    CUSTOMER,
    MINUTES,
    OPERATOR,
    Cast,
    book,
    pay,
    set_the_stage,
)
from infra.local.settings import StackError

_DROP_AFTER = 15 * 60
_LOOK = 0.7  # real seconds between two looks at the timeline
_PATIENCE = 400.0  # real seconds the story may take
_LAST_STATES = frozenset({"completed", "cancelled", "expired"})
_PICKS_UP = [{"do": "answer", "after": 4}, {"do": "press", "keys": "1", "after": 2}]


def play(cast: Cast, screen: telling.Screen) -> list[str]:
    """The whole story; returns what was not as promised."""
    screen.say("\nA customer books Olga for 30 minutes and pays by card:")
    people = {
        OPERATOR: {"calls": [_PICKS_UP]},
        # The line breaks in the middle, and the same number cannot be reached again.
        CUSTOMER: {
            "calls": [[*_PICKS_UP, {"do": "drop", "after": _DROP_AFTER}], [{"do": "no_answer"}]]
        },
        BACKUP: {"calls": [_PICKS_UP]},
    }
    start = set_the_stage(cast, people=people)
    booking = book(cast.customer, cast.operator_id, start, language="ru")
    screen.say(f"  booking {booking['id']}, {booking['price']['amount_minor'] / 100:.2f} RUB")
    pay(cast, cast.customer, booking["id"])
    cast.control.post("/clock", {"hurry": 60})
    for event in _until_over(cast, booking["id"], screen):
        screen.say(telling.line(event))
    cast.control.post("/clock", {"factor": 1})
    return _checked(cast, booking["id"], screen)


def _until_over(cast: Cast, booking_id: str, screen: telling.Screen) -> Iterator[dict[str, Any]]:
    """Events as they come, until the booking is at its end."""
    told, give_up = 0, time.monotonic() + _PATIENCE
    while True:
        booking = cast.customer.get(f"/v1/bookings/{booking_id}")
        events = cast.customer.get(f"/v1/bookings/{booking_id}/timeline")["items"]
        yield from events[told:]
        told = len(events)
        if booking["status"] in _LAST_STATES:
            return
        if time.monotonic() > give_up:
            raise StackError(f"The story did not come to its end; it is {booking['status']}.")
        screen.bottom(telling.progress(cast.now(), cast.control.get("/clock"), booking))
        time.sleep(_LOOK)


def _checked(cast: Cast, booking_id: str, screen: telling.Screen) -> list[str]:
    booking = cast.customer.get(f"/v1/bookings/{booking_id}")
    events = cast.customer.get(f"/v1/bookings/{booking_id}/timeline")["items"]
    account = cast.customer.get("/v1/account")
    letters = cast.letters()
    screen.say("\nWhat came of it:")
    for row in (*telling.bill(booking), *telling.balance(account)):
        screen.say(row)
    screen.say(f"  letters sent: {len(letters)}")
    return [
        *books.trial_balance(cast, screen),
        *_broken_promises(booking, events, account, letters),
    ]


def _broken_promises(
    booking: dict[str, Any],
    events: list[dict[str, Any]],
    account: dict[str, Any],
    letters: list[str],
) -> Iterator[str]:
    left = [event["fields"]["left"] for event in events if event["type"] == "LineRestored"]
    bought = MINUTES * 60
    if [round(seconds / 5) for seconds in left] != [round((bought - _DROP_AFTER) / 5)]:
        yield f"15 minutes were to be left after the drop, not {left} seconds (S1.6)"
    bill = booking["session"]["bill"]
    if bill["billed"] + bill["unused"] != bought:
        yield f"billed and unused do not add up to what was bought: {bill}"
    returned = sum(lot["seconds_left"] for lot in account["lots"])
    if returned != bill["unused"]:
        yield f"{bill['unused']} unused seconds, but {returned} on the balance (S1.7)"
    if bill["unused"] > 5:
        yield f"{bill['unused']} paid seconds were not had"
    if len(letters) != 2:
        yield f"a receipt and one reminder were to be sent, not {len(letters)} letters (S1.3, S2.6)"
