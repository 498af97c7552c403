"""Payments of Anna's, as the tests of the API need them."""

from datetime import timedelta
from typing import Any

from shared.application.store import Cause
from shared.domain import commands as bc
from shared.domain.lots import Lot
from shared.domain.money import Money
from shared.domain.payment import commands as c
from tests.unit.http.house import ANNA, BORIS, NOW, House, order

PRICE = {"amount_minor": 30000, "currency": "rub"}  # 30 minutes


def paid(house: House, booking_id: str, *, who: str = ANNA, card: str = "pm_card_visa") -> str:
    """A booking is paid by card; returns the payment."""
    intent = started(house, booking_id, who=who)
    report(house, intent, card)
    return intent


def started(house: House, booking_id: str, *, who: str = ANNA) -> str:
    """Its owner begins to pay for a booking; returns the intent."""
    answer = house.ask("POST", f"/v1/bookings/{booking_id}/payment", who=who)
    assert answer.status == 200, answer.text
    intent: str = answer.json["payment_intent"]
    return intent


def report(house: House, intent: str, card: str = "pm_card_visa") -> None:
    """An intent is confirmed with a card, and the provider reports what came of it."""
    house.provider.pay(intent, card)
    house.rooms.card_payments().reported(intent, {"event": "evt_1"})


def late(house: House, **changes: Any) -> str:
    """Anna's money comes when her slot is Boris's; returns the payment."""
    number = house.book(**changes)["id"]
    intent = started(house, number)
    house.clock.moment = NOW + timedelta(minutes=16)
    house.rooms.bookings().apply(number, bc.Tick(), Cause("Tick", "timer", {}))
    assert house.ask("POST", "/v1/bookings", body=order(), who=BORIS).status == 201
    report(house, intent)
    return intent


def unused(house: House) -> str:
    """Anna paid for a session that ended before anybody spoke; returns the payment."""
    number = house.book()["id"]
    payment_id = paid(house, number)
    bookings = house.rooms.bookings()
    house.clock.moment = bookings.load(number).state.starts_at
    bookings.apply(number, bc.Tick(), Cause("Tick", "timer", {}))
    assert house.ask("POST", f"/v1/bookings/{number}/end").status == 200
    house.clock.moment += timedelta(hours=1)
    bookings.apply(number, bc.Tick(), Cause("Tick", "timer", {}))
    return payment_id


def disputed(house: House, payment_id: str, *, inquiry: bool = False) -> None:
    """Her bank asks about a payment, or claims it."""
    claim = c.NoteDispute(
        "dp_1", Money(30000, "rub"), inquiry, "fraudulent", None, (), lots_of(house, payment_id)
    )
    cause = Cause("NoteDispute", "payment provider", {})
    house.rooms.payment_records().apply(payment_id, claim, cause)


def lots_of(house: House, payment_id: str) -> tuple[Lot, ...]:
    """Anna's unused lots of a payment."""
    return tuple(lot for lot in house.store.lots(ANNA) if lot.payment_id == payment_id)


def settled(house: House, payment_id: str, refund_id: str, provider_id: str = "re_1") -> None:
    """The provider has paid a refund out."""
    cause = Cause("NoteRefund", "payment provider", {})
    note = c.NoteRefund(refund_id, provider_id, settled=True)
    house.rooms.payment_records().apply(payment_id, note, cause)
