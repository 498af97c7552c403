"""Paid when the slot was another's: another time, the balance or the money back (S1.14)."""

from typing import Any

import pytest

from shared.application.store import Change
from shared.domain.money import Money
from shared.domain.payment.payment import Payment
from tests.unit.http.house import (
    ANNA,
    BACKUP,
    BORIS,
    MAIN,
    Answer,
    House,
    assert_problem,
    order,
)
from tests.unit.http.paid import PRICE, disputed, late, lots_of, paid, settled

_NEAREST = ["2030-01-31T18:30:00Z", "2030-01-31T18:45:00Z", "2030-01-31T19:00:00Z"]


def test_the_customer_is_shown_the_nearest_times_and_the_money_is_safe() -> None:
    house = House()
    payment_id = late(house)
    shown = house.ask("GET", f"/v1/payments/{payment_id}").json
    assert shown["choice"] == {"made": None, "booking_id": None, "slots": _NEAREST}
    assert shown["refundable"] == {"amount": PRICE, "until": None}
    assert house.ask("GET", "/v1/account").json["money"] == [PRICE]


def test_the_balance_is_noted_and_nothing_moves() -> None:
    house = House()
    payment_id = late(house)
    chosen = _choose(house, payment_id, choice="balance")
    assert chosen.json["choice"] == {"made": "balance", "booking_id": None, "slots": []}
    assert house.ask("GET", "/v1/account").json["money"] == [PRICE]
    trail = house.store.payment_history(payment_id)[-1]
    assert (trail.cause.command, dict(trail.cause.evidence)) == ("Choose", {"choice": "balance"})


def test_the_money_goes_back_to_the_card() -> None:
    house = House()
    payment_id = late(house)
    chosen = _choose(house, payment_id, choice="refund").json
    assert chosen["choice"]["made"] == "refund"
    assert [(r["amount"], r["reason"]) for r in chosen["refunds"]] == [(PRICE, "late_payment")]
    assert house.ask("GET", "/v1/account").json["money"] == []
    assert lots_of(house, payment_id) == ()


def test_the_nearest_time_is_booked_from_the_balance_with_the_same_phones() -> None:
    house = House()
    payment_id = late(house)
    chosen = _choose(house, payment_id, choice="slot").json["choice"]
    new = house.ask("GET", f"/v1/bookings/{chosen['booking_id']}").json
    assert (new["status"], new["starts_at"], new["minutes"]) == ("scheduled", _NEAREST[0], 30)
    assert new["card_due"]["amount_minor"] == 0
    assert chosen == {"made": "slot", "booking_id": new["id"], "slots": []}
    booking = house.rooms.bookings().load(new["id"]).state
    assert booking.main_phone == house.contacts.phone_id(MAIN)
    assert booking.holdings[0].payment_id == payment_id
    assert house.ask("GET", "/v1/account").json["money"] == []


def test_a_time_of_his_own_is_booked() -> None:
    house = House()
    payment_id = late(house)
    wanted = "2030-01-31T19:30:00Z"
    chosen = _choose(house, payment_id, choice="slot", starts_at=wanted).json["choice"]
    assert house.ask("GET", f"/v1/bookings/{chosen['booking_id']}").json["starts_at"] == wanted
    other = _choose(house, payment_id, choice="slot", starts_at=_NEAREST[0])
    assert_problem(other, 409, "choice_made")
    assert chosen["booking_id"] in other.json["detail"]


def test_the_backup_number_comes_along() -> None:
    house = House()
    payment_id = late(house, backup_phone=BACKUP)
    chosen = _choose(house, payment_id, choice="slot").json["choice"]
    booking = house.rooms.bookings().load(chosen["booking_id"]).state
    assert booking.backup_phone == house.contacts.phone_id(BACKUP)


@pytest.mark.parametrize("first", ["balance", "refund", "slot"])
@pytest.mark.parametrize("second", ["balance", "refund", "slot"])
def test_one_choice_repeated_does_no_harm_and_another_is_refused(first: str, second: str) -> None:
    house = House()
    payment_id = late(house)
    done = _choose(house, payment_id, choice=first)
    assert done.status == 200
    # Keys are forgotten after some days; what was chosen is not.
    _forget_keys(house)
    again = _choose(house, payment_id, choice=second)
    if second == first:
        assert again.json == done.json
    else:
        assert_problem(again, 409, "choice_made")
        assert first in again.json["detail"]
    assert house.ask("GET", f"/v1/payments/{payment_id}").json == done.json
    assert len(house.ask("GET", "/v1/bookings").json["items"]) == (2 if first == "slot" else 1)


@pytest.mark.parametrize("first", ["balance", "refund", "slot"])
@pytest.mark.parametrize("second", ["balance", "refund", "slot"])
def test_of_two_choices_at_the_same_moment_one_is_made(first: str, second: str) -> None:
    house = House()
    payment_id = late(house)
    answers: list[Any] = []

    def fault(when: str, change: Change) -> None:
        if when == "before" and not answers:
            answers.append(None)
            answers[0] = _choose(house, payment_id, choice=second)

    house.store.fault = fault
    answer = _choose(house, payment_id, choice=first)
    house.store.fault = None
    assert answers[0].status == 200
    if first == second:
        assert answer.json == answers[0].json
    else:
        assert_problem(answer, 409, "choice_made")
    shown = house.ask("GET", f"/v1/payments/{payment_id}").json
    assert shown == answers[0].json
    assert shown["choice"]["made"] == second
    assert len(house.ask("GET", "/v1/bookings").json["items"]) == (2 if second == "slot" else 1)


