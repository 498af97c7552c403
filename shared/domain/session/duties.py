"""What a live session has to do: legs that are silent, drops, holds, and the end of the minutes."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.domain import events as e
from shared.domain.booking import Booking
from shared.domain.duty import Duty
from shared.domain.policy import Policy
from shared.domain.session.ending import end
from shared.domain.session.extension import runs_until
from shared.domain.session.legs import NO_TURN, Side
from shared.domain.session.ringing import customer_awaited, gap, operator_awaited, ring_over
from shared.domain.session.session import Session


def live(booking: Booking, session: Session, policy: Policy) -> Iterator[Duty[e.Event]]:
    """Everything a live session will have to do if nothing else happens.

    Args:
        policy: the one it was bought under.
    """
    if session.end_requested is not None:
        yield end(session.started_at, session, e.EndReason.CUSTOMER_ENDED)
        return
    if session.callback is not None:
        yield end(session.started_at, session, e.EndReason.CALLBACK_PROMISED)
        return
    if session.started_at - booking.starts > timedelta(seconds=policy.no_show_grace):
        # We were down at the start: nobody is rung out of the blue, the minutes go back (S1.7).
        yield end(session.started_at, session, e.EndReason.START_MISSED)
        return
    if not session.joined and any(leg.outcome == NO_TURN for leg in session.legs):
        # The provider could not ring in time: that is no fault of anybody who was to be rung.
        yield end(session.started_at, session, e.EndReason.START_MISSED)
        return
    longest = booking.seconds + policy.no_show_grace + policy.overtime_longest
    over = session.started_at + timedelta(seconds=longest)
    yield end(over, session, e.EndReason.OVERTIME)
    yield from _silent_legs(session, policy)
    yield from _connection(booking, session)
    yield from _minutes(booking, session, policy)
    yield from _hold(booking, session, policy)
    operator, customer = session.on_the_line(Side.OPERATOR), session.on_the_line(Side.CUSTOMER)
    if session.dropped_at is not None:
        yield from gap(booking, session, session.dropped_at, policy)
    elif not session.joined and operator is None:
        yield from operator_awaited(booking, session, policy)
    elif not session.joined and operator is not None and customer is None:
        yield from customer_awaited(booking, session, operator, policy)


def _silent_legs(session: Session, policy: Policy) -> Iterator[Duty[e.Event]]:
    """Legs whose callbacks are overdue are looked up, and given up where that brings nothing."""
    again = timedelta(seconds=policy.leg_look_up_every)
    for leg in session.legs:
        if not leg.wanted:
            continue
        if leg.confirmed_at is None:
            overdue = ring_over(leg, policy)
            if leg.looked_up_at is None:
                yield Duty(overdue, (e.LegLookedUp(leg.leg_id),))
            else:
                yield Duty(leg.looked_up_at + again, (e.LegDismissed(leg.leg_id, "silent"),))
        elif not leg.in_conference and leg.marks:
            at = leg.marks[-1].moment + timedelta(seconds=policy.leg_look_up_after)
            if leg.looked_up_at is not None and leg.looked_up_at >= leg.marks[-1].moment:
                at = leg.looked_up_at + again
            yield Duty(at, (e.LegLookedUp(leg.leg_id),))


def _connection(booking: Booking, session: Session) -> Iterator[Duty[e.Event]]:
    since = session.connected_since()
    if since is not None:
        if not session.joined:
            yield Duty(session.started_at, (e.SidesJoined(since),))
        elif session.dropped_at is not None:
            yield Duty(session.started_at, (e.LineRestored(since, booking.left(since)),))
        return
    gone = {side for side in Side if session.on_the_line(side) is None}
    if session.joined and not gone <= set(session.lost):
        moment = session.dropped_at or _last_connected(session)
        lost = tuple(side for side in Side if side in gone.union(session.lost))
        yield Duty(session.started_at, (e.LineDropped(moment, lost),))


def _last_connected(session: Session) -> datetime:
    latest = max(
        moment for leg in session.legs for moment in (*(m.moment for m in leg.marks), leg.ended_at)
        if moment is not None
    )  # fmt: skip
    connections = session.connections(latest)
    return connections[-1][1] if connections else latest


def _minutes(booking: Booking, session: Session, policy: Policy) -> Iterator[Duty[e.Event]]:
    """The end of the minutes: a warning, the leg's own limit, and we behind it (S1.4a)."""
    since = session.connected_since()
    over = runs_until(booking, session)
    if session.until is not None and (over is None or session.until < over):
        yield end(session.until, session, e.EndReason.NEXT_BOOKING)
    if since is None or over is None:
        if session.joined and booking.left(_last_connected(session)) <= policy.shortest_rest:
            yield end(session.started_at, session, e.EndReason.MINUTES_USED)
        return
    yield end(over + timedelta(seconds=policy.limit_overrun), session, e.EndReason.MINUTES_USED)
    if not session.warned and booking.seconds > policy.warning_before_end:
        yield Duty(over - timedelta(seconds=policy.warning_before_end), (e.WarningGiven(),))


def _hold(booking: Booking, session: Session, policy: Policy) -> Iterator[Duty[e.Event]]:
    """A wait is noticed once, and closed where all waits of the session add up to the limit."""
    held, since = session.held_since, session.connected_since()
    if held is None:
        return
    if not session.hold_noticed:
        yield Duty(held + timedelta(seconds=policy.hold_notice), (e.HoldNoticed(),))
    if since is not None:
        # While the line is down nobody waits at his own expense, so that nothing counts.
        counts = max(since, held)
        before = session.bill(counts, booking.seconds).hold
        over = counts + timedelta(seconds=policy.hold_limit - before)
        yield end(over, session, e.EndReason.HOLD_LIMIT)
