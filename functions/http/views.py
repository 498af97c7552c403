"""What the API shows: integers, RFC 3339 times in UTC, never a phone number or its pseudonym."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypedDict

from shared.domain.commands import LineChoice
from shared.domain.declines import told_code
from shared.domain.events import LineRemedy
from shared.domain.letters.mishap_letters import choice_text
from shared.domain.lots import money_of
from shared.domain.mishap.events import Choice
from shared.domain.money import Money
from shared.domain.slots import QUARTER

if TYPE_CHECKING:
    from shared.application.store import Operator, Slot, Summary
    from shared.domain.booking import Booking
    from shared.domain.lots import Lot, Tariff
    from shared.domain.mishap.offers import Offer
    from shared.domain.session.session import Session


class MoneyView(TypedDict):
    """An amount in the minor unit of its currency."""

    amount_minor: int
    currency: str


class TariffView(TypedDict):
    """What a minute costs."""

    tariff_id: str
    per_minute: MoneyView


class TariffList(TypedDict):
    """All tariffs."""

    items: list[TariffView]
    cursor: str | None


class OperatorView(TypedDict):
    """An operator as customers see him."""

    operator_id: str
    name: str
    per_minute: MoneyView


class OperatorList(TypedDict):
    """Operators."""

    items: list[OperatorView]
    cursor: str | None


class QuarterView(TypedDict):
    """A free quarter of an hour."""

    starts_at: str
    ends_at: str


class QuarterList(TypedDict):
    """Free quarters in order."""

    items: list[QuarterView]
    cursor: str | None


class BookingRow(TypedDict):
    """A booking in a list, where one whose session is ending is still live."""

    id: str
    status: str
    operator_id: str
    starts_at: str
    minutes: int


class BookingList(TypedDict):
    """Bookings, latest start first."""

    items: list[BookingRow]
    cursor: str | None


class BillView(TypedDict):
    """Each second of a session is one of the first four; billed and unused make up those bought."""

    waiting: int
    talk: int
    hold: int
    gap: int
    billed: int
    unused: int


class GapView(TypedDict):
    """The line is down since then, and who is missing."""

    since: str
    lost: list[str]


class BadLineView(TypedDict):
    """The line was said to be bad: what was tried last, and what may be chosen once all was."""

    tried: str
    choices: list[str]


class SessionView(TypedDict):
    """The call itself; bill and end stand there once it is settled.

    While the customer is waited for, `held_since` says since when; that time is billed.
    """

    started_at: str
    connected: bool
    seconds_left: int
    gap: GapView | None
    held_since: str | None
    bad_line: BadLineView | None
    reason: str | None
    ended_at: str | None
    bill: BillView | None


class RefundView(TypedDict):
    """Money that left a booking for its card; how far it is stands with the payment.

    Args:
        id: of the refund; null where it was made by hand, or waits for the bank.
    """

    id: str | None
    payment_id: str
    amount: MoneyView
    reason: str


class OfferChoiceView(TypedDict):
    """What may be chosen, in the customer's language, and the bonus that comes with it."""

    choice: str
    text: str
    bonus_minutes: int


class AcceptedView(TypedDict):
    """What was chosen; `booking_id` of the call that was arranged, `refunds` to his cards."""

    choice: str
    booking_id: str | None
    refunds: list[MoneyView]


class OfferView(TypedDict):
    """What a customer is offered after a mishap, once; in silence his minutes and bonus stay his.

    With `needs_number` the number of the booking cannot be reached: to be called, give another one.
    """

    id: str
    choices: list[OfferChoiceView]
    bonus_minutes: int
    until: str
    open: bool
    needs_number: bool
    accepted: AcceptedView | None


class BookingView(TypedDict):
    """A booking as it stands; hold_until only while it waits for its payment."""

    id: str
    status: str
    operator_id: str
    starts_at: str
    minutes: int
    delay_seconds: int
    language: str
    tariff_id: str
    price: MoneyView
    card_due: MoneyView
    hold_until: str | None
    paid: bool
    decline_code: str | None
    refunds: list[RefundView]
    session: SessionView | None
    offers: list[OfferView]
    created_at: str


class LotView(TypedDict):
    """Minutes of one purchase, with the price of what is left."""

    lot_id: str
    tariff_id: str
    minutes_left: int
    seconds_left: int
    price: MoneyView
    paid_at: str


class AccountView(TypedDict):
    """What stands on a customer's balance."""

    money: list[MoneyView]
    lots: list[LotView]


def money(amount: Money) -> MoneyView:
    """An amount."""
    return {"amount_minor": amount.minor, "currency": amount.currency}


