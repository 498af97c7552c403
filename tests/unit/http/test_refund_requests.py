"""A customer asks for what is unused of a payment: once, by the rules, and with the fact if not."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.http.house import PAVEL, START, House, assert_problem, order
from tests.unit.http.paid import PRICE, lots_of, paid, settled, unused


def test_what_is_unused_goes_back_once_however_often_it_is_asked_for() -> None:  # S2.3, Never 2
    house = House()
    payment_id = unused(house)
    path = f"/v1/payments/{payment_id}"
    shown = house.ask("GET", path).json["refundable"]
    assert shown == {"amount": PRICE, "until": "2030-02-14T18:00:00Z"}
    headers = {"Idempotency-Key": "mine"}
    first = house.ask("POST", f"{path}/refunds", headers=headers)
    again = house.ask("POST", f"{path}/refunds", headers=headers)
    assert (first.status, first.json) == (200, again.json)
    assert first.json["id"].startswith(f"{payment_id}-")
    assert first.json | {"id": ""} == {
        "id": "",
        "status": "requested",
        "amount": PRICE,
        "reason": "change_of_mind",
        "requested_at": "2030-01-31T19:00:00Z",
        "initiate_by": first.json["initiate_by"],
        "settle_by": first.json["settle_by"],
    }
    after = house.ask("GET", path).json
    assert after["refunds"] == [first.json]
    assert after["refundable"]["amount"]["amount_minor"] == 0
    assert lots_of(house, payment_id) == ()
    assert_problem(house.ask("POST", f"{path}/refunds"), 409, "nothing_unused")
    other = house.ask("POST", f"{path}/refunds", body=PRICE, headers=headers)
    assert_problem(other, 422, "idempotency_key_reused", "Idempotency-Key")


def test_a_key_that_booked_something_refunds_nothing() -> None:
    house = House()
    headers = {"Idempotency-Key": "mine"}
    assert house.ask("POST", "/v1/bookings", body=order(), headers=headers).status == 201
    payment_id = paid(house, house.book(operator_id=PAVEL)["id"])
    answer = house.ask("POST", f"/v1/payments/{payment_id}/refunds", headers=headers)
    assert_problem(answer, 422, "idempotency_key_reused", "Idempotency-Key")


def test_a_part_goes_back_and_the_rest_stays() -> None:  # S2.9
    house = House()
    payment_id = unused(house)
    path = f"/v1/payments/{payment_id}"
    part = {"amount_minor": 10000, "currency": "rub"}
    assert house.ask("POST", f"{path}/refunds", body=part).json["amount"] == part
    rest = {"amount_minor": 20000, "currency": "rub"}
    assert house.ask("GET", path).json["refundable"]["amount"] == rest
    row = house.ask("GET", "/v1/payments").json["items"][0]
    assert row["refunded"] == part
    assert house.ask("POST", f"{path}/refunds").json["amount"] == rest


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"amount_minor": 30001, "currency": "rub"}, 422, "refund_exceeds_unused", "amount_minor"),
        ({"amount_minor": 0, "currency": "rub"}, 422, "amount_not_positive", "amount_minor"),
        ({"amount_minor": -1, "currency": "rub"}, 422, "amount_not_positive", "amount_minor"),
        ({"amount_minor": 100, "currency": "usd"}, 422, "currency_mismatch", "currency"),
        ({"amount_minor": 99999, "currency": "usd"}, 422, "currency_mismatch", "currency"),
        ({"amount_minor": 100, "currency": "RUB"}, 422, "pattern_wrong", "currency"),
        ({"amount_minor": 100, "currency": 1}, 422, "type_wrong", "currency"),
        ({"amount_minor": 100}, 422, "field_missing", "currency"),
        ({"currency": "rub"}, 422, "field_missing", "amount_minor"),
        ({"amount_minor": 1.5, "currency": "rub"}, 422, "type_wrong", "amount_minor"),
        ({"amount_minor": "100", "currency": "rub"}, 422, "type_wrong", "amount_minor"),
        ({"amount_minor": 2**60, "currency": "rub"}, 422, "number_too_large", "amount_minor"),
        ({"refund_id": "x"}, 422, "field_unknown", "refund_id"),
        ({"our_fault": True}, 422, "field_unknown", "our_fault"),
    ],
)
def test_a_wrong_refund_is_refused_with_the_fact(
    body: dict[str, Any], status: int, code: str, field: str
) -> None:  # Never 2
    house = House()
    payment_id = unused(house)
    before = lots_of(house, payment_id)
    answer = house.ask("POST", f"/v1/payments/{payment_id}/refunds", body=body)
    assert_problem(answer, status, code, field)
    assert lots_of(house, payment_id) == before


def test_unused_minutes_go_back_for_fourteen_days() -> None:  # S2.3
    house = House()
    payment_id = unused(house)
    path = f"/v1/payments/{payment_id}"
    house.clock.moment = START + timedelta(days=14)
    assert house.ask("GET", path).json["refundable"]["amount"] == PRICE
    house.clock.moment += timedelta(seconds=1)
    shown = house.ask("GET", path).json["refundable"]
    assert (shown["amount"]["amount_minor"], shown["until"]) == (0, None)
    assert_problem(house.ask("POST", f"{path}/refunds"), 409, "refund_window_over")


def test_a_session_still_to_come_goes_back_by_cancelling_it() -> None:  # S2.3
    house = House()
    number = house.book()["id"]
    payment_id = paid(house, number)
    path = f"/v1/payments/{payment_id}"
    assert_problem(house.ask("POST", f"{path}/refunds"), 409, "nothing_unused")
    house.ask("POST", f"/v1/bookings/{number}/cancel")
    refund = house.ask("GET", path).json["refunds"][0]
    assert (refund["amount"], refund["reason"]) == (PRICE, "cancelled")
    settled(house, payment_id, refund["id"])
    assert house.ask("GET", path).json["refunds"][0]["status"] == "settled"
