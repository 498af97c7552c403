"""`make demo`: plays the story and checks its end.

Exit code 0 only if fifteen minutes were left after the drop, every paid minute was had, and the
ledger's trial balance is zero.
"""

import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from infra.local.demo import story, telling
from infra.local.demo.caller import Caller
from infra.local.settings import Settings, StackError
from infra.local.stack import running

_LOOK = 0.7  # real seconds between two looks at the timeline
_PATIENCE = 400.0  # real seconds a story may take
_LAST_STATES = frozenset({"completed", "cancelled", "expired"})


def main() -> int:
    """Play it."""
    screen = telling.Screen()
    screen.say("Redial: a booked, paid, dropped and finished phone session, on this machine.")
    try:
        with running(Settings.from_environment(), screen.say) as stack:
            failures = play(story.Cast.of(stack), Caller(stack["aws"]), screen)
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; everything that was started has been ended", file=sys.stderr)
        return 130
    for failure in failures:
        screen.say(f"  FAILED: {failure}")
    screen.say(
        "\nNot as promised."
        if failures
        else "\nAs promised: 15 minutes were left after the drop, every paid minute was had, "
        "and the trial balance is zero."
    )
    return 1 if failures else 0


def play(cast: story.Cast, aws: Caller, screen: telling.Screen) -> list[str]:
    """The whole story; returns what was not as promised."""
    screen.say("\nA customer books Olga for 30 minutes and pays by card:")
    start = story.set_the_stage(cast)
    booking = story.book(cast, start)
    booking_id = booking["id"]
    screen.say(f"  booking {booking_id}, {booking['price']['amount_minor'] / 100:.2f} RUB")
    story.pay(cast, booking_id)
    cast.control.post("/clock", {"hurry": 60})
    for event in _until_over(cast, booking_id, screen):
        screen.say(telling.line(event))
    cast.control.post("/clock", {"factor": 1})
    return _checked(cast, booking_id, aws, screen)


def _until_over(
    cast: story.Cast, booking_id: str, screen: telling.Screen
) -> Iterator[dict[str, Any]]:
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


def _checked(cast: story.Cast, booking_id: str, aws: Caller, screen: telling.Screen) -> list[str]:
    booking = cast.customer.get(f"/v1/bookings/{booking_id}")
    events = cast.customer.get(f"/v1/bookings/{booking_id}/timeline")["items"]
    account = cast.customer.get("/v1/account")
    now = cast.now()
    days = {
        "from": (now - timedelta(days=1)).isoformat().replace("+00:00", "Z"),
        "to": (now + timedelta(minutes=1)).isoformat().replace("+00:00", "Z"),
    }
    trial = cast.manager.get("/v1/desk/trial-balance", **days)
    sent = aws.get("/_ministack/ses/messages")["messages"]
    letters = [letter for of_account in sent.values() for letter in of_account]
    screen.say("\nWhat came of it:")
    for row in (*telling.bill(booking), *telling.balance(account), *telling.trial(trial)):
        screen.say(row)
    screen.say(f"  letters sent: {len(letters)}")
    return list(_broken_promises(booking, events, account, trial, letters))


def _broken_promises(
    booking: dict[str, Any],
    events: list[dict[str, Any]],
    account: dict[str, Any],
    trial: dict[str, Any],
    letters: list[dict[str, Any]],
) -> Iterator[str]:
    left = [event["fields"]["left"] for event in events if event["type"] == "LineRestored"]
    bought, gone = story.MINUTES * 60, story.DROP_AFTER
    if [round(seconds / 5) for seconds in left] != [round((bought - gone) / 5)]:
        yield f"15 minutes were to be left after the drop, not {left} seconds (S1.6)"
    bill = booking["session"]["bill"]
    if bill["billed"] + bill["unused"] != bought:
        yield f"billed and unused do not add up to what was bought: {bill}"
    returned = sum(lot["seconds_left"] for lot in account["lots"])
    if returned != bill["unused"]:
        yield f"{bill['unused']} unused seconds, but {returned} on the balance (S1.7)"
    if bill["unused"] > 5:
        yield f"{bill['unused']} paid seconds were not had"
    if not trial["zero"]:
        yield f"the trial balance is not zero: {trial}"
    if len(letters) != 1:
        yield f"one reminder was to be sent, not {len(letters)} (S1.3)"


if __name__ == "__main__":
    sys.exit(main())
