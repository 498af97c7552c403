"""What operators and the desk do."""

from typing import Any

import pytest

from tests.unit.http.house import ANNA, BACKUP, MAIN, NOBODYS, OLGA, Answer, House, assert_problem

_DAY = {"from": "2030-01-31T00:00:00Z", "to": "2030-02-01T00:00:00Z"}

_AMOUNT = "per_minute.amount_minor"


def _as_olga(house: House, method: str, path: str, **parts: Any) -> Answer:
    return house.ask(method, path, who=OLGA, groups="operator", **parts)


def _as_manager(house: House, method: str, path: str, **parts: Any) -> Answer:
    return house.ask(method, path, who="boss", groups="manager", **parts)


def _profile(**changes: Any) -> dict[str, Any]:
    good = {"name": "Ольга", "tariff_id": "standard", "main_phone": MAIN, "backup_phone": BACKUP}
    return good | changes


def test_a_profile_is_stored_and_its_numbers_are_not_shown() -> None:  # S1.4
    house = House()
    put = _as_olga(house, "PUT", "/v1/operator/profile", body=_profile())
    shown = _as_olga(house, "GET", "/v1/operator/profile")
    assert put.json == shown.json
    assert shown.json["name"] == "Ольга"
    assert shown.json["has_backup_phone"] is True
    assert MAIN[1:] not in shown.text
    phones = house.store.operator(OLGA).phones  # type: ignore[union-attr]
    assert phones == (house.contacts.phone_id(MAIN), house.contacts.phone_id(BACKUP))


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"tariff_id": "gold"}, 404, "tariff_unknown", "tariff_id"),
        ({"tariff_id": "Gold!"}, 422, "pattern_wrong", "tariff_id"),
        ({"name": "  "}, 422, "length_wrong", "name"),
        ({"name": "O\u202elga"}, 422, "characters_invisible", "name"),
        ({"main_phone": "202 555 0123"}, 422, "phone_no_country_code", "main_phone"),
        ({"backup_phone": MAIN}, 422, "backup_is_main", "backup_phone"),
    ],
)
def test_a_wrong_profile_is_not_stored(
    changes: dict[str, Any], status: int, code: str, field: str
) -> None:
    house = House()
    before = house.store.operator(OLGA)
    answer = _as_olga(house, "PUT", "/v1/operator/profile", body=_profile(**changes))
    assert_problem(answer, status, code, field)
    assert house.store.operator(OLGA) == before


def test_an_operator_without_profile_is_told() -> None:
    answer = House().ask("GET", "/v1/operator/profile", who="op-new", groups="operator")
    assert_problem(answer, 404, "operator_unknown")


def test_time_is_offered_and_taken_back_but_not_what_is_booked() -> None:
    house = House()
    booked = house.book()["id"]
    stretch = {"start": "2030-01-31T17:45:00Z", "end": "2030-01-31T20:00:00Z"}
    offered = _as_olga(house, "PUT", "/v1/operator/availability", body=stretch | {"offered": True})
    assert offered.json["still_booked"] == []
    own = _as_olga(house, "GET", "/v1/operator/availability", query=_DAY).json["items"]
    assert len(own) == 9
    assert [one["booking_id"] for one in own][:4] == [None, booked, booked, None]
    back = _as_olga(house, "PUT", "/v1/operator/availability", body=stretch | {"offered": False})
    assert back.json["still_booked"] == ["2030-01-31T18:00:00Z", "2030-01-31T18:15:00Z"]
    own = _as_olga(house, "GET", "/v1/operator/availability", query=_DAY).json["items"]
    assert [one["booking_id"] for one in own] == [booked, booked]


@pytest.mark.parametrize(
    ("start", "end", "code", "field"),
    [
        ("2030-01-31T18:00:00Z", "2030-01-31T18:00:00Z", "range_empty", "end"),
        ("2030-01-31T18:00:00Z", "2030-03-31T18:00:00Z", "range_too_long", "end"),
        ("2030-01-31T18:05:00Z", "2030-01-31T19:00:00Z", "not_on_a_quarter", "start"),
        ("2030-01-31T11:00:00Z", "2030-01-31T19:00:00Z", "time_in_the_past", "start"),
        ("2033-01-31T11:00:00Z", "2033-01-31T19:00:00Z", "too_far_ahead", "start"),
    ],
)
def test_wrong_time_is_not_offered(start: str, end: str, code: str, field: str) -> None:
    house = House()
    body = {"start": start, "end": end, "offered": True}
    answer = _as_olga(house, "PUT", "/v1/operator/availability", body=body)
    assert_problem(answer, 422, code, field)
    assert house.trace() == house.untouched


