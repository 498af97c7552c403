"""Stripe's API beyond the port, as the stripe package sees it of the double."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
import stripe

from shared.application.ports import Intent
from shared.domain.money import Money
from tests.contract.payments_subjects import SECRET_KEY, OverHttp, served

_WAIT_SECONDS = 60.0


@pytest.fixture
def double() -> Iterator[OverHttp]:
    with served() as over_http:
        yield over_http


def paid(double: OverHttp, metadata: dict[str, str] | None = None, key: str = "k1") -> Intent:
    intent = double.payments.create_intent(Money(1000, "usd"), metadata or {}, key)
    return double.pay(intent)


def get(double: OverHttp, path: str, **parameters: str) -> requests.Response:
    return requests.get(
        f"{double.address}/v1/{path}",
        params=parameters,
        auth=(SECRET_KEY, ""),
        timeout=_WAIT_SECONDS,
    )


# --- expansion: docs.stripe.com/api/expanding_objects ---------------------------------------------


def test_ids_are_replaced_by_what_they_stand_for_as_deep_as_asked(double: OverHttp) -> None:
    intent = paid(double)
    plain = double.sdk.v1.payment_intents.retrieve(intent.intent_id)
    assert plain.latest_charge == intent.charge_id
    found = double.sdk.v1.payment_intents.retrieve(
        intent.intent_id, {"expand": ["latest_charge.balance_transaction", "payment_method"]}
    ).to_dict()
    assert found["latest_charge"]["balance_transaction"]["net"] == 1000
    assert found["payment_method"]["card"]["last4"] == "4242"
    again = double.sdk.v1.payment_intents.retrieve(intent.intent_id)
    assert again.latest_charge == intent.charge_id


def test_lists_are_expanded_below_data(double: OverHttp) -> None:
    intent = paid(double)
    [found] = double.sdk.v1.payment_intents.list({"expand": ["data.latest_charge"]}).data
    assert found.to_dict()["latest_charge"]["id"] == intent.charge_id


@pytest.mark.parametrize("path", ["latest", "latest_charge.amount", "data.latest_charge", ""])
def test_what_cannot_be_expanded_is_refused_before_anything_is_done(
    double: OverHttp, path: str
) -> None:
    parameters: Any = {"amount": 1000, "currency": "usd", "expand": [path]}
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        double.sdk.v1.payment_intents.create(parameters)
    assert double.state()["payment_intents"] == []


# --- search: docs.stripe.com/search --------------------------------------------------------------


def test_search_is_a_minute_behind(double: OverHttp) -> None:
    intent = paid(double, {"booking_id": "123456789012"})
    query = {"query": "metadata['booking_id']:'123456789012'"}
    assert get(double, "payment_intents/search", **query).json()["data"] == []
    double.advance(timedelta(seconds=59))
    assert get(double, "charges/search", **query).json()["data"] == []
    double.advance(timedelta(seconds=1))
    [found] = get(double, "payment_intents/search", **query).json()["data"]
    assert found["id"] == intent.intent_id
    [charge] = get(double, "charges/search", **query).json()["data"]
    assert charge["id"] == intent.charge_id


def test_search_shows_what_was_a_minute_ago(double: OverHttp) -> None:
    intent = double.payments.create_intent(Money(1000, "usd"), {"booking_id": "1"}, "k1")
    double.advance(timedelta(minutes=1))
    double.pay(intent)
    query = {"query": "metadata['booking_id']:'1'"}
    [found] = get(double, "payment_intents/search", **query).json()["data"]
    assert found["status"] == "requires_payment_method"


def test_search_joins_clauses_and_pages(double: OverHttp) -> None:
    # docs.stripe.com/search#search-query-language, docs.stripe.com/api/pagination/search
    made = [paid(double, {"customer_id": "c1"}, f"k{number}") for number in range(3)]
    double.payments.create_intent(Money(5, "usd"), {"customer_id": "c1"}, "k9")
    double.advance(timedelta(minutes=1))
    query = "metadata['customer_id']:'c1' AND status:'succeeded' AND amount>=1000"
    result = double.sdk.v1.payment_intents.search({"query": query, "limit": 2})
    assert [each.id for each in result.auto_paging_iter()] == [
        each.intent_id for each in reversed(made)
    ]
    either = get(double, "payment_intents/search", query="amount<6 OR status:'canceled'")
    assert [each["amount"] for each in either.json()["data"]] == [5]


@pytest.mark.parametrize(
    "query", ["booking", "secret:'x'", "amount:'x'", "status:'a' AND amount:1 OR amount:2"]
)
def test_query_that_cannot_be_read_is_refused(double: OverHttp, query: str) -> None:
    answer = get(double, "payment_intents/search", query=query)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "query")


@pytest.mark.parametrize("path", ["refunds/search", "disputes/search", "events/search"])
def test_refunds_and_disputes_cannot_be_searched(double: OverHttp, path: str) -> None:
    answer = get(double, path, query="metadata['refund_id']:'r1'")
    assert answer.status_code == 404
    assert "Unrecognized request URL" in answer.json()["error"]["message"]


# --- changes and captures: docs.stripe.com/api/payment_intents ------------------------------------


def test_intent_is_changed_until_it_is_paid(double: OverHttp) -> None:
    # docs.stripe.com/api/payment_intents/update
    intent = double.payments.create_intent(Money(1000, "usd"), {"a": "1", "b": "2"}, "k1")
    changes: Any = {"amount": 700, "metadata": {"a": "", "c": "3"}, "description": "ten minutes"}
    changed = double.sdk.v1.payment_intents.update(intent.intent_id, changes)
    assert (changed.amount, changed.description) == (700, "ten minutes")
    assert changed.to_dict()["metadata"] == {"b": "2", "c": "3"}
    double.pay(intent)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        double.sdk.v1.payment_intents.update(intent.intent_id, {"amount": 600})
    assert refusal.value.code == "payment_intent_unexpected_state"
    double.sdk.v1.payment_intents.update(intent.intent_id, {"metadata": {"d": "4"}})
    assert double.payments.intent(intent.intent_id).metadata["d"] == "4"


def test_authorized_money_is_taken_when_it_is_captured_in_part_where_wanted(
    double: OverHttp,
) -> None:
    # docs.stripe.com/payments/place-a-hold-on-a-payment-method
    order: Any = {
        "amount": 1000,
        "currency": "usd",
        "capture_method": "manual",
        "payment_method": "pm_card_visa",
        "confirm": True,
    }
    intents = double.sdk.v1.payment_intents
    held = intents.create(order)
    assert (held.status, held.amount_capturable, held.amount_received) == (
        "requires_capture",
        1000,
        0,
    )
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        intents.capture(held.id, {"amount_to_capture": 1001})
    assert too_much.value.code == "amount_too_large"
    taken = intents.capture(held.id, {"amount_to_capture": 300})
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 300, 0)
    assert double.payments.charge(str(taken.latest_charge)).captured == Money(300, "usd")
    with pytest.raises(stripe.InvalidRequestError):
        intents.capture(held.id)
    given_up = intents.cancel(intents.create(order).id)
    assert (given_up.status, given_up.amount_received) == ("canceled", 0)


# --- lists ---------------------------------------------------------------------------------------


def test_balance_says_what_each_object_moved(double: OverHttp) -> None:
    # docs.stripe.com/api/balance_transactions/list
    intent = paid(double)
    refund = double.payments.create_refund(intent.intent_id, Money(300, "usd"), {}, "k2")
    dispute = double.open_dispute(intent.intent_id, 700)
    double.close_dispute(dispute.dispute_id, won=True)
    listed = double.sdk.v1.balance_transactions.list().data
    assert [(each.type, each.amount, each.fee) for each in listed] == [
        ("adjustment", 700, 0),
        ("adjustment", -700, 1500),
        ("refund", -300, 0),
        ("charge", 1000, 0),
    ]
    assert sum(each.net for each in listed) == 700 - 1500
    [one] = double.sdk.v1.balance_transactions.list({"type": "refund"}).data
    assert one.source == refund.provider_refund_id
    assert double.sdk.v1.balance_transactions.retrieve(one.id).net == -300
    of_dispute = double.sdk.v1.balance_transactions.list({"source": dispute.dispute_id}).data
    movements = double.payments.dispute(dispute.dispute_id).movements
    assert [each.id for each in reversed(of_dispute)] == [each.transaction_id for each in movements]


def test_events_are_listed_by_a_group_of_types(double: OverHttp) -> None:
    # docs.stripe.com/api/events/list#list_events-type
    double.open_dispute(paid(double).intent_id, inquiry=True)
    found = double.sdk.v1.events.list({"type": "charge.dispute.*"}).data
    assert [each.type for each in found] == ["charge.dispute.created"]
    assert get(double, "events", **{"type": "x", "types[]": "y"}).status_code == 400


def test_cards_of_a_customer_are_listed_until_they_are_detached(double: OverHttp) -> None:
    # docs.stripe.com/api/payment_methods/customer_list
    owner = double.payments.create_customer({"customer_id": "c1"}, "k1")
    cards = [double.save_card(owner, card) for card in ("pm_card_visa", "pm_card_mastercard")]
    methods = double.sdk.v1.customers.payment_methods
    assert [each.id for each in methods.list(owner).data] == cards[::-1]
    double.payments.forget_card(cards[0])
    assert [each.id for each in methods.list(owner).data] == cards[1:]
    kept = double.sdk.v1.customers.retrieve(owner)
    assert kept.to_dict()["metadata"] == {"customer_id": "c1"}


# --- control --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "document", "named"),
    [
        ("webhook", {"url": 7}, "url"),
        ("webhook", [], "object"),
        ("faults", {"requests": [{"kind": "flood"}]}, "kind"),
        ("faults", {"webhooks": [{"kind": "drop", "count": 0}]}, "count"),
        ("payment_intents/pi_1/authentication", {"outcome": "maybe"}, "outcome"),
        ("disputes", {}, "paid"),
        ("disputes", {"paid": "pi_1", "amount": 0}, "amount"),
        ("disputes", {"paid": "pi_1", "inquiry": "yes"}, "inquiry"),
        ("disputes", {"paid": "pi_1", "delay": -1}, "delay"),
        ("disputes/du_1/close", {"outcome": "draw"}, "outcome"),
        ("payment_intents", {"amount": 1}, "currency"),
        ("charges", {"currency": "usd"}, "amount"),
        ("charges", {"amount": 1, "currency": "usd", "metadata": {"a": 1}}, "metadata"),
        ("charges", {"amount": 1, "currency": "usd", "payment_method": "x"}, "payment_method"),
        ("refund-delay", {"seconds": "1"}, "seconds"),
    ],
)
def test_control_refuses_what_it_does_not_understand(
    double: OverHttp, path: str, document: object, named: str
) -> None:
    answer = double.control(path, document)
    assert answer.status_code == 400
    assert named in answer.json()["error"]


def test_refund_delay_is_set_by_control(double: OverHttp) -> None:
    double.control("refund-delay", {"seconds": 259_200}).raise_for_status()
    intent = double.payments.create_intent(Money(1000, "usd"), {}, "k1")
    double.pay(intent, "pm_card_refundFail")
    refund = double.payments.create_refund(intent.intent_id, Money(1000, "usd"), {}, "k2")
    double.advance(timedelta(days=3) - timedelta(seconds=1))
    assert double.payments.refund(refund.provider_refund_id).status == "succeeded"
    double.advance(timedelta(seconds=1))
    assert double.payments.refund(refund.provider_refund_id).status == "failed"
