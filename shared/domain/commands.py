"""What can be asked of a booking, in the imperative."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.legs import Mark
from shared.domain.money import Money
from shared.domain.payment.events import RefundReason


@dataclass(frozen=True, slots=True)
class Tick:
    """Do whatever is due; nothing, if nothing is."""


@dataclass(frozen=True, slots=True)
class NoteIntent:
    """The provider made the payment intent."""

    intent_id: str


@dataclass(frozen=True, slots=True)
class ConfirmPayment:
    """The provider, asked by us, says that it captured the money.

    Args:
        reinstate: try to take a released slot again; without it the money is credited.
    """

    intent_id: str
    charge_id: str | None
    amount: Money
    reinstate: bool


@dataclass(frozen=True, slots=True)
class DeclinePayment:
    """The provider refused an attempt to pay."""

    intent_id: str
    decline_code: str


@dataclass(frozen=True, slots=True)
class NoteIntentCancelled:
    """The provider cancelled the intent."""

    intent_id: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """The session is not wanted any more.

    Args:
        reason: what the refund is for.
    """

    reason: RefundReason = RefundReason.CANCELLED


@dataclass(frozen=True, slots=True)
class Move:
    """The customer wants another time with the same operator.

    Args:
        starts_at: on a quarter of an hour, UTC.
    """

    starts_at: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """What paid for it is gone: refunded by hand in the dashboard, or lost to the bank (S2.7)."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class Freeze:
    """A bank claims a payment back: what it paid for waits (S2.7)."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class Thaw:
    """The bank has decided for us."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class NoteLetterSent:
    """The mail service took a message."""

    letter_id: str


@dataclass(frozen=True, slots=True)
class NoteLetterRefused:
    """The mail service will never deliver a message."""

    letter_id: str
    code: str


@dataclass(frozen=True, slots=True)
class NotePlaced:
    """The provider rings a leg under this id."""

    leg_id: str
    call_id: str


@dataclass(frozen=True, slots=True)
class TakeCall:
    """The customer called our number himself.

    Args:
        call_id: the provider's.
        phone_id: the pseudonym of the number he called from, None where it was withheld.
    """

    call_id: str
    phone_id: str | None


@dataclass(frozen=True, slots=True)
class ConfirmLeg:
    """1 was pressed on a leg."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class MoveLeg:
    """A leg joined or left the conference."""

    leg_id: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class EndLeg:
    """The provider closed its record of a leg.

    Args:
        moment: the provider's time of the end, UTC.
        outcome: its final status.
    """

    leg_id: str
    moment: datetime
    outcome: str


@dataclass(frozen=True, slots=True)
class EndSession:
    """The customer ends the session.

    Args:
        how: "key", "api" or "redial".
        leg_id: the leg he said it on.
    """

    how: str
    leg_id: str | None


@dataclass(frozen=True, slots=True)
class ReplaceOperator:
    """Another operator is free for the rest of the session.

    Args:
        before: the operator who was away when this one was looked for.
        quarters: of the new operator's time that the rest needs.
    """

    operator_id: str
    operator_phones: tuple[str, ...]
    before: str
    quarters: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class KeepQuarters:
    """The session runs beyond its booked time, into quarters that nobody has booked yet.

    Args:
        quarters: of the operator's time, published and free.
    """

    operator_id: str
    quarters: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class NoteNextBooking:
    """The operator's next booking, which this session may run into.

    Args:
        starts_at: its start, UTC.
    """

    next_booking_id: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class DelayStart:
    """The session before runs over; the customer is told how long.

    Args:
        seconds: how much later ringing begins.
    """

    seconds: int


Command = (
    Tick
    | NoteIntent
    | ConfirmPayment
    | DeclinePayment
    | NoteIntentCancelled
    | Cancel
    | Move
    | GiveUp
    | Freeze
    | Thaw
    | NoteLetterSent
    | NoteLetterRefused
    | NotePlaced
    | TakeCall
    | ConfirmLeg
    | MoveLeg
    | EndLeg
    | EndSession
    | ReplaceOperator
    | KeepQuarters
    | NoteNextBooking
    | DelayStart
)
