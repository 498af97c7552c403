"""Whatever is done to both, the store over DynamoDB answers as the one in memory does."""

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from shared.adapters.dynamodb.store import DynamoStore
from shared.adapters.dynamodb.tables import shard_of
from shared.application.store import Change, Replay, Store
from shared.application.timers import SHARDS
from shared.domain import commands as c
from shared.domain.booking import Booking, Status
from shared.domain.decide import next_due
from shared.domain.effects import Consequences
from shared.domain.errors import Conflict, RuleBroken
from shared.domain.ledger import trial_balance
from shared.domain.payment.commands import Order, RequestRefund, Return
from shared.domain.policy import CURRENT
from shared.domain.slots import QUARTER
from tests.contract.decisions import (
    CAUSE,
    EVER,
    NOON,
    and_then,
    captured,
    granting,
    held_by,
    hold,
    lot,
    opened,
    then,
)
from tests.fakes.memory_store import MemoryStore

QUARTERS = tuple(NOON + n * QUARTER for n in range(12))
BEFORE = NOON - timedelta(days=1)
# Examples share a table and live in worlds of their own.
_worlds = itertools.count(1)

_quarters = st.lists(st.sampled_from(QUARTERS), unique=True, max_size=4)
_operators = st.sampled_from(["olga", "oleg"])
_customers = st.sampled_from(["anna", "boris"])
# A change is stored at once, or waits until others have made it stale.
_at_once = st.integers(0, 3).map(bool)
_start, _length = st.integers(0, 11), st.integers(1, 3)  # in quarters
_hold_step = st.tuples(
    st.just("hold"),
    _customers,
    _operators,
    _start,
    _length,
    st.booleans(),  # pay from the balance
    st.sampled_from([None, "k1", "k2"]),
    st.sampled_from([600, 0, 1200]),  # bonus seconds it brings
    st.sampled_from([45_000, 0, 100_001]),  # money it brings
    _at_once,
)
_act_step = st.tuples(
    st.just("act"),
    st.integers(0, 20),
    st.sampled_from(["pay", "pay twice", "cancel", "move", "due"]),
    _at_once,
)
# Two bookings that count on the same balance.
_rivals_step = st.tuples(st.just("rivals"), _customers, _start, _start)
_steps = st.one_of(
    _hold_step,
    _act_step,
    _rivals_step,
    # Store the n-th change that waits.
    st.tuples(st.just("commit"), st.integers(0, 20)),
    st.tuples(st.just("commit again"), st.integers(0, 20)),
    _hold_step,
    _act_step,
    _rivals_step,
    st.tuples(st.sampled_from(["publish", "withdraw"]), _operators, _quarters),
)


@dataclass
class World:
    """Both stores, and what is on its way to them."""

    name: str
    real: Store
    model: MemoryStore = field(default_factory=MemoryStore)
    now: datetime = BEFORE
    waiting: list[tuple[Change, ...]] = field(default_factory=list)
    stored: list[tuple[Change, ...]] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    payments: list[str] = field(default_factory=list)

    def called(self, name: str) -> str:
        return f"{name}-{self.name}"

    def both(self, method: str, *arguments: Any) -> Any:
        """Ask both the same; they must give the same answer or fail the same way."""
        expected, actual = (_outcome(store, method, arguments) for store in (self.model, self.real))
        assert actual == expected, (method, arguments)
        return actual


def _outcome(store: Store, method: str, arguments: tuple[Any, ...]) -> Any:
    try:
        answer = getattr(store, method)(*arguments)
    except Conflict as conflict:
        return type(conflict)
    return list(answer) if isinstance(answer, (list, tuple)) else answer


def _commit(world: World, changes: tuple[Change, ...]) -> None:
    outcome = world.both("commit", *changes)
    event(f"commit of {len(changes)}: {outcome.__name__ if outcome else 'stored'}")
    if outcome is None:
        world.stored.append(changes)


def _hold(world: World, *step: Any) -> None:
    customer, operator, start, length, balance, key, seconds, minor, at_once = step
    number = f"{int(world.name) * 1000 + len(world.numbers):012d}"
    customer_id = world.called(customer)
    world.numbers.append(number)
    held = hold(
        number,
        customer_id=customer_id,
        operator_id=world.called(operator),
        starts_at=QUARTERS[start],
        minutes=15 * length,
        now=world.now,
        lots=world.model.lots(customer_id) if balance else (),
        replay=Replay(customer_id, key, "f", number) if key else None,
    )
    if not balance:
        held = granting(held, lots=[lot(number, seconds)] if seconds else (), money=minor)
    _take_up(world, (held,), at_once)


def _take_up(world: World, changes: tuple[Change, ...], at_once: bool) -> None:
    if at_once:
        _commit(world, changes)
    else:
        world.waiting.append(changes)


