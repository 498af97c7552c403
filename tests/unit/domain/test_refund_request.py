"""A request for money back: every fault is named with its field and its reason (S2.4)."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.money import Money
from shared.domain.refund_request import (
    PICTURE_LARGEST,
    PICTURE_TYPES,
    REASON_LONGEST,
    Picture,
    RefundRequestForm,
    faults,
    is_email,
    normalised,
)

NOW = datetime(2030, 3, 4, 12, tzinfo=UTC)
GOOD = RefundRequestForm(
    email="anna@example.com",
    phone="+12025550123",
    transaction="pi_3Example",
    paid_on=date(2030, 3, 1),
    amount=Money(150_000, "rub"),
    reason="Charged twice.",
    picture=Picture("image/png", 1),
)


def wrong(**changes: object) -> list[tuple[str | None, str]]:
    """(field, code) of each fault of a form that is good but for the changes."""
    changed = replace(GOOD, **changes)  # type: ignore[arg-type]
    return [(fault.field, fault.code) for fault in faults(normalised(changed), NOW)]


def test_a_complete_request_has_no_fault() -> None:  # S2.4
    assert wrong() == []


@pytest.mark.parametrize("left_out", ["email", "phone", "picture"])
def test_one_way_to_answer_is_enough_and_a_picture_is_not_needed(left_out: str) -> None:  # S2.4
    assert wrong(**{left_out: None}) == []


def test_all_faults_are_named_at_once() -> None:  # S2.4
    found = wrong(
        email=" ",
        phone="",
        transaction="?",
        paid_on=date(2031, 1, 1),
        amount=Money(0, "rub"),
        reason=" \n ",
        picture=Picture("image/svg+xml", PICTURE_LARGEST + 1),
    )
    assert found == [
        ("email", "contact_missing"),
        ("transaction", "transaction_invalid"),
        ("paid_on", "date_in_future"),
        ("amount", "amount_not_positive"),
        ("reason", "reason_missing"),
        ("picture.content_type", "picture_type_refused"),
        ("picture.size", "picture_size_refused"),
    ]


def test_every_fault_has_words_for_a_person() -> None:
    broken = replace(GOOD, email="x", phone="x", reason="", amount=Money(-1, "rub"))
    for fault in faults(broken, NOW):
        assert fault.detail.endswith(".")


@pytest.mark.parametrize(
    "email",
    [
        "a@example.com",
        "Anna.B+redial@sub.example.org",
        "o'hara_1@example.co",
        "анна@пример.рф",
        f"{'a' * 64}@example.com",
        "a@xn--e1afmkfd.example",
    ],
)
def test_an_address_that_mail_can_reach_is_taken(email: str) -> None:
    assert is_email(email)


@pytest.mark.parametrize(
    "email",
    [
        "anna",
        "@example.com",
        "anna@",
        "anna@example",
        "anna@@example.com",
        "an na@example.com",
        "anna@example.com\nBcc: boris@example.com",
        "anna@-example.com",
        "anna@example-.com",
        "anna@example..com",
        ".anna@example.com",
        "anna.@example.com",
        "anna@192.0.2.1",
        "<anna@example.com>",
        f"{'a' * 65}@example.com",
        f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 20}.com",
    ],
)
def test_an_address_that_mail_cannot_reach_is_refused(email: str) -> None:
    assert not is_email(email)
    assert wrong(email=email) == [("email", "email_invalid")]


@given(st.text(max_size=300))
def test_any_text_can_be_asked_whether_it_is_an_address(text: str) -> None:
    assert not (is_email(text) and any(char.isspace() for char in text))


@pytest.mark.parametrize(
    "phone", ["12025550123", "+1", "+1202555abcd", "+0202555012345", "+" + "1" * 16]
)
def test_a_phone_is_written_with_its_country_code(phone: str) -> None:  # S1.2
    assert wrong(phone=phone) == [("phone", "phone_invalid")]


@pytest.mark.parametrize("number", ["", "abc", "x" * 65, "pi 3#1", "order: 12", "номер"])
def test_a_transaction_number_looks_like_one(number: str) -> None:
    assert wrong(transaction=number) == [("transaction", "transaction_invalid")]


@pytest.mark.parametrize(
    ("at", "day", "found"),
    [
        (NOW, date(2030, 3, 5), []),
        (NOW, date(2030, 3, 6), [("paid_on", "date_in_future")]),
        (NOW.replace(hour=9), date(2030, 3, 5), [("paid_on", "date_in_future")]),
        (NOW, date(2020, 1, 1), []),
    ],
    ids=["tomorrow where the day begins first", "after that", "nowhere yet", "long ago"],
)
def test_a_payment_s_day_has_begun_somewhere(
    at: datetime, day: date, found: list[tuple[str, str]]
) -> None:
    form = replace(GOOD, paid_on=day)
    assert [(fault.field, fault.code) for fault in faults(form, at)] == found


def test_a_reason_is_limited_in_characters_whatever_their_script() -> None:  # S2.4
    assert wrong(reason="ё" * REASON_LONGEST) == []
    assert wrong(reason="ё" * (REASON_LONGEST + 1)) == [("reason", "reason_too_long")]


@pytest.mark.parametrize("content_type", PICTURE_TYPES)
@pytest.mark.parametrize("size", [1, PICTURE_LARGEST])
def test_a_picture_of_a_known_type_and_size_is_taken(content_type: str, size: int) -> None:
    assert wrong(picture=Picture(content_type, size)) == []


@pytest.mark.parametrize("content_type", ["image/gif", "image/svg+xml", "text/html", "IMAGE/PNG"])
def test_any_other_picture_is_refused(content_type: str) -> None:
    found = wrong(picture=Picture(content_type, 1))
    assert found == [("picture.content_type", "picture_type_refused")]


@pytest.mark.parametrize("size", [-1, 0, PICTURE_LARGEST + 1])
def test_a_picture_of_any_other_size_is_refused(size: int) -> None:
    assert wrong(picture=Picture("image/png", size)) == [("picture.size", "picture_size_refused")]


def test_what_people_add_by_habit_does_not_matter() -> None:
    typed = replace(
        GOOD,
        email="  Anna@EXAMPLE.com ",
        phone="+1 (202) 555-01 23",
        transaction=" 1234-5678 9012 ",
        reason="\r\nFirst.\r\nSecond. ",
    )
    plain = normalised(typed)
    assert plain.email == "Anna@example.com"
    assert plain.phone == "+12025550123"
    assert plain.transaction == "123456789012"
    assert plain.reason == "First.\nSecond."
    assert normalised(plain) == plain


def test_a_provider_s_number_keeps_its_letters_and_dashes() -> None:
    assert normalised(replace(GOOD, transaction=" pi_3Ab-9 ")).transaction == "pi_3Ab-9"
