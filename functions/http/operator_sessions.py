"""What an operator says about a session of his: that he will be there, that the customer waits."""

from typing import TypedDict

from functions.http import views
from functions.http.identity import Role
from functions.http.ownership import own_session
from functions.http.requests import Nothing, ReadinessBody
from functions.http.rooms import Rooms
from functions.http.routing import Call, Route
from shared.domain.booking import Booking

_OPERATOR = frozenset({Role.OPERATOR})


class SessionStateView(TypedDict):
    """A session as its operator sees it; nothing of its customer.

    Args:
        ready: whether he said that he will be there; null while he has not answered.
        held_since: while the customer asked to wait.
        callback_at: when the customer, who had to go, is called back.
    """

    booking_id: str
    status: str
    starts_at: str
    ready: bool | None
    held_since: str | None
    callback_at: str | None


def readiness(rooms: Rooms, call: Call, asked: ReadinessBody) -> SessionStateView:
    """Say whether he will be there."""
    own, sub = own_session(rooms, call), call.caller.sub
    desk = rooms.session_desk()
    return _shown(desk.answer_readiness(own.booking_id, sub, ready=asked.ready, replay=call.once))


def hold(rooms: Rooms, call: Call, _: Nothing) -> SessionStateView:
    """The customer said that he has to wait."""
    own = own_session(rooms, call)
    return _shown(rooms.session_desk().hold(own.booking_id, "operator", call.once))


def resume(rooms: Rooms, call: Call, _: Nothing) -> SessionStateView:
    """The customer is back."""
    own = own_session(rooms, call)
    return _shown(rooms.session_desk().resume(own.booking_id, "operator", call.once))


def callback(rooms: Rooms, call: Call, _: Nothing) -> SessionStateView:
    """The customer has an emergency and is called back."""
    own = own_session(rooms, call)
    by = f"operator:{call.caller.sub}"
    return _shown(rooms.session_desk().promise_callback(own.booking_id, by, call.once))


def _shown(one: Booking) -> SessionStateView:
    session = one.session
    held = session.held_since if session is not None else None
    promised = session.callback if session is not None else None
    return {
        "booking_id": one.booking_id,
        "status": one.status.value,
        "starts_at": views.moment(one.starts_at),
        "ready": one.ready,
        "held_since": views.moment(held) if held else None,
        "callback_at": views.moment(promised.starts_at) if promised else None,
    }


_ONE = "/v1/operator/sessions/{booking_id}"
ROUTES = (
    Route(
        "POST",
        f"{_ONE}/readiness",
        "Say whether you will be there for a session, before it begins",
        _OPERATOR,
        ReadinessBody,
        readiness,
        SessionStateView,
    ),
    Route(
        "POST",
        f"{_ONE}/hold",
        "Say that the customer asked you to wait",
        _OPERATOR,
        Nothing,
        hold,
        SessionStateView,
    ),
    Route(
        "POST",
        f"{_ONE}/resume",
        "Say that the customer is back",
        _OPERATOR,
        Nothing,
        resume,
        SessionStateView,
    ),
    Route(
        "POST",
        f"{_ONE}/callback",
        "Let a regular customer who has to go be called back for the rest in an hour, once",
        _OPERATOR,
        Nothing,
        callback,
        SessionStateView,
    ),
)
