"""What links in our letters lead to: who has one answers for his booking without signing in."""

from typing import TypedDict

from functions.http import offers, views, wishes
from functions.http.identity import WITHOUT_SIGN_IN
from functions.http.requests import Nothing, OfferBody, PhonesBody
from functions.http.rooms import Rooms
from functions.http.routing import Call, Route, resolver
from shared import bootstrap
from shared.application.links import Link, Purpose
from shared.domain.booking import Booking
from shared.domain.errors import NotFound
from shared.domain.letters.shown import masked_phone


class PhonesView(TypedDict):
    """The numbers that a booking rings, masked; null where none is given, or it was erased.

    Args:
        until: how long the link works.
    """

    booking_id: str
    status: str
    starts_at: str
    main_phone: str | None
    backup_phone: str | None
    until: str


def offer(rooms: Rooms, call: Call, _: Nothing) -> views.OfferView:
    """What a letter offers."""
    link, booking = _opened(rooms, call, Purpose.OFFER)
    made = booking.offer(link.subject)
    if made is None:
        raise NotFound("offer_unknown", "There is no such offer.")
    return views.offer(booking, made, rooms.clock().now())


def accept(rooms: Rooms, call: Call, asked: OfferBody) -> offers.ChosenView:
    """Choose; the same choice made again is the one that was made, so no key needs storing."""
    link, booking = _opened(rooms, call, Purpose.OFFER)
    return offers.chosen(rooms, booking, link.subject, asked, how="link")


def phones(rooms: Rooms, call: Call, _: Nothing) -> PhonesView:
    """The numbers as they stand."""
    link, booking = _opened(rooms, call, Purpose.PHONES)
    return _shown(rooms, link, booking)


def change_phones(rooms: Rooms, call: Call, asked: PhonesBody) -> PhonesView:
    """Correct the numbers; repeating it does no harm, so no key is stored."""
    link, booking = _opened(rooms, call, Purpose.PHONES)
    main, backup = wishes.numbers(rooms, asked)
    done = rooms.session_desk().change_phones(booking.booking_id, main, backup, None)
    return _shown(rooms, link, done)


def _opened(rooms: Rooms, call: Call, purpose: Purpose) -> tuple[Link, Booking]:
    """The link in the path, and its booking; nothing is read for a token that is not ours.

    Raises:
        NotFound: it is no link of ours, or was made for something else.
        RuleBroken: its time is over.
    """
    link = rooms.links().read(call.path["token"])
    if link.purpose is not purpose:
        raise NotFound("link_unknown", "This link is not one of ours.")
    return link, rooms.bookings().load(link.booking_id).state


def _shown(rooms: Rooms, link: Link, booking: Booking) -> PhonesView:
    return {
        "booking_id": booking.booking_id,
        "status": booking.status.value,
        "starts_at": views.moment(booking.starts_at),
        "main_phone": _masked(rooms, booking, booking.main_phone),
        "backup_phone": _masked(rooms, booking, booking.backup_phone),
        "until": views.moment(link.until),
    }


def _masked(rooms: Rooms, booking: Booking, phone_id: str | None) -> str | None:
    number = rooms.contacts().number(booking.customer_id, phone_id) if phone_id else None
    return masked_phone(number) if number is not None else None


_OFFER, _PHONES = "/v1/offers/{token}", "/v1/phones/{token}"
ROUTES = (
    Route(
        "GET",
        _OFFER,
        "Show what a letter offers",
        WITHOUT_SIGN_IN,
        Nothing,
        offer,
        views.OfferView,
    ),
    Route(
        "POST",
        f"{_OFFER}/accept",
        "Choose of what a letter offers",
        WITHOUT_SIGN_IN,
        OfferBody,
        accept,
        offers.ChosenView,
    ),
    Route(
        "GET",
        _PHONES,
        "Show the numbers of the booking that a letter is about",
        WITHOUT_SIGN_IN,
        Nothing,
        phones,
        PhonesView,
    ),
    Route(
        "POST",
        _PHONES,
        "Correct the numbers of the booking that a letter is about",
        WITHOUT_SIGN_IN,
        PhonesBody,
        change_phones,
        PhonesView,
    ),
)
handler = resolver(bootstrap, ROUTES).resolve
