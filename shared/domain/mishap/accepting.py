"""Deciding on offers: each is answered once, and an outage adds to it (S1.10, S1.13, S1.15)."""

from datetime import datetime

from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Booking, Status
from shared.domain.errors import NotFound, RuleBroken
from shared.domain.events import EndReason
from shared.domain.mishap.incident import Incident
from shared.domain.mishap.offers import Offer
from shared.domain.mishap.outcome import first_symptom
from shared.domain.mishap.settlement import after_outage, bonus_granted
from shared.domain.policy import Policy
from shared.domain.session.session import Session


def require_open(booking: Booking, offer_id: str, choice: e.Choice, now: datetime) -> Offer | None:
    """The offer, if this may be chosen now; None where this very choice was made before.

    Raises:
        NotFound: there is no such offer.
        RuleBroken: something else was chosen, its time is over, or this is not offered.
    """
    offer = booking.offer(offer_id)
    if offer is None:
        raise NotFound("offer_unknown", "There is no such offer.", "offer_id")
    if offer.accepted is not None:
        if offer.accepted.choice is choice:
            return None
        raise RuleBroken("offer_taken", f"You have chosen: {offer.accepted.choice}.", "choice")
    if offer.lapsed or now >= offer.until:
        raise RuleBroken(
            "offer_over", "The time for this offer is over; your minutes are on your balance."
        )
    if choice not in offer.choices:
        offered = ", ".join(offer.choices)
        raise RuleBroken("choice_not_offered", f"You may choose: {offered}.", "choice")
    return offer


def accept(booking: Booking, command: c.AcceptOffer, now: datetime) -> tuple[e.Event, ...]:
    """The customer's choice, with the bonus that comes with it."""
    offer = require_open(booking, command.offer_id, command.choice, now)
    if offer is None:
        return ()
    accepted = e.OfferAccepted(
        command.offer_id, command.choice, command.how, command.booking_id, command.refunds
    )
    if not offer.bonus or command.choice not in offer.with_bonus:
        return (accepted,)
    return accepted, bonus_granted(booking, offer.bonus, offer.rule, now)


def compensate_outage(
    booking: Booking, command: c.CompensateOutage, now: datetime, policy: Policy
) -> tuple[e.Event, ...]:
    """What an outage adds, where it broke the session and none before it did (S1.13, S1.15)."""
    if booking.outages or booking.status is not Status.COMPLETED:
        return ()
    hit = broken_by(booking, booking.live_session, command.since, command.until)
    return after_outage(booking, command.outage_id, now, policy) if hit else ()


def broken_by(booking: Booking, session: Session, since: datetime, until: datetime) -> bool:
    """Whether a session was broken in a stretch of time: in trouble then, and not brought back.

    Args:
        since: UTC.
        until: UTC, itself left out.
    """
    incident = session.incidents[-1] if session.incidents else None
    if incident is None or session.closed is None or not _broken(session, incident):
        return False
    begun = first_symptom(booking, incident)
    return begun < until and (incident.until is None or incident.until >= since)


def _broken(session: Session, incident: Incident) -> bool:
    """Whether the session ended in its last trouble, with minutes that were not had."""
    closed = session.closed
    if closed is None or closed.bill.unused == 0 or closed.reason is EndReason.MINUTES_USED:
        return False  # its last seconds are not worth a call, and look like a drop
    return incident.until is not None and incident.until >= closed.ended_at
