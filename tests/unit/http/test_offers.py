"""After a mishap the customer chooses, signed in or by the link in his letter (S1.10)."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.application.links import Link, Purpose
from shared.application.store import Loaded
from shared.domain.booking import Booking
from shared.domain.policy import CURRENT
from tests.fakes.memory_store import MemoryStore
from tests.unit.http.house import (
    ANNA,
    BACKUP,
    BORIS,
    MAIN,
    OLGA,
    PAVEL,
    Answer,
    House,
    assert_problem,
)
from tests.unit.http.live import live, missed, scheduled, state

_OTHER = "+12025550177"
_NEW = "2030-01-31T19:00:00Z"


def offered(house: House) -> tuple[str, str]:
    """Nobody came to Anna's session: its booking, and what she is offered."""
    number = missed(house)
    (offer,) = state(house, number).offers
    return number, offer.offer_id


def accept(house: House, number: str, offer_id: str, body: Any, **parts: Any) -> Answer:
    path = f"/v1/bookings/{number}/offers/{offer_id}/accept"
    return house.ask("POST", path, body=body, **parts)


def link(house: House, number: str, subject: str, purpose: Purpose = Purpose.OFFER) -> str:
    """The token of a letter to Anna."""
    until = house.clock.moment.replace(microsecond=0) + timedelta(hours=1)
    address = house.rooms.links().to(Link(purpose, number, subject, until))
    return address.partition("#")[2]


def stranger(house: House, method: str, path: str, body: Any = None) -> Answer:
    """A request of somebody who is not signed in."""
    event = house.event(method, path, body=body)
    del event["requestContext"]["authorizer"]
    return house.send(event)


# --- signed in ------------------------------------------------------------------------------------


def test_what_is_offered_is_shown_in_words_with_the_bonus() -> None:  # S1.10
    house = House()
    number, offer_id = offered(house)
    until = state(house, number).offers[0].until
    shown = house.ask("GET", f"/v1/bookings/{number}/offers").json
    assert shown["cursor"] is None
    (offer,) = shown["items"]
    assert {**offer, "choices": [one["choice"] for one in offer["choices"]]} == {
        "id": offer_id,
        "choices": ["call_now", "new_time", "refund"],
        "bonus_minutes": CURRENT.no_show_bonus // 60,
        "until": until.isoformat().replace("+00:00", "Z"),
        "open": True,
        "needs_number": False,
        "accepted": None,
    }
    assert [one["bonus_minutes"] for one in offer["choices"]] == [10, 10, 0]
    assert all(one["text"] for one in offer["choices"])
    assert house.ask("GET", f"/v1/bookings/{number}").json["offers"] == [offer]


def test_the_words_are_in_the_customer_s_language() -> None:  # S1.10
    house = House()
    texts = []
    for language in ("ru", "en"):
        other = House()
        number = missed(other, language=language)
        (offer,) = other.ask("GET", f"/v1/bookings/{number}/offers").json["items"]
        texts.append(" ".join(one["text"] for one in offer["choices"]))
    assert re.search("[а-я]", texts[0]) and not re.search("[а-я]", texts[1])
    assert house.ask("GET", f"/v1/bookings/{scheduled(house)}/offers").json["items"] == []


def test_a_new_time_is_booked_and_asked_for_again_it_is_the_same() -> None:  # S1.10
    house = House()
    number, offer_id = offered(house)
    body = {"choice": "new_time", "starts_at": _NEW}
    done = accept(house, number, offer_id, body)
    assert done.status == 200, done.text
    new = done.json["new_booking"]
    assert (new["status"], new["starts_at"], new["minutes"]) == ("scheduled", _NEW, 30)
    assert done.json["offer"]["accepted"] == {
        "choice": "new_time",
        "booking_id": new["id"],
        "refunds": [],
    }
    assert done.json["offer"]["open"] is False
    again = accept(house, number, offer_id, body)  # under another key
    assert again.json["new_booking"]["id"] == new["id"]
    assert house.ask("GET", f"/v1/bookings/{new['id']}").status == 200
    other = accept(house, number, offer_id, {"choice": "refund"})
    assert_problem(other, 409, "offer_taken", "choice")


def test_all_the_money_goes_back_where_it_is_chosen() -> None:  # S1.10
    house = House()
    number, offer_id = offered(house)
    done = accept(house, number, offer_id, {"choice": "refund"})
    assert done.status == 200, done.text
    accepted = done.json["offer"]["accepted"]
    assert accepted["refunds"] == [{"amount_minor": 30000, "currency": "rub"}]
    assert done.json["new_booking"] is None
    assert house.ask("GET", f"/v1/bookings/{number}").json["offers"][0]["accepted"] == accepted


def test_a_call_now_takes_whoever_is_free() -> None:  # S1.10
    house = House()
    number, offer_id = offered(house)
    done = accept(house, number, offer_id, {"choice": "call_now"})
    assert done.status == 200, done.text
    assert done.json["new_booking"]["operator_id"] in (OLGA, PAVEL)


