"""The store and the contacts in memory: same promises, no I/O, the same result every time."""

import bisect
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from shared.application.store import (
    Change,
    Closing,
    Decision,
    FundsSpent,
    KeyUsed,
    Loaded,
    Operator,
    Page,
    PaymentSummary,
    Replay,
    Slot,
    SlotTaken,
    StaleRead,
    State,
    Summary,
    customer_of,
    id_of,
    summary_of,
    wake_of,
)
from shared.application.summaries import CaseSummary
from shared.domain.booking import Booking
from shared.domain.booking import evolve as evolve_booking
from shared.domain.case.case import Case
from shared.domain.case.case import evolve as evolve_case
from shared.domain.case.events import Level
from shared.domain.effects import Effect
from shared.domain.errors import Conflict
from shared.domain.ledger import JournalEntry, StoredEntry
from shared.domain.lots import Lot, Tariff
from shared.domain.money import Money
from shared.domain.outage.outage import Outage
from shared.domain.outage.outage import evolve as evolve_outage
from shared.domain.payment.payment import Payment
from shared.domain.payment.payment import Status as PaymentStatus
from shared.domain.payment.payment import evolve as evolve_payment
from tests.fakes.memory_outages import MemoryOutages

_SHARDS = 64
_DUE_PAGE = 100
_PAYMENTS_PAGE = 100

_EVOLVE: dict[type, Any] = {
    Booking: evolve_booking,
    Payment: evolve_payment,
    Case: evolve_case,
    Outage: evolve_outage,
}

# Of several reasons not to store a decision the caller hears one.
_TOLD_FIRST = ("key_used", "stale_read", "number_used", "slot_taken", "funds_spent")

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


