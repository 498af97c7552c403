"""How reliable we are, for anybody to see: counted from the record, never asserted (S1.16)."""

from dataclasses import dataclass
from typing import Annotated, Literal, TypedDict

from functions.http import views
from functions.http.identity import WITHOUT_SIGN_IN
from functions.http.rooms import Rooms
from functions.http.routing import Call, Route
from functions.http.shapes import Digits
from shared.domain.policy import CURRENT
from shared.domain.watch.reliability import CONFIDENCE, Figure

_MOST_DAYS = 90
# They change once a day, and a little when a session was closed late.
_MAX_AGE = 900
_PLACES = 6

type Comparison = Literal["below", "at_least", "at_most"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityQuery:
    """How many days are looked at; a month where none are named."""

    days: Annotated[int | None, Digits(1, _MOST_DAYS)] = None


class PeriodView(TypedDict):
    """Whole UTC days, both named ones included; `hours_counted` are in the figures, of `hours`."""

    first_day: str
    last_day: str
    hours: int
    hours_counted: int


class CountsView(TypedDict):
    """Finished sessions; the critical ones are among those with a problem."""

    sessions: int
    with_problem: int
    critical: int


class TargetView(TypedDict):
    """What was promised: a value `below`, `at_least` or `at_most` this one."""

    value: float
    comparison: Comparison


class IntervalView(TypedDict):
    """Where the value lies at this confidence, in per cent, if sessions go wrong independently."""

    low: float
    high: float
    confidence: int
    method: Literal["wilson", "normal"]


class FigureView(TypedDict):
    """One figure; `of` is how many sessions or troubles it is taken from.

    `met` is undecided while the interval holds the target. `why` says why the value or the interval
    is null: no_sessions, no_troubles, too_few, or not_rated where support is not rated yet.
    """

    value: float | None
    interval: IntervalView | None
    target: TargetView
    met: Literal["yes", "no", "undecided"]
    of: int
    why: Literal["no_sessions", "no_troubles", "too_few", "not_rated"] | None


class FiguresView(TypedDict):
    """Shares run from 0 to 1, ratings from 1 to 5; the time to resolve is a mean, in minutes."""

    problem_share: FigureView
    critical_share: FigureView
    support_rating: FigureView
    minutes_to_resolve: FigureView


class ReliabilityView(TypedDict):
    """How sessions went, counted from the record; `counted_at` is when the last hour was."""

    period: PeriodView
    counted_at: str | None
    counts: CountsView
    figures: FiguresView


def show(rooms: Rooms, call: Call, asked: ReliabilityQuery) -> ReliabilityView:
    """The figures of the last days that have settled."""
    found = rooms.reliability().published(asked.days or CURRENT.figures_days)
    figures = found.figures
    return {
        "period": {
            "first_day": found.first.isoformat(),
            "last_day": found.last.isoformat(),
            "hours": found.hours,
            "hours_counted": found.hours_counted,
        },
        "counted_at": views.moment(found.counted_at) if found.counted_at else None,
        "counts": {
            "sessions": found.tally.sessions,
            "with_problem": found.tally.problems,
            "critical": found.tally.critical,
        },
        "figures": {
            "problem_share": _figure(figures.problem_share, "below", "wilson"),
            "critical_share": _figure(figures.critical_share, "below", "wilson"),
            "support_rating": _figure(figures.support_rating, "at_least", "normal"),
            "minutes_to_resolve": _figure(figures.minutes_to_resolve, "at_most", "normal"),
        },
    }


def _figure(
    figure: Figure, comparison: Comparison, method: Literal["wilson", "normal"]
) -> FigureView:
    interval: IntervalView | None = None
    if figure.interval is not None:
        low, high = (round(end, _PLACES) for end in figure.interval)
        interval = {"low": low, "high": high, "confidence": CONFIDENCE, "method": method}
    return {
        "value": None if figure.value is None else round(figure.value, _PLACES),
        "interval": interval,
        "target": {"value": figure.target, "comparison": comparison},
        "met": figure.met.value,
        "of": figure.of,
        "why": figure.why.value if figure.why else None,
    }


ROUTES = (
    Route(
        "GET",
        "/v1/reliability",
        "Show how reliable sessions have been",
        WITHOUT_SIGN_IN,
        ReliabilityQuery,
        show,
        ReliabilityView,
        max_age=_MAX_AGE,
    ),
)
