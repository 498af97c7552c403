"""The store and the contacts in memory: same promises, no I/O, the same result every time."""

import bisect
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from shared.application.store import (
    Change,
    Decision,
    FundsSpent,
    KeyUsed,
    Loaded,
    Operator,
    Page,
    Replay,
    Slot,
    SlotTaken,
    StaleRead,
    Summary,
)
from shared.domain.booking import Booking, evolve
from shared.domain.consequences import Effect
from shared.domain.ledger import JournalEntry
from shared.domain.lots import Lot, Tariff
from shared.domain.money import Money

_SHARDS = 64
_DUE_PAGE = 100

# Asked before and after each commit; what it raises the caller gets: before, as if nothing had been
# written; after, as if the answer had been lost.
Fault = Callable[[Literal["before", "after"], Change], None]


@dataclass(frozen=True, slots=True)
class Received:
    """A stored external message, as the stream brings it."""

    provider: str
    message_id: str
    kind: str
    body: str
    at: datetime


class MemoryStore:
    """`shared.application.store.Store` in memory.

    Args:
        fault: see `Fault`.

    Attributes:
        effects: every effect that was stored, in order, as the stream would bring them.
        inbox: every external message that was stored, in order.
    """

    def __init__(self, fault: Fault | None = None) -> None:
        self.fault = fault
        self.effects: list[Effect] = []
        self.inbox: list[Received] = []
        self._bookings: dict[str, Loaded] = {}
        self._history: dict[str, list[Decision]] = {}
        self._journal: list[JournalEntry] = []
        self._due: dict[int, dict[str, datetime]] = defaultdict(dict)
        self._heads: dict[str, Summary] = {}
        self._replays: dict[tuple[str, str], Replay] = {}
        self._operators: dict[str, Operator] = {}
        self._tariffs: dict[str, Tariff] = {}
        self._slots: dict[str, dict[datetime, str | None]] = defaultdict(dict)
        self._lots: dict[str, dict[str, Lot]] = defaultdict(dict)
        self._money: dict[str, dict[str, int]] = defaultdict(dict)
        self._lines: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._calls: dict[str, tuple[str, str]] = {}
        self._swept: dict[str, datetime] = {}
        self._messages: set[tuple[str, str]] = set()

    # bookings

    def booking(self, booking_id: str) -> Loaded | None:
        return self._bookings.get(booking_id)

    def history(self, booking_id: str) -> Sequence[Decision]:
        return tuple(self._history.get(booking_id, ()))

    def commit(self, change: Change) -> None:
        if self.fault:
            self.fault("before", change)
        if not self._is_done(change):
            self._check(change)
            self._write(change)
        if self.fault:
            self.fault("after", change)

    def _is_done(self, change: Change) -> bool:
        """Whether this very decision is stored: its first answer was lost."""
        history = self._history.get(change.booking.booking_id, ())
        return len(history) > change.version and history[change.version] == _decision(change)

    def _check(self, change: Change) -> None:
        booking, follows = change.booking, change.consequences
        if change.replay and (change.replay.owner, change.replay.key) in self._replays:
            raise KeyUsed("key_used", "This idempotency key was used before.")
        present = self._bookings.get(booking.booking_id)
        if change.version != (present.version if present else 0):
            if change.version == 0:
                raise KeyUsed("booking_number_used", "There is a booking of this number.")
            raise StaleRead("stale_read", "The booking has changed in the meantime.")
        for slot in follows.slots:
            needed = None if slot.claim else booking.booking_id
            if self._slots[slot.operator_id].get(slot.quarter, "unpublished") != needed:
                raise SlotTaken("slot_taken", "This time is not free any more.", "starts_at")
        lots, money = self._lots[booking.customer_id], self._money[booking.customer_id]
        spent = (
            any(lot.lot_id in lots for lot in follows.new_lots)
            or any(t.lot_id not in lots or lots[t.lot_id].left != t.left for t in follows.taken)
            or any(minor < 0 and money.get(c, 0) < -minor for c, minor in follows.money.items())
        )
        if spent:
            raise FundsSpent("funds_spent", "The balance has changed in the meantime.")

    def _write(self, change: Change) -> None:
        booking, follows = change.booking, change.consequences
        number = booking.booking_id
        present = self._bookings.get(number)
        state: Booking | None = present.booking if present else None
        for event in change.events:
            state = evolve(state, event, change.at)
        assert state == change.booking, "the state is not the fold of its events"
        self._bookings[number] = Loaded(change.booking, change.version + 1, change.due_at)
        self._history.setdefault(number, []).append(_decision(change))
        if change.head:
            self._heads[number] = _summary(booking)
            self._due[int(number) % _SHARDS].pop(number, None)
            if change.due_at is not None:
                self._due[int(number) % _SHARDS][number] = change.due_at
        if change.replay is not None:
            self._replays[change.replay.owner, change.replay.key] = change.replay
        for slot in follows.slots:
            self._slots[slot.operator_id][slot.quarter] = number if slot.claim else None
        self._account(change)
        for phone_id in dict.fromkeys(follows.lines):
            self._lines[phone_id].append((booking.live_session.started_at, number))
        for call_id, leg_id in follows.calls:
            self._calls[call_id] = (number, leg_id)
        self.effects.extend(change.effects)

    def _account(self, change: Change) -> None:
        number, follows = change.booking.booking_id, change.consequences
        lots = self._lots[change.booking.customer_id]
        for lot in follows.new_lots:
            lots[lot.lot_id] = lot
        for taken in follows.taken:
            lot = lots.pop(taken.lot_id)
            if lot.left > taken.seconds:
                lots[taken.lot_id] = lot.without(taken.seconds)
        money = self._money[change.booking.customer_id]
        for currency, minor in follows.money.items():
            money[currency] = money.get(currency, 0) + minor
        if follows.postings:
            entry_id = f"{number}-{change.version + 1}"
            entry = JournalEntry(
                entry_id, change.at, number, change.cause.command, follows.postings
            )
            self._journal.append(entry)

    def replay(self, owner: str, key: str) -> Replay | None:
        return self._replays.get((owner, key))

    def bookings_of(self, customer_id: str, cursor: str | None, limit: int) -> Page[Summary]:
        rows = [row for row in self._heads.values() if row.customer_id == customer_id]
        rows.sort(key=_owner_sort, reverse=True)
        if cursor:
            rows = [row for row in rows if _owner_sort(row) < cursor]
        return Page(rows[:limit], _owner_sort(rows[limit - 1]) if len(rows) > limit else None)

    def due(self, shard: int, until: datetime, cursor: str | None) -> Page[tuple[str, datetime]]:
        rows = sorted((at, number) for number, at in self._due[shard].items() if at <= until)
        start = 0
        if cursor:
            at, _, number = cursor.partition("#")
            start = bisect.bisect(rows, (datetime.fromisoformat(at), number))
        page = rows[start : start + _DUE_PAGE]
        more = len(rows) > start + _DUE_PAGE
        following = f"{page[-1][0].isoformat()}#{page[-1][1]}" if more else None
        return Page([(number, at) for at, number in page], following)

    def booking_of_call(self, call_id: str) -> tuple[str, str] | None:
        return self._calls.get(call_id)

    def bookings_on_line(self, phone_id: str, since: datetime) -> Sequence[str]:
        return [n for at, n in sorted(self._lines.get(phone_id, ())) if at >= since]

    # operators, tariffs, slots

    def put_operator(self, operator: Operator) -> None:
        self._operators[operator.operator_id] = operator

    def operator(self, operator_id: str) -> Operator | None:
        return self._operators.get(operator_id)

    def operators(self, cursor: str | None, limit: int) -> Page[Operator]:
        ids = sorted(i for i in self._operators if not cursor or i > cursor)
        page = [self._operators[i] for i in ids[:limit]]
        return Page(page, ids[limit - 1] if len(ids) > limit else None)

    def put_tariff(self, tariff: Tariff) -> bool:
        return self._tariffs.setdefault(tariff.tariff_id, tariff) == tariff

    def tariff(self, tariff_id: str) -> Tariff | None:
        return self._tariffs.get(tariff_id)

    def tariffs(self) -> Sequence[Tariff]:
        return [self._tariffs[i] for i in sorted(self._tariffs)]

    def publish(self, operator_id: str, quarters: Sequence[datetime]) -> None:
        for quarter in quarters:
            self._slots[operator_id].setdefault(quarter, None)

    def withdraw(self, operator_id: str, quarters: Sequence[datetime]) -> Sequence[datetime]:
        slots, kept = self._slots[operator_id], []
        for quarter in quarters:
            if slots.get(quarter) is not None:
                kept.append(quarter)
            else:
                slots.pop(quarter, None)
        return kept

    def slots(self, operator_id: str, start: datetime, end: datetime) -> Sequence[Slot]:
        offered = self._slots.get(operator_id, {})
        return [Slot(operator_id, q, offered[q]) for q in sorted(offered) if start <= q < end]

    def open_operators(self, quarter: datetime) -> Sequence[str]:
        return sorted(i for i, slots in self._slots.items() if slots.get(quarter, "") is None)

    # accounts

    def lots(self, customer_id: str) -> Sequence[Lot]:
        lots = self._lots.get(customer_id, {})
        return [lots[i] for i in sorted(lots)]

    def money(self, customer_id: str) -> Sequence[Money]:
        return [Money(m, c) for c, m in sorted(self._money.get(customer_id, {}).items())]

    def entries(self, day: datetime) -> Sequence[JournalEntry]:
        date = day.astimezone(UTC).date()
        rows = (e for e in self._journal if e.at.astimezone(UTC).date() == date)
        return sorted(rows, key=lambda entry: (entry.at, entry.entry_id))

    # sweeps

    def swept_until(self, sweep: str) -> datetime | None:
        return self._swept.get(sweep)

    def note_swept(self, sweep: str, until: datetime) -> None:
        self._swept[sweep] = until

    # inbox

    def receive(self, provider: str, message_id: str, kind: str, body: str, at: datetime) -> bool:
        if (provider, message_id) in self._messages:
            return False
        self._messages.add((provider, message_id))
        self.inbox.append(Received(provider, message_id, kind, body, at))
        return True


