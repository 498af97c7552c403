"""Reliability figures from what was counted, each with its interval and what was promised (S1.16).

Shares get Wilson's score interval, which holds where next to nothing goes wrong; the mean gets the
normal approximation of its own, and none where there is too little to go by. Both take sessions
for independent of each other.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.mishap.outcome import Grade
from shared.domain.policy import Policy

CONFIDENCE = 95  # per cent
# The normal distribution's quantile at 97.5 %; the statistics module takes long to be imported.
_Z = 1.959963984540054
# Lengths of troubles lie far from a bell curve. Where they are exponential, the approximation holds
# the truth in 91 of a hundred cases with 30 of them, and in 94 with so many.
_FEWEST_TROUBLES = 100
_SECOND = timedelta(seconds=1)
_PER_UNIT = 10_000  # shares of the policy are in basis points
_RATED_IN = 100  # ratings of the policy are in hundredths


class Met(StrEnum):
    """Whether a promise was kept; open while the interval holds what is promised."""

    YES = "yes"
    NO = "no"
    UNDECIDED = "undecided"


class Unmeasured(StrEnum):
    """Why a figure, or its interval, is not there."""

    NO_SESSIONS = "no_sessions"
    NO_TROUBLES = "no_troubles"
    TOO_FEW = "too_few"
    NOT_RATED = "not_rated"


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of finished sessions.

    Args:
        problems: sessions with any problem, the critical ones among them.
        seconds: from first symptom to resolved, of all problems together.
        squares: the squares of those seconds, summed.
    """

    sessions: int = 0
    problems: int = 0
    critical: int = 0
    seconds: int = 0
    squares: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.sessions + other.sessions,
            self.problems + other.problems,
            self.critical + other.critical,
            self.seconds + other.seconds,
            self.squares + other.squares,
        )


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Args:
        value: None where there is nothing to measure.
        interval: its ends, at CONFIDENCE; None where there is too little to go by.
        target: what was promised.
        met: whether it was kept.
        of: how many it is a figure of: sessions, or troubles.
        why: why the value or the interval is missing.
    """

    value: float | None
    interval: tuple[float, float] | None
    target: float
    met: Met
    of: int
    why: Unmeasured | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is published.

    Args:
        problem_share: of the sessions, from 0 to 1; promised is less.
        critical_share: likewise.
        support_rating: from 1 to 5; promised is as much or more.
        minutes_to_resolve: the mean; promised is as much or less.
    """

    problem_share: Figure
    critical_share: Figure
    support_rating: Figure
    minutes_to_resolve: Figure


def counted(grade: Grade, since: datetime, until: datetime) -> Tally:
    """One finished session.

    Args:
        since: the first symptom, UTC.
        until: when it was resolved, UTC; a second that has begun counts.
    """
    if grade is Grade.FINE:
        return Tally(sessions=1)
    seconds = -((since - until) // _SECOND)
    return Tally(1, 1, int(grade is Grade.CRITICAL), seconds, seconds**2)


def figures(tally: Tally, policy: Policy) -> Figures:
    """What a period comes to."""
    return Figures(
        _share(tally.problems, tally.sessions, policy.problem_share_below / _PER_UNIT),
        _share(tally.critical, tally.sessions, policy.critical_share_below / _PER_UNIT),
        _support_rating(policy),
        _minutes_to_resolve(tally, policy),
    )


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The score interval of a share, at CONFIDENCE.

    Wilson, "Probable inference, the law of succession, and statistical inference" (1927).

    Args:
        of: at least 1.
    """
    square = _Z**2
    middle = (hits + square / 2) / (of + square)
    half = _Z / (of + square) * math.sqrt(hits * (of - hits) / of + square / 4)
    # At the ends the formula gives 0 and 1, and arithmetic nearly so.
    low = middle - half if hits else 0.0
    return low, middle + half if hits < of else 1.0


def _share(hits: int, of: int, target: float) -> Figure:
    if not of:
        return Figure(None, None, target, Met.UNDECIDED, 0, Unmeasured.NO_SESSIONS)
    interval = wilson(hits, of)
    return Figure(hits / of, interval, target, _met(interval, lambda end: end < target), of)


def _support_rating(policy: Policy) -> Figure:
    """There is no rating on record yet (S3.7)."""
    target = policy.support_rating_least / _RATED_IN
    return Figure(None, None, target, Met.UNDECIDED, 0, Unmeasured.NOT_RATED)


def _minutes_to_resolve(tally: Tally, policy: Policy) -> Figure:
    target, troubles = policy.resolved_within / 60, tally.problems
    if not troubles:
        return Figure(None, None, target, Met.UNDECIDED, 0, Unmeasured.NO_TROUBLES)
    mean = tally.seconds / troubles
    if troubles < _FEWEST_TROUBLES:
        return Figure(mean / 60, None, target, Met.UNDECIDED, troubles, Unmeasured.TOO_FEW)
    # Whole numbers up to the division, so that nothing is lost between two large ones.
    spread = troubles * tally.squares - tally.seconds**2
    half = _Z * math.sqrt(spread / (troubles**2 * (troubles - 1)))
    interval = max(0.0, mean - half) / 60, (mean + half) / 60
    met = _met(interval, lambda end: end <= target)
    return Figure(mean / 60, interval, target, met, troubles)


def _met(interval: tuple[float, float], good: Callable[[float], bool]) -> Met:
    low, high = (good(end) for end in interval)
    if low is not high:
        return Met.UNDECIDED
    return Met.YES if high else Met.NO
