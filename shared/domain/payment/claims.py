"""What is claimed back of a payment: refunds by us or by hand, disputes by the customer's bank."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.domain.lots import Lot
from shared.domain.money import Money
from shared.domain.payment import dispute_events as de
from shared.domain.payment import events as e


class RefundStatus(StrEnum):
    """Where a refund stands; from settled on at its end, though a settled one may yet fail."""

    AWAITING_APPROVAL = "awaiting_approval"
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    SETTLED = "settled"
    REFUSED = "refused"
    FAILED = "failed"
    DENIED = "denied"
    UNDONE = "undone"

    @property
    def counts(self) -> bool:
        """Whether the money is on its way back, or back."""
        return self in _COUNTS

    @property
    def is_open(self) -> bool:
        """Whether the provider still has to say what became of it."""
        return self in (RefundStatus.REQUESTED, RefundStatus.ACCEPTED)


DISPUTE_LOST = "dispute_lost"
REFUNDED_BY_HAND = "refunded_by_hand"
# Why a refund is denied whose money pays for something else of the same payment.
WITH_THE_PAYMENT = frozenset({DISPUTE_LOST, REFUNDED_BY_HAND})
_COUNTS = frozenset({"awaiting_approval", "requested", "accepted", "settled"})
# Nobody can say that the provider has these.
NOT_PAID_OUT = frozenset({RefundStatus.AWAITING_APPROVAL, RefundStatus.REQUESTED})


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back to the card.

    Args:
        refund_id: ours; the provider's where it was made by hand.
        amount: what goes back.
        reason: why; None where somebody made it by hand.
        attempt: part of the key the provider sees.
        overdue: deadlines that have passed.
    """

    refund_id: str
    amount: Money
    reason: e.RefundReason | None
    by: str
    status: RefundStatus
    requested_at: datetime
    initiate_by: datetime | None = None
    settle_by: datetime | None = None
    taken: tuple[e.Taken, ...] = ()
    goodwill: int = 0
    attempt: int = 1
    provider_refund_id: str | None = None
    code: str | None = None
    overdue: frozenset[e.Stage] = frozenset()

    @property
    def given(self) -> int:
        """Its goodwill, minor units; none where a manager denied it."""
        denied = self.status is RefundStatus.DENIED and self.code not in WITH_THE_PAYMENT
        return 0 if denied else self.goodwill


@dataclass(frozen=True, slots=True)
class Dispute:
    """A claim of the customer's bank.

    Args:
        withdrawn: what the provider has taken from us for it, minor units.
        movements: ids of the provider's transactions that are posted.
        frozen: lots that wait for its end.
        lost: None while it is open.
    """

    dispute_id: str
    amount: Money
    inquiry: bool
    reason: str
    opened_at: datetime
    frozen: tuple[Lot, ...] = ()
    withdrawn: int = 0
    movements: tuple[str, ...] = ()
    lost: bool | None = None

    @property
    def is_open(self) -> bool:
        """Whether the bank has not decided yet."""
        return self.lost is None

    @property
    def claims(self) -> bool:
        """Whether the bank wants money back and has not decided; an inquiry only asks."""
        return self.is_open and not self.inquiry

    def after(
        self, event: de.LotsFrozen | de.DisputeEscalated | de.FundsMoved | de.DisputeClosed
    ) -> "Dispute":
        """The claim after one event of its own."""
        match event:
            case de.LotsFrozen():
                return replace(self, frozen=(*self.frozen, *event.lots))
            case de.DisputeEscalated():
                return replace(self, inquiry=False)
            case de.FundsMoved():
                return replace(
                    self,
                    withdrawn=self.withdrawn - event.amount,
                    movements=(*self.movements, event.transaction_id),
                )
            case de.DisputeClosed():
                return replace(self, lost=event.lost, frozen=())
