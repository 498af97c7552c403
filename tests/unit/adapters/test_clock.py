"""One time for all workers, whatever their machines believe."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.clock import SharedClock

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("minutes", [-5, -1, 1, 5])
def test_a_machine_that_is_minutes_wrong_is_put_right_by_the_table(minutes: int) -> None:
    # S1.5
    clock = SharedClock(lambda: NOON + timedelta(minutes=minutes))
    assert clock.now() == NOON + timedelta(minutes=minutes)
    clock.heard(NOON)
    assert clock.now() == NOON


@pytest.mark.parametrize("seconds", [-9, 0, 9])
def test_a_machine_that_is_right_to_the_second_keeps_its_own_time(seconds: int) -> None:
    # S1.4: whole seconds and slow answers are no reason to leave a clock that is finer
    clock = SharedClock(lambda: NOON)
    clock.heard(NOON + timedelta(seconds=seconds))
    assert clock.now() == NOON


def test_a_machine_that_was_mended_is_believed_again() -> None:
    # S1.5
    wrong = [timedelta(minutes=5)]
    clock = SharedClock(lambda: NOON + wrong[0])
    clock.heard(NOON)
    wrong[0] = timedelta(0)
    clock.heard(NOON)
    assert clock.now() == NOON
