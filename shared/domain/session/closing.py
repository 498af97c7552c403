"""Settling a session: the bill, what was earned, and what goes back to the balance (S1.6, S1.7)."""

from datetime import datetime, timedelta

from shared.domain import events as e
from shared.domain.booking import Booking
from shared.domain.lots import unused
from shared.domain.money import Money
from shared.domain.session.legs import Side
from shared.domain.session.session import Session


def close(
    booking: Booking, session: Session, ended_at: datetime, *, our_fault: bool
) -> e.SessionClosed:
    """The settlement of a session that has ended.

    Unused seconds go back as lots of their own, in the order in which they would have been spent,
    so that every minute keeps the price and the payment it came from.

    Args:
        ended_at: as `ended_at` tells.
        our_fault: what is unused is refundable without limit (S2.3).
    """
    connections = session.connections(ended_at)
    bill = session.bill(ended_at, booking.seconds)
    left = unused(booking.holdings, bill.billed)
    reason = session.reason or e.EndReason.NOT_RESTORED
    returned = tuple(
        holding.returned(
            f"{booking.booking_id}-{n}",
            booking.tariff.tariff_id,
            seconds,
            ended_at,
            our_fault=our_fault,
            left_of=booking.booking_id,
        )
        for n, (holding, seconds) in enumerate(zip(booking.holdings, left, strict=True), start=1)
        if seconds
    )
    paid = sum(holding.paid.minor for holding in booking.holdings)
    earned = Money(
        paid - sum(lot.value.minor for lot in returned), booking.tariff.per_minute.currency
    )
    return e.SessionClosed(
        reason=reason,
        ended_at=ended_at,
        bill=bill,
        earned=earned,
        returned=returned,
        stand_by=_stand_by(session, ended_at) if not connections else 0,
    )


def ended_at(session: Session) -> datetime:
    """When the session was over: where its minutes ran out, the provider's own moment."""
    ending = session.ending_at or session.started_at
    connections = session.connections(ending)
    if session.reason is e.EndReason.MINUTES_USED and connections:
        return min(ending, connections[-1][1])
    return ending


def _stand_by(session: Session, ended_at: datetime) -> int:
    """Seconds the operator was there while the customer never came (S1.4b)."""
    there = [
        min(leg.ended_at or ended_at, ended_at) - leg.confirmed_at
        for leg in session.of(Side.OPERATOR)
        if leg.confirmed_at is not None
    ]
    return int(sum(there, timedelta()).total_seconds())
