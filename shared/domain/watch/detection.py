"""Finding outages in the pulse of the house: what is so unlike other days that it is no chance.

Each signal is a CUSUM (E. S. Page, Continuous Inspection Schemes, Biometrika 1954): minute by
minute we add how much likelier the count is in an outage than on a usual day, as a logarithm, and
begin anew whenever the sum falls to zero. What has happened since the last zero is the outage, and
its sum says how sure that is; the same sum upside down tells its end. Where little is expected
little is added, so that a night or a small shop gives no verdict.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple

from shared.domain.policy import Policy
from shared.domain.watch.norms import QUARTER, Norm, starts, totals
from shared.domain.watch.pulse import Count, Series, begin_of, minute_of


class Signal(StrEnum):
    """By what an outage shows."""

    DROP_RATE = "drop_rate"
    ORDERS_SILENT = "orders_silent"
    WEBHOOKS_SILENT = "webhooks_silent"
    STARTS_FAILING = "starts_failing"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What looks like an outage; signal and since name it, whatever else becomes known.

    Args:
        since: the beginning of its first minute, UTC.
        until: the beginning of the first minute after it, UTC; None while it goes on.
        evidence: the numbers it rests on.
    """

    signal: Signal
    since: datetime
    until: datetime | None
    evidence: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Span:
    """When an outage was; without an end it still is."""

    since: datetime
    until: datetime | None


class _Step(NamedTuple):
    """One minute, or one quarter of an hour, in the eyes of one signal.

    Args:
        weight: logarithm of how much likelier what was seen is in an outage than on a usual day.
    """

    minute: int
    seen: int
    expected: float
    weight: float


def detect(
    counts: Series,
    norms: Mapping[int, Norm],
    end: int,
    known: Mapping[Signal, Span],
    policy: Policy,
) -> Sequence[Proposal]:
    """What is out of order, and what of the known was until lately.

    Args:
        counts: of the minutes of `looked_at`.
        norms: of the minutes of `looked_at`.
        end: the first minute that is not to be judged yet.
        known: the last outage of each signal that was found before.

    Returns:
        The known ones that had not ended, as they are now, and new ones.
    """
    found: list[Proposal] = []
    for signal, steps in _Sight(counts, norms, end, policy).signals():
        last = known.get(signal)
        proposal: Proposal | None
        if last is None:
            proposal = _begun(signal, steps, policy)
        elif last.until is None:
            proposal = _now(signal, steps, last.since, policy)
        else:
            proposal = _begun(signal, _since(steps, minute_of(last.until)), policy)
        if proposal is not None:
            found.append(proposal)
    return found


