"""The operator does not come: escalated, judged, and the customer chooses (S1.9, S1.10)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from infra.local.demo import books, post, telling
from infra.local.demo.cast import (
    BACKUP,
    CUSTOMER,
    MINUTES,
    OPERATOR,
    OPERATOR_BACKUP,
    OTHER_OPERATOR,
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
from infra.local.settings import SUPERVISOR

# In this order, where the first ring is placed in time; a journey proves that.
_STEPS = ["operator_again", "backup_route", "other_operator", "supervisor", "case"]
# It counts from the first ring, which a busy machine may place late.
_WAIT, _SLACK = timedelta(minutes=10), timedelta(minutes=2)
_BONUS = 10 * 60
_SILENT = {"calls": [[{"do": "no_answer"}]]}


def play(cast: Cast, screen: telling.Screen) -> list[str]:
    """The whole story; returns what was not as promised."""
    people = {
        OPERATOR: _SILENT,
        OPERATOR_BACKUP: _SILENT,
        OTHER_OPERATOR: TAKES_CALLS,
        CUSTOMER: TAKES_CALLS,
        BACKUP: TAKES_CALLS,
    }
    start = set_the_stage(cast, people=people)
    booking = book_and_pay(cast, cast.customer, cast.operator_id, start)
    screen.say(f"\nBooking {booking['id']} is paid; Olga, who is to come, picks up no phone:")
    missed = Watch(cast, cast.customer, booking["id"], screen)
    hurry(cast)
    missed.until_happened("OfferMade")
    calm(cast)
    letter = post.letter(cast, cast.addresses["customer"], "please choose")
    screen.say(f"\nHe is written to:\n\n{telling.quoted(letter.text)}")
    offered = cast.visitor.get(f"/v1/offers/{letter.token}")
    screen.say("His link opens without any sign-in, and he wants to be called now:")
    second_operator(cast, start)
    new = _accept(cast, letter, screen)
    talk = Watch(cast, cast.customer, new["id"], screen)
    hurry(cast)
    talk.until_over()
    again = _accept(cast, letter, screen)
    calm(cast)
    account = cast.customer.get("/v1/account")
    screen.say("\nWhat came of it:")
    for row in (*telling.bill(talk.booking), *telling.balance(account)):
        screen.say(row)
    failures = [*books.trial_balance(cast, screen), *_escalated(cast, missed, start)]
    if [choice["choice"] for choice in offered["choices"]] != ["call_now", "new_time", "refund"]:
        failures.append(f"three things were to be offered, not {offered['choices']} (S1.10)")
    if again != new:
        failures.append(f"accepted twice, the link led to {again}")
    return [*failures, *_called(cast, talk, account)]


def _accept(cast: Cast, letter: post.Letter, screen: telling.Screen) -> Answer:
    chosen = cast.visitor.post(f"/v1/offers/{letter.token}/accept", {"choice": "call_now"})
    new: Answer = chosen["new_booking"]
    screen.say(f"  chosen: {chosen['offer']['accepted']['choice']}, which is booking {new['id']}")
    return {name: new[name] for name in ("id", "operator_id", "minutes")}


def _escalated(cast: Cast, missed: Watch, start: datetime) -> Iterator[str]:
    steps = [escalated["step"] for escalated in missed.of("Escalated")]
    if sorted(steps) != sorted(_STEPS):
        yield f"the steps were to be {_STEPS}, not {steps} (S1.9)"
    judged = missed.of("IncidentJudged")[-1]
    if (judged["mishaps"], judged["cause"]) != (["operator_absent"], "operator"):
        yield f"the operator was to be found at fault, not {judged}"
    waited = datetime.fromisoformat(missed.booking["session"]["ended_at"]) - start
    if not _WAIT <= waited <= _WAIT + _SLACK:
        yield f"it was to be judged after {_WAIT}, not {waited} (S1.10)"
    for who, address, words in (
        ("the operator", cast.addresses["operator"], "Will you be there"),
        ("the customer", cast.addresses["customer"], "Please stay near your phone"),
        ("the supervisor", SUPERVISOR, "Nobody answers"),
    ):
        if [words in letter.subject for letter in post.letters(cast, address)].count(True) != 1:
            yield f"{who} was to be written to once: {words}"


def _called(cast: Cast, talk: Watch, account: Answer) -> Iterator[str]:
    if talk.booking["operator_id"] != cast.other_operator_id:
        yield "the other operator was to be called"
    rung = [leg["number"] for leg in cast.exchange.get("/_control/state")["legs"]]
    if OTHER_OPERATOR not in rung:
        yield "the other operator's phone did not ring"
    bill = talk.booking["session"]["bill"]
    if abs(bill["billed"] - MINUTES * 60) > 5:
        yield f"{MINUTES} minutes were to be had, not {bill['billed']} s"
    left = sum(lot["seconds_left"] for lot in account["lots"])
    if left != _BONUS + bill["unused"]:
        yield f"{_BONUS} s of bonus were to stand on the balance, not {left} (S1.10)"
