"""The one table: its items by kind, its indexes, and the connection they share.

The keys and indexes are those of template.yaml. Every kind of item is a model of its own, without a
discriminator: the key of an item says what it is, and a query asks for one kind only.
"""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.connection.base import MetaTable
from pynamodb.connection.table import TableConnection
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection

from shared.adapters.dynamodb.heads import CaseHead, Head, OutageHead, PaymentHead, Row

DUE_SHARDS = 64
LEDGER_SHARDS = 16

_INDEXES = {
    "due": ("due_shard", "due_at"),
    "open_slots": ("open_at", "operator_id"),
    "by_owner": ("owner", "owner_sort"),
    "ledger": ("ledger_day", "sk"),
    "outcomes": ("outcome", "outcome_at"),
}

# A call of DynamoDB takes milliseconds: one that does not answer in seconds is tried again, while
# whoever waits for us still does.
_CONNECT_SECONDS = 1.0
_READ_SECONDS = 3.0
_RETRIES = 2


class Paid(Row):
    """CUSTOMER#<id> or CARD#<fingerprint> / PAID#<time of the charge>#<payment id>: a payment.

    Read consistently, so that of two payments captured at once one at least sees the other.
    """

    expires_at = NumberAttribute(null=True)


class Ledger(GlobalSecondaryIndex["Commit"]):  # type: ignore[no-untyped-call]
    """Decisions that moved money or minutes, by UTC day."""

    class Meta:
        """As in template.yaml."""

        index_name = "ledger"
        projection = AllProjection()

    ledger_day = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class Commit(Row):
    """BOOKING#<id> / EVENT#<version>: one decision; also its journal entry and its outbox row.

    PAYMENT#<id>, CASE#<number> and OUTAGE#<number> alike.

    Args:
        due_next: where the booking stands in the due index after it.
        token: tells our own commit, whose answer was lost, from somebody else's.
        kind: "outbox" where there are effects or a pulse; the stream passes on no others.
        pulse: JSON of what the decision adds to the counts of its minute.
        ledger_day: LEDGER#<date>#<shard> where there are postings.
    """

    at = UnicodeAttribute()
    cause = UnicodeAttribute()
    events = UnicodeAttribute()
    due_next = UnicodeAttribute(null=True)
    token = UnicodeAttribute()
    kind = UnicodeAttribute(null=True)
    effects = UnicodeAttribute(null=True)
    pulse = UnicodeAttribute(null=True)
    ledger_day = UnicodeAttribute(null=True)
    postings = UnicodeAttribute(null=True)
    ledger = Ledger()


class PassRow(Row):
    """OUTAGE#<number> / PASS#<its number>#<shard>: how far one shard of a pass is.

    Args:
        turn: rises with every change.
    """

    turn = NumberAttribute()
    step = NumberAttribute()
    cursor = UnicodeAttribute(null=True)
    looked = NumberAttribute()
    found = NumberAttribute()
    compensated = NumberAttribute()
    put_aside = NumberAttribute()


class Used(Row):
    """REPLAY#<owner> / <idempotency key>: what the key led to."""

    fingerprint = UnicodeAttribute()
    result = UnicodeAttribute()
    expires_at = NumberAttribute()


class OpenSlots(GlobalSecondaryIndex["Quarter"]):  # type: ignore[no-untyped-call]
    """Operators by the quarters in which they are free."""

    class Meta:
        """As in template.yaml."""

        index_name = "open_slots"
        projection = KeysOnlyProjection()

    open_at = UnicodeAttribute(hash_key=True)
    operator_id = UnicodeAttribute(range_key=True)


class Quarter(Row):
    """OPERATOR#<id> / SLOT#<start>: a published quarter of an hour.

    Args:
        booking_id: only while it is claimed.
        open_at: its start, only while it is free; so is operator_id.
    """

    booking_id = UnicodeAttribute(null=True)
    open_at = UnicodeAttribute(null=True)
    operator_id = UnicodeAttribute(null=True)
    open_slots = OpenSlots()


class Profile(Row):
    """OPERATORS / <id>: an operator; phones as JSON, in order."""

    name = UnicodeAttribute()
    tariff_id = UnicodeAttribute()
    phones = UnicodeAttribute()


class Price(Row):
    """TARIFFS / <id>: a tariff."""

    minor = NumberAttribute()
    currency = UnicodeAttribute()


class Minutes(Row):
    """CUSTOMER#<id> / LOT#<lot id>: minutes or money; gone once it is used up."""

    tariff_id = UnicodeAttribute()
    bought = NumberAttribute()
    left = NumberAttribute()
    minor = NumberAttribute()
    currency = UnicodeAttribute()
    payment_id = UnicodeAttribute(null=True)
    paid_at = UnicodeAttribute()
    returned_at = UnicodeAttribute(null=True)
    our_fault = BooleanAttribute(null=True)
    left_of = UnicodeAttribute(null=True)


class Line(Row):
    """PHONE#<phone id> / SESSION#<its start>#<booking id>: whose call it may be."""

    expires_at = NumberAttribute()


class Call(Row):
    """CALL#<the provider's id> / CALL: the leg that it is."""

    booking_id = UnicodeAttribute()
    leg_id = UnicodeAttribute()
    expires_at = NumberAttribute()


class Sweep(Row):
    """SWEEP#<name> / SWEEP: how far a sweep has come."""

    until = UnicodeAttribute()