def test_where_nobody_is_free_he_may_choose_again() -> None:  # S1.10
    house = House()
    number, offer_id = offered(house)
    nobody = {"choice": "new_time", "starts_at": "2030-01-31T21:00:00Z"}
    assert_problem(accept(house, number, offer_id, nobody), 409, "nobody_free", "starts_at")
    assert accept(house, number, offer_id, {"choice": "new_time"}).status == 200


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (None, "field_missing", "choice"),
        ({"choice": "free_calls"}, "choice_unknown", "choice"),
        ({"choice": "other_phone"}, "choice_not_offered", "choice"),
        ({"choice": "new_time", "starts_at": "19:00"}, "time_invalid", "starts_at"),
        ({"choice": "new_time", "starts_at": "2030-01-31T19:01:00Z"}, "not_on_a_quarter",
         "starts_at"),
        ({"choice": "refund", "starts_at": _NEW}, "time_unneeded", "starts_at"),
        ({"choice": "call_now", "main_phone": "202 555"}, "phone_no_country_code", "main_phone"),
        ({"choice": "refund", "amount": 1}, "field_unknown", "amount"),
    ],
)  # fmt: skip
def test_a_wrong_choice_is_refused_by_field(body: Any, code: str, field: str) -> None:
    house = House()
    number, offer_id = offered(house)
    token = link(house, number, offer_id)
    assert_problem(accept(house, number, offer_id, body), 422, code, field)
    assert_problem(stranger(house, "POST", f"/v1/offers/{token}/accept", body), 422, code, field)
    assert state(house, number).offers[0].is_open


def test_an_offer_is_open_for_its_time() -> None:  # S1.10
    house = House()
    number, offer_id = offered(house)
    house.clock.moment = state(house, number).offers[0].until
    assert house.ask("GET", f"/v1/bookings/{number}/offers").json["items"][0]["open"] is False
    late = accept(house, number, offer_id, {"choice": "refund"})
    assert_problem(late, 409, "offer_over")


def test_an_offer_of_another_booking_is_not_there() -> None:  # Never 7
    house = House()
    number, offer_id = offered(house)
    other = house.book(starts_at=_NEW)["id"]
    body = {"choice": "refund"}
    assert_problem(accept(house, other, offer_id, body), 404, "offer_unknown", "offer_id")
    theirs = accept(house, number, offer_id, body, who=BORIS)
    assert_problem(theirs, 404, "booking_unknown", "booking_id")
    seen = house.ask("GET", f"/v1/bookings/{number}/offers", who=BORIS)
    assert_problem(seen, 404, "booking_unknown", "booking_id")


# --- by a link ------------------------------------------------------------------------------------


def test_who_has_the_letter_sees_and_chooses_without_signing_in() -> None:  # S1.10
    house = House()
    number, offer_id = offered(house)
    token = link(house, number, offer_id)
    shown = stranger(house, "GET", f"/v1/offers/{token}")
    assert shown.status == 200, shown.text
    assert [shown.json] == house.ask("GET", f"/v1/bookings/{number}/offers").json["items"]
    body = {"choice": "new_time", "starts_at": _NEW}
    done = stranger(house, "POST", f"/v1/offers/{token}/accept", body)
    assert done.status == 200, done.text
    assert stranger(house, "POST", f"/v1/offers/{token}/accept", body).json == done.json
    accepted = state(house, number).offers[0].accepted
    assert accepted is not None and accepted.how == "link"
    assert stranger(house, "GET", f"/v1/offers/{token}").json["accepted"] == {
        "choice": "new_time",
        "booking_id": accepted.booking_id,
        "refunds": [],
    }
    for answer in (shown, done):
        assert ANNA not in answer.text and MAIN[1:] not in answer.text


def test_a_number_may_be_corrected_by_a_link() -> None:  # S1.10
    house = House()
    number = scheduled(house, backup_phone=BACKUP)
    path = f"/v1/phones/{link(house, number, '', Purpose.PHONES)}"
    shown = stranger(house, "GET", path)
    assert shown.json == {
        "booking_id": number,
        "status": "scheduled",
        "starts_at": "2030-01-31T18:00:00Z",
        "main_phone": "+120••••••23",
        "backup_phone": "+442•••••••18",
        "until": "2030-01-31T13:07:30Z",
    }
    changed = stranger(house, "POST", path, {"main_phone": "+1 202 555 0177"})
    assert changed.status == 200, changed.text
    assert (changed.json["main_phone"], changed.json["backup_phone"]) == ("+120••••••77", None)
    assert house.contacts.number(ANNA, state(house, number).main_phone) == _OTHER
    assert stranger(house, "POST", path, {"main_phone": _OTHER}).json == changed.json
    wrong = stranger(house, "POST", path, {"main_phone": _OTHER, "backup_phone": _OTHER})
    assert_problem(wrong, 422, "backup_is_main", "backup_phone")


