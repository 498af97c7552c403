"""The desk finds, explains and returns money, and only as far as it may (S2.2, S2.5, S3.13)."""

from datetime import timedelta
from typing import Any

import pytest

from functions.http import desk_cases, desk_payments
from functions.http.identity import Role
from functions.http.routing import Route
from infra.local.payments.faults import WebhookFault
from shared.domain.lots import money_of
from shared.domain.money import Money
from tests.journeys.world import CUSTOMER, START
from tests.unit.http.desk_house import DeskHouse
from tests.unit.http.house import NOBODYS, Answer, assert_problem

PAYMENTS = "/v1/desk/payments"
LARGE = Money(2_000_000, "rub")  # above what an agent may return alone
_UNUSED = {"amount_minor": 100, "currency": "rub", "our_fault": False}
ROUTES = (*desk_payments.ROUTES, *desk_cases.ROUTES)


def found(answer: Answer) -> list[tuple[str | None, list[str]]]:
    """(customer, his payments) of each group."""
    assert answer.status == 200, answer.text
    return [
        (group["customer_id"], [payment["id"] for payment in group["payments"]])
        for group in answer.json["items"]
    ]


def topped_up(house: DeskHouse, amount: Money = LARGE) -> str:
    """A payment whose money stands on Anna's balance."""
    house.world.contacts.remember("anna", email="anna@example.com")
    metadata = {"customer_id": "anna", "purpose": "top_up"}
    intent = house.world.provider.pay_by_hand(amount, metadata)
    house.world.settle()
    return intent.intent_id


def refund(house: DeskHouse, payment_id: str, **changes: Any) -> Answer:
    """Agent Ann asks for a refund."""
    body = _UNUSED | {k: v for k, v in changes.items() if k != "key"}
    key = {"key": changes["key"]} if "key" in changes else {}
    return house.agent("POST", f"{PAYMENTS}/{payment_id}/refunds", body=body, **key)


def test_every_key_leads_to_the_payment() -> None:  # S2.5
    house = DeskHouse()
    booking_id, payment_id = house.paid()
    charge = house.world.provider.intent(payment_id).charge_id
    back = house.world.provider.refund_by_hand(payment_id, 100)
    claim = house.world.provider.open_dispute(payment_id, amount=100)
    queries: tuple[dict[str, str], ...] = (
        {"order_number": booking_id},
        {"order_number": f"{booking_id[:4]} {booking_id[4:8]}-{booking_id[8:]}"},
        {"transaction": payment_id},
        {"transaction": str(charge)},
        {"transaction": back.provider_refund_id},
        {"transaction": claim.dispute_id},
        {"email": " Anna@Example.com"},
        {"phone": CUSTOMER},
        {"date": "2026-03-02", "amount_minor": "150000", "currency": "rub"},
    )
    for query in queries:
        answer = house.agent("GET", PAYMENTS, query=query)
        assert found(answer) == [("anna", [payment_id])], query


@pytest.mark.parametrize(
    "query",
    [
        {"order_number": NOBODYS},
        {"order_number": "1"},
        {"transaction": "pi_nobodys"},
        {"transaction": "ch_nobodys"},
        {"transaction": "re_nobodys"},
        {"transaction": "du_nobodys"},
        {"email": "nobody@example.com"},
        {"phone": "+12025550199"},
        {"date": "2026-03-03", "amount_minor": "150000", "currency": "rub"},
        {"date": "2026-03-02", "amount_minor": "150000", "currency": "usd"},
    ],
)
def test_what_is_not_there_is_not_found(query: dict[str, str]) -> None:  # S2.5
    house = DeskHouse()
    house.paid()
    assert found(house.agent("GET", PAYMENTS, query=query)) == []


def test_namesakes_are_never_merged() -> None:  # S2.5
    house = DeskHouse()
    _, annas = house.paid(customer_id="anna")
    _, doras = house.paid(
        customer_id="dora", operator_id=None, starts_at=START + timedelta(hours=2)
    )
    house.world.contacts.remember("dora", email="anna@example.com")
    expected = [("anna", [annas]), ("dora", [doras])]
    by_email = house.agent("GET", PAYMENTS, query={"email": "anna@example.com"})
    by_phone = house.agent("GET", PAYMENTS, query={"phone": CUSTOMER})
    day = {"date": "2026-03-02", "amount_minor": "150000", "currency": "rub"}
    assert found(by_email) == found(by_phone) == expected
    assert sorted(found(house.agent("GET", PAYMENTS, query=day)), key=str) == expected


