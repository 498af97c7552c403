"""What must follow from an event, in the same transaction: ledger postings, lots, slots, effects.

One row per kind of event; an event that is not named here changes the state of its booking alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain import events as e
from shared.domain import ledger
from shared.domain.booking import CANCEL_INTENT, Booking, Status
from shared.domain.instructions import Prompt
from shared.domain.legs import Side
from shared.domain.lots import BONUS, Holding, Lot, Source
from shared.domain.money import Money
from shared.domain.policy import policy_of
from shared.domain.slots import QUARTER, quarters


class EffectKind(StrEnum):
    """What a worker is asked to do; the queue of each stands in shared/application/outbox.py."""

    PLACE_CALL = "place_call"
    HANG_UP = "hang_up"
    REDIRECT = "redirect"
    ANNOUNCE = "announce"
    LOOK_UP_LEG = "look_up_leg"
    SEEK_REPLACEMENT = "seek_replacement"
    CHECK_OVERRUN = "check_overrun"
    DELAY_NEXT = "delay_next"
    CANCEL_INTENT = "cancel_intent"
    REFUND = "refund"
    SEND_LETTER = "send_letter"
    WAKE = "wake"


@dataclass(frozen=True, slots=True)
class Effect:
    """Something to be done outside, stored before anybody is called.

    Args:
        kind: what.
        booking_id: for whom.
        subject: which leg, letter, refund, prompt or booking.
        at: not before this business moment, UTC; None for at once.
        redriven: asked for before, so that it may have happened already.
    """

    kind: EffectKind
    booking_id: str
    subject: str = ""
    at: datetime | None = None
    redriven: bool = False


@dataclass(frozen=True, slots=True)
class SlotChange:
    """A quarter of an operator's time is claimed for a booking, or given back."""

    operator_id: str
    quarter: datetime
    claim: bool


@dataclass(frozen=True, slots=True)
class LotTaken:
    """Seconds leave a lot, if it still holds what the decision saw.

    Args:
        seconds: taken from it.
        left: what it held when it was decided.
    """

    lot_id: str
    seconds: int
    left: int


@dataclass(frozen=True, slots=True)
class Consequences:
    """Everything one decision writes beside its events.

    Args:
        postings: of one balanced journal entry.
        money: change of the customer's balance, per currency, minor units.
        new_lots: lots that come into being.
        taken: seconds that leave lots.
        lines: phone pseudonyms by which a customer's own call finds this booking.
        calls: (provider's call id, leg id) by which a call in the provider's lists is found.
    """

    postings: tuple[ledger.Posting, ...] = ()
    money: dict[str, int] = field(default_factory=dict)
    new_lots: tuple[Lot, ...] = ()
    taken: tuple[LotTaken, ...] = ()
    slots: tuple[SlotChange, ...] = ()
    effects: tuple[Effect, ...] = ()
    lines: tuple[str, ...] = ()
    calls: tuple[tuple[str, str], ...] = ()


def consequences(before: Booking | None, events: Iterable[tuple[e.Event, Booking]]) -> Consequences:
    """Everything that follows from the events of one decision, summed up.

    Args:
        before: the state before the first of them.
        events: each event with the state after it.
    """
    parts: list[Consequences] = []
    for event, after in events:
        parts.append(_of(event, before or after, after))
        before = after
    money: dict[str, int] = {}
    for part in parts:
        for currency, minor in part.money.items():
            money[currency] = money.get(currency, 0) + minor
    return Consequences(
        postings=tuple(p for part in parts for p in part.postings),
        money={currency: minor for currency, minor in money.items() if minor},
        new_lots=tuple(lot for part in parts for lot in part.new_lots),
        taken=tuple(t for part in parts for t in part.taken),
        slots=_net(s for part in parts for s in part.slots),
        effects=tuple(f for part in parts for f in part.effects),
        lines=tuple(n for part in parts for n in part.lines),
        calls=tuple(call for part in parts for call in part.calls),
    )


def _net(changes: Iterable[SlotChange]) -> tuple[SlotChange, ...]:
    """A quarter that is given back and claimed again is not touched."""
    seen = tuple(changes)
    claimed = {(s.operator_id, s.quarter) for s in seen if s.claim}
    freed = {(s.operator_id, s.quarter) for s in seen if not s.claim}
    both = claimed & freed
    return tuple(s for s in seen if (s.operator_id, s.quarter) not in both)


