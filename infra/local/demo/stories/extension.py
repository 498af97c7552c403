"""A running session is extended, and the next customer is told of it beforehand (S1.12)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from infra.local.demo import books, post, telling
from infra.local.demo.cast import (
    BACKUP,
    CARD,
    CUSTOMER,
    OPERATOR,
    OTHER_CUSTOMER,
    PUBLISHABLE_KEY,
    TAKES_CALLS,
    Answer,
    Cast,
    book_and_pay,
    calm,
    hurry,
    run_to,
    set_the_stage,
    wait_for,
)
from infra.local.demo.watching import Watch

_BOOKED, _MORE, _TOO_MUCH = 15, 8, 12  # minutes
_ON_BALANCE = {"amount_minor": 25000, "currency": "rub"}
_LONGEST_WAIT = timedelta(minutes=10)


def play(cast: Cast, screen: telling.Screen) -> list[str]:
    """The whole story; returns what was not as promised."""
    numbers = (OPERATOR, CUSTOMER, BACKUP, OTHER_CUSTOMER)
    start = set_the_stage(cast, people={number: TAKES_CALLS for number in numbers})
    card_id = _saves_a_card(cast)
    after = start + timedelta(minutes=_BOOKED)
    phones = (OTHER_CUSTOMER, None)
    mine = book_and_pay(cast, cast.customer, cast.operator_id, start, minutes=_BOOKED)
    next_one = book_and_pay(
        cast, cast.other_customer, cast.operator_id, after, minutes=_BOOKED, phones=phones
    )
    screen.say(f"\nBooking {mine['id']} is followed by {next_one['id']}, with the same operator:")
    talk = Watch(cast, cast.customer, mine["id"], screen)
    hurry(cast)
    talk.until_happened("SidesJoined")
    calm(cast)
    failures = [*_extended(cast, screen, mine["id"], card_id)]
    hurry(cast)
    run_to(cast, after + timedelta(minutes=2))
    failures += _goes_on(cast, mine["id"])
    hurry(cast)
    talk.until_over()
    screen.say("\nAnd the session after it:")
    waits = Watch(cast, cast.other_customer, next_one["id"], screen)
    waits.until_over()
    calm(cast)
    account = cast.customer.get("/v1/account")
    screen.say("\nWhat came of it, for him and for the next customer:")
    for row in (*telling.bill(talk.booking), *telling.balance(account)):
        screen.say(row)
    for row in telling.bill(waits.booking):
        screen.say(row)
    return [
        *books.trial_balance(cast, screen),
        *failures,
        *_had(talk, _BOOKED + _MORE),
        *_had(waits, _BOOKED),
        *_told(cast, talk, waits),
    ]


def _saves_a_card(cast: Cast) -> str:
    """He puts money on his balance, and has the card saved with it; returns the card."""
    consent = cast.customer.get("/v1/account/cards")["consent"]
    made = cast.customer.post(
        "/v1/account/top-ups",
        {
            **_ON_BALANCE,
            "language": "en",
            "save_card": True,
            "consent": {"version": consent["version"], "accepted": True},
        },
    )
    cast.payments.form(
        f"/v1/payment_intents/{made['id']}/confirm",
        {"client_secret": made["client_secret"], "payment_method": CARD},
        PUBLISHABLE_KEY,
    )

    def saved() -> str | None:
        cards = cast.customer.get("/v1/account/cards")["items"]
        money = cast.customer.get("/v1/account")["money"]
        return str(cards[0]["id"]) if cards and money == [_ON_BALANCE] else None

    return wait_for("the card to be saved", saved)


def _extended(cast: Cast, screen: telling.Screen, booking_id: str, card_id: str) -> Iterator[str]:
    path = f"/v1/bookings/{booking_id}"
    too_much = {"minutes": _TOO_MUCH, "card_id": card_id}
    refusal = cast.customer.refused(f"{path}/extend", too_much)
    screen.say(f"\n{_TOO_MUCH} more minutes are refused: {refusal}.")
    quote = cast.customer.get(f"{path}/extension", minutes=str(_MORE))
    screen.say(f"He asks what {_MORE} more cost, and takes them:")
    for row in telling.extension(quote):
        screen.say(row)
    cast.customer.post(f"{path}/extend", {"minutes": _MORE, "card_id": card_id})
    if refusal != "next_customer_waits":
        yield f"{_TOO_MUCH} more were to be refused as next_customer_waits, not {refusal}"
    if quote["next_delay_seconds"] > _LONGEST_WAIT.total_seconds():
        yield f"the next customer was to wait ten minutes at most: {quote}"


def _goes_on(cast: Cast, booking_id: str) -> Iterator[str]:
    """Two minutes after its booked end, both are in the conference."""
    conferences: list[Answer] = cast.exchange.get("/_control/state")["conferences"]
    here = [one["participants"] for one in conferences if one["name"] == f"booking-{booking_id}"]
    if sum(len(participants) for participants in here) != 2:
        yield f"both were to be on the phone after the booked end, not {here}"


def _had(watch: Watch, minutes: int) -> Iterator[str]:
    bill = watch.booking["session"]["bill"]
    if abs(bill["billed"] - minutes * 60) > 5:
        yield f"{minutes} minutes were to be had in {watch.booking['id']}, not {bill}"


def _told(cast: Cast, talk: Watch, waits: Watch) -> Iterator[str]:
    booked = datetime.fromisoformat(waits.booking["starts_at"])
    delay = timedelta(seconds=waits.booking["delay_seconds"])
    if not timedelta() < delay <= _LONGEST_WAIT:
        yield f"the next session was to begin later, by ten minutes at most, not by {delay}"
    if datetime.fromisoformat(talk.booking["session"]["ended_at"]) > booked + delay:
        yield "the extended session was to end before the next one begins"
    letters = post.letters(cast, cast.addresses["customer_2"])
    if sum("minutes later" in letter.subject for letter in letters) != 1:
        yield "the next customer was to be told once of the delay"
    due = [one for one in waits.events if one["fields"].get("letter") == "session_delayed"]
    if any(datetime.fromisoformat(one["at"]) > booked for one in due):
        yield "he was to be told before his booked start"
