"""What people ask for around a session: to wait, a better line, other numbers, a call back."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.application.store import Page, Summary
from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Status
from shared.domain.policy import CURRENT
from shared.domain.session.legs import Side
from tests.fakes.memory_store import MemoryStore
from tests.unit.http.house import (
    ANNA,
    BACKUP,
    MAIN,
    OLGA,
    PAVEL,
    START,
    Answer,
    House,
    assert_problem,
)
from tests.unit.http.live import (
    answer,
    as_olga,
    asks,
    drop,
    live,
    missed,
    pass_until,
    scheduled,
    state,
    tell,
)

Asks = Callable[..., Answer]
_OTHER = "+12025550177"
_DAY = {"from": "2030-01-31T00:00:00Z", "to": "2030-02-01T00:00:00Z"}


class Before(MemoryStore):
    """A store in which everybody has booked before.

    Args:
        completed: so many sessions that came to their end.
        cancelled: so many later ones that were cancelled.

    Attributes:
        reads: how many pages of a list were read.
    """

    def __init__(self, completed: int = CURRENT.goodwill_sessions, cancelled: int = 0) -> None:
        super().__init__()
        self._statuses = [Status.CANCELLED] * cancelled + [Status.COMPLETED] * completed
        self.reads = 0

    def bookings_of(self, customer_id: str, cursor: str | None, limit: int) -> Page[Summary]:
        self.reads += 1
        start = int(cursor or 0)
        end = start + limit
        items = [
            Summary(f"{n:012d}", customer_id, OLGA, START - timedelta(days=n), 1800, status)
            for n, status in enumerate(self._statuses[start:end], start=start + 1)
        ]
        return Page(items, str(end) if end < len(self._statuses) else None)


def later(house: House, **since: float) -> None:
    """Some time of a session passes in which nothing is due."""
    house.clock.moment += timedelta(**since)


def events_of[E: e.Event](house: House, number: str, kind: type[E]) -> list[E]:
    return [
        event
        for decision in house.store.history(number)
        for event in decision.events
        if isinstance(event, kind)
    ]


# --- a hold ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ask", "how"), [(asks, "api"), (as_olga, "operator")])
def test_a_customer_waits_and_is_back(ask: Asks, how: str) -> None:  # S1.11
    house = House()
    number = live(house)
    later(house, minutes=2)
    held = ask(house, number, "hold")
    assert held.status == 200, held.text
    shown = held.json["session"] if how == "api" else held.json
    assert shown["held_since"] == "2030-01-31T18:02:00Z"
    later(house, minutes=1)
    back = ask(house, number, "resume")
    assert (back.json["session"] if how == "api" else back.json)["held_since"] is None
    began, ended = (events_of(house, number, kind)[0] for kind in (e.HoldBegan, e.HoldEnded))
    assert (began.how, ended.how) == (how, how)  # type: ignore[attr-defined]
    sources = [d.cause.source for d in house.store.history(number)][-2:]
    assert sources == ["customer" if how == "api" else "operator"] * 2


@pytest.mark.parametrize("ask", [asks, as_olga])
def test_a_hold_sent_twice_is_one(ask: Asks) -> None:  # S1.11
    house = House()
    number = live(house)
    key = {"headers": {"Idempotency-Key": "once"}}
    first = ask(house, number, "hold", **key)
    later(house, seconds=20)
    ask(house, number, "resume")
    again = ask(house, number, "hold", **key)
    assert (first.status, again.status) == (200, 200)
    assert state(house, number).live_session.held_since is None  # the key has been used
    assert len(events_of(house, number, e.HoldBegan)) == 1
    other = ask(house, number, "resume", **key)
    assert_problem(other, 422, "idempotency_key_reused", "Idempotency-Key")


def test_asked_with_another_key_while_he_waits_nothing_changes() -> None:  # S1.11
    house = House()
    number = live(house)
    before = asks(house, number, "hold").json["session"]["held_since"]
    later(house, seconds=20)
    assert asks(house, number, "hold").json["session"]["held_since"] == before
    assert asks(house, number, "resume").json["session"]["held_since"] is None
    assert asks(house, number, "resume").status == 200


@pytest.mark.parametrize(
    ("ask", "what", "body"),
    [
        (asks, "hold", None),
        (asks, "resume", None),
        (asks, "bad-line", None),
        (asks, "bad-line/choice", {"choice": "stop"}),
        (as_olga, "hold", None),
        (as_olga, "resume", None),
        (as_olga, "callback", None),
    ],
)
def test_who_asks_too_early_or_too_late_is_told(ask: Asks, what: str, body: Any) -> None:
    # S1.8, S1.11
    house = House(store=Before())
    number = scheduled(house)
    early = ask(house, number, what, body)
    assert_problem(early, 409, "session_not_live")
    assert early.json["detail"] == "This booking is scheduled."
    pass_until(house, number, START)
    waiting = ask(house, number, what, body)
    assert_problem(waiting, 409, "not_joined")
    pass_until(house, number, START + timedelta(minutes=30))
    late = ask(house, number, what, body)
    assert_problem(late, 409, "session_not_live")
    assert late.json["detail"] == "This booking is completed."


# --- a bad line -----------------------------------------------------------------------------------


def test_a_bad_line_is_tried_in_order_and_may_be_stopped() -> None:  # S1.8
    house = House()
    number = live(house, backup_phone=BACKUP)
    later(house, minutes=1)
    early = asks(house, number, "bad-line/choice", {"choice": "stop"})
    assert_problem(early, 409, "line_not_given_up")
    tried = [exhausted(house, number) for _ in range(4)]
    assert [one["tried"] for one in tried] == ["redial", "move", "redial_later", "choice"]
    assert [one["choices"] for one in tried] == [[], [], [], ["stop", "other_phone"]]
    shown = house.ask("GET", f"/v1/bookings/{number}").json["session"]["bad_line"]
    assert shown == tried[-1]
    stopped = asks(house, number, "bad-line/choice", {"choice": "stop"})
    assert stopped.status == 200, stopped.text
    assert stopped.json["session"]["reason"] == "bad_line"
    again = asks(house, number, "bad-line/choice", {"choice": "stop"})
    assert again.status == 200  # he has what he asked for
    other = asks(house, number, "bad-line/choice", {"choice": "other_phone"})
    assert_problem(other, 409, "session_not_live")


def test_on_a_line_that_stays_bad_he_may_take_another_phone() -> None:  # S1.8
    house = House()
    number = live(house, backup_phone=BACKUP)
    for _ in range(4):
        exhausted(house, number)
    done = asks(house, number, "bad-line/choice", {"choice": "other_phone"})
    assert done.status == 200, done.text
    assert done.json["session"]["bad_line"]["choices"] == []  # his other phone is to be rung
    assert events_of(house, number, e.LineRenewed)[-1].backup is True


def test_without_another_phone_it_is_not_offered() -> None:  # S1.8
    house = House()
    number = live(house)
    for _ in range(3):
        exhausted(house, number)
    assert exhausted(house, number)["choices"] == ["stop"]
    refused = asks(house, number, "bad-line/choice", {"choice": "other_phone"})
    assert_problem(refused, 409, "no_backup_phone", "choice")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (None, "field_missing", "choice"),
        ({"choice": "louder"}, "choice_unknown", "choice"),
        ({"choice": 1}, "type_wrong", "choice"),
        ({"choice": "stop", "now": True}, "field_unknown", "now"),
    ],
)
def test_a_wrong_line_choice_is_refused(body: Any, code: str, field: str) -> None:
    house = House()
    number = live(house)
    answered = asks(house, number, "bad-line/choice", body)
    assert_problem(answered, 422, code, field)


def exhausted(house: House, number: str) -> Any:
    """The line is said to be bad; what is tried brings him back, and it is no better."""
    later(house, seconds=30)
    done = asks(house, number, "bad-line")
    assert done.status == 200, done.text
    renewed = state(house, number).live_session.renewed
    if renewed is not None:
        drop(house, number, Side.CUSTOMER)
        pass_until(house, number, max(renewed.at, house.clock.moment) + timedelta(seconds=1))
        answer(house, number, Side.CUSTOMER)
    return done.json["session"]["bad_line"]


# --- numbers --------------------------------------------------------------------------------------


def test_numbers_are_corrected_before_and_during_a_session() -> None:  # S1.10
    house = House()
    number = scheduled(house, backup_phone=BACKUP)
    done = asks(house, number, "phones", {"main_phone": "+1 (202) 555-0177"})
    assert done.status == 200, done.text
    assert _OTHER[1:] not in done.text
    now = state(house, number)
    assert (now.main_phone, now.backup_phone) == (house.contacts.phone_id(_OTHER), None)
    assert house.contacts.number(ANNA, now.main_phone) == _OTHER
    pass_until(house, number, START)
    answer(house, number, Side.OPERATOR)
    both = {"main_phone": MAIN, "backup_phone": BACKUP}
    assert asks(house, number, "phones", both).status == 200
    now = state(house, number)
    assert (now.main_phone, now.backup_phone) == tuple(map(house.contacts.phone_id, (MAIN, BACKUP)))


def test_the_same_numbers_change_nothing_and_a_key_is_used_once() -> None:  # S1.10
    house = House()
    number = scheduled(house)
    key = {"headers": {"Idempotency-Key": "once"}}
    asks(house, number, "phones", {"main_phone": MAIN})
    asks(house, number, "phones", {"main_phone": _OTHER}, **key)
    asks(house, number, "phones", {"main_phone": MAIN})
    again = asks(house, number, "phones", {"main_phone": _OTHER}, **key)
    assert again.status == 200
    assert len(events_of(house, number, e.PhonesChanged)) == 2
    assert state(house, number).main_phone == house.contacts.phone_id(MAIN)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"main_phone": "202 555 0123"}, "phone_no_country_code", "main_phone"),
        ({"main_phone": "+1 202"}, "phone_invalid", "main_phone"),
        ({"main_phone": _OTHER, "backup_phone": "+1 202"}, "phone_invalid", "backup_phone"),
        ({"main_phone": _OTHER, "backup_phone": _OTHER}, "backup_is_main", "backup_phone"),
        ({"backup_phone": _OTHER}, "field_missing", "main_phone"),
    ],
)
def test_wrong_numbers_are_refused_and_not_kept(body: Any, code: str, field: str) -> None:  # S1.2
    house = House()
    number = scheduled(house)
    assert_problem(asks(house, number, "phones", body), 422, code, field)
    assert house.contacts.people_by_phone(_OTHER) == []
    assert events_of(house, number, e.PhonesChanged) == []


def test_a_number_for_a_session_that_is_over_is_not_kept() -> None:  # S1.10
    house = House()
    number = missed(house)
    answered = asks(house, number, "phones", {"main_phone": _OTHER})
    assert_problem(answered, 409, "booking_not_open")
    assert house.contacts.people_by_phone(_OTHER) == []


# --- the operator ---------------------------------------------------------------------------------


def test_an_operator_says_whether_she_will_be_there_and_sees_it() -> None:  # S1.9
    house = House()
    number = scheduled(house)
    assert own_sessions(house)[0]["ready"] is None
    said = as_olga(house, number, "readiness", {"ready": False})
    assert said.json == {
        "booking_id": number,
        "status": "scheduled",
        "starts_at": "2030-01-31T18:00:00Z",
        "ready": False,
        "held_since": None,
        "callback_at": None,
    }
    assert own_sessions(house)[0]["ready"] is None  # hours before nothing is read for the list
    house.clock.moment = START - timedelta(seconds=CURRENT.reminder_lead)
    assert own_sessions(house)[0]["ready"] is False
    as_olga(house, number, "readiness", {"ready": True})
    as_olga(house, number, "readiness", {"ready": True})
    assert own_sessions(house)[0]["ready"] is True
    assert [event.ready for event in events_of(house, number, e.ReadinessGiven)] == [False, True]


def test_after_the_start_it_is_too_late_to_say_so() -> None:  # S1.9
    house = House()
    number = scheduled(house)
    pass_until(house, number, START)
    late = as_olga(house, number, "readiness", {"ready": True})
    assert_problem(late, 409, "session_begun")


@pytest.mark.parametrize(
    ("body", "code"), [(None, "field_missing"), ({"ready": "yes"}, "type_wrong")]
)
def test_a_wrong_readiness_is_refused(body: Any, code: str) -> None:
    house = House()
    number = scheduled(house)
    assert_problem(as_olga(house, number, "readiness", body), 422, code, "ready")


@pytest.mark.parametrize("what", ["readiness", "hold", "resume", "callback"])
def test_who_was_replaced_has_the_session_no_more(what: str) -> None:  # S1.5, Never 7
    house = House()
    number = live(house)
    later(house, minutes=5)
    drop(house, number, Side.OPERATOR)
    pass_until(house, number, house.clock.moment + timedelta(seconds=70))
    quarters = tuple(START + n * timedelta(minutes=15) for n in range(2))
    tell(house, number, c.ReplaceOperator(PAVEL, ("phone12025550101",), OLGA, quarters))
    assert state(house, number).operator_id == PAVEL
    body = {"ready": True} if what == "readiness" else None
    answered = as_olga(house, number, what, body)
    assert_problem(answered, 404, "booking_unknown", "booking_id")
    assert as_olga(house, number, what, body, who=PAVEL).status != 404


def own_sessions(house: House) -> Any:
    path = "/v1/operator/sessions"
    return house.ask("GET", path, who=OLGA, groups="operator", query=_DAY).json["items"]


def test_an_operator_s_proved_address_is_kept_to_ask_him() -> None:  # S1.9
    house = House()
    profile = {"name": "Olga", "tariff_id": "standard", "main_phone": MAIN}
    event = house.event("PUT", "/v1/operator/profile", body=profile, who=OLGA, groups="operator")
    claims = event["requestContext"]["authorizer"]["claims"]
    claims |= {"email": "olga@example.com", "email_verified": "false"}
    assert house.send(event).status == 200
    assert house.contacts.email(OLGA) is None
    claims["email_verified"] = "true"
    assert "olga@" not in house.send(event).text
    assert house.contacts.email(OLGA) == "olga@example.com"


# --- a call back ----------------------------------------------------------------------------------


def by_desk(house: House, number: str, **parts: Any) -> Answer:
    path = f"/v1/desk/bookings/{number}/callback"
    return house.ask("POST", path, **({"who": "ann", "groups": "agent"} | parts))


def by_olga(house: House, number: str, **parts: Any) -> Answer:
    return as_olga(house, number, "callback", **parts)


@pytest.mark.parametrize(("ask", "by"), [(by_desk, "agent:ann"), (by_olga, f"operator:{OLGA}")])
def test_a_regular_customer_is_promised_one_call_back(ask: Asks, by: str) -> None:  # S1.11
    house = House(store=Before())
    number = live(house)
    later(house, minutes=5)
    done = ask(house, number)
    assert done.status == 200, done.text
    (promised,) = events_of(house, number, e.CallbackPromised)
    assert promised == e.CallbackPromised(house.clock.moment + timedelta(hours=1), by)
    assert state(house, number).live_session.reason is e.EndReason.CALLBACK_PROMISED
    assert ask(house, number).status == 200
    assert len(events_of(house, number, e.CallbackPromised)) == 1
    seen = house.ask("GET", f"/v1/bookings/{number}/timeline")
    assert by not in seen.text


@pytest.mark.parametrize("ask", [by_desk, by_olga])
def test_who_is_no_regular_customer_is_not(ask: Asks) -> None:  # S1.11
    house = House(store=Before(CURRENT.goodwill_sessions - 1))
    number = live(house)
    assert_problem(ask(house, number), 409, "not_a_regular_customer")
    assert state(house, number).status is Status.LIVE


def test_sessions_are_counted_no_further_than_is_needed() -> None:  # S1.11
    store = Before(completed=200)
    house = House(store=store)
    number, store.reads = live(house), 0
    assert by_desk(house, number).status == 200
    assert store.reads == 1
    assert by_desk(house, number).status == 200  # promised already: nothing is counted
    assert store.reads == 1


def test_sessions_behind_many_that_were_cancelled_count_too() -> None:  # S1.11
    house = House(store=Before(cancelled=60))
    number = live(house)
    assert by_desk(house, number).status == 200


def test_for_a_session_that_is_not_live_nothing_is_counted() -> None:  # S1.11
    store = Before()
    house = House(store=store)
    number, store.reads = scheduled(house), 0
    assert_problem(by_desk(house, number), 409, "session_not_live")
    assert store.reads == 0


# --- what the timeline shows ----------------------------------------------------------------------


def test_a_customer_sees_why_it_was_judged_so_and_nobody_s_number() -> None:  # S1.10, Never 7
    house = House()
    number = missed(house)
    seen = house.ask("GET", f"/v1/bookings/{number}/timeline")
    told = {one["type"]: one["fields"] for one in seen.json["items"]}
    assert told["IncidentJudged"]["cause"]
    assert any("operator rung" in text for text in told["IncidentJudged"]["evidence"])
    assert told["OfferMade"]["with_bonus"] == sorted(told["OfferMade"]["with_bonus"])
    assert "sip_response" not in seen.text
    assert "12025550101" not in seen.text
    desk = house.ask("GET", f"/v1/desk/bookings/{number}", groups="agent")
    assert "sip_response" in desk.text
    assert "12025550101" not in desk.text
    assert (
        json.loads(desk.text)["booking"]["offers"]
        == house.ask("GET", f"/v1/bookings/{number}").json["offers"]
    )
