"""Many at once, over real connections."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from shared.adapters.dynamodb.store import DynamoStore
from shared.application.store import Busy, Change, KeyUsed, Replay, SlotTaken, StaleRead
from shared.domain import commands as c
from shared.domain.errors import Conflict
from shared.domain.lots import Lot
from shared.domain.payment.commands import RequestRefund
from shared.domain.payment.events import RefundReason, Taken
from shared.domain.slots import QUARTER
from tests.contract.decisions import (
    NOON,
    PRICE,
    and_then,
    captured,
    granting,
    held_by,
    hold,
    opened,
    paid_by_card,
    rubles,
    then,
)

pytestmark = pytest.mark.xdist_group("ministack")

THREADS = 8
ROUNDS = 6
BEFORE = NOON - timedelta(days=1)


def race(
    store: DynamoStore, changes: Sequence[Change | tuple[Change, ...]]
) -> list[type[Conflict] | None]:
    """Commit them all at the same moment; what each came to, busy ones after trying again."""
    start = Barrier(len(changes))

    def run(change: Change | tuple[Change, ...]) -> type[Conflict] | None:
        together = change if isinstance(change, tuple) else (change,)
        start.wait()
        while True:
            try:
                store.commit(*together)
            except Busy:
                continue
            except Conflict as conflict:
                return type(conflict)
            return None

    with ThreadPoolExecutor(len(changes)) as pool:
        return list(pool.map(run, changes))


def number(n: int) -> str:
    return f"{n:012d}"


def each_round(check: Callable[[int], None]) -> None:
    for n in range(ROUNDS):
        check(n)


def test_of_many_who_want_one_slot_one_gets_it(ministack_store: DynamoStore) -> None:  # S1.2
    store = ministack_store

    def one_round(n: int) -> None:
        starts_at = NOON + timedelta(days=n)
        store.publish("olga", [starts_at, starts_at + QUARTER])
        # Half of them want the second quarter too, so that they overlap in different ways.
        changes = [
            hold(
                number(100 * n + k),
                customer_id=f"customer{k}",
                starts_at=starts_at,
                minutes=15 if k % 2 else 30,
            )
            for k in range(THREADS)
        ]
        outcomes = race(store, changes)
        assert outcomes.count(None) == 1
        assert outcomes.count(SlotTaken) == THREADS - 1
        winner = held_by(changes[outcomes.index(None)])
        slots = store.slots("olga", starts_at, starts_at + 2 * QUARTER)
        second = winner.booking_id if winner.seconds > 900 else None
        assert [slot.booking_id for slot in slots] == [winner.booking_id, second]
        stored = [store.booking(held_by(change).booking_id) for change in changes]
        assert [loaded is not None for loaded in stored] == [o is None for o in outcomes]

    each_round(one_round)


def test_of_many_decisions_on_one_version_one_counts(ministack_store: DynamoStore) -> None:
    store = ministack_store  # Never 5

    def one_round(n: int) -> None:
        starts_at = NOON + timedelta(days=n)
        store.publish("olga", [starts_at, starts_at + QUARTER])
        first = hold(number(n), starts_at=starts_at)
        store.commit(first)
        changes = [then(first, c.NoteIntent(f"pi_{k}"), first.at) for k in range(THREADS)]
        outcomes = race(store, changes)
        assert outcomes.count(None) == 1
        assert outcomes.count(StaleRead) == THREADS - 1
        loaded = store.booking(number(n))
        assert loaded is not None
        assert loaded.state == changes[outcomes.index(None)].state
        assert len(store.history(number(n))) == 2

    each_round(one_round)


def test_of_many_with_one_idempotency_key_one_counts(ministack_store: DynamoStore) -> None:
    store = ministack_store

    def one_round(n: int) -> None:
        changes = []
        for k in range(THREADS):
            store.publish(f"operator{k}", [NOON + timedelta(days=n)])
            booking_id = number(100 * n + k)
            changes.append(
                hold(
                    booking_id,
                    operator_id=f"operator{k}",
                    starts_at=NOON + timedelta(days=n),
                    minutes=15,
                    replay=Replay("anna", f"key{n}", "f", booking_id),
                )
            )
        outcomes = race(store, changes)
        assert outcomes.count(None) == 1
        assert outcomes.count(KeyUsed) == THREADS - 1
        replay = store.replay("anna", f"key{n}")
        assert replay is not None
        assert replay.result == held_by(changes[outcomes.index(None)]).booking_id

    each_round(one_round)


def test_the_same_commit_by_many_counts_once_and_succeeds_for_all(
    ministack_store: DynamoStore,
) -> None:
    store = ministack_store

    def one_round(n: int) -> None:
        starts_at = NOON + timedelta(days=n)
        store.publish("olga", [starts_at])
        change = granting(hold(number(n), starts_at=starts_at, minutes=15), money=100)
        assert race(store, [change] * THREADS) == [None] * THREADS
        assert rubles(store) == 100 * (n + 1)

    each_round(one_round)


def test_no_credit_is_lost_when_many_come_at_once(ministack_store: DynamoStore) -> None:
    store = ministack_store  # Never 1

    def one_round(n: int) -> None:
        changes = []
        for k in range(THREADS):
            store.publish(f"operator{k}", [NOON + timedelta(days=n)])
            held = hold(
                number(100 * n + k),
                operator_id=f"operator{k}",
                starts_at=NOON + timedelta(days=n),
                minutes=15,
            )
            changes.append(granting(held, money=100 + k))
        assert race(store, changes) == [None] * THREADS
        total = (n + 1) * sum(100 + k for k in range(THREADS))
        assert rubles(store) == total

    each_round(one_round)


def test_of_many_who_spend_the_same_money_one_does(ministack_store: DynamoStore) -> None:
    store = ministack_store  # Never 1

    def one_round(n: int) -> None:
        customer_id, starts_at = f"customer{n}", NOON + timedelta(days=n)
        store.publish("olga", [starts_at])
        first = hold(number(100 * n + 99), customer_id=customer_id, starts_at=starts_at, minutes=15)
        store.commit(granting(first, money=90_000))
        money = store.lots(customer_id)
        changes = []
        for k in range(THREADS):
            store.publish(f"operator{k}", [starts_at])
            changes.append(
                hold(
                    number(100 * n + k),
                    customer_id=customer_id,
                    operator_id=f"operator{k}",
                    starts_at=starts_at,
                    minutes=15,
                    lots=money,
                )
            )
        outcomes = race(store, changes)
        assert outcomes.count(None) == 1
        assert store.lots(customer_id) == []

    each_round(one_round)


def test_of_many_who_report_one_capture_one_records_it(ministack_store: DynamoStore) -> None:
    store = ministack_store  # Never 1: webhook, page and sweep at once

    def one_round(n: int) -> None:
        starts_at = NOON + timedelta(days=n)
        store.publish("olga", [starts_at, starts_at + QUARTER])
        first = hold(number(n), starts_at=starts_at)
        store.commit(first)
        reports = [
            paid_by_card(first, BEFORE + timedelta(seconds=k), payment_id=f"pi_{n}")
            for k in range(THREADS)
        ]
        outcomes = race(store, reports)
        assert outcomes.count(None) == 1
        assert set(outcomes) <= {None, StaleRead, KeyUsed}
        booking, payment = reports[outcomes.index(None)]
        loaded, known = store.booking(number(n)), store.payment(f"pi_{n}")
        assert loaded is not None and known is not None
        assert (loaded.state, known.state) == (booking.state, payment.state)
        assert known.version == 1

    each_round(one_round)


def test_of_many_refunds_asked_for_at_once_no_two_take_the_same_money(
    ministack_store: DynamoStore,
) -> None:
    store = ministack_store  # Never 2: customer, agent and sweep

    def one_round(n: int) -> None:
        payment = captured(opened(f"pi_{n}", customer_id=f"customer{n}"), BEFORE)
        store.commit(payment)
        (lot,) = store.lots(f"customer{n}")
        refunds = [
            and_then(
                payment,
                RequestRefund(
                    f"r{k}", PRICE, RefundReason.CHANGE_OF_MIND, "customer", taken=(whole(lot),)
                ),
                BEFORE,
            )
            for k in range(THREADS)
        ]
        outcomes = race(store, refunds)
        assert outcomes.count(None) == 1
        assert outcomes.count(StaleRead) == THREADS - 1
        assert store.lots(f"customer{n}") == []
        loaded = store.payment(f"pi_{n}")
        assert loaded is not None
        assert loaded.state.refunded == PRICE

    each_round(one_round)


def whole(lot: Lot) -> Taken:
    return Taken(lot, lot.left)
