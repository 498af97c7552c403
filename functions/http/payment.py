"""Paying for a booking by card."""

from typing import TypedDict

from functions.http import views
from functions.http.identity import Role
from functions.http.ownership import own_booking
from functions.http.requests import Nothing
from functions.http.rooms import Rooms
from functions.http.routing import Call, Route, resolver
from shared import bootstrap

_CUSTOMER = frozenset({Role.CUSTOMER})
_PATH = "/v1/bookings/{booking_id}/payment"


class CheckoutView(TypedDict):
    """What the browser needs to confirm the payment at the provider; `status` is the provider's."""

    payment_intent: str
    client_secret: str | None
    amount: views.MoneyView
    status: str
    hold_until: str


class PaymentView(TypedDict):
    """What a booking has to pay by card, and whether the provider has confirmed it."""

    payment_intent: str | None
    amount: views.MoneyView
    paid: bool
    decline_code: str | None
    hold_until: str


def pay(rooms: Rooms, call: Call, _: Nothing) -> CheckoutView:
    """The payment intent of a booking: the same one for every key, so no key needs storing."""
    own = own_booking(rooms, call)
    checkout = rooms.card_payments().start(own.booking_id)
    return {
        "payment_intent": checkout.intent.intent_id,
        "client_secret": checkout.intent.client_secret,
        "amount": views.money(checkout.intent.amount),
        "status": checkout.intent.status.value,
        "hold_until": views.moment(checkout.booking.hold_until),
    }


def payment(rooms: Rooms, call: Call, _: Nothing) -> PaymentView:
    """The state of a booking's payment, as the webhooks have told it."""
    own = own_booking(rooms, call)
    return {
        "payment_intent": own.intent_id,
        "amount": views.money(own.card_due),
        "paid": own.paid_by_card or own.card_due.minor == 0,
        "decline_code": own.decline_code,
        "hold_until": views.moment(own.hold_until),
    }


ROUTES = (
    Route("POST", _PATH, "Start paying for a booking", _CUSTOMER, Nothing, pay, CheckoutView),
    Route("GET", _PATH, "Show whether a booking is paid", _CUSTOMER, Nothing, payment, PaymentView),
)
handler = resolver(bootstrap, ROUTES).resolve
