"""Which sessions an outage may have broken, and in which order they are gone through.

Finished sessions stand in an index by grade, hour of their first symptom and shard. A pass goes
through it in steps, hour by hour and in each the worst first; shards are independent of each other.
"""

from datetime import datetime, timedelta

from shared.domain.booking import Booking
from shared.domain.mishap.outcome import LONGEST, Grade
from shared.domain.outage.events import Extent
from shared.domain.session.legs import Side

# Over so many shards the sessions of an hour are spread: each is gone through by itself.
SHARDS = 16

_GRADES = (Grade.CRITICAL, Grade.PROBLEM)
_HOUR = timedelta(hours=1)


def steps(extent: Extent) -> int:
    """How many steps a shard has."""
    hours = (_hour(extent.until) - _first_hour(extent)) // _HOUR + 1
    return hours * len(_GRADES)


def step(extent: Extent, number: int) -> tuple[Grade, datetime]:
    """The grade and the hour, UTC, of a step; counted from 0."""
    hour, grade = divmod(number, len(_GRADES))
    return _GRADES[grade], _first_hour(extent) + hour * _HOUR


def touches(extent: Extent, since: datetime, until: datetime) -> bool:
    """Whether trouble of that time fell into an outage, if only for its first or last moment."""
    return since <= extent.until and until >= extent.since


def concerns(extent: Extent, booking: Booking) -> bool:
    """Whether one of the operators who were to serve a booking is among those of an outage."""
    if not extent.operators:
        return True
    legs = booking.session.of(Side.OPERATOR) if booking.session else ()
    served = {booking.operator_id, *(leg.party_id for leg in legs)}
    return not served.isdisjoint(extent.operators)


def _first_hour(extent: Extent) -> datetime:
    """The hour of the earliest symptom of a trouble that may last into the outage."""
    return _hour(extent.since - LONGEST)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
