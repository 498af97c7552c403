"""What the use cases need from the table: one transaction per decision, reads by key or index."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.application.summaries import CaseSummary
from shared.domain.booking import Booking, Status
from shared.domain.case import events as case_events
from shared.domain.case.case import Case
from shared.domain.effects import Consequences, Effect, EffectKind
from shared.domain.errors import Conflict
from shared.domain.events import Event
from shared.domain.ledger import JournalEntry, Posting
from shared.domain.lots import Lot, Tariff
from shared.domain.money import Money
from shared.domain.outage import events as outage_events
from shared.domain.outage.outage import Outage
from shared.domain.payment import events as payment_events
from shared.domain.payment import payment as payments
from shared.domain.payment.claims import RefundStatus
from shared.domain.payment.payment import Payment


class StaleRead(Conflict):
    """Somebody else decided on this booking first; load it again."""


class SlotTaken(Conflict):
    """A quarter of the operator's time is not free."""


class FundsSpent(Conflict):
    """A lot or a balance no longer holds what the decision saw."""


class KeyUsed(Conflict):
    """The idempotency key, or the new booking, case or outage number, was used before."""


class Busy(Conflict):
    """The table was throttled or in conflict with another transaction; nothing was written."""


State = Booking | Payment | Case | Outage
AnyEvent = Event | payment_events.Event | case_events.Event | outage_events.Event


@dataclass(frozen=True, slots=True)
class Loaded[S: State]:
    """A booking, payment, case or outage as it stands, and the version a change must build on.

    Args:
        due_at: where it stands in the due index, UTC; None where it does not.
    """

    state: S
    version: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Replay:
    """What an idempotency key stands for.

    Args:
        owner: who sent it.
        key: the header's value.
        fingerprint: of the request it came with.
        result: what the first request led to: the id of a booking, payment, refund and so on.
    """

    owner: str
    key: str
    fingerprint: str
    result: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a decision was made, for the timeline.

    Args:
        command: name of the command.
        source: "customer", "timer", "payment provider", "telephony provider", "worker".
        evidence: what it rests on, e.g. the provider's ids; never a number, name or secret.
    """

    command: str
    source: str
    evidence: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """Everything one decision on one booking, payment, case or outage writes.

    Args:
        state: as it is after it.
        version: the version it builds on; 0 for a new one.
        at: business time of the decision, UTC.
        cause: why it was made.
        events: what happened.
        consequences: what must follow.
        effects: those of the consequences, and the wake-up where one is near.
        due_at: when the sweep must look at it again, None at its end.
        head: whether anything that lists and the due index show is different from before.
        replay: the idempotency key to be used up with it, where the request had one.
        texts: what was written with it, sealed, by id; kept beside it and read on demand.
    """

    state: State
    version: int
    at: datetime
    cause: Cause
    events: tuple[AnyEvent, ...]
    consequences: Consequences
    effects: tuple[Effect, ...]
    due_at: datetime | None
    head: bool
    replay: Replay | None = None
    texts: Mapping[str, str] = field(default_factory=dict)


def id_of(state: State) -> str:
    """The id a booking, payment, case or outage goes by."""
    match state:
        case Booking():
            return state.booking_id
        case Payment():
            return state.payment_id
        case Case() | Outage():
            return state.number


def wake_of(kind: type[State]) -> EffectKind:
    """The effect that wakes a booking, payment, case or outage."""
    return _WAKES[kind]


_WAKES: dict[type[State], EffectKind] = {
    Booking: EffectKind.WAKE,
    Payment: EffectKind.WAKE_PAYMENT,
    Case: EffectKind.WAKE_CASE,
    Outage: EffectKind.WAKE_OUTAGE,
}


def customer_of(state: State) -> str | None:
    """Whose balance a change of it touches."""
    match state:
        case Case():
            return state.about.customer_id
        case Outage():
            return None
        case _:
            return state.customer_id


@dataclass(frozen=True, slots=True)
class Decision:
    """One stored decision of the history of a booking, payment, case or outage.

    Args:
        postings: of its journal entry, none where it moved nothing.
    """

    version: int
    at: datetime
    cause: Cause
    events: tuple[AnyEvent, ...]
    postings: tuple[Posting, ...] = ()


@dataclass(frozen=True, slots=True)
class Slot:
    """A published quarter of an operator's time; booking_id where it is claimed."""

    operator_id: str
    quarter: datetime
    booking_id: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """A booking as a list shows it, its status as `Booking.listed`; kept on its head item."""

    booking_id: str
    customer_id: str
    operator_id: str
    starts_at: datetime
    seconds: int
    status: Status


