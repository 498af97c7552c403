"""Top-ups and saved cards over HTTP."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.payments.faults import RequestFault
from shared.domain.saved_card import CONSENT_VERSION
from tests.unit.http.house import BORIS, House, assert_problem

TOP_UPS, CARDS = "/v1/account/top-ups", "/v1/account/cards"
CONSENT = {"version": CONSENT_VERSION, "accepted": True}
NO_CARD = "0" * 24


def wish(**changes: Any) -> dict[str, Any]:
    """The body of a good top-up, changed; a value of ... takes the field out."""
    good = {"amount_minor": 20_000, "currency": "rub", "language": "en"}
    return {k: v for k, v in (good | changes).items() if v is not ...}


def saved(house: House, card: str = "pm_card_visa", **changes: Any) -> Any:
    """Anna's card, saved with a top-up."""
    made = house.ask("POST", TOP_UPS, body=wish(save_card=True, consent=CONSENT, **changes)).json
    house.provider.pay(made["id"], card)
    house.rooms.card_payments().reported(made["id"], {})
    return house.ask("GET", CARDS).json["items"][0]


def test_top_up_is_begun_confirmed_by_the_customer_and_shown_as_captured() -> None:
    # S2.10: he confirms at the provider with the client secret
    house = House()
    begun = house.ask("POST", TOP_UPS, body=wish(checkout="form-0001"))
    assert begun.status == 201
    made = begun.json
    assert begun.headers["Location"] == f"top-ups/{made['id']}"
    assert made["status"] == "open"
    assert made["amount"] == {"amount_minor": 20_000, "currency": "rub"}
    assert made["pay_until"] == "2030-01-31T12:22:30Z"
    assert made["client_secret"].startswith(made["id"])
    house.provider.pay(made["id"])
    house.rooms.card_payments().reported(made["id"], {})
    shown = house.ask("GET", f"{TOP_UPS}/{made['id']}")
    assert (shown.status, shown.json["status"]) == (200, "captured")
    assert shown.json["captured_at"] is not None
    assert "client_secret" not in shown.json
    [money] = house.ask("GET", "/v1/account").json["money"]
    assert money["amount_minor"] == 20_000


def test_same_key_answers_the_same_top_up_and_another_body_is_refused() -> None:
    # S2.1
    house, key = House(), {"Idempotency-Key": "one"}
    first = house.ask("POST", TOP_UPS, body=wish(), headers=key)
    again = house.ask("POST", TOP_UPS, body=wish(), headers=key)
    assert first.json == again.json
    other = house.ask("POST", TOP_UPS, body=wish(amount_minor=30_000), headers=key)
    assert_problem(other, 422, "idempotency_key_reused", "Idempotency-Key")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"amount_minor": 0}, "amount_out_of_range", "amount_minor"),
        ({"amount_minor": -1}, "amount_out_of_range", "amount_minor"),
        ({"amount_minor": 10**15}, "amount_out_of_range", "amount_minor"),
        ({"amount_minor": "20000"}, "type_wrong", "amount_minor"),
        ({"currency": "usd"}, "currency_without_tariff", "currency"),
        ({"currency": "RUB"}, "pattern_wrong", "currency"),
        ({"language": "de"}, "choice_unknown", "language"),
        ({"language": ...}, "field_missing", "language"),
        ({"checkout": "x"}, "pattern_wrong", "checkout"),
        ({"save_card": True}, "consent_missing", "consent"),
        (
            {"save_card": True, "consent": {"version": CONSENT_VERSION, "accepted": False}},
            "consent_missing",
            "consent.accepted",
        ),
        (
            {"save_card": True, "consent": {"version": "0", "accepted": True}},
            "consent_outdated",
            "consent.version",
        ),
        ({"save_card": True, "consent": {"accepted": True}}, "field_missing", "consent.version"),
        (
            {"save_card": True, "card_id": NO_CARD, "consent": CONSENT},
            "card_saved_already",
            "save_card",
        ),
        ({"card_id": "x"}, "pattern_wrong", "card_id"),
        ({"number": "4242424242424242"}, "field_unknown", "number"),
    ],
)
def test_wish_that_breaks_a_rule_is_refused_by_name_and_nothing_is_made(
    changes: dict[str, Any], code: str, field: str
) -> None:
    house = House()
    assert_problem(house.ask("POST", TOP_UPS, body=wish(**changes)), 422, code, field)
    assert house.provider.undelivered() == []
    assert house.cards.cards("cust-anna") == []


def test_saved_card_is_listed_and_charged() -> None:
    # Issue 3, 8
    house = House()
    before = house.ask("GET", CARDS).json
    assert before["items"] == []
    assert before["consent"]["version"] == CONSENT_VERSION
    assert before["consent"]["texts"].keys() == {"en", "ru"}
    card = saved(house)
    assert card["card"] == {"brand": "visa", "last4": "4242"}
    assert card["agreed_at"] == "2030-01-31T12:07:30Z"
    done = house.ask("POST", TOP_UPS, body=wish(card_id=card["id"]))
    assert (done.status, done.json["status"]) == (201, "captured")
    assert (done.json["client_secret"], done.json["advice"]) == (None, None)


