"""What a customer does: look around, book, pay, move, cancel, read the timeline."""

from datetime import timedelta

import pytest

from functions.http.timelines import timeline
from infra.local.payments.faults import RequestFault
from shared.application.store import Cause, Decision
from shared.domain import commands as c
from shared.domain.events import OverrunFound
from tests.unit.http.house import (
    ANNA,
    BACKUP,
    BORIS,
    MAIN,
    NOW,
    OLGA,
    PAVEL,
    START,
    House,
    assert_problem,
    order,
)

_RUB = {"amount_minor": 1000, "currency": "rub"}


def test_operators_are_listed_with_their_price() -> None:
    answer = House().ask("GET", "/v1/operators")
    olga = {"operator_id": OLGA, "name": "Olga", "per_minute": _RUB}
    assert answer.json["items"][0] == olga
    assert answer.json["cursor"] is None


def test_pages_follow_each_other_by_cursor() -> None:
    house = House()
    names = [f"op-{n:03d}" for n in range(60)]
    for name in names:
        house.rooms.operators().register(name, name, "standard", ["+12025550101"])
    first = house.ask("GET", "/v1/operators").json
    rest = house.ask("GET", "/v1/operators", query={"cursor": first["cursor"]}).json
    found = [one["operator_id"] for one in first["items"] + rest["items"]]
    assert found == [*names, OLGA, PAVEL]
    assert rest["cursor"] is None


def test_free_quarters_leave_out_what_is_booked() -> None:
    house = House()
    query = {"from": "2030-01-31T00:00:00Z", "to": "2030-02-01T00:00:00Z"}
    before = house.ask("GET", f"/v1/operators/{OLGA}/slots", query=query).json["items"]
    house.book()
    after = house.ask("GET", f"/v1/operators/{OLGA}/slots", query=query).json["items"]
    first = {"starts_at": "2030-01-31T18:00:00Z", "ends_at": "2030-01-31T18:15:00Z"}
    assert before[0] == first
    assert before[2:] == after
    past = {"from": "2030-01-01T00:00:00Z", "to": "2030-01-02T00:00:00Z"}
    assert house.ask("GET", f"/v1/operators/{OLGA}/slots", query=past).json["items"] == []
    answer = house.ask("GET", "/v1/operators/nobody/slots", query=query)
    assert_problem(answer, 404, "operator_unknown", "operator_id")


def test_who_is_free_at_a_quarter() -> None:
    house = House()
    house.book()
    free = house.ask("GET", "/v1/slots", query={"at": "2030-01-31T18:00:00Z"}).json["items"]
    assert [one["operator_id"] for one in free] == [PAVEL]
    assert house.ask("GET", "/v1/slots", query={"at": "2030-01-31T12:00:00Z"}).json["items"] == []
    odd = house.ask("GET", "/v1/slots", query={"at": "2030-01-31T18:01:00Z"})
    assert_problem(odd, 422, "not_on_a_quarter", "at")


def test_a_booking_is_held_and_shown_without_numbers() -> None:  # S1.1, S1.2, S1.4
    house = House()
    answer = house.ask("POST", "/v1/bookings", body=order(backup_phone=BACKUP))
    assert answer.status == 201
    made = answer.json
    assert answer.headers["Location"] == f"bookings/{made['id']}"
    assert made | {"id": "", "created_at": ""} == {
        "id": "",
        "status": "held",
        "operator_id": OLGA,
        "starts_at": "2030-01-31T18:00:00Z",
        "minutes": 30,
        "delay_seconds": 0,
        "language": "en",
        "tariff_id": "standard",
        "price": {"amount_minor": 30000, "currency": "rub"},
        "card_due": {"amount_minor": 30000, "currency": "rub"},
        "hold_until": "2030-01-31T12:22:30Z",
        "paid": False,
        "decline_code": None,
        "refunds": [],
        "session": None,
        "offers": [],
        "created_at": "",
    }
    shown = house.ask("GET", f"/v1/bookings/{made['id']}")
    assert shown.json == made
    timeline = house.ask("GET", f"/v1/bookings/{made['id']}/timeline")
    for number in (MAIN, BACKUP):
        for text in (answer.text, shown.text, timeline.text):
            assert number[1:] not in text


def test_any_free_operator_is_found() -> None:  # S1.1
    house = House()
    house.book()
    assert house.book(operator_id=None)["operator_id"] == PAVEL
    answer = house.ask("POST", "/v1/bookings", body=order(operator_id=None))
    assert_problem(answer, 409, "slot_taken", "starts_at")


def test_a_number_is_kept_as_e164_however_it_is_written() -> None:  # S1.2
    house = House()
    house.book(main_phone="+1 (202) 555-0123")
    assert house.contacts.number(ANNA, house.contacts.phone_id(MAIN)) == MAIN


def test_a_payment_is_started_once_and_confirmed_by_the_provider_alone() -> None:  # S2.10
    house = House()
    path = f"/v1/bookings/{house.book()['id']}/payment"
    first, second = house.ask("POST", path), house.ask("POST", path)
    assert first.json == second.json
    assert first.json["client_secret"]
    assert first.json["amount"] == {"amount_minor": 30000, "currency": "rub"}
    assert first.json["status"] == "requires_payment_method"
    assert first.headers["Cache-Control"] == "no-store"
    state = house.ask("GET", path)
    assert state.json["paid"] is False
    assert state.json["payment_intent"] == first.json["payment_intent"]
    assert "client_secret" not in state.text


