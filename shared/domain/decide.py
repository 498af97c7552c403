"""Deciding: a booking, a command and the time in, events out. No I/O, no clock, no randomness.

Every command is safe to repeat: what is known already yields no event.
"""

from datetime import datetime, timedelta

from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Booking, Session, Status, evolve
from shared.domain.declines import blocked_by_bank
from shared.domain.duties import duties, given_up, letter_due, next_refund_id
from shared.domain.duty import next_of, to_rest
from shared.domain.errors import NotFound, RuleBroken
from shared.domain.legs import Leg, Mark, Motion, Side
from shared.domain.lots import restore, retake
from shared.domain.payment.events import RefundReason
from shared.domain.policy import Policy

_BEFORE_START = (Status.HELD, Status.SCHEDULED)
_ON_AIR = (Status.LIVE, Status.ENDING)


def decide(
    booking: Booking, command: c.Command, now: datetime, policy: Policy
) -> tuple[tuple[e.Event, ...], Booking]:
    """What follows from a command, and everything else that is due by now.

    Args:
        booking: the present state.
        command: what is asked.
        now: business time, UTC.
        policy: the one the booking was bought under.

    Returns:
        The events, in order, and the state after them.

    Raises:
        RuleBroken: the command breaks a rule.
        NotFound: it names a leg or a refund that is not this booking's.
    """
    events = _answer(booking, command, now, policy)
    return to_rest(booking, events, now, lambda state: duties(state, policy), evolve)


def open_booking(
    held: e.BookingHeld, now: datetime, policy: Policy
) -> tuple[tuple[e.Event, ...], Booking]:
    """A new booking; where the balance covers all of it there is nothing to wait for (S1.1)."""
    paid: tuple[e.Event, ...] = (e.BookingScheduled(),) if held.card_due.minor == 0 else ()
    opened = evolve(None, held, now)
    events, booking = to_rest(opened, paid, now, lambda state: duties(state, policy), evolve)
    return (held, *events), booking


def next_due(booking: Booking, now: datetime, policy: Policy) -> datetime | None:
    """When the booking must be looked at again if nothing else happens; None at its end."""
    return next_of(duties(booking, policy), now)


def _answer(
    booking: Booking, command: c.Command, now: datetime, policy: Policy
) -> tuple[e.Event, ...]:
    match command:
        case c.Tick():
            return ()
        case c.NoteIntent():
            return (e.IntentMade(command.intent_id),) if booking.intent_id is None else ()
        case c.ConfirmPayment():
            return _confirm_payment(booking, command, now)
        case c.DeclinePayment():
            return _decline(booking, command, policy)
        case c.NoteIntentCancelled():
            pending = bool(booking.pending) and booking.status not in _BEFORE_START
            return (e.IntentCancelled(command.intent_id),) if pending else ()
        case c.Cancel():
            return _cancel(booking, command.reason, now)
        case c.Move():
            return _move(booking, command, now)
        case c.GiveUp():
            behind = command.payment_id in {h.payment_id for h in booking.holdings}
            open_ = booking.status in _BEFORE_START and now < booking.starts_at
            claimed = booking.frozen | {command.payment_id}
            return given_up(booking, claimed, now) if behind and open_ else ()
        case c.Freeze():
            over = booking.status not in (*_BEFORE_START, *_ON_AIR)
            known = over or command.payment_id in booking.frozen
            return () if known else (e.BookingFrozen(command.payment_id),)
        case c.Thaw():
            frozen = command.payment_id in booking.frozen
            return (e.BookingThawed(command.payment_id),) if frozen else ()
        case c.NoteLetterSent():
            known = command.letter_id not in booking.pending
            return () if known else (e.LetterSent(command.letter_id),)
        case c.NoteLetterRefused():
            known = command.letter_id not in booking.pending
            return () if known else (e.LetterRefused(command.letter_id, command.code),)
        case c.DelayStart():
            later = booking.status in _BEFORE_START and command.seconds > booking.delay
            letter = letter_due(booking, e.Letter.SESSION_DELAYED, command.seconds)
            return (letter,) if later else ()
        case _:
            if booking.session is None or booking.status not in _ON_AIR:
                return ()
            return _on_air(booking, booking.session, command, now, policy)


# --- payment --------------------------------------------------------------------------------------


