"""Somebody who cannot sign in asks for his money back (S2.4, S2.5, S3.2, S3.5)."""

from datetime import timedelta
from typing import Any

from infra.local.payments.faults import RequestFault, WebhookFault
from shared.domain.lots import money_of
from shared.domain.money import Money
from shared.domain.policy import CURRENT
from tests.journeys.world import CUSTOMER, MORNING
from tests.unit.http.desk_house import DeskHouse

PATH = "/v1/refund-requests"
_DEADLINE = timedelta(seconds=CURRENT.payment_check)


def ask(house: DeskHouse, **changes: Any) -> str:
    """A stranger's request; returns its number."""
    body = {
        "email": "anna@example.com",
        "transaction": "pi_3Made0Up",
        "paid_on": "2026-03-02",
        "amount": {"amount_minor": 150000, "currency": "rub"},
        "reason": "I cannot sign in.\nPlease return my money.",
        "language": "en",
    } | changes
    answer = house.ask("POST", PATH, body={k: v for k, v in body.items() if v is not None})
    assert answer.status == 201, answer.text
    number: str = answer.json["case_number"]
    return number


def opened(house: DeskHouse, number: str) -> Any:
    """The case as an agent sees it."""
    answer = house.agent("GET", f"/v1/desk/cases/{number}")
    assert answer.status == 200, answer.text
    return answer.json


def status(house: DeskHouse, number: str) -> str:
    """What the customer sees."""
    shown: str = house.ask("GET", f"{PATH}/{number}").json["status"]
    return shown


def test_from_the_form_to_the_money_without_any_login() -> None:
    house = DeskHouse()
    world = house.world
    metadata = {"customer_id": "anna", "purpose": "top_up"}
    world.contacts.remember("anna", email="anna@example.com", phones=[CUSTOMER])
    payment_id = world.provider.pay_by_hand(Money(150000, "rub"), metadata).intent_id
    world.settle()

    number = ask(house, transaction=payment_id, phone=CUSTOMER)
    assert status(house, number) == "received"
    assert number in world.post.sent[-1].text

    house.agent("POST", f"/v1/desk/cases/{number}/take")
    assert status(house, number) == "in_work"
    (match,) = opened(house, number)["matches"]["items"]
    assert match["customer_id"] == "anna"
    assert match["by"] == ["transaction", "email", "phone", "date_amount"]
    found = match["payment"]["id"]
    trail = house.agent("GET", f"/v1/desk/payments/{found}").json
    assert "1500.00 RUB" in trail["explanation"]["en"]

    body = {"amount_minor": 150000, "currency": "rub", "our_fault": False}
    refunded = house.agent("POST", f"/v1/desk/payments/{found}/refunds", body=body)
    assert refunded.status == 200
    house.agent("POST", f"/v1/desk/cases/{number}/close", body={"outcome": "refunded"})
    assert status(house, number) == "closed"
    assert money_of(world.store.lots("anna")) == {}
    assert [r.amount.minor for r in world.provider.refunds_of(payment_id)] == [150000]
    world.assert_books_are_right()


def test_a_payment_that_no_webhook_told_of_is_repaired_when_its_case_is_opened() -> None:
    house = DeskHouse()
    world = house.world
    world.provider.faults.order_webhooks(WebhookFault.DROP, None)
    booking_id = world.book()
    payment_id = world.pay(booking_id)
    number = ask(house, transaction=booking_id, email=None, phone=CUSTOMER)
    assert world.store.payment(payment_id) is None  # nobody is looked up for a stranger
    (match,) = opened(house, number)["matches"]["items"]
    assert match["payment"]["id"] == payment_id
    assert match["by"] == ["transaction", "phone", "date_amount"]
    assert world.booking(booking_id).status == "scheduled"
    world.assert_books_are_right()


def test_namesakes_stand_apart_in_a_case() -> None:
    house = DeskHouse()
    world = house.world
    world.contacts.remember("dora", email="anna@example.com")
    _, payment_id = house.paid(customer_id="anna")
    metadata = {"customer_id": "dora", "purpose": "top_up"}
    doras = world.provider.pay_by_hand(Money(900, "rub"), metadata).intent_id
    world.settle()
    items = opened(house, ask(house, transaction=payment_id))["matches"]["items"]
    assert [(m["customer_id"], m["payment"]["id"], m["by"]) for m in items] == [
        ("anna", payment_id, ["transaction", "email", "date_amount"]),
        ("dora", doras, ["email"]),
    ]


def test_a_request_for_somebody_else_s_money_shows_the_agent_what_does_not_fit() -> None:
    house = DeskHouse()
    _, payment_id = house.paid()
    number = ask(
        house,
        email="stranger@example.com",
        transaction=payment_id,
        paid_on="2026-01-05",
        amount={"amount_minor": 5, "currency": "rub"},
    )
    (match,) = opened(house, number)["matches"]["items"]
    assert (match["customer_id"], match["by"]) == ("anna", ["transaction"])


def test_a_case_opens_also_while_the_provider_is_silent() -> None:
    house = DeskHouse()
    house.paid()
    number = ask(house, transaction="ch_3Made0Up")
    house.world.provider.faults.order_request(RequestFault.RATE_LIMIT, 9, "GET", "/v1/charges")
    shown = opened(house, number)
    assert shown["matches"]["complete"] is False
    assert [match["by"] for match in shown["matches"]["items"]] == [["email", "date_amount"]]
    assert shown["request"]["reason"].startswith("I cannot")


def test_a_request_that_nobody_touches_goes_to_a_manager_at_its_deadline() -> None:
    # S3.5 S3.12
    house = DeskHouse()
    number = ask(house)
    world = house.world
    world.until(MORNING + _DEADLINE - timedelta(minutes=1))
    assert opened(house, number)["level"] == "agent"
    world.until(MORNING + _DEADLINE + timedelta(minutes=1))
    shown = opened(house, number)
    assert (shown["level"], shown["escalations"]) == ("manager", 1)
    refused = house.agent("POST", f"/v1/desk/cases/{number}/take")
    assert refused.status == 403
    assert house.manager("POST", f"/v1/desk/cases/{number}/take").status == 200
    assert status(house, number) == "in_work"
