"""What happened to a payment: facts in the past tense, stored for good, folded into its state."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.card import Card
from shared.domain.case.events import CaseKind
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.lots import Lot
from shared.domain.money import Money
from shared.domain.payment.dispute_events import (
    DisputeClosed,
    DisputeEscalated,
    DisputeOpened,
    FundsMoved,
    LotsFrozen,
)


class Purpose(StrEnum):
    """What the customer paid for."""

    BOOKING = "booking"
    TOP_UP = "top_up"
    UNKNOWN = "unknown"


class RefundReason(StrEnum):
    """Why money goes back."""

    CANCELLED = "cancelled"
    DUPLICATE = "duplicate"
    LATE_PAYMENT = "late_payment"
    CHANGE_OF_MIND = "change_of_mind"
    OUR_FAULT = "our_fault"


class Stage(StrEnum):
    """The two deadlines of a refund (S2.2)."""

    INITIATE = "initiate"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class Taken:
    """Part of a lot that leaves a balance.

    Args:
        lot: as it stood.
        seconds: what is taken; minor units where it is money.
    """

    lot: Lot
    seconds: int

    @property
    def value(self) -> Money:
        """Its price, on cumulative totals (S2.9)."""
        return self.lot.value - self.lot.without(self.seconds).value


# --- money comes in -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PaymentOpened:
    """A payment exists at the provider under this id.

    Args:
        payment_id: the provider's id of the intent; of the charge where it was made without one.
        customer_id: who pays; None where nobody knows.
        booking_id: what for, where it is one.
        due: what is to be paid.
        checkout: the page or attempt it was started from, as the frontend names it (S2.1).
        language: of letters.
        policy_version: in force when it was made.
    """

    payment_id: str
    purpose: Purpose
    customer_id: str | None
    booking_id: str | None
    due: Money
    checkout: str | None
    language: str
    policy_version: int


@dataclass(frozen=True, slots=True)
class PaymentDeclined:
    """The provider refused an attempt to pay; the same payment can be tried again."""

    decline_code: str


@dataclass(frozen=True, slots=True)
class PaymentAbandoned:
    """Not paid in time: the provider will not take money on it any more."""


@dataclass(frozen=True, slots=True)
class PaymentCaptured:
    """The provider holds the money, as it answered when we asked it.

    Args:
        captured_at: the provider's time of the charge, UTC.
    """

    amount: Money
    charge_id: str | None
    card: Card | None
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentShown:
    """The customer's page told us that it shows the payment as made (S2.1)."""


@dataclass(frozen=True, slots=True)
class PaymentAllocated:
    """The money went to the booking it was paid for."""

    booking_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class PaymentCredited:
    """The money stands on the customer's balance."""

    lot: Lot


@dataclass(frozen=True, slots=True)
class CustomerAssigned:
    """A person found out whose money it is (S2.5).

    Args:
        by: "agent:<id>".
    """

    customer_id: str
    by: str


@dataclass(frozen=True, slots=True)
class PaymentReturned:
    """A booking gave its money back to the payment, where a refund or a decision awaits it.

    Args:
        regained: of it, what a refund by hand had given as goodwill meanwhile, minor units.
    """

    booking_id: str
    amount: Money
    regained: int


@dataclass(frozen=True, slots=True)
class LotsRegained:
    """Lots that a session gave back although their price had gone back before are ours again.

    Args:
        taken: what leaves the balance.
        goodwill: of it, what refunds had given as goodwill, minor units; banks took the rest.
    """

    taken: tuple[Taken, ...]
    goodwill: int


# --- refunds --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RefundRequested:
    """Money is to go back; the refund has an id before the provider is asked.

    Args:
        by: "customer", "agent:<id>" or "system".
        taken: what leaves the balance for it.
        goodwill: the part that had been earned already and is given for our fault.
        initiate_by: the provider must have accepted it, UTC (S2.2).
        settle_by: it must have settled, UTC.
        needs_approval: above the limit, so that a manager decides first.
    """

    refund_id: str
    amount: Money
    reason: RefundReason
    by: str
    taken: tuple[Taken, ...]
    goodwill: int
    initiate_by: datetime
    settle_by: datetime
    needs_approval: bool