def moment(at: datetime) -> str:
    """A time, RFC 3339; milliseconds only where there are any."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds" if at.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def tariff(one: "Tariff") -> TariffView:
    """A tariff."""
    return {"tariff_id": one.tariff_id, "per_minute": money(one.per_minute)}


def operators(
    found: Iterable["Operator"], tariffs: Iterable["Tariff"], cursor: str | None
) -> OperatorList:
    """A page of operators; one whose tariff is not there cannot be booked and is not shown."""
    prices = {tariff.tariff_id: money(tariff.per_minute) for tariff in tariffs}
    items: list[OperatorView] = [
        {"operator_id": one.operator_id, "name": one.name, "per_minute": prices[one.tariff_id]}
        for one in found
        if one.tariff_id in prices
    ]
    return {"items": items, "cursor": cursor}


def quarters(slots: Iterable["Slot"]) -> QuarterList:
    """Quarters of one operator."""
    items: list[QuarterView] = [
        {"starts_at": moment(slot.quarter), "ends_at": moment(slot.quarter + QUARTER)}
        for slot in slots
    ]
    return {"items": items, "cursor": None}


def row(summary: "Summary") -> BookingRow:
    """A booking in a list."""
    return {
        "id": summary.booking_id,
        "status": summary.status.value,
        "operator_id": summary.operator_id,
        "starts_at": moment(summary.starts_at),
        "minutes": summary.seconds // 60,
    }


def row_of(one: "Booking") -> BookingRow:
    """A new booking, as a list will show it."""
    return {
        "id": one.booking_id,
        "status": one.listed.value,
        "operator_id": one.operator_id,
        "starts_at": moment(one.starts_at),
        "minutes": one.seconds // 60,
    }


def booking(one: "Booking", now: datetime) -> BookingView:
    """A booking as its customer sees it."""
    refunds: list[RefundView] = [
        {
            "id": back.refund_id,
            "payment_id": back.intent_id,
            "amount": money(back.amount),
            "reason": back.reason.value,
        }
        for back in one.returns
    ]
    return {
        "id": one.booking_id,
        "status": one.status.value,
        "operator_id": one.operator_id,
        "starts_at": moment(one.starts_at),
        "minutes": one.seconds // 60,
        "delay_seconds": one.delay,
        "language": one.language,
        "tariff_id": one.tariff.tariff_id,
        "price": money(one.price),
        "card_due": money(one.card_due),
        "hold_until": moment(one.hold_until) if one.status.value == "held" else None,
        "paid": one.paid_by_card or one.card_due.minor == 0,
        "decline_code": told_code(one.decline_code),
        "refunds": refunds,
        "session": _session(one, one.session, now) if one.session else None,
        "offers": offers(one, now),
        "created_at": moment(one.created_at),
    }


def _session(one: "Booking", session: "Session", now: datetime) -> SessionView:
    closed, gap = session.closed, session.dropped_at
    bill: BillView | None = None
    if closed is not None:
        of = closed.bill
        bill = {
            "waiting": of.waiting,
            "talk": of.talk,
            "hold": of.hold,
            "gap": of.gap,
            "billed": of.billed,
            "unused": of.unused,
        }
    return {
        "started_at": moment(session.started_at),
        "connected": closed is None and session.connected_since() is not None,
        "seconds_left": closed.bill.unused if closed else one.left(now),
        "gap": {"since": moment(gap), "lost": [str(side) for side in session.lost]}
        if gap
        else None,
        "held_since": moment(session.held_since) if session.held_since else None,
        "bad_line": _bad_line(one, session),
        "reason": session.reason.value if session.reason else None,
        "ended_at": moment(closed.ended_at) if closed else None,
        "bill": bill,
    }


def _bad_line(one: "Booking", session: "Session") -> BadLineView | None:
    if not session.bad_line:
        return None
    _, tried = session.line_reports[-1]
    choices = [LineChoice.STOP, LineChoice.OTHER_PHONE] if one.backup_phone else [LineChoice.STOP]
    exhausted = tried is LineRemedy.CHOICE and session.renewed is None
    return {
        "tried": tried.value,
        "choices": [choice.value for choice in choices] if exhausted else [],
    }


def offers(one: "Booking", now: datetime) -> list[OfferView]:
    """What a booking's customer was offered, oldest first."""
    return [offer(one, each, now) for each in one.offers]


def offer(one: "Booking", made: "Offer", now: datetime) -> OfferView:
    """One offer of a booking."""
    minutes = made.bonus // 60
    choices: list[OfferChoiceView] = [
        {
            "choice": choice.value,
            "text": choice_text(choice, one.language),
            "bonus_minutes": minutes if choice in made.with_bonus else 0,
        }
        for choice in made.choices
    ]
    chosen = made.accepted
    accepted: AcceptedView | None = None
    if chosen is not None:
        accepted = {
            "choice": chosen.choice.value,
            "booking_id": chosen.booking_id,
            "refunds": [money(refund.amount) for refund in chosen.refunds],
        }
    return {
        "id": made.offer_id,
        "choices": choices,
        "bonus_minutes": minutes,
        "until": moment(made.until),
        "open": made.is_open and now < made.until,
        "needs_number": bool(made.needs_number - {Choice.OTHER_PHONE}),
        "accepted": accepted,
    }


def account(lots: Sequence["Lot"]) -> AccountView:
    """A customer's balance."""
    shown: list[LotView] = [
        {
            "lot_id": lot.lot_id,
            "tariff_id": lot.tariff_id,
            "minutes_left": lot.left // 60,
            "seconds_left": lot.left,
            "price": money(lot.value),
            "paid_at": moment(lot.paid_at),
        }
        for lot in lots
        if not lot.is_money
    ]
    amounts = [Money(minor, currency) for currency, minor in sorted(money_of(lots).items())]
    return {"money": [money(amount) for amount in amounts], "lots": shown}