def _act(world: World, index: int, action: str, at_once: bool) -> None:
    if not world.stored:
        return
    before = world.stored[index % len(world.stored)][0]
    booking = held_by(before)
    command: c.Command = c.Tick()
    now = world.now
    match action:
        case "pay" | "pay twice":
            intent_id = f"pi-{booking.booking_id}-{1 if action == 'pay' else 2}"
            command = c.ConfirmPayment(intent_id, None, booking.card_due, reinstate=True)
        case "cancel":
            command = c.Cancel()
        case "move":
            command = c.Move(booking.starts_at + QUARTER)
        case _:
            now = max(now, next_due(booking, now, CURRENT) or now)
            if booking.status is not Status.HELD:
                return
    try:
        own = then(before, command, now)
        ordered = tuple(_ordered(world, held_by(own), o, now) for o in own.consequences.orders)
    except (RuleBroken, AssertionError):
        return  # the domain finds nothing to do
    _take_up(world, (own, *ordered), at_once)


def _ordered(world: World, booking: Booking, order: Order, now: datetime) -> Change:
    """What a booking asks of its payment, which may be stale, or there already."""
    known = world.model.payment(order.payment_id)
    if known is not None and isinstance(order.command, (RequestRefund, Return)):
        before = Change(
            known.state, known.version - 1, now, CAUSE, (), Consequences(), (), known.due_at, True
        )
        return and_then(before, order.command, now)
    world.payments.append(order.payment_id)
    start = opened(
        order.payment_id,
        customer_id=booking.customer_id,
        booking_id=booking.booking_id,
        amount=booking.card_due,
    )
    return captured(start, now, order.command)


def _play(world: World, step: tuple[Any, ...]) -> None:
    world.now += timedelta(seconds=7, microseconds=13)
    match step:
        case ("publish" | "withdraw") as method, operator, quarters:
            world.both(method, world.called(operator), quarters)
        case "hold", *rest:
            _hold(world, *rest)
        case "rivals", customer, one, other:
            _hold(world, customer, "olga", one, 2, True, None, 0, 0, False)
            _hold(world, customer, "oleg", other, 2, True, None, 0, 0, False)
            _commit(world, world.waiting.pop(-2))
            _commit(world, world.waiting.pop())
        case "act", index, action, at_once:
            _act(world, index, action, at_once)
        case "commit", index if world.waiting:
            _commit(world, world.waiting.pop(index % len(world.waiting)))
        case "commit again", index if world.stored:
            assert world.both("commit", *world.stored[index % len(world.stored)]) is None


def _compare(world: World) -> None:
    for number in world.numbers:
        world.both("booking", number)
        world.both("history", number)
        _compare_due(world, number, world.numbers)
    for payment_id in dict.fromkeys(world.payments):
        world.both("payment", payment_id)
        world.both("payment_history", payment_id)
        world.both("payment_summaries", [payment_id])
        _compare_due(world, payment_id, world.payments)
    for customer in ("anna", "boris"):
        customer_id = world.called(customer)
        world.both("lots", customer_id)
        world.both("payments_of", customer_id, None, 99)
        for key in ("k1", "k2"):
            world.both("replay", customer_id, key)
        cursors: list[str | None] = [None, None]
        pages = 0
        while pages == 0 or cursors[0] is not None:
            page, real = (
                store.bookings_of(customer_id, cursor, 2)
                for store, cursor in zip((world.model, world.real), cursors, strict=True)
            )
            assert real.items == page.items
            cursors, pages = [page.cursor, real.cursor], pages + 1
        assert cursors == [None, None]
    for operator in ("olga", "oleg"):
        world.both("slots", world.called(operator), NOON, NOON + timedelta(days=1))
    for quarter in QUARTERS:
        free = [o for o in world.real.open_operators(quarter) if o.endswith(f"-{world.name}")]
        assert free == world.model.open_operators(quarter)
    mine = {*world.numbers, *world.payments}
    ours = {e.entry_id: e for e in world.real.entries(BEFORE) if e.owner_id in mine}
    assert ours == {e.entry_id: e for e in world.model.entries(BEFORE)}
    assert not any(trial_balance(ours.values()).values())


def _compare_due(world: World, owner_id: str, ours: list[str]) -> None:
    found, there = (
        store.due(shard_of(owner_id, SHARDS), EVER, NOON + timedelta(days=90), None).items
        for store in (world.model, world.real)
    )
    # Other worlds lie in the same shards of the real table.
    assert [row for row in there if row.owner_id in ours] == [
        row for row in found if row.owner_id in ours
    ]


def _check(store: Store, steps: list[tuple[Any, ...]]) -> None:
    world = World(str(next(_worlds)), store)
    world.both("publish", world.called("olga"), QUARTERS)
    world.both("publish", world.called("oleg"), QUARTERS)
    for step in steps:
        _play(world, step)
    while world.waiting:
        _commit(world, world.waiting.pop(0))
    _compare(world)


# A table for all examples: what the fixture keeps between them are worlds that do not meet.
_shared_table = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.xdist_group("ministack")
@settings(_shared_table, max_examples=25)
@given(st.lists(_steps, min_size=10, max_size=30))
def test_ministack_and_memory_agree(
    ministack_store: DynamoStore, steps: list[tuple[Any, ...]]
) -> None:
    _check(ministack_store, steps)


@settings(_shared_table, max_examples=8)
@given(st.lists(_steps, min_size=10, max_size=25))
def test_moto_and_memory_agree(moto_store: DynamoStore, steps: list[tuple[Any, ...]]) -> None:
    _check(moto_store, steps)
