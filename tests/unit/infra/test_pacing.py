"""How fast the local stack's business time may run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from infra.local.pacing import CAREFUL, NEAR, REAL, Sight, pace

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
QUIET = Sight(NOW, due=None, delayed=False, event=None, delicate=False, swept=NOW, until=None)
LOOK = 0.5


def test_a_quiet_stretch_runs_at_the_fastest_pace() -> None:
    assert pace(QUIET, 60, LOOK) == (60, "quiet")


def test_seconds_that_count_run_at_five_times_at_most() -> None:
    for sight in (
        replace(QUIET, delicate=True),
        replace(QUIET, delayed=True),
        replace(QUIET, due=NOW + NEAR - timedelta(seconds=1)),
        replace(QUIET, due=NOW - timedelta(hours=1)),
        replace(QUIET, event=NOW + timedelta(seconds=3)),
        replace(QUIET, swept=NOW - timedelta(minutes=2)),
    ):
        assert pace(sight, 60, LOOK)[0] == CAREFUL


def test_a_pace_asked_for_is_never_exceeded() -> None:
    assert pace(replace(QUIET, delicate=True), 2, LOOK)[0] == 2


def test_at_the_moment_asked_for_time_is_real_again() -> None:
    assert pace(replace(QUIET, until=NOW), 60, LOOK) == (REAL, "arrived")


@given(ahead=st.floats(min_value=0, max_value=100_000))
def test_hurrying_never_takes_the_last_stretch_before_a_timer(ahead: float) -> None:
    due = NOW + NEAR + timedelta(seconds=ahead)
    factor, _ = pace(replace(QUIET, due=due), 60, LOOK)
    assert factor == CAREFUL or NOW + timedelta(seconds=factor * LOOK) <= due - NEAR


@given(ahead=st.floats(min_value=0.001, max_value=100_000))
def test_running_to_a_moment_does_not_run_past_it(ahead: float) -> None:
    factor, _ = pace(replace(QUIET, until=NOW + timedelta(seconds=ahead)), 60, LOOK)
    assert factor == REAL or factor * LOOK <= ahead + 1e-6