class MemoryStore(MemoryOutages):
    """`shared.application.outage_store.OutageStore` in memory.

    Args:
        fault: see `Fault`.

    Attributes:
        effects: every effect that was stored, in order, as the stream would bring them.
        inbox: every external message that was stored, in order.
    """

    def __init__(self, fault: Fault | None = None) -> None:
        super().__init__()
        self.fault = fault
        self.effects: list[Effect] = []
        self.inbox: list[Received] = []
        self._states: dict[str, Loaded[Any]] = {}
        self._history: dict[str, list[Decision]] = {}
        self._journal: list[JournalEntry] = []
        self._due: dict[int, dict[str, datetime]] = defaultdict(dict)
        self._heads: dict[str, Summary] = {}
        self._by_card: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._replays: dict[tuple[str, str], Replay] = {}
        self._operators: dict[str, Operator] = {}
        self._tariffs: dict[str, Tariff] = {}
        self._slots: dict[str, dict[datetime, str | None]] = defaultdict(dict)
        self._lots: dict[str, dict[str, Lot]] = defaultdict(dict)
        self._lines: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._calls: dict[str, tuple[str, str]] = {}
        self._swept: dict[str, datetime] = {}
        self._closings: dict[int, dict[tuple[str, str], Closing]] = defaultdict(dict)
        self._messages: set[tuple[str, str]] = set()
        self._texts: dict[str, dict[str, str]] = defaultdict(dict)
        self._claims: dict[str, tuple[str, datetime]] = {}

    # decisions

    def commit(self, *changes: Change) -> None:
        for change in changes:
            if self.fault:
                self.fault("before", change)
        if not self._is_done(changes[0]):
            refusals = [refusal for change in changes for refusal in self._refusals(change)]
            if refusals:
                raise min(refusals, key=lambda refusal: _TOLD_FIRST.index(refusal.code))
            for change in changes:
                self._write(change)
        for change in changes:
            if self.fault:
                self.fault("after", change)

    def _is_done(self, change: Change) -> bool:
        """Whether this very decision is stored: its first answer was lost."""
        history = self._history.get(id_of(change.state), ())
        return len(history) > change.version and history[change.version] == _decision(change)

    def _refusals(self, change: Change) -> Iterator[Conflict]:
        """Everything that keeps a change from being stored."""
        follows, number = change.consequences, id_of(change.state)
        if change.replay and (change.replay.owner, change.replay.key) in self._replays:
            yield KeyUsed("key_used", "This idempotency key was used before.")
        present = self._states.get(number)
        if change.version != (present.version if present else 0):
            if change.version == 0:
                yield KeyUsed("number_used", "This number is given already.")
            else:
                yield StaleRead("stale_read", "It has changed in the meantime.")
        for slot in follows.slots:
            needed = None if slot.claim else number
            if self._slots[slot.operator_id].get(slot.quarter, "unpublished") != needed:
                yield SlotTaken("slot_taken", "This time is not free any more.", "starts_at")
        lots = self._lots[customer_of(change.state) or ""]
        if any(lot.lot_id in lots for lot in follows.new_lots) or any(
            t.lot_id not in lots or lots[t.lot_id].left != t.left for t in follows.taken
        ):
            yield FundsSpent("funds_spent", "The balance has changed in the meantime.")

    def _write(self, change: Change) -> None:
        follows, number = change.consequences, id_of(change.state)
        present = self._states.get(number)
        assert _folded(present.state if present else None, change) == change.state, (
            "the state is not the fold of its events"
        )
        self._states[number] = Loaded(change.state, change.version + 1, change.due_at)
        self._history.setdefault(number, []).append(_decision(change))
        self._texts[number].update(change.texts)
        if change.head:
            self._index_outcome(change)
            if isinstance(change.state, Booking):
                self._heads[number] = _summary(change.state)
            shard = shard_of(number)
            self._due[shard].pop(number, None)
            if change.due_at is not None:
                self._due[shard][number] = change.due_at
        if isinstance(change.state, Payment):
            self._find_by_card(change.state, present.state if present else None)
        if change.replay is not None:
            self._replays[change.replay.owner, change.replay.key] = change.replay
        for slot in follows.slots:
            self._slots[slot.operator_id][slot.quarter] = number if slot.claim else None
        self._account(change)
        if isinstance(change.state, Booking):
            for phone_id in dict.fromkeys(follows.lines):
                self._lines[phone_id].append((change.state.live_session.started_at, number))
        for call_id, leg_id in follows.calls:
            self._calls[call_id] = (number, leg_id)
        self.effects.extend(change.effects)

    def _find_by_card(self, payment: Payment, before: Payment | None) -> None:
        fresh = before is None or before.status is not PaymentStatus.CAPTURED
        if fresh and payment.card is not None and payment.captured_at is not None:
            self._by_card[payment.card.fingerprint].append(
                (payment.captured_at, payment.payment_id)
            )

    def _account(self, change: Change) -> None:
        number, follows = id_of(change.state), change.consequences
        lots = self._lots[customer_of(change.state) or ""]
        for taken in follows.taken:
            lot = lots.pop(taken.lot_id)
            if lot.left > taken.seconds:
                lots[taken.lot_id] = lot.without(taken.seconds)
        for lot in follows.new_lots:
            lots[lot.lot_id] = lot
        if follows.postings:
            entry_id = f"{number}-{change.version + 1}"
            entry = StoredEntry(entry_id, change.at, number, change.cause.command, follows.postings)
            assert not entry.off, f"{entry.cause} is off by {entry.off}"
            self._journal.append(entry)

    # bookings

    def booking(self, booking_id: str) -> Loaded[Booking] | None:
        return self._loaded(booking_id, Booking)

    def _loaded(self, number: str, kind: type[State]) -> Loaded[Any] | None:
        loaded = self._states.get(number)
        return loaded if loaded is not None and isinstance(loaded.state, kind) else None

    def history(self, booking_id: str) -> Sequence[Decision]:
        return tuple(self._history.get(booking_id, ()))

    def replay(self, owner: str, key: str) -> Replay | None:
        return self._replays.get((owner, key))

    def forget_keys(self) -> None:
        """Some days later: no idempotency key is known any more."""
        self._replays.clear()

    def bookings_of(self, customer_id: str, cursor: str | None, limit: int) -> Page[Summary]:
        rows = [row for row in self._heads.values() if row.customer_id == customer_id]
        rows.sort(key=_owner_sort, reverse=True)
        if cursor:
            rows = [row for row in rows if _owner_sort(row) < cursor]
        return Page(rows[:limit], _owner_sort(rows[limit - 1]) if len(rows) > limit else None)

    def due(self, shard: int, since: datetime, until: datetime, cursor: str | None) -> Page[Effect]:
        rows = sorted((at, n) for n, at in self._due[shard].items() if since <= at <= until)
        start = 0
        if cursor:
            at, _, number = cursor.partition("#")
            start = bisect.bisect(rows, (datetime.fromisoformat(at), number))
        page = rows[start : start + _DUE_PAGE]
        more = len(rows) > start + _DUE_PAGE
        following = f"{page[-1][0].isoformat()}#{page[-1][1]}" if more else None
        wakes = [
            Effect(wake_of(type(self._states[number].state)), number, at=at) for at, number in page
        ]
        return Page(wakes, following)

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

    def entries(self, day: datetime) -> Iterator[JournalEntry]:
        date = day.astimezone(UTC).date()
        return (e for e in self._journal if e.at.astimezone(UTC).date() == date)

    def closings(self, part: int) -> Iterator[Closing]:
        return iter(tuple(self._closings[part].values()))

    def close_accounts(self, part: int, closings: Iterable[Closing]) -> None:
        for closing in closings:
            self._closings[part][closing.account, closing.unit] = closing

    # payments

    def payment(self, payment_id: str) -> Loaded[Payment] | None:
        return self._loaded(payment_id, Payment)

    def payment_history(self, payment_id: str) -> Sequence[Decision]:
        return self.history(payment_id)

    def payment_summaries(self, payment_ids: Sequence[str]) -> Mapping[str, PaymentSummary]:
        return {
            payment_id: summary_of(self._states[payment_id].state)
            for payment_id in payment_ids
            if payment_id in self._states
        }

    def payments_of(self, customer_id: str, cursor: str | None, limit: int) -> Page[str]:
        rows = sorted(
            (_captured_sort(p) for p in self._captured() if p.customer_id == customer_id),
            reverse=True,
        )
        return _page([row for row in rows if not cursor or row < cursor], limit)

    def payments_since(self, customer_id: str, since: datetime) -> Sequence[str]:
        rows = sorted(
            _captured_sort(p)
            for p in self._captured()
            if p.customer_id == customer_id and p.captured_at and p.captured_at >= since
        )
        return [row.partition("#")[2] for row in rows]

    def payments_by_card(self, fingerprint: str, since: datetime) -> Sequence[str]:
        return [i for at, i in sorted(self._by_card.get(fingerprint, ())) if at >= since]

    def payments_on(self, day: datetime, amount: Money, cursor: str | None) -> Page[str]:
        date = day.astimezone(UTC).date()
        rows = sorted(
            _captured_sort(p)
            for p in self._captured()
            if p.captured == amount and p.captured_at and p.captured_at.date() == date
        )
        return _page([row for row in rows if not cursor or row > cursor], _PAYMENTS_PAGE)

    def _captured(self) -> Iterator[Payment]:
        for loaded in self._states.values():
            if isinstance(loaded.state, Payment) and loaded.state.captured_at is not None:
                yield loaded.state

    # cases

    def case(self, number: str) -> Loaded[Case] | None:
        return self._loaded(number, Case)

    def case_history(self, number: str) -> Sequence[Decision]:
        return self.history(number)

    def open_cases(self, level: Level, cursor: str | None, limit: int) -> Page[CaseSummary]:
        rows = sorted(
            (f"{s.state.deadline.isoformat()}#{s.state.number}", s.state)
            for s in self._states.values()
            if isinstance(s.state, Case) and s.state.is_open and s.state.level is level
        )
        rows = [row for row in rows if not cursor or row[0] > cursor]
        items = [
            CaseSummary(c.number, c.kind, c.level, c.status, c.deadline) for _, c in rows[:limit]
        ]
        return Page(items, rows[limit - 1][0] if len(rows) > limit else None)

    def texts(self, owner_id: str) -> Mapping[str, str]:
        return dict(self._texts.get(owner_id, {}))

    def claim(self, what: str, by: str, now: datetime, until: datetime) -> bool:
        holder, held_until = self._claims.get(what, (by, until))
        if holder != by and held_until > now:
            return False
        self._claims[what] = by, until
        return True

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

    def known(self, provider: str, message_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(i for i in message_ids if (provider, i) in self._messages)


def shard_of(number: str) -> int:
    """The shard of the due index: any spread will do, the same in every process."""
    return zlib.crc32(number.encode()) % _SHARDS


def _folded(state: Any, change: Change) -> State:
    evolve: Any = _EVOLVE[type(change.state)]
    for event in change.events:
        state = evolve(state, event, change.at)
    found: State = state
    return found


def _captured_sort(payment: Payment) -> str:
    assert payment.captured_at is not None
    at = payment.captured_at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}#{payment.payment_id}"


def _page(rows: list[str], limit: int) -> Page[str]:
    ids = [row.partition("#")[2] for row in rows[:limit]]
    return Page(ids, rows[limit - 1] if len(rows) > limit else None)


def _decision(change: Change) -> Decision:
    return Decision(
        change.version + 1, change.at, change.cause, change.events, change.consequences.postings
    )


def _summary(booking: Booking) -> Summary:
    return Summary(
        booking_id=booking.booking_id,
        customer_id=booking.customer_id,
        operator_id=booking.operator_id,
        starts_at=booking.starts_at,
        seconds=booking.seconds,
        status=booking.listed,
    )


def _owner_sort(row: Summary) -> str:
    return f"{row.starts_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}#{row.booking_id}"
