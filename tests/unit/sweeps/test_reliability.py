"""What the hourly sweep tells the dashboard and the alarm (S1.16, S4.1)."""

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.sweeps import reliability as sweep
from shared.domain.policy import CURRENT
from tests.unit.application.test_reliability import DAY, HOUR, MIDNIGHT, MINUTE, NOON, Office


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The metrics, with their units."""
    if not sweep.metrics.metric_set:
        return {}
    capsys.readouterr()
    sweep.metrics.flush_metrics()
    emf = json.loads(capsys.readouterr().out)
    (declared,) = emf["_aws"]["CloudWatchMetrics"]
    assert (declared["Namespace"], declared["Dimensions"]) == ("Redial", [["service"]])
    assert emf["service"] == "redial"
    return {one["Name"]: (one["Unit"], *emf[one["Name"]]) for one in declared["Metrics"]}


def test_figures_are_told_as_they_are_published(capsys: pytest.CaptureFixture[str]) -> None:
    # S1.16
    office = Office()
    for n in range(98):
        office.fine(NOON + n * MINUTE)
    office.mended(NOON, after=2 * MINUTE)
    office.lost(NOON, after=4 * MINUTE)
    office.hourly(MIDNIGHT, MIDNIGHT + DAY + 5 * HOUR)
    office.moment = MIDNIGHT + DAY + timedelta(seconds=CURRENT.figures_settle, minutes=10)
    answer = sweep.perform(office.reliability, {}, lambda: True)
    assert answer == {"hours": 3, "until": "2026-03-03T05:00:00+00:00"}
    assert told(capsys) == {
        "FiguresBehind": ("Seconds", 600.0),
        "ProblemShare": ("Percent", 2.0),
        "CriticalShare": ("Percent", 1.0),
        "MinutesToResolve": ("None", 3.0),
    }


def test_a_run_that_has_nothing_to_count_tells_only_that_it_ran(
    capsys: pytest.CaptureFixture[str],
) -> None:  # S4.1
    office = Office(NOON + 10 * MINUTE)
    sweep.perform(office.reliability, {}, lambda: True)
    assert told(capsys).keys() == {"FiguresBehind"}  # and of no sessions there are no figures
    office.moment = NOON + 50 * MINUTE
    assert sweep.perform(office.reliability, {}, lambda: True)["hours"] == 0
    assert told(capsys) == {"FiguresBehind": ("Seconds", 3000.0)}


def test_a_person_has_hours_counted_anew_as_far_as_there_is_time(
    capsys: pytest.CaptureFixture[str],
) -> None:  # S1.16
    office = Office(MIDNIGHT + 9 * DAY)
    office.lost(NOON)
    left = iter([True, True, False])
    asked = {"from": MIDNIGHT.isoformat(), "to": (MIDNIGHT + DAY).isoformat()}
    answer = sweep.perform(office.reliability, asked, lambda: next(left))
    assert answer == {"hours": 2, "until": (MIDNIGHT + 2 * HOUR).isoformat()}
    answer = sweep.perform(office.reliability, asked, lambda: True)
    assert answer == {"hours": 24, "until": (MIDNIGHT + DAY).isoformat()}
    assert office.counted(MIDNIGHT).critical == 1
    # How far behind the schedule is, such a run does not know.
    assert "FiguresBehind" not in told(capsys)
    assert office.store.swept_until("figures") is None