@pytest.mark.parametrize("key", ["order_number", "pi", "ch"])
def test_a_payment_only_the_provider_knows_is_found_and_repaired(key: str) -> None:  # S2.5
    house = DeskHouse()
    world = house.world
    world.provider.faults.order_webhooks(WebhookFault.DROP, None)
    booking_id = world.book()
    payment_id = world.pay(booking_id)
    assert world.store.payment(payment_id) is None
    charge = str(world.provider.intent(payment_id).charge_id)
    query = {
        "order_number": {"order_number": booking_id},
        "pi": {"transaction": payment_id},
        "ch": {"transaction": charge},
    }[key]
    assert found(house.agent("GET", PAYMENTS, query=query)) == [("anna", [payment_id])]
    assert world.booking(booking_id).status == "scheduled"
    world.assert_books_are_right()


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ({}, {"order_number": "key_missing"}),
        ({"cursor": "x"}, {"order_number": "key_missing"}),
        ({"email": "a@example.com", "phone": CUSTOMER}, {"phone": "one_key_only"}),
        ({"email": "a@example.com", "currency": "rub"}, {"currency": "one_key_only"}),
        ({"email": "a@example.com", "cursor": "x"}, {"cursor": "cursor_unknown"}),
        ({"date": "2026-03-02"}, {"amount_minor": "field_missing", "currency": "field_missing"}),
        ({"amount_minor": "5"}, {"date": "field_missing", "currency": "field_missing"}),
        ({"date": "2026-02-30"}, {"date": "day_invalid"}),
        ({"date": "0001-01-01"}, {"date": "day_invalid"}),
        ({"amount_minor": "-5"}, {"amount_minor": "pattern_wrong"}),
        ({"amount_minor": "1.5"}, {"amount_minor": "pattern_wrong"}),
        ({"name": "Anna"}, {"name": "field_unknown"}),
    ],
)
def test_a_search_is_by_one_key(query: dict[str, str], faults: dict[str, str]) -> None:
    answer = DeskHouse().agent("GET", PAYMENTS, query=query)
    assert answer.status == 422
    assert {fault["field"]: fault["code"] for fault in answer.json["errors"]} == faults


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"transaction": "xx_1"}, "transaction_unknown", "transaction"),
        ({"phone": "202 555 0111"}, "phone_no_country_code", "phone"),
    ],
)
def test_a_key_that_cannot_be_one_is_named(query: dict[str, str], code: str, field: str) -> None:
    assert_problem(DeskHouse().agent("GET", PAYMENTS, query=query), 422, code, field)


def test_a_trail_tells_everything_with_cause_and_evidence() -> None:  # S2.5 S2.6
    house = DeskHouse()
    booking_id, payment_id = house.paid()
    shown = house.agent("GET", f"{PAYMENTS}/{payment_id}").json
    assert (shown["status"], shown["booking_id"]) == ("captured", booking_id)
    assert shown["refundable"] == {"amount_minor": 150000, "currency": "rub"}
    types = [event["type"] for event in shown["timeline"]]
    assert types[:2] == ["PaymentOpened", "PaymentCaptured"]
    assert {event["cause"]["source"] for event in shown["timeline"]} == {"payment provider"}
    assert "PaymentConfirmed" in [event["type"] for event in shown["booking_timeline"]]
    assert "BookingScheduled" not in [event["type"] for event in shown["booking_timeline"]]
    assert [letter["status"] for letter in shown["letters"]] == ["handed_over"]
    for unit in ("rub", "sec:standard"):
        assert sum(p["amount"] for p in shown["postings"] if p["unit"] == unit) == 0
    assert {posting["owner"] for posting in shown["postings"]} == {payment_id, booking_id}
    assert "1500.00 RUB" in shown["explanation"]["en"]
    assert booking_id in shown["explanation"]["ru"]
    assert CUSTOMER[1:] not in str(shown)


