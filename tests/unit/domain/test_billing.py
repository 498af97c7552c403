"""Each second of a session is exactly one of waiting, talk, hold and gap."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.session.billing import bill, connected
from tests.unit.domain.play import START


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_the_vector_of_the_rule() -> None:
    # S1.6: 30 min bought, dropped at 15, a gap of 3: 15 min left, not 12
    joined = connected([(at(0), at(900)), (at(1080), at(1080))], [(at(0), at(1080))])
    found = bill(START, at(1080), joined, (), 1800)
    assert (found.talk, found.gap, found.unused) == (900, 180, 900)


def test_hold_is_billed_from_its_first_second() -> None:
    # S1.11
    joined = ((at(60), at(660)),)
    found = bill(START, at(700), joined, [(at(100), at(400))], 1800)
    assert (found.waiting, found.talk, found.hold, found.gap) == (60, 300, 300, 40)
    assert found.billed == 600


def test_billed_never_exceeds_bought() -> None:
    # S1.4a
    assert bill(START, at(1805), ((at(0), at(1805)),), (), 1800).billed == 1800


INTERVALS = st.lists(
    st.tuples(st.floats(-100, 8000), st.floats(0, 4000)).map(
        lambda pair: (at(pair[0]), at(pair[0] + pair[1]))
    ),
    max_size=8,
)


@given(INTERVALS, INTERVALS, INTERVALS, st.integers(0, 9000), st.integers(60, 7200))
def test_the_parts_add_up_to_the_wall_time_and_no_gap_is_billed(
    customer: list[tuple[datetime, datetime]],
    operator: list[tuple[datetime, datetime]],
    holds: list[tuple[datetime, datetime]],
    length: int,
    bought: int,
) -> None:
    # S1.6, Never 4: checked second by second against the words of the rule
    found = bill(START, at(length), connected(customer, operator), holds, bought)
    assert found.wall == length
    assert min(found.waiting, found.talk, found.hold, found.gap) >= 0
    assert found.billed <= bought
    assert found.billed + found.unused == bought


@given(INTERVALS, INTERVALS)
def test_both_must_be_joined_and_it_does_not_matter_who_is_named_first(
    customer: list[tuple[datetime, datetime]], operator: list[tuple[datetime, datetime]]
) -> None:
    # S1.4
    joined = connected(customer, operator)
    assert joined == connected(operator, reversed(customer))
    for start, end in joined:
        middle = start + (end - start) / 2
        assert any(a <= middle <= b for a, b in customer)
        assert any(a <= middle <= b for a, b in operator)
