"""What can be asked of a booking, in the imperative."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.lots import Holding
from shared.domain.mishap.events import Choice, OfferRefund
from shared.domain.mishap.quality import CallQuality
from shared.domain.money import Money
from shared.domain.payment.events import RefundReason
from shared.domain.session.legs import Mark
from shared.domain.session.turns import Turn
from shared.domain.slots import Ahead, NextBooking


class LineChoice(StrEnum):
    """What the customer may choose on a line that stays bad (S1.8)."""

    STOP = "stop"
    OTHER_PHONE = "other_phone"


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
class QueueLeg:
    """A leg has a turn that is still to come, or that somebody passed."""

    leg_id: str
    turn: Turn


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
        operator_id: whose it is; another one may have taken over since he was looked at.
    """

    operator_id: str
    next: NextBooking


@dataclass(frozen=True, slots=True)
class DelayStart:
    """The session before runs over; the customer is told how long.

    Args:
        seconds: how much later ringing begins.
        starts_at: the booked start that is meant; one that was moved meanwhile is not late. UTC.
    """

    seconds: int
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class AnswerReadiness:
    """The operator says whether he will be there (S1.9)."""

    operator_id: str
    ready: bool


@dataclass(frozen=True, slots=True)
class ChangePhones:
    """The customer corrects his numbers; pseudonyms (S1.10)."""

    main_phone: str
    backup_phone: str | None


@dataclass(frozen=True, slots=True)
class Hold:
    """The customer asks to wait (S1.11).

    Args:
        how: "key", "api" or "operator".
    """

    how: str


@dataclass(frozen=True, slots=True)
class Resume:
    """He is back.

    Args:
        how: "key", "api" or "operator".
    """

    how: str


@dataclass(frozen=True, slots=True)
class ReportBadLine:
    """The customer says that the line is bad (S1.8).

    Args:
        how: "key" or "api".
        leg_id: the leg he said it on, which waits for our answer; None where he talks on.
    """

    how: str
    leg_id: str | None


@dataclass(frozen=True, slots=True)
class ChooseLine:
    """Every remedy was tried, and the line is still bad (S1.8).

    Args:
        choice: to stop, or another phone.
        leg_id: as in ReportBadLine.
    """

    choice: LineChoice
    leg_id: str | None


@dataclass(frozen=True, slots=True)
class ReleaseLeg:
    """A leg waits for our answer while its line is to be rung anew."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class Extend:
    """The customer wants more minutes (S1.12).

    Args:
        seconds: how many more.
        holdings: what pays for them, from his balance.
        ahead: the operator's time.
    """

    seconds: int
    holdings: tuple[Holding, ...]
    ahead: Ahead


@dataclass(frozen=True, slots=True)
class PromiseCallback:
    """A regular customer has to go and is called back for the rest (S1.11).

    Args:
        by: "operator:<id>" or "agent:<id>".
        sessions: how many he has completed.
    """

    by: str
    sessions: int


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """The customer chooses (S1.10).

    Args:
        how: "link" or "api".
        booking_id: the new booking, where one is made in the same transaction.
        refunds: what goes back to his cards, where he wants his money.
    """

    offer_id: str
    choice: Choice
    how: str
    booking_id: str | None = None
    refunds: tuple[OfferRefund, ...] = ()


@dataclass(frozen=True, slots=True)
class CompensateOutage:
    """An outage of ours may have broken this session (S1.13).

    Args:
        since: its range, UTC.
        until: its end, UTC.
    """

    outage_id: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class NoteQuality:
    """The provider says how good some lines were.

    Args:
        figures: by leg.
    """

    figures: tuple[tuple[str, CallQuality], ...]


@dataclass(frozen=True, slots=True)
class NoteCase:
    """The case of a matter has this number."""

    effect_id: str
    case_number: str


@dataclass(frozen=True, slots=True)
class NoteCallback:
    """The promised call back was arranged, or could not be.

    Args:
        booking_id: the new booking, made in the same transaction; None where nobody is free.
    """

    booking_id: str | None


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
    | QueueLeg
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
    | AnswerReadiness
    | ChangePhones
    | Hold
    | Resume
    | ReportBadLine
    | ChooseLine
    | ReleaseLeg
    | Extend
    | PromiseCallback
    | AcceptOffer
    | CompensateOutage
    | NoteQuality
    | NoteCase
    | NoteCallback
)
