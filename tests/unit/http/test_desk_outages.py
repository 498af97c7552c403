"""A manager declares an outage or decides on a proposal, and watches the run (S1.13)."""

from datetime import timedelta
from typing import Any

import pytest

from functions.http import desk_outages
from functions.http.identity import Role
from functions.http.routing import Route
from shared.domain.booking_number import with_check_digit
from shared.domain.case.events import CaseKind, Level
from shared.domain.outage.reach import SHARDS
from tests.contract.sessions import Over
from tests.journeys.world import START
from tests.unit.http.desk_house import DeskHouse
from tests.unit.http.house import NOBODYS, Answer, assert_problem

OUTAGES = "/v1/desk/outages"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOW = START + 2 * HOUR
RANGE = {"since": "2026-03-02T12:00:00Z", "until": "2026-03-02T13:00:00Z"}


def house_at(moment: Any = NOW) -> DeskHouse:
    house = DeskHouse()
    house.world.until(moment)
    return house


def declare(house: DeskHouse, key: str | None = None, **changes: Any) -> Answer:
    body = {k: v for k, v in (RANGE | changes).items() if v is not ...}
    return house.manager("POST", OUTAGES, body=body, **({"key": key} if key else {}))


def propose(house: DeskHouse, until: Any = None) -> str:
    """What detection hands over."""
    evidence = {"drops": "14 of 40"}
    outage = house.world.outage_records.propose("drop_rate", START, until, evidence)
    house.world.settle()
    return outage.number


def waiting(house: DeskHouse) -> list[str]:
    """Numbers of the managers' cases about outages."""
    cases = house.world.store.open_cases(Level.MANAGER, None, 99).items
    return [case.number for case in cases if case.kind is CaseKind.OUTAGE_PROPOSED]


@pytest.mark.parametrize(
    "route", desk_outages.ROUTES, ids=lambda route: f"{route.method} {route.path}"
)
@pytest.mark.parametrize("role", Role)
def test_outages_are_for_managers_alone(role: Role, route: Route[object]) -> None:
    house = DeskHouse()
    path = route.path.format(outage_id=NOBODYS)
    answer = house.ask(route.method, path, who="x", groups=role.value)
    if role is Role.MANAGER:
        assert answer.status not in (401, 403)
    else:
        assert_problem(answer, 403, "role_missing")
    assert house.world.store.outages(None, 9).items == []


def test_a_declared_outage_runs_and_shows_how_far_it_is() -> None:  # S1.13
    house = house_at()
    for n, dropped in enumerate((START + MINUTE, START - 2 * HOUR)):
        # Restored, and all minutes had: looked at, and nobody is owed anything.
        number = with_check_digit(f"4{n:010d}")
        Over(number, START - 3 * HOUR, START + HOUR, dropped, dropped + MINUTE).commit(
            house.world.store
        )
    answer = declare(house)
    assert answer.status == 201, answer.text
    number = answer.json["id"]
    assert answer.headers["Location"] == f"outages/{number}"
    shown = house.manager("GET", f"{OUTAGES}/{number}").json
    assert {k: shown[k] for k in ("status", "since", "until", "operators", "decided_by")} == {
        "status": "running",
        "since": "2026-03-02T12:00:00Z",
        "until": "2026-03-02T13:00:00Z",
        "operators": None,
        "decided_by": "agent:max",
    }
    assert shown["passes"][0] == {
        "number": 1,
        "shards": SHARDS,
        "shards_done": SHARDS,
        "steps": SHARDS * 2 * 5,
        "steps_done": SHARDS * 2 * 5,
        "looked_at": 2,
        "found": 1,
        "compensated": 0,
        "put_aside": 0,
    }
    # At two o'clock the first look back, of twenty minutes past one, is over already.
    house.world.until(NOW + 4 * HOUR)
    shown = house.manager("GET", f"{OUTAGES}/{number}").json
    assert (shown["status"], [one["number"] for one in shown["passes"]]) == ("finished", [1, 2])
    types = [event["type"] for event in shown["timeline"]]
    assert types[:2] == ["OutageDeclared", "PassStarted"] and types[-1] == "RunFinished"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"since": ...}, "field_missing", "since"),
        ({"until": "13:00"}, "time_invalid", "until"),
        ({"until": "2026-03-02T13:00:00"}, "time_zone_missing", "until"),
        ({"until": RANGE["since"]}, "range_empty", "until"),
        ({"until": "2026-03-02T15:00:00Z"}, "time_in_the_future", "until"),
        ({"since": "2025-03-02T12:00:00Z"}, "range_too_long", "until"),
        (
            {"since": "2025-03-02T12:00:00Z", "until": "2025-03-02T13:00:00Z"},
            "range_too_old",
            "since",
        ),
        ({"operators": "boris"}, "type_wrong", "operators"),
        ({"operators": []}, "length_wrong", "operators"),
        ({"operators": ["boris"] * 101}, "length_wrong", "operators"),
        ({"operators": ["boris", "boris"]}, "repeated", "operators"),
        ({"operators": ["boris", 7]}, "type_wrong", "operators.1"),
        ({"operators": ["bo\u202eris"]}, "characters_invisible", "operators.0"),
        ({"operators": ["nobody"]}, "operator_unknown", "operators"),
        ({"everybody": True}, "field_unknown", "everybody"),
    ],
)
def test_a_bad_declaration_is_refused_with_field_and_reason(
    changes: dict[str, Any], code: str, field: str
) -> None:
    house = house_at()
    assert_problem(declare(house, **changes), 422, code, field)
    assert house.world.store.outages(None, 9).items == []


