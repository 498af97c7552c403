"""What must follow from an event, in the same transaction: ledger postings, lots, slots, effects.

One row per kind of event; an event that is not named here changes the state of its booking alone.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain import events as e
from shared.domain import ledger
from shared.domain.booking import CALLBACK, CANCEL_INTENT, Booking, Status
from shared.domain.effects import Consequences, Effect, EffectKind, LotTaken, SlotChange
from shared.domain.lots import BONUS, MONEY, Holding, Lot, Source
from shared.domain.money import Money
from shared.domain.payment.commands import Allocate, Credit, Order, RequestRefund, Return
from shared.domain.payment.events import RefundReason
from shared.domain.policy import policy_of
from shared.domain.session.ending import hears_goodbye
from shared.domain.session.extension import must_look_ahead
from shared.domain.session.instructions import Prompt
from shared.domain.session.legs import Leg, Motion, Side
from shared.domain.session.ringing import MISSED_CALL
from shared.domain.session.session import Session
from shared.domain.slots import QUARTER, quarters


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
    return Consequences(
        postings=tuple(p for part in parts for p in part.postings),
        new_lots=tuple(lot for part in parts for lot in part.new_lots),
        taken=tuple(t for part in parts for t in part.taken),
        slots=_net(s for part in parts for s in part.slots),
        effects=tuple(f for part in parts for f in part.effects),
        lines=tuple(n for part in parts for n in part.lines),
        calls=tuple(call for part in parts for call in part.calls),
        orders=tuple(order for part in parts for order in part.orders),
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
            cancel = (effect(EffectKind.CANCEL_INTENT),) if unpaid else ()
            effects = (*cancel, *_claimed(after, event.restored))
            return _give_back(before, event.restored, effects)
        case e.BookingMoved():
            return Consequences(slots=(*_freed(before), *_slots(after, claim=True)))
        case e.PaymentConfirmed():
            return Consequences(
                postings=ledger.move(
                    _seconds(after.tariff.tariff_id),
                    ledger.MINUTES_SOLD,
                    ledger.booking_account(b),
                    after.card_seconds,
                ),
                orders=(Order(event.intent_id, Allocate(b, event.amount)),),
            )
        case e.PaymentCredited():
            return Consequences(orders=(Order(event.intent_id, Credit(late=True)),))
        case e.PaymentUnwanted():
            refund = RequestRefund(event.refund_id, event.amount, event.reason, "system")
            return Consequences(orders=(Order(event.intent_id, refund),))
        case e.CardReturned():
            return _card_returned(event, after)
        case e.LetterDue():
            return Consequences(effects=(effect(EffectKind.SEND_LETTER, event.letter_id),))
        case e.ReadinessAsked():
            # Not asked again if it is lost: his phone rings at the start all the same.
            return Consequences(effects=(effect(EffectKind.ASK_READINESS, event.operator_id),))
        case e.CaseNeeded():
            return Consequences(effects=(effect(EffectKind.OPEN_BOOKING_CASE, event.effect_id),))
        case e.QualityAsked():
            return Consequences(effects=(effect(EffectKind.READ_QUALITY),))
        case e.BonusGranted():
            return _bonus(event, after)
        case e.OfferAccepted():
            return Consequences(orders=tuple(_refund_order(back) for back in event.refunds))
        case e.EffectRedriven():
            return Consequences(effects=(_again(after, event.effect_id),))
        case e.OperatorReplaced():
            stand_in = before.live_session.stand_in
            claimed = _quarters(event.operator_id, event.quarters, claim=True)
            return Consequences(slots=(*_quarters(event.before, stand_in, claim=False), *claimed))
        case e.SessionStarted():
            return Consequences(lines=_lines(after), effects=_looks_ahead(after))
        case e.SessionClosed():
            called_back = CALLBACK in after.pending
            asked = (effect(EffectKind.ARRANGE_CALLBACK),) if called_back else ()
            return _settle(event, after, asked)
        case _:
            return _of_session(event, after) if after.session else Consequences()


def _of_session(event: e.Event, after: Booking) -> Consequences:
    b, session = after.booking_id, after.live_session
    match event:
        case e.LegRequested():
            return Consequences(effects=(Effect(_ringing(session), b, event.leg_id),))
        case e.LegQueued():
            call = Effect(_ringing(session), b, event.leg_id, at=event.turn.at)
            return Consequences(effects=(call,))
        case e.LegPlaced():
            leg = session.leg(event.leg_id)
            unwanted = leg is not None and (leg.dismissed or after.status is Status.ENDING)
            hang_up = (Effect(EffectKind.HANG_UP, b, event.leg_id),) if unwanted else ()
            return Consequences(effects=hang_up, calls=((event.call_id, event.leg_id),))
        case e.LegCalledIn():
            return Consequences(calls=((event.call_id, event.leg_id),))
        case e.LegDismissed():
            hang_up = () if event.spoken else (Effect(EffectKind.HANG_UP, b, event.leg_id),)
            return Consequences(effects=hang_up)
        case e.SessionEnding():
            return Consequences(effects=_sent_off(event, after))
        case e.LineRenewed():
            return Consequences(effects=_redirected(after, (Side.CUSTOMER,)))
        case e.BadLineReported():
            move = event.remedy is e.LineRemedy.MOVE and event.how == "api"
            return Consequences(effects=(_announced(b, Prompt.PLEASE_MOVE),) if move else ())
        case e.HoldNoticed():
            return Consequences(effects=(_announced(b, Prompt.STILL_WAITING),))
        case e.SessionExtended():
            more = _reserved(after, event.holdings)
            claimed = _quarters(after.operator_id, event.quarters, claim=True)
            return replace(more, slots=claimed, effects=_told_of_limit(after))
        case e.PhonesChanged():
            return Consequences(lines=_lines(after))
        case e.LegLookedUp():
            return Consequences(effects=(Effect(EffectKind.LOOK_UP_LEG, b, event.leg_id),))
        case e.LineDropped():
            return Consequences(effects=(*_told_of_drop(event, after), *_looks_ahead(after)))
        case e.SidesJoined() | e.LineRestored():
            return Consequences(effects=_looks_ahead(after))
        case e.LegConfirmed() if not session.joined:
            return Consequences(effects=_looks_ahead(after))
        case e.LegMoved() if session.joined and session.dropped_at is None:
            # Who was in a menu, or heard that it was extended, comes back a little later too.
            back = event.mark.motion is Motion.JOIN
            return Consequences(effects=_looks_ahead(after) if back else ())
        case e.ReplacementSought():
            return Consequences(effects=(Effect(EffectKind.SEEK_REPLACEMENT, b),))
        case e.QuartersKept():
            return Consequences(slots=_quarters(event.operator_id, event.quarters, claim=True))
        case e.OverrunFound():
            subject = f"{event.next_booking_id}:{event.delay_seconds}"
            told = (Effect(EffectKind.DELAY_NEXT, b, subject),) if event.delay_seconds else ()
            return Consequences(effects=told)
        case e.WarningGiven():
            return Consequences(effects=(_announced(b, Prompt.ONE_MINUTE_LEFT),))
        case _:
            return Consequences()


def _lines(booking: Booking) -> tuple[str, ...]:
    """The numbers by which a customer's own call finds his session."""
    return tuple(p for p in (booking.main_phone, booking.backup_phone) if p)


