"""Where the payment provider's lists show what our payments do not (S2.5)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from shared.application.ports import (
    DisputeStatus,
    ProviderCharge,
    ProviderDispute,
    ProviderRefund,
    RefundStatus,
)
from shared.application.store import PaymentSummary
from shared.domain.payment.payment import Status

Summaries = Mapping[str, PaymentSummary]

_CAME_BACK = frozenset({RefundStatus.FAILED, RefundStatus.CANCELED})
_OVER = frozenset(
    {
        DisputeStatus.WON,
        DisputeStatus.LOST,
        DisputeStatus.WARNING_CLOSED,
        DisputeStatus.PREVENTED,
    }
)


@dataclass(frozen=True, slots=True)
class Missed:
    """What we missed, as the event of the provider that should have told us.

    Args:
        kind: type of the event.
        subject: id of the object it would have been about.
        fact: what the provider says; another fact is another thing missed.
    """

    kind: str
    subject: str
    fact: str


def payment_of(found: ProviderCharge | ProviderRefund | ProviderDispute) -> str:
    """Under which id we keep the payment: the intent's, or the charge's where it has none."""
    return found.intent_id or found.charge_id or ""


def in_charges(charges: Iterable[ProviderCharge], ours: Summaries) -> Iterator[Missed]:
    """Money that was taken and that we do not hold, or of which more or less went back."""
    for charge in charges:
        if charge.captured.minor == 0:
            continue
        known = ours.get(payment_of(charge))
        fact = f"{charge.captured.minor}-{charge.refunded.minor}"
        if known is None or known.status is not Status.CAPTURED:
            intent = charge.intent_id
            kind = "charge.succeeded" if intent is None else "payment_intent.succeeded"
            yield Missed(kind, intent or charge.charge_id, fact)
        elif known.refunded != charge.refunded.minor:
            yield Missed("charge.refunded", charge.charge_id, fact)


def in_refunds(refunds: Iterable[ProviderRefund], ours: Summaries) -> Iterator[Missed]:
    """Refunds that we do not count as settled and that are, or the reverse.

    One of ours that is on its way is asked after by its payment's own duties.
    """
    for refund in refunds:
        known = ours.get(payment_of(refund))
        counted = known is not None and refund.provider_refund_id in known.provider_refunds
        if refund.status in _CAME_BACK:
            missed = counted
        elif refund.status is RefundStatus.SUCCEEDED or "refund_id" not in refund.metadata:
            missed = not counted
        else:
            missed = known is None
        if missed:
            yield Missed("refund.updated", refund.provider_refund_id, refund.status)


def in_disputes(disputes: Iterable[ProviderDispute], ours: Summaries) -> Iterator[Missed]:
    """Disputes that we do not know, or that are over at one side only."""
    for dispute in disputes:
        known = ours.get(payment_of(dispute))
        closed = known is not None and dispute.dispute_id in known.closed_disputes
        is_open = known is not None and dispute.dispute_id in known.open_disputes
        if not (closed if dispute.status in _OVER else is_open):
            yield Missed("charge.dispute.updated", dispute.dispute_id, dispute.status)
