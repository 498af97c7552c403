"""What of a payment its customer may have back now, by the rules (S2.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.errors import RuleBroken
from shared.domain.lots import Lot
from shared.domain.money import Money
from shared.domain.payment.payment import Payment
from shared.domain.payment.refund_sources import refundable, sources
from shared.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Refundable:
    """What may go back on request.

    Args:
        amount: in all; zero where nothing may.
        until: when the first part of it no longer may, UTC; None where no time is set to it.
    """

    amount: Money
    until: datetime | None


def refundable_now(
    payment: Payment, lots: Sequence[Lot], now: datetime, policy: Policy
) -> Refundable:
    """What a customer's request would refund now; zero while his bank asks (S2.7).

    What a session that has not begun was paid with is not among it: it goes back when its booking
    is cancelled.

    Args:
        payment: as it stands.
        lots: the customer's unused ones that this payment bought.
        now: UTC.
        policy: in force when it was paid.
    """
    nothing = Refundable(Money.zero(payment.captured.currency), None)
    if payment.locked:
        return nothing
    try:
        found = sources(payment, lots, None, now, policy, our_fault=False)
    except RuleBroken:
        return nothing
    if found.amount.minor <= 0:
        return nothing
    window = timedelta(days=policy.refund_window_days)
    ends = [
        max(lot.paid_at, lot.returned_at or lot.paid_at) + window
        for lot in lots
        if refundable(lot, now, policy) and not lot.our_fault
    ]
    return Refundable(found.amount, min(ends, default=None))
