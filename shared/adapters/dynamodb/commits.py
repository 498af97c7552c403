"""One decision, one transaction: everything it writes, or nothing, and why nothing.

The decision's own item is at once its journal entry and its outbox row: one item where three would
be written twice each, as transactions cost (docs/decisions/0002).
"""

import hashlib
from collections.abc import Callable
from enum import Enum, auto

from botocore.exceptions import BotoCoreError
from pynamodb.exceptions import GetError, PutError, TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from shared.adapters.dynamodb.heads import Row
from shared.adapters.dynamodb.items import commit_item, head_item, lot_item, paid_items
from shared.adapters.dynamodb.tables import Commit, Tables, stamp
from shared.application.store import (
    Busy,
    Change,
    FundsSpent,
    KeyUsed,
    SlotTaken,
    StaleRead,
    customer_of,
    id_of,
)
from shared.domain.booking import Booking
from shared.domain.effects import Consequences, LotTaken, SlotChange
from shared.domain.errors import Conflict
from shared.domain.payment.payment import Payment

MOST_ITEMS = 25

_DAY = 24 * 3600
_REPLAY_KEPT = 2 * _DAY
_LINE_KEPT = _DAY
_CALL_KEPT = 30 * _DAY

# docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html, cancellation
# reasons and errors: nothing was written, and the same may work in a moment.
PASSING = frozenset(
    {
        "TransactionConflict",
        "TransactionConflictException",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
_UNANSWERED = frozenset({"InternalServerError", "ServiceUnavailable"})


class _Part(Enum):
    """Which part of a change an item is, in the order in which its failure is told."""

    REPLAY = auto()
    DECISION = auto()
    NEW = auto()
    SLOT = auto()
    FUNDS = auto()
    TRACE = auto()


_DECISIONS = {_Part.DECISION, _Part.NEW}


class Commits:
    """The write side of decisions."""

    _tables: Tables
    _now: Callable[[], float]

    def commit(self, *changes: Change) -> None:
        """Write all of some changes or nothing; committing the same again does no harm.

        Raises:
            StaleRead, KeyUsed, SlotTaken, FundsSpent, Busy: as `Store.commit` says.
        """
        commits = [commit_item(self._tables, change) for change in changes]
        transaction = _Transaction(self._tables)
        for change, commit in zip(changes, commits, strict=True):
            transaction.add_decision(change, commit)
            transaction.add_consequences(change, self._now())
        try:
            transaction.send("".join(commit.token for commit in commits))
        except (TransactWriteError, PutError) as error:
            failed = transaction.failed_parts(error)
            # The commit may be our own, done by an attempt whose answer was lost.
            if (failed is None or failed & _DECISIONS) and self._is_stored(commits[0]):
                return
            raise _conflict(failed) from error

    def _is_stored(self, commit: Commit) -> bool:
        try:
            stored = self._tables.commit.get(
                commit.pk, commit.sk, consistent_read=True, attributes_to_get=["token"]
            )
        except (self._tables.commit.DoesNotExist, GetError):
            return False
        return stored.token == commit.token


class _Transaction:
    """The items of one transaction, each with the part of the change it is."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._deletes: list[tuple[_Part, Row, Condition]] = []
        self._puts: list[tuple[_Part, Row, Condition | None]] = []
        self._updates: list[tuple[_Part, Row, list[Action], Condition | None]] = []

    def add_decision(self, change: Change, commit: Commit) -> None:
        """The decision, one per version, and the head where it shows another face."""
        part = _Part.DECISION if change.version else _Part.NEW
        self._puts.append((part, commit, self._tables.commit.pk.does_not_exist()))
        if change.head:
            self._puts.append((part, head_item(self._tables, change), None))

    def add_consequences(self, change: Change, now: float) -> None:
        """Everything else."""
        follows, state = change.consequences, change.state
        customer_id = customer_of(state)
        if change.replay is not None:
            replay = self._tables.used(
                f"REPLAY#{change.replay.owner}",
                change.replay.key,
                fingerprint=change.replay.fingerprint,
                result=change.replay.result,
                expires_at=int(now) + _REPLAY_KEPT,
            )
            self._puts.append((_Part.REPLAY, replay, self._tables.used.pk.does_not_exist()))
        for text_id, sealed in change.texts.items():
            text = self._tables.written(f"TEXT#{id_of(state)}", text_id, sealed=sealed)
            self._puts.append((_Part.TRACE, text, None))
        for slot in follows.slots:
            self._slot(slot, id_of(state))
        for lot in follows.new_lots:
            item = lot_item(self._tables, str(customer_id), lot)
            self._puts.append((_Part.FUNDS, item, self._tables.minutes.pk.does_not_exist()))
        for taken in follows.taken:
            self._take(taken, str(customer_id))
        if isinstance(state, Booking):
            self._traces(follows, state, now)
        if isinstance(state, Payment):
            for pointer in paid_items(self._tables, change, state, int(now)):
                self._puts.append((_Part.TRACE, pointer, None))

    def _traces(self, follows: Consequences, booking: Booking, now: float) -> None:
        """By which a caller, or a call in the provider's lists, finds the session."""
        for phone_id in dict.fromkeys(follows.lines):
            sort = f"SESSION#{stamp(booking.live_session.started_at)}#{booking.booking_id}"
            line = self._tables.line(f"PHONE#{phone_id}", sort, expires_at=int(now) + _LINE_KEPT)
            self._puts.append((_Part.TRACE, line, None))
        for call_id, leg_id in dict(follows.calls).items():
            call = self._tables.call(
                f"CALL#{call_id}",
                "CALL",
                booking_id=booking.booking_id,
                leg_id=leg_id,
                expires_at=int(now) + _CALL_KEPT,
            )
            self._puts.append((_Part.TRACE, call, None))

    def _slot(self, change: SlotChange, booking_id: str) -> None:
        quarter, start = self._tables.quarter, stamp(change.quarter)
        item = quarter(f"OPERATOR#{change.operator_id}", f"SLOT#{start}")
        if change.claim:
            condition = quarter.pk.exists() & quarter.booking_id.does_not_exist()
            actions: list[Action] = [
                quarter.booking_id.set(booking_id),
                quarter.open_at.remove(),
                quarter.operator_id.remove(),
            ]
        else:
            condition = quarter.booking_id == booking_id
            actions = [
                quarter.booking_id.remove(),
                quarter.open_at.set(start),
                quarter.operator_id.set(change.operator_id),
            ]
        self._updates.append((_Part.SLOT, item, actions, condition))

    def _take(self, taken: LotTaken, customer_id: str) -> None:
        minutes = self._tables.minutes
        item = minutes(f"CUSTOMER#{customer_id}", f"LOT#{taken.lot_id}")
        untouched = minutes.left == taken.left
        rest = taken.left - taken.seconds
        if rest == 0:
            self._deletes.append((_Part.FUNDS, item, untouched))
        else:
            self._updates.append((_Part.FUNDS, item, [minutes.left.set(rest)], untouched))

    def send(self, token: str) -> None:
        """Write it.

        Args:
            token: of the decision; with the moments of expiry it names this very request.
        """
        size = len(self._deletes) + len(self._puts) + len(self._updates)
        assert size <= MOST_ITEMS, f"a decision of {size} items"
        expiries = [getattr(item, "expires_at", None) for _, item, _ in self._puts]
        content = f"{self._tables.connection.table_name}{token}{expiries}"
        request = hashlib.sha256(content.encode()).hexdigest()[:36]
        connection = self._tables.connection.connection
        if size == 1:
            # A lone write is as atomic, and a transaction would cost twice as much.
            ((_, item, wanted),) = self._puts
            item.save(condition=wanted)
            return
        with TransactWrite(connection=connection, client_request_token=request) as write:
            for _, item, condition in self._deletes:
                write.delete(item, condition=condition)
            for _, item, wanted in self._puts:
                write.save(item, condition=wanted)
            for _, item, actions, wanted in self._updates:
                write.update(item, actions=actions, condition=wanted)

    def failed_parts(self, error: TransactWriteError | PutError) -> set[_Part] | None:
        """The parts whose condition did not hold; none if it may pass; None if nobody knows.

        Raises:
            TransactWriteError, PutError: the request itself is wrong.
        """
        if isinstance(error.cause, BotoCoreError):  # no answer at all
            return None
        code = error.cause_response_code
        if code in _UNANSWERED:
            return None
        if code == "ConditionalCheckFailedException":
            return {self._puts[0][0]}
        reasons = error.cancellation_reasons if isinstance(error, TransactWriteError) else []
        if code in PASSING or any(reason and reason.code in PASSING for reason in reasons):
            return set()
        # Reasons come in the order of the request: PynamoDB sends deletes, puts, updates.
        parts = [row[0] for row in self._deletes]
        parts += [row[0] for row in self._puts]
        parts += [row[0] for row in self._updates]
        failed = {
            part
            for part, reason in zip(parts, reasons, strict=bool(reasons))
            if reason and reason.code == "ConditionalCheckFailed"
        }
        if not failed:
            raise error
        return failed


def _conflict(failed: set[_Part] | None) -> Conflict:
    if not failed:
        return Busy("busy", "The table was busy; please try again.")
    match min(failed, key=lambda part: part.value):
        case _Part.REPLAY:
            return KeyUsed("key_used", "This idempotency key was used before.")
        case _Part.DECISION:
            return StaleRead("stale_read", "It has changed in the meantime.")
        case _Part.NEW:
            return KeyUsed("number_used", "This number is given already.")
        case _Part.SLOT:
            return SlotTaken("slot_taken", "This time is not free any more.", "starts_at")
        case _:
            return FundsSpent("funds_spent", "The balance has changed in the meantime.")
