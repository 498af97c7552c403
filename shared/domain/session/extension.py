"""How long a session may go on beyond its booked time: extended, or pushed by gaps (S1.6, S1.12).

Whoever waits next is told of it before his booked start, and waits no longer than he was told; a
session that cannot keep to that ends, and its rest goes to the balance.
"""

from datetime import datetime, timedelta

from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Booking, Status
from shared.domain.errors import RuleBroken
from shared.domain.policy import Policy
from shared.domain.session.legs import Side
from shared.domain.session.session import Session
from shared.domain.slots import QUARTER, Ahead, NextBooking, quarters


def runs_until(booking: Booking, session: Session) -> datetime | None:
    """When its minutes end if nothing else happens, UTC; None while the line is down."""
    since = session.connected_since()
    return None if since is None else since + timedelta(seconds=booking.left(since))


def may_run_until(booking: Booking, session: Session, policy: Policy) -> datetime | None:
    """When it ends at the latest if nothing else goes wrong, UTC; None while nobody can say.

    A line that is down is back within the time for which it is rung.
    """
    over = _expected_end(booking, session)
    if over is None or session.dropped_at is None:
        return over
    longest = policy.redial_deadline + policy.ring_timeout + policy.ring_overrun + policy.leg_settle
    return over + timedelta(seconds=longest)


def must_look_ahead(booking: Booking, session: Session, policy: Policy) -> bool:
    """Whether it may run over what is claimed for it, or over what the next customer was told."""
    over = may_run_until(booking, session, policy)
    if over is None or (session.until is not None and over <= session.until):
        return False
    beyond = timedelta(seconds=policy.delay_told_from - policy.turnaround)
    return over >= _claimed_until(booking) + beyond


def _expected_end(booking: Booking, session: Session) -> datetime | None:
    """When its minutes end if both sides are connected now, or when that was promised."""
    if session.dropped_at is not None:
        back = session.dropped_at
        if session.renewed is not None:
            back = max(back, session.renewed.at)
        return back + timedelta(seconds=booking.left(session.dropped_at))
    if session.joined:
        return runs_until(booking, session)
    operator = session.on_the_line(Side.OPERATOR)
    begun = (operator and operator.confirmed_at) or session.started_at
    return begun + timedelta(seconds=booking.seconds)


def _claimed_until(booking: Booking) -> datetime:
    """The end of the present operator's time that is claimed without a break."""
    claimed = booking.claimed or quarters(booking.starts_at, booking.booked_seconds)
    until = claimed[0] + QUARTER
    while until in claimed:
        until += QUARTER
    return until


# --- the next customer ---------------------------------------------------------------------------


def overrun(
    booking: Booking, session: Session, after: NextBooking, now: datetime, policy: Policy
) -> tuple[e.Event, ...]:
    """A session may run into the next booking: its customer is told, and it ends in time (S1.6).

    Args:
        after: the operator's next booking.
        now: UTC.
        policy: the one it was bought under.
    """
    over = _expected_end(booking, session)
    if booking.status is not Status.LIVE or over is None:
        return ()
    found = _run_into(session, after, over, now, policy)
    known = found and (found.until, found.delay_seconds) == (session.until, session.told)
    return () if found is None or known else (found,)


