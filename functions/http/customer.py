"""The customers' side of the API: operators and their time, bookings, the account."""

from pathlib import Path

from aws_lambda_powertools.event_handler.api_gateway import Response

from functions.http import offers, timelines, views, wishes
from functions.http.identity import EVERYBODY, Role
from functions.http.ownership import own_booking
from functions.http.requests import (
    OPERATOR_ID,
    FreeQuery,
    NewBooking,
    NewStart,
    Nothing,
    PageQuery,
    RangeQuery,
)
from functions.http.rooms import Rooms
from functions.http.routing import CREATED, Call, Route, resolver
from shared import bootstrap
from shared.application.booking import BookingRequest

_CUSTOMER = frozenset({Role.CUSTOMER})
_PAGE = 50
# Drawn from the routes by `python -m functions.http.openapi` and packaged with the code: to draw it
# here would cost every start the import of pydantic.
OPENAPI = Path(__file__).parents[2] / "docs" / "openapi.json"


def operators(rooms: Rooms, call: Call, asked: PageQuery) -> views.OperatorList:
    """A page of operators."""
    page = rooms.store().operators(asked.cursor, _PAGE)
    return views.operators(page.items, rooms.store().tariffs(), page.cursor)


def slots(rooms: Rooms, call: Call, asked: RangeQuery) -> views.QuarterList:
    """An operator's free quarters."""
    operator_id = OPERATOR_ID.read(call.path["operator_id"], "operator_id")
    return views.quarters(rooms.operators().free(operator_id, asked.from_, asked.to))


def free_operators(rooms: Rooms, call: Call, asked: FreeQuery) -> views.OperatorList:
    """Who is free at a quarter."""
    return views.operators(rooms.operators().free_at(asked.at), rooms.store().tariffs(), None)


def book(rooms: Rooms, call: Call, asked: NewBooking) -> views.BookingView:
    """Hold a session."""
    backup = asked.backup_phone
    request = BookingRequest(
        customer_id=call.caller.sub,
        email=call.caller.email,
        operator_id=asked.operator_id,
        starts_at=asked.starts_at,
        minutes=asked.minutes,
        main_phone=rooms.phone_number(asked.main_phone, "main_phone"),
        backup_phone=rooms.phone_number(backup, "backup_phone") if backup is not None else None,
        language=asked.language,
        adult=asked.adult,
        use_balance=bool(asked.use_balance),
        checkout=asked.checkout,
    )
    return views.booking(rooms.booking_office().book(request, call.once), rooms.clock().now())


def bookings(rooms: Rooms, call: Call, asked: PageQuery) -> views.BookingList:
    """A page of the caller's bookings."""
    page = rooms.store().bookings_of(call.caller.sub, asked.cursor, _PAGE)
    return {"items": [views.row(one) for one in page.items], "cursor": page.cursor}


def booking(rooms: Rooms, call: Call, _: Nothing) -> views.BookingView:
    """One booking of the caller."""
    return views.booking(own_booking(rooms, call), rooms.clock().now())


def cancel(rooms: Rooms, call: Call, _: Nothing) -> views.BookingView:
    """Cancel before the start."""
    own = own_booking(rooms, call)
    done = rooms.booking_office().cancel(own.booking_id, call.once)
    return views.booking(done, rooms.clock().now())


def reschedule(rooms: Rooms, call: Call, asked: NewStart) -> views.BookingView:
    """Move before the start."""
    own = own_booking(rooms, call)
    done = rooms.booking_office().move(own.booking_id, asked.starts_at, call.once)
    return views.booking(done, rooms.clock().now())


def end(rooms: Rooms, call: Call, _: Nothing) -> views.BookingView:
    """End a running session."""
    own = own_booking(rooms, call)
    done = rooms.booking_office().end(own.booking_id, call.once)
    return views.booking(done, rooms.clock().now())


def timeline(rooms: Rooms, call: Call, _: Nothing) -> timelines.Timeline:
    """Everything that happened to a booking of the caller."""
    own = own_booking(rooms, call)
    return timelines.timeline(rooms.store().history(own.booking_id), for_customer=True)


def account(rooms: Rooms, call: Call, _: Nothing) -> views.AccountView:
    """The caller's balance."""
    return views.account(rooms.store().lots(call.caller.sub))


_ONE = "/v1/bookings/{booking_id}"
ROUTES = (
    Route(
        "GET",
        "/v1/operators",
        "List the operators and what a minute costs",
        EVERYBODY,
        PageQuery,
        operators,
        views.OperatorList,
    ),
    Route(
        "GET",
        "/v1/operators/{operator_id}/slots",
        "List an operator's free quarters of an hour",
        EVERYBODY,
        RangeQuery,
        slots,
        views.QuarterList,
    ),
    Route(
        "GET",
        "/v1/slots",
        "List the operators who are free at a quarter of an hour",
        EVERYBODY,
        FreeQuery,
        free_operators,
        views.OperatorList,
    ),
    Route(
        "POST",
        "/v1/bookings",
        "Hold a session; it is scheduled once it is paid",
        _CUSTOMER,
        NewBooking,
        book,
        views.BookingView,
        CREATED,
    ),
    Route(
        "GET",
        "/v1/bookings",
        "List your bookings",
        _CUSTOMER,
        PageQuery,
        bookings,
        views.BookingList,
    ),
    Route("GET", _ONE, "Show a booking", _CUSTOMER, Nothing, booking, views.BookingView),
    Route(
        "POST",
        f"{_ONE}/cancel",
        "Cancel a booking before its start; the full price goes back as it was paid",
        _CUSTOMER,
        Nothing,
        cancel,
        views.BookingView,
    ),
    Route(
        "POST",
        f"{_ONE}/reschedule",
        "Move a booking before its start to another time of the same operator",
        _CUSTOMER,
        NewStart,
        reschedule,
        views.BookingView,
    ),
    Route(
        "POST",
        f"{_ONE}/end",
        "End the running session; what was not used goes to the balance",
        _CUSTOMER,
        Nothing,
        end,
        views.BookingView,
    ),
    Route(
        "GET",
        f"{_ONE}/timeline",
        "Show everything that happened to a booking, with cause and evidence",
        _CUSTOMER,
        Nothing,
        timeline,
        timelines.Timeline,
    ),
    Route(
        "GET",
        "/v1/account",
        "Show your balance: money, and minutes with their price",
        _CUSTOMER,
        Nothing,
        account,
        views.AccountView,
    ),
    *wishes.ROUTES,
    *offers.ROUTES,
)
_app = resolver(bootstrap, ROUTES)


@_app.get("/v1/openapi.json")
def openapi() -> Response[str]:
    """The description of the whole API, for everybody."""
    return Response(200, "application/json", OPENAPI.read_text(), {"Cache-Control": "max-age=300"})


handler = _app.resolve