def _decline(booking: Booking, command: c.DeclinePayment, policy: Policy) -> tuple[e.Event, ...]:
    """The slot stays held and he is told what to do; once longer where the bank blocks (S1.14)."""
    code = command.decline_code
    if booking.status is not Status.HELD or booking.decline_code == code:
        return ()
    events: list[e.Event] = [e.PaymentDeclined(command.intent_id, code)]
    longer = booking.hold_until + timedelta(seconds=policy.bank_block_hold)
    until = min(longer, booking.starts_at)
    if blocked_by_bank(code) and not booking.extended and until > booking.hold_until:
        events.append(e.HoldExtended(until))
    if code not in booking.declines:
        letter_id = f"{booking.booking_id}-{e.Letter.PAYMENT_DECLINED}-{code}"
        events.append(e.LetterDue(letter_id, e.Letter.PAYMENT_DECLINED, 0))
    return tuple(events)


def _confirm_payment(
    booking: Booking, command: c.ConfirmPayment, now: datetime
) -> tuple[e.Event, ...]:
    intent_id, amount = command.intent_id, command.amount
    own = booking.paid_by_card and booking.intent_id == intent_id
    if own or intent_id in booking.credited or intent_id in {r.intent_id for r in booking.returns}:
        return ()
    confirmed = e.PaymentConfirmed(intent_id, command.charge_id, amount)
    unpaid = not booking.paid_by_card and amount == booking.card_due
    if unpaid and booking.status is Status.HELD:
        return confirmed, e.BookingScheduled()
    if (
        unpaid
        and booking.status is Status.EXPIRED
        and command.reinstate
        and now < booking.starts_at
    ):
        again = e.BookingReinstated(retake(booking.holdings, booking.restored))
        return again, confirmed, e.BookingScheduled()
    if booking.status is Status.CANCELLED:
        # He cancelled while the money was on its way: it goes back as it was paid (S2.3).
        return (_unwanted(booking, command, RefundReason.CANCELLED),)
    if booking.paid_by_card or booking.card_due.minor == 0:
        # The same booking paid twice is certain: the extra charge alone goes back (S1.14, S2.1).
        return (_unwanted(booking, command, RefundReason.DUPLICATE),)
    return (e.PaymentCredited(intent_id, command.charge_id, amount),)


def _unwanted(
    booking: Booking, command: c.ConfirmPayment, reason: RefundReason
) -> e.PaymentUnwanted:
    return e.PaymentUnwanted(next_refund_id(booking), command.intent_id, command.amount, reason)


def _cancel(booking: Booking, reason: RefundReason, now: datetime) -> tuple[e.Event, ...]:
    if booking.status is Status.CANCELLED:
        return ()
    _require_before_start(booking, now, "cancelled")
    cancelled = e.BookingCancelled(restore(booking.holdings, f"{booking.booking_id}-c", now))
    if booking.intent_id is None or not booking.paid_by_card:
        return (cancelled,)
    paid = booking.holdings[-1].paid
    return cancelled, e.CardReturned(next_refund_id(booking), booking.intent_id, paid, reason)


def _move(booking: Booking, command: c.Move, now: datetime) -> tuple[e.Event, ...]:
    _require_before_start(booking, now, "moved")
    if command.starts_at == booking.starts_at:
        return ()
    if command.starts_at <= now:
        raise RuleBroken("time_in_the_past", "Choose a start in the future.", "starts_at")
    return (e.BookingMoved(command.starts_at, booking.starts_at),)


def _require_before_start(booking: Booking, now: datetime, what: str) -> None:
    if booking.status not in _BEFORE_START or now >= booking.starts_at:
        raise RuleBroken(
            "booking_not_open",
            f"A booking can be {what} until its start; this one is {booking.status}.",
        )
    if booking.frozen:
        raise RuleBroken(
            "booking_frozen", "The bank asks about the payment of this booking; it decides first."
        )


# --- the session ----------------------------------------------------------------------------------