def _of(event: e.Event, before: Booking, after: Booking) -> Consequences:
    b = after.booking_id

    def effect(kind: EffectKind, subject: str = "") -> Effect:
        return Effect(kind, b, subject)

    match event:
        case e.BookingHeld() | e.BookingReinstated():
            return _reserve(after)
        case e.BookingExpired() | e.BookingCancelled():
            unpaid = CANCEL_INTENT in after.pending
            return _give_back(
                before, event.restored, (effect(EffectKind.CANCEL_INTENT),) if unpaid else ()
            )
        case e.BookingMoved():
            return Consequences(slots=(*_slots(before, claim=False), *_slots(after, claim=True)))
        case e.PaymentConfirmed():
            return Consequences(
                postings=(
                    *_money(event.amount, ledger.PROVIDER, ledger.booking_account(b)),
                    *ledger.move(
                        _seconds(after.tariff.tariff_id),
                        ledger.MINUTES_SOLD,
                        ledger.booking_account(b),
                        after.card_seconds,
                    ),
                )
            )
        case e.PaymentCredited():
            return Consequences(
                postings=_money(
                    event.amount, ledger.PROVIDER, ledger.balance_account(after.customer_id)
                ),
                money={event.amount.currency: event.amount.minor},
            )
        case e.RefundRequested():
            return _refund_requested(event, after)
        case e.RefundSettled():
            amount = next(r.amount for r in after.refunds if r.refund_id == event.refund_id)
            return Consequences(
                postings=_money(amount, ledger.refund_account(event.refund_id), ledger.PROVIDER)
            )
        case e.RefundRefused() | e.RefundFailed():
            failed = isinstance(event, e.RefundFailed)
            came_from = ledger.PROVIDER if failed else ledger.refund_account(event.refund_id)
            return Consequences(
                postings=_money(event.amount, came_from, ledger.balance_account(after.customer_id)),
                money={event.amount.currency: event.amount.minor},
            )
        case e.LetterDue():
            return Consequences(effects=(effect(EffectKind.SEND_LETTER, event.letter_id),))
        case e.EffectRedriven():
            return Consequences(effects=(_again(after, event.effect_id),))
        case e.OperatorReplaced():
            stand_in = before.live_session.stand_in
            claimed = _quarters(event.operator_id, event.quarters, claim=True)
            return Consequences(slots=(*_quarters(event.before, stand_in, claim=False), *claimed))
        case e.SessionStarted():
            lines = tuple(p for p in (after.main_phone, after.backup_phone) if p)
            return Consequences(lines=lines)
        case e.SessionClosed():
            return _settle(event, after)
        case _:
            return _of_session(event, after) if after.session else Consequences()


def _of_session(event: e.Event, after: Booking) -> Consequences:
    b, session = after.booking_id, after.live_session
    match event:
        case e.LegRequested():
            return Consequences(effects=(Effect(EffectKind.PLACE_CALL, b, event.leg_id),))
        case e.LegPlaced():
            leg = session.leg(event.leg_id)
            unwanted = leg is not None and (leg.dismissed or after.status is Status.ENDING)
            hang_up = (Effect(EffectKind.HANG_UP, b, event.leg_id),) if unwanted else ()
            return Consequences(effects=hang_up, calls=((event.call_id, event.leg_id),))
        case e.LegCalledIn():
            return Consequences(calls=((event.call_id, event.leg_id),))
        case e.LegDismissed():
            return Consequences(effects=(Effect(EffectKind.HANG_UP, b, event.leg_id),))
        case e.LegLookedUp():
            return Consequences(effects=(Effect(EffectKind.LOOK_UP_LEG, b, event.leg_id),))
        case e.LineDropped():
            return Consequences(effects=_told_of_drop(event, after))
        case e.SidesJoined() | e.LineRestored():
            over = event.moment + timedelta(seconds=after.left(event.moment))
            booked_until = quarters(after.starts_at, after.seconds)[-1] + QUARTER
            told_from = policy_of(after.policy_version).delay_told_from
            check = over >= booked_until + timedelta(seconds=told_from)
            return Consequences(effects=(Effect(EffectKind.CHECK_OVERRUN, b),) if check else ())
        case e.ReplacementSought():
            return Consequences(effects=(Effect(EffectKind.SEEK_REPLACEMENT, b),))
        case e.QuartersKept():
            return Consequences(slots=_quarters(event.operator_id, event.quarters, claim=True))
        case e.OverrunFound():
            subject = f"{event.next_booking_id}:{event.delay_seconds}"
            return Consequences(effects=(Effect(EffectKind.DELAY_NEXT, b, subject),))
        case e.WarningGiven():
            return Consequences(effects=(Effect(EffectKind.ANNOUNCE, b, Prompt.ONE_MINUTE_LEFT),))
        case _:
            return Consequences()


def _told_of_drop(event: e.LineDropped, after: Booking) -> tuple[Effect, ...]:
    """Whoever is still there is taken out, hears why he waits, and is put back without a limit.

    The limit his leg was given counts on through the gap and would eat up unbilled time (S1.6).
    """
    session = after.live_session
    return tuple(
        Effect(EffectKind.REDIRECT, after.booking_id, leg.leg_id)
        for side in Side
        if side not in event.lost and (leg := session.on_the_line(side)) is not None
    )


def _again(after: Booking, effect_id: str) -> Effect:
    if effect_id == CANCEL_INTENT:
        return Effect(EffectKind.CANCEL_INTENT, after.booking_id, redriven=True)
    kind = EffectKind.REFUND if after.refund(effect_id) else EffectKind.SEND_LETTER
    return Effect(kind, after.booking_id, effect_id, redriven=True)


# --- money and minutes ----------------------------------------------------------------------------


def _seconds(tariff_id: str) -> str:
    return f"sec:{tariff_id}"


