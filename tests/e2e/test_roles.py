"""Who may do what, as the gateway and the functions hold it together (Never 7)."""

import base64
import json
from collections.abc import Mapping

import pytest
import requests

from shared.domain.booking_number import with_check_digit
from tests.e2e.customer import Customer
from tests.e2e.local_stack import PER_MINUTE, Caller, LocalStack, text
from tests.e2e.problems import assert_problem

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

UNKNOWN = with_check_digit("12345678901")  # a number that nobody has
DAY = {"from": "2030-01-31T00:00:00Z", "to": "2030-02-01T00:00:00Z"}
PRICE = {"per_minute": {"amount_minor": PER_MINUTE, "currency": "rub"}}
OF_ONE = [
    ("GET", ""),
    ("GET", "/timeline"),
    ("GET", "/payment"),
    ("POST", "/payment"),
    ("POST", "/cancel"),
    ("POST", "/end"),
    ("POST", "/reschedule"),
]


def ask(caller: Caller, method: str, path: str, body: object = None) -> requests.Response:
    match method:
        case "GET":
            return caller.get(path, **(body if isinstance(body, dict) else {}))
        case "PUT":
            return caller.put(path, body)
        case _:
            return caller.post(path, body)


@pytest.mark.parametrize("name", ["customer", "agent"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/desk/tariffs/cheap", PRICE),
        ("GET", "/v1/desk/tariffs", None),
        ("GET", "/v1/desk/trial-balance", DAY),
        ("GET", "/v1/operator/profile", None),
        ("GET", "/v1/operator/availability", DAY),
        ("GET", "/v1/operator/sessions", DAY),
        ("PUT", "/v1/operator/availability", {}),
        ("PUT", "/v1/operator/profile", {}),
    ],
)
def test_managers_and_operators_routes_are_closed_to_others(
    stack: LocalStack, name: str, method: str, path: str, body: object
) -> None:
    before = stack.items()
    assert_problem(ask(stack.user(name), method, path, body), 403, "role_missing")
    assert stack.items() == before


def test_the_desk_s_view_of_a_booking_is_the_desk_s_alone(
    stack: LocalStack, anna: Customer
) -> None:
    booking_id = anna.book(stack.free_quarter())["id"]
    path = f"/v1/desk/bookings/{booking_id}"
    for name in ("customer", "customer_2", "operator"):
        assert_problem(stack.user(name).get(path), 403, "role_missing")
    for name in ("agent", "manager"):
        assert stack.user(name).get(path).json()["booking"]["id"] == booking_id


@pytest.mark.parametrize(("method", "path"), OF_ONE)
def test_another_one_s_booking_looks_like_none(
    stack: LocalStack, anna: Customer, boris: Customer, method: str, path: str
) -> None:
    starts_at = stack.free_quarter()
    booking_id = anna.book(starts_at)["id"]
    before = stack.items()
    body = {"starts_at": text(starts_at)} if path == "/reschedule" else None

    def refused(number: str) -> Mapping[str, object]:
        answer = ask(boris.api, method, f"/v1/bookings/{number}{path}", body)
        assert_problem(answer, 404, "booking_unknown", "booking_id")
        found = json.loads(answer.text.replace(number, "its number"))
        headers = {name: answer.headers[name] for name in ("Content-Type", "Cache-Control")}
        return {**found, **headers, "names": sorted(answer.headers)}

    assert refused(booking_id) == refused(UNKNOWN)
    assert stack.items() == before


def test_lists_and_balances_hold_one_s_own_alone(
    stack: LocalStack, anna: Customer, boris: Customer
) -> None:
    booking_id = anna.book(stack.free_quarter())["id"]
    mine = anna.api.get("/v1/bookings").json()["items"]
    others = boris.api.get("/v1/bookings").json()["items"]
    assert booking_id in {row["id"] for row in mine}
    assert booking_id not in {row["id"] for row in others}


def forged(token: str) -> list[str | None]:
    """Tokens that prove nothing: none, a word, another signature, other claims, no signature."""
    head, claims, signature = token.split(".")
    raised = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    raised["cognito:groups"] = ["manager"]
    made = base64.urlsafe_b64encode(json.dumps(raised).encode()).decode().rstrip("=")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    turned = signature[:-8] + signature[-8:].swapcase()
    return [
        None,
        "nonsense",
        f"{head}.{claims}.{turned}",
        f"{head}.{made}.{signature}",
        f"{unsigned}.{made}.",
    ]


@pytest.mark.parametrize("which", range(5))
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/account"), ("POST", "/v1/bookings"), ("GET", "/v1/desk/tariffs")],
)
def test_without_a_token_that_proves_it_nobody_is_anybody(
    stack: LocalStack, which: int, method: str, path: str
) -> None:
    before = stack.items()
    answer = ask(Caller(stack.api, forged(stack.token("customer"))[which]), method, path)
    assert answer.status_code == 401
    assert "Traceback" not in answer.text
    assert stack.items() == before


def test_a_booking_shows_its_customer_no_number_of_the_operator_and_none_of_his_own(
    stack: LocalStack, anna: Customer
) -> None:  # S1.4
    booking_id = anna.book(stack.free_quarter(), backup_phone="+12025550112")["id"]
    for path in ("", "/timeline", "/payment"):
        shown = anna.api.get(f"/v1/bookings/{booking_id}{path}").text
        assert "2025550" not in shown
        assert "phone" not in shown
