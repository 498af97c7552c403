"""A number that nobody has is corrected by a link: in time, and after the session (S1.10)."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from infra.local.demo import books, post, telling
from infra.local.demo.cast import (
    CUSTOMER,
    OPERATOR,
    OTHER_CUSTOMER,
    OTHER_OPERATOR,
    TAKES_CALLS,
    Cast,
    book_and_pay,
    calm,
    hurry,
    second_operator,
    set_the_stage,
)
from infra.local.demo.watching import Watch

_MINUTES = 5
# Nobody has these; +1 202 555 01xx is reserved for fiction.
_MISTYPED, _MISTYPED_TOO = "+12025550117", "+12025550118"
_NOBODYS: Mapping[str, Any] = {"calls": [[{"do": "unallocated"}]]}


def play(cast: Cast, screen: telling.Screen) -> list[str]:
    """The whole story; returns what was not as promised."""
    numbers = (OPERATOR, OTHER_OPERATOR, CUSTOMER, OTHER_CUSTOMER)
    people = {number: TAKES_CALLS for number in numbers}
    people |= dict.fromkeys((_MISTYPED, _MISTYPED_TOO), _NOBODYS)
    start = set_the_stage(cast, people=people)
    failures = [*_in_time(cast, screen, start)]
    failures += _afterwards(cast, screen, start + timedelta(minutes=30))
    return [*books.trial_balance(cast, screen), *failures]


def _in_time(cast: Cast, screen: telling.Screen, start: datetime) -> Iterator[str]:
    phones = (_MISTYPED, None)
    booking = book_and_pay(
        cast, cast.customer, cast.operator_id, start, minutes=_MINUTES, phones=phones
    )
    screen.say(f"\nBooking {booking['id']} is paid, but a digit of the number is wrong:")
    watch = Watch(cast, cast.customer, booking["id"], screen)
    hurry(cast)
    watch.until("the letter", lambda: "number_wrong" in _letters(watch))
    calm(cast)
    letter = post.letter(cast, cast.addresses["customer"], "correct it")
    shown = cast.visitor.get(f"/v1/phones/{letter.token}")
    screen.say(f"\nHis link shows the number as {shown['main_phone']}, and he corrects it:")
    cast.visitor.post(f"/v1/phones/{letter.token}", {"main_phone": CUSTOMER})
    hurry(cast)
    watch.until_over()
    calm(cast)
    for row in telling.bill(watch.booking):
        screen.say(row)
    if not _had(watch):
        yield f"the same session was to be had: {watch.booking['session']}"
    if watch.booking["offers"] or watch.of("BonusGranted"):
        yield "nothing was to be offered or given for a mistake of his own"


def _afterwards(cast: Cast, screen: telling.Screen, start: datetime) -> Iterator[str]:
    phones, customer = (_MISTYPED_TOO, None), cast.other_customer
    booking = book_and_pay(cast, customer, cast.operator_id, start, minutes=_MINUTES, phones=phones)
    screen.say(f"\nBooking {booking['id']} has a wrong number too, and nobody reads the letter:")
    watch = Watch(cast, customer, booking["id"], screen)
    hurry(cast)
    watch.until_happened("OfferMade")
    calm(cast)
    address = cast.addresses["customer_2"]
    letter = post.letter(cast, address, "correct it")
    second_operator(cast, start)
    screen.say("\nNow he does, and is called by the same link, on his right number:")
    link = f"/v1/offers/{letter.token}"
    without = cast.visitor.refused(f"{link}/accept", {"choice": "call_now"})
    right = {"choice": "call_now", "main_phone": OTHER_CUSTOMER}
    new = cast.visitor.post(f"{link}/accept", right)["new_booking"]
    talk = Watch(cast, customer, new["id"], screen)
    hurry(cast)
    talk.until_over()
    calm(cast)
    screen.say("\nWhat came of it:")
    account = customer.get("/v1/account")
    for row in (*telling.bill(talk.booking), *telling.balance(account)):
        screen.say(row)
    judged = watch.of("IncidentJudged")[-1]
    if judged["cause"] != "wrong_number":
        yield f"the number was to be found wrong, not {judged}"
    if without != "number_needed":
        yield f"a call without a number was to be refused as number_needed, not {without}"
    if not _had(talk):
        yield f"the session was to be had: {talk.booking['session']}"
    if watch.of("BonusGranted"):
        yield "no bonus was to be given for a mistake of his own (S1.10)"


def _letters(watch: Watch) -> list[str]:
    return [due["letter"] for due in watch.of("LetterDue")]


def _had(watch: Watch) -> bool:
    bill = watch.booking["session"]["bill"]
    return bool(abs(bill["billed"] - _MINUTES * 60) <= 5)
