"""More minutes for a running session: what they cost, and adding them (S1.12)."""

from typing import TypedDict

from functions.http import views
from functions.http.identity import Role
from functions.http.ownership import own_booking
from functions.http.requests import ExtendBody, ExtensionQuery
from functions.http.rooms import Rooms
from functions.http.routing import Call, Route

_CUSTOMER = frozenset({Role.CUSTOMER})
_ONE = "/v1/bookings/{booking_id}"


class ExtensionView(TypedDict):
    """What more minutes cost now; nothing is held for them.

    The balance covers `balance_seconds`, paid with `from_balance`. `card_due` is charged to a saved
    card for the others: never less than a top-up may be; what is too much stays on the balance. The
    next customer of the operator starts `next_delay_seconds` later, and is told.
    """

    minutes: int
    price: views.MoneyView
    balance_seconds: int
    from_balance: views.MoneyView
    card_due: views.MoneyView
    longest_minutes: int
    next_delay_seconds: int


def quote(rooms: Rooms, call: Call, asked: ExtensionQuery) -> ExtensionView:
    """What an extension of the caller's session costs."""
    own = own_booking(rooms, call)
    made = rooms.extensions().quote(own.booking_id, int(asked.minutes))
    return {
        "minutes": made.minutes,
        "price": views.money(made.price),
        "balance_seconds": made.covered,
        "from_balance": views.money(made.from_balance),
        "card_due": views.money(made.card_due),
        "longest_minutes": made.longest_minutes,
        "next_delay_seconds": made.next_delay,
    }


def extend(rooms: Rooms, call: Call, asked: ExtendBody) -> views.BookingView:
    """Extend the caller's session."""
    own = own_booking(rooms, call)
    done = rooms.extensions().extend(own.booking_id, asked.minutes, asked.card_id, call.once)
    return views.booking(done, rooms.clock().now())


ROUTES = (
    Route(
        "GET",
        f"{_ONE}/extension",
        "Show what more minutes for the running session cost, and how many are possible",
        _CUSTOMER,
        ExtensionQuery,
        quote,
        ExtensionView,
    ),
    Route(
        "POST",
        f"{_ONE}/extend",
        "Extend the running session; a saved card is charged for what the balance does not cover",
        _CUSTOMER,
        ExtendBody,
        extend,
        views.BookingView,
    ),
)
