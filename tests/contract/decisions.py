"""Decisions to be stored, made by the real domain, for the tests of the stores."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.application.change import booking_change, case_change, payment_change
from shared.application.store import Cause, Change, Loaded, Replay, Store
from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Booking
from shared.domain.booking_number import with_check_digit
from shared.domain.business_days import Calendar
from shared.domain.card import Card
from shared.domain.case import commands as cc
from shared.domain.case import events as ce
from shared.domain.case.case import Case
from shared.domain.case.decide import decide as decide_case
from shared.domain.decide import decide, open_booking
from shared.domain.effects import Consequences
from shared.domain.lots import BONUS, Lot, Tariff, fund, money_lot, money_of
from shared.domain.money import Money
from shared.domain.payment import commands as pc
from shared.domain.payment import events as pe
from shared.domain.payment.decide import decide as decide_payment
from shared.domain.payment.payment import Payment, evolve
from shared.domain.policy import CURRENT

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVER = datetime(2000, 1, 1, tzinfo=UTC)
TARIFF = Tariff("standard", Money(6000, "rub"))
CAUSE = Cause("Book", "customer", {"idempotency_key": "k1"})
CALENDAR = Calendar("Europe/Moscow", lambda day: day.weekday() < 5)
CARD = Card("visa", "4242", "fp_1")
PRICE = Money(180_000, "rub")


# --- bookings -------------------------------------------------------------------------------------


def hold(
    booking_id: str,
    *,
    customer_id: str = "anna",
    operator_id: str = "olga",
    starts_at: datetime = NOON,
    minutes: int = 30,
    now: datetime = NOON - timedelta(days=1),
    lots: Sequence[Lot] = (),
    replay: Replay | None = None,
) -> Change:
    """A new booking, paid from lots as far as they go."""
    funding = fund(minutes * 60, TARIFF, lots, now)
    held = e.BookingHeld(
        booking_id=booking_id,
        customer_id=customer_id,
        operator_id=operator_id,
        operator_phones=("aaaa", "bbbb"),
        tariff=TARIFF,
        starts_at=starts_at,
        seconds=minutes * 60,
        main_phone="cccc",
        backup_phone="dddd",
        language="en",
        policy_version=CURRENT.version,
        holdings=funding.holdings,
        card_seconds=funding.card_seconds,
        card_due=funding.card_due,
        hold_until=now + timedelta(seconds=CURRENT.payment_hold),
    )
    events, booking = open_booking(held, now, CURRENT)
    return booking_change(None, events, booking, now, CAUSE, replay)


def held_by(change: Change) -> Booking:
    """The booking that a change leads to."""
    assert isinstance(change.state, Booking)
    return change.state


def then(before: Change, command: c.Command, now: datetime) -> Change:
    """What follows from a command on the booking that an earlier change leads to."""
    loaded = Loaded(held_by(before), before.version + 1, before.due_at)
    events, after = decide(loaded.state, command, now, CURRENT)
    assert events, "nothing follows"
    cause = Cause(type(command).__name__, "test", {})
    return booking_change(loaded, events, after, now, cause, None)


def paid(
    before: Change, now: datetime, *, intent_id: str = "pi_1", reinstate: bool = False
) -> Change:
    """The booking's own part of it when the card paid what was due."""
    due = held_by(before).card_due
    return then(before, c.ConfirmPayment(intent_id, "ch_1", due, reinstate=reinstate), now)


def granting(before: Change, *, lots: Sequence[Lot] = (), money: int = 0) -> Change:
    """The same decision, which also brings its customer minutes and money."""
    purse: tuple[Lot, ...] = ()
    if money:
        purse = (money_lot(f"m-{held_by(before).booking_id}", Money(money, "rub"), None, NOON),)
    follows = replace(before.consequences, new_lots=(*lots, *purse))
    return replace(before, consequences=follows)


def bare(booking: Booking, version: int, at: datetime, events: tuple[e.Event, ...]) -> Change:
    """A decision without consequences."""
    return Change(booking, version, at, CAUSE, events, Consequences(), (), None, head=True)


def lot(lot_id: str, seconds: int, tariff_id: str = BONUS, minor: int = 0) -> Lot:
    """Minutes that a customer may use."""
    bought = NOON - timedelta(days=9)
    return Lot(lot_id, tariff_id, seconds, seconds, Money(minor, "rub"), None, bought)