def test_sessions_show_times_and_nothing_of_the_customer() -> None:  # S1.4
    house = House()
    first = house.book()["id"]
    second = house.book(starts_at="2030-01-31T19:00:00Z", minutes=5)["id"]
    answer = _as_olga(house, "GET", "/v1/operator/sessions", query=_DAY)
    assert answer.json["items"] == [
        {
            "booking_id": first,
            "starts_at": "2030-01-31T18:00:00Z",
            "ends_at": "2030-01-31T18:30:00Z",
            "ready": None,
        },
        {
            "booking_id": second,
            "starts_at": "2030-01-31T19:00:00Z",
            "ends_at": "2030-01-31T19:15:00Z",
            "ready": None,
        },
    ]
    assert ANNA not in answer.text


def test_a_tariff_keeps_its_price() -> None:
    house = House()
    gold = {"per_minute": {"amount_minor": 9000, "currency": "jpy"}}
    put = _as_manager(house, "PUT", "/v1/desk/tariffs/gold", body=gold)
    assert put.json == {"tariff_id": "gold"} | gold
    assert _as_manager(house, "PUT", "/v1/desk/tariffs/gold", body=gold).status == 200
    other = {"per_minute": {"amount_minor": 1, "currency": "jpy"}}
    answer = _as_manager(house, "PUT", "/v1/desk/tariffs/gold", body=other)
    assert_problem(answer, 409, "tariff_exists", "per_minute")
    listed = _as_manager(house, "GET", "/v1/desk/tariffs").json["items"]
    assert [one["tariff_id"] for one in listed] == ["gold", "standard"]


@pytest.mark.parametrize(
    ("name", "price", "code", "field"),
    [
        ("x", {"amount_minor": 0, "currency": "rub"}, "price_not_positive", _AMOUNT),
        ("x", {"amount_minor": 1.5, "currency": "rub"}, "type_wrong", _AMOUNT),
        ("x", {"amount_minor": 1, "currency": "RUB"}, "pattern_wrong", "per_minute.currency"),
        ("x", {"amount_minor": 1, "currency": "r1b"}, "pattern_wrong", "per_minute.currency"),
        ("x", {"amount_minor": 1}, "field_missing", "per_minute.currency"),
        ("x", {"amount_minor": 1, "currency": "rub", "a": 1}, "field_unknown", "per_minute.a"),
        ("x", 100, "type_wrong", "per_minute"),
        ("bonus", {"amount_minor": 1, "currency": "rub"}, "name_reserved", "tariff_id"),
        ("Gold", {"amount_minor": 1, "currency": "rub"}, "pattern_wrong", "tariff_id"),
    ],
)  # fmt: skip
def test_a_wrong_tariff_is_not_stored(name: str, price: object, code: str, field: str) -> None:
    house = House()
    answer = _as_manager(house, "PUT", f"/v1/desk/tariffs/{name}", body={"per_minute": price})
    assert_problem(answer, 422, code, field)
    assert len(house.store.tariffs()) == 1


def test_the_trial_balance_is_zero_and_bounded() -> None:  # Never 1
    house = House()
    house.book()
    answer = _as_manager(house, "GET", "/v1/desk/trial-balance", query=_DAY)
    assert answer.json["zero"] is True
    assert answer.json["differences"] == []
    ages = {"from": "1000-01-01T00:00:00Z", "to": "9000-01-01T00:00:00Z"}
    answer = _as_manager(house, "GET", "/v1/desk/trial-balance", query=ages)
    assert_problem(answer, 422, "range_too_long", "to")
    turned = {"from": _DAY["to"], "to": _DAY["from"]}
    answer = _as_manager(house, "GET", "/v1/desk/trial-balance", query=turned)
    assert_problem(answer, 422, "range_empty", "to")


def test_the_desk_sees_a_booking_with_its_evidence() -> None:
    house = House()
    number = house.book()["id"]
    answer = house.ask("GET", f"/v1/desk/bookings/{number}", who="agent-1", groups="agent")
    assert answer.json["customer_id"] == ANNA
    assert answer.json["booking"]["id"] == number
    assert answer.json["timeline"][0]["type"] == "BookingHeld"
    assert MAIN[1:] not in answer.text
    unknown = house.ask("GET", f"/v1/desk/bookings/{NOBODYS}", groups="agent")
    assert_problem(unknown, 404, "booking_unknown", "booking_id")
