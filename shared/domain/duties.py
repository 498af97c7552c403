"""What a booking needs next, and when: one list of duties gives both the actions and the timer.

Nothing here reacts to a message. Whatever facts are known, the duties say what is to happen from
which moment on; a callback that never came only makes a duty fall due instead. The sweep wakes a
booking at the earliest of them.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.domain import events as e
from shared.domain.booking import Booking, Status
from shared.domain.duty import Duty
from shared.domain.letters.ids import letter_due
from shared.domain.lots import restore
from shared.domain.mishap.quality_credit import quality_duties
from shared.domain.mishap.settlement import bonus_granted, settle
from shared.domain.payment.events import RefundReason
from shared.domain.policy import Policy
from shared.domain.session.duties import live
from shared.domain.session.ending import POLITE
from shared.domain.session.session import Session


def duties(booking: Booking, policy: Policy) -> Iterator[Duty[e.Event]]:
    """Everything the booking will have to do if nothing else happens.

    Args:
        booking: its present state.
        policy: the one it was bought under.
    """
    yield from _unanswered_effects(booking, policy)
    match booking.status:
        case Status.HELD:
            restored = restore(booking.holdings, f"{booking.booking_id}-x", booking.hold_until)
            yield Duty(booking.hold_until, (e.BookingExpired(restored),))
        case Status.SCHEDULED if booking.frozen:
            yield Duty(booking.starts, given_up(booking, booking.frozen, booking.starts))
        case Status.SCHEDULED:
            yield from _prepared(booking, policy)
            yield Duty(booking.starts, (e.SessionStarted(),))
        case Status.LIVE:
            yield from live(booking, booking.live_session, policy)
        case Status.ENDING:
            yield from _ending(booking, booking.live_session, policy)
        case Status.COMPLETED:
            yield from _offers_running_out(booking)
            yield from quality_duties(booking, policy)
        case _:
            pass


def given_up(booking: Booking, claimed: frozenset[str], now: datetime) -> tuple[e.Event, ...]:
    """The booking is given up because of payments that somebody claims back (S2.7).

    The money of its own card stays with such a payment, which decides; of another it goes back.
    """
    cancelled = e.BookingCancelled(restore(booking.holdings, f"{booking.booking_id}-c", now))
    if booking.intent_id is None or not booking.paid_by_card:
        return (cancelled,)
    paid, reason = booking.holdings[-1].paid, RefundReason.CANCELLED
    refund = None if booking.intent_id in claimed else next_refund_id(booking)
    return cancelled, e.CardReturned(refund, booking.intent_id, paid, reason)


def next_refund_id(booking: Booking) -> str:
    """Of the refund that the booking asks for next."""
    return f"{booking.booking_id}-refund-{len(booking.returns) + 1}"


def _unanswered_effects(booking: Booking, policy: Policy) -> Iterator[Duty[e.Event]]:
    for effect_id, pending in booking.pending.items():
        yield Duty(pending.again_at(policy), (e.EffectRedriven(effect_id),))


def _prepared(booking: Booking, policy: Policy) -> Iterator[Duty[e.Event]]:
    """The customer is reminded, and the operator asked whether he will be there (S1.3, S1.9)."""
    if booking.created_at >= booking.starts_at:
        return  # arranged for this moment: both are rung now
    at = booking.starts_at - timedelta(seconds=policy.reminder_lead)
    asked = () if booking.readiness_asked else (e.ReadinessAsked(booking.operator_id),)
    if e.Letter.REMINDER not in booking.letters:
        yield Duty(at, (letter_due(booking, e.Letter.REMINDER), *asked))


def _ending(booking: Booking, session: Session, policy: Policy) -> Iterator[Duty[e.Event]]:
    """Settle as soon as every leg that was ever joined is known to have left."""
    ending = session.ending_at or session.started_at
    given_up = ending + timedelta(seconds=policy.leg_given_up_after)
    open_legs = [leg for leg in session.legs if not leg.has_left]
    yield Duty(given_up if open_legs else ending, settle(booking, session, policy))
    for leg in open_legs:
        if leg.looked_up_at is None or leg.looked_up_at < ending:
            # Who hears a goodbye is given time for it.
            polite = session.reason in POLITE
            at = ending + timedelta(
                seconds=policy.leg_settle if polite else policy.leg_look_up_after
            )
        else:
            at = leg.looked_up_at + timedelta(seconds=policy.leg_look_up_every)
        if at < given_up:
            yield Duty(at, (e.LegLookedUp(leg.leg_id),))


def _offers_running_out(booking: Booking) -> Iterator[Duty[e.Event]]:
    """Who does not choose keeps his minutes, with the bonus (S1.10)."""
    for offer in booking.offers:
        if offer.is_open:
            lapsed = e.OfferLapsed(offer.offer_id)
            if offer.bonus:
                granted = bonus_granted(booking, offer.bonus, offer.rule, offer.until)
                yield Duty(offer.until, (lapsed, granted))
            else:
                yield Duty(offer.until, (lapsed,))
