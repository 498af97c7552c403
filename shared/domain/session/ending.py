"""How a session is ended: politely where a leg can still hear a word, and hung up elsewhere."""

from datetime import datetime

from shared.domain import events as e
from shared.domain.duty import Duty
from shared.domain.session.legs import Leg
from shared.domain.session.session import Session

# Whoever talks is not cut off without a word: his leg is taken out of the conference, hears why,
# and ends with that (S1.11).
POLITE = frozenset({e.EndReason.HOLD_LIMIT, e.EndReason.BAD_LINE, e.EndReason.CALLBACK_PROMISED})


def end(at: datetime, session: Session, reason: e.EndReason) -> Duty[e.Event]:
    """End the session; legs that are in our hands hear a goodbye, all others are hung up."""
    return Duty(at, end_now(session, reason))


def end_now(
    session: Session, reason: e.EndReason, spoken: str | None = None
) -> tuple[e.Event, ...]:
    """What ends the session.

    Args:
        spoken: the leg on which it was asked for, which hears a goodbye before it ends.
    """
    if session.end_requested is not None:
        spoken = session.end_requested.leg_id
    dismissals = tuple(
        e.LegDismissed(leg.leg_id, reason)
        for leg in session.legs
        if leg.wanted and leg.leg_id != spoken and not hears_goodbye(leg, reason)
    )
    return e.SessionEnding(reason), *dismissals


def hears_goodbye(leg: Leg, reason: e.EndReason) -> bool:
    """Whether the leg is told why before it ends."""
    return _in_our_hands(leg) or (reason in POLITE and leg.in_conference)


def _in_our_hands(leg: Leg) -> bool:
    """Whether the leg left the conference and waits for what we say next, if it is not gone."""
    return leg.on_the_line and bool(leg.marks) and not leg.inside