@pytest.mark.parametrize("payment_id", ["pi_nobodys", "x" * 300, "12345", "pi_%00"])
def test_no_payment_looks_like_another(payment_id: str) -> None:
    answer = DeskHouse().agent("GET", f"{PAYMENTS}/{payment_id}")
    assert_problem(answer, 404, "payment_unknown", "payment_id")


def test_an_agent_s_small_refund_goes_at_once_and_is_recorded_as_his() -> None:  # S2.2 S2.3
    house = DeskHouse()
    payment_id = topped_up(house)
    done = refund(house, payment_id, amount_minor=5000, reason_text="Asked\nby phone")
    assert (done.status, done.json["status"]) == (200, "requested")
    shown = house.agent("GET", f"{PAYMENTS}/{payment_id}").json
    assert [(r["by"], r["status"], r["note"]) for r in shown["refunds"]] == [
        ("agent:ann", "settled", "Asked\nby phone")
    ]
    house.world.assert_books_are_right()


def test_the_same_request_twice_refunds_once() -> None:  # Never 2
    house = DeskHouse()
    payment_id = topped_up(house)
    first = refund(house, payment_id, key="once")
    again = refund(house, payment_id, key="once")
    assert again.json["id"] == first.json["id"]
    other = refund(house, payment_id, key="once", amount_minor=200)
    assert_problem(other, 422, "idempotency_key_reused", "Idempotency-Key")
    shown = house.agent("GET", f"{PAYMENTS}/{payment_id}").json
    assert shown["refunded"]["amount_minor"] == 100


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"amount_minor": 0}, 422, "amount_not_positive", "amount_minor"),
        ({"amount_minor": -5}, 422, "amount_not_positive", "amount_minor"),
        ({"amount_minor": 2_000_001}, 422, "refund_exceeds_unused", "amount_minor"),
        (
            {"amount_minor": 2_000_001, "our_fault": True},
            422,
            "refund_exceeds_unused",
            "amount_minor",
        ),
        ({"currency": "usd"}, 422, "currency_mismatch", "currency"),
        ({"our_fault": "yes"}, 422, "type_wrong", "our_fault"),
        ({"reason_text": "x" * 2001}, 422, "length_wrong", "reason_text"),
    ],
)
def test_a_refund_that_cannot_be_is_refused_with_the_fact(
    changes: dict[str, Any], status: int, code: str, field: str
) -> None:
    house = DeskHouse()
    payment_id = topped_up(house)
    assert_problem(refund(house, payment_id, **changes), status, code, field)
    assert house.world.store.payment(payment_id).state.refunds == ()  # type: ignore[union-attr]


@pytest.mark.parametrize("inquiry", [True, False])
def test_a_disputed_payment_is_not_refunded(inquiry: bool) -> None:  # S2.7
    house = DeskHouse()
    payment_id = topped_up(house)
    house.world.provider.open_dispute(payment_id, inquiry=inquiry)
    house.world.settle()
    assert_problem(refund(house, payment_id), 409, "payment_disputed")


def test_above_the_limit_another_person_decides_and_his_case_is_closed() -> None:  # S2.2
    house = DeskHouse()
    payment_id = topped_up(house)
    asked = refund(house, payment_id, amount_minor=1_500_000)
    assert asked.json["status"] == "awaiting_approval"
    path = f"{PAYMENTS}/{payment_id}/refunds/{asked.json['id']}"
    (waiting,) = house.manager("GET", "/v1/desk/cases", query={"level": "manager"}).json["items"]
    assert waiting["kind"] == "refund_approval"
    assert_problem(house.agent("POST", f"{path}/approve"), 403, "role_missing")
    own = house.ask("POST", f"{path}/approve", who="ann", groups="agent,manager")
    assert_problem(own, 403, "four_eyes")
    assert house.manager("POST", f"{path}/approve").json["case_number"] == waiting["number"]
    again = house.manager("POST", f"{path}/approve")
    assert again.status == 200
    shown = house.agent("GET", f"{PAYMENTS}/{payment_id}").json
    assert [r["status"] for r in shown["refunds"]] == ["settled"]
    assert [case["status"] for case in shown["cases"]] == ["closed"]
    assert_problem(house.manager("POST", f"{path}/deny"), 409, "refund_not_waiting")
    house.world.assert_books_are_right()


