"""Every second of a session is exactly one of waiting, talk, hold and gap (S1.6, Never 4).

Waiting runs until both sides are first joined. From then on a second is talk while both are joined,
hold while they are joined and the customer asked to wait, and gap otherwise. Talk and hold are
billed; waiting and gap never are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Bill:
    """The seconds of a session by category; their sum is its wall time.

    Args:
        waiting: from its start until both sides were first joined.
        talk: both joined.
        hold: both joined, the customer asked to wait; billed.
        gap: no connection after there had been one.
        bought: what was paid for; `billed` never exceeds it.
    """

    waiting: int
    talk: int
    hold: int
    gap: int
    bought: int

    @property
    def billed(self) -> int:
        """Talk and hold, never more than was bought (S1.4a)."""
        return min(self.talk + self.hold, self.bought)

    @property
    def unused(self) -> int:
        """What goes back to the balance (S1.7)."""
        return self.bought - self.billed

    @property
    def wall(self) -> int:
        """The whole length of the session."""
        return self.waiting + self.talk + self.hold + self.gap


def connected(customer: Iterable[Interval], operator: Iterable[Interval]) -> tuple[Interval, ...]:
    """The stretches in which both sides are joined, in order, disjoint."""
    return _intersection(_union(customer), _union(operator))


def bill(
    started: datetime,
    ended: datetime,
    connections: tuple[Interval, ...],
    holds: Iterable[Interval],
    bought: int,
) -> Bill:
    """Cut the wall time of a session into its categories.

    Moments are taken in whole seconds, as the provider gives them, so that the parts add up.

    Args:
        started: when the first leg was rung, UTC.
        ended: when the session ended, UTC; nothing after it counts.
        connections: as `connected` gives them.
        holds: when the customer had asked to wait.
        bought: seconds paid for.
    """
    window = (_floor(started), max(_floor(started), _floor(ended)))
    joined = _intersection(_union((_floor(a), _floor(b)) for a, b in connections), (window,))
    held = _seconds(_intersection(joined, _union((_floor(a), _floor(b)) for a, b in holds)))
    together = _seconds(joined)
    first = joined[0][0] if joined else window[1]
    return Bill(
        waiting=_seconds(((window[0], first),)),
        talk=together - held,
        hold=held,
        gap=_seconds(((first, window[1]),)) - together,
        bought=bought,
    )


def _floor(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _seconds(intervals: Iterable[Interval]) -> int:
    return int(sum(((end - start) for start, end in intervals), timedelta()).total_seconds())


def _union(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    out: list[Interval] = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return tuple(out)


def _intersection(left: tuple[Interval, ...], right: tuple[Interval, ...]) -> tuple[Interval, ...]:
    out: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            out.append((start, end))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(out)