def _announced(booking_id: str, prompt: Prompt) -> Effect:
    return Effect(EffectKind.ANNOUNCE, booking_id, prompt)


def _ringing(session: Session) -> EffectKind:
    """Starts have a queue of their own, so that nothing waits behind a crowd of them."""
    return EffectKind.PLACE_CALL if session.joined else EffectKind.PLACE_START


def _told_of_drop(event: e.LineDropped, after: Booking) -> tuple[Effect, ...]:
    """Whoever is still there is taken out, hears why he waits, and is put back without a limit.

    The limit his leg was given counts on through the gap and would eat up unbilled time (S1.6).
    """
    return _redirected(after, tuple(side for side in Side if side not in event.lost))


def _redirected(after: Booking, sides: tuple[Side, ...]) -> tuple[Effect, ...]:
    """Legs of some sides are taken out of the conference and asked about anew."""
    session = after.live_session
    legs = (session.on_the_line(side) for side in sides)
    return tuple(Effect(EffectKind.REDIRECT, after.booking_id, leg.leg_id) for leg in legs if leg)


def _told_of_limit(after: Booking) -> tuple[Effect, ...]:
    """Legs that end with the minutes hear that there are more, and go back in with those (S1.4a).

    Such is each that joined while the other side was on the line: mostly the last one, and both
    where the first has been in its menu since.
    """
    session = after.live_session
    legs = {side: session.on_the_line(side) for side in Side}
    customer, operator = legs[Side.CUSTOMER], legs[Side.OPERATOR]
    limited = tuple(
        side
        for side, leg, other in (
            (Side.CUSTOMER, customer, operator),
            (Side.OPERATOR, operator, customer),
        )
        if leg and other and other.confirmed_at and _joined_since(leg, other.confirmed_at)
    )
    return _redirected(after, limited)


def _joined_since(leg: Leg, moment: datetime) -> bool:
    return leg.inside and leg.stays[-1][0] >= moment.replace(microsecond=0)


def _looks_ahead(after: Booking) -> tuple[Effect, ...]:
    """A session that may run into the operator's next booking looks at what lies ahead of him."""
    policy = policy_of(after.policy_version)
    must = must_look_ahead(after, after.live_session, policy)
    return (Effect(EffectKind.CHECK_OVERRUN, after.booking_id),) if must else ()


def _sent_off(event: e.SessionEnding, after: Booking) -> tuple[Effect, ...]:
    """Legs that talk are taken out of the conference to hear why it ends (S1.11)."""
    return tuple(
        Effect(EffectKind.REDIRECT, after.booking_id, leg.leg_id)
        for leg in after.live_session.legs
        if leg.in_conference and hears_goodbye(leg, event.reason)
    )


def _again(after: Booking, effect_id: str) -> Effect:
    kind = _ASKED_AGAIN.get(effect_id, EffectKind.SEND_LETTER)
    return Effect(kind, after.booking_id, effect_id, redriven=True)


