"""What a trial balance can find wrong, and what explains money that lies somewhere for a while."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why two sides that must agree do not."""

    ENTRY_UNBALANCED = "entry_unbalanced"
    OWNER_MISSING = "owner_missing"
    STORED_BALANCE_DIFFERS = "stored_balance_differs"
    STATE_DIFFERS = "state_differs"
    PAYMENT_UNCLAIMED = "payment_unclaimed"
    REFUND_LEFT_OVER = "refund_left_over"
    DISPUTE_LEFT_OVER = "dispute_left_over"
    FROZEN_LEFT_OVER = "frozen_left_over"
    BOOKING_LEFT_OVER = "booking_left_over"
    UNKNOWN_HERE = "unknown_here"
    UNKNOWN_THERE = "unknown_there"
    AMOUNT_DIFFERS = "amount_differs"
    REFUNDED_DIFFERS = "refunded_differs"
    FAILED_REFUND_COUNTED = "failed_refund_counted"
    DISPUTE_UNKNOWN_HERE = "dispute_unknown_here"
    MOVEMENT_NOT_POSTED = "movement_not_posted"
    FEE_NOT_POSTED = "fee_not_posted"
    POSTING_DIFFERS = "posting_differs"

    @property
    def why(self) -> str:
        """One line for whoever reads the report."""
        return _WHY[self]


_WHY = {
    Reason.ENTRY_UNBALANCED: "the postings of one entry do not sum to zero",
    Reason.OWNER_MISSING: "entries name a booking or payment that is not stored",
    Reason.STORED_BALANCE_DIFFERS: "the lots on a balance are not what the entries say",
    Reason.STATE_DIFFERS: "an open payment, refund or dispute says another amount than its account",
    Reason.PAYMENT_UNCLAIMED: "money of a payment belongs to nothing, and nobody works on it",
    Reason.REFUND_LEFT_OVER: "a refund is over, and its account is not zero",
    Reason.DISPUTE_LEFT_OVER: "the bank has decided, and the dispute's account is not zero",
    Reason.FROZEN_LEFT_OVER: "no dispute is open, and something is still frozen for one",
    Reason.BOOKING_LEFT_OVER: "a booking is at its end, and its account is not zero",
    Reason.UNKNOWN_HERE: "the provider took money of which we do not know",
    Reason.UNKNOWN_THERE: "we counted money that the provider never took",
    Reason.AMOUNT_DIFFERS: "the provider took another amount than we counted",
    Reason.REFUNDED_DIFFERS: "a refund is not the same at the provider and here",
    Reason.FAILED_REFUND_COUNTED: "a refund failed at the provider, and counts here as paid out",
    Reason.DISPUTE_UNKNOWN_HERE: "a bank disputes a payment, and we do not know",
    Reason.MOVEMENT_NOT_POSTED: "the provider moved money for a dispute that is not posted",
    Reason.FEE_NOT_POSTED: "the provider charged a fee for a dispute that is not posted",
    Reason.POSTING_DIFFERS: "the entries put another amount at the provider than its lists do",
}


class Explanation(StrEnum):
    """Why an account that is zero at rest is not zero now, and rightly so."""

    UNCLAIMED = "unclaimed"
    CASE_OPEN = "case_open"
    CUSTOMER_ASKED = "customer_asked"
    DISPUTE_OPEN = "dispute_open"
    REFUND_AWAITS_APPROVAL = "refund_awaits_approval"
    REFUND_ON_ITS_WAY = "refund_on_its_way"
    BOOKING_AHEAD = "booking_ahead"
    PROVIDER_JUST_NOW = "provider_just_now"


@dataclass(frozen=True, slots=True)
class Difference:
    """Two sides that must agree and do not.

    Args:
        reason: why.
        subject: the account; for the provider's lists the payment, refund, dispute or movement.
        unit: a currency, or "sec:" and a tariff.
        booked: what our side says, in the unit's smallest part.
        found: what stands against it: stored balance, state, or the provider's list.
    """

    reason: Reason
    subject: str
    unit: str
    booked: int
    found: int
