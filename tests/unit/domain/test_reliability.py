"""Figures from what was counted: values, intervals, and whether a promise was kept (S1.16)."""

import math
import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from statistics import NormalDist, mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.mishap.outcome import Grade
from shared.domain.policy import CURRENT
from shared.domain.watch import reliability
from shared.domain.watch.reliability import (
    Figure,
    Met,
    Tally,
    Unmeasured,
    counted,
    figures,
    wilson,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Z = NormalDist().inv_cdf(0.975)


def troubles(*minutes: float, fine: int = 0) -> Tally:
    each = (counted(Grade.PROBLEM, NOON, NOON + timedelta(minutes=one)) for one in minutes)
    return sum(each, Tally(sessions=fine))


# --- shares ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I,
        # method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_interval_of_a_share_is_the_published_one(
    hits: int, of: int, low: float, high: float
) -> None:  # S1.16
    assert wilson(hits, of) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10**7).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_ends_of_the_interval_are_shares_that_the_count_lies_just_within_reach_of(
    sample: tuple[int, int],
) -> None:
    # S1.16: both solve (p^ - p)^2 = z^2 p (1 - p) / n, which is how Wilson defined them
    hits, of = sample
    low, high = wilson(hits, of)
    assert 0 <= low <= hits / of <= high <= 1
    for end in (low, high):
        exact = Fraction(end)
        distance = (Fraction(hits, of) - exact) ** 2 * of
        reach = Fraction(Z) ** 2 * exact * (1 - exact)
        assert float(distance) == pytest.approx(float(reach), rel=1e-6, abs=1e-9)


def test_quantile_is_the_normal_distribution_s() -> None:
    assert pytest.approx(Z, rel=1e-15) == reliability._Z


@pytest.mark.parametrize(
    ("share", "of"), [(0.02, 3_000), (0.001, 100_000), (0.01, 1_000), (0.3, 50)]
)
def test_interval_of_a_share_holds_the_truth_as_often_as_it_says(share: float, of: int) -> None:
    # S1.16
    chance = random.Random(f"{share} {of}")
    runs = 4_000
    held = 0
    for _ in range(runs):
        low, high = wilson(chance.binomialvariate(of, share), of)
        held += low <= share <= high
    assert 0.93 <= held / runs <= 0.97


def test_problems_have_critical_ones_among_them() -> None:  # S1.16
    tally = (
        Tally(sessions=997)
        + counted(Grade.PROBLEM, NOON, NOON + timedelta(seconds=90))
        + counted(Grade.CRITICAL, NOON, NOON + timedelta(seconds=600))
        + counted(Grade.FINE, NOON, NOON)
    )
    assert tally == Tally(1000, 2, 1, 690, 90**2 + 600**2)
    found = figures(tally, CURRENT)
    assert (found.problem_share.value, found.critical_share.value) == (0.002, 0.001)
    assert (found.problem_share.of, found.critical_share.of) == (1000, 1000)


@pytest.mark.parametrize(
    ("problems", "of", "met"),
    [
        (0, 100, Met.UNDECIDED),  # none at all, and too few sessions to say so
        (0, 1_000, Met.YES),
        (100, 10_000, Met.YES),
        (199, 10_000, Met.UNDECIDED),
        (201, 10_000, Met.UNDECIDED),
        (300, 10_000, Met.NO),
        (1, 1, Met.NO),
    ],
)
def test_a_promise_is_open_while_the_interval_holds_it(problems: int, of: int, met: Met) -> None:
    # S1.16: less than 2 %
    share = figures(Tally(of, problems), CURRENT).problem_share
    assert (share.target, share.met) == (0.02, met)


def test_critical_sessions_are_held_to_one_in_a_thousand() -> None:  # S1.16
    assert figures(Tally(100_000, 500, 50), CURRENT).critical_share.met is Met.YES
    critical = figures(Tally(100_000, 500, 200), CURRENT).critical_share
    assert (critical.target, critical.met) == (0.001, Met.NO)


def test_without_sessions_there_is_nothing_to_say() -> None:  # S1.16
    found = figures(Tally(), CURRENT)
    for share in (found.problem_share, found.critical_share):
        assert (share.value, share.interval, share.met) == (None, None, Met.UNDECIDED)
        assert share.why is Unmeasured.NO_SESSIONS