class MemoryContacts:
    """`shared.application.store.Contacts` in memory; pseudonyms can be read by eye."""

    def __init__(self) -> None:
        self._emails: dict[str, str] = {}
        self._numbers: dict[tuple[str, str], str] = {}

    def phone_id(self, number: str) -> str:
        return f"phone{number.removeprefix('+')}"

    def remember(
        self,
        person_id: str,
        *,
        email: str | None = None,
        language: str | None = None,
        phones: Sequence[str] = (),
    ) -> None:
        if email is not None:
            self._emails[person_id] = email
        for number in phones:
            self._numbers[person_id, self.phone_id(number)] = number

    def email(self, person_id: str) -> str | None:
        return self._emails.get(person_id)

    def number(self, person_id: str, phone_id: str) -> str | None:
        return self._numbers.get((person_id, phone_id))


def _decision(change: Change) -> Decision:
    return Decision(change.version + 1, change.at, change.cause, change.events)


def _summary(booking: Booking) -> Summary:
    return Summary(
        booking_id=booking.booking_id,
        customer_id=booking.customer_id,
        operator_id=booking.operator_id,
        starts_at=booking.starts_at,
        seconds=booking.seconds,
        status=booking.status,
    )


def _owner_sort(row: Summary) -> str:
    return f"{row.starts_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}#{row.booking_id}"
