"""A bad line: each remedy in turn, stopped with a bonus; and figures that come later (S1.8)."""

from collections.abc import Iterator
from typing import Any

from infra.local.demo import books, post, telling
from infra.local.demo.cast import (
    CUSTOMER,
    MINUTES,
    OPERATOR,
    OTHER_CUSTOMER,
    OTHER_OPERATOR,
    PICKS_UP,
    TAKES_CALLS,
    Answer,
    Cast,
    book_and_pay,
    calm,
    hurry,
    second_operator,
    set_the_stage,
)
from infra.local.demo.watching import Watch

_BONUS = 10 * 60
_REMEDIES = ["redial", "move", "redial_later", "choice"]
_COMPLAINS = ({"do": "star", "after": 60}, {"do": "press", "keys": "3", "after": 2})
_STOPS = {"do": "press", "keys": "2", "after": 2}
_NOISE = {"do": "noise"}
_ENDS_EARLY = ({"do": "star", "after": 600}, {"do": "press", "keys": "9", "after": 2})


def play(cast: Cast, screen: telling.Screen) -> list[str]:
    """The whole story; returns what was not as promised."""
    people: dict[str, Any] = {
        OPERATOR: TAKES_CALLS,
        OTHER_OPERATOR: TAKES_CALLS,
        CUSTOMER: {
            "calls": [
                [*PICKS_UP, *_COMPLAINS],
                [*PICKS_UP, *_COMPLAINS, *_COMPLAINS],
                [*PICKS_UP, *_COMPLAINS, _STOPS],
            ]
        },
        OTHER_CUSTOMER: {"calls": [[*PICKS_UP, _NOISE, *_ENDS_EARLY]]},
    }
    start = set_the_stage(cast, people=people)
    second_operator(cast, start)
    phones = (OTHER_CUSTOMER, None)
    booking = book_and_pay(cast, cast.customer, cast.operator_id, start, phones=(CUSTOMER, None))
    other = book_and_pay(cast, cast.other_customer, cast.other_operator_id, start, phones=phones)
    screen.say(f"\nBooking {booking['id']}, whose customer says by star and 3 that it is bad:")
    stopped = Watch(cast, cast.customer, booking["id"], screen)
    hurry(cast)
    stopped.until_over()
    screen.say(f"\nBooking {other['id']}, whose customer only ends it early, says nothing:")
    silent = Watch(cast, cast.other_customer, other["id"], screen)
    silent.until_happened("BonusGranted")
    calm(cast)
    screen.say("\nWhat came of it, where he complained and where he did not:")
    accounts = [one.get("/v1/account") for one in (cast.customer, cast.other_customer)]
    for watch, account in zip((stopped, silent), accounts, strict=True):
        for row in (*telling.bill(watch.booking), *telling.balance(account)):
            screen.say(row)
    return [
        *books.trial_balance(cast, screen),
        *_complained(stopped, accounts[0]),
        *_measured(cast, silent, accounts[1]),
    ]


def _complained(watch: Watch, account: Answer) -> Iterator[str]:
    tried = [reported["remedy"] for reported in watch.of("BadLineReported")]
    if tried != _REMEDIES:
        yield f"the remedies were to be {_REMEDIES}, not {tried} (S1.8)"
    session = watch.booking["session"]
    if session["reason"] != "bad_line":
        yield f"he was to stop because of the line, not {session['reason']}"
    if session["bill"]["gap"] < 300:
        yield f"the five minutes without a line were billed: {session['bill']}"
    yield from _given(watch, account)
    choices = [choice["choice"] for choice in watch.booking["offers"][-1]["choices"]]
    if choices != ["new_time", "other_phone"]:
        yield f"a new time and another phone were to be offered, not {choices} (S1.8)"


def _measured(cast: Cast, watch: Watch, account: Answer) -> Iterator[str]:
    if watch.of("BadLineReported"):
        yield "he was to say nothing of the line"
    if not any(measured["crossed"] for measured in watch.of("QualityMeasured")):
        yield "the provider's figures were to show a bad line"
    yield from _given(watch, account)
    if not post.letter(cast, cast.addresses["customer_2"], "bonus minutes for you"):
        yield "he was not told of the bonus"


def _given(watch: Watch, account: Answer) -> Iterator[str]:
    bill = watch.booking["session"]["bill"]
    if bill["billed"] + bill["unused"] != MINUTES * 60:
        yield f"billed and unused do not add up to what was bought: {bill}"
    left = sum(lot["seconds_left"] for lot in account["lots"])
    if left != bill["unused"] + _BONUS:
        yield f"{bill['unused']} unused and {_BONUS} bonus seconds were to be his, not {left}"