def test_an_erased_number_is_not_shown_and_may_be_given_anew() -> None:  # Never 7
    house = House()
    number = live(house)
    path = f"/v1/phones/{link(house, number, '', Purpose.PHONES)}"
    house.contacts.forget(ANNA)
    assert stranger(house, "GET", path).json["main_phone"] is None
    assert stranger(house, "POST", path, {"main_phone": _OTHER}).json["main_phone"] is not None


@pytest.mark.parametrize("page", ["offers", "phones"])
def test_a_link_leads_to_its_own_page_and_no_further(page: str) -> None:  # Never 7
    house = House()
    number, offer_id = offered(house)
    other = {"offers": Purpose.PHONES, "phones": Purpose.OFFER}[page]
    tokens = [
        link(house, number, offer_id, other),
        offer_id,
        number,
        link(house, number, offer_id)[:-1],
    ]
    body = {"offers": {"choice": "refund"}, "phones": {"main_phone": _OTHER}}[page]
    end = {"offers": "/accept", "phones": ""}[page]
    for token in tokens:
        for method, address, sent in (("GET", token, None), ("POST", f"{token}{end}", body)):
            answer = stranger(house, method, f"/v1/{page}/{address}", sent)
            assert_problem(answer, 404, "link_unknown")
    assert state(house, number).offers[0].is_open
    assert house.contacts.people_by_phone(_OTHER) == []


def test_a_link_to_an_offer_of_another_booking_opens_nothing() -> None:  # Never 7
    house = House()
    number, offer_id = offered(house)
    other = house.book(starts_at=_NEW)["id"]
    token = link(house, other, offer_id)  # we would never make it
    assert_problem(stranger(house, "GET", f"/v1/offers/{token}"), 404, "offer_unknown")
    taken = stranger(house, "POST", f"/v1/offers/{token}/accept", {"choice": "refund"})
    assert_problem(taken, 404, "offer_unknown", "offer_id")
    assert state(house, number).offers[0].is_open


def test_a_link_works_for_its_time() -> None:  # S1.10
    house = House()
    number, offer_id = offered(house)
    token = link(house, number, offer_id)
    house.clock.moment += timedelta(hours=1)
    assert_problem(stranger(house, "GET", f"/v1/offers/{token}"), 409, "link_over")
    late = stranger(house, "POST", f"/v1/offers/{token}/accept", {"choice": "refund"})
    assert_problem(late, 409, "link_over")


class Failing(MemoryStore):
    """A store that can break."""

    broken = False

    def booking(self, booking_id: str) -> Loaded[Booking] | None:
        if self.broken:
            raise ConnectionError("the table is gone")
        return super().booking(booking_id)


def test_a_token_is_in_no_log_and_in_no_refusal(caplog: pytest.LogCaptureFixture) -> None:
    # Never 7
    store = Failing()
    house = House(store=store)
    number, offer_id = offered(house)
    token = link(house, number, offer_id)
    phones = link(house, number, "", Purpose.PHONES)
    answers = [
        stranger(house, "GET", f"/v1/offers/{token}"),
        stranger(house, "POST", f"/v1/offers/{token}/accept", {"choice": "nothing"}),
        stranger(house, "GET", f"/v1/offers/{token}/nothing"),
        stranger(house, "GET", f"/v1/phones/{token}"),
        stranger(house, "POST", f"/v1/phones/{phones}", {"main_phone": _OTHER}),
    ]
    store.broken = True
    answers.append(stranger(house, "GET", f"/v1/offers/{token}"))
    assert [answer.status for answer in answers] == [200, 422, 404, 404, 409, 500]
    instances = [answer.json["instance"] for answer in answers[1:]]
    assert instances == [
        "/v1/offers/{token}/accept",
        "/v1/offers/{token}/nothing",
        "/v1/phones/{token}",
        "/v1/phones/{token}",
        "/v1/offers/{token}",
    ]
    logged = "".join(str(vars(record)) for record in caplog.records)
    assert "unexpected" in logged
    for secret in (token, phones):
        assert all(secret not in text for text in (logged, *(answer.text for answer in answers)))


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_HOUSE = House()
_ADDRESS = f"/v1/offers/{link(_HOUSE, *offered(_HOUSE))}/accept"


@settings(deadline=None, max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from(["starts_at", "main_phone"]) | st.text(max_size=5),
        _ANYTHING.filter(lambda value: value is not None),
        min_size=1,
        max_size=3,
    )
)
def test_whatever_a_stranger_sends_is_refused(changes: dict[str, Any]) -> None:
    answer = stranger(_HOUSE, "POST", _ADDRESS, json.dumps({"choice": "refund"} | changes))
    assert answer.status in (400, 422), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
