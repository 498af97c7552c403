"""What the API shows: integers, RFC 3339 times in UTC, never a phone number or its pseudonym."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypedDict

from shared.domain.declines import told_code
from shared.domain.lots import money_of
from shared.domain.money import Money
from shared.domain.slots import QUARTER

if TYPE_CHECKING:
    from shared.application.store import Decision, Operator, Slot, Summary
    from shared.domain.booking import Booking
    from shared.domain.lots import Lot, Tariff
    from shared.domain.session import Session

_PHONES = frozenset({"main_phone", "backup_phone", "operator_phones", "phone_id"})
# Of an overrun, a customer learns that it is, not the number of the booking that waits: who says
# that number on the phone is taken for its owner.
# What the bank said of a card is for its owner alone, who may not be the one who holds it; the
# letter about it bears it in its id.
_REASONS = frozenset({"decline_code", "letter_id"})
_OTHERS = frozenset({"next_booking_id", "because_of"})


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
    """A booking in a list."""

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


class SessionView(TypedDict):
    """The call itself; bill and end stand there once it is settled."""

    started_at: str
    connected: bool
    seconds_left: int
    gap: GapView | None
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
    created_at: str


class CauseView(TypedDict):
    """Why something was decided, and on what evidence."""

    command: str
    source: str
    evidence: dict[str, str]


class EventView(TypedDict):
    """One event of a booking's history."""

    version: int
    at: str
    type: str
    fields: dict[str, Any]
    cause: CauseView


class Timeline(TypedDict):
    """Everything that happened to a booking, oldest first."""

    items: list[EventView]
    cursor: str | None


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
        "reason": session.reason.value if session.reason else None,
        "ended_at": moment(closed.ended_at) if closed else None,
        "bill": bill,
    }


def timeline(history: Sequence["Decision"], *, for_customer: bool) -> Timeline:
    """Every event with its time, cause and evidence.

    Args:
        history: of one booking, oldest first.
        for_customer: leave out the numbers of other people's bookings.
    """
    hidden = _PHONES | _OTHERS | _REASONS if for_customer else _PHONES
    hidden_evidence = hidden | {"letter"} if for_customer else hidden
    items: list[EventView] = [
        {
            "version": decision.version,
            "at": moment(decision.at),
            "type": type(event).__name__,
            "fields": _plain(event, hidden),
            "cause": {
                "command": decision.cause.command,
                "source": decision.cause.source,
                "evidence": {
                    k: v for k, v in decision.cause.evidence.items() if k not in hidden_evidence
                },
            },
        }
        for decision in history
        for event in decision.events
    ]
    return {"items": items, "cursor": None}


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


def _plain(value: Any, hidden: frozenset[str]) -> Any:
    match value:
        case Money():
            return money(value)
        case datetime():
            return moment(value)
        case tuple():
            return [_plain(item, hidden) for item in value]
        case frozenset():
            return [_plain(item, hidden) for item in sorted(value)]
        case _ if is_dataclass(value):
            names = (field.name for field in fields(value))
            return {n: _plain(getattr(value, n), hidden) for n in names if n not in hidden}
        case _:
            return value
