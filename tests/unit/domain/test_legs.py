"""What is known of a leg, whatever order its marks came in."""

from datetime import datetime, timedelta
from itertools import permutations

from shared.domain.session.legs import Leg, Mark, Motion, Route, Side
from tests.unit.domain.play import START


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def joined(seconds: float, *, seen: bool = False) -> Mark:
    return Mark(at(seconds), Motion.JOIN, seen)


def left(seconds: float, *, seen: bool = False) -> Mark:
    return Mark(at(seconds), Motion.LEAVE, seen)


def stays(*marks: Mark, ended: float | None = None) -> list[tuple[float, float | None]]:
    found = set()
    for order in permutations(marks):
        leg = Leg("l", Side.CUSTOMER, "anna", Route.MAIN, "p", START, confirmed_at=START)
        for mark in order:
            leg = leg.with_mark(mark).with_mark(mark)
        found.add(
            tuple(
                ((a - START).total_seconds(), (b - START).total_seconds() if b else None)
                for a, b in leg.stays
            )
        )
    assert len(found) == 1, "the order in which they came matters"
    return list(found.pop())


def test_the_providers_moment_is_taken_where_it_is_known() -> None:
    # Never 4
    assert stays(joined(0, seen=True), joined(4), left(60), left(61, seen=True)) == [(4, 60)]


def test_our_own_moment_stands_in_for_a_callback_that_never_came() -> None:
    # S1.5
    assert stays(joined(0, seen=True), left(60, seen=True)) == [(0, 60)]


def test_a_join_much_later_is_not_the_one_we_answered() -> None:
    # S1.5: the first join and the leave by star were lost
    marks = (joined(0, seen=True), joined(600), left(600, seen=True), joined(600, seen=True))
    assert stays(*marks) == [(0, 600), (600, None)]


def test_taken_out_and_put_back_within_a_second_is_inside() -> None:
    # S1.5
    assert stays(joined(0), left(60), joined(60, seen=True)) == [(0, 60), (60, None)]


def test_come_and_gone_within_a_second_is_outside() -> None:
    # Never 4
    assert stays(joined(38), joined(38, seen=True), left(38), left(38, seen=True)) == [(38, 38)]