class TurnLine(Row):
    """CALLS#<line> / TURNS: until when each lane is taken, in microseconds, and how many took."""

    redials_free = NumberAttribute(null=True)
    redials_taken = NumberAttribute(null=True)
    under_way_free = NumberAttribute(null=True)
    under_way_taken = NumberAttribute(null=True)
    starts_free = NumberAttribute(null=True)
    starts_taken = NumberAttribute(null=True)


class Counted(Row):
    """What was counted of finished sessions.

    Args:
        counted_at: when.
        seconds: of trouble, summed; squares: their squares.
    """

    counted_at = UnicodeAttribute()
    sessions = NumberAttribute()
    problems = NumberAttribute()
    critical = NumberAttribute()
    seconds = NumberAttribute()
    squares = NumberAttribute()


class CountedHour(Counted):
    """FIGURES#<date> / <hour>: what an hour came to."""


class CountedDay(Counted):
    """FIGURES / <date>: what the counted hours of a day came to.

    Args:
        turn: rises with every change.
        hours: how many are counted.
    """

    turn = NumberAttribute()
    hours = NumberAttribute()


class Closing(Row):
    """BOOKS#<part> / <account> <unit>: what an account held at the end of the last closed day.

    Args:
        owner_id: the booking or payment whose decision touched it.
        day: the midnight with which that day began.
    """

    owner_id = UnicodeAttribute()
    amount = NumberAttribute()
    day = UnicodeAttribute()
    expires_at = NumberAttribute(null=True)


class Message(Row):
    """INBOX#<provider>#<message id> / INBOX: an external message, kept once.

    Args:
        kind: "inbox", by which the stream passes it on.
        message_kind: the provider's own name of what it is.
    """

    kind = UnicodeAttribute()
    message_kind = UnicodeAttribute()
    body = UnicodeAttribute()
    at = UnicodeAttribute()
    expires_at = NumberAttribute()


class Written(Row):
    """TEXT#<payment id or case number> / <text id>: what somebody wrote, sealed."""

    sealed = UnicodeAttribute()


class Claim(Row):
    """CLAIM#<what> / CLAIM: who has something, and until when."""

    by = UnicodeAttribute()
    until = UnicodeAttribute()
    expires_at = NumberAttribute()


class Person(Row):
    """PERSON#<id> / CONTACT: how to reach a person.

    Args:
        version: rises with every change.
        secret: encrypted JSON {"email", "phones": {phone id: number}}.
        known: digests of what is in it, so that most calls need not decrypt it.
    """

    version = NumberAttribute()
    secret = BinaryAttribute(legacy_encoding=False)
    language = UnicodeAttribute(null=True)
    known = UnicodeSetAttribute(null=True)


@dataclass(frozen=True, slots=True)
class Tables:
    """The models of one table, over one connection."""

    connection: TableConnection
    head: type[Head]
    commit: type[Commit]
    used: type[Used]
    quarter: type[Quarter]
    profile: type[Profile]
    price: type[Price]
    minutes: type[Minutes]
    payment_head: type[PaymentHead]
    case_head: type[CaseHead]
    outage_head: type[OutageHead]
    pass_row: type[PassRow]
    paid: type[Paid]
    line: type[Line]
    call: type[Call]
    message: type[Message]
    sweep: type[Sweep]
    turn_line: type[TurnLine]
    counted_hour: type[CountedHour]
    counted_day: type[CountedDay]
    closing: type[Closing]
    person: type[Person]
    written: type[Written]
    claim: type[Claim]


@cache
def connect(table: str) -> Tables:
    """The models of a table, made once: all that use it share a connection.

    Region, endpoint and credentials come from the environment.
    """
    names = {"pk", "sk", *(name for keys in _INDEXES.values() for name in keys)}
    shape = MetaTable(
        {
            "TableName": table,
            "KeySchema": _keys("pk", "sk"),
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in names],
            "GlobalSecondaryIndexes": [
                {"IndexName": name, "KeySchema": _keys(*keys)} for name, keys in _INDEXES.items()
            ],
        }
    )
    connection = TableConnection(
        table,
        connect_timeout_seconds=_CONNECT_SECONDS,
        read_timeout_seconds=_READ_SECONDS,
        max_retry_attempts=_RETRIES,
        meta_table=shape,
    )

    def bound[R: Row](row: type[R]) -> type[R]:
        """The model over this table, on the connection all share: a client each would be slow."""
        meta = type("Meta", (), {"table_name": table})
        derive: Any = type(row)
        return cast(
            type[R], derive(row.__name__, (row,), {"Meta": meta, "_connection": connection})
        )

    return Tables(
        connection=connection,
        head=bound(Head),
        commit=bound(Commit),
        used=bound(Used),
        quarter=bound(Quarter),
        profile=bound(Profile),
        price=bound(Price),
        minutes=bound(Minutes),
        payment_head=bound(PaymentHead),
        case_head=bound(CaseHead),
        outage_head=bound(OutageHead),
        pass_row=bound(PassRow),
        paid=bound(Paid),
        line=bound(Line),
        call=bound(Call),
        message=bound(Message),
        sweep=bound(Sweep),
        turn_line=bound(TurnLine),
        counted_hour=bound(CountedHour),
        counted_day=bound(CountedDay),
        closing=bound(Closing),
        person=bound(Person),
        written=bound(Written),
        claim=bound(Claim),
    )


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


def stamp(moment: datetime) -> str:
    """A moment as text that sorts by time: UTC, always with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The moment a stamp stands for."""
    return datetime.fromisoformat(text)


def shard_of(number: str, shards: int) -> int:
    """The shard a thing of this number belongs to: any spread will do, for ever the same."""
    return zlib.crc32(number.encode()) % shards
