"""Money on the deployed template: back to cards, found without webhooks, disputed, explained."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import requests

from tests.e2e import payment_double
from tests.e2e.customer import Customer
from tests.e2e.local_stack import PER_MINUTE, LocalStack, wait_for
from tests.e2e.problems import assert_problem

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

PRICE = {"amount_minor": 5 * PER_MINUTE, "currency": "rub"}
PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 2048
Json = Mapping[str, Any]


def paid(stack: LocalStack, customer: Customer) -> tuple[str, str]:
    """A booking and its payment."""
    booking_id = str(customer.book(stack.free_quarter())["id"])
    payment_id = str(customer.start_payment(booking_id)["payment_intent"])
    customer.pay(booking_id)
    return booking_id, payment_id


def refund_of(customer: Customer, payment_id: str, status: str) -> Json:
    """A refund of a payment, once it stands so."""

    def look() -> Json | None:
        refunds = customer.api.get(f"/v1/payments/{payment_id}").json()["refunds"]
        return next((each for each in refunds if each["status"] == status), None)

    return wait_for(f"a refund that is {status}", look)


def assert_books_are_right(stack: LocalStack) -> None:
    """Never 1."""
    trial = stack.trial_balance()
    assert trial["zero"], trial


def test_a_payment_whose_webhooks_are_lost_is_found_in_the_provider_s_feed(
    stack: LocalStack, anna: Customer
) -> None:  # S2.5: within 15 minutes of the provider knowing it
    booking = anna.book(stack.free_quarter())
    with payment_double.webhooks(stack, "drop"):
        assert anna.confirm(anna.start_payment(booking["id"])).ok
        since = stack.now()
        with stack.in_a_hurry():
            anna.wait_until(booking["id"], lambda found: found["status"] == "scheduled")
    assert stack.now() - since < timedelta(minutes=15)
    assert_books_are_right(stack)


def test_a_disputed_payment_is_not_refunded_and_its_booking_waits_until_the_bank_decides(
    stack: LocalStack, anna: Customer
) -> None:  # S2.7, S2.11
    booking_id, payment_id = paid(stack, anna)
    dispute = payment_double.ask(stack, "disputes", {"paid": payment_id})["id"]

    def disputed() -> bool:
        shown = anna.api.get(f"/v1/payments/{payment_id}").json()["disputes"]
        return [each["id"] for each in shown if each["open"]] == [dispute]

    wait_for("the dispute", disputed)
    cancel = f"/v1/bookings/{booking_id}/cancel"
    wait_for("the freeze", lambda: anna.events(booking_id, "BookingFrozen"))
    assert_problem(anna.api.post(cancel), 409, "booking_frozen")
    refunds = f"/v1/payments/{payment_id}/refunds"
    assert anna.api.post(refunds, PRICE).status_code in (409, 422)
    payment_double.ask(stack, f"disputes/{dispute}/close", {"outcome": "won"})
    wait_for("the thaw", lambda: anna.events(booking_id, "BookingThawed"))
    assert anna.api.post(cancel).json()["status"] == "cancelled"
    assert refund_of(anna, payment_id, "settled")["amount"] == PRICE
    assert_books_are_right(stack)


def money_of(customer: Customer) -> int:
    return sum(amount["amount_minor"] for amount in customer.account()["money"])


def test_a_top_up_buys_a_session_and_its_rest_goes_back_to_the_card(
    stack: LocalStack, boris: Customer
) -> None:  # S2.3, S2.9
    before = boris.account()["money"]
    body = {**PRICE, "amount_minor": 2 * PRICE["amount_minor"], "language": "en"}  # type: ignore[operator]
    top_up = boris.api.post("/v1/account/top-ups", body).json()
    checkout = {"payment_intent": top_up["id"], "client_secret": top_up["client_secret"]}
    assert boris.confirm(checkout).ok
    wait_for("the money", lambda: boris.account()["money"] != before)
    full = money_of(boris)
    booking = boris.book(stack.free_quarter(), use_balance=True)
    spent = full - money_of(boris)  # minutes that other stories left him are used before
    assert (booking["status"], booking["card_due"]["amount_minor"]) == ("scheduled", 0)
    asked = boris.api.post(f"/v1/payments/{top_up['id']}/refunds", {})
    assert asked.ok, asked.text
    rest = body["amount_minor"] - spent
    assert rest > 0 and refund_of(boris, top_up["id"], "settled")["amount"]["amount_minor"] == rest
    taken = payment_double.of_payment(stack, "refunds", top_up["id"])
    assert [each["amount"] for each in taken] == [rest]
    assert_books_are_right(stack)


def test_a_refund_request_without_login_is_kept_with_its_picture_and_matched_by_an_agent(
    stack: LocalStack, anna: Customer
) -> None:  # S2.4, S2.5, S3.2
    _, payment_id = paid(stack, anna)
    asked = stack.nobody.post(
        "/v1/refund-requests",
        {
            "email": "anna@example.com",
            "transaction": payment_id,
            "paid_on": f"{stack.now():%Y-%m-%d}",
            "amount": PRICE,
            "reason": "I did not call anybody.\nPlease look.",
            "picture": {"content_type": "image/png", "size": len(PICTURE)},
            "language": "en",
        },
    )
    assert asked.status_code == 201, asked.text
    request = asked.json()
    sent = requests.post(
        request["upload"]["url"],
        data=request["upload"]["fields"],
        files={"file": ("picture.png", PICTURE, "image/png")},
        timeout=30,
    )
    assert sent.ok, sent.text
    number = request["case_number"]
    status = stack.nobody.get(f"/v1/refund-requests/{number}").json()
    assert status["status"] == "received"
    shown = stack.user("agent").get(f"/v1/desk/cases/{number}").json()
    assert shown["request"]["email"] == "anna@example.com"
    assert [match["payment"]["id"] for match in shown["matches"]["items"]][:1] == [payment_id]
    fetched = requests.get(shown["request"]["picture_url"], timeout=30)
    assert fetched.content == PICTURE
    assert_problem(stack.user("customer").get(f"/v1/desk/cases/{number}"), 403, "role_missing")


def test_an_agent_finds_a_payment_by_any_of_its_keys(stack: LocalStack, anna: Customer) -> None:
    # S2.5
    booking_id, payment_id = paid(stack, anna)
    charge = payment_double.of_payment(stack, "charges", payment_id)[0]["id"]
    day = f"{stack.now():%Y-%m-%d}"
    keys: list[dict[str, str]] = [
        {"order_number": booking_id},
        {"transaction": payment_id},
        {"transaction": charge},
        {"email": "anna@example.com"},
        {"phone": anna.phone},
        {"date": day, "amount_minor": str(PRICE["amount_minor"]), "currency": "rub"},
    ]
    for key in keys:
        found = stack.user("agent").get("/v1/desk/payments", **key)
        assert found.ok, (key, found.text)
        ids = [row["id"] for group in found.json()["items"] for row in group["payments"]]
        assert payment_id in ids, key
    trail = stack.user("agent").get(f"/v1/desk/payments/{payment_id}").json()
    assert trail["timeline"][0]["type"] == "PaymentOpened"


def test_a_receipt_is_a_page_to_print_that_its_owner_alone_can_open(
    stack: LocalStack, anna: Customer, boris: Customer
) -> None:  # S2.6, Never 7
    booking_id, payment_id = paid(stack, anna)
    page = anna.api.get(f"/v1/payments/{payment_id}/receipt", language="ru")
    assert page.headers["Content-Type"].startswith("text/html")
    assert 'lang="ru"' in page.text
    assert booking_id in page.text
    assert anna.phone not in page.text
    refused = boris.api.get(f"/v1/payments/{payment_id}/receipt")
    assert_problem(refused, 404, "payment_unknown", "payment_id")
    explained = anna.api.get(f"/v1/payments/{payment_id}/explanation").json()
    assert explained["text"]
