"""What one timer of each kind writes: counted while the real adapters decide it, over moto."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from botocore.session import get_session
from moto import mock_aws

from infra.bench import template
from infra.bench.meter import Key, Meter
from infra.bench.stage import CREDENTIALS
from infra.bench.units import Item
from infra.bench.wire import Wire
from shared.adapters.dynamodb.store import DynamoStore
from shared.adapters.dynamodb.tables import connect
from shared.adapters.dynamodb.turns import DynamoTurns
from shared.application.bookings import Bookings
from shared.application.change import booking_change
from shared.application.payment_records import PaymentRecords
from shared.application.store import Cause
from shared.domain import commands as c
from shared.domain.booking import Status
from shared.domain.business_days import Calendar
from shared.domain.decide import open_booking
from shared.domain.events import BookingHeld
from shared.domain.lots import Holding, Source, Tariff
from shared.domain.money import Money
from shared.domain.policy import CURRENT
from shared.domain.session.legs import Leg, Mark, Motion, Side
from shared.domain.session.turns import Lane, Turn
from shared.domain.slots import quarters

_START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_SECONDS = 1800
_PRICE = Money(5000, "rub")
# As long as those that Cognito and Twilio give, and our digests of phones: sizes count.
_CUSTOMER = "0f8b6f0e-1c1d-4c3a-9a55-2f6f0a7c1e01"
_OPERATOR = "0f8b6f0e-1c1d-4c3a-9a55-2f6f0a7c1e02"
_PHONES = ("0123456789abcdef", "fedcba9876543210")
_CALL = "CA0123456789abcdef0123456789abcd"


class Work(StrEnum):
    """What is decided in a storm: four kinds of timers, and what becomes of a leg."""

    REMINDER = "reminder"
    START = "start"
    EXPIRY = "expiry"
    REDIAL = "redial"
    QUEUED = "leg queued"
    PLACED = "leg placed"


TIMERS = (Work.REMINDER, Work.START, Work.EXPIRY, Work.REDIAL)


@dataclass(frozen=True, slots=True)
class Units:
    """Write units of one decision.

    Args:
        table: for the items themselves.
        due: for their places in the due index, all in one shard.
        others: for all other indexes together.
    """

    table: int
    due: int
    others: int

    @property
    def total(self) -> int:
        """For the table and its indexes."""
        return self.table + self.due + self.others


@dataclass(frozen=True, slots=True)
class Measured:
    """Write units of all that is done in a storm.

    Args:
        decisions: by kind.
        turn: of one turn taken.
    """

    decisions: Mapping[Work, Units]
    turn: int


class _Now:
    """A clock that is put where the play needs it."""

    moment = _START

    def now(self) -> datetime:
        """The moment it was put to."""
        return self.moment


class _Scene:
    """One table, and bookings in it that are decided on while it is metered."""

    def __init__(self, wire: Wire, table: str) -> None:
        self._wire, self.clock = wire, _Now()
        self.store, self.turns = DynamoStore(table, lambda: _START.timestamp()), DynamoTurns(table)
        calendar = Calendar("Europe/Moscow", lambda day: day.weekday() < 5)
        records = PaymentRecords(self.store, self.clock, lambda attempt: None, calendar)
        self.bookings = Bookings(self.store, self.clock, lambda attempt: None, records)

    def book(self, booking_id: str, *, paid: bool) -> str:
        """A booking of half an hour that is to begin at the start."""
        self.clock.moment = _START - timedelta(days=1)
        quarter = _START + timedelta(hours=int(booking_id[-1]))
        self.store.publish(_OPERATOR, quarters(quarter, _SECONDS))
        price = Tariff("standard", _PRICE).price(_SECONDS)
        granted = Holding(Source.BONUS, _SECONDS, Money.zero("rub"), self.clock.moment)
        held = BookingHeld(
            booking_id=booking_id,
            customer_id=_CUSTOMER,
            operator_id=_OPERATOR,
            operator_phones=_PHONES,
            tariff=Tariff("standard", _PRICE),
            starts_at=quarter,
            seconds=_SECONDS,
            main_phone=_PHONES[0],
            backup_phone=_PHONES[1],
            language="en",
            policy_version=CURRENT.version,
            holdings=(granted,) if paid else (),
            card_seconds=0 if paid else _SECONDS,
            card_due=Money.zero("rub") if paid else price,
            hold_until=self.clock.moment + timedelta(minutes=15),
        )
        events, booking = open_booking(held, self.clock.moment, CURRENT)
        cause = Cause("Book", "customer", {})
        self.store.commit(
            booking_change(None, events, booking, self.clock.moment, cause, replay=None)
        )
        return booking_id

    def tick(self, booking_id: str) -> Units:
        """Its next timer fires."""
        due = self.bookings.load(booking_id).due_at
        if due is None:
            raise RuntimeError(f"booking {booking_id} waits for nothing")
        self.clock.moment = max(self.clock.moment, due)
        return self.do(booking_id, c.Tick(), "timer", {"due": self.clock.moment.isoformat()})

    def do(
        self, booking_id: str, command: c.Command, source: str, evidence: Mapping[str, str]
    ) -> Units:
        """Carry out a command; what it writes."""
        cause = Cause(type(command).__name__, source, evidence)
        return self.metered(lambda: self.bookings.apply(booking_id, command, cause))

    def metered(self, ask: Callable[[], object]) -> Units:
        """What something writes."""
        self._wire.take()
        ask()
        consumed = [each.consumed for each in self._wire.take() if each.consumed]
        writes = [write for each in consumed for write in each.writes]
        due = sum(write.index_units.get("due", 0) for write in writes)
        indexed = sum(sum(write.index_units.values()) for write in writes)
        return Units(sum(write.units for write in writes), due, indexed - due)

    def ringing(self, booking_id: str) -> Leg:
        """The leg that rings."""
        legs = self.bookings.load(booking_id).state.live_session.legs
        return next(leg for leg in legs if leg.wanted and leg.confirmed_at is None)

    def join(self, booking_id: str) -> Units:
        """Whoever is rung answers and is joined; what it writes that he is rung."""
        leg, told = self.ringing(booking_id), {"leg": self.ringing(booking_id).leg_id}
        call_id = f"{_CALL}{leg.leg_id[-2:]}"
        placed = self.do(booking_id, c.NotePlaced(leg.leg_id, call_id), "telephony provider", told)
        self.do(booking_id, c.ConfirmLeg(leg.leg_id), "telephony provider", told)
        joins = Mark(self.clock.moment, Motion.JOIN, seen=False)
        self.do(booking_id, c.MoveLeg(leg.leg_id, joins), "telephony provider", told)
        return placed


def measure() -> Measured:
    """Play each kind once.

    Raises:
        RuntimeError: a booking did not come to where its timer is; nothing measured would count.
    """
    with _scene() as scene:
        expired = scene.book("000000000017", paid=False)
        expiry = scene.tick(expired)
        _expect(scene, expired, Status.EXPIRED)
        played = scene.book("000000000024", paid=True)
        reminder = scene.tick(played)
        _expect(scene, played, Status.SCHEDULED)
        (letter,) = scene.bookings.load(played).state.pending
        scene.do(played, c.NoteLetterSent(letter), "worker", {"letter": letter})
        start = scene.tick(played)
        _expect(scene, played, Status.LIVE)
        leg = scene.ringing(played)
        turn = Turn(scene.clock.moment + timedelta(minutes=3), Lane.STARTS, 0)
        evidence = {"subject": leg.leg_id}
        command = c.QueueLeg(leg.leg_id, turn)
        queued = scene.do(played, command, "telephony provider", evidence)
        placed = scene.join(played)
        scene.join(played)
        redial = _dropped(scene, played)
        late = scene.clock.moment + timedelta(minutes=10)
        taken = scene.metered(
            lambda: scene.turns.take_turn(
                0, Lane.STARTS, scene.clock.moment, timedelta(seconds=1), late
            )
        )
    decisions = {
        Work.REMINDER: reminder,
        Work.START: start,
        Work.EXPIRY: expiry,
        Work.REDIAL: redial,
        Work.QUEUED: queued,
        Work.PLACED: placed,
    }
    return Measured(decisions, taken.total)


def _dropped(scene: _Scene, booking_id: str) -> Units:
    """The customer's line drops, and he does not call back."""
    scene.clock.moment += timedelta(minutes=15)
    customer = scene.bookings.load(booking_id).state.live_session.on_the_line(Side.CUSTOMER)
    if customer is None:
        raise RuntimeError("the customer never came")
    told = {"leg": customer.leg_id}
    leaves = Mark(scene.clock.moment, Motion.LEAVE, seen=False)
    scene.do(booking_id, c.MoveLeg(customer.leg_id, leaves), "telephony provider", told)
    ended = c.EndLeg(customer.leg_id, scene.clock.moment, "completed")
    scene.do(booking_id, ended, "telephony provider", told)
    scene.clock.moment += timedelta(seconds=CURRENT.callback_wait)
    redial = scene.do(booking_id, c.Tick(), "timer", {"due": scene.clock.moment.isoformat()})
    if scene.ringing(booking_id).side is not Side.CUSTOMER:
        raise RuntimeError("the customer is not rung again")
    return redial


def _expect(scene: _Scene, booking_id: str, status: Status) -> None:
    found = scene.bookings.load(booking_id).state.status
    if found is not status:
        raise RuntimeError(f"the booking should be {status} and is {found}")


@contextmanager
def _scene() -> Iterator[_Scene]:
    before = {name: os.environ.get(name) for name in (*CREDENTIALS, "AWS_ENDPOINT_URL")}
    os.environ.update(CREDENTIALS)
    os.environ.pop("AWS_ENDPOINT_URL", None)
    connect.cache_clear()
    try:
        with mock_aws():
            aws: Any = get_session().create_client("dynamodb")
            aws.create_table(TableName="storm", **template.table())

            def fetch(key: Key) -> Item | None:
                pk, sk = key
                found = aws.get_item(TableName="storm", Key={"pk": {"S": pk}, "sk": {"S": sk}})
                item: Item | None = found.get("Item")
                return item

            wire = Wire(Meter(template.indexes(), fetch))
            with wire.on_aws():
                yield _Scene(wire, "storm")
    finally:
        connect.cache_clear()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
