"""Who may call what, and that nobody sees what is not his (Never 7)."""

import pytest

from functions.http.identity import EVERYBODY, Role
from functions.http.routing import Route
from tests.unit.http.house import (
    ANNA,
    BORIS,
    MAIN,
    NOBODYS,
    ROUTES,
    House,
    assert_problem,
    order,
)

_CUSTOMER, _OPERATOR = {Role.CUSTOMER}, {Role.OPERATOR}
_AGENT_OR_MANAGER, _MANAGER = {Role.AGENT, Role.MANAGER}, {Role.MANAGER}
_WHO = {
    "GET /v1/operators": EVERYBODY,
    "GET /v1/operators/{operator_id}/slots": EVERYBODY,
    "GET /v1/slots": EVERYBODY,
    "POST /v1/bookings": _CUSTOMER,
    "GET /v1/bookings": _CUSTOMER,
    "GET /v1/bookings/{booking_id}": _CUSTOMER,
    "POST /v1/bookings/{booking_id}/cancel": _CUSTOMER,
    "POST /v1/bookings/{booking_id}/reschedule": _CUSTOMER,
    "POST /v1/bookings/{booking_id}/end": _CUSTOMER,
    "GET /v1/bookings/{booking_id}/timeline": _CUSTOMER,
    "POST /v1/bookings/{booking_id}/hold": _CUSTOMER,
    "POST /v1/bookings/{booking_id}/resume": _CUSTOMER,
    "POST /v1/bookings/{booking_id}/bad-line": _CUSTOMER,
    "POST /v1/bookings/{booking_id}/bad-line/choice": _CUSTOMER,
    "POST /v1/bookings/{booking_id}/phones": _CUSTOMER,
    "GET /v1/bookings/{booking_id}/offers": _CUSTOMER,
    "POST /v1/bookings/{booking_id}/offers/{offer_id}/accept": _CUSTOMER,
    "POST /v1/bookings/{booking_id}/payment": _CUSTOMER,
    "GET /v1/bookings/{booking_id}/payment": _CUSTOMER,
    "GET /v1/bookings/{booking_id}/extension": _CUSTOMER,
    "POST /v1/bookings/{booking_id}/extend": _CUSTOMER,
    "GET /v1/payments": _CUSTOMER,
    "GET /v1/payments/{payment_id}": _CUSTOMER,
    "POST /v1/payments/{payment_id}/shown": _CUSTOMER,
    "POST /v1/payments/{payment_id}/duplicate-answer": _CUSTOMER,
    "POST /v1/payments/{payment_id}/choice": _CUSTOMER,
    "POST /v1/payments/{payment_id}/refunds": _CUSTOMER,
    "GET /v1/payments/{payment_id}/explanation": _CUSTOMER,
    "GET /v1/payments/{payment_id}/receipt": _CUSTOMER,
    "GET /v1/payments/{payment_id}/refunds/{refund_id}/receipt": _CUSTOMER,
    "GET /v1/account": _CUSTOMER,
    "POST /v1/account/top-ups": _CUSTOMER,
    "GET /v1/account/top-ups/{payment_id}": _CUSTOMER,
    "GET /v1/account/cards": _CUSTOMER,
    "DELETE /v1/account/cards/{card_id}": _CUSTOMER,
    "PUT /v1/operator/profile": _OPERATOR,
    "GET /v1/operator/profile": _OPERATOR,
    "PUT /v1/operator/availability": _OPERATOR,
    "GET /v1/operator/availability": _OPERATOR,
    "GET /v1/operator/sessions": _OPERATOR,
    "POST /v1/operator/sessions/{booking_id}/readiness": _OPERATOR,
    "POST /v1/operator/sessions/{booking_id}/hold": _OPERATOR,
    "POST /v1/operator/sessions/{booking_id}/resume": _OPERATOR,
    "POST /v1/operator/sessions/{booking_id}/callback": _OPERATOR,
    "PUT /v1/desk/tariffs/{tariff_id}": _MANAGER,
    "GET /v1/desk/tariffs": _MANAGER,
    "GET /v1/desk/trial-balance": _MANAGER,
    "GET /v1/desk/bookings/{booking_id}": _AGENT_OR_MANAGER,
    "POST /v1/desk/bookings/{booking_id}/callback": _AGENT_OR_MANAGER,
}
# Names that nothing has.
_NOTHING = {
    "operator_id": "nobody",
    "booking_id": "000000000000",
    "tariff_id": "x",
    "payment_id": "pi_none",
    "refund_id": "none",
    "card_id": "0" * 24,
    "offer_id": "none",
}
# What is sent where something must be.
_BODIES = {
    "reschedule": {"starts_at": "2030-01-31T19:00:00Z"},
    "bad-line/choice": {"choice": "stop"},
    "phones": {"main_phone": MAIN},
    "accept": {"choice": "new_time"},
    "readiness": {"ready": True},
    "extend": {"minutes": 15},
}
_QUERIES = {"extension": {"minutes": "15"}}
_OF_ONE_BOOKING = [
    (route.method, route.path, role)
    for route in ROUTES
    for role in (Role.CUSTOMER, Role.OPERATOR)
    if "{booking_id}" in route.path and role in route.roles
]


