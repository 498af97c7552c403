"""What a customer asks for around his session: to wait, a better line, other numbers."""

from functions.http import views
from functions.http.identity import Role
from functions.http.ownership import own_booking
from functions.http.requests import LineChoiceBody, Nothing, PhonesBody
from functions.http.rooms import Rooms
from functions.http.routing import Call, Route
from shared.domain.booking import Booking
from shared.domain.commands import LineChoice

_CUSTOMER = frozenset({Role.CUSTOMER})


def hold(rooms: Rooms, call: Call, _: Nothing) -> views.BookingView:
    """Ask to wait."""
    own = own_booking(rooms, call)
    return _shown(rooms, rooms.session_desk().hold(own.booking_id, "api", call.once))


def resume(rooms: Rooms, call: Call, _: Nothing) -> views.BookingView:
    """Be back."""
    own = own_booking(rooms, call)
    return _shown(rooms, rooms.session_desk().resume(own.booking_id, "api", call.once))


def bad_line(rooms: Rooms, call: Call, _: Nothing) -> views.BookingView:
    """Say that the line is bad."""
    own = own_booking(rooms, call)
    return _shown(rooms, rooms.session_desk().report_bad_line(own.booking_id, call.once))


def line_choice(rooms: Rooms, call: Call, asked: LineChoiceBody) -> views.BookingView:
    """Stop, or be called on the other phone."""
    own, choice = own_booking(rooms, call), LineChoice(asked.choice)
    return _shown(rooms, rooms.session_desk().choose_line(own.booking_id, choice, call.once))


def phones(rooms: Rooms, call: Call, asked: PhonesBody) -> views.BookingView:
    """Correct the numbers of a booking."""
    own = own_booking(rooms, call)
    main, backup = numbers(rooms, asked)
    desk = rooms.session_desk()
    return _shown(rooms, desk.change_phones(own.booking_id, main, backup, call.once))


def numbers(rooms: Rooms, asked: PhonesBody) -> tuple[str, str | None]:
    """Main and backup number in E.164.

    Raises:
        RuleBroken: one of them is no number.
    """
    backup = asked.backup_phone
    return (
        rooms.phone_number(asked.main_phone, "main_phone"),
        rooms.phone_number(backup, "backup_phone") if backup is not None else None,
    )


def _shown(rooms: Rooms, done: Booking) -> views.BookingView:
    return views.booking(done, rooms.clock().now())


_ONE = "/v1/bookings/{booking_id}"
ROUTES = (
    Route(
        "POST",
        f"{_ONE}/hold",
        "Ask the operator to wait; waiting is charged, and ten minutes of it end the session",
        _CUSTOMER,
        Nothing,
        hold,
        views.BookingView,
    ),
    Route(
        "POST",
        f"{_ONE}/resume",
        "Be back after a wait",
        _CUSTOMER,
        Nothing,
        resume,
        views.BookingView,
    ),
    Route(
        "POST",
        f"{_ONE}/bad-line",
        "Say that the line is bad; each time the next remedy is tried, and `bad_line` names it",
        _CUSTOMER,
        Nothing,
        bad_line,
        views.BookingView,
    ),
    Route(
        "POST",
        f"{_ONE}/bad-line/choice",
        "Choose once every remedy was tried: stop with all unused minutes back, or another phone",
        _CUSTOMER,
        LineChoiceBody,
        line_choice,
        views.BookingView,
    ),
    Route(
        "POST",
        f"{_ONE}/phones",
        "Correct the numbers to be rung, until the session is over",
        _CUSTOMER,
        PhonesBody,
        phones,
        views.BookingView,
    ),
)
