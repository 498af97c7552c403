"""The desk's side of the API: prices, the books, a booking with its evidence, outages."""

from typing import TypedDict

from functions.http import desk_outages, timelines, views
from functions.http.identity import Role
from functions.http.ownership import any_booking
from functions.http.requests import TARIFF_ID, Nothing, RangeQuery, TariffBody
from functions.http.rooms import Rooms
from functions.http.routing import Call, Route, resolver
from shared import bootstrap
from shared.application import books
from shared.domain.lots import Tariff
from shared.domain.money import Money

_MANAGER = frozenset({Role.MANAGER})
_DESK = frozenset({Role.AGENT, Role.MANAGER})


class KindTotal(TypedDict):
    """The sum of all accounts of a kind, in one unit."""

    kind: str
    unit: str
    amount: int


class DifferenceView(TypedDict):
    """Two sides that must agree and do not: what our entries or state say, and what was found."""

    reason: str
    why: str
    subject: str
    unit: str
    booked: int
    found: int


class TrialBalanceView(TypedDict):
    """The ledger folded; `zero` where every unit sums to zero and nothing disagrees.

    Args:
        left_out: how many more differences there are.
        explained: how often money lies somewhere for a while, and rightly so.
    """

    entries: int
    zero: bool
    totals: dict[str, int]
    kinds: list[KindTotal]
    differences: list[DifferenceView]
    left_out: int
    explained: dict[str, int]


class DeskBookingView(TypedDict):
    """A booking as the desk sees it."""

    customer_id: str
    booking: views.BookingView
    timeline: list[timelines.EventView]


def put_tariff(rooms: Rooms, call: Call, asked: TariffBody) -> views.TariffView:
    """Store a price."""
    price = Money(asked.per_minute.amount_minor, asked.per_minute.currency)
    tariff = Tariff(TARIFF_ID.read(call.path["tariff_id"], "tariff_id"), price)
    return views.tariff(rooms.operators().set_tariff(tariff))


def tariffs(rooms: Rooms, call: Call, _: Nothing) -> views.TariffList:
    """All prices."""
    return {"items": [views.tariff(one) for one in rooms.store().tariffs()], "cursor": None}


def trial_balance(rooms: Rooms, call: Call, asked: RangeQuery) -> TrialBalanceView:
    """The ledger from its first day to its last, against all that must agree with it."""
    books.require_readable(asked.from_, asked.to)
    found = books.trial_balance(rooms.store(), asked.from_, asked.to, rooms.provider_books())
    kinds: list[KindTotal] = [
        {"kind": kind, "unit": unit, "amount": amount}
        for (kind, unit), amount in sorted(found.kinds.items())
    ]
    differences: list[DifferenceView] = [
        {
            "reason": one.reason,
            "why": one.reason.why,
            "subject": one.subject,
            "unit": one.unit,
            "booked": one.booked,
            "found": one.found,
        }
        for one in found.differences
    ]
    return {
        "entries": found.entries,
        "zero": found.zero,
        "totals": dict(found.totals),
        "kinds": kinds,
        "differences": differences,
        "left_out": found.left_out,
        "explained": dict(sorted(found.explained.items())),
    }


def booking(rooms: Rooms, call: Call, _: Nothing) -> DeskBookingView:
    """A booking with everything that happened to it."""
    found = any_booking(rooms, call)
    history = rooms.store().history(found.booking_id)
    return {
        "customer_id": found.customer_id,
        "booking": views.booking(found, rooms.clock().now()),
        "timeline": timelines.timeline(history, for_customer=False)["items"],
    }


def callback(rooms: Rooms, call: Call, _: Nothing) -> views.BookingView:
    """Promise a customer who has to go that he is called back."""
    found = any_booking(rooms, call)
    desk = rooms.session_desk()
    done = desk.promise_callback(found.booking_id, call.caller.as_agent, call.once)
    return views.booking(done, rooms.clock().now())


ROUTES = (
    Route(
        "PUT",
        "/v1/desk/tariffs/{tariff_id}",
        "Store what a minute costs; a tariff never changes, a new price is a new tariff",
        _MANAGER,
        TariffBody,
        put_tariff,
        views.TariffView,
    ),
    Route(
        "GET",
        "/v1/desk/tariffs",
        "List the tariffs",
        _MANAGER,
        Nothing,
        tariffs,
        views.TariffList,
    ),
    Route(
        "GET",
        "/v1/desk/trial-balance",
        "Fold the ledger of these UTC days, which should be all it has, and compare it",
        _MANAGER,
        RangeQuery,
        trial_balance,
        TrialBalanceView,
    ),
    Route(
        "GET",
        "/v1/desk/bookings/{booking_id}",
        "Show a booking with its evidence",
        _DESK,
        Nothing,
        booking,
        DeskBookingView,
    ),
    Route(
        "POST",
        "/v1/desk/bookings/{booking_id}/callback",
        "Let a regular customer who has to go be called back for the rest in an hour, once",
        _DESK,
        Nothing,
        callback,
        views.BookingView,
    ),
)
handler = resolver(bootstrap, (*ROUTES, *desk_outages.ROUTES)).resolve
