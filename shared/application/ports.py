"""What the use cases need from outside; adapters and the local doubles provide it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.domain.card import Card
from shared.domain.mishap.quality import CallQuality
from shared.domain.money import Money
from shared.domain.session.instructions import Prompt


class Clock(Protocol):
    """The business time everybody shares."""

    def now(self) -> datetime:
        """The present moment, UTC, timezone-aware."""
        ...


class Ids(Protocol):
    """Fresh identifiers."""

    def booking_id(self) -> str:
        """A random booking number: twelve digits, the last a check digit."""
        ...


# --- payments ---------------------------------------------------------------------------------


class IntentStatus(StrEnum):
    """PaymentIntent states, as docs.stripe.com/payments/paymentintents/lifecycle names them."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment intent as the provider shows it, with its latest charge.

    Args:
        received: captured so far.
        charge_id: the latest charge, where there is one.
        client_secret: handed to the customer's browser, never stored and never logged.
        metadata: what we wrote on it when it was made (booking_id, customer_id).
        decline_code: of the last failed attempt, where there was one.
        created: when the provider made it, UTC.
        charged_at: when the latest charge was made, UTC.
        card: of the latest charge.
        provider_customer: the provider's id of the customer it was made for, where there is one.
        payment_method: the provider's id of the card it was paid with.
    """

    intent_id: str
    status: IntentStatus
    amount: Money
    received: Money
    charge_id: str | None
    client_secret: str | None = field(repr=False)
    metadata: Mapping[str, str]
    decline_code: str | None
    created: datetime
    charged_at: datetime | None = None
    card: Card | None = None
    provider_customer: str | None = None
    payment_method: str | None = None

    @property
    def can_be_paid(self) -> bool:
        """Whether it waits for a card: no attempt is under way, and none has succeeded."""
        return self.status in (
            IntentStatus.REQUIRES_PAYMENT_METHOD,
            IntentStatus.REQUIRES_CONFIRMATION,
        )


class RefundStatus(StrEnum):
    """Refund states, as docs.stripe.com/api/refunds/object names them."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """A refund as the provider shows it.

    Args:
        intent_id: the payment it belongs to; None for a charge made without an intent.
        metadata: `refund_id` is ours; a refund made by hand in the dashboard has none.
        created: UTC.
    """

    provider_refund_id: str
    intent_id: str | None
    charge_id: str | None
    amount: Money
    status: RefundStatus
    metadata: Mapping[str, str]
    failure_reason: str | None
    created: datetime


@dataclass(frozen=True, slots=True)
class ProviderCharge:
    """A charge as the provider's list shows it (docs.stripe.com/api/charges/object).

    Args:
        intent_id: None for a charge made without an intent.
        captured: zero where it failed.
        refunded: of it, by whomever.
        disputed: whether there ever was a dispute.
        created: UTC.
    """

    charge_id: str
    intent_id: str | None
    captured: Money
    refunded: Money
    disputed: bool
    metadata: Mapping[str, str]
    card: Card | None
    created: datetime


class DisputeStatus(StrEnum):
    """Dispute states, as docs.stripe.com/api/disputes/object names them."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    PREVENTED = "prevented"

    @property
    def is_inquiry(self) -> bool:
        """Whether the bank has only asked (docs.stripe.com/disputes/how-disputes-work)."""
        return self.value.startswith("warning_")


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that the provider moved for a dispute: one balance transaction.

    Args:
        transaction_id: the provider's.
        amount: signed minor units; negative when it was withdrawn from us.
        fee: what the provider charged for it, minor units.
        currency: of both, where it is that of the payment.
    """

    transaction_id: str
    amount: int
    fee: int
    currency: str


@dataclass(frozen=True, slots=True)
class ProviderDispute:
    """A dispute as the provider shows it.

    Args:
        movements: what it has moved so far, in order.
        created: UTC.
    """

    dispute_id: str
    intent_id: str | None
    charge_id: str
    amount: Money
    status: DisputeStatus
    reason: str
    movements: tuple[Movement, ...]
    created: datetime


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """One event of the provider's feed; what it says of its object is not believed, only which."""

    event_id: str
    kind: str
    object_id: str
    created: datetime


