"""Whose turn it is to be rung."""

from datetime import UTC, datetime, timedelta

from shared.domain.session.turns import Lane, Line, Turn, standing

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NEVER = NOON + timedelta(days=1)


class Queue:
    """A line at one call a second."""

    def __init__(self) -> None:
        self.line = Line()

    def take(self, lane: Lane, seconds: float = 0, latest: datetime = NEVER) -> Turn:
        taken = self.line.take(lane, NOON + seconds * SECOND, SECOND, latest)
        assert taken is not None
        self.line, turn = taken
        return turn

    def now(self, turn: Turn) -> float:
        """Seconds after noon at which a turn stands now."""
        at = standing(turn, self.line.passed(turn.lane), SECOND).at
        return (at - NOON).total_seconds()


def test_who_comes_alone_does_not_wait() -> None:
    queue = Queue()
    assert queue.take(Lane.STARTS).at == NOON
    assert queue.take(Lane.REDIALS, 5).at == NOON + 5 * SECOND
    assert queue.take(Lane.STARTS, 6).at == NOON + 6 * SECOND


def test_starts_are_rung_one_after_the_other_in_their_order() -> None:
    queue = Queue()
    turns = [queue.take(Lane.STARTS, n / 10) for n in range(4)]
    assert [queue.now(turn) for turn in turns] == [0, 1, 2, 3]


def test_a_redial_goes_first_and_everybody_behind_it_waits_one_call_longer() -> None:
    # S1.5: a redial is due within 180 s of the drop
    queue = Queue()
    starts = [queue.take(Lane.STARTS) for _ in range(4)]
    redial = queue.take(Lane.REDIALS, 1.5)
    later = queue.take(Lane.STARTS, 2)
    assert queue.now(redial) == 1.5
    assert [queue.now(turn) for turn in (*starts[2:], later)] == [3, 4, 5]


def test_a_session_under_way_goes_before_starts_and_after_redials() -> None:
    queue = Queue()
    starts = [queue.take(Lane.STARTS) for _ in range(3)]
    awaited = queue.take(Lane.UNDER_WAY, 0.5)
    redials = [queue.take(Lane.REDIALS, 0.5) for _ in range(2)]
    second = queue.take(Lane.UNDER_WAY, 0.5)
    assert [queue.now(turn) for turn in redials] == [0.5, 1.5]
    assert [queue.now(turn) for turn in (awaited, second)] == [2.5, 3.5]
    assert [queue.now(turn) for turn in starts[1:]] == [5, 6]


def test_over_any_stretch_no_more_are_rung_than_the_provider_takes() -> None:
    queue = Queue()
    lanes = [Lane.STARTS, Lane.STARTS, Lane.REDIALS, Lane.STARTS, Lane.UNDER_WAY] * 20
    turns = [queue.take(lane, n / 50) for n, lane in enumerate(lanes)]
    ends = max(queue.now(turn) for turn in turns)
    assert len(turns) - 1 <= ends <= len(turns) + 1


def test_a_turn_that_comes_too_late_is_not_taken_and_delays_nobody() -> None:
    queue = Queue()
    for _ in range(3):
        queue.take(Lane.STARTS)
    before = queue.line
    assert queue.line.take(Lane.STARTS, NOON, SECOND, NOON + 2 * SECOND) is None
    assert queue.line == before
    assert queue.take(Lane.STARTS, latest=NOON + 3 * SECOND).at == NOON + 3 * SECOND
