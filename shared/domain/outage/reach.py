"""Which sessions an outage may have broken, and in which order they are gone through.

Finished sessions stand in an index by grade, hour of their first symptom and shard. A pass goes
through it in steps, hour by hour and in each the worst first; shards are independent of each other.
"""

from datetime import datetime, timedelta

from shared.domain.booking import Booking
from shared.domain.legs import Side
from shared.domain.outage.events import Extent
from shared.domain.outcome import LONGEST, Grade, outcome

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


def broke(extent: Extent, booking: Booking) -> bool:
    """Whether a session is one that the outage broke (S1.13)."""
    found = outcome(booking)
    if found is None or found.grade is Grade.FINE or booking.session is None:
        return False
    served = {booking.operator_id, *(leg.party_id for leg in booking.session.of(Side.OPERATOR))}
    concerned = not extent.operators or bool(served & extent.operators)
    return concerned and touches(extent, found.since, found.until)


def _first_hour(extent: Extent) -> datetime:
    """The hour of the earliest symptom of a trouble that may last into the outage."""
    return _hour(extent.since - LONGEST)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