def test_a_hold_that_is_over_cannot_be_paid() -> None:  # S2.10
    house = House()
    path = f"/v1/bookings/{house.book()['id']}/payment"
    house.clock.moment = NOW + timedelta(minutes=16)
    assert_problem(house.ask("POST", path), 409, "hold_over")


@pytest.mark.parametrize("fault", [RequestFault.TIMEOUT, RequestFault.RATE_LIMIT])
def test_a_provider_that_does_not_answer_is_asked_again_later(fault: RequestFault) -> None:
    house = House()
    path = f"/v1/bookings/{house.book()['id']}/payment"
    house.provider.faults.order_request(fault, count=3 if fault is RequestFault.TIMEOUT else 1)
    answer = house.ask("POST", path)
    assert_problem(answer, 503, answer.json["code"])
    assert answer.headers["Retry-After"] == "1"
    assert house.ask("POST", path).status == 200


def test_a_booking_is_moved_and_cancelled_before_its_start() -> None:  # S2.3
    house = House()
    number = house.book()["id"]
    later = {"starts_at": "2030-01-31T19:00:00Z"}
    moved = house.ask("POST", f"/v1/bookings/{number}/reschedule", body=later)
    assert (moved.status, moved.json["starts_at"]) == (200, "2030-01-31T19:00:00Z")
    cancelled = house.ask("POST", f"/v1/bookings/{number}/cancel", body={})
    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
    assert house.ask("POST", f"/v1/bookings/{number}/cancel").json["status"] == "cancelled"
    again = house.ask("POST", f"/v1/bookings/{number}/reschedule", body=later)
    assert_problem(again, 409, "booking_not_open")
    extra = house.ask("POST", f"/v1/bookings/{number}/cancel", body={"why": "x"})
    assert_problem(extra, 422, "field_unknown", "why")


def test_a_session_that_never_began_cannot_be_ended() -> None:
    house = House()
    number = house.book()["id"]
    assert_problem(house.ask("POST", f"/v1/bookings/{number}/end"), 409, "session_not_live")


def test_a_running_session_is_ended_and_billed() -> None:  # S1.5, S1.7
    house = House()
    number = _live(house)
    house.clock.moment = START + timedelta(seconds=30)
    live = house.ask("GET", f"/v1/bookings/{number}").json
    assert live["status"] == "live"
    assert live["session"]["seconds_left"] == 1800
    ended = house.ask("POST", f"/v1/bookings/{number}/end").json
    assert ended["session"]["reason"] == "customer_ended"
    house.clock.moment = START + timedelta(hours=1)
    house.rooms.bookings().apply(number, c.Tick(), Cause("Tick", "timer", {}))
    done = house.ask("GET", f"/v1/bookings/{number}").json
    assert done["status"] == "completed"
    bill = done["session"]["bill"]
    assert (bill["billed"], bill["unused"], bill["talk"]) == (0, 1800, 0)
    lot = house.ask("GET", "/v1/account").json["lots"][0]
    assert (lot["seconds_left"], lot["minutes_left"]) == (1800, 30)
    assert lot["price"] == {"amount_minor": 30000, "currency": "rub"}


def test_the_timeline_tells_every_event_with_its_cause() -> None:
    house = House()
    number = _live(house)
    items = house.ask("GET", f"/v1/bookings/{number}/timeline").json["items"]
    kinds = [item["type"] for item in items]
    assert kinds[:4] == ["BookingHeld", "IntentMade", "PaymentConfirmed", "BookingScheduled"]
    assert "SessionStarted" in kinds
    held = items[0]
    assert (held["version"], held["at"]) == (1, "2030-01-31T12:07:30Z")
    assert held["cause"]["command"] == "Book"
    assert held["cause"]["source"] == "customer"
    assert held["fields"]["tariff"] == {"tariff_id": "standard", "per_minute": _RUB}
    confirmed = items[2]["cause"]
    assert confirmed["evidence"]["payment_intent"] == items[1]["fields"]["intent_id"]
    assert not any("phone" in name for item in items for name in item["fields"])


def test_a_browser_may_ask_from_anywhere() -> None:
    house = House()
    origin = {"Origin": "https://shop.example.com"}
    for path, status in (("/v1/operators", 200), ("/v1/bookings/x", 404)):
        answer = house.ask("GET", path, headers=origin)
        assert answer.status == status
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    event = house.event("OPTIONS", "/v1/bookings", headers=origin)
    del event["requestContext"]["authorizer"]
    preflight = house.send(event)
    assert preflight.status == 204
    assert "Idempotency-Key" in preflight.headers["Access-Control-Allow-Headers"]
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]


def test_an_empty_account_is_empty() -> None:
    assert House().ask("GET", "/v1/account", who=BORIS).json == {"money": [], "lots": []}


def _live(house: House) -> str:
    """A booking of Anna's that is paid and whose start has come."""
    number: str = house.book()["id"]
    intent = house.ask("POST", f"/v1/bookings/{number}/payment").json["payment_intent"]
    house.provider.pay(intent)
    house.rooms.card_payments().reported(intent, {"event": "evt_1"})
    house.clock.moment = START
    house.rooms.bookings().apply(number, c.Tick(), Cause("Tick", "timer", {}))
    return number


def test_a_customer_does_not_learn_the_number_of_another_ones_booking() -> None:  # Never 7
    found = OverrunFound("123456789012", START, START, 300)
    cause = Cause("DelayStart", "worker", {"because_of": "123456789012"})
    history = [Decision(1, START, cause, (found,))]
    assert "123456789012" not in str(timeline(history, for_customer=True))
    assert str(timeline(history, for_customer=False)).count("123456789012") == 2
