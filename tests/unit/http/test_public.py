"""Anybody may ask for money back, and learns nothing of anybody by it (S2.4, S3.2)."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.application.intake import Intake, asked_in
from shared.domain.booking_number import is_booking_number
from shared.domain.case.events import CaseKind
from shared.domain.money import Money
from shared.domain.refund_request import PICTURE_LARGEST, RefundRequestForm
from tests.journeys.world import CUSTOMER
from tests.unit.http.desk_house import DeskHouse
from tests.unit.http.house import NOBODYS, Answer, assert_problem

PATH = "/v1/refund-requests"
REASON = "Списали дважды.\r\n\r\nПожалуйста, верните."


def request(**changes: Any) -> dict[str, Any]:
    """The body of a good request, changed; a value of ... takes the field out."""
    good = {
        "email": "anna@example.com",
        "transaction": "pi_3Made0Up",
        "paid_on": "2026-03-02",
        "amount": {"amount_minor": 150000, "currency": "rub"},
        "reason": REASON,
        "language": "ru",
    }
    return {k: v for k, v in (good | changes).items() if v is not ...}


def ask(house: DeskHouse, **changes: Any) -> Answer:
    """A stranger sends it."""
    key = {"key": changes.pop("key")} if "key" in changes else {}
    return house.ask("POST", PATH, body=request(**changes), **key)


def test_a_request_gets_a_number_and_a_deadline_at_once() -> None:  # S2.4 S3.2
    house = DeskHouse()
    answer = ask(house)
    assert answer.status == 201
    number = answer.json["case_number"]
    assert is_booking_number(number)
    assert answer.headers["Location"] == f"refund-requests/{number}"
    assert answer.json == {
        "case_number": number,
        "deadline": "2026-03-02T13:00:00Z",  # a reported payment problem: 4 h (S1.14)
        "upload": None,
    }


def test_the_answer_is_the_same_whether_or_not_there_is_such_a_customer() -> None:  # S2.4
    house = DeskHouse()
    booking_id, payment_id = house.paid()
    known = ask(house, transaction=payment_id, phone=CUSTOMER)
    unknown = ask(house, email="nobody@example.com", phone="+12025550199")
    order = ask(house, email=..., phone=CUSTOMER, transaction=booking_id)
    for answer in (known, unknown, order):
        assert answer.status == 201
        assert {**answer.json, "case_number": ""} == {**known.json, "case_number": ""}
        assert len(answer.text) == len(known.text)
        assert answer.headers.keys() == known.headers.keys()


class _Blind:
    """Contacts that seal, and where looking anybody up is a failure."""

    def seal(self, text: str, context: str) -> str:
        return "sealed"


def test_nobody_is_looked_up_while_the_request_is_taken() -> None:  # S2.4
    house = DeskHouse()
    world = house.world

    def no_provider(*_: object) -> object:
        raise AssertionError("looked up")

    intake = Intake(world.case_records, _Blind(), no_provider)  # type: ignore[arg-type]
    reads: list[str] = []
    stored = world.store

    class Watched:
        def __getattr__(self, name: str) -> Any:
            reads.append(name)
            return getattr(stored, name)

    world.case_records.store = Watched()  # type: ignore[assignment]
    form = RefundRequestForm(
        "anna@example.com",
        None,
        "pi_1",
        date(2026, 3, 2),
        Money(5, "rub"),
        "why",
    )
    intake.take(form, "en", "key", "fingerprint")
    assert set(reads) == {"replay", "commit"}


def test_what_was_written_is_kept_sealed_and_read_by_an_agent() -> None:  # S2.4
    house = DeskHouse()
    number = ask(house, phone="+1 (202) 555-0111", transaction="1000 0000-0017").json["case_number"]
    stored = json.dumps(
        [str(house.world.store.case(number)), str(house.world.store.case_history(number))]
    )
    for personal in ("anna@example.com", "2025550111", "верните", "100000000017"):
        assert personal not in stored
        assert all(personal not in sealed for sealed in house.world.store.texts(number).values())
    shown = house.agent("GET", f"/v1/desk/cases/{number}").json
    assert shown["request"] == {
        "email": "anna@example.com",
        "phone": "+12025550111",
        "transaction": "100000000017",
        "paid_on": "2026-03-02",
        "amount": {"amount_minor": 150000, "currency": "rub"},
        "reason": "Списали дважды.\n\nПожалуйста, верните.",
        "picture_type": None,
        "picture_url": None,
    }


def test_a_text_opens_in_its_own_case_only() -> None:  # Never 7
    house = DeskHouse()
    numbers = [ask(house).json["case_number"] for _ in range(2)]
    texts = house.world.store._texts
    texts[numbers[0]] = texts[numbers[1]]
    with pytest.raises(ValueError, match="not sealed in this context"):
        asked_in(numbers[0], house.world.store, house.world.contacts)


def test_a_key_stands_for_one_request() -> None:  # S3.12
    house = DeskHouse()
    first = ask(house, key="once", picture={"content_type": "image/png", "size": 10})
    again = ask(house, key="once", picture={"content_type": "image/png", "size": 10})
    assert again.json == first.json
    assert_problem(ask(house, key="once"), 422, "idempotency_key_reused", "Idempotency-Key")
    assert ask(house, key="other").json["case_number"] != first.json["case_number"]
    missing = ask(house, key=None)
    assert_problem(missing, 400, "idempotency_key_missing", "Idempotency-Key")


def test_a_picture_goes_where_the_case_finds_it() -> None:  # S2.4
    house = DeskHouse()
    answer = ask(house, picture={"content_type": "image/jpeg", "size": PICTURE_LARGEST}).json
    fields = answer["upload"]["fields"]
    assert fields["Content-Type"] == "image/jpeg"
    assert fields["largest"] == str(PICTURE_LARGEST)
    shown = house.agent("GET", f"/v1/desk/cases/{answer['case_number']}").json["request"]
    assert shown["picture_type"] == "image/jpeg"
    assert shown["picture_url"].endswith(fields["key"])
    assert answer["case_number"] in fields["key"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"email": ...}, "contact_missing", "email"),
        ({"email": "anna"}, "email_invalid", "email"),
        ({"email": "anna@example.com\nBcc: all@example.com"}, "characters_invisible", "email"),
        ({"phone": "0123"}, "phone_invalid", "phone"),
        ({"transaction": "<b>"}, "transaction_invalid", "transaction"),
        ({"transaction": ...}, "field_missing", "transaction"),
        ({"paid_on": "2026-03-04"}, "date_in_future", "paid_on"),
        ({"paid_on": "02.03.2026"}, "day_invalid", "paid_on"),
        ({"paid_on": 20260302}, "type_wrong", "paid_on"),
        ({"amount": {"amount_minor": 0, "currency": "rub"}}, "amount_not_positive", "amount"),
        (
            {"amount": {"amount_minor": 1.5, "currency": "rub"}},
            "type_wrong",
            "amount.amount_minor",
        ),
        ({"reason": "  "}, "length_wrong", "reason"),
        ({"reason": "x" * 2001}, "length_wrong", "reason"),
        ({"reason": "a\u202eb"}, "characters_invisible", "reason"),
        ({"reason": "a\tb"}, "characters_invisible", "reason"),
        (
            {"picture": {"content_type": "text/html", "size": 1}},
            "choice_unknown",
            "picture.content_type",
        ),
        (
            {"picture": {"content_type": "image/png", "size": PICTURE_LARGEST + 1}},
            "picture_size_refused",
            "picture.size",
        ),
        ({"language": "de"}, "choice_unknown", "language"),
        ({"name": "Anna"}, "field_unknown", "name"),
    ],
)
def test_a_wrong_request_is_refused_by_field_and_not_kept(
    changes: dict[str, Any], code: str, field: str
) -> None:
    house = DeskHouse()
    assert_problem(ask(house, **changes), 422, code, field)
    assert house.agent("GET", "/v1/desk/cases", query={"level": "agent"}).json["items"] == []


def test_a_body_that_is_too_long_is_not_read() -> None:
    house = DeskHouse()
    answer = house.ask("POST", PATH, body=" " * (64 * 1024 + 1))
    assert_problem(answer, 413, "body_too_large")


def test_its_number_shows_how_far_it_is_and_nothing_else() -> None:  # S3.2
    house = DeskHouse()
    number = ask(house).json["case_number"]
    path = f"/v1/desk/cases/{number}"

    def shown() -> dict[str, str]:
        answer: dict[str, str] = house.ask("GET", f"{PATH}/{number}").json
        return answer

    assert shown() == {"status": "received", "deadline": "2026-03-02T13:00:00Z"}
    house.agent("POST", f"{path}/take")
    assert shown()["status"] == "in_work"
    house.agent("POST", f"{path}/close", body={"outcome": "refused"})
    assert shown()["status"] == "closed"


def test_unknown_numbers_and_other_cases_look_the_same() -> None:  # Never 7
    house = DeskHouse()
    house.world.provider.pay_by_hand(Money(70000, "rub"))
    house.world.settle()
    (other,) = house.agent("GET", "/v1/desk/cases", query={"level": "agent"}).json["items"]
    assert other["kind"] == CaseKind.UNKNOWN_PAYMENT
    booking_id = house.world.book()
    answers = []
    for number in (other["number"], booking_id, NOBODYS, "123456789012", "x" * 300):
        answer = house.ask("GET", f"{PATH}/{number}")
        assert_problem(answer, 404, "case_unknown", "case_number")
        answers.append({**answer.json, "instance": ""})
    assert all(answer == answers[0] for answer in answers)


def test_the_number_is_sent_too_once_a_day_to_one_address() -> None:  # S3.2
    house = DeskHouse()
    first = ask(house).json["case_number"]
    ask(house, email="Anna@example.com")
    ask(house, email="anna+1@example.com")
    ask(house, email=..., phone=CUSTOMER)
    (letter,) = house.world.post.sent
    assert (letter.to, letter.message_id) == ("anna@example.com", f"{first}-received")
    assert first in letter.text
    assert "pi_3Made0Up" not in letter.text
    assert "верните" not in letter.text
    house.world.until(house.world.exchange.now + timedelta(days=1))
    second = ask(house).json["case_number"]
    assert [mail.message_id for mail in house.world.post.sent] == [
        f"{first}-received",
        f"{second}-received",
    ]


def test_a_letter_the_mail_service_did_not_take_is_tried_again() -> None:  # S3.2
    house = DeskHouse()
    house.world.post.refuse = 1
    number = ask(house).json["case_number"]
    assert house.world.post.sent == []
    house.world.until(house.world.exchange.now + timedelta(minutes=5))
    assert [mail.message_id for mail in house.world.post.sent] == [f"{number}-received"]


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_HOUSE = DeskHouse()


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*request(), "phone", "picture"]) | st.text(max_size=5),
        _ANYTHING,
        min_size=1,
        max_size=4,
    )
)
def test_whatever_is_sent_the_answer_is_a_number_or_a_problem(changes: dict[str, Any]) -> None:
    answer = _HOUSE.ask("POST", PATH, body=json.dumps(request() | changes))
    assert answer.status in (201, 400, 413, 422), answer.text
    if answer.status != 201:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["code"]