def _run_into(
    session: Session, after: NextBooking, over: datetime, now: datetime, policy: Policy
) -> e.OverrunFound | None:
    """How much later the next booking starts, and how long this session may go on for that.

    Args:
        over: when it ends if nothing stops it.
    """
    latest = _latest(session, after, now, policy)
    wait = min(over, latest) + timedelta(seconds=policy.turnaround) - after.starts_at
    announced = wait >= timedelta(seconds=policy.delay_told_from)
    if not announced and session.connected_since() is not None:
        return None
    # While the line is down it may take longer: it ends when the next customer is to be called.
    delay = _told(session, after)
    if announced and _can_be_told(after, now, policy):
        # In whole minutes, as the letter says it.
        delay = max(delay, -(-wait // timedelta(minutes=1)) * 60)
    until = after.starts_at + timedelta(
        seconds=max(delay, policy.delay_told_from) - policy.turnaround
    )
    return e.OverrunFound(after.booking_id, after.starts_at, until, delay)


def _latest(session: Session, after: NextBooking, now: datetime, policy: Policy) -> datetime:
    """When this session must be over at the latest, for the next customer's sake."""
    wait = policy.extension_max_delay
    if not _can_be_told(after, now, policy):
        wait = max(_told(session, after), policy.delay_told_from)
    return after.starts_at + timedelta(seconds=wait - policy.turnaround)


def _told(session: Session, after: NextBooking) -> int:
    return session.told if session.next == after else 0


def _can_be_told(after: NextBooking, now: datetime, policy: Policy) -> bool:
    return now <= after.starts_at - timedelta(seconds=policy.delay_told_before)


# --- more minutes --------------------------------------------------------------------------------


def extend(
    booking: Booking, session: Session, command: c.Extend, now: datetime, policy: Policy
) -> tuple[e.Event, ...]:
    """More minutes, while the next customer waits no longer than he may and is told (S1.12).

    Raises:
        RuleBroken: it is not possible; says how many minutes would be.
    """
    over = _require_connected(booking, session)
    ahead, most = command.ahead, longest(booking, session, command.ahead, now, policy)
    if command.seconds < policy.extension_shortest:
        raise _refused("extension_too_short", most, policy)
    if command.seconds > most:
        raise _refused(_bound(booking, session, ahead, now, policy)[1], most, policy)
    over += timedelta(seconds=command.seconds + policy.extension_pause)
    needed = tuple(quarter for quarter in ahead.free if quarter < over)
    extended = e.SessionExtended(command.seconds, command.holdings, needed)
    found = _run_into(session, ahead.next, over, now, policy) if ahead.next else None
    return (extended,) if found is None else (extended, found)


def longest(booking: Booking, session: Session, ahead: Ahead, now: datetime, policy: Policy) -> int:
    """The most seconds, in whole minutes, by which a session can be extended now.

    Args:
        ahead: the operator's time, as far as the longest session would reach.
        now: UTC.
        policy: the one it was bought under.

    Raises:
        RuleBroken: it is not connected.
    """
    seconds = _bound(booking, session, ahead, now, policy)[0] // 60 * 60
    return seconds if seconds >= policy.extension_shortest else 0


def _bound(
    booking: Booking, session: Session, ahead: Ahead, now: datetime, policy: Policy
) -> tuple[int, str]:
    """The most seconds that can be added, and what stands against more."""
    over = _require_connected(booking, session) + timedelta(seconds=policy.extension_pause)
    bounds = [(policy.session_longest - booking.seconds, "session_too_long")]
    if ahead.next is not None:
        latest = _latest(session, ahead.next, now, policy)
        bounds.append((int((latest - over).total_seconds()), "next_customer_waits"))
    if ahead.offered_until is not None:
        latest = ahead.offered_until + timedelta(seconds=policy.extension_max_delay)
        bounds.append((int((latest - over).total_seconds()), "operator_not_free"))
    return min(bounds)


def _require_connected(booking: Booking, session: Session) -> datetime:
    over = runs_until(booking, session)
    if booking.status is not Status.LIVE or over is None:
        raise RuleBroken("not_connected", "A session can be extended while you are connected.")
    return over


_WHY = {
    "extension_too_short": "That is too short",
    "session_too_long": "No session is that long",
    "next_customer_waits": "The next customer would wait too long",
    "operator_not_free": "The operator has no time then",
}


def _refused(code: str, most: int, policy: Policy) -> RuleBroken:
    hint = f"from {policy.extension_shortest // 60} to {most // 60} minutes can be added"
    return RuleBroken(code, f"{_WHY[code]}; {hint if most else 'none can be added'}.", "minutes")
