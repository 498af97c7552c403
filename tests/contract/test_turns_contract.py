"""The lines of calls, in memory and over DynamoDB: every turn is given once, and none too many."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from shared.adapters.dynamodb.turns import DynamoTurns
from shared.application.pace import Turns
from shared.application.store import Busy
from shared.domain.session.turns import Lane, Line, Turn
from tests.contract.store_subjects import aws_environment, make_table
from tests.fakes.memory_turns import MemoryTurns

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NEVER = NOON + timedelta(days=1)


@pytest.fixture
def ministack_turns(local_aws: str) -> Iterator[DynamoTurns]:
    with aws_environment(local_aws):
        yield DynamoTurns(make_table())


@pytest.fixture
def moto_turns() -> Iterator[DynamoTurns]:
    with aws_environment(None), mock_aws():
        yield DynamoTurns(make_table())


@pytest.fixture(
    params=[
        "memory",
        "moto",
        pytest.param("ministack", marks=pytest.mark.xdist_group("ministack")),
    ]
)
def turns(request: pytest.FixtureRequest) -> Turns:
    if request.param == "memory":
        return MemoryTurns()
    found: Turns = request.getfixturevalue(f"{request.param}_turns")
    return found


def test_turns_of_a_lane_follow_each_other(turns: Turns) -> None:
    taken = [turns.take_turn(0, Lane.STARTS, NOON, SECOND, NEVER) for _ in range(3)]
    assert taken == [Turn(NOON + n * SECOND, Lane.STARTS, 0) for n in range(3)]
    later = turns.take_turn(0, Lane.STARTS, NOON + 60 * SECOND, SECOND, NEVER)
    assert later == Turn(NOON + 60 * SECOND, Lane.STARTS, 0)


def test_a_redial_goes_first_and_those_behind_see_that_it_passed(turns: Turns) -> None:
    # S1.5
    for _ in range(5):
        turns.take_turn(0, Lane.STARTS, NOON, SECOND, NEVER)
    assert turns.turns_passed(0, Lane.STARTS) == 0
    redial = turns.take_turn(0, Lane.REDIALS, NOON + SECOND / 2, SECOND, NEVER)
    assert redial == Turn(NOON + SECOND / 2, Lane.REDIALS, 0)
    assert turns.turns_passed(0, Lane.STARTS) == 1
    assert turns.turns_passed(0, Lane.REDIALS) == 0
    behind = turns.take_turn(0, Lane.STARTS, NOON + SECOND, SECOND, NEVER)
    assert behind == Turn(NOON + 6 * SECOND, Lane.STARTS, 1)


def test_a_turn_that_comes_too_late_is_not_taken(turns: Turns) -> None:
    soon = NOON + 2 * SECOND
    taken = [turns.take_turn(0, Lane.STARTS, NOON, SECOND, soon) for _ in range(5)]
    assert [turn is None for turn in taken] == [False, False, False, True, True]
    assert turns.take_turn(0, Lane.STARTS, NOON, SECOND, NEVER) == Turn(
        NOON + 3 * SECOND, Lane.STARTS, 0
    )


def test_lines_do_not_delay_each_other(turns: Turns) -> None:
    first = [turns.take_turn(line, Lane.STARTS, NOON, SECOND, NEVER) for line in range(3)]
    assert first == [Turn(NOON, Lane.STARTS, 0)] * 3


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.tuples(st.sampled_from(Lane), st.integers(0, 3000), st.integers(0, 6)), max_size=12)
)
def test_stored_lines_are_those_of_the_domain(
    moto_turns: DynamoTurns, asked: list[tuple[Lane, int, int]]
) -> None:
    moto_turns = DynamoTurns(make_table())
    line, now = Line(), NOON
    for lane, pause, patience in asked:
        now += timedelta(milliseconds=pause)
        latest = now + patience * SECOND
        expected = line.take(lane, now, SECOND, latest)
        got = moto_turns.take_turn(0, lane, now, SECOND, latest)
        assert got == (expected[1] if expected else None)
        line = expected[0] if expected else line
        assert moto_turns.turns_passed(0, lane) == line.passed(lane)


@pytest.mark.xdist_group("ministack")
def test_of_many_who_come_at_once_each_gets_a_turn_of_his_own(local_aws: str) -> None:
    with aws_environment(local_aws):
        table = make_table()
        # A process each, as far as what they have seen of the line goes.
        askers = [DynamoTurns(table) for _ in range(8)]
    start = Barrier(len(askers))

    def ask(asker: DynamoTurns) -> list[Turn]:
        start.wait()
        taken: list[Turn] = []
        while len(taken) < 6:
            try:
                turn = asker.take_turn(0, Lane.STARTS, NOON, SECOND, NEVER)
            except Busy:
                continue
            assert turn is not None
            taken.append(turn)
        return taken

    with aws_environment(local_aws), ThreadPoolExecutor(len(askers)) as pool:
        moments = sorted(turn.at for taken in pool.map(ask, askers) for turn in taken)
    assert moments == [NOON + n * SECOND for n in range(48)]
