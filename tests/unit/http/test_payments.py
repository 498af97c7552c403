"""What a customer sees of his payments and may answer, never another's."""

from datetime import timedelta
from typing import Any

import pytest

from shared.application.store import Cause
from shared.domain.money import Money
from shared.domain.payment import commands as c
from tests.unit.http.house import ANNA, BORIS, NOW, OLGA, PAVEL, House, assert_problem, order
from tests.unit.http.paid import PRICE, disputed, paid, report, started, unused

_NOBODYS = "pi_999"
_POSTS: list[tuple[str, dict[str, Any] | None]] = [
    ("/shown", None),
    ("/duplicate-answer", {"wanted_both": True}),
    ("/choice", {"choice": "balance"}),
    ("/refunds", None),
]
_GETS = ["", "/explanation", "/receipt", "/refunds/re_1/receipt"]


# --- seeing ---------------------------------------------------------------------------------------


def test_a_payment_shows_what_when_and_with_which_card() -> None:  # S2.6
    house = House()
    number = house.book()["id"]
    payment_id = paid(house, number)
    answer = house.ask("GET", f"/v1/payments/{payment_id}")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.json == {
        "id": payment_id,
        "purpose": "booking",
        "status": "captured",
        "amount": PRICE,
        "card": {"brand": "visa", "last4": "4242"},
        "captured_at": "2030-01-31T12:07:30Z",
        "booking_id": number,
        "shown": False,
        "decline_code": None,
        "advice": None,
        "refunds": [],
        "disputes": [],
        "question": None,
        "choice": None,
        "refundable": {"amount": {"amount_minor": 0, "currency": "rub"}, "until": None},
    }


def test_payments_are_listed_latest_first_and_one_s_own_only() -> None:  # Never 7
    house = House()
    first = paid(house, house.book()["id"])
    house.clock.moment = NOW + timedelta(hours=1)
    second = paid(house, house.book(starts_at="2030-01-31T19:00:00Z")["id"], card="pm_card_amex")
    listed = house.ask("GET", "/v1/payments").json
    assert [one["id"] for one in listed["items"]] == [second, first]
    assert listed["cursor"] is None
    assert listed["items"][1] | {"booking_id": ""} == {
        "id": first,
        "status": "captured",
        "amount": PRICE,
        "refunded": {"amount_minor": 0, "currency": "rub"},
        "booking_id": "",
        "captured_at": "2030-01-31T12:07:30Z",
    }
    assert house.ask("GET", "/v1/payments", who=BORIS).json["items"] == []


def test_pages_of_payments_follow_each_other_by_cursor() -> None:
    house = House()
    for n in range(51):
        house.clock.moment = NOW + timedelta(seconds=n)
        intent = house.provider.create_intent(
            Money(100 + n, "rub"), {"customer_id": ANNA, "purpose": "top_up"}, f"key-{n}"
        )
        report(house, intent.intent_id)
    first = house.ask("GET", "/v1/payments").json
    rest = house.ask("GET", "/v1/payments", query={"cursor": first["cursor"]}).json
    assert (len(first["items"]), len(rest["items"]), rest["cursor"]) == (50, 1, None)
    amounts = [one["amount"]["amount_minor"] for one in first["items"] + rest["items"]]
    assert amounts == sorted(amounts, reverse=True)


def test_a_page_says_that_it_shows_the_payment_and_reading_says_nothing() -> None:  # S2.1
    house = House()
    payment_id = paid(house, house.book()["id"])
    path = f"/v1/payments/{payment_id}"
    version = house.store.payment(payment_id).version  # type: ignore[union-attr]
    assert house.ask("GET", path).json["shown"] is False
    assert house.store.payment(payment_id).version == version  # type: ignore[union-attr]
    assert house.ask("POST", f"{path}/shown").json["shown"] is True
    house.clock.moment = NOW + timedelta(minutes=1)
    assert house.ask("POST", f"{path}/shown", body={}).json["shown"] is True
    state = house.store.payment(payment_id).state  # type: ignore[union-attr]
    assert state.shown_at == NOW