def rubles(store: Store, customer_id: str = "anna") -> int:
    """The money on a customer's balance, minor units."""
    return money_of(store.lots(customer_id)).get("rub", 0)


# --- payments -------------------------------------------------------------------------------------


def opened(
    payment_id: str = "pi_1",
    *,
    customer_id: str | None = "anna",
    booking_id: str | None = None,
    amount: Money = PRICE,
) -> pe.PaymentOpened:
    """A payment of a booking where one is named, else a top-up."""
    purpose = pe.Purpose.TOP_UP if booking_id is None else pe.Purpose.BOOKING
    return pe.PaymentOpened(
        payment_id=payment_id,
        purpose=purpose if customer_id else pe.Purpose.UNKNOWN,
        customer_id=customer_id,
        booking_id=booking_id,
        due=amount,
        checkout="page-1",
        language="en",
        policy_version=CURRENT.version,
    )


def captured(
    start: pe.PaymentOpened,
    now: datetime,
    *orders: pc.Command,
    card: Card | None = CARD,
    replay: Replay | None = None,
) -> Change:
    """A payment recorded and captured at once, and what else is asked of it."""
    state = evolve(None, start, now)
    events: tuple[pe.Event, ...] = (start,)
    capture = pc.Capture(start.due, f"ch_{start.payment_id}", card, now)
    for command in (capture, *orders):
        more, state = decide_payment(state, command, now, CURRENT, CALENDAR)
        events = (*events, *more)
    return payment_change(None, events, state, now, Cause("Capture", "provider", {}), replay)


def paid_by(change: Change) -> Payment:
    """The payment that a change leads to."""
    assert isinstance(change.state, Payment)
    return change.state


def and_then(
    before: Change, command: pc.Command, now: datetime, replay: Replay | None = None
) -> Change:
    """What follows from a command on the payment that an earlier change leads to."""
    loaded = Loaded(paid_by(before), before.version + 1, before.due_at)
    events, after = decide_payment(loaded.state, command, now, CURRENT, CALENDAR)
    assert events, "nothing follows"
    cause = Cause(type(command).__name__, "test", {})
    return payment_change(loaded, events, after, now, cause, replay)


def paid_by_card(
    before: Change, now: datetime, *, payment_id: str = "pi_1", reinstate: bool = False
) -> tuple[Change, Change]:
    """Both parts of it when the card paid what was due: of the booking, and of the payment."""
    own = paid(before, now, intent_id=payment_id, reinstate=reinstate)
    booking = held_by(own)
    start = opened(
        payment_id,
        customer_id=booking.customer_id,
        booking_id=booking.booking_id,
        amount=booking.card_due,
    )
    orders = [order.command for order in own.consequences.orders]
    return own, captured(start, now, *orders)


def cancelled(booking: Change, payment: Change, now: datetime) -> tuple[Change, Change]:
    """Both parts of it when a booking paid by card is cancelled: the refund is asked for."""
    own = then(booking, c.Cancel(), now)
    (order,) = own.consequences.orders
    return own, and_then(payment, order.command, now)


# --- cases ----------------------------------------------------------------------------------------


def case_number(n: int) -> str:
    """The n-th case number."""
    return with_check_digit(f"5{n:010d}")


def case_opened(
    n: int,
    now: datetime,
    *,
    deadline: datetime,
    kind: ce.CaseKind = ce.CaseKind.REFUND_REQUEST,
    replay: Replay | None = None,
) -> Change:
    """A new case about a payment."""
    command = cc.OpenCase(
        number=case_number(n),
        kind=kind,
        about=ce.About(payment_id="pi_1", customer_id="anna"),
        deadline=deadline,
        escalation_step=CURRENT.case_escalation,
        language="en",
        facts={"amount": "180000 rub", "слово": "«да»"},
        text_id="text-1",
    )
    events, case = decide_case(None, command, now)
    return case_change(None, events, case, now, Cause("OpenCase", "customer", {}), replay)


def of_case(before: Change, command: cc.Command, now: datetime) -> Change:
    """What follows from a command on the case that an earlier change leads to."""
    assert isinstance(before.state, Case)
    loaded = Loaded(before.state, before.version + 1, before.due_at)
    events, after = decide_case(loaded.state, command, now)
    assert events, "nothing follows"
    return case_change(loaded, events, after, now, Cause(type(command).__name__, "desk", {}))
