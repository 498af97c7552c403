"""What a decision is as items of the table: itself, the head of what it is on, lots, pointers."""

import hashlib
import json
from collections.abc import Iterator

from shared.adapters.dynamodb.codec import (
    CASE_EVENTS,
    CAUSE,
    EFFECTS,
    EVENTS,
    OUTAGE_EVENTS,
    PAYMENT_EVENTS,
    POSTINGS,
    Codec,
)
from shared.adapters.dynamodb.heads import CaseHead, Head, OutageHead, PaymentHead, Row
from shared.adapters.dynamodb.outages import outcome_keys
from shared.adapters.dynamodb.tables import (
    DUE_SHARDS,
    LEDGER_SHARDS,
    Commit,
    Tables,
    shard_of,
    stamp,
)
from shared.application.store import Change, State, id_of, summary_of
from shared.domain.booking import Booking
from shared.domain.case.case import Case
from shared.domain.events import Event
from shared.domain.lots import Lot
from shared.domain.mishap.outcome import outcome
from shared.domain.outage.outage import Outage
from shared.domain.payment.events import CustomerAssigned, PaymentCaptured
from shared.domain.payment.payment import Payment
from shared.domain.watch.pulse import pulse_of

# By its card a payment is found again for as long as a repetition of it would raise suspicion.
_CARD_KEPT = 2 * 24 * 3600

_ROOMS: dict[type[State], tuple[str, Codec[object]]] = {
    Booking: ("BOOKING", EVENTS),  # type: ignore[dict-item]
    Payment: ("PAYMENT", PAYMENT_EVENTS),  # type: ignore[dict-item]
    Case: ("CASE", CASE_EVENTS),  # type: ignore[dict-item]
    Outage: ("OUTAGE", OUTAGE_EVENTS),  # type: ignore[dict-item]
}


def commit_item(tables: Tables, change: Change) -> Commit:
    """The decision itself; at once its journal entry and its outbox row."""
    number = id_of(change.state)
    room, events_codec = _ROOMS[type(change.state)]
    postings = change.consequences.postings
    texts = (
        stamp(change.at),
        CAUSE.dumps(change.cause),
        events_codec.dumps(change.events),
        EFFECTS.dumps(change.effects) if change.effects else None,
        POSTINGS.dumps(postings) if postings else None,
    )
    at, cause, events, effects, posted = texts
    key = f"{change.replay.owner}#{change.replay.key}" if change.replay else ""
    content = "\n".join((number, str(change.version), key, *(t or "" for t in texts)))
    shard = shard_of(number, LEDGER_SHARDS)
    pulse = _pulse(change)
    return tables.commit(
        f"{room}#{number}",
        f"EVENT#{change.version + 1:08d}",
        at=at,
        cause=cause,
        events=events,
        due_next=stamp(change.due_at) if change.due_at else None,
        token=hashlib.sha256(content.encode()).hexdigest()[:32],
        kind="outbox" if effects or pulse else None,
        effects=effects,
        pulse=pulse,
        ledger_day=f"LEDGER#{at[:10]}#{shard:02d}" if posted else None,
        postings=posted,
    )


def _pulse(change: Change) -> str | None:
    if not isinstance(change.state, Booking):
        return None
    events = (event for event in change.events if isinstance(event, Event))
    counts = pulse_of(change.state, events)
    return json.dumps(counts, separators=(",", ":")) if counts else None


def head_item(tables: Tables, change: Change) -> Row:
    """What lists show, and where it stands in the due index."""
    number, due = id_of(change.state), change.due_at
    due_shard = f"DUE#{shard_of(number, DUE_SHARDS):02d}" if due else None
    due_at = f"{stamp(due)}#{number}" if due else None
    match change.state:
        case Booking():
            return _booking_head(tables, change.state, due_shard, due_at)
        case Payment():
            return _payment_head(tables, change.state, due_shard, due_at)
        case Case():
            return _case_head(tables, change.state, due_shard, due_at)
        case Outage():
            return _outage_head(tables, change.state, due_shard, due_at)