def test_every_route_stands_in_the_list() -> None:
    assert {f"{route.method} {route.path}" for route in ROUTES} == _WHO.keys()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
@pytest.mark.parametrize("role", Role)
def test_a_role_reaches_its_routes_and_no_other(role: Role, route: Route[object]) -> None:
    house = House()
    path = route.path.format_map(_NOTHING)
    answer = house.ask(route.method, path, groups=role.value)
    if role in _WHO[f"{route.method} {route.path}"]:
        assert answer.status not in (401, 403)
    else:
        assert_problem(answer, 403, "role_missing")
        assert house.trace() == house.untouched


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_without_sign_in_nothing_is_reached(route: Route[object]) -> None:
    house = House()
    event = house.event(route.method, route.path)
    del event["requestContext"]["authorizer"]
    assert_problem(house.send(event), 401, "sign_in")


@pytest.mark.parametrize(
    ("groups", "status"),
    [
        ("", 200),  # in no group: a customer
        ("customer", 200),
        ("operator,customer", 200),
        ("[operator customer]", 200),
        ("operator", 403),
        ("strangers", 403),
    ],
)
def test_groups_come_as_the_gateway_writes_them(groups: str, status: int) -> None:
    assert House().ask("GET", "/v1/account", groups=groups).status == status


@pytest.mark.parametrize(("method", "path", "role"), _OF_ONE_BOOKING)
def test_another_ones_booking_looks_like_none(method: str, path: str, role: Role) -> None:
    house = House()
    mine = house.book()["id"]
    body = next((body for end, body in _BODIES.items() if path.endswith(end)), None)
    query = next((query for end, query in _QUERIES.items() if path.endswith(end)), None)
    before = house.trace()
    answers = []
    for number in (mine, NOBODYS, "123456789012", "x" * 300):
        address = path.format_map(_NOTHING | {"booking_id": number})
        answer = house.ask(method, address, who=BORIS, groups=role.value, body=body, query=query)
        assert_problem(answer, 404, "booking_unknown", "booking_id")
        answers.append({**answer.json, "instance": ""})
    assert all(answer == answers[0] for answer in answers)
    assert house.trace() == before


def test_lists_show_one_s_own_only() -> None:
    house = House()
    mine = house.book()["id"]
    assert [one["id"] for one in house.ask("GET", "/v1/bookings", who=ANNA).json["items"]] == [mine]
    assert house.ask("GET", "/v1/bookings", who=BORIS).json["items"] == []


def test_an_email_nobody_proved_to_read_is_not_written_to() -> None:
    house = House()
    event = house.event("POST", "/v1/bookings", body=order())
    event["requestContext"]["authorizer"]["claims"]["email_verified"] = "false"
    assert house.send(event).status == 201
    assert house.contacts.email(ANNA) is None