@dataclass(frozen=True, slots=True)
class PaymentSummary:
    """A payment as lists and reconciliation see it; kept on its head item.

    Args:
        refunded: what went back or is on its way, minor units.
        provider_refunds: the provider's ids of its refunds that are settled.
        closed_disputes: the provider's ids.
        open_disputes: the provider's ids.
    """

    payment_id: str
    customer_id: str | None
    booking_id: str | None
    status: payments.Status
    captured: Money
    refunded: int
    charge_id: str | None
    captured_at: datetime | None
    provider_refunds: frozenset[str]
    closed_disputes: frozenset[str]
    open_disputes: frozenset[str]


def summary_of(payment: Payment) -> PaymentSummary:
    """A payment as lists and reconciliation see it."""
    settled = (r for r in payment.refunds if r.status is RefundStatus.SETTLED)
    return PaymentSummary(
        payment_id=payment.payment_id,
        customer_id=payment.customer_id,
        booking_id=payment.booking_id,
        status=payment.status,
        captured=payment.captured,
        refunded=payment.refunded.minor,
        charge_id=payment.charge_id,
        captured_at=payment.captured_at,
        provider_refunds=frozenset(r.provider_refund_id for r in settled if r.provider_refund_id),
        closed_disputes=frozenset(d.dispute_id for d in payment.disputes if not d.is_open),
        open_disputes=frozenset(d.dispute_id for d in payment.disputes if d.is_open),
    )


