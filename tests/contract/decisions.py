"""Decisions to be stored, made by the real domain, for the tests of the stores."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.application.bookings import change
from shared.application.store import Cause, Change, Loaded, Replay
from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Booking
from shared.domain.effects import Consequences
from shared.domain.decide import decide, open_booking
from shared.domain.lots import BONUS, Lot, Tariff, fund
from shared.domain.money import Money
from shared.domain.policy import CURRENT

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TARIFF = Tariff("standard", Money(6000, "rub"))
CAUSE = Cause("Book", "customer", {"idempotency_key": "k1"})


def hold(
    booking_id: str,
    *,
    customer_id: str = "anna",
    operator_id: str = "olga",
    starts_at: datetime = NOON,
    minutes: int = 30,
    now: datetime = NOON - timedelta(days=1),
    lots: Sequence[Lot] = (),
    money: Money | None = None,
    replay: Replay | None = None,
) -> Change:
    """A new booking, paid from lots and money as far as they go."""
    funding = fund(minutes * 60, TARIFF, lots, money or Money.zero("rub"), now)
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
    return change(None, events, booking, now, CAUSE, replay)


def then(before: Change, command: c.Command, now: datetime) -> Change:
    """What follows from a command on the state that an earlier change leads to."""
    loaded = Loaded(before.booking, before.version + 1, before.due_at)
    events, after = decide(loaded.booking, command, now, CURRENT)
    assert events, "nothing follows"
    return change(loaded, events, after, now, Cause(type(command).__name__, "test", {}), None)


def paid(before: Change, now: datetime) -> Change:
    """The card paid what was due."""
    due = before.booking.card_due
    return then(before, c.ConfirmPayment("pi_1", "ch_1", due, reinstate=False), now)


def granting(before: Change, *, lots: Sequence[Lot] = (), money: int = 0) -> Change:
    """The same decision, which also brings its customer minutes and money."""
    follows = replace(
        before.consequences,
        new_lots=tuple(lots),
        money={"rub": money} if money else {},
    )
    return replace(before, consequences=follows)


def bare(booking: Booking, version: int, at: datetime, events: tuple[e.Event, ...]) -> Change:
    """A decision without consequences."""
    return Change(booking, version, at, CAUSE, events, Consequences(), (), None, head=True)


def lot(lot_id: str, seconds: int, tariff_id: str = BONUS, minor: int = 0) -> Lot:
    """Minutes that a customer may use."""
    bought = NOON - timedelta(days=9)
    return Lot(lot_id, tariff_id, seconds, seconds, Money(minor, "rub"), None, bought)
