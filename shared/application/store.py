"""What the use cases need from the table: one transaction per decision, reads by key or index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.booking import Booking, Status
from shared.domain.consequences import Consequences, Effect
from shared.domain.errors import Conflict
from shared.domain.events import Event
from shared.domain.ledger import JournalEntry
from shared.domain.lots import Lot, Tariff
from shared.domain.money import Money


class StaleRead(Conflict):
    """Somebody else decided on this booking first; load it again."""


class SlotTaken(Conflict):
    """A quarter of the operator's time is not free."""


class FundsSpent(Conflict):
    """A lot or a balance no longer holds what the decision saw."""


class KeyUsed(Conflict):
    """The idempotency key, or the new booking number, was used before."""


class Busy(Conflict):
    """The table was throttled or in conflict with another transaction; nothing was written."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A booking as it stands, and the version a change of it must build on.

    Args:
        due_at: where it stands in the due index, UTC; None where it does not.
    """

    booking: Booking
    version: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Replay:
    """What an idempotency key stands for.

    Args:
        owner: who sent it.
        key: the header's value.
        fingerprint: of the request it came with.
        booking_id: what the first request led to.
    """

    owner: str
    key: str
    fingerprint: str
    booking_id: str


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
    """Everything one decision writes, in one transaction.

    Args:
        booking: the state after it.
        version: the version it builds on; 0 for a new booking.
        at: business time of the decision, UTC.
        cause: why it was made.
        events: what happened.
        consequences: what must follow.
        effects: those of the consequences, and the wake-up where one is near.
        due_at: when the sweep must look at the booking, None at its end.
        head: whether anything that lists and the due index show is different from before.
        replay: the idempotency key to be used up with it, where the request had one.
    """

    booking: Booking
    version: int
    at: datetime
    cause: Cause
    events: tuple[Event, ...]
    consequences: Consequences
    effects: tuple[Effect, ...]
    due_at: datetime | None
    head: bool
    replay: Replay | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One stored decision of a booking's history."""

    version: int
    at: datetime
    cause: Cause
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """A published quarter of an operator's time; booking_id where it is claimed."""

    operator_id: str
    quarter: datetime
    booking_id: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """A booking as a list shows it; kept on its head item."""

    booking_id: str
    customer_id: str
    operator_id: str
    starts_at: datetime
    seconds: int
    status: Status


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
    def booking(self, booking_id: str) -> Loaded | None:
        """The fold of its events; None where there is no such booking."""
        ...

    def history(self, booking_id: str) -> Sequence[Decision]:
        """Every decision on a booking, oldest first; empty where there is none."""
        ...

    def commit(self, change: Change) -> None:
        """Write all of a change or nothing.

        Raises:
            StaleRead: the version is not the present one.
            KeyUsed: the idempotency key or the new booking's number exists.
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

    def due(self, shard: int, until: datetime, cursor: str | None) -> Page[tuple[str, datetime]]:
        """(booking id, due time) of a shard whose time has come by `until`, earliest first."""
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
        """A customer's lots that are not used up."""
        ...

    def money(self, customer_id: str) -> Sequence[Money]:
        """A customer's money, one amount per currency."""
        ...

    def entries(self, day: datetime) -> Sequence[JournalEntry]:
        """All journal entries of one UTC day, every page of every shard."""
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


class Contacts(Protocol):
    """Numbers and addresses of people, encrypted, one erasable item per person."""

    def phone_id(self, number: str) -> str:
        """The pseudonym of an E.164 number: always the same, not to be turned back."""
        ...

    def remember(
        self,
        person_id: str,
        *,
        email: str | None = None,
        language: str | None = None,
        phones: Sequence[str] = (),
    ) -> None:
        """Add to what is known of a person; phones are E.164."""
        ...

    def email(self, person_id: str) -> str | None:
        """Where to write to."""
        ...

    def number(self, person_id: str, phone_id: str) -> str | None:
        """The E.164 number behind a pseudonym."""
        ...
