"""What a customer is offered after a mishap, and his choice (S1.10)."""

from typing import TypedDict

from functions.http import views
from functions.http.identity import Role
from functions.http.ownership import own_booking
from functions.http.requests import Nothing, OfferBody
from functions.http.rooms import Rooms
from functions.http.routing import Call, Route
from shared.domain.booking import Booking
from shared.domain.mishap.events import Choice

_CUSTOMER = frozenset({Role.CUSTOMER})


class OfferList(TypedDict):
    """What was offered for a booking, oldest first."""

    items: list[views.OfferView]
    cursor: str | None


class ChosenView(TypedDict):
    """The offer as it stands after the choice, and the call that was arranged, if one was."""

    offer: views.OfferView
    new_booking: views.BookingRow | None


def offers(rooms: Rooms, call: Call, _: Nothing) -> OfferList:
    """The offers of a booking of the caller."""
    own = own_booking(rooms, call)
    return {"items": views.offers(own, rooms.clock().now()), "cursor": None}


def accept(rooms: Rooms, call: Call, asked: OfferBody) -> ChosenView:
    """Choose; the same choice made again is the one that was made, so no key needs storing."""
    own = own_booking(rooms, call)
    return chosen(rooms, own, call.path["offer_id"], asked, how="api")


def chosen(rooms: Rooms, one: Booking, offer_id: str, asked: OfferBody, *, how: str) -> ChosenView:
    """Carry out a choice.

    Args:
        how: "api" for one who is signed in, "link" for one who has a letter of ours.

    Raises:
        NotFound: the booking has no such offer.
        RuleBroken: something else was chosen, its time is over, or this is not offered.
        Conflict: nobody is free.
    """
    phone = asked.main_phone
    done = rooms.offer_desk().accept(
        one.booking_id,
        offer_id,
        Choice(asked.choice),
        how=how,
        starts_at=asked.starts_at,
        main_phone=rooms.phone_number(phone, "main_phone") if phone is not None else None,
    )
    new = done.new_booking
    return {
        "offer": views.offer(done.booking, done.offer, rooms.clock().now()),
        "new_booking": views.row_of(new) if new is not None else None,
    }


_OFFERS = "/v1/bookings/{booking_id}/offers"
ROUTES = (
    Route(
        "GET",
        _OFFERS,
        "Show what you are offered after a mishap",
        _CUSTOMER,
        Nothing,
        offers,
        OfferList,
    ),
    Route(
        "POST",
        f"{_OFFERS}/{{offer_id}}/accept",
        "Choose of an offer: a call now, a new time, your money back, or another phone",
        _CUSTOMER,
        OfferBody,
        accept,
        ChosenView,
    ),
)