def _on_air(
    booking: Booking, session: Session, command: c.Command, now: datetime, policy: Policy
) -> tuple[e.Event, ...]:
    match command:
        case c.TakeCall():
            return _take_call(booking, session, command)
        case c.EndSession():
            live = booking.status is Status.LIVE and session.end_requested is None
            return (e.EndRequested(command.how, command.leg_id),) if live else ()
        case c.ReplaceOperator():
            return _replace_operator(booking, session, command)
        case c.NoteNextBooking():
            return _overrun(booking, session, command, policy)
        case c.KeepQuarters():
            kept = tuple(q for q in command.quarters if q not in session.kept)
            live = booking.status is Status.LIVE and command.operator_id == booking.operator_id
            return (e.QuartersKept(booking.operator_id, kept),) if live and kept else ()
        case c.NotePlaced():
            leg = _leg(session, command.leg_id)
            return (e.LegPlaced(leg.leg_id, command.call_id),) if leg.call_id is None else ()
        case c.ConfirmLeg():
            return _confirm_leg(booking, session, _leg(session, command.leg_id), now)
        case c.MoveLeg():
            leg = _leg(session, command.leg_id)
            # Our own clock's word for a leave adds nothing to the provider's.
            told = command.mark.seen and command.mark.motion is Motion.LEAVE and not leg.inside
            known = told or command.mark in leg.marks or leg.confirmed_at is None
            return () if known else (e.LegMoved(leg.leg_id, command.mark),)
        case c.EndLeg():
            leg = _leg(session, command.leg_id)
            ended = e.LegEnded(leg.leg_id, command.moment, command.outcome)
            return (ended,) if leg.ended_at is None else ()
        case _:
            return ()


def _leg(session: Session, leg_id: str) -> Leg:
    leg = session.leg(leg_id)
    if leg is None:
        raise NotFound("leg_unknown", "This session has no such leg.")
    return leg


def _confirm_leg(
    booking: Booking, session: Session, leg: Leg, now: datetime
) -> tuple[e.Event, ...]:
    """The first of a side to press 1 wins; the side's other legs are hung up (S1.5)."""
    if leg.confirmed_at is not None or not leg.wanted or booking.status is not Status.LIVE:
        return ()
    here = session.on_the_line(leg.side)
    if here is not None and not (here.confirmed_at and here.confirmed_at < leg.requested_at):
        return (e.LegDismissed(leg.leg_id, "another leg joined first"),)
    # Who calls again after he was joined has lost that line, whether we know it yet or not.
    joins = e.LegMoved(leg.leg_id, Mark(now.replace(microsecond=0), Motion.JOIN, seen=True))
    others = tuple(
        e.LegDismissed(other.leg_id, "another leg joined first")
        for other in session.of(leg.side)
        if other.wanted and other.leg_id != leg.leg_id
    )
    return e.LegConfirmed(leg.leg_id), joins, *others


def _take_call(booking: Booking, session: Session, command: c.TakeCall) -> tuple[e.Event, ...]:
    leg_id = inbound_leg_id(command.call_id)
    if booking.status is not Status.LIVE or session.leg(leg_id) is not None:
        return ()
    return (e.LegCalledIn(leg_id, booking.customer_id, command.phone_id, command.call_id),)


def _replace_operator(
    booking: Booking, session: Session, command: c.ReplaceOperator
) -> tuple[e.Event, ...]:
    here = session.on_the_line(Side.OPERATOR) is not None
    stale = command.before != booking.operator_id or session.dropped_at is None
    if stale or here or booking.status is not Status.LIVE:
        return ()
    dismissed = tuple(
        e.LegDismissed(leg.leg_id, "the operator is replaced")
        for leg in session.of(Side.OPERATOR)
        if leg.wanted
    )
    replaced = e.OperatorReplaced(
        command.operator_id, command.operator_phones, booking.operator_id, command.quarters
    )
    return *dismissed, replaced


def _overrun(
    booking: Booking, session: Session, command: c.NoteNextBooking, policy: Policy
) -> tuple[e.Event, ...]:
    since = session.connected_since()
    if booking.status is not Status.LIVE or since is None:
        return ()
    over = since + timedelta(seconds=booking.left(since))
    until = command.starts_at + timedelta(seconds=policy.extension_max_delay)
    delay = int((min(over, until) - command.starts_at).total_seconds())
    if delay < policy.delay_told_from or delay <= session.told:
        return ()
    return (e.OverrunFound(command.next_booking_id, until, delay),)


def inbound_leg_id(call_id: str) -> str:
    """The leg id of a call that came in: the same for every delivery of its webhook."""
    return f"in-{call_id}"