@dataclass(frozen=True, slots=True)
class Closing:
    """What an account held at the end of a day whose entries are summed up for good.

    Args:
        owner_id: the booking or payment whose decision touched it.
        amount: debit positive, credit negative.
        day: the midnight with which that day began, UTC.
    """

    account: str
    unit: str
    owner_id: str
    amount: int
    day: datetime


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator as customers see him, and the pseudonyms of his phones (main, then backup)."""

    operator_id: str
    name: str
    tariff_id: str
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page[T]:
    """One page of a list; cursor None on the last."""

    items: Sequence[T]
    cursor: str | None


class Store(Protocol):
    """The table. Reads of bookings, slots, lots and money are strongly consistent."""

    # bookings
    def booking(self, booking_id: str) -> Loaded[Booking] | None:
        """The fold of its events; None where there is no such booking."""
        ...

    def history(self, booking_id: str) -> Sequence[Decision]:
        """Every decision on a booking, oldest first; empty where there is none."""
        ...

    def commit(self, *changes: Change) -> None:
        """Write all of some changes or nothing; each is of another one.

        Raises:
            StaleRead: a version is not the present one.
            KeyUsed: the idempotency key or the new booking's or case's number exists.
            SlotTaken: a quarter to be claimed is not published, or claimed.
            FundsSpent: a lot or balance does not hold what is taken.
            Busy: throttled, or in conflict with another transaction.
        """
        ...

    def replay(self, owner: str, key: str) -> Replay | None:
        """What a key was used for, if it was."""
        ...

    def bookings_of(self, customer_id: str, cursor: str | None, limit: int) -> Page[Summary]:
        """A customer's bookings, latest start first."""
        ...

    def due(self, shard: int, since: datetime, until: datetime, cursor: str | None) -> Page[Effect]:
        """The wake-ups of a shard due in [since, until], earliest first; some seconds behind."""
        ...

    # payments
    def payment(self, payment_id: str) -> Loaded[Payment] | None:
        """The fold of its events; None where there is no such payment."""
        ...

    def payment_history(self, payment_id: str) -> Sequence[Decision]:
        """Every decision on a payment, oldest first; empty where there is none."""
        ...

    def payment_summaries(self, payment_ids: Sequence[str]) -> Mapping[str, PaymentSummary]:
        """Those that exist of at most 100 payments, by id."""
        ...

    def payments_of(self, customer_id: str, cursor: str | None, limit: int) -> Page[str]:
        """A customer's captured payments, latest first."""
        ...

    def payments_since(self, customer_id: str, since: datetime) -> Sequence[str]:
        """A customer's payments captured since then, oldest first."""
        ...

    def payments_by_card(self, fingerprint: str, since: datetime) -> Sequence[str]:
        """Payments captured from a card since then, as far as two days back."""
        ...

    def payments_on(self, day: datetime, amount: Money, cursor: str | None) -> Page[str]:
        """Payments of an amount captured on one UTC day."""
        ...

    # cases
    def case(self, number: str) -> Loaded[Case] | None:
        """The fold of its events; None where there is no such case."""
        ...

    def case_history(self, number: str) -> Sequence[Decision]:
        """Every decision on a case, oldest first; empty where there is none."""
        ...

    def open_cases(
        self, level: case_events.Level, cursor: str | None, limit: int
    ) -> Page[CaseSummary]:
        """Cases that wait for agents or managers, the most urgent first."""
        ...

    def texts(self, owner_id: str) -> Mapping[str, str]:
        """What was written with the decisions on a payment or case, sealed, by id."""
        ...

    def claim(self, what: str, by: str, now: datetime, until: datetime) -> bool:
        """Keep something for one until a moment, UTC; False where another has it still."""
        ...

    # operators, tariffs, slots
    def put_operator(self, operator: Operator) -> None:
        """Store or replace an operator's profile."""
        ...

    def operator(self, operator_id: str) -> Operator | None:
        """One operator."""
        ...

    def operators(self, cursor: str | None, limit: int) -> Page[Operator]:
        """All operators, by id."""
        ...

    def put_tariff(self, tariff: Tariff) -> bool:
        """Store a tariff; False where one of that id exists with another price."""
        ...

    def tariff(self, tariff_id: str) -> Tariff | None:
        """One tariff."""
        ...

    def tariffs(self) -> Sequence[Tariff]:
        """All tariffs."""
        ...

    def publish(self, operator_id: str, quarters: Sequence[datetime]) -> None:
        """Offer quarters; one that is published already stays as it is."""
        ...

    def withdraw(self, operator_id: str, quarters: Sequence[datetime]) -> Sequence[datetime]:
        """Take back quarters; those that are claimed stay, and are returned."""
        ...

    def slots(self, operator_id: str, start: datetime, end: datetime) -> Sequence[Slot]:
        """An operator's published quarters in [start, end), in order."""
        ...

    def open_operators(self, quarter: datetime) -> Sequence[str]:
        """Operators with that quarter free; read from an index, so a claim may still fail."""
        ...

    # accounts
    def lots(self, customer_id: str) -> Sequence[Lot]:
        """A customer's lots, minutes and money, that are not used up."""
        ...

    def entries(self, day: datetime) -> Iterator[JournalEntry]:
        """All journal entries of one UTC day, page after page of every shard, in no order."""
        ...

    def closings(self, part: int) -> Iterator[Closing]:
        """What every account of a part held at the end of its last closed day, page after page."""
        ...

    def close_accounts(self, part: int, closings: Iterable[Closing]) -> None:
        """Store what accounts of a part hold at the end of a day, instead of what stood there."""
        ...

    # finding a call or a caller
    def booking_of_call(self, call_id: str) -> tuple[str, str] | None:
        """(booking_id, leg_id) of a provider's call."""
        ...

    def bookings_on_line(self, phone_id: str, since: datetime) -> Sequence[str]:
        """Bookings whose session started at or after `since` with this phone as main or backup."""
        ...

    # sweeps
    def swept_until(self, sweep: str) -> datetime | None:
        """How far a sweep has come; None where it never ran."""
        ...

    def note_swept(self, sweep: str, until: datetime) -> None:
        """Remember how far a sweep has come."""
        ...

    # inbox
    def receive(self, provider: str, message_id: str, kind: str, body: str, at: datetime) -> bool:
        """Store an external message once; False where it is known.

        It reaches the inbox queue by the stream.
        """
        ...

    def known(self, provider: str, message_ids: Sequence[str]) -> frozenset[str]:
        """Those of at most 100 external messages that were stored before."""
        ...