# --- the rating -----------------------------------------------------------------------------------


def test_support_that_nobody_rated_is_not_measured() -> None:  # S1.16, S3.7
    rating = figures(Tally(1000, 1, 1, 60, 3600), CURRENT).support_rating
    assert rating == Figure(None, None, 4.8, Met.UNDECIDED, 0, Unmeasured.NOT_RATED)


# --- the time to resolve --------------------------------------------------------------------------


def test_mean_and_interval_are_those_of_the_single_times() -> None:  # S1.16
    chance = random.Random(16)
    minutes = [chance.randrange(1, 1200) / 60 for _ in range(200)]
    found = figures(troubles(*minutes, fine=5_000), CURRENT).minutes_to_resolve
    half = Z * stdev(minutes) / math.sqrt(len(minutes))
    assert found.value == pytest.approx(mean(minutes))
    assert found.interval == pytest.approx((mean(minutes) - half, mean(minutes) + half))
    assert (found.of, found.target, found.met) == (200, 15, Met.YES)


@pytest.mark.parametrize("troubled", [100, 300])
def test_interval_of_the_mean_holds_the_truth_as_often_as_it_says(troubled: int) -> None:
    # S1.16: troubles of no fixed length, as lopsided as waiting times are; the fewest there may be
    chance = random.Random(troubled)
    runs, held = 4_000, 0
    for _ in range(runs):
        seconds = [chance.expovariate(1 / 600) for _ in range(troubled)]
        whole = [math.ceil(one) for one in seconds]
        tally = Tally(troubled, troubled, 0, sum(whole), sum(one**2 for one in whole))
        interval = figures(tally, CURRENT).minutes_to_resolve.interval
        assert interval is not None
        # A second that has begun counts, which is half a second more on average.
        held += interval[0] <= 600.5 / 60 <= interval[1]
    assert 0.93 <= held / runs <= 0.97


@pytest.mark.parametrize(
    ("minutes", "met"),
    [
        ([10, 12] * 50, Met.YES),
        ([15] * 100, Met.YES),  # as much as was promised
        ([10, 20] * 50, Met.UNDECIDED),
        ([16, 18] * 50, Met.NO),
    ],
)
def test_troubles_are_resolved_within_a_quarter_of_an_hour_on_average(
    minutes: list[float], met: Met
) -> None:  # S1.16
    assert figures(troubles(*minutes), CURRENT).minutes_to_resolve.met is met


def test_of_few_troubles_there_is_a_mean_and_no_interval() -> None:  # S1.16
    few = figures(troubles(*[4.0] * 99), CURRENT).minutes_to_resolve
    assert (few.value, few.interval, few.met) == (4.0, None, Met.UNDECIDED)
    assert (few.of, few.why) == (99, Unmeasured.TOO_FEW)
    enough = figures(troubles(*[4.0] * 100), CURRENT).minutes_to_resolve
    assert (enough.interval, enough.why) == ((4.0, 4.0), None)
    none = figures(Tally(sessions=10), CURRENT).minutes_to_resolve
    assert (none.value, none.why) == (None, Unmeasured.NO_TROUBLES)


def test_a_time_to_resolve_is_never_said_to_be_negative() -> None:  # S1.16
    found = figures(troubles(*[0.0] * 99, 180.0), CURRENT).minutes_to_resolve
    assert found.interval is not None
    assert found.interval[0] == 0.0


def test_a_second_that_has_begun_counts() -> None:  # S1.16
    for micros, seconds in ((0, 0), (1, 1), (1_000_000, 1), (1_000_001, 2)):
        until = NOON + timedelta(microseconds=micros)
        assert counted(Grade.PROBLEM, NOON, until) == Tally(1, 1, 0, seconds, seconds**2)


@given(st.lists(st.integers(0, 10_800), min_size=30, max_size=60))
def test_in_which_order_and_parts_it_is_counted_makes_no_difference(seconds: list[int]) -> None:
    # S1.16
    minutes = [one / 60 for one in seconds]
    whole = troubles(*minutes)
    parts = troubles(*minutes[20:]) + troubles(*minutes[:20])
    assert parts == whole
    assert whole.seconds == sum(seconds)
