"""The end of a session: its bill, the judge's word, and what the customer gets and is asked.

Nothing is compensated twice (S1.15): what a booking has brought its customer stands in its state,
and a rule that comes to apply later adds only what is missing.
"""

from datetime import datetime, timedelta

from shared.domain import events as e
from shared.domain.booking import Booking
from shared.domain.letters.ids import letter_due
from shared.domain.lots import BONUS, Lot
from shared.domain.mishap.incident import Cause, Mishap
from shared.domain.mishap.judge import facts_of, judge
from shared.domain.money import Money
from shared.domain.policy import Policy
from shared.domain.remedies import OUR_SIDE, Entitlement, entitlement
from shared.domain.session.closing import close, ended_at
from shared.domain.session.session import Session

# After these the customer is told what became of his minutes; otherwise he knows.
_TOLD = frozenset(
    {
        e.EndReason.CUSTOMER_ABSENT,
        e.EndReason.NOT_RESTORED,
        e.EndReason.OVERTIME,
        e.EndReason.HOLD_LIMIT,
        e.EndReason.NEXT_BOOKING,
    }
)


def settle(booking: Booking, session: Session, policy: Policy) -> tuple[e.Event, ...]:
    """The session's settlement, and all that follows from how it ended.

    Args:
        booking: its session has ended, and its legs are known to have left.
        policy: the one it was bought under.
    """
    over = ended_at(session)
    verdict = judge(booking, session, over)
    ours = verdict is not None and verdict.cause in OUR_SIDE
    closed = close(booking, session, over, our_fault=ours)
    if verdict is None:
        return closed, *_told(booking, closed)
    due = entitlement(verdict.mishaps, verdict.cause, verdict.facts, policy)
    judged = e.IncidentJudged(verdict.mishaps, verdict.cause, verdict.evidence, due.rules)
    given = _given(booking, due, over, policy, left=bool(closed.returned))
    return closed, judged, *(given or _told(booking, closed))


def _told(booking: Booking, closed: e.SessionClosed) -> tuple[e.Event, ...]:
    told = closed.reason in _TOLD and closed.returned
    return (letter_due(booking, e.Letter.MINUTES_RETURNED),) if told else ()


def _given(
    booking: Booking, due: Entitlement, at: datetime, policy: Policy, *, left: bool
) -> tuple[e.Event, ...]:
    """The bonus, the offer, and the letter that tells of them.

    Args:
        left: whether there are unused minutes: without any there is nothing to go on with, and no
            bonus but that of a refund or an outage.
    """
    choices = _possible(booking, due, left=left)
    bonus = max(0, due.bonus - booking.bonus) if left or choices else 0
    at_once = bool(bonus) and (due.bonus_at_once or not choices)
    granted = (bonus_granted(booking, bonus, due.bonus_rule, at),) if at_once else ()
    if not choices:
        return (*granted, letter_due(booking, e.Letter.BONUS)) if granted else ()
    offer_id = f"{booking.booking_id}-o{len(booking.offers) + 1}"
    needs_number = due.needs_number.intersection(choices)
    made = e.OfferMade(
        offer_id=offer_id,
        choices=choices,
        with_bonus=due.with_bonus.intersection(choices),
        bonus=0 if at_once else bonus,
        rule=due.bonus_rule,
        until=at + timedelta(seconds=policy.offer_valid),
        needs_number=needs_number,
    )
    letter = e.Letter.NUMBER_WRONG if needs_number == frozenset(choices) else e.Letter.OFFER
    return *granted, made, letter_due(booking, letter, about=offer_id)


def _possible(booking: Booking, due: Entitlement, *, left: bool) -> tuple[e.Choice, ...]:
    """Of the choices, those that can be carried out for this booking."""
    by_card = any(h.payment_id and h.paid.minor for h in booking.holdings)
    possible = {choice: left for choice in e.Choice} | {e.Choice.REFUND: by_card}
    return tuple(choice for choice in due.choices if possible[choice])


def bonus_granted(booking: Booking, seconds: int, rule: str, at: datetime) -> e.BonusGranted:
    """Bonus minutes, as a lot of their own.

    Args:
        seconds: above zero.
        rule: by which they are granted.
        at: UTC.
    """
    lot = Lot(
        lot_id=f"{booking.booking_id}-b{booking.bonus}",
        tariff_id=BONUS,
        bought=seconds,
        left=seconds,
        paid=Money.zero(booking.tariff.per_minute.currency),
        payment_id=None,
        paid_at=at,
        returned_at=at,
    )
    return e.BonusGranted(lot, rule)


def after_outage(
    booking: Booking, outage_id: str, now: datetime, policy: Policy
) -> tuple[e.Event, ...]:
    """What an outage of ours that broke a settled session adds to what it has brought (S1.13).

    Args:
        booking: its session is closed, and nothing was given for an outage yet.
        now: UTC.
    """
    before = booking.judged
    mishaps = (*(before.mishaps if before else ()), Mishap.OUTAGE)
    cause = before.cause if before else Cause.OURS
    session = booking.live_session
    left = session.closed is not None and bool(session.closed.returned)
    due = entitlement(mishaps, cause, facts_of(booking, session, ended_at(session)), policy)
    evidence = (*(before.evidence if before else ()), f"outage {outage_id}")
    found = e.OutageFound(outage_id)
    judged = e.IncidentJudged(mishaps, Cause.OURS, evidence, due.rules)
    offer = booking.offers[-1] if booking.offers else None
    if offer is None or offer.lapsed:
        return found, judged, *_given(booking, due, now, policy, left=left)
    # A bonus that waits in an offer is part of what was given: the larger single one counts.
    bonus = max(0, due.bonus - booking.bonus)
    granted = (bonus_granted(booking, bonus, due.bonus_rule, now),) if bonus else ()
    if offer.accepted is not None:
        told = (letter_due(booking, e.Letter.BONUS, about=outage_id),) if granted else ()
        return found, judged, *granted, *told
    possible = _possible(booking, due, left=left)
    choices = tuple(c for c in e.Choice if c in possible or c in offer.choices)
    widened = e.OfferWidened(
        offer_id=offer.offer_id,
        choices=choices,
        with_bonus=frozenset(),
        bonus=0,
        rule=due.bonus_rule,
        until=now + timedelta(seconds=policy.offer_valid),
        needs_number=due.needs_number.intersection(choices),
    )
    letter = letter_due(booking, e.Letter.OFFER, about=f"{offer.offer_id}-{outage_id}")
    return found, judged, *granted, widened, letter
