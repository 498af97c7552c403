"""What can be asked of a payment, in the imperative."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.card import Card
from shared.domain.lots import Lot
from shared.domain.money import Money
from shared.domain.payment.events import RefundReason, Taken


@dataclass(frozen=True, slots=True)
class Tick:
    """Do whatever is due; nothing, if nothing is."""


@dataclass(frozen=True, slots=True)
class Capture:
    """The provider, asked by us, says that it captured the money.

    Args:
        captured_at: the provider's time of the charge, UTC.
    """

    amount: Money
    charge_id: str | None
    card: Card | None
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class Decline:
    """The provider refused an attempt to pay."""

    decline_code: str


@dataclass(frozen=True, slots=True)
class Abandon:
    """The provider will not take money on it any more."""


@dataclass(frozen=True, slots=True)
class NoteShown:
    """The customer's page shows the payment as made."""


@dataclass(frozen=True, slots=True)
class NoteCardSaved:
    """The card was saved for later payments, as its owner agreed: he is told."""


@dataclass(frozen=True, slots=True)
class Allocate:
    """The money goes to a booking."""

    booking_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Credit:
    """What belongs to nothing yet goes to the customer's balance.

    Args:
        late: it came when its booking was gone, so that he is asked what he wants (S1.14).
    """

    late: bool


@dataclass(frozen=True, slots=True)
class Return:
    """A booking gives its money back to the payment; no refund is asked for yet."""

    booking_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Regain:
    """A session gave lots back: those whose price had gone back before are not the customer's.

    Args:
        lots: the customer's unused lots that came from this payment, as they stand.
    """

    lots: tuple[Lot, ...]


@dataclass(frozen=True, slots=True)
class RequestRefund:
    """Money is to go back to the card.

    Args:
        amount: in all, minor units of the payment's currency.
        by: "customer", "agent:<id>" or "system".
        returned_by: the booking that gives it back in the same decision, where one does.
        taken: what leaves the balance for it.
        goodwill: minor units given for our fault although they were earned.
    """

    refund_id: str
    amount: Money
    reason: RefundReason
    by: str
    returned_by: str | None = None
    taken: tuple[Taken, ...] = ()
    goodwill: int = 0


@dataclass(frozen=True, slots=True)
class ApproveRefund:
    """A manager agrees."""

    refund_id: str
    by: str


@dataclass(frozen=True, slots=True)
class DenyRefund:
    """A manager refuses."""

    refund_id: str
    by: str


@dataclass(frozen=True, slots=True)
class NoteRefund:
    """The provider has a refund of ours.

    Args:
        settled: it is paid out; otherwise the provider is on it.
    """

    refund_id: str
    provider_refund_id: str
    settled: bool


@dataclass(frozen=True, slots=True)
class RetryRefund:
    """A look-up proved that the last attempt did nothing.

    Args:
        attempt: the one that did nothing.
    """

    refund_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class NoteRefundRefused:
    """The provider will not refund to this card, or its refund came back."""

    refund_id: str
    code: str


@dataclass(frozen=True, slots=True)
class SeeRefund:
    """The provider has a refund that is not ours: somebody made it by hand.

    Args:
        lots: the customer's unused lots that came from this payment, as they stand.
    """

    provider_refund_id: str
    amount: Money
    lots: tuple[Lot, ...]


@dataclass(frozen=True, slots=True)
class NoteDispute:
    """What the provider says of a dispute or an inquiry, whole.

    Args:
        lost: None while it is open; an inquiry that was closed counts as won.
        movements: (transaction id, signed amount, fee) in minor units of the payment's currency.
        lots: the customer's unused lots that came from this payment, as they stand.
    """

    dispute_id: str
    amount: Money
    inquiry: bool
    reason: str
    lost: bool | None
    movements: tuple[tuple[str, int, int], ...]
    lots: tuple[Lot, ...]


@dataclass(frozen=True, slots=True)
class AssignCustomer:
    """A person found out whose money it is (S2.5).

    Args:
        by: "agent:<id>".
    """

    customer_id: str
    by: str


@dataclass(frozen=True, slots=True)
class SuspectDuplicate:
    """It may be a second payment for the same thing: ask the customer (S2.1)."""

    of: str
    why: str


@dataclass(frozen=True, slots=True)
class AnswerDuplicate:
    """The customer says whether he wanted both."""

    wanted_both: bool


@dataclass(frozen=True, slots=True)
class KeepDuplicate:
    """What the customer did not want cannot be returned by rule any more: a person decides."""


@dataclass(frozen=True, slots=True)
class NoteCase:
    """A case was opened for a matter."""

    effect_id: str
    case_number: str


@dataclass(frozen=True, slots=True)
class NoteLetterSent:
    """The mail service took a message."""

    letter_id: str


@dataclass(frozen=True, slots=True)
class NoteLetterRefused:
    """The mail service will never deliver a message."""

    letter_id: str
    code: str


Command = (
    Tick
    | Capture
    | Decline
    | Abandon
    | NoteShown
    | NoteCardSaved
    | Allocate
    | Credit
    | Return
    | Regain
    | RequestRefund
    | ApproveRefund
    | DenyRefund
    | NoteRefund
    | RetryRefund
    | NoteRefundRefused
    | SeeRefund
    | NoteDispute
    | AssignCustomer
    | SuspectDuplicate
    | AnswerDuplicate
    | KeepDuplicate
    | NoteCase
    | NoteLetterSent
    | NoteLetterRefused
)


@dataclass(frozen=True, slots=True)
class Order:
    """What another decision asks of a payment, in the same transaction."""

    payment_id: str
    command: Allocate | Credit | Return | RequestRefund
