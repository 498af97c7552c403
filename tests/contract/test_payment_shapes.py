"""The double's objects against Stripe's published examples and the facts kept here."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import stripe

from infra.local.payments.api import Api, Request
from infra.local.payments.objects import API_VERSION
from infra.local.payments.outsiders import Outsiders
from infra.local.payments.parameters import Tree
from shared.adapters.stripe.translation import dispute_from
from shared.application.ports import DisputeStatus
from tests.contract.payment_facts import (
    CARD,
    DISPUTE_REASONS,
    ERROR_TYPES,
    EVENTS,
    MOVEMENTS,
    REFUND_FAILURES,
    REQUIRED,
    SOMETIMES,
    STATUS,
)
from tests.contract.payments_subjects import SECRET_KEY, SteppedClock, counted_ids

EXAMPLES = Path(__file__).parents[2] / "../shared/reference/stripe-fixtures3.json"
KINDS = sorted(REQUIRED)


class Account:
    """The API, called without a network."""

    def __init__(self) -> None:
        self.clock = SteppedClock()
        self.api = Api(SECRET_KEY, counted_ids())

    def call(self, method: str, path: str, parameters: Tree | None = None) -> dict[str, Any]:
        request = Request(method, f"/v1/{path}", parameters or {}, SECRET_KEY)
        answer, _ = self.api.handle(request, self.clock.now())
        return answer.body


def history() -> dict[str, list[dict[str, Any]]]:
    """Objects of every kind in every state the double knows."""
    account = Account()
    cards = [
        "pm_card_visa",
        "pm_card_chargeDeclined",
        "pm_card_chargeDeclinedExpiredCard",
        "pm_card_authenticationRequired",
        "pm_card_pendingRefund",
        "pm_card_refundFail",
    ]
    for card in cards:
        intent = account.call("POST", "payment_intents", {"amount": "1000", "currency": "usd"})
        path = f"payment_intents/{intent['id']}"
        account.call("POST", f"{path}/confirm", {"payment_method": card})
        account.call("POST", "refunds", {"payment_intent": intent["id"], "amount": "10"})
        account.call("POST", f"{path}/cancel")
    _dispute_everything(account)
    _save_a_card(account)
    _take_in_two_steps(account)
    account.clock.advance(timedelta(days=1))
    account.call("GET", "refunds")
    model = account.api.model
    return {
        "payment_intent": list(model.intents.values()),
        "charge": list(model.charges.values()),
        "refund": list(model.refunds.values()),
        "dispute": list(model.disputes.values()),
        "balance_transaction": list(model.transactions.values()),
        "customer": list(model.customers.values()),
        "event": list(model.events.values()),
        "payment_method": list(model.methods.values()),
    }


def _dispute_everything(account: Account) -> None:
    outsiders, now = Outsiders(account.api), account.clock.now()
    cards = ("createDispute", "createDisputeProductNotReceived", "createDisputeInquiry")
    for card in cards:
        outsiders.pay_by_hand(1000, "usd", f"pm_card_{card}", {}, now)
    for won, inquiry in ((True, False), (False, False), (False, True)):
        paid = outsiders.pay_by_hand(1000, "usd", "pm_card_visa", {}, now)
        dispute = outsiders.open_dispute(paid["id"], now, inquiry=inquiry)
        outsiders.close_dispute(dispute["id"], now, won=won)
    escalated = outsiders.charge_by_hand(1000, "usd", "pm_card_visa", {}, now)
    dispute = outsiders.open_dispute(escalated["id"], now, inquiry=True)
    outsiders.escalate_dispute(dispute["id"], now)
    pending = outsiders.pay_by_hand(1000, "usd", "pm_card_pendingRefund", {}, now)
    outsiders.refund_by_hand(pending["id"], now, amount=10)
    outsiders.open_dispute(pending["id"], now, delay=timedelta(hours=1))


def _save_a_card(account: Account) -> None:
    owner = account.call("POST", "customers", {"email": "anna@example.com"})["id"]
    order: Tree = {"amount": "1000", "currency": "usd", "customer": owner, "confirm": "true"}
    card: Tree = {"payment_method": "pm_card_visa", "setup_future_usage": "off_session"}
    saved = account.call("POST", "payment_intents", order | card)
    account.call("POST", f"payment_methods/{saved['payment_method']}/detach")


def _take_in_two_steps(account: Account) -> None:
    order: Tree = {
        "amount": "1000",
        "currency": "usd",
        "capture_method": "manual",
        "payment_method": "pm_card_visa",
        "confirm": "true",
    }
    for amount in ("1000", "300"):
        intent = account.call("POST", "payment_intents", order)
        path = f"payment_intents/{intent['id']}/capture"
        account.call("POST", path, {"amount_to_capture": amount})
    account.call("POST", "payment_intents", order)


@pytest.fixture(scope="module")
def made() -> dict[str, list[dict[str, Any]]]:
    return history()


@pytest.fixture(scope="module")
def examples() -> dict[str, dict[str, Any]]:
    if not EXAMPLES.exists():
        pytest.skip("the providers' published examples are not beside this checkout")
    found: dict[str, dict[str, Any]] = json.loads(EXAMPLES.read_text())["resources"]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_objects_have_the_fields_we_rely_on(
    made: dict[str, list[dict[str, Any]]], kind: str
) -> None:
    assert made[kind]
    for each in made[kind]:
        assert each.keys() >= REQUIRED[kind]
        assert each["object"] == kind
        assert each.get("status") in STATUS.get(kind, {None})


def test_cards_show_what_duplicates_are_found_by(made: dict[str, list[dict[str, Any]]]) -> None:
    # S2.1: the same card is told by its fingerprint.
    for charge in made["charge"]:
        assert charge["payment_method_details"]["card"].keys() >= CARD
    for method in made["payment_method"]:
        assert method["card"].keys() >= CARD


def test_history_covers_the_states(made: dict[str, list[dict[str, Any]]]) -> None:
    seen = {kind: {each["status"] for each in made[kind]} for kind in STATUS}
    assert seen == {
        "payment_intent": {"succeeded", "canceled", "requires_capture"},
        "charge": {"succeeded", "failed"},
        "refund": {"succeeded", "failed"},
        "dispute": {
            "warning_needs_response",
            "warning_closed",
            "needs_response",
            "won",
            "lost",
        },
        "balance_transaction": {"available"},
    }


def test_words_are_the_providers(made: dict[str, list[dict[str, Any]]]) -> None:
    # docs.stripe.com/api/events/types, /disputes/object, /refunds/object
    assert {each["type"] for each in made["event"]} == EVENTS
    assert {each["reason"] for each in made["dispute"]} <= DISPUTE_REASONS
    failures = {each.get("failure_reason") for each in made["refund"]} - {None}
    assert failures == {"expired_or_canceled_card", "charge_for_pending_refund_disputed"}
    assert failures <= REFUND_FAILURES
    movements = {(each["type"], each["reporting_category"]) for each in made["balance_transaction"]}
    assert movements == MOVEMENTS


def test_every_status_of_a_dispute_is_one_of_ours() -> None:
    # S2.11; docs.stripe.com/api/disputes/object#dispute_object-status
    pattern = next(each for each in history()["dispute"])
    for status in STATUS["dispute"]:
        assert dispute_from(pattern | {"status": status}).status in DisputeStatus


def test_lists_and_the_balance_tell_the_same_sum(made: dict[str, list[dict[str, Any]]]) -> None:
    # Issue 3, 9: the provider's own lists sum up.
    moved = sum(each["net"] for each in made["balance_transaction"])
    taken = sum(each["amount_captured"] - each["amount_refunded"] for each in made["charge"])
    disputed = sum(
        each["net"] for dispute in made["dispute"] for each in dispute["balance_transactions"]
    )
    assert moved == taken + disputed


@pytest.mark.parametrize("kind", KINDS)
def test_objects_have_no_field_and_no_type_that_the_provider_does_not_publish(
    made: dict[str, list[dict[str, Any]]], examples: dict[str, dict[str, Any]], kind: str
) -> None:
    for each in made[kind]:
        assert each.keys() - SOMETIMES[kind] <= examples[kind].keys()
        # An event's data is another object, held against its own example.
        plain = {name: each[name] for name in each if name != "data"}
        assert list(differences(plain, examples[kind], kind)) == []


def differences(ours: Any, theirs: Any, where: str) -> Iterator[str]:
    """Places where both say something and it is not of the same type."""
    if ours is None or theirs is None:
        return
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in ours.keys() & theirs.keys():
            if name != "metadata":
                yield from differences(ours[name], theirs[name], f"{where}.{name}")
    elif type(ours) is not type(theirs):
        yield where


@pytest.mark.parametrize(
    ("path", "parameters", "kind"),
    [
        ("payment_intents", {}, "invalid_request_error"),
        ("refunds", {}, "invalid_request_error"),
        (
            "payment_intents",
            {
                "amount": "1",
                "currency": "usd",
                "confirm": "true",
                "payment_method": "pm_card_chargeDeclined",
            },
            "card_error",
        ),
    ],
)
def test_errors_have_a_documented_type_and_a_message(
    path: str, parameters: Tree, kind: str
) -> None:
    # docs.stripe.com/api/errors
    error = Account().call("POST", path, parameters)["error"]
    assert error["type"] == kind
    assert kind in ERROR_TYPES
    assert error["message"]


def test_api_version_is_the_one_the_package_speaks() -> None:
    assert stripe.api_version == API_VERSION
