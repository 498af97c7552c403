"""What happened to a claim of the customer's bank: the part of `events` about disputes."""

from dataclasses import dataclass

from shared.domain.lots import Lot
from shared.domain.money import Money


@dataclass(frozen=True, slots=True)
class DisputeOpened:
    """The customer's bank asks, or claims the money back; refunds are locked (S2.7).

    Args:
        inquiry: it only asks, and moves no money (S2.11).
    """

    dispute_id: str
    amount: Money
    inquiry: bool
    reason: str


@dataclass(frozen=True, slots=True)
class LotsFrozen:
    """Unused lots bought with this payment wait for the bank's decision, as they stood."""

    dispute_id: str
    lots: tuple[Lot, ...]


@dataclass(frozen=True, slots=True)
class DisputeEscalated:
    """The inquiry became a dispute."""

    dispute_id: str


@dataclass(frozen=True, slots=True)
class FundsMoved:
    """The provider withdrew or returned money for a dispute, fee included (S2.11).

    Args:
        amount: signed minor units; negative where it was withdrawn.
        fee: minor units; negative where it was given back.
    """

    dispute_id: str
    transaction_id: str
    amount: int
    fee: int


@dataclass(frozen=True, slots=True)
class DisputeClosed:
    """The bank has decided.

    Args:
        lost: the money stays with the bank.
        covered: of it, what was frozen or not yet allotted, minor units; the rest is our loss.
        thawed: the lots that are the customer's again.
        waiting: the lots that wait on, for another claim on the same payment.
    """

    dispute_id: str
    lost: bool
    covered: int
    thawed: tuple[Lot, ...]
    waiting: tuple[Lot, ...] = ()
