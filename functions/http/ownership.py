"""Bookings are found by their number; a customer finds his own (Never 7)."""

from functions.http.rooms import Rooms
from functions.http.routing import Call
from shared.domain.booking import Booking
from shared.domain.booking_number import is_booking_number
from shared.domain.errors import NotFound


def any_booking(rooms: Rooms, call: Call) -> Booking:
    """The booking in the path.

    Raises:
        NotFound: there is none of this number.
    """
    number = call.path["booking_id"]
    if not is_booking_number(number):
        raise _unknown()
    return rooms.bookings().load(number).state


def own_booking(rooms: Rooms, call: Call) -> Booking:
    """The booking in the path, where it is the caller's.

    Raises:
        NotFound: there is none of this number, or it is another's; nobody can tell which.
    """
    booking = any_booking(rooms, call)
    if booking.customer_id != call.caller.sub:
        raise _unknown()
    return booking


def _unknown() -> NotFound:
    return NotFound("booking_unknown", "There is no such booking.", "booking_id")
