"""A session on the deployed stack: rung, joined, dropped, taken up again, ended by key, settled."""

import json
from datetime import datetime

import pytest

from shared.domain.session.instructions import Prompt
from shared.domain.session.wording import spoken
from tests.e2e import payment_double
from tests.e2e.customer import Customer, Json
from tests.e2e.half_hour import CALLS_BACK_AFTER, DROPS_AFTER, MINUTES, HalfHour
from tests.e2e.local_stack import OPERATOR_PHONE, PER_MINUTE, LocalStack, wait_for

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

BOUGHT = MINUTES * 60
# Business seconds between our word that a leg may join and the exchange's that it has: at the pace
# of a leg in motion, a real second is five of them.
SLACK = 10
CHECKLIST = (  # S1.3, point by point
    "батареи не меньше 50 % или телефон заряжается",
    "сигнал сети или включены звонки по Wi-Fi",
    "Ожидание вызова отключено (наберите #43#)",
    "комната, где вас никто не потревожит",
    "номер указан верно, с кодом страны",
    "запасной номер",
)


def settled(anna: Customer, half_hour: HalfHour) -> Json:
    """The session as it was settled."""
    session: Json = anna.booking(half_hour.session)["session"]
    return session


def test_the_dropped_call_goes_on_where_it_stopped(anna: Customer, half_hour: HalfHour) -> None:
    # S1.5, S1.6
    number = half_hour.session
    (dropped,) = anna.events(number, "LineDropped")
    assert dropped["fields"]["lost"] == ["customer"]
    (restored,) = anna.events(number, "LineRestored")
    spent = BOUGHT - restored["fields"]["left"]
    assert DROPS_AFTER <= spent + 1 <= DROPS_AFTER + SLACK
    # The customer called back in time, so that nobody rang him again.
    assert len(anna.events(number, "LegCalledIn")) == 1
    rung = [leg["fields"]["side"] for leg in anna.events(number, "LegRequested")]
    assert rung == ["operator", "customer"]


def test_every_second_of_the_session_is_of_one_kind(anna: Customer, half_hour: HalfHour) -> None:
    # S1.6, S1.7, Never 4
    session = settled(anna, half_hour)
    bill = session["bill"]
    assert session["reason"] == "customer_ended"
    assert bill["billed"] == bill["talk"] + bill["hold"] == BOUGHT - bill["unused"]
    assert bill["talk"] > DROPS_AFTER
    assert bill["gap"] >= CALLS_BACK_AFTER
    began, ended = (datetime.fromisoformat(session[at]) for at in ("started_at", "ended_at"))
    wall = sum(bill[part] for part in ("waiting", "talk", "hold", "gap"))
    assert abs(wall - (ended - began).total_seconds()) < 1


def test_nothing_is_said_before_the_key_but_which_key(
    stack: LocalStack, anna: Customer, half_hour: HalfHour
) -> None:  # S1.4
    exchange = stack.on_the_phone()
    assert exchange["alerts"] == []
    # The session of this half hour is the Russian one, on these numbers.
    legs = [leg for leg in exchange["legs"] if leg["number"] in (anna.phone, OPERATOR_PHONE)]
    assert {leg["number"] for leg in legs} == {anna.phone, OPERATOR_PHONE}
    first = {spoken(prompt, "ru") for prompt in (Prompt.PRESS_ONE, Prompt.PRESS_ONE_OR_END)}
    for leg in legs:
        assert leg["heard"][0] in first
        assert not any(name in " ".join(leg["heard"]) for name in ("Olga", "Anna"))


def test_the_reminder_has_the_whole_checklist_in_the_customers_language_and_is_sent_once(
    stack: LocalStack, half_hour: HalfHour
) -> None:  # S1.3
    letters = [
        json.dumps(letter, ensure_ascii=False)
        for letter in stack.letters_to("customer")
        if half_hour.session in json.dumps(letter)
    ]
    # The receipt of the payment is the other letter about this booking.
    (letter,) = [each for each in letters if CHECKLIST[0] in each]
    assert len(letters) == 2
    assert [point for point in CHECKLIST if point not in letter] == []


def test_unused_minutes_and_a_card_pay_for_the_next_session_together(
    stack: LocalStack, anna: Customer, half_hour: HalfHour
) -> None:  # S1.1, S1.7, S2.3, S2.9
    unused = settled(anna, half_hour)["bill"]["unused"]
    balance = anna.account()
    assert [lot["seconds_left"] for lot in balance["lots"]] == [unused]
    booking = anna.book(stack.free_quarter(), MINUTES, use_balance=True)
    assert anna.account()["lots"] == []
    number, due = booking["id"], booking["card_due"]["amount_minor"]
    assert booking["price"]["amount_minor"] == MINUTES * PER_MINUTE
    assert abs(due - (BOUGHT - unused) * PER_MINUTE / 60) <= 1
    intent_id = anna.start_payment(number)["payment_intent"]
    anna.pay(number)
    (charge,) = payment_double.of_payment(stack, "charges", intent_id)
    assert charge["amount"] == due
    assert anna.api.post(f"/v1/bookings/{number}/cancel").ok
    refunds = wait_for("the refund", lambda: payment_double.of_payment(stack, "refunds", intent_id))
    (refund,) = refunds
    assert refund["amount"] == due
    again = anna.account()
    assert [lot["seconds_left"] for lot in again["lots"]] == [unused]
    assert [lot["price"] for lot in again["lots"]] == [lot["price"] for lot in balance["lots"]]
    trial = stack.trial_balance()
    assert trial["zero"], trial