class Payments(Protocol):
    """The payment provider.

    Every method raises Declined, Unavailable or OutcomeUnknown (shared/domain/errors.py). What
    answers with an iterator reads page after page while it is gone through, newest first.
    """

    def create_intent(
        self,
        amount: Money,
        metadata: Mapping[str, str],
        idempotency_key: str,
        *,
        provider_customer: str | None = None,
        save_card: bool = False,
    ) -> Intent:
        """Make a payment intent, or return the one made under the same key within 24 hours.

        Args:
            provider_customer: whom it is made for, where he has saved a card or wants to.
            save_card: keep the card for later payments without him (off-session).
        """
        ...

    def pay_with_saved_card(
        self,
        intent: Intent,
        payment_method: str,
        idempotency_key: str,
        *,
        provider_customer: str,
    ) -> Intent:
        """Confirm an intent with a saved card without its owner (off-session).

        A refusal by the bank shows on the intent; one that is past paying is returned as it is. An
        intent made for nobody becomes the customer's first.

        Args:
            intent: as it was last seen.
            payment_method: the provider's id of the card.
            provider_customer: whose card it is.
        """
        ...

    def create_customer(self, metadata: Mapping[str, str], idempotency_key: str) -> str:
        """Make a customer at the provider, to whom cards are saved; returns the provider's id."""
        ...

    def forget_card(self, payment_method: str) -> None:
        """Detach a saved card; one that is gone already is no error."""
        ...

    def intent(self, intent_id: str) -> Intent:
        """Read a payment intent; NotFound where the provider has none."""
        ...

    def cancel_intent(self, intent_id: str) -> Intent:
        """Cancel, and return the intent as it then is: succeeded where the money was faster."""
        ...

    def create_refund(
        self, payment_id: str, amount: Money, metadata: Mapping[str, str], idempotency_key: str
    ) -> ProviderRefund:
        """Refund part of a captured payment; Declined where the provider refuses.

        Args:
            payment_id: of its intent, or of the charge that was made without one.
        """
        ...

    def refund(self, provider_refund_id: str) -> ProviderRefund:
        """Read a refund; NotFound where the provider has none."""
        ...

    def refunds_of(self, payment_id: str) -> Sequence[ProviderRefund]:
        """All refunds of an intent or a charge, every page of them."""
        ...

    def charge(self, charge_id: str) -> ProviderCharge:
        """Read a charge; NotFound where the provider has none."""
        ...

    def dispute(self, dispute_id: str) -> ProviderDispute:
        """Read a dispute; NotFound where the provider has none."""
        ...

    def disputes_of(self, payment_id: str) -> Sequence[ProviderDispute]:
        """All disputes of an intent or a charge, every page of them."""
        ...

    def events(
        self, since: datetime, until: datetime, kinds: Sequence[str]
    ) -> Iterator[ProviderEvent]:
        """Events of these kinds created in [since, until]; the feed is kept 30 days."""
        ...

    def charges_created(self, since: datetime, until: datetime) -> Iterator[ProviderCharge]:
        """Charges created in [since, until], failed ones too."""
        ...

    def refunds_created(self, since: datetime, until: datetime) -> Iterator[ProviderRefund]:
        """Refunds created in [since, until], by whomever."""
        ...

    def disputes_created(self, since: datetime, until: datetime) -> Iterator[ProviderDispute]:
        """Disputes and inquiries created in [since, until]."""
        ...


# --- telephony --------------------------------------------------------------------------------


class CallStatus(StrEnum):
    """Call states, as twilio.com/docs/voice/api/call-resource#call-status-values names them."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen on the leg."""
        return self in _ENDED


_ENDED = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """A call as the provider's record shows it; times are the provider's, UTC.

    Args:
        call_id: the provider's id of the call (SID).
        started: when it was dialled (inbound: when it came in), or None while queued.
        ended: when it ended, or None while it lives.
        duration: seconds from answer to end; 0 where nobody answered; None while it lives.
    """

    call_id: str
    to: str
    sender: str
    status: CallStatus
    started: datetime | None
    ended: datetime | None
    duration: int | None


class Telephony(Protocol):
    """The telephony provider.

    Every method raises Declined, Unavailable or OutcomeUnknown (shared/domain/errors.py).
    """

    def place_call(self, to: str, leg_id: str, booking_id: str, ring_timeout: int) -> str:
        """Ring a number and return the provider's id of the call.

        Args:
            to: E.164.
            leg_id: our attempt id; comes back with every callback of this leg.
            booking_id: comes back with every callback too.
            ring_timeout: seconds; the provider may ring up to 5 s longer.
        """
        ...

    def hang_up(self, call_id: str) -> None:
        """End a call; ending one that has ended already is no error."""
        ...

    def redirect(self, call_id: str, leg_id: str, booking_id: str, step: str) -> None:
        """Take a live leg out of what it does; we are asked again what it is to do, at `step`.

        A leg that has ended is no error.
        """
        ...

    def announce(self, conference: str, prompt: Prompt, language: str) -> None:
        """Speak a prompt to everybody in a conference; nobody there is no error."""
        ...

    def call(self, call_id: str) -> ProviderCall:
        """Read one call; NotFound where the provider has none."""
        ...

    def calls_to(self, to: str, since: datetime) -> Sequence[ProviderCall]:
        """Our calls to a number that started at or after `since`, every page of them."""
        ...

    def calls_ended(self, since: datetime) -> Sequence[ProviderCall]:
        """Calls that ended at or after `since`, every page of them."""
        ...

    def quality(self, call_id: str) -> CallQuality | None:
        """What was measured on a call, once the provider has put it together.

        None until then, about half an hour after the end, and for good where it never measured:
        it does not tell these apart, so whoever asks has to give up some day.
        """
        ...


# --- messages ---------------------------------------------------------------------------------


class Mail(Protocol):
    """Outgoing e-mail: at least once, same id and text."""

    def send(self, to: str, subject: str, text: str, message_id: str) -> None:
        """Send one plain-text message; raises Unavailable or Declined."""
        ...
