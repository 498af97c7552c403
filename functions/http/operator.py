"""The operators' side of the API: profile, offered time, booked sessions."""

from datetime import datetime, timedelta
from typing import TypedDict

from functions.http import operator_sessions, views
from functions.http.identity import Role
from functions.http.requests import AvailabilityBody, Nothing, ProfileBody, RangeQuery
from functions.http.rooms import Rooms
from functions.http.routing import Call, Route, resolver
from shared import bootstrap
from shared.application.store import Operator
from shared.domain.errors import NotFound
from shared.domain.policy import CURRENT
from shared.domain.slots import QUARTER

_OPERATOR = frozenset({Role.OPERATOR})


class ProfileView(TypedDict):
    """An operator's own profile; his numbers are stored and not shown again."""

    operator_id: str
    name: str
    tariff_id: str
    has_backup_phone: bool


class OfferedView(TypedDict):
    """What became of a stretch of time; booked quarters stay offered."""

    start: str
    end: str
    offered: bool
    still_booked: list[str]


class OwnQuarterView(TypedDict):
    """An offered quarter, and the booking that claims it."""

    starts_at: str
    ends_at: str
    booking_id: str | None


class OwnQuarterList(TypedDict):
    """An operator's offered quarters in order."""

    items: list[OwnQuarterView]
    cursor: str | None


class OwnSessionView(TypedDict):
    """A booked stretch of quarters; nothing of its customer.

    `ready` is what he answered to whether he will be there, from an hour before on, when he is
    asked; null before, and while he has not answered.
    """

    booking_id: str
    starts_at: str
    ends_at: str
    ready: bool | None


class OwnSessionList(TypedDict):
    """An operator's sessions in order."""

    items: list[OwnSessionView]
    cursor: str | None


def put_profile(rooms: Rooms, call: Call, asked: ProfileBody) -> ProfileView:
    """Store the caller's profile."""
    phones = [rooms.phone_number(asked.main_phone, "main_phone")]
    if asked.backup_phone is not None:
        phones.append(rooms.phone_number(asked.backup_phone, "backup_phone"))
    made = rooms.operators().register(
        call.caller.sub, asked.name, asked.tariff_id, phones, call.caller.email
    )
    return _profile(made)


def profile(rooms: Rooms, call: Call, _: Nothing) -> ProfileView:
    """The caller's profile."""
    found = rooms.store().operator(call.caller.sub)
    if found is None:
        raise NotFound("operator_unknown", "Store your profile first.")
    return _profile(found)


def put_availability(rooms: Rooms, call: Call, asked: AvailabilityBody) -> OfferedView:
    """Offer time, or take it back."""
    booked: list[datetime] = []
    if asked.offered:
        rooms.operators().publish(call.caller.sub, asked.start, asked.end)
    else:
        booked.extend(rooms.operators().withdraw(call.caller.sub, asked.start, asked.end))
    return {
        "start": views.moment(asked.start),
        "end": views.moment(asked.end),
        "offered": asked.offered,
        "still_booked": [views.moment(quarter) for quarter in booked],
    }


def availability(rooms: Rooms, call: Call, asked: RangeQuery) -> OwnQuarterList:
    """The caller's offered time."""
    offered = rooms.operators().offered(call.caller.sub, asked.from_, asked.to)
    items: list[OwnQuarterView] = [
        {
            "starts_at": views.moment(slot.quarter),
            "ends_at": views.moment(slot.quarter + QUARTER),
            "booking_id": slot.booking_id,
        }
        for slot in offered
    ]
    return {"items": items, "cursor": None}


def sessions(rooms: Rooms, call: Call, asked: RangeQuery) -> OwnSessionList:
    """The caller's booked time, one entry per booking."""
    found: dict[str, OwnSessionView] = {}
    now = rooms.clock().now()
    # So few are asked about at a time that to read them costs little.
    asked_until = now + timedelta(seconds=CURRENT.reminder_lead)
    for slot in rooms.operators().sessions(call.caller.sub, asked.from_, asked.to):
        if slot.booking_id is None:
            continue
        starts, ends = views.moment(slot.quarter), views.moment(slot.quarter + QUARTER)
        if slot.booking_id in found:
            found[slot.booking_id]["ends_at"] = ends
            continue
        soon = now <= slot.quarter <= asked_until
        found[slot.booking_id] = {
            "booking_id": slot.booking_id,
            "starts_at": starts,
            "ends_at": ends,
            "ready": rooms.bookings().load(slot.booking_id).state.ready if soon else None,
        }
    return {"items": list(found.values()), "cursor": None}


def _profile(found: Operator) -> ProfileView:
    return {
        "operator_id": found.operator_id,
        "name": found.name,
        "tariff_id": found.tariff_id,
        "has_backup_phone": len(found.phones) > 1,
    }


_PROFILE, _AVAILABILITY = "/v1/operator/profile", "/v1/operator/availability"
ROUTES = (
    Route("PUT", _PROFILE, "Store your profile", _OPERATOR, ProfileBody, put_profile, ProfileView),
    Route("GET", _PROFILE, "Show your profile", _OPERATOR, Nothing, profile, ProfileView),
    Route(
        "PUT",
        _AVAILABILITY,
        "Offer the quarters of an hour in [start, end), or take them back with offered false",
        _OPERATOR,
        AvailabilityBody,
        put_availability,
        OfferedView,
    ),
    Route(
        "GET",
        _AVAILABILITY,
        "Show the quarters you offer, and which are booked",
        _OPERATOR,
        RangeQuery,
        availability,
        OwnQuarterList,
    ),
    Route(
        "GET",
        "/v1/operator/sessions",
        "List your booked sessions",
        _OPERATOR,
        RangeQuery,
        sessions,
        OwnSessionList,
    ),
    *operator_sessions.ROUTES,
)
handler = resolver(bootstrap, ROUTES).resolve
