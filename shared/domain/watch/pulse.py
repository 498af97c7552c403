"""The pulse of the house: what happens in each minute, counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shared.domain import events as e
from shared.domain.booking import Booking


class Count(StrEnum):
    """What is counted, by the minute in which it was decided or stored."""

    ORDERS = "orders"  # slots held
    STARTED = "started"  # sessions whose time has come
    JOINED = "joined"  # of them, those in which both sides talked
    DROPPED = "dropped"  # sessions whose line dropped for the first time
    FAILED = "failed"  # sessions in which somebody was not there, or nobody was rung in time
    WEBHOOKS = "webhooks"  # of the payment provider

    __hash__ = str.__hash__  # an enum's own is many times slower, and counts are looked up a lot


Counts = Mapping[Count, int]
# By minute, as a number; what is not there is zero.
Series = Mapping[int, Counts]

_EPOCH = datetime.fromtimestamp(0, UTC)
_MINUTE = timedelta(minutes=1)
_NEVER_TALKED = {
    e.EndReason.OPERATOR_ABSENT,
    e.EndReason.CUSTOMER_ABSENT,
    e.EndReason.START_MISSED,
}


def minute_of(moment: datetime) -> int:
    """The minute a moment lies in, as their number since 1970 (UTC)."""
    return (moment - _EPOCH) // _MINUTE


def begin_of(minute: int) -> datetime:
    """The moment at which a minute begins, UTC."""
    return _EPOCH + minute * _MINUTE


def pulse_of(booking: Booking, events: Iterable[e.Event]) -> Counts:
    """What one decision adds to the counts of its minute; empty for most.

    Of a session only the first drop counts: a bad line that drops ten times is one bad line.

    Args:
        booking: as it is after the decision.
        events: of the decision.
    """
    counts = Counter[Count]()
    for event in events:
        match event:
            case e.BookingHeld():
                counts[Count.ORDERS] += 1
            case e.SessionStarted():
                counts[Count.STARTED] += 1
            case e.SidesJoined():
                counts[Count.JOINED] += 1
            case e.LineDropped() if booking.live_session.drops == 1:
                counts[Count.DROPPED] += 1
            case e.SessionEnding(reason=reason) if reason in _NEVER_TALKED:
                counts[Count.FAILED] += 1
    return dict(counts)