@pytest.mark.parametrize("inquiry", [True, False])
def test_a_dispute_is_shown_and_locks_refunds(*, inquiry: bool) -> None:  # S2.7
    house = House()
    payment_id = unused(house)
    path = f"/v1/payments/{payment_id}"
    assert house.ask("GET", path).json["refundable"]["amount"] == PRICE
    disputed(house, payment_id, inquiry=inquiry)
    shown = house.ask("GET", path).json
    assert shown["disputes"] == [
        {
            "id": "dp_1",
            "amount": PRICE,
            "inquiry": inquiry,
            "open": True,
            "outcome": None,
            "opened_at": "2030-01-31T19:00:00Z",
        }
    ]
    assert shown["refundable"]["amount"]["amount_minor"] == 0
    assert_problem(house.ask("POST", f"{path}/refunds"), 409, "payment_disputed")
    _close(house, payment_id)
    shown = house.ask("GET", path).json
    assert (shown["disputes"][0]["open"], shown["disputes"][0]["outcome"]) == (False, "won")
    assert shown["refundable"]["amount"] == PRICE


def test_an_unpaid_intent_is_no_payment_yet() -> None:
    house = House()
    intent = started(house, house.book()["id"])
    answer = house.ask("POST", f"/v1/payments/{intent}/shown")
    assert_problem(answer, 404, "payment_unknown", "payment_id")


# --- declines -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "told"), [("en", "Call the number on the back"), ("ru", "Позвоните по номеру")]
)
def test_a_bank_s_block_says_what_to_do_and_keeps_the_slot_longer(
    language: str, told: str
) -> None:  # S1.14
    house = House()
    path = f"/v1/bookings/{house.book(language=language)['id']}/payment"
    intent = house.ask("POST", path).json["payment_intent"]
    before = house.ask("GET", path).json
    assert (before["decline_code"], before["advice"]) == (None, None)
    report(house, intent, "pm_card_visa_chargeDeclined")
    after = house.ask("GET", path).json
    assert after["decline_code"] == "generic_decline"
    assert after["advice"]["code"] == "call_bank"
    assert told in after["advice"]["text"]
    assert before["hold_until"] == "2030-01-31T12:22:30Z"
    assert after["hold_until"] == "2030-01-31T12:37:30Z"
    assert house.ask("POST", path).json["payment_intent"] == intent
    report(house, intent)
    done = house.ask("GET", path).json
    assert (done["paid"], done["decline_code"], done["advice"]) == (True, None, None)


def test_whoever_holds_a_stolen_card_learns_nothing() -> None:  # S1.14
    house = House()
    path = f"/v1/bookings/{house.book()['id']}/payment"
    intent = house.ask("POST", path).json["payment_intent"]
    report(house, intent, "pm_card_visa_chargeDeclinedStolenCard")
    stolen = house.ask("GET", path)
    booking = path.removesuffix("/payment")
    for shown in (booking, f"{booking}/timeline"):
        assert "stolen" not in house.ask("GET", shown).text
    report(house, intent, "pm_card_visa_chargeDeclined")
    plain = house.ask("GET", path)
    assert "stolen" not in stolen.text
    assert stolen.json == plain.json


# --- the order form -------------------------------------------------------------------------------


def test_the_order_form_s_name_is_kept_with_the_booking() -> None:  # S2.1
    house = House()
    number = house.book(checkout="form-5f0c2a9e")["id"]
    assert house.rooms.bookings().load(number).state.checkout == "form-5f0c2a9e"


@pytest.mark.parametrize(
    ("checkout", "code"),
    [
        ("short", "pattern_wrong"),
        ("x" * 65, "length_wrong"),
        ("with space", "pattern_wrong"),
        ("кнопка-12", "pattern_wrong"),
        (12345678, "type_wrong"),
        ("", "length_wrong"),
        ("12345678\n", "characters_invisible"),
    ],
)
def test_a_wrong_name_of_an_order_form_is_refused(checkout: object, code: str) -> None:
    house = House()
    answer = house.ask("POST", "/v1/bookings", body=order(checkout=checkout))
    assert_problem(answer, 422, code, "checkout")
    assert house.trace() == house.untouched


# --- two of one kind ------------------------------------------------------------------------------


def test_a_customer_is_asked_once_and_one_answer_settles_it() -> None:  # S2.1
    house = House()
    first, second = _twice(house)
    path = f"/v1/payments/{second}"
    question = house.ask("GET", path).json["question"]
    assert question == {
        "pending": True,
        "answer_by": "2030-02-01T12:09:30Z",
        "of": first,
        "wanted_both": None,
    }
    yes = house.ask("POST", f"{path}/duplicate-answer", body={"wanted_both": True})
    assert yes.json["question"] | {"of": ""} == {
        "pending": False,
        "answer_by": "2030-02-01T12:09:30Z",
        "of": "",
        "wanted_both": True,
    }
    again = house.ask("POST", f"{path}/duplicate-answer", body={"wanted_both": True})
    assert (again.status, again.json) == (200, yes.json)
    no = house.ask("POST", f"{path}/duplicate-answer", body={"wanted_both": False})
    assert_problem(no, 409, "question_over")