def _money(amount: Money, debit: str, credit: str) -> tuple[ledger.Posting, ...]:
    return ledger.move(amount.currency, debit, credit, amount.minor)


def _unit(holding: Holding, booking: Booking) -> str:
    return _seconds(BONUS if holding.source is Source.BONUS else booking.tariff.tariff_id)


def _quarters(
    operator_id: str, chosen: tuple[datetime, ...], *, claim: bool
) -> tuple[SlotChange, ...]:
    return tuple(SlotChange(operator_id, quarter, claim) for quarter in chosen)


def _slots(booking: Booking, *, claim: bool) -> tuple[SlotChange, ...]:
    chosen = quarters(booking.starts_at, booking.seconds)
    return _quarters(booking.operator_id, chosen, claim=claim)


def _reserve(booking: Booking) -> Consequences:
    """What the balance covers moves from the customer to the booking."""
    held = ledger.booking_account(booking.booking_id)
    postings: list[ledger.Posting] = []
    taken: list[LotTaken] = []
    money: dict[str, int] = {}
    for holding in booking.holdings:
        postings += _between(booking, holding, held, give_back=False)
        if holding.lot_id is not None:
            taken.append(LotTaken(holding.lot_id, holding.lot_seconds, holding.lot_left))
        elif holding.source is Source.BALANCE:
            currency = holding.paid.currency
            money[currency] = money.get(currency, 0) - holding.paid.minor
    return Consequences(
        postings=tuple(postings),
        money=money,
        taken=tuple(taken),
        slots=_slots(booking, claim=True),
    )


def _give_back(
    booking: Booking, restored: tuple[Lot, ...], effects: tuple[Effect, ...]
) -> Consequences:
    """The reverse of a reservation; a card's part goes back by a refund of its own."""
    held = ledger.booking_account(booking.booking_id)
    own = [h for h in booking.holdings if h.source is not Source.CARD]
    money: dict[str, int] = {}
    for holding in own:
        if holding.source is Source.BALANCE:
            currency = holding.paid.currency
            money[currency] = money.get(currency, 0) + holding.paid.minor
    return Consequences(
        postings=tuple(p for h in own for p in _between(booking, h, held, give_back=True)),
        money=money,
        new_lots=restored,
        slots=_slots(booking, claim=False),
        effects=effects,
    )


def _between(
    booking: Booking, holding: Holding, held: str, *, give_back: bool
) -> tuple[ledger.Posting, ...]:
    """Postings between a customer's balance and what is held for his booking."""
    unit = _unit(holding, booking)
    if holding.lot_tariff_id is None:
        money_from = ledger.balance_account(booking.customer_id)
        seconds = ledger.move(unit, ledger.MINUTES_SOLD, held, holding.seconds)
    else:
        money_from = ledger.minutes_account(booking.customer_id)
        lot_unit = _seconds(holding.lot_tariff_id)
        if lot_unit == unit:
            seconds = ledger.move(unit, money_from, held, holding.seconds)
        else:
            seconds = (
                *ledger.move(lot_unit, money_from, ledger.MINUTES_CONVERTED, holding.lot_seconds),
                *ledger.move(unit, ledger.MINUTES_CONVERTED, held, holding.seconds),
            )
    postings = (*_money(holding.paid, money_from, held), *seconds)
    if not give_back:
        return postings
    return tuple(ledger.Posting(p.account, p.unit, -p.amount) for p in postings)


def _refund_requested(event: e.RefundRequested, after: Booking) -> Consequences:
    b, amount = after.booking_id, event.amount
    effects = (Effect(EffectKind.REFUND, b, event.refund_id),)
    back = ledger.refund_account(event.refund_id)
    if event.from_balance:
        return Consequences(
            postings=_money(amount, ledger.balance_account(after.customer_id), back),
            money={amount.currency: -amount.minor},
            effects=effects,
        )
    held = ledger.booking_account(b)
    return Consequences(
        postings=(
            *_money(amount, held, back),
            *ledger.move(
                _seconds(after.tariff.tariff_id), held, ledger.MINUTES_SOLD, after.card_seconds
            ),
        ),
        effects=effects,
    )


def _settle(event: e.SessionClosed, after: Booking) -> Consequences:
    """Used minutes are earned, unused ones go to the balance at the price paid for them (S1.7)."""
    held = ledger.booking_account(after.booking_id)
    customer = ledger.minutes_account(after.customer_id)
    back = {lot.lot_id: lot for lot in event.returned}
    postings: list[ledger.Posting] = list(_money(event.earned, held, ledger.REVENUE))
    for n, holding in enumerate(after.holdings, start=1):
        lot = back.get(f"{after.booking_id}-{n}")
        unused = lot.left if lot is not None else 0
        unit = _unit(holding, after)
        postings += ledger.move(unit, held, ledger.MINUTES_USED, holding.seconds - unused)
        if lot is not None:
            postings += ledger.move(unit, held, customer, unused)
            postings += _money(lot.value, held, customer)
    return Consequences(postings=tuple(postings), new_lots=event.returned)