@dataclass(frozen=True, slots=True)
class RefundApproved:
    """A manager agreed."""

    refund_id: str
    by: str


@dataclass(frozen=True, slots=True)
class RefundDenied:
    """It will not be paid out.

    Args:
        why: "manager"; "dispute_lost" where the bank has returned the money already,
            "refunded_by_hand" where somebody has, in the provider's dashboard.
    """

    refund_id: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class RefundAttempted:
    """A look-up proved that the last attempt did nothing: the next key is used."""

    refund_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class RefundAccepted:
    """The provider has taken it and is on it."""

    refund_id: str
    provider_refund_id: str


@dataclass(frozen=True, slots=True)
class RefundSettled:
    """The provider has paid it out."""

    refund_id: str
    provider_refund_id: str


@dataclass(frozen=True, slots=True)
class RefundRefused:
    """The provider cannot refund to this card (S2.2)."""

    refund_id: str
    code: str


@dataclass(frozen=True, slots=True)
class RefundFailed:
    """A refund that had settled came back, perhaps days later (S2.2)."""

    refund_id: str
    code: str


@dataclass(frozen=True, slots=True)
class RefundOverdue:
    """A deadline of a refund passed; a person looks after it (S2.2)."""

    refund_id: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class RefundSeen:
    """Somebody refunded by hand in the provider's dashboard.

    Args:
        taken: unused minutes or money of the customer that it pays back.
        goodwill: the part that nothing unused stands for.
    """

    provider_refund_id: str
    amount: Money
    taken: tuple[Taken, ...]
    goodwill: int


@dataclass(frozen=True, slots=True)
class RefundUndone:
    """A refund made by hand failed or was cancelled: the money is the customer's again."""

    provider_refund_id: str


# --- duplicates, cases, letters -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DuplicateSuspected:
    """It may be a second payment for the same thing; the customer is asked once (S2.1).

    Args:
        of: the payment it may repeat.
        why: the detector's reason.
        answer_by: silence until then opens a case, UTC.
    """

    of: str
    why: str
    answer_by: datetime


@dataclass(frozen=True, slots=True)
class DuplicateAnswered:
    """The customer said whether he wanted both."""

    wanted_both: bool


@dataclass(frozen=True, slots=True)
class DuplicateUnanswered:
    """Nobody answered in time: nothing is refunded, a person looks at it (S2.1)."""


@dataclass(frozen=True, slots=True)
class CaseNeeded:
    """A person has to look at it.

    Args:
        effect_id: names the matter; one case per matter.
        deadline: UTC.
    """

    effect_id: str
    kind: CaseKind
    deadline: datetime


@dataclass(frozen=True, slots=True)
class CaseGiven:
    """The case has a number."""

    effect_id: str
    case_number: str


@dataclass(frozen=True, slots=True)
class LetterDue:
    """A message to the customer is to be sent, once, under its own id.

    Args:
        about: the refund, dispute or decline it speaks of.
    """

    letter_id: str
    letter: PaymentLetter
    about: str


@dataclass(frozen=True, slots=True)
class LetterSent:
    """The mail service took the message."""

    letter_id: str


@dataclass(frozen=True, slots=True)
class LetterRefused:
    """The mail service will never deliver the message."""

    letter_id: str
    code: str


@dataclass(frozen=True, slots=True)
class EffectRedriven:
    """An effect that nobody answered for is asked for again, under the same id."""

    effect_id: str


Event = (
    PaymentOpened
    | PaymentDeclined
    | PaymentAbandoned
    | PaymentCaptured
    | PaymentShown
    | PaymentAllocated
    | PaymentCredited
    | CustomerAssigned
    | PaymentReturned
    | LotsRegained
    | RefundRequested
    | RefundApproved
    | RefundDenied
    | RefundAttempted
    | RefundAccepted
    | RefundSettled
    | RefundRefused
    | RefundFailed
    | RefundOverdue
    | RefundSeen
    | RefundUndone
    | DisputeOpened
    | LotsFrozen
    | DisputeEscalated
    | FundsMoved
    | DisputeClosed
    | DuplicateSuspected
    | DuplicateAnswered
    | DuplicateUnanswered
    | CaseNeeded
    | CaseGiven
    | LetterDue
    | LetterSent
    | LetterRefused
    | EffectRedriven
)