def test_a_scope_of_operators_is_shown_in_order() -> None:  # S1.13
    house = DeskHouse()
    house.world.operator("anton", "+12025550141")
    house.world.until(NOW)
    answer = declare(house, operators=["boris", "anton"])
    assert answer.json["operators"] == ["anton", "boris"]


def test_the_same_request_is_one_outage_and_another_one_is_told_of_it() -> None:  # S1.15
    house = house_at()
    first, again = declare(house, key="same-key"), declare(house, key="same-key")
    assert first.json["id"] == again.json["id"]
    other = declare(house, key="other-key")
    assert_problem(other, 409, "outage_declared")
    assert first.json["id"] in other.json["detail"]
    wrong = declare(house, key="same-key", until="2026-03-02T12:30:00Z")
    assert_problem(wrong, 422, "idempotency_key_reused", "Idempotency-Key")


def test_the_list_shows_the_last_one_first_and_proposals_too() -> None:
    house = house_at()
    first = declare(house).json["id"]
    house.world.until(NOW + MINUTE)
    second = propose(house)
    items = house.manager("GET", OUTAGES).json["items"]
    assert [(one["id"], one["status"]) for one in items] == [
        (second, "proposed"),
        (first, "running"),
    ]
    assert items[0]["until"] is None


def test_stopping_resuming_and_repeating_do_what_they_say_and_twice_is_no_harm() -> None:  # S1.13
    house = house_at()
    number = declare(house).json["id"]
    for _ in range(2):
        assert house.manager("POST", f"{OUTAGES}/{number}/stop").json["status"] == "stopped"
    for _ in range(2):
        assert house.manager("POST", f"{OUTAGES}/{number}/resume").json["status"] == "running"
    early = house.manager("POST", f"{OUTAGES}/{number}/repeat")
    assert_problem(early, 422, "outage_status", "outage_id")
    house.world.until(NOW + 4 * HOUR)
    passes = len(house.manager("GET", f"{OUTAGES}/{number}").json["passes"])
    for _ in range(2):
        answer = house.manager("POST", f"{OUTAGES}/{number}/repeat", key="once-more")
        assert len(answer.json["passes"]) == passes + 1
    shown = house.manager("GET", f"{OUTAGES}/{number}").json
    assert (shown["status"], len(shown["passes"])) == ("finished", passes + 1)
    late = house.manager("POST", f"{OUTAGES}/{number}/stop")
    assert_problem(late, 422, "outage_status", "outage_id")


def test_detection_proposes_once_and_a_manager_is_asked_by_one_case() -> None:  # S1.13
    house = house_at()
    number = propose(house)
    assert propose(house) == number
    (case,) = waiting(house)
    shown = house.manager("GET", f"{OUTAGES}/{number}").json
    assert shown["case_number"] == case
    assert (shown["signal"], shown["evidence"]) == ("drop_rate", {"drops": "14 of 40"})
    assert (shown["status"], shown["passes"]) == ("proposed", [])
    facts = house.world.case_records.load(case).state.facts
    assert facts["outage"] == number and facts["drops"] == "14 of 40"


def test_a_confirmed_proposal_runs_and_closes_its_case() -> None:  # S1.13
    house = house_at()
    number = propose(house)
    path = f"{OUTAGES}/{number}/confirm"
    assert_problem(house.manager("POST", path, body={}), 422, "range_open", "until")
    body = {"until": "2026-03-02T13:00:00Z", "operators": ["boris"]}
    for _ in range(2):
        answer = house.manager("POST", path, body=body)
        assert (answer.status, answer.json["status"]) == (200, "running"), answer.text
    assert answer.json["operators"] == ["boris"]
    assert waiting(house) == []
    wrong = house.manager("POST", path, body=body | {"operators": ["nobody"]})
    assert_problem(wrong, 422, "operator_unknown", "operators")
    too_late = house.manager("POST", f"{OUTAGES}/{number}/dismiss")
    assert_problem(too_late, 422, "outage_status", "outage_id")


def test_a_dismissed_proposal_pays_nobody_and_closes_its_case() -> None:  # S1.13
    house = house_at()
    number = propose(house, START + MINUTE)
    for _ in range(2):
        answer = house.manager("POST", f"{OUTAGES}/{number}/dismiss")
        assert (answer.status, answer.json["status"]) == (200, "dismissed")
    assert waiting(house) == []
    refused = house.manager("POST", f"{OUTAGES}/{number}/confirm", body={})
    assert_problem(refused, 422, "outage_status", "outage_id")


@pytest.mark.parametrize("number", [NOBODYS, "123", "x" * 40])
def test_an_outage_that_is_not_there_is_not_found(number: str) -> None:
    house = house_at()
    answer = house.manager("GET", f"{OUTAGES}/{number}")
    assert_problem(answer, 404, "outage_unknown", "outage_id")
