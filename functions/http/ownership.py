"""Bookings and payments in a path; customers and operators find their own alone (Never 7)."""

import re

from functions.http.rooms import Rooms
from functions.http.routing import Call
from shared.domain.booking import Booking
from shared.domain.booking_number import is_booking_number
from shared.domain.errors import NotFound
from shared.domain.payment.payment import Payment

# The provider's ids of intents and charges.
_PAYMENT_ID = re.compile(r"(pi|ch|py)_[A-Za-z0-9_]{1,120}", re.ASCII)


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


def own_session(rooms: Rooms, call: Call) -> Booking:
    """The booking in the path, where the caller is its present operator.

    Raises:
        NotFound: there is none of this number, or another has it; nobody can tell which.
    """
    booking = any_booking(rooms, call)
    if booking.operator_id != call.caller.sub:
        raise _unknown()
    return booking


def payment_in_path(call: Call) -> str:
    """The payment id in the path.

    Raises:
        NotFound: it is none.
    """
    given = call.path["payment_id"]
    if not _PAYMENT_ID.fullmatch(given):
        raise unknown_payment()
    return given


def own_payment(rooms: Rooms, call: Call) -> Payment:
    """The payment in the path, where it is the caller's.

    Raises:
        NotFound: there is none of this id, or it is another's; nobody can tell which.
    """
    loaded = rooms.store().payment(payment_in_path(call))
    if loaded is None or loaded.state.customer_id != call.caller.sub:
        raise unknown_payment()
    return loaded.state


def unknown_payment() -> NotFound:
    """What anybody hears of a payment that is not there, or not his."""
    return NotFound("payment_unknown", "There is no such payment.", "payment_id")


def _unknown() -> NotFound:
    return NotFound("booking_unknown", "There is no such booking.", "booking_id")
