"""What a minute usually brings: the same minutes of the days before, without their extremes.

The same by the clocks of those who live there: where these are put forward or back, what opens at
seven opens an hour earlier or later in UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo

from shared.domain.policy import Policy
from shared.domain.watch.pulse import Count, Counts, Series, begin_of, minute_of

MINUTES_A_DAY = 24 * 60
QUARTER = 15
_NOTHING: Counts = {}


@dataclass(frozen=True, slots=True)
class Norm:
    """What is expected of one minute on a day like the others.

    Args:
        orders: in this minute.
        webhooks: in this minute.
        started: sessions of the quarter of an hour that begins with it; 0 where none does.
        joined_share: of the sessions that start, those joined soon.
        drop_share: of the sessions joined, those whose line drops.
    """

    orders: float
    webhooks: float
    started: float
    joined_share: float
    drop_share: float


def norm_of(minute: int, past: Series, policy: Policy, zone: tzinfo) -> Norm:
    """The norm of a minute.

    Days on which nothing was counted count as empty: who has been open for a few days has no norm
    to be judged by yet.

    Args:
        minute: as `pulse.minute_of` numbers them.
        past: counts of the `reach` of that minute on each of the days before.
        zone: by whose clocks it is the same minute.
    """
    near, wide = policy.watch_around // 60, policy.watch_shares_around // 60
    orders, webhooks, started, joined, dropped = [], [], [], [], []
    for day in range(1, policy.watch_days + 1):
        then = _then(minute, day, zone)
        nearly = totals(past, range(then - near, then + near))
        orders.append(nearly[Count.ORDERS] / (2 * near))
        webhooks.append(nearly[Count.WEBHOOKS] / (2 * near))
        if minute % QUARTER == 0:
            started.append(float(totals(past, starts(then, policy))[Count.STARTED]))
        widely = totals(past, range(then - wide, then + wide))
        if widely[Count.STARTED]:
            joined.append(min(1.0, widely[Count.JOINED] / widely[Count.STARTED]))
        if widely[Count.JOINED]:
            dropped.append(min(1.0, widely[Count.DROPPED] / widely[Count.JOINED]))
    return Norm(
        orders=_middle(orders),
        webhooks=_middle(webhooks),
        started=_middle(started),
        joined_share=_middle(joined),
        drop_share=max(policy.watch_drop_least, _middle(dropped)),
    )


def reach(minutes: range, day: int, policy: Policy, zone: tzinfo) -> range:
    """The minutes of the n-th day before that the norms of some minutes are made from."""
    then, wide = [_then(minute, day, zone) for minute in minutes], policy.watch_shares_around // 60
    return range(min(then) - wide, max(then) + wide)


def _then(minute: int, day: int, zone: tzinfo) -> int:
    """The minute at which the clocks showed the same on the n-th day before."""
    return minute_of(begin_of(minute).astimezone(zone) - timedelta(days=day))


def starts(quarter: int, policy: Policy) -> range:
    """The minutes in which sessions of a quarter of an hour start."""
    return range(quarter, quarter + policy.watch_start_within // 60)


def totals(series: Series, minutes: range) -> Counts:
    """How often each thing happened in a stretch of minutes."""
    sums = dict.fromkeys(Count, 0)
    for minute in minutes:
        for count, n in series.get(minute, _NOTHING).items():
            sums[count] += n
    return sums


def _middle(values: Sequence[float]) -> float:
    """The mean of the middle half (docs.scipy.org: trim_mean), which a few odd days cannot move."""
    if not values:
        return 0.0
    ordered, cut = sorted(values), len(values) // 4
    kept = ordered[cut : len(ordered) - cut]
    return sum(kept) / len(kept)
