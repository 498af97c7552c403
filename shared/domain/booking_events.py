"""What happened to a booking: bought, paid, moved, cancelled, and the letters about it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.lots import Holding, Lot, Tariff
from shared.domain.money import Money
from shared.domain.payment.events import RefundReason


class Letter(StrEnum):
    """The e-mails we send; their wording stands in shared/domain/letters/booking_letters.py."""

    REMINDER = "reminder"
    PAYMENT_DECLINED = "payment_declined"
    SESSION_DELAYED = "session_delayed"
    PLEASE_WAIT = "please_wait"
    SUPERVISOR = "supervisor"
    NUMBER_WRONG = "number_wrong"
    OFFER = "offer"
    BONUS = "bonus"
    MINUTES_RETURNED = "minutes_returned"
    CALLBACK = "callback"


@dataclass(frozen=True, slots=True)
class BookingHeld:
    """A customer chose a time; the slot is his while he pays (S1.1, S1.2).

    Args:
        holdings: what the balance covers, reserved (S2.10).
        card_seconds: the rest of the session, for a card.
        card_due: its price.
        hold_until: when the slot is released if it is not paid.
        asked_operator: whom he asked for, None where any would do (S2.1).
        checkout: the order form it was sent from, as the frontend names it (S2.1).
        arranged_from: the booking whose minutes it goes on with, after a mishap (S1.10).
    """

    booking_id: str
    customer_id: str
    operator_id: str
    operator_phones: tuple[str, ...]
    tariff: Tariff
    starts_at: datetime
    seconds: int
    main_phone: str
    backup_phone: str | None
    language: str
    policy_version: int
    holdings: tuple[Holding, ...]
    card_seconds: int
    card_due: Money
    hold_until: datetime
    asked_operator: str | None = None
    checkout: str | None = None
    arranged_from: str | None = None


@dataclass(frozen=True, slots=True)
class IntentMade:
    """The provider made the payment intent of this booking."""

    intent_id: str


@dataclass(frozen=True, slots=True)
class PaymentDeclined:
    """The provider refused an attempt to pay; the same intent can be paid again."""

    intent_id: str
    decline_code: str


@dataclass(frozen=True, slots=True)
class PaymentConfirmed:
    """The provider holds the money, as it answered when we asked it."""

    intent_id: str
    charge_id: str | None
    amount: Money


@dataclass(frozen=True, slots=True)
class BookingScheduled:
    """Paid in full, the session will take place."""


@dataclass(frozen=True, slots=True)
class BookingExpired:
    """Not paid in time: the slot is free again, what was reserved is back (S1.2, S2.10)."""

    restored: tuple[Lot, ...]


@dataclass(frozen=True, slots=True)
class IntentCancelled:
    """The provider will not take money on this intent any more."""

    intent_id: str


@dataclass(frozen=True, slots=True)
class PaymentCredited:
    """Money came when its booking was gone: it goes to the balance, the customer is asked."""

    intent_id: str
    charge_id: str | None
    amount: Money


@dataclass(frozen=True, slots=True)
class BookingReinstated:
    """Money came after the slot was released and while it is free: it is taken again (S2.10).

    Args:
        holdings: what the balance covers, reserved again from the lots it had gone back to.
    """

    holdings: tuple[Holding, ...]


@dataclass(frozen=True, slots=True)
class BookingCancelled:
    """Cancelled before its start; the price goes back as it was paid (S2.3)."""

    restored: tuple[Lot, ...]


@dataclass(frozen=True, slots=True)
class BookingMoved:
    """Moved to another time before its start (S2.3)."""

    starts_at: datetime
    before: datetime


@dataclass(frozen=True, slots=True)
class CardReturned:
    """What the card paid leaves the booking and goes back to the card (S2.3).

    Args:
        refund_id: of the refund that the payment makes; None where it was made by hand already,
            or waits for the bank.
    """

    refund_id: str | None
    intent_id: str
    amount: Money
    reason: RefundReason


@dataclass(frozen=True, slots=True)
class PaymentUnwanted:
    """Money came that this booking does not need: paid twice, or cancelled before (S1.14)."""

    refund_id: str
    intent_id: str
    amount: Money
    reason: RefundReason


@dataclass(frozen=True, slots=True)
class HoldExtended:
    """The card was blocked by the bank: the slot stays held, once (S1.14)."""

    until: datetime


@dataclass(frozen=True, slots=True)
class BookingFrozen:
    """The bank asks about a payment behind it: it does not begin while that is open (S2.7)."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class BookingThawed:
    """The bank has decided for us."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class ReadinessAsked:
    """The operator is asked whether he will be there (S1.9)."""

    operator_id: str


@dataclass(frozen=True, slots=True)
class ReadinessGiven:
    """What he said."""

    operator_id: str
    ready: bool


@dataclass(frozen=True, slots=True)
class LetterDue:
    """A message to the customer is to be sent, once, under its own id."""

    letter_id: str
    letter: Letter
    delay_seconds: int


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