_ASKED_AGAIN = {
    CANCEL_INTENT: EffectKind.CANCEL_INTENT,
    CALLBACK: EffectKind.ARRANGE_CALLBACK,
    MISSED_CALL: EffectKind.OPEN_BOOKING_CASE,
}


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


def _freed(booking: Booking) -> tuple[SlotChange, ...]:
    """The time of a booking that is free again.

    Where it was to start later, the session before goes on into its first quarter: whoever booked
    that now would wait without having been told (S1.12).
    """
    return _slots(booking, claim=False)[1 if booking.delay else 0 :]


def _reserve(booking: Booking) -> Consequences:
    """What the balance covers moves from the customer to the booking, and its time is claimed."""
    return replace(_reserved(booking, booking.holdings), slots=_slots(booking, claim=True))


def _reserved(booking: Booking, holdings: tuple[Holding, ...]) -> Consequences:
    held = ledger.booking_account(booking.booking_id)
    return Consequences(
        postings=tuple(p for h in holdings for p in _between(booking, h, held, give_back=False)),
        taken=tuple(
            LotTaken(h.lot_id, h.lot_seconds, h.lot_left) for h in holdings if h.lot_id is not None
        ),
    )


def _give_back(
    booking: Booking, restored: tuple[Lot, ...], effects: tuple[Effect, ...]
) -> Consequences:
    """The reverse of a reservation; a card's part goes back by a refund of its own."""
    held = ledger.booking_account(booking.booking_id)
    own = [h for h in booking.holdings if h.source is not Source.CARD]
    return Consequences(
        postings=tuple(p for h in own for p in _between(booking, h, held, give_back=True)),
        new_lots=restored,
        slots=_freed(booking),
        effects=effects,
    )


def _between(
    booking: Booking, holding: Holding, held: str, *, give_back: bool
) -> tuple[ledger.Posting, ...]:
    """Postings between a customer's balance and what is held for his booking."""
    unit = _unit(holding, booking)
    if holding.lot_tariff_id in (None, MONEY):
        money_from = ledger.balance_account(booking.customer_id)
        seconds = ledger.move(unit, ledger.MINUTES_SOLD, held, holding.seconds)
    else:
        money_from = ledger.minutes_account(booking.customer_id)
        lot_unit = _seconds(str(holding.lot_tariff_id))
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


def _card_returned(event: e.CardReturned, after: Booking) -> Consequences:
    """The minutes are not sold any more; the payment takes the money in the same decision."""
    b = after.booking_id
    back: Return | RequestRefund = Return(b, event.amount)
    if event.refund_id is not None:
        back = RequestRefund(event.refund_id, event.amount, event.reason, "customer", returned_by=b)
    return Consequences(
        postings=ledger.move(
            _seconds(after.tariff.tariff_id),
            ledger.booking_account(b),
            ledger.MINUTES_SOLD,
            after.card_seconds,
        ),
        orders=(Order(event.intent_id, back),),
    )


def _settle(event: e.SessionClosed, after: Booking, asked: tuple[Effect, ...]) -> Consequences:
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
    return Consequences(
        postings=tuple(postings),
        new_lots=event.returned,
        slots=_left_over(event, after),
        effects=(*asked, *_claimed(after, event.returned)),
    )


def _left_over(event: e.SessionClosed, after: Booking) -> tuple[SlotChange, ...]:
    """Time that an operator who was there has to give again: he may be called for somebody else."""
    legs = after.live_session.of(Side.OPERATOR)
    if not any(leg.confirmed_at and leg.party_id == after.operator_id for leg in legs):
        return ()
    worth = timedelta(seconds=policy_of(after.policy_version).session_shortest)
    free = tuple(q for q in after.claimed if q + QUARTER - max(q, event.ended_at) >= worth)
    return _quarters(after.operator_id, free, claim=False)


def _bonus(event: e.BonusGranted, after: Booking) -> Consequences:
    """Bonus minutes have no price; they come from nowhere but are counted like all others."""
    customer = ledger.minutes_account(after.customer_id)
    seconds = ledger.move(_seconds(BONUS), ledger.MINUTES_SOLD, customer, event.lot.left)
    return Consequences(postings=seconds, new_lots=(event.lot,))


def _refund_order(back: e.OfferRefund) -> Order:
    refund = RequestRefund(
        back.refund_id,
        back.amount,
        RefundReason.OUR_FAULT,
        "customer",
        taken=back.taken,
        goodwill=back.goodwill,
    )
    return Order(back.payment_id, refund)


def _claimed(after: Booking, back: tuple[Lot, ...]) -> tuple[Effect, ...]:
    """Lots that came back may be claimed by a bank, or their price went back before (S2.7).

    The first are frozen in their turn; the second are not the customer's any more.
    """
    bought = sorted({lot.payment_id for lot in back if lot.payment_id is not None})
    return (
        *(Effect(EffectKind.REGAIN_LOTS, payment) for payment in bought),
        *(Effect(EffectKind.LOOK_UP_DISPUTE, payment) for payment in sorted(after.frozen)),
    )
