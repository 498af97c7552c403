"""Paying for a booking by card; the function of all that may charge a customer's card for it."""

from typing import TypedDict

from functions.http import extensions, payment_views, payments, views
from functions.http.identity import Role
from functions.http.ownership import own_booking
from functions.http.requests import Nothing, PaymentBody
from functions.http.rooms import Rooms
from functions.http.routing import Call, Route, resolver
from shared import bootstrap
from shared.domain.declines import told_code

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
    """What a booking has to pay by card, and whether the provider has confirmed it.

    After a decline `advice` says what helps, and the slot stays held until `hold_until`, which a
    bank's block puts off once. A page that shows it as paid says so: POST /v1/payments/{id}/shown.
    """

    payment_intent: str | None
    amount: views.MoneyView
    paid: bool
    decline_code: str | None
    advice: payment_views.AdviceView | None
    hold_until: str


def pay(rooms: Rooms, call: Call, asked: PaymentBody) -> CheckoutView:
    """The payment intent of a booking: the same one for every key, so no key needs storing.

    A saved card is charged at once; where its bank refuses, the customer confirms the same intent.
    """
    own = own_booking(rooms, call)
    if asked.card_id is None:
        checkout = rooms.card_payments().start(own.booking_id)
    else:
        paying = rooms.saved_card_payments()
        checkout = paying.pay(own.booking_id, asked.card_id, call.once.key)
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
        "decline_code": told_code(own.decline_code),
        "advice": payment_views.advice(own.decline_code, own.language),
        "hold_until": views.moment(own.hold_until),
    }


ROUTES = (
    Route("POST", _PATH, "Start paying for a booking", _CUSTOMER, PaymentBody, pay, CheckoutView),
    Route("GET", _PATH, "Show whether a booking is paid", _CUSTOMER, Nothing, payment, PaymentView),
    *extensions.ROUTES,
    *payments.ROUTES,
)
handler = resolver(bootstrap, ROUTES).resolve
