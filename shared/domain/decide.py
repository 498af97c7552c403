"""Deciding: a booking, a command and the time in, events out. No I/O, no clock, no randomness.

Every command is safe to repeat: what is known already yields no event.
"""

from datetime import datetime, timedelta

from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import CALLBACK, CANCEL_INTENT, Booking, Status, evolve
from shared.domain.declines import blocked_by_bank
from shared.domain.duties import duties, given_up, next_refund_id
from shared.domain.duty import next_of, to_rest
from shared.domain.errors import RuleBroken
from shared.domain.letters.ids import letter_due
from shared.domain.lots import restore, retake
from shared.domain.mishap.accepting import accept, compensate_outage
from shared.domain.mishap.quality_credit import measured
from shared.domain.payment.events import RefundReason
from shared.domain.policy import Policy
from shared.domain.session.legs import Route, Side
from shared.domain.session.on_air import on_air

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
            asked = CANCEL_INTENT in booking.pending
            return (e.IntentCancelled(command.intent_id),) if asked else ()
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
            return _delay(booking, command)
        case c.AnswerReadiness():
            return _readiness(booking, command)
        case c.ChangePhones():
            return _phones(booking, command)
        case c.AcceptOffer():
            return accept(booking, command, now)
        case c.CompensateOutage():
            return compensate_outage(booking, command, now, policy)
        case c.NoteQuality():
            over = booking.session is not None and booking.session.closed is not None
            return measured(booking, command.figures, policy) if over else ()
        case c.NoteCase():
            given = e.CaseGiven(command.effect_id, command.case_number)
            return () if command.effect_id in booking.cases else (given,)
        case c.NoteCallback():
            return _called_back(booking, command)
        case _:
            if booking.session is None or booking.status not in _ON_AIR:
                return ()
            return on_air(booking, booking.session, command, now, policy)


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


# --- before the session, and around it -----------------------------------------------------------


def _delay(booking: Booking, command: c.DelayStart) -> tuple[e.Event, ...]:
    """He is told of each longer delay, and starts no earlier than he was told."""
    meant = booking.status in _BEFORE_START and command.starts_at == booking.starts_at
    if not meant or command.seconds <= booking.delay:
        return ()
    about = f"{booking.starts_at:%Y%m%d%H%M}-{command.seconds}"
    return (letter_due(booking, e.Letter.SESSION_DELAYED, command.seconds, about=about),)


def _readiness(booking: Booking, command: c.AnswerReadiness) -> tuple[e.Event, ...]:
    if command.operator_id != booking.operator_id:
        raise RuleBroken("session_not_yours", "Another operator has this session now.")
    if booking.status not in _BEFORE_START:
        raise RuleBroken("session_begun", f"This session is {booking.status} already.")
    known = booking.ready is command.ready
    return () if known else (e.ReadinessGiven(command.operator_id, command.ready),)


def _phones(booking: Booking, command: c.ChangePhones) -> tuple[e.Event, ...]:
    """Numbers are corrected until the session is over; an old one is not rung again (S1.10)."""
    if booking.status not in (*_BEFORE_START, Status.LIVE):
        raise RuleBroken("booking_not_open", f"This booking is {booking.status}.")
    same = (command.main_phone, command.backup_phone) == (booking.main_phone, booking.backup_phone)
    if same:
        return ()
    changed = e.PhonesChanged(command.main_phone, command.backup_phone)
    if booking.session is None:
        return (changed,)
    ringing = tuple(
        e.LegDismissed(leg.leg_id, "the number was corrected")
        for leg in booking.session.of(Side.CUSTOMER)
        if leg.wanted and leg.confirmed_at is None and leg.route is not Route.INBOUND
    )
    return changed, *ringing


def _called_back(booking: Booking, command: c.NoteCallback) -> tuple[e.Event, ...]:
    if CALLBACK not in booking.pending:
        return ()
    letter = letter_due(booking, e.Letter.CALLBACK)
    return e.CallbackArranged(command.booking_id), letter