def test_a_choice_whose_answer_was_lost_is_completed_by_asking_again() -> None:
    house = House()
    payment_id = late(house)

    def fault(when: str, change: Change) -> None:
        if when == "before" and isinstance(change.state, Payment):
            raise ZeroDivisionError

    house.store.fault = fault
    assert _choose(house, payment_id, choice="slot").status == 500
    house.store.fault = None
    shown = _choose(house, payment_id, choice="slot").json["choice"]
    assert shown["made"] == "slot"
    assert len(house.ask("GET", "/v1/bookings").json["items"]) == 2
    _forget_keys(house)
    assert house.ask("GET", f"/v1/payments/{payment_id}").json["choice"] == shown


def test_a_taken_time_is_a_conflict_and_leaves_the_choice_open() -> None:
    house = House()
    payment_id = late(house)
    taken = _choose(house, payment_id, choice="slot", starts_at="2030-01-31T18:00:00Z")
    assert_problem(taken, 409, "slot_taken", "starts_at")
    assert house.ask("GET", f"/v1/payments/{payment_id}").json["choice"]["made"] is None
    assert _choose(house, payment_id, choice="refund").status == 200


def test_without_a_free_time_near_the_other_two_are_left() -> None:
    house = House()
    payment_id = late(house)
    for start in ("2030-01-31T18:30:00Z", "2030-01-31T19:00:00Z", "2030-01-31T19:30:00Z"):
        house.ask("POST", "/v1/bookings", body=order(starts_at=start), who=BORIS)
    assert house.ask("GET", f"/v1/payments/{payment_id}").json["choice"]["slots"] == []
    assert_problem(_choose(house, payment_id, choice="slot"), 409, "slot_taken", "starts_at")
    assert _choose(house, payment_id, choice="balance").status == 200


def test_money_that_is_spent_already_books_nothing() -> None:
    house = House()
    payment_id = late(house)
    house.book(starts_at="2030-01-31T19:00:00Z", use_balance=True)
    assert_problem(_choose(house, payment_id, choice="slot"), 409, "nothing_unused")
    assert_problem(_choose(house, payment_id, choice="refund"), 409, "nothing_unused")


def test_while_the_bank_asks_nothing_is_paid_out_and_nothing_booked() -> None:  # S2.7
    house = House()
    payment_id = late(house)
    disputed(house, payment_id)
    for choice in ("slot", "refund"):
        assert_problem(_choose(house, payment_id, choice=choice), 409, "payment_disputed")


def test_a_number_that_was_erased_cannot_be_booked_for() -> None:
    house = House()
    payment_id = late(house)
    house.contacts.forget(ANNA)
    assert_problem(_choose(house, payment_id, choice="slot"), 409, "number_erased")
    assert _choose(house, payment_id, choice="refund").status == 200


def test_nobody_chooses_about_a_payment_that_came_in_time() -> None:
    house = House()
    payment_id = paid(house, house.book()["id"])
    for choice in ("balance", "refund", "slot"):
        assert_problem(_choose(house, payment_id, choice=choice), 409, "nothing_to_choose")


def test_money_for_a_booking_we_never_had_asks_nothing() -> None:
    house = House()
    metadata = {"customer_id": ANNA, "booking_id": "000000000000"}
    made = house.provider.pay_by_hand(Money(30000, "rub"), metadata)
    house.rooms.card_payments().reported(made.intent_id, {"event": "evt_1"})
    assert house.ask("GET", f"/v1/payments/{made.intent_id}").json["choice"] is None
    assert_problem(_choose(house, made.intent_id, choice="slot"), 409, "nothing_to_choose")


def test_a_refund_that_failed_leaves_the_choice_made() -> None:
    house = House()
    payment_id = late(house)
    refund = _choose(house, payment_id, choice="refund").json["refunds"][0]["id"]
    settled(house, payment_id, refund)
    assert_problem(_choose(house, payment_id, choice="balance"), 409, "choice_made")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "field_missing", "choice"),
        ({"choice": "cash"}, "choice_unknown", "choice"),
        ({"choice": None}, "type_wrong", "choice"),
        ({"choice": 1}, "type_wrong", "choice"),
        ({"choice": "slot", "starts_at": "tomorrow"}, "time_invalid", "starts_at"),
        ({"choice": "slot", "starts_at": "2030-01-31T19:00:00"}, "time_zone_missing", "starts_at"),
        ({"choice": "slot", "starts_at": "2030-01-31T19:05:00Z"}, "not_on_a_quarter", "starts_at"),
        ({"choice": "slot", "starts_at": "2030-01-31T12:00:00Z"}, "time_in_the_past", "starts_at"),
        ({"choice": "slot", "starts_at": "2031-01-31T12:00:00Z"}, "too_far_ahead", "starts_at"),
        ({"choice": "refund", "starts_at": "2030-01-31T19:00:00Z"}, "time_unneeded", "starts_at"),
        ({"choice": "refund", "amount_minor": 1}, "field_unknown", "amount_minor"),
    ],
)
def test_a_wrong_choice_is_named_and_leaves_it_open(
    body: dict[str, Any], code: str, field: str
) -> None:
    house = House()
    payment_id = late(house)
    assert_problem(_choose(house, payment_id, **body), 422, code, field)
    assert house.ask("GET", f"/v1/payments/{payment_id}").json["choice"]["made"] is None
    assert house.ask("GET", "/v1/account").json["money"] == [PRICE]


def _choose(house: House, payment_id: str, **body: Any) -> Answer:
    return house.ask("POST", f"/v1/payments/{payment_id}/choice", body=body)


def _forget_keys(house: House) -> None:
    house.store.forget_keys()
