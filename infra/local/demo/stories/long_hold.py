"""A customer has the other side wait: told at three minutes, closed at ten, billed (S1.11)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from infra.local.demo import books, telling
from infra.local.demo.cast import (
    BACKUP,
    CUSTOMER,
    MINUTES,
    OPERATOR,
    PICKS_UP,
    TAKES_CALLS,
    Answer,
    Cast,
    book_and_pay,
    calm,
    hurry,
    set_the_stage,
)
from infra.local.demo.watching import Watch

_ASKS_TO_WAIT = ({"do": "star", "after": 300}, {"do": "press", "keys": "2", "after": 2})
_NOTICE, _LIMIT = timedelta(minutes=3), 10 * 60
_CLOSING = "The wait was too long"


def play(cast: Cast, screen: telling.Screen) -> list[str]:
    """The whole story; returns what was not as promised."""
    people = {
        OPERATOR: TAKES_CALLS,
        CUSTOMER: {"calls": [[*PICKS_UP, *_ASKS_TO_WAIT]]},
        BACKUP: TAKES_CALLS,
    }
    start = set_the_stage(cast, people=people)
    booking = book_and_pay(cast, cast.customer, cast.operator_id, start)
    screen.say(f"\nBooking {booking['id']}: he has the other side wait, by his page and is back,")
    screen.say("then by star and 2, and does not come back:")
    watch = Watch(cast, cast.customer, booking["id"], screen)
    hurry(cast)
    watch.until_happened("SidesJoined")
    calm(cast)
    for wish in ("hold", "resume"):
        cast.customer.post(f"/v1/bookings/{booking['id']}/{wish}")
    hurry(cast)
    watch.until_over()
    calm(cast)
    account = cast.customer.get("/v1/account")
    screen.say("\nWhat came of it:")
    for row in (*telling.bill(watch.booking), *telling.balance(account)):
        screen.say(row)
    return [*books.trial_balance(cast, screen), *_broken_promises(cast, watch, account)]


def _broken_promises(cast: Cast, watch: Watch, account: Answer) -> Iterator[str]:
    session = watch.booking["session"]
    bill = session["bill"]
    if session["reason"] != "hold_limit":
        yield f"it was to end at the limit of the wait, not by {session['reason']}"
    # Whoever is told so is told within a second or two of it.
    if not _LIMIT <= bill["hold"] <= _LIMIT + 5:
        yield f"{_LIMIT} s of waiting were to be billed, not {bill['hold']} (S1.11)"
    if bill["billed"] != bill["talk"] + bill["hold"]:
        yield f"talk and wait were to be billed, and nothing else: {bill}"
    asked = [began["how"] for began in watch.of("HoldBegan")]
    if asked != ["api", "key"]:
        yield f"he was to ask by his page and by a key, not {asked}"
    began = datetime.fromisoformat(watch.of("HoldBegan")[-1]["moment"])
    noticed = [datetime.fromisoformat(at) - began for at in watch.at("HoldNoticed")]
    if len(noticed) != 1 or not _NOTICE <= noticed[0] <= _NOTICE + timedelta(seconds=10):
        yield f"both were to be told once, after three minutes, not {noticed}"
    heard = [text for leg in _legs(cast) for text in leg["heard"]]
    if sum(_CLOSING in text for text in heard) != 2:
        yield f"both were to hear why it ends: {heard}"
    left = sum(lot["seconds_left"] for lot in account["lots"])
    if left != bill["unused"] or bill["billed"] + bill["unused"] != MINUTES * 60:
        yield f"{bill['unused']} unused seconds, but {left} on the balance"
    if not books.letter(cast, "Your minutes are on your balance"):
        yield "he was not told where his minutes are"


def _legs(cast: Cast) -> list[Answer]:
    legs: list[Answer] = cast.exchange.get("/_control/state")["legs"]
    return legs
