"""How a session went, by which an outage finds those it broke and reliability is counted (S1.16).

Every finished session has one outcome, kept in an index by the hour of its first symptom.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.booking import Booking
from shared.domain.events import EndReason, SessionClosed
from shared.domain.mishap.incident import Incident, Mishap
from shared.domain.session.session import Session

# No trouble is taken to last longer: by then the longest session would have been over, and nobody
# waited any more. Whoever looks for what touches a moment looks so far back, in rows of any age, so
# this belongs to the index and not to a version of the policy.
LONGEST = timedelta(hours=3)


class Grade(StrEnum):
    """How bad it was for the customer."""

    FINE = "fine"
    PROBLEM = "problem"
    CRITICAL = "critical"


# A session that came to such an end was not what was paid for.
_CRITICAL = frozenset(
    {
        EndReason.NOT_RESTORED,
        EndReason.BAD_LINE,
        EndReason.OPERATOR_ABSENT,
        EndReason.START_MISSED,
        EndReason.OVERTIME,
    }
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a session went.

    Args:
        since: the first symptom, UTC; of a fine session its end.
        until: when all was well again or the session over, UTC; at most LONGEST after `since`.
    """

    grade: Grade
    since: datetime
    until: datetime


def outcome(booking: Booking) -> Outcome | None:
    """How the session of a booking went; None while it is not closed, or never began."""
    session = booking.session
    if session is None or session.closed is None:
        return None
    closed = session.closed
    stretches = tuple(_stretches(booking, session, closed))
    if not stretches:
        return Outcome(Grade.FINE, closed.ended_at, closed.ended_at)
    since = min(start for start, _ in stretches)
    until = max(since, *(end for _, end in stretches))
    cut_off = session.dropped_at is not None and closed.reason is EndReason.NEXT_BOOKING
    critical = cut_off or closed.reason in _CRITICAL
    return Outcome(
        Grade.CRITICAL if critical else Grade.PROBLEM, since, min(until, since + LONGEST)
    )


def _stretches(
    booking: Booking, session: Session, closed: SessionClosed
) -> Iterator[tuple[datetime, datetime]]:
    """When something was wrong, incident by incident."""
    for incident in session.incidents:
        if closed.reason is EndReason.MINUTES_USED and incident.since >= closed.ended_at:
            continue  # what looks like a drop is the leg's own limit
        yield first_symptom(booking, incident), incident.until or closed.ended_at
    if _measured_bad(booking, session):
        yield session.connections(closed.ended_at)[0][0], closed.ended_at
    if closed.reason is EndReason.OVERTIME and not session.incidents:
        yield session.started_at, closed.ended_at


def _measured_bad(booking: Booking, session: Session) -> bool:
    """Whether the provider's figures alone tell of a bad line; of which minute nobody knows."""
    told = any(Mishap.BAD_LINE in incident.mishaps for incident in session.incidents)
    judged = booking.judged is not None and Mishap.BAD_LINE in booking.judged.mishaps
    return judged and not told


def first_symptom(booking: Booking, incident: Incident) -> datetime:
    """Since when the customer was in trouble: where we came too late to ring, since the start."""
    return booking.starts if Mishap.START_MISSED in incident.mishaps else incident.since