def test_of_a_shared_card_nobody_learns_the_other_one_s_payment() -> None:  # Never 7
    house = House()
    first = paid(house, house.book()["id"])
    boris = house.ask(
        "POST", "/v1/bookings", body=order(starts_at="2030-01-31T19:00:00Z"), who=BORIS
    ).json["id"]
    theirs = paid(house, boris, who=BORIS, card="pm_card_amex")
    suspect = c.SuspectDuplicate(first, "same_card")
    house.rooms.payment_records().apply(theirs, suspect, Cause("Judge", "worker", {}))
    answer = house.ask("GET", f"/v1/payments/{theirs}", who=BORIS)
    assert answer.json["question"]["of"] is None
    assert f'"{first}"' not in answer.text


def test_nobody_is_asked_and_answers() -> None:
    house = House()
    payment_id = paid(house, house.book()["id"])
    path = f"/v1/payments/{payment_id}/duplicate-answer"
    assert_problem(house.ask("POST", path, body={"wanted_both": True}), 409, "nothing_asked")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "field_missing", "wanted_both"),
        ({"wanted_both": None}, "type_wrong", "wanted_both"),
        ({"wanted_both": "yes"}, "type_wrong", "wanted_both"),
        ({"wanted_both": 1}, "type_wrong", "wanted_both"),
        ({"wanted_both": True, "why": "x"}, "field_unknown", "why"),
    ],
)
def test_a_wrong_answer_is_named(body: dict[str, Any], code: str, field: str) -> None:
    house = House()
    _, second = _twice(house)
    answer = house.ask("POST", f"/v1/payments/{second}/duplicate-answer", body=body)
    assert_problem(answer, 422, code, field)
    assert house.ask("GET", f"/v1/payments/{second}").json["question"]["pending"] is True


# --- whose ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "end", "body"),
    [("GET", end, None) for end in _GETS] + [("POST", end, body) for end, body in _POSTS],
)
def test_another_one_s_payment_looks_like_none(
    method: str, end: str, body: dict[str, Any] | None
) -> None:  # Never 7
    house = House()
    number = house.book()["id"]
    mine = paid(house, number)
    before = house.store.payment(mine)
    answers = []
    for payment_id in (mine, _NOBODYS, number, "pi_", "x" * 300, "pi_1%2F2"):
        answer = house.ask(method, f"/v1/payments/{payment_id}{end}", who=BORIS, body=body)
        assert_problem(answer, 404, "payment_unknown", "payment_id")
        answers.append({**answer.json, "instance": ""})
    assert all(answer == answers[0] for answer in answers)
    assert house.store.payment(mine) == before


@pytest.mark.parametrize(("end", "body"), _POSTS)
def test_every_post_needs_a_key(end: str, body: dict[str, Any] | None) -> None:
    house = House()
    payment_id = paid(house, house.book()["id"])
    headers = {"Idempotency-Key": None}
    answer = house.ask("POST", f"/v1/payments/{payment_id}{end}", body=body, headers=headers)
    assert_problem(answer, 400, "idempotency_key_missing", "Idempotency-Key")


@pytest.mark.parametrize("group", ["operator", "agent", "manager"])
def test_payments_are_for_customers(group: str) -> None:
    house = House()
    payment_id = paid(house, house.book()["id"])
    for path in ("/v1/payments", f"/v1/payments/{payment_id}"):
        assert_problem(house.ask("GET", path, groups=group), 403, "role_missing")


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"cursor": "x" * 129}, "length_wrong", "cursor"),
        ({"cursor": ""}, "length_wrong", "cursor"),
        ({"page": "2"}, "field_unknown", "page"),
    ],
)
def test_a_wrong_query_is_named(query: dict[str, str], code: str, field: str) -> None:
    assert_problem(House().ask("GET", "/v1/payments", query=query), 422, code, field)


# --- help -----------------------------------------------------------------------------------------


def _twice(house: House) -> tuple[str, str]:
    """Two sessions of Anna's at the same time, paid for within minutes."""
    first = paid(house, house.book(operator_id=OLGA)["id"])
    house.ask("POST", f"/v1/payments/{first}/shown")
    house.clock.moment = NOW + timedelta(minutes=2)
    second = paid(house, house.book(operator_id=PAVEL)["id"])
    return first, second


def _close(house: House, payment_id: str) -> None:
    won = c.NoteDispute("dp_1", Money(30000, "rub"), True, "fraudulent", False, (), ())
    cause = Cause("NoteDispute", "payment provider", {})
    house.rooms.payment_records().apply(payment_id, won, cause)
