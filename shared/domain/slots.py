"""An operator's time in quarters of an hour; a booking claims every one it touches (S1.2)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.domain.errors import RuleBroken

QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class NextBooking:
    """The booking whose customer an operator calls next.

    Args:
        starts_at: its booked start, whatever delay he was told of; UTC.
    """

    booking_id: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Ahead:
    """An operator's time from a running session on, as far as it was looked at.

    Args:
        free: quarters that nobody has booked, before the next booking.
        next: the first booking that waits for him.
        offered_until: the end of what he offers, where it comes before any of these; UTC.
    """

    free: tuple[datetime, ...] = ()
    next: NextBooking | None = None
    offered_until: datetime | None = None


def quarters(start: datetime, seconds: int) -> tuple[datetime, ...]:
    """The quarters that a session touches.

    Args:
        start: UTC; one arranged after a mishap begins within a quarter.
        seconds: length of the session.
    """
    first = quarter_of(start)
    count = -(-(start - first + timedelta(seconds=seconds)) // QUARTER)
    return tuple(first + n * QUARTER for n in range(count))


def quarter_of(moment: datetime) -> datetime:
    """The quarter that a moment lies in."""
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def on_a_quarter(moment: datetime, field: str) -> datetime:
    """The moment in UTC, when it is the start of a quarter of an hour.

    Raises:
        RuleBroken: it is not, or it carries no time zone.
    """
    if moment.tzinfo is None:
        raise RuleBroken("time_zone_missing", "Give the time with its zone, such as Z.", field)
    moment = moment.astimezone(UTC)
    if moment != quarter_of(moment):
        raise RuleBroken(
            "not_on_a_quarter", "Sessions start at minute 0, 15, 30 or 45 of an hour.", field
        )
    return moment
