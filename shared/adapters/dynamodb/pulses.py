"""The counts of each minute, and how far the watch has come.

A day is one partition, so that a stretch of a day is one query. All who write at a time write to
one item: the relay adds once per batch and minute, some seventy times a second at worst at a
million bookings a day, and a partition takes a thousand (docs.aws.amazon.com: burst and adaptive
capacity).
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from shared.adapters.dynamodb.binding import bound
from shared.adapters.dynamodb.heads import Row
from shared.adapters.dynamodb.tables import moment, stamp
from shared.application.pulses import Watched
from shared.domain.watch.detection import Signal, Span
from shared.domain.watch.norms import MINUTES_A_DAY
from shared.domain.watch.pulse import Count, Counts, Series, begin_of, minute_of

_KEPT = timedelta(days=30)
_WATCH = ("SWEEP#watch", "WATCH")


class PulseRow(Row):
    """PULSE#<date> / <hour>:<minute>: what was counted in a minute."""

    orders = NumberAttribute(null=True)
    started = NumberAttribute(null=True)
    joined = NumberAttribute(null=True)
    dropped = NumberAttribute(null=True)
    failed = NumberAttribute(null=True)
    webhooks = NumberAttribute(null=True)
    expires_at = NumberAttribute()


class WatchRow(Row):
    """SWEEP#watch / WATCH: how far the watch has come.

    Args:
        known: JSON {signal: [beginning, end or null]}.
    """

    until = UnicodeAttribute()
    known = UnicodeAttribute()


class DynamoPulses:
    """`shared.application.pulses.Pulses` in the table.

    Args:
        table: its name.
        now: real time in epoch seconds, by which items expire.
    """

    def __init__(self, table: str, now: Callable[[], float]) -> None:
        self._row = bound(table, PulseRow)
        self._watch = bound(table, WatchRow)
        self._now = now

    def add_pulse(self, minute: int, counts: Counts) -> None:
        """Add to what was counted in a minute; repeating it adds again."""
        row = self._row
        gone_at = int(self._now() + _KEPT.total_seconds())
        added = [getattr(row, count.value).add(n) for count, n in counts.items()]
        row(*_key(minute)).update(actions=[*added, row.expires_at.set(gone_at)])

    def pulses(self, minutes: range) -> Series:
        """What was counted in a stretch of minutes; where nothing was, the minute is missing."""
        row, found = self._row, dict[int, Counts]()
        for first, last in _days(minutes):
            (date, start), (_, end) = _key(first), _key(last)
            for each in row.query(date, row.sk.between(start, end)):
                values = ((count, getattr(each, count.value)) for count in Count)
                found[_minute(each)] = {count: int(n) for count, n in values if n is not None}
        return found

    def watched(self) -> Watched | None:
        """How far the watch has come; None where it never ran."""
        try:
            row = self._watch.get(*_WATCH, consistent_read=True)
        except self._watch.DoesNotExist:
            return None
        known = {
            Signal(name): Span(moment(since), moment(until) if until else None)
            for name, (since, until) in json.loads(row.known).items()
        }
        return Watched(minute_of(moment(row.until)), known)

    def note_watched(self, watched: Watched) -> None:
        """Remember how far the watch has come."""
        known = {
            signal.value: (stamp(span.since), stamp(span.until) if span.until else None)
            for signal, span in watched.known.items()
        }
        until = stamp(begin_of(watched.end))
        self._watch(*_WATCH, until=until, known=json.dumps(known)).save()


def _key(minute: int) -> tuple[str, str]:
    begin = begin_of(minute)
    return f"PULSE#{begin:%Y-%m-%d}", f"{begin:%H:%M}"


def _minute(row: PulseRow) -> int:
    return minute_of(datetime.fromisoformat(f"{row.pk.removeprefix('PULSE#')}T{row.sk}Z"))


def _days(minutes: range) -> Iterator[tuple[int, int]]:
    """The first and the last minute of a stretch on each of its days."""
    first = minutes.start
    while first < minutes.stop:
        midnight = (first // MINUTES_A_DAY + 1) * MINUTES_A_DAY
        yield first, min(midnight, minutes.stop) - 1
        first = midnight
