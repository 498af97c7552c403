"""What goes wrong around a session, on the deployed stack: links in letters, waits, outages."""

import json
from dataclasses import dataclass
from datetime import timedelta

import pytest
import requests

from shared.domain.slots import QUARTER, quarter_of
from tests.e2e.customer import Customer, Json
from tests.e2e.half_hour import HalfHour
from tests.e2e.local_stack import OTHER_OPERATOR_PHONE, Caller, LocalStack, text, wait_for

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

MINUTES = 5
NOBODYS_PHONE, RIGHT_PHONE = "+12025550117", "+12025550115"
_PICKS_UP = [{"do": "answer", "after": 3}, {"do": "press", "keys": "1", "after": 2}]


@dataclass(frozen=True, slots=True)
class Mistyped:
    """A session whose customer gave a number that nobody has.

    Args:
        token: of the link in the letter that asks him to correct it.
    """

    number: str
    token: str
    ready: requests.Response


@pytest.fixture(scope="module")
def mistyped(stack: LocalStack, boris: Customer, half_hour: HalfHour) -> Mistyped:
    """The session of the next quarter of an hour, until its customer was written to."""
    start = quarter_of(stack.now() + timedelta(minutes=2)) + QUARTER
    stack.offer("operator_2", start, start + QUARTER)
    people = {
        NOBODYS_PHONE: {"calls": [[{"do": "unallocated"}]]},
        **{phone: {"calls": [_PICKS_UP]} for phone in (OTHER_OPERATOR_PHONE, RIGHT_PHONE)},
    }
    requests.post(f"{stack.exchange}/_control/people", json=people, timeout=10).raise_for_status()
    order = {"operator_id": stack.other_operator_id, "main_phone": NOBODYS_PHONE}
    number = boris.book(start, MINUTES, **order)["id"]
    boris.pay(number)
    ready = stack.user("operator_2").post(
        f"/v1/operator/sessions/{number}/readiness", {"ready": True}
    )
    with stack.in_a_hurry():
        token = wait_for("the letter", lambda: _token(stack, number), seconds=180)
    return Mistyped(number, token, ready)


def test_operator_says_beforehand_that_he_will_be_there(
    boris: Customer, mistyped: Mistyped
) -> None:
    # S1.9
    assert mistyped.ready.ok, mistyped.ready.text
    (given,) = boris.events(mistyped.number, "ReadinessGiven")
    assert given["fields"]["ready"] is True


def test_a_link_is_good_for_what_it_was_made_for_and_for_nothing_else(
    stack: LocalStack, mistyped: Mistyped
) -> None:
    # S1.10, Never 7
    forged = mistyped.token[:-1] + ("A" if mistyped.token[-1] != "A" else "B")
    for path in (f"/v1/offers/{mistyped.token}", f"/v1/phones/{forged}"):
        refused = stack.nobody.get(path)
        assert (refused.status_code, refused.json()["code"]) == (404, "link_unknown")
    shown = stack.nobody.get(f"/v1/phones/{mistyped.token}")
    assert shown.json()["booking_id"] == mistyped.number
    assert NOBODYS_PHONE not in shown.text


def test_number_corrected_by_the_link_is_rung_and_the_customer_can_wait_and_be_back(
    stack: LocalStack, boris: Customer, mistyped: Mistyped
) -> None:
    # S1.10, S1.11
    link = f"/v1/phones/{mistyped.token}"
    assert stack.nobody.post(link, {"main_phone": RIGHT_PHONE}).ok
    with stack.in_a_hurry():
        boris.wait_until(mistyped.number, _connected, seconds=120)
    one = f"/v1/bookings/{mistyped.number}"
    held = _asked(boris.api, f"{one}/hold")
    assert held["session"]["held_since"] is not None
    resumed = _asked(boris.api, f"{one}/resume")
    assert resumed["session"]["held_since"] is None
    _asked(boris.api, f"{one}/end")
    over = boris.wait_until(mistyped.number, lambda found: found["status"] == "completed")
    bill = over["session"]["bill"]
    assert bill["talk"] + bill["hold"] == bill["billed"] > 0
    assert over["offers"] == []
    assert [event["fields"]["how"] for event in boris.events(mistyped.number, "HoldEnded")] == [
        "api"
    ]


def test_outage_is_gone_through_and_a_session_that_was_mended_gets_nothing(
    stack: LocalStack, anna: Customer, half_hour: HalfHour
) -> None:
    # S1.13: the dropped session of the half hour was restored
    since = anna.booking(half_hour.session)["session"]["started_at"]
    manager = stack.user("manager")
    body = {"since": since, "until": text(stack.now())}
    declared = manager.post("/v1/desk/outages", body)
    assert declared.status_code == 201, declared.text
    again = manager.post("/v1/desk/outages", body)
    assert (again.status_code, again.json()["code"]) == (409, "outage_declared")
    path = f"/v1/desk/outages/{declared.json()['id']}"

    def done() -> Json | None:
        passes = manager.get(path).json()["passes"]
        return passes[0] if passes and passes[0]["shards_done"] == passes[0]["shards"] else None

    found = wait_for("the pass over the sessions", done)
    assert found["looked_at"] >= 1
    assert (found["compensated"], found["put_aside"]) == (0, 0)
    assert anna.events(half_hour.session, "OutageFound") == []
    assert stack.trial_balance()["zero"] is True


def _asked(caller: Caller, path: str) -> Json:
    answer = caller.post(path)
    assert answer.ok, answer.text
    found: Json = answer.json()
    return found


def _connected(booking: Json) -> bool:
    return booking["session"] is not None and booking["session"]["connected"] is True


def _token(stack: LocalStack, number: str) -> str | None:
    """What the link carries in the letter about a booking's number."""
    for letter in stack.letters_to("customer_2"):
        if number in json.dumps(letter) and "/phones#" in letter["BodyText"]:
            return str(letter["BodyText"].split("/phones#")[1].split()[0])
    return None
