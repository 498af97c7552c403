"""What lies ahead of an operator whose session may take longer: free time, and who waits."""

from datetime import datetime

from shared.application.bookings import Bookings
from shared.domain.booking import Booking, Status
from shared.domain.slots import QUARTER, Ahead, NextBooking, quarter_of

# Bookings of these wait for their operator, or keep him on the phone.
_STANDING = frozenset({Status.HELD, Status.SCHEDULED, Status.LIVE, Status.ENDING})


def look_ahead(bookings: Bookings, booking: Booking, until: datetime) -> Ahead:
    """The time of a session's present operator, up to a moment.

    A quarter may be claimed by a booking that does not wait for him: one that was cancelled while
    this session ran into it, or whose customer another operator has called.

    Args:
        bookings: all of them.
        booking: its session runs.
        until: UTC.
    """
    session, operator_id, now = booking.live_session, booking.operator_id, bookings.clock.now()
    quarter = session.stand_in[0] if session.stand_in else quarter_of(booking.starts_at)
    offered = {slot.quarter: slot for slot in bookings.store.slots(operator_id, quarter, until)}
    free: list[datetime] = []
    while quarter < until:
        slot = offered.get(quarter)
        if slot is None:
            return Ahead(tuple(free), offered_until=quarter)
        if slot.booking_id is None:
            if quarter + QUARTER > now:
                free.append(quarter)
        elif slot.booking_id != booking.booking_id:
            other = bookings.load(slot.booking_id).state
            waits = other.status in _STANDING and other.operator_id == operator_id
            if waits and quarter_of(other.starts_at) == quarter:
                return Ahead(tuple(free), NextBooking(other.booking_id, other.starts_at))
        quarter += QUARTER
    return Ahead(tuple(free))
