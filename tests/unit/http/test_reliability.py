"""Anybody may see how reliable we are, with how sure that is (S1.16)."""

from datetime import timedelta

import pytest

from functions.http import openapi
from shared.domain.policy import CURRENT
from tests.contract.sessions import Over
from tests.journeys.world import MORNING
from tests.unit.http.desk_house import DeskHouse
from tests.unit.http.house import Answer, assert_problem
from tests.unit.http.test_public import request

PATH = "/v1/reliability"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
BEGIN = MORNING - 2 * DAY  # 2026-02-28


def house(troubles: int, of: int) -> DeskHouse:
    """Sessions of the day before yesterday, some with two minutes of trouble, counted."""
    made = DeskHouse()
    for n in range(of):
        starts = BEGIN + (n % 60) * MINUTE
        dropped = starts + 5 * MINUTE if n < troubles else None
        back = dropped + 2 * MINUTE if dropped else None
        ended = starts + 30 * MINUTE
        Over(f"1{n:011d}", starts, ended, dropped, back).commit(made.world.store)
    midnight = BEGIN.replace(hour=0)
    made.rooms.reliability().recount(midnight, midnight + DAY, lambda: True)
    return made


def ask(made: DeskHouse, days: str | None = None) -> Answer:
    return made.ask("GET", PATH, query={"days": days} if days is not None else None)


def test_figures_come_with_interval_target_and_what_they_are_taken_from() -> None:  # S1.16
    answer = ask(house(troubles=100, of=2500))
    assert answer.status == 200
    assert answer.json == {
        "period": {
            "first_day": "2026-01-31",
            "last_day": "2026-03-01",
            "hours": 30 * 24,
            "hours_counted": 24,
        },
        "counted_at": "2026-03-02T09:00:00Z",
        "counts": {"sessions": 2500, "with_problem": 100, "critical": 0},
        "figures": {
            "problem_share": {
                "value": 0.04,
                "interval": {
                    "low": 0.032998,
                    "high": 0.048414,
                    "confidence": 95,
                    "method": "wilson",
                },
                "target": {"value": 0.02, "comparison": "below"},
                "met": "no",
                "of": 2500,
                "why": None,
            },
            "critical_share": {
                "value": 0.0,
                "interval": {"low": 0.0, "high": 0.001534, "confidence": 95, "method": "wilson"},
                "target": {"value": 0.001, "comparison": "below"},
                "met": "undecided",
                "of": 2500,
                "why": None,
            },
            "support_rating": {
                "value": None,
                "interval": None,
                "target": {"value": 4.8, "comparison": "at_least"},
                "met": "undecided",
                "of": 0,
                "why": "not_rated",
            },
            "minutes_to_resolve": {
                "value": 2.0,
                "interval": {"low": 2.0, "high": 2.0, "confidence": 95, "method": "normal"},
                "target": {"value": 15.0, "comparison": "at_most"},
                "met": "yes",
                "of": 100,
                "why": None,
            },
        },
    }


def test_before_anything_was_counted_nothing_is_claimed() -> None:  # S1.16: never asserted
    answer = ask(DeskHouse()).json
    assert (answer["counted_at"], answer["period"]["hours_counted"]) == (None, 0)
    for figure in answer["figures"].values():
        assert (figure["value"], figure["interval"], figure["met"]) == (None, None, "undecided")
        assert figure["why"] in ("no_sessions", "no_troubles", "not_rated")


@pytest.mark.parametrize(
    ("days", "first", "sessions"),
    [("1", "2026-03-01", 0), ("2", "2026-02-28", 10), ("90", "2025-12-02", 10)],
)
def test_the_period_is_that_many_whole_days(days: str, first: str, sessions: int) -> None:
    # S1.16
    answer = ask(house(troubles=0, of=10), days).json
    assert (answer["period"]["first_day"], answer["period"]["last_day"]) == (first, "2026-03-01")
    assert answer["counts"]["sessions"] == sessions


@pytest.mark.parametrize("days", ["0", "91", "-1", "+7", "1.5", " 7", "7 ", "٣", "", "9" * 5000])
def test_other_numbers_of_days_are_refused(days: str) -> None:
    assert_problem(ask(DeskHouse(), days), 422, "number_out_of_range", "days")


def test_unknown_fields_are_refused() -> None:
    answer = DeskHouse().ask("GET", PATH, query={"weeks": "1"})
    assert_problem(answer, 422, "field_unknown", "weeks")


def test_anybody_may_keep_the_figures_and_nobody_a_refusal_or_another_answer() -> None:
    made = house(troubles=0, of=1)
    assert ask(made).headers["Cache-Control"] == "public, max-age=900"
    assert ask(made, "0").headers["Cache-Control"] == "no-store"
    other = made.ask("POST", "/v1/refund-requests", body=request())
    assert other.headers["Cache-Control"] == "no-store"


def test_nobody_has_to_sign_in_and_nobody_is_named() -> None:  # Never 7
    made = house(troubles=1, of=5)
    text = ask(made).text
    assert "customer" not in text and "operator" not in text


def test_the_description_tells_the_bounds() -> None:
    (days,) = openapi.document()["paths"][PATH]["get"]["parameters"]
    assert days["schema"] == {"type": "integer", "minimum": 1, "maximum": 90}
    assert days["required"] is False
    assert CURRENT.figures_days == 30
