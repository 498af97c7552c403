"""What happened to a booking: facts in the past tense, stored for good, folded into its state.

No event holds a name, a number or an address: people are ids, phone numbers pseudonyms.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.billing import Bill
from shared.domain.legs import Mark, Route, Side
from shared.domain.lots import Holding, Lot, Tariff
from shared.domain.money import Money
from shared.domain.payment.events import RefundReason


class EndReason(StrEnum):
    """Why a session came to its end."""

    CUSTOMER_ENDED = "customer_ended"
    MINUTES_USED = "minutes_used"
    NEXT_BOOKING = "next_booking"
    NOT_RESTORED = "not_restored"
    CUSTOMER_ABSENT = "customer_absent"
    OPERATOR_ABSENT = "operator_absent"
    START_MISSED = "start_missed"
    OVERTIME = "overtime"


class Letter(StrEnum):
    """The e-mails we send; their wording stands in shared/domain/letters.py."""

    REMINDER = "reminder"
    PAYMENT_DECLINED = "payment_declined"
    SESSION_DELAYED = "session_delayed"


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


# --- the session ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """The start time has come; ringing begins."""


@dataclass(frozen=True, slots=True)
class LegRequested:
    """A number is to be rung."""

    leg_id: str
    side: Side
    party_id: str
    route: Route
    phone_id: str


@dataclass(frozen=True, slots=True)
class LegPlaced:
    """The provider rings it under this id."""

    leg_id: str
    call_id: str


@dataclass(frozen=True, slots=True)
class LegCalledIn:
    """The customer called back himself (S1.5)."""

    leg_id: str
    party_id: str
    phone_id: str | None
    call_id: str


@dataclass(frozen=True, slots=True)
class LegConfirmed:
    """1 was pressed: a person is there, not a voicemail (S1.4)."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class LegMoved:
    """The leg joined or left the conference."""

    leg_id: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class LegEnded:
    """The leg is over, at the provider's moment: its final status, or why it was not rung."""

    leg_id: str
    moment: datetime
    outcome: str


@dataclass(frozen=True, slots=True)
class LegDismissed:
    """The leg is not wanted any more: it never joins, and is hung up."""

    leg_id: str
    why: str


@dataclass(frozen=True, slots=True)
class LegLookedUp:
    """Nothing was heard of the leg for too long: the provider is asked."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class LineDropped:
    """Connected before, now not: the gap counts from the provider's moment (S1.5)."""

    moment: datetime
    lost: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class LineRestored:
    """Both are joined again; the session goes on with the seconds left of those bought (S1.6)."""

    moment: datetime
    left: int


@dataclass(frozen=True, slots=True)
class SidesJoined:
    """Both are joined for the first time: billing runs (S1.4)."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class ReplacementSought:
    """The operator stays away: another one is looked for (S1.5)."""


@dataclass(frozen=True, slots=True)
class OperatorReplaced:
    """Another operator takes over the rest of the session."""

    operator_id: str
    operator_phones: tuple[str, ...]
    before: str
    quarters: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class OverrunFound:
    """Gaps push the session into the operator's next booking, whose customer is told (S1.6).

    Args:
        next_booking_id: the booking that waits.
        until: how long this session may go on, UTC.
        delay_seconds: how much later the next one starts.
    """

    next_booking_id: str
    until: datetime
    delay_seconds: int


@dataclass(frozen=True, slots=True)
class QuartersKept:
    """The session runs over, into quarters nobody had booked: they are claimed for it (S1.6)."""

    operator_id: str
    quarters: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class WarningGiven:
    """One minute is left, and both were told (S1.4a)."""


@dataclass(frozen=True, slots=True)
class EndRequested:
    """The customer ended the session himself.

    Args:
        how: "key", "api" or "redial".
        leg_id: the leg it was said on, which hears a goodbye before it ends.
    """

    how: str
    leg_id: str | None


@dataclass(frozen=True, slots=True)
class SessionEnding:
    """The session is over; its legs are hung up and their last facts awaited."""

    reason: EndReason


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """The session is settled.

    Args:
        reason: why it ended.
        ended_at: the end of its wall time, UTC.
        bill: its seconds by category.
        earned: the price of the used minutes.
        returned: the lots that unused minutes became (S1.7).
        stand_by: seconds the operator was there for a customer who was not (S1.4b).
    """

    reason: EndReason
    ended_at: datetime
    bill: Bill
    earned: Money
    returned: tuple[Lot, ...]
    stand_by: int


Event = (
    BookingHeld
    | IntentMade
    | PaymentDeclined
    | PaymentConfirmed
    | BookingScheduled
    | BookingExpired
    | IntentCancelled
    | PaymentCredited
    | BookingReinstated
    | BookingCancelled
    | BookingMoved
    | CardReturned
    | PaymentUnwanted
    | HoldExtended
    | BookingFrozen
    | BookingThawed
    | LetterDue
    | LetterSent
    | LetterRefused
    | EffectRedriven
    | SessionStarted
    | LegRequested
    | LegPlaced
    | LegCalledIn
    | LegConfirmed
    | LegMoved
    | LegEnded
    | LegDismissed
    | LegLookedUp
    | LineDropped
    | LineRestored
    | SidesJoined
    | ReplacementSought
    | OperatorReplaced
    | OverrunFound
    | QuartersKept
    | WarningGiven
    | EndRequested
    | SessionEnding
    | SessionClosed
)