def looked_at(end: int, policy: Policy) -> range:
    """The minutes whose counts and norms a verdict at that minute needs."""
    back = policy.watch_lookback + policy.watch_level_gap + policy.watch_level_window
    return range(end - back // 60, end)


def _begun(signal: Signal, steps: Sequence[_Step], policy: Policy) -> Proposal | None:
    since, weight = _run(steps, 1)
    if since is None or weight < policy.watch_alarm:
        return None
    return Proposal(signal, begin_of(since), None, _evidence(steps, since, None))


def _now(signal: Signal, steps: Sequence[_Step], since: datetime, policy: Policy) -> Proposal:
    """A known outage as it stands."""
    first = minute_of(since)
    own = _since(steps, first)
    signs = [step.minute for step in own if step.weight > 0]
    ended, weight = _run(own, -1)
    until = ended if weight >= policy.watch_clear else None
    if until is None and steps:
        length = steps[1].minute - steps[0].minute if len(steps) > 1 else 1
        last = max(signs, default=max(first, steps[0].minute) - length)
        if (steps[-1].minute - last) * 60 >= policy.watch_quiet:
            until = last + length
    evidence = _evidence(steps, first, until)
    # An outage has at least the minute it began with.
    end = None if until is None else begin_of(max(until, first + 1))
    return Proposal(signal, since, end, evidence)


def _since(steps: Sequence[_Step], minute: int) -> Sequence[_Step]:
    return [step for step in steps if step.minute >= minute]


def _run(steps: Sequence[_Step], sign: int) -> tuple[int | None, float]:
    """Where the sum last left zero, and what it has come to."""
    since, weight = None, 0.0
    for step in steps:
        weight += sign * step.weight
        if weight <= 0:
            since, weight = None, 0.0
        elif since is None:
            since = step.minute
    return since, weight


def _evidence(steps: Sequence[_Step], since: int, until: int | None) -> Mapping[str, str]:
    own = [s for s in _since(steps, since) if until is None or s.minute < until]
    return {
        "seen": str(sum(step.seen for step in own)),
        "expected": f"{sum(step.expected for step in own):.1f}",
        # Of a long outage the lookback holds the latest part only.
        "counted_from": begin_of(own[0].minute if own else since).isoformat(),
    }


class _Sight:
    """The lookback in the eyes of every signal."""

    def __init__(self, counts: Series, norms: Mapping[int, Norm], end: int, policy: Policy) -> None:
        self._counts = counts
        self._norms = norms
        self._policy = policy
        self._minutes = range(end - policy.watch_lookback // 60, end)
        self._all = looked_at(end, policy)
        self._seen = {count: self._sums(count) for count in Count}
        usual = [norms[minute] for minute in self._all]
        self._usual_orders = [0.0, *accumulate(norm.orders for norm in usual)]
        self._usual_webhooks = [0.0, *accumulate(norm.webhooks for norm in usual)]
        self._usual_starts = [0.0, *accumulate(norm.started for norm in usual)]

    def signals(self) -> Iterator[tuple[Signal, Sequence[_Step]]]:
        """Each signal with its steps, oldest first."""
        yield Signal.DROP_RATE, [self._drops(minute) for minute in self._minutes]
        yield Signal.ORDERS_SILENT, [self._orders(minute) for minute in self._minutes]
        yield Signal.WEBHOOKS_SILENT, [self._webhooks(minute) for minute in self._minutes]
        done = self._minutes.stop - self._policy.watch_join_within // 60
        yield (
            Signal.STARTS_FAILING,
            [self._starts(m) for m in self._minutes if m % QUARTER == 0 and m <= done],
        )

    def _orders(self, minute: int) -> _Step:
        busy = self._level(Count.ORDERS, self._usual_orders, minute)
        return self._silence(Count.ORDERS, minute, busy * self._norms[minute].orders)

    def _webhooks(self, minute: int) -> _Step:
        """Webhooks that orders should have brought: where nobody orders none are missed."""
        norm = self._norms[minute]
        busy = self._level(Count.WEBHOOKS, self._usual_webhooks, minute)
        orders = self._rate(Count.ORDERS, minute, self._policy.watch_flow_window)
        each = norm.webhooks / norm.orders if norm.orders else 0.0
        return self._silence(Count.WEBHOOKS, minute, min(busy * norm.webhooks, each * orders))

    def _drops(self, minute: int) -> _Step:
        """Drops, by how many sessions were joined lately."""
        policy = self._policy
        joined = self._rate(Count.JOINED, minute, policy.watch_level_window)
        expected = self._norms[minute].drop_share * joined
        seen = self._between(Count.DROPPED, minute, minute + 1)
        return _step(minute, seen, expected, policy.watch_drop_factor)

    def _starts(self, quarter: int) -> _Step:
        """Sessions that did not start, or started and were not joined: whichever is likelier."""
        policy, norm = self._policy, self._norms[quarter]
        busy = self._level(Count.STARTED, self._usual_starts, quarter)
        begun = totals(self._counts, starts(quarter, policy))[Count.STARTED]
        due = busy * norm.started
        joined = range(quarter, quarter + policy.watch_join_within // 60)
        seen = totals(self._counts, joined)[Count.JOINED]
        stuck = _step(quarter, begun, due, policy.watch_silent_share)
        unheard = _step(quarter, seen, norm.joined_share * begun, policy.watch_join_share)
        expected = norm.joined_share * max(begun, due)
        return _Step(quarter, seen, expected, max(stuck.weight, unheard.weight))

    def _silence(self, count: Count, minute: int, expected: float) -> _Step:
        seen = self._between(count, minute, minute + 1)
        return _step(minute, seen, expected, self._policy.watch_silent_share)

    def _level(self, count: Count, usual: Sequence[float], minute: int) -> float:
        """How busy today surely is against other days, seen before a new outage could show in it.

        Not all of it is relied on: what a campaign brings may have ended, and a holiday begun.
        """
        policy = self._policy
        end = minute - policy.watch_level_gap // 60
        first = end - policy.watch_level_window // 60
        seen, pull = self._between(count, first, end), policy.watch_level_pull
        expected = usual[end - self._all.start] - usual[first - self._all.start]
        return min(policy.watch_level_most, (seen + pull) / (expected + pull))

    def _rate(self, count: Count, minute: int, seconds: int) -> float:
        """Per minute, in so many seconds up to the end of a minute."""
        length = seconds // 60
        return self._between(count, minute + 1 - length, minute + 1) / length

    def _between(self, count: Count, first: int, end: int) -> int:
        sums, start = self._seen[count], self._all.start
        return sums[end - start] - sums[first - start]

    def _sums(self, count: Count) -> Sequence[int]:
        there = (self._counts.get(minute) for minute in self._all)
        return [0, *accumulate(each.get(count, 0) if each else 0 for each in there)]


def _step(minute: int, seen: int, expected: float, factor: float) -> _Step:
    """A count that is Poisson distributed, in an outage with a factor of the usual mean."""
    return _Step(minute, seen, expected, seen * math.log(factor) + (1 - factor) * expected)
