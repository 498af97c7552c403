"""Deciding what a running session answers to what is asked of it and reported about it."""

from datetime import datetime

from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Booking, Status
from shared.domain.errors import NotFound
from shared.domain.policy import Policy
from shared.domain.session.ending import end_now
from shared.domain.session.extension import extend, overrun
from shared.domain.session.legs import Leg, Mark, Motion, Side
from shared.domain.session.session import Session
from shared.domain.session.wishes import line_given_up, wished


def on_air(
    booking: Booking, session: Session, command: c.Command, now: datetime, policy: Policy
) -> tuple[e.Event, ...]:
    """What follows from a command to a session that is live or ending.

    Raises:
        RuleBroken: the command breaks a rule.
        NotFound: it names a leg that is not this session's.
    """
    match command:
        case c.Hold() | c.Resume() | c.ReportBadLine() | c.ChooseLine() | c.PromiseCallback():
            return wished(booking, session, command, now, policy)
        case c.ReleaseLeg():
            leg = _leg(session, command.leg_id)
            renewed = session.renewed is not None and booking.status is Status.LIVE
            released = e.LegDismissed(leg.leg_id, "the line is renewed", spoken=True)
            return (released,) if renewed and leg.on_the_line else ()
        case c.Extend():
            return extend(booking, session, command, now, policy)
        case c.TakeCall():
            return _take_call(booking, session, command)
        case c.EndSession():
            return _end(booking, session, command, now, policy)
        case c.ReplaceOperator():
            return _replace_operator(booking, session, command)
        case c.NoteNextBooking():
            his = command.operator_id == booking.operator_id
            return overrun(booking, session, command.next, now, policy) if his else ()
        case c.KeepQuarters():
            kept = tuple(q for q in command.quarters if q not in session.kept)
            live = booking.status is Status.LIVE and command.operator_id == booking.operator_id
            return (e.QuartersKept(booking.operator_id, kept),) if live and kept else ()
        case c.QueueLeg():
            leg = _leg(session, command.leg_id)
            waits = leg.wanted and leg.call_id is None and leg.turn != command.turn
            return (e.LegQueued(leg.leg_id, command.turn),) if waits else ()
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


def _end(
    booking: Booking, session: Session, command: c.EndSession, now: datetime, policy: Policy
) -> tuple[e.Event, ...]:
    """Who ends it on a line that every remedy left bad stops for that, by whatever key (S1.8)."""
    if booking.status is not Status.LIVE or session.end_requested is not None:
        return ()
    if line_given_up(session, now, policy):
        return end_now(session, e.EndReason.BAD_LINE, command.leg_id)
    return (e.EndRequested(command.how, command.leg_id),)


def _take_call(booking: Booking, session: Session, command: c.TakeCall) -> tuple[e.Event, ...]:
    leg_id = inbound_leg_id(command.call_id)
    if booking.status is not Status.LIVE or session.leg(leg_id) is not None:
        return ()
    return (e.LegCalledIn(leg_id, booking.customer_id, command.phone_id, command.call_id),)


def _replace_operator(
    booking: Booking, session: Session, command: c.ReplaceOperator
) -> tuple[e.Event, ...]:
    here = session.on_the_line(Side.OPERATOR) is not None
    sought = session.dropped_at is not None or (
        not session.joined and e.EscalationStep.OTHER_OPERATOR in session.escalated
    )
    stale = command.before != booking.operator_id or not sought
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


def inbound_leg_id(call_id: str) -> str:
    """The leg id of a call that came in: the same for every delivery of its webhook."""
    return f"in-{call_id}"
