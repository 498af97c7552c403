"""Bad input is refused by problem+json that names the field and the reason; nothing is stored."""

import base64
import json
from typing import Any

import pytest

from tests.unit.http.house import MAIN, START, House, assert_problem, order


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"main_phone": "2025550123"}, 422, "phone_no_country_code", "main_phone"),  # S1.2
        ({"main_phone": "+1202555012"}, 422, "phone_invalid", "main_phone"),  # S1.2
        ({"main_phone": "+999123456789"}, 422, "phone_invalid", "main_phone"),  # S1.2
        ({"main_phone": "+"}, 422, "phone_invalid", "main_phone"),
        ({"main_phone": 12025550123}, 422, "type_wrong", "main_phone"),
        ({"main_phone": ...}, 422, "field_missing", "main_phone"),
        ({"main_phone": None}, 422, "type_wrong", "main_phone"),
        ({"main_phone": "+1" + "2" * 60}, 422, "length_wrong", "main_phone"),
        ({"backup_phone": "0207946"}, 422, "phone_no_country_code", "backup_phone"),
        ({"backup_phone": MAIN}, 422, "backup_is_main", "backup_phone"),
        ({"starts_at": "2030-01-31T12:00:00Z"}, 422, "time_in_the_past", "starts_at"),
        ({"starts_at": "1970-01-01T00:00:00Z"}, 422, "time_in_the_past", "starts_at"),
        ({"starts_at": "2031-01-31T12:00:00Z"}, 422, "too_far_ahead", "starts_at"),
        ({"starts_at": "9998-12-31T23:45:00Z"}, 422, "too_far_ahead", "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, 422, "time_invalid", "starts_at"),
        ({"starts_at": "2030-01-31T18:07:00Z"}, 422, "not_on_a_quarter", "starts_at"),
        ({"starts_at": "2030-01-31T18:00:00"}, 422, "time_zone_missing", "starts_at"),
        ({"starts_at": "2030-02-30T18:00:00Z"}, 422, "time_invalid", "starts_at"),
        ({"starts_at": "2030-01-31"}, 422, "time_invalid", "starts_at"),
        ({"starts_at": "2030-W05-4T18:00:00Z"}, 422, "time_invalid", "starts_at"),
        ({"starts_at": 1896112800}, 422, "type_wrong", "starts_at"),
        ({"adult": False}, 422, "not_adult", "adult"),  # S1.1
        ({"adult": 1}, 422, "type_wrong", "adult"),
        ({"adult": "yes"}, 422, "type_wrong", "adult"),
        ({"adult": ...}, 422, "field_missing", "adult"),
        ({"minutes": 0}, 422, "length_out_of_range", "minutes"),
        ({"minutes": -30}, 422, "length_out_of_range", "minutes"),
        ({"minutes": 4}, 422, "length_out_of_range", "minutes"),
        ({"minutes": 121}, 422, "length_out_of_range", "minutes"),
        ({"minutes": 10**15}, 422, "length_out_of_range", "minutes"),
        ({"minutes": 10**3000}, 422, "number_too_large", "minutes"),
        ({"minutes": 30.0}, 422, "type_wrong", "minutes"),
        ({"minutes": True}, 422, "type_wrong", "minutes"),
        ({"minutes": "30"}, 422, "type_wrong", "minutes"),
        ({"operator_id": "nobody"}, 404, "operator_unknown", "operator_id"),
        ({"operator_id": ""}, 422, "length_wrong", "operator_id"),
        ({"operator_id": ["op-olga"]}, 422, "type_wrong", "operator_id"),
        ({"language": "de"}, 422, "choice_unknown", "language"),
        ({"price": 1}, 422, "field_unknown", "price"),
        ({"customer_id": "cust-boris"}, 422, "field_unknown", "customer_id"),
        ({"operator_id": "op\u0000olga"}, 422, "characters_invisible", "operator_id"),
        ({"operator_id": "op-\u202eolga"}, 422, "characters_invisible", "operator_id"),
        ({"language": "en\n"}, 422, "characters_invisible", "language"),
        ({"main_phone": "+1202555\u200b0123"}, 422, "characters_invisible", "main_phone"),
        ({"main_phone": "+1202555\ud8000123"}, 422, "characters_invisible", "main_phone"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(
    changes: dict[str, Any], status: int, code: str, field: str
) -> None:
    house = House()
    answer = house.ask("POST", "/v1/bookings", body=order(**changes))
    assert_problem(answer, status, code, field)
    assert house.trace() == house.untouched


def test_all_wrong_fields_are_named_at_once() -> None:
    answer = House().ask("POST", "/v1/bookings", body={"minutes": "x", "colour": 1})
    assert_problem(answer, 422, "field_unknown", "colour")
    named = {fault["field"]: fault["code"] for fault in answer.json["errors"]}
    assert named["minutes"] == "type_wrong"
    assert named["starts_at"] == named["adult"] == named["main_phone"] == "field_missing"


@pytest.mark.parametrize(
    ("body", "status", "code", "told"),
    [
        ("minutes=30", 400, "body_not_json", "line 1, column 1"),
        ('{"minutes": 30,\n "adult": tru}', 400, "body_not_json", "line 2, column 11"),
        ('{"minutes": NaN}', 400, "body_not_json", "NaN"),
        ("[1]", 400, "body_not_object", "object"),
        ('"text"', 400, "body_not_object", "object"),
        ("[" * 60_000, 400, "body_too_deep", "deep"),
        ('{"minutes": "\ud800"}', 400, "body_not_utf8", "13"),
        ("\ufeff{}", 400, "body_not_json", "BOM"),
        ('{"name": "' + "x" * 10_000_000 + '"}', 413, "body_too_large", "65536"),
        ('{"name": "' + "ж" * 40_000 + '"}', 413, "body_too_large", "65536"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_an_unreadable_body_is_refused_with_the_reason(
    body: str, status: int, code: str, told: str
) -> None:
    house = House()
    answer = house.ask("POST", "/v1/bookings", body=body)
    assert_problem(answer, status, code)
    assert told in answer.json["detail"]
    assert house.trace() == house.untouched


def test_a_field_given_twice_is_refused() -> None:
    house = House()
    body = json.dumps(order())[:-1] + ', "minutes": 60}'
    assert_problem(house.ask("POST", "/v1/bookings", body=body), 400, "field_twice", "minutes")
    assert house.trace() == house.untouched


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    body = json.dumps(order(minutes=0)).replace(": 0", ": " + "9" * 60_000)
    answer = House().ask("POST", "/v1/bookings", body=body)
    assert_problem(answer, 422, "number_too_large", "minutes")


def test_a_base64_body_is_read_and_a_broken_one_refused() -> None:
    house = House()
    coded = base64.b64encode(json.dumps(order()).encode()).decode()
    assert house.ask("POST", "/v1/bookings", body=coded, is_base64=True).status == 201
    answer = house.ask("POST", "/v1/bookings", body="{}", is_base64=True)
    assert_problem(answer, 400, "body_not_base64")
    latin = base64.b64encode(b'{"name": "\xe9"}').decode()
    answer = house.ask("POST", "/v1/bookings", body=latin, is_base64=True)
    assert_problem(answer, 400, "body_not_utf8")
    large = base64.b64encode(b" " * 10_000_000).decode()
    answer = house.ask("POST", "/v1/bookings", body=large, is_base64=True)
    assert_problem(answer, 413, "body_too_large")


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "", "application/jsonp"])
def test_another_media_type_is_refused(content_type: str) -> None:
    house = House()
    headers = {"Content-Type": content_type}
    answer = house.ask("POST", "/v1/bookings", body=order(), headers=headers)
    assert_problem(answer, 415, "not_json", "Content-Type")
    assert house.trace() == house.untouched


def test_a_charset_beside_the_media_type_is_fine() -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert House().ask("POST", "/v1/bookings", body=order(), headers=headers).status == 201


def test_the_same_key_and_body_books_once() -> None:
    house = House()
    headers = {"Idempotency-Key": "mine"}
    first = house.ask("POST", "/v1/bookings", body=order(), headers=headers)
    turned = dict(reversed(order().items()))
    second = house.ask("POST", "/v1/bookings", body=turned, headers=headers)
    assert (first.status, second.status) == (201, 201)
    assert first.json["id"] == second.json["id"]
    assert first.headers["Location"] == second.headers["Location"]
    assert len(house.ask("GET", "/v1/bookings").json["items"]) == 1


def test_the_same_key_with_another_body_is_refused() -> None:
    house = House()
    headers = {"Idempotency-Key": "mine"}
    house.ask("POST", "/v1/bookings", body=order(), headers=headers)
    before = house.trace()
    answer = house.ask("POST", "/v1/bookings", body=order(minutes=60), headers=headers)
    assert_problem(answer, 422, "idempotency_key_reused", "Idempotency-Key")
    assert house.trace() == before


def test_keys_of_different_people_do_not_meet() -> None:
    house = House()
    headers = {"Idempotency-Key": "mine"}
    one = house.ask("POST", "/v1/bookings", body=order(), headers=headers)
    body = order(operator_id=None)
    two = house.ask("POST", "/v1/bookings", body=body, headers=headers, who="cust-boris")
    assert two.status == 201
    assert one.json["id"] != two.json["id"]


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_missing"),
        ("", "idempotency_key_missing"),
        ("x" * 129, "idempotency_key_invalid"),
        ("two words", "idempotency_key_invalid"),
        ("ключ", "idempotency_key_invalid"),
        ("line\n", "idempotency_key_invalid"),
    ],
)
def test_a_post_needs_a_good_key(key: str | None, code: str) -> None:
    house = House()
    headers = {"Idempotency-Key": key}
    answer = house.ask("POST", "/v1/bookings", body=order(), headers=headers)
    assert_problem(answer, 400, code, "Idempotency-Key")
    assert house.trace() == house.untouched


def test_a_taken_slot_is_a_conflict() -> None:  # S1.2
    house = House()
    house.book()
    answer = house.ask("POST", "/v1/bookings", body=order(), who="cust-boris")
    assert_problem(answer, 409, "slot_taken", "starts_at")


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"to": "2030-01-31T18:00:00Z"}, "field_missing", "from"),
        ({"from": "x", "to": "2030-01-31T18:00:00Z"}, "time_invalid", "from"),
        ({"from": "2030-02-01T00:00:00Z", "to": "2030-01-31T00:00:00Z"}, "range_empty", "to"),
        ({"from": "1000-01-01T00:00:00Z", "to": "9000-01-01T00:00:00Z"}, "range_too_long", "to"),
        ({"from": "2030-01-31T00:00:00Z", "till": "x"}, "field_unknown", "till"),
    ],
)
def test_a_wrong_query_is_named(query: dict[str, str], code: str, field: str) -> None:
    answer = House().ask("GET", "/v1/operators/op-olga/slots", query=query)
    assert_problem(answer, 422, code, field)


def test_an_unknown_address_is_a_problem_too() -> None:
    assert_problem(House().ask("GET", "/v1/nothing"), 404, "route_unknown")


def test_an_unexpected_failure_shows_and_logs_nothing_of_the_request(
    caplog: pytest.LogCaptureFixture,
) -> None:  # Never 7
    def fault(when: str, change: object) -> None:
        raise ZeroDivisionError(f"{MAIN} anna@example.com")

    house = House()
    house.store.fault = fault
    answer = house.ask("POST", "/v1/bookings", body=order())
    assert_problem(answer, 500, "unexpected")
    assert "Zero" not in answer.text
    logged = "".join(str(vars(record)) for record in caplog.records)
    assert "ZeroDivisionError" in logged
    for private in (MAIN, "anna@example.com"):
        assert private not in logged
    house.store.fault = None
    assert house.trace() == house.untouched


def test_a_time_with_another_zone_is_the_same_time() -> None:
    made = House().book(starts_at="2030-01-31T21:00:00+03:00")
    assert made["starts_at"] == "2030-01-31T18:00:00Z" == START.isoformat().replace("+00:00", "Z")