@pytest.mark.parametrize(
    ("kind", "decline", "advice"),
    [
        ("pm_card_chargeCustomerFail", "generic_decline", "call_bank"),
        ("pm_card_authenticationRequired", "authentication_required", "authenticate"),
    ],
)
def test_refused_charge_says_what_helps_and_leaves_it_to_the_customer(
    kind: str, decline: str, advice: str
) -> None:
    # S1.14, S2.10
    house = House()
    made = house.ask("POST", TOP_UPS, body=wish(save_card=True, consent=CONSENT)).json
    house.provider.pay(made["id"], kind)
    if advice == "authenticate":
        house.provider.authenticate(made["id"], passed=True)
    house.rooms.card_payments().reported(made["id"], {})
    [card] = house.ask("GET", CARDS).json["items"]
    refused = house.ask("POST", TOP_UPS, body=wish(card_id=card["id"], language="ru"))
    assert (refused.status, refused.json["status"]) == (201, "open")
    assert (refused.json["decline_code"], refused.json["advice"]["code"]) == (decline, advice)
    assert refused.json["client_secret"] is not None


def test_charge_without_an_answer_may_be_sent_again() -> None:
    # Never 1
    house, key = House(), {"Idempotency-Key": "one"}
    card = saved(house)
    for path in ("/v1/payment_intents/", "/v1/payment_intents/"):
        house.provider.faults.order_request(RequestFault.RATE_LIMIT, path=path)
    body = wish(card_id=card["id"])
    first = house.ask("POST", TOP_UPS, body=body, headers=key)
    assert_problem(first, 503, "rate_limited")
    assert first.headers["Retry-After"] == "1"
    house.provider.faults.clear()
    assert house.ask("POST", TOP_UPS, body=body, headers=key).json["status"] == "captured"


def test_card_is_forgotten_also_when_asked_twice() -> None:
    # Issue 3, 8
    house = House()
    card = saved(house)
    for _ in range(2):
        gone = house.ask("DELETE", f"{CARDS}/{card['id']}")
        assert (gone.status, gone.json["items"]) == (200, [])
    refused = house.ask("POST", TOP_UPS, body=wish(card_id=card["id"]))
    assert_problem(refused, 404, "card_unknown", "card_id")


def test_card_that_the_provider_has_no_more_is_no_way_to_pay() -> None:
    house = House()
    card = saved(house)
    kept = house.cards.cards("cust-anna")[0].kept
    assert kept is not None
    house.provider.forget_card(kept.payment_method)
    refused = house.ask("POST", TOP_UPS, body=wish(card_id=card["id"]))
    assert_problem(refused, 402, "saved_card_gone")


@pytest.mark.parametrize("card_id", [NO_CARD, "x", "x" * 300])
def test_card_that_nobody_has_cannot_be_forgotten(card_id: str) -> None:
    assert_problem(House().ask("DELETE", f"{CARDS}/{card_id}"), 404, "card_unknown", "card_id")


def test_another_ones_cards_and_top_ups_look_like_none() -> None:
    # Never 7
    house = House()
    card = saved(house)
    made = house.ask("POST", TOP_UPS, body=wish()).json
    assert house.ask("GET", CARDS, who=BORIS).json["items"] == []
    theirs = house.ask("DELETE", f"{CARDS}/{card['id']}", who=BORIS)
    assert_problem(theirs, 404, "card_unknown", "card_id")
    charged = house.ask("POST", TOP_UPS, body=wish(card_id=card["id"]), who=BORIS)
    assert_problem(charged, 404, "card_unknown", "card_id")
    shown = house.ask("GET", f"{TOP_UPS}/{made['id']}", who=BORIS)
    assert_problem(shown, 404, "payment_unknown", "payment_id")


def test_payment_of_a_booking_is_no_top_up() -> None:
    house = House()
    booking = house.book()
    pay = f"/v1/bookings/{booking['id']}/payment"
    intent = house.ask("POST", pay).json["payment_intent"]
    house.provider.pay(intent)
    house.rooms.card_payments().reported(intent, {})
    shown = house.ask("GET", f"{TOP_UPS}/{intent}")
    assert_problem(shown, 404, "payment_unknown", "payment_id")


def test_booking_is_paid_with_a_saved_card_and_answers_the_same_again() -> None:
    # S1.1, S2.10
    house = House()
    card = saved(house)
    pay = f"/v1/bookings/{house.book()['id']}/payment"
    first = house.ask("POST", pay, body={"card_id": card["id"]})
    assert (first.status, first.json["status"]) == (200, "succeeded")
    assert house.ask("GET", pay).json["paid"] is True
    again = house.ask("POST", pay, body={"card_id": card["id"]})
    assert again.json["payment_intent"] == first.json["payment_intent"]


def test_letters_about_a_top_up_have_an_address_where_one_is_proved() -> None:
    # S2.6
    house = House()
    house.ask("POST", TOP_UPS, body=wish())
    assert house.contacts.email("cust-anna") == "anna@example.com"


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["rub", NO_CARD]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_NAMES = st.sampled_from([*wish(), "checkout", "card_id", "save_card", "consent", "other"])


@settings(deadline=None)
@given(changes=st.dictionaries(_NAMES, _ANYTHING, min_size=1, max_size=4))
def test_whatever_is_sent_the_answer_is_a_top_up_or_a_problem(changes: dict[str, Any]) -> None:
    answer = House().ask("POST", TOP_UPS, body=json.dumps(wish() | changes))
    assert answer.status < 500, answer.text
    if answer.status != 201:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["code"]
