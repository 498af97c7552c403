"""Which call goes first where the provider takes only so many a second, and how long one waits."""

from datetime import datetime, timedelta

from shared.domain.booking import Booking
from shared.domain.policy import Policy
from shared.domain.session.legs import Leg, Side
from shared.domain.session.turns import Lane
from shared.domain.slots import QUARTER


def lane_of(booking: Booking, leg: Leg, now: datetime) -> Lane:
    """Where a call waits: redials first, then by the session's start (S1.5, S1.4).

    Who starts later asks later. A call goes before those of later starts where its session's own
    quarter is over, and before others of the same start where somebody is on the line for it.
    """
    session = booking.live_session
    if session.joined:
        return Lane.REDIALS
    other = Side.CUSTOMER if leg.side is Side.OPERATOR else Side.OPERATOR
    awaited = session.on_the_line(other) is not None
    return Lane.UNDER_WAY if awaited or now >= booking.starts_at + QUARTER else Lane.STARTS


def longest_wait(booking: Booking, leg: Leg, policy: Policy) -> datetime:
    """The latest moment at which ringing a leg is still of use, UTC."""
    session = booking.live_session
    if session.dropped_at is not None:
        # A line that we renew ourselves is rung when that was promised (S1.8).
        begin = session.renewed.at if session.renewed else session.dropped_at
        return max(session.dropped_at, begin) + timedelta(seconds=policy.redial_deadline)
    seconds = policy.redial_deadline if session.joined else policy.no_show_grace
    return leg.requested_at + timedelta(seconds=seconds)