def test_what_a_manager_denies_stays_the_customer_s() -> None:  # S2.2
    house = DeskHouse()
    payment_id = topped_up(house)
    asked = refund(house, payment_id, amount_minor=1_500_000)
    assert money_of(house.world.store.lots("anna")) == {"rub": 500_000}
    path = f"{PAYMENTS}/{payment_id}/refunds/{asked.json['id']}"
    assert house.manager("POST", f"{path}/deny").json["status"] == "denied"
    assert money_of(house.world.store.lots("anna")) == {"rub": 2_000_000}
    unknown = f"{PAYMENTS}/{payment_id}/refunds/nobodys/deny"
    assert_problem(house.manager("POST", unknown), 404, "refund_unknown", "refund_id")
    house.world.assert_books_are_right()


def test_money_nobody_was_known_for_is_given_to_a_customer_once() -> None:  # S2.5
    house = DeskHouse()
    world = house.world
    payment_id = world.provider.pay_by_hand(Money(70000, "rub")).intent_id
    world.settle()
    world.contacts.remember("anna", email="anna@example.com")
    world.contacts.remember("dora", email="dora@example.com")
    path = f"{PAYMENTS}/{payment_id}/assign"
    (case,) = house.agent("GET", "/v1/desk/cases", query={"level": "agent"}).json["items"]
    assert case["kind"] == "unknown_payment"
    nobody = house.agent("POST", path, body={"customer_id": "emil"})
    assert_problem(nobody, 404, "customer_unknown", "customer_id")
    for _ in range(2):
        given = house.agent("POST", path, body={"customer_id": "anna"})
        assert (given.status, given.json["customer_id"]) == (200, "anna")
    assert money_of(world.store.lots("anna")) == {"rub": 70000}
    assert given.json["unallocated"]["amount_minor"] == 0
    other = house.agent("POST", path, body={"customer_id": "dora"})
    assert_problem(other, 409, "payment_has_owner", "customer_id")
    shown = house.agent("GET", f"/v1/desk/cases/{case['number']}").json
    assert (shown["status"], shown["outcome"]) == ("closed", "credited")
    by_email = house.agent("GET", PAYMENTS, query={"email": "anna@example.com"})
    assert found(by_email) == [("anna", [payment_id])]
    world.assert_books_are_right()


def test_a_case_is_taken_handed_over_and_closed_by_those_who_may() -> None:  # S3.5
    house = DeskHouse()
    house.world.provider.pay_by_hand(Money(70000, "rub"))
    house.world.settle()
    (case,) = house.agent("GET", "/v1/desk/cases", query={"level": "agent"}).json["items"]
    path = f"/v1/desk/cases/{case['number']}"
    taken = house.agent("POST", f"{path}/take").json
    assert (taken["status"], taken["taken_by"]) == ("in_work", "agent:ann")
    assert house.agent("POST", f"{path}/escalate").json["level"] == "manager"
    refused = house.agent("POST", f"{path}/close", body={"outcome": "explained"})
    assert_problem(refused, 403, "role_missing")
    closed = house.manager("POST", f"{path}/close", body={"outcome": "explained"}).json
    assert (closed["status"], closed["outcome"]) == ("closed", "explained")
    late = house.manager("POST", f"{path}/close", body={"outcome": "refused"})
    assert_problem(late, 409, "case_closed", "case_number")
    assert [event["type"] for event in closed["timeline"]] == [
        "CaseOpened",
        "CaseTaken",
        "CaseEscalated",
        "CaseClosed",
    ]
    unknown = house.agent("GET", f"/v1/desk/cases/{NOBODYS}")
    assert_problem(unknown, 404, "case_unknown", "case_number")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
@pytest.mark.parametrize("role", Role)
def test_the_desk_is_for_agents_and_managers(role: Role, route: Route[object]) -> None:  # Never 7
    house = DeskHouse()
    path = route.path.format(payment_id="pi_1", refund_id="r", case_number=NOBODYS)
    answer = house.ask(route.method, path, who="somebody", groups=role.value)
    wanted = {Role.MANAGER} if path.endswith(("approve", "deny")) else {Role.AGENT, Role.MANAGER}
    if role in wanted:
        assert answer.status not in (401, 403)
    else:
        assert_problem(answer, 403, "role_missing")
    assert_problem(house.ask(route.method, path), 401, "sign_in")