def _booking_head(
    tables: Tables, booking: Booking, due_shard: str | None, due_at: str | None
) -> Head:
    found = outcome(booking)
    keys = outcome_keys(booking.booking_id, found) if found else (None, None)
    return tables.head(
        f"BOOKING#{booking.booking_id}",
        "HEAD",
        customer_id=booking.customer_id,
        operator_id=booking.operator_id,
        seconds=booking.seconds,
        status=booking.listed.value,
        owner=f"CUSTOMER#{booking.customer_id}",
        owner_sort=f"{stamp(booking.starts_at)}#{booking.booking_id}",
        due_shard=due_shard,
        due_at=due_at,
        outcome=keys[0],
        outcome_at=keys[1],
    )


def _payment_head(
    tables: Tables, payment: Payment, due_shard: str | None, due_at: str | None
) -> PaymentHead:
    summary = summary_of(payment)
    captured_at = stamp(summary.captured_at) if summary.captured_at else None
    owner = owner_sort = None
    if captured_at is not None:
        owner = f"PAID#{captured_at[:10]}#{summary.captured.currency}"
        owner_sort = f"{summary.captured.minor:015d}#{captured_at}#{payment.payment_id}"
    return tables.payment_head(
        f"PAYMENT#{payment.payment_id}",
        "HEAD",
        customer_id=summary.customer_id,
        booking_id=summary.booking_id,
        status=summary.status.value,
        captured=summary.captured.minor,
        currency=summary.captured.currency,
        refunded=summary.refunded,
        charge_id=summary.charge_id,
        captured_at=captured_at,
        provider_refunds=set(summary.provider_refunds) or None,
        closed_disputes=set(summary.closed_disputes) or None,
        open_disputes=set(summary.open_disputes) or None,
        owner=owner,
        owner_sort=owner_sort,
        due_shard=due_shard,
        due_at=due_at,
    )


def _case_head(tables: Tables, case: Case, due_shard: str | None, due_at: str | None) -> CaseHead:
    deadline = stamp(case.deadline)
    return tables.case_head(
        f"CASE#{case.number}",
        "HEAD",
        kind_of_case=case.kind.value,
        level=case.level.value,
        status=case.status.value,
        deadline=deadline,
        owner=f"CASES#{case.level}" if case.is_open else None,
        owner_sort=f"{deadline}#{case.number}" if case.is_open else None,
        due_shard=due_shard,
        due_at=due_at,
    )


def _outage_head(
    tables: Tables, outage: Outage, due_shard: str | None, due_at: str | None
) -> OutageHead:
    return tables.outage_head(
        f"OUTAGE#{outage.number}",
        "HEAD",
        status=outage.status.value,
        since=stamp(outage.since),
        until=stamp(outage.until) if outage.until else None,
        operators=set(outage.operators) or None,
        owner="OUTAGES",
        owner_sort=f"{stamp(outage.opened_at)}#{outage.number}",
        due_shard=due_shard,
        due_at=due_at,
    )


def paid_items(tables: Tables, change: Change, payment: Payment, now: int) -> Iterator[Row]:
    """By which a payment is found: by card once captured, by customer once it is known whose."""
    captured = any(isinstance(event, PaymentCaptured) for event in change.events)
    assigned = any(isinstance(event, CustomerAssigned) for event in change.events)
    at = stamp(payment.captured_at or change.at)
    sort = f"PAID#{at}#{payment.payment_id}"
    if payment.customer_id is not None and (captured or assigned):
        yield tables.paid(f"CUSTOMER#{payment.customer_id}", sort)
    if payment.card is not None and captured:
        card = f"CARD#{payment.card.fingerprint}"
        yield tables.paid(card, sort, expires_at=now + _CARD_KEPT)


def lot_item(tables: Tables, customer_id: str, lot: Lot) -> Row:
    """Minutes or money on a balance."""
    return tables.minutes(
        f"CUSTOMER#{customer_id}",
        f"LOT#{lot.lot_id}",
        tariff_id=lot.tariff_id,
        bought=lot.bought,
        left=lot.left,
        minor=lot.paid.minor,
        currency=lot.paid.currency,
        payment_id=lot.payment_id,
        paid_at=stamp(lot.paid_at),
        returned_at=stamp(lot.returned_at) if lot.returned_at else None,
        our_fault=True if lot.our_fault else None,
        left_of=lot.left_of,
    )
