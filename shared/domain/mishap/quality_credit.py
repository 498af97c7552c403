"""What the provider's figures of a line bring when they arrive: credit, never a claim (S1.8).

Only a session that left minutes unused is looked at: whoever talked to the end had what he paid
for, and a figure costs a request for each leg.
"""

from collections.abc import Iterator
from datetime import timedelta

from shared.domain import events as e
from shared.domain.booking import Booking, Status
from shared.domain.duty import Duty
from shared.domain.letters.ids import letter_due
from shared.domain.mishap.incident import Cause, Mishap
from shared.domain.mishap.quality import CallQuality, describe
from shared.domain.mishap.settlement import bonus_granted
from shared.domain.policy import Policy
from shared.domain.remedies import Facts, entitlement
from shared.domain.session.legs import Leg


def unmeasured(booking: Booking) -> tuple[Leg, ...]:
    """The legs that talked and of which no figures are known."""
    session = booking.session
    if session is None:
        return ()
    return tuple(
        leg
        for leg in session.legs
        if leg.stays and leg.call_id is not None and leg.leg_id not in booking.measured
    )


def quality_duties(booking: Booking, policy: Policy) -> Iterator[Duty[e.Event]]:
    """When the provider is asked: some times, further and further apart, then never again."""
    session = booking.live_session
    closed = session.closed
    if closed is None or not _worth_asking(booking, closed, policy) or not unmeasured(booking):
        return
    if booking.quality_asked < len(policy.quality_asked_after):
        after = timedelta(seconds=policy.quality_asked_after[booking.quality_asked])
        yield Duty(closed.ended_at + after, (e.QualityAsked(),))


def _worth_asking(booking: Booking, closed: e.SessionClosed, policy: Policy) -> bool:
    """Whether figures could bring him something."""
    talked = closed.bill.talk + closed.bill.hold >= policy.quality_shortest
    return talked and closed.bill.unused > 0 and _missing(booking, policy) > 0


def _missing(booking: Booking, policy: Policy) -> int:
    """Seconds that a bad line would add to what the incident has brought him (S1.15)."""
    due = entitlement((Mishap.BAD_LINE,), Cause.UNKNOWN, Facts(measured=True), policy)
    promised = max((offer.bonus for offer in booking.offers if offer.is_open), default=0)
    return due.bonus - booking.bonus - promised


def measured(
    booking: Booking, figures: tuple[tuple[str, CallQuality], ...], policy: Policy
) -> tuple[e.Event, ...]:
    """What follows from figures of some legs.

    Args:
        booking: its session is over.
        figures: by leg.
    """
    known = {leg.leg_id for leg in unmeasured(booking)}
    fresh = tuple(
        e.QualityMeasured(leg_id, quality, describe(quality, policy))
        for leg_id, quality in figures
        if leg_id in known
    )
    bad = tuple(text for event in fresh for text in event.crossed)
    closed = booking.live_session.closed
    if not bad or booking.status is not Status.COMPLETED or closed is None:
        return fresh
    if not _worth_asking(booking, closed, policy):
        return fresh
    due = entitlement((Mishap.BAD_LINE,), Cause.UNKNOWN, Facts(measured=True), policy)
    before = booking.judged
    mishaps = before.mishaps if before else ()
    judged = e.IncidentJudged(
        mishaps if Mishap.BAD_LINE in mishaps else (*mishaps, Mishap.BAD_LINE),
        before.cause if before else Cause.UNKNOWN,
        (*(before.evidence if before else ()), *bad),
        tuple(sorted({*(before.rules if before else ()), *due.rules})),
    )
    granted = bonus_granted(booking, _missing(booking, policy), due.bonus_rule, closed.ended_at)
    return *fresh, judged, granted, letter_due(booking, e.Letter.BONUS, about="line")
