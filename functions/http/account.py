"""A customer's account: money put on the balance, and cards saved for later."""

import re
from datetime import timedelta
from typing import TypedDict

from functions.http import payment_views, views
from functions.http.identity import Role
from functions.http.ownership import own_payment, unknown_payment
from functions.http.requests import CARD_ID, Nothing, TopUpBody
from functions.http.rooms import Rooms
from functions.http.routing import CREATED, Call, Route, resolver
from shared import bootstrap
from shared.application.top_ups import TopUpRequest
from shared.domain.card import Card
from shared.domain.declines import told_code
from shared.domain.errors import NotFound
from shared.domain.money import Money
from shared.domain.payment.events import Purpose
from shared.domain.payment.payment import Payment, Status
from shared.domain.policy import policy_of
from shared.domain.saved_card import CONSENT_TEXTS, CONSENT_VERSION, SavedCard

_CUSTOMER = frozenset({Role.CUSTOMER})
_TOP_UPS, _CARDS = "/v1/account/top-ups", "/v1/account/cards"


class TopUpView(TypedDict):
    """A top-up: open until it is captured, abandoned where it was not paid by `pay_until`.

    After a decline `advice` says what helps; the same payment can be tried again.
    """

    id: str
    status: str
    amount: views.MoneyView
    pay_until: str
    captured_at: str | None
    decline_code: str | None
    advice: payment_views.AdviceView | None


class TopUpCheckout(TopUpView):
    """A top-up, and what the browser needs to confirm it at the provider while it is open.

    It is open too where the bank refused a saved card, or asks for its owner.
    """

    client_secret: str | None


class SavedCardView(TypedDict):
    """A saved card; `agreed_at` is when its owner consented."""

    id: str
    card: payment_views.CardView
    agreed_at: str


class ConsentTexts(TypedDict):
    """One text in each language."""

    en: str
    ru: str


class ConsentView(TypedDict):
    """What is to be agreed to before a card is saved."""

    version: str
    texts: ConsentTexts


class SavedCardList(TypedDict):
    """The saved cards, the latest first, and the consent that a further one needs."""

    items: list[SavedCardView]
    consent: ConsentView


def top_up(rooms: Rooms, call: Call, asked: TopUpBody) -> TopUpCheckout:
    """Begin a top-up; a saved card is charged at once."""
    request = TopUpRequest(
        customer_id=call.caller.sub,
        email=call.caller.email,
        amount=Money(asked.amount_minor, asked.currency),
        language=asked.language,
        checkout=asked.checkout,
        card_id=asked.card_id,
        save_card=bool(asked.save_card),
        consent_version=asked.consent.version if asked.consent else None,
        consent_accepted=asked.consent is not None and asked.consent.accepted,
    )
    made = rooms.top_ups().start(request, call.once)
    is_open = made.payment.status is Status.OPEN
    return {
        **_view(made.payment),
        "client_secret": made.intent.client_secret if is_open else None,
    }


def one_top_up(rooms: Rooms, call: Call, _: Nothing) -> TopUpView:
    """A top-up of the caller, as far as the provider has told of it."""
    own = own_payment(rooms, call)
    if own.purpose is not Purpose.TOP_UP:
        raise unknown_payment()
    return _view(own)


def cards(rooms: Rooms, call: Call, _: Nothing) -> SavedCardList:
    """The caller's saved cards."""
    return _cards(rooms, call)


def forget_card(rooms: Rooms, call: Call, _: Nothing) -> SavedCardList:
    """Charge a card no more; asked again, it is forgotten already."""
    card_id = call.path["card_id"]
    if not re.fullmatch(CARD_ID.pattern or "", card_id, re.ASCII):
        raise NotFound("card_unknown", "You have no such card.", "card_id")
    rooms.saved_cards().forget(call.caller.sub, card_id)
    return _cards(rooms, call)


def _view(payment: Payment) -> TopUpView:
    hold = timedelta(seconds=policy_of(payment.policy_version).payment_hold)
    captured = payment.status is Status.CAPTURED
    return {
        "id": payment.payment_id,
        "status": payment.status.value,
        "amount": views.money(payment.captured if captured else payment.due),
        "pay_until": views.moment(payment.opened_at + hold),
        "captured_at": views.moment(payment.captured_at) if payment.captured_at else None,
        "decline_code": told_code(payment.decline_code),
        "advice": payment_views.advice(payment.decline_code, payment.language),
    }


def _cards(rooms: Rooms, call: Call) -> SavedCardList:
    texts = CONSENT_TEXTS[CONSENT_VERSION]
    saved = rooms.saved_cards().of(call.caller.sub)
    return {
        "items": [_card(one, one.kept.card) for one in saved if one.kept is not None],
        "consent": {
            "version": CONSENT_VERSION,
            "texts": {"en": texts["en"], "ru": texts["ru"]},
        },
    }


def _card(saved: SavedCard, card: Card) -> SavedCardView:
    return {
        "id": saved.card_id,
        "card": {"brand": card.brand, "last4": card.last4},
        "agreed_at": views.moment(saved.consent.accepted_at),
    }


ROUTES = (
    Route(
        "POST",
        _TOP_UPS,
        "Put money on your balance; a card can be saved with it, or a saved one charged",
        _CUSTOMER,
        TopUpBody,
        top_up,
        TopUpCheckout,
        CREATED,
    ),
    Route(
        "GET",
        f"{_TOP_UPS}/{{payment_id}}",
        "Show whether a top-up is paid",
        _CUSTOMER,
        Nothing,
        one_top_up,
        TopUpView,
    ),
    Route("GET", _CARDS, "List your saved cards", _CUSTOMER, Nothing, cards, SavedCardList),
    Route(
        "DELETE",
        f"{_CARDS}/{{card_id}}",
        "Remove a saved card; it is charged no more",
        _CUSTOMER,
        Nothing,
        forget_card,
        SavedCardList,
    ),
)
handler = resolver(bootstrap, ROUTES).resolve
