"""What a booking's incident brought its customer, and what it would have under another policy.

Up to its settlement a history is taken as it is; the settlement and what followed from it are
decided anew. What the customer chose counts where it would still have been offered, else he is
silent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from infra.policy_replay.history import Decided, History
from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Booking, evolve, fold
from shared.domain.decide import decide
from shared.domain.errors import RuleBroken
from shared.domain.mishap.incident import Mishap
from shared.domain.mishap.settlement import settle
from shared.domain.money import Money
from shared.domain.policy import Policy, policy_of

# What an outage broke was found when it was found: its range does not stand in the history.
_EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
# Decided anew, so that the recorded ones are passed over.
_ANEW = (
    e.LetterDue,
    e.IncidentJudged,
    e.BonusGranted,
    e.OfferMade,
    e.OfferWidened,
    e.OfferAccepted,
    e.OfferLapsed,
    e.OutageFound,
    e.QualityMeasured,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one incident brought.

    Args:
        bonus: seconds; what waits in an open offer counts as if nobody answers it.
        bonus_value: at the price of the booking's tariff.
        returned: unused seconds that went to the balance.
        offered: what could be chosen last.
        chosen: None for silence, or where nothing was offered.
        refunded: to cards, by the choice.
    """

    mishaps: tuple[Mishap, ...]
    bonus: int
    bonus_value: Money
    returned: int
    offered: tuple[e.Choice, ...]
    chosen: e.Choice | None
    refunded: Money


def recorded(history: History) -> Outcome | None:
    """What was granted then; None where there was no incident to be judged."""
    booking = fold((decided.at, event) for decided in history.decisions for event in decided.events)
    return None if booking is None else _outcome(booking, policy_of(booking.policy_version))


def replayed(history: History, change: Callable[[Policy], Policy]) -> Outcome | None:
    """What would be granted; None where there is no incident to be judged.

    Args:
        change: makes the policy to judge by of the one the session was bought under.
    """
    booking: Booking | None = None
    for decided in history.decisions:
        if booking is None or booking.session is None or booking.session.closed is None:
            booking = _until_settled(booking, decided, change)
        else:
            booking = _after(booking, decided, change(policy_of(booking.policy_version)))
    if booking is None:
        return None
    return _outcome(booking, change(policy_of(booking.policy_version)))


def _until_settled(
    booking: Booking | None, decided: Decided, change: Callable[[Policy], Policy]
) -> Booking | None:
    for event in decided.events:
        if booking is not None and isinstance(event, e.SessionClosed):
            policy = change(policy_of(booking.policy_version))
            for anew in settle(booking, booking.live_session, policy):
                booking = evolve(booking, anew, decided.at)
            break
        booking = evolve(booking, event, decided.at)
    return booking


def _after(booking: Booking, decided: Decided, policy: Policy) -> Booking:
    booking = _passed(booking, decided.at, policy)
    figures = tuple(
        (event.leg_id, event.quality)
        for event in decided.events
        if isinstance(event, e.QualityMeasured)
    )
    if figures:
        _, booking = decide(booking, c.NoteQuality(figures), decided.at, policy)
    for event in decided.events:
        match event:
            case e.OutageFound():
                found = c.CompensateOutage(event.outage_id, *_EVER)
                _, booking = decide(booking, found, decided.at, policy)
            case e.OfferAccepted():
                booking = _accepted(booking, event, decided.at, policy)
            case _ if not isinstance(event, _ANEW):
                booking = evolve(booking, event, decided.at)
    return booking


def _accepted(booking: Booking, event: e.OfferAccepted, at: datetime, policy: Policy) -> Booking:
    offer = booking.offers[-1] if booking.offers else None
    if offer is None:
        return booking
    command = c.AcceptOffer(
        offer.offer_id, event.choice, event.how, event.booking_id, event.refunds
    )
    try:
        return decide(booking, command, at, policy)[1]
    except RuleBroken:
        return booking  # not offered, or not any more


def _passed(booking: Booking, moment: datetime, policy: Policy) -> Booking:
    """The booking at a moment, its offers lapsed that have run out by then."""
    due = [offer.until for offer in booking.offers if offer.is_open and offer.until <= moment]
    for until in due:
        _, booking = decide(booking, c.Tick(), until, policy)
    return booking


def _outcome(booking: Booking, policy: Policy) -> Outcome | None:
    booking = _passed(booking, _EVER[1], policy)
    closed = booking.session.closed if booking.session else None
    if booking.judged is None or closed is None:
        return None
    accepted = [offer.accepted for offer in booking.offers if offer.accepted is not None]
    refunds = sum(back.amount.minor for choice in accepted for back in choice.refunds)
    return Outcome(
        mishaps=booking.judged.mishaps,
        bonus=booking.bonus,
        bonus_value=booking.tariff.price(booking.bonus),
        returned=sum(lot.left for lot in closed.returned),
        offered=booking.offers[-1].choices if booking.offers else (),
        chosen=accepted[-1].choice if accepted else None,
        refunded=Money(refunds, booking.tariff.per_minute.currency),
    )
