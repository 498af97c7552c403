"""More minutes for a running session, over HTTP (S1.12)."""

from typing import Any

import pytest

from shared.application.store import Cause
from shared.domain import commands as c
from shared.domain.session.legs import Side
from tests.unit.http.house import BORIS, NOBODYS, START, House, assert_problem
from tests.unit.http.paid import paid
from tests.unit.http.test_account import NO_CARD, TOP_UPS, saved, wish

_PRICE = {"amount_minor": 15_000, "currency": "rub"}  # 15 minutes


def talking(house: House, **changes: Any) -> str:
    """Anna's paid half hour, in which both have just been connected; returns the booking."""
    number: str = house.book(**changes)["id"]
    paid(house, number)
    bookings, cause = house.rooms.bookings(), Cause("Play", "telephony provider", {})
    house.clock.moment = START
    bookings.apply(number, c.Tick(), cause)
    for side in (Side.OPERATOR, Side.CUSTOMER):
        (leg,) = bookings.load(number).state.live_session.of(side)
        bookings.apply(number, c.NotePlaced(leg.leg_id, f"CA-{leg.leg_id}"), cause)
        bookings.apply(number, c.ConfirmLeg(leg.leg_id), cause)
    return number


def topped_up(house: House, minor: int) -> None:
    """Money of Anna's on her balance."""
    made = house.ask("POST", TOP_UPS, body=wish(amount_minor=minor)).json
    house.provider.pay(made["id"])
    house.rooms.card_payments().reported(made["id"], {})


def ask(house: House, number: str, minutes: object, **parts: Any) -> Any:
    return house.ask("GET", f"/v1/bookings/{number}/extension", query={"minutes": minutes}, **parts)


def extend(house: House, number: str, body: dict[str, Any], **parts: Any) -> Any:
    return house.ask("POST", f"/v1/bookings/{number}/extend", body=body, **parts)


def test_extension_is_priced_and_nothing_is_held_for_it() -> None:
    house = House()
    topped_up(house, 6_000)
    number = talking(house)
    answer = ask(house, number, "15")
    assert answer.status == 200, answer.text
    assert answer.json == {
        "minutes": 15,
        "price": _PRICE,
        "balance_seconds": 360,
        "from_balance": {"amount_minor": 6_000, "currency": "rub"},
        "card_due": {"amount_minor": 9_000, "currency": "rub"},
        "longest_minutes": 90,
        "next_delay_seconds": 0,
    }
    assert ask(house, number, "15").json == answer.json


def test_session_is_extended_once_from_the_balance_however_often_it_is_sent() -> None:
    # S2.1
    house = House()
    topped_up(house, 20_000)
    number, key = talking(house), {"Idempotency-Key": "more"}
    first = extend(house, number, {"minutes": 15}, headers=key)
    again = extend(house, number, {"minutes": 15}, headers=key)
    assert (first.status, first.json["minutes"]) == (200, 45)
    assert again.json == first.json
    assert first.json["session"]["seconds_left"] == 2700
    [money] = house.ask("GET", "/v1/account").json["money"]
    assert money["amount_minor"] == 5_000
    other = extend(house, number, {"minutes": 20}, headers=key)
    assert_problem(other, 422, "idempotency_key_reused", "Idempotency-Key")


def test_saved_card_is_charged_for_what_the_balance_does_not_cover() -> None:
    house = House()
    card = saved(house)
    number = talking(house)
    answer = extend(house, number, {"minutes": 30, "card_id": card["id"]})
    assert (answer.status, answer.json["minutes"]) == (200, 60)
    assert house.ask("GET", "/v1/account").json["money"] == []


def test_balance_that_is_too_low_and_a_card_that_is_refused_ask_for_payment() -> None:
    house = House()
    card = saved(house, "pm_card_chargeCustomerFail")
    number = talking(house)
    low = extend(house, number, {"minutes": 30})
    assert_problem(low, 402, "balance_too_low", "minutes")
    refused = extend(house, number, {"minutes": 30, "card_id": card["id"]})
    assert_problem(refused, 402, "card_refused", "card_id")
    assert "bank" in refused.json["detail"]
    assert house.ask("GET", f"/v1/bookings/{number}").json["minutes"] == 30


def test_extension_is_refused_where_the_next_customer_would_wait() -> None:
    house = House()
    topped_up(house, 20_000)
    number = talking(house)
    later = "2030-01-31T18:30:00Z"
    other = house.book(starts_at=later, minutes=15)["id"]
    for answer in (ask(house, number, "11"), extend(house, number, {"minutes": 11})):
        assert_problem(answer, 409, "next_customer_waits", "minutes")
        assert "from 5 to 9 minutes" in answer.json["detail"]
        assert other not in answer.text
    assert ask(house, number, "9").json["next_delay_seconds"] == 600
    extend(house, number, {"minutes": 9})
    timeline = house.ask("GET", f"/v1/bookings/{number}/timeline")
    assert "OverrunFound" in timeline.text
    assert other not in timeline.text
    assert later not in timeline.text


@pytest.mark.parametrize(
    ("minutes", "code", "status"),
    [
        ("91", "session_too_long", 422),
        ("4", "extension_too_short", 422),
        ("0", "pattern_wrong", 422),
        ("-5", "pattern_wrong", 422),
        ("1.5", "pattern_wrong", 422),
        ("٣٠", "pattern_wrong", 422),
        ("1000", "length_wrong", 422),
    ],
)
def test_length_that_is_none_is_refused_by_name(minutes: str, code: str, status: int) -> None:
    house = House()
    number = talking(house)
    assert_problem(ask(house, number, minutes), status, code, "minutes")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "field_missing", "minutes"),
        ({"minutes": "15"}, "type_wrong", "minutes"),
        ({"minutes": 15.0}, "type_wrong", "minutes"),
        ({"minutes": -15}, "extension_too_short", "minutes"),
        ({"minutes": 2**53 - 1}, "session_too_long", "minutes"),
        ({"minutes": 15, "card_id": "x"}, "pattern_wrong", "card_id"),
        ({"minutes": 15, "until": "tomorrow"}, "field_unknown", "until"),
    ],
)
def test_wish_that_breaks_a_rule_is_refused_by_name(
    body: dict[str, Any], code: str, field: str
) -> None:
    house = House()
    number = talking(house)
    assert_problem(extend(house, number, body), 422, code, field)
    assert house.ask("GET", f"/v1/bookings/{number}").json["minutes"] == 30


def test_card_nobody_has_is_not_found_and_nothing_is_extended() -> None:
    house = House()
    number = talking(house)
    answer = extend(house, number, {"minutes": 30, "card_id": NO_CARD})
    assert_problem(answer, 404, "card_unknown", "card_id")


def test_session_that_does_not_run_cannot_be_extended() -> None:
    house = House()
    number = house.book()["id"]
    paid(house, number)
    assert_problem(extend(house, number, {"minutes": 15}), 409, "not_connected")
    assert_problem(ask(house, number, "15"), 409, "not_connected")


def test_another_ones_session_looks_like_none() -> None:
    # Never 7
    house = House()
    number = talking(house)
    for answer in (
        ask(house, number, "15", who=BORIS),
        extend(house, number, {"minutes": 15}, who=BORIS),
        ask(house, NOBODYS, "15"),
    ):
        assert_problem(answer, 404, "booking_unknown", "booking_id")
