"""What every store promises of cases: kept whole, listed by urgency until closed (S3.5)."""

from datetime import timedelta

import pytest

from shared.adapters.dynamodb.tables import shard_of
from shared.application.store import KeyUsed, Replay, StaleRead, Store
from shared.application.summaries import CaseSummary
from shared.application.timers import SHARDS
from shared.domain.booking_number import with_check_digit
from shared.domain.case import commands as cc
from shared.domain.case.case import Status
from shared.domain.case.events import CaseKind, Level, Outcome
from shared.domain.effects import Effect, EffectKind
from shared.domain.payment import commands as pc
from tests.contract.decisions import (
    EVER,
    NOON,
    and_then,
    captured,
    case_number,
    case_opened,
    hold,
    of_case,
    opened,
)

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def numbers(store: Store, level: Level = Level.AGENT) -> list[str]:
    return [row.number for row in store.open_cases(level, None, 99).items]


def test_a_case_is_the_fold_of_what_was_committed(store: Store) -> None:  # Never 5
    first = case_opened(1, NOON, deadline=NOON + 4 * HOUR)
    second = of_case(first, cc.TakeCase("agent:ann"), NOON + timedelta(microseconds=3))
    third = of_case(second, cc.Escalate("agent:ann"), NOON + SECOND)
    for step in (first, second, third):
        store.commit(step)
    loaded = store.case(case_number(1))
    assert loaded is not None
    assert (loaded.state, loaded.version, loaded.due_at) == (third.state, 3, third.due_at)
    history = store.case_history(case_number(1))
    assert [d.events for d in history] == [step.events for step in (first, second, third)]
    assert [(d.version, d.at, d.cause) for d in history] == [
        (n, step.at, step.cause) for n, step in enumerate((first, second, third), start=1)
    ]


def test_a_case_that_is_not_there_is_none(store: Store) -> None:
    assert store.case(case_number(1)) is None
    assert not store.case_history(case_number(1))
    assert store.open_cases(Level.AGENT, None, 9).items == []


def test_a_case_number_is_given_once_and_a_request_opens_one_case(store: Store) -> None:  # S3.2
    replay = Replay("visitor", "k", "f", case_number(1))
    store.commit(case_opened(1, NOON, deadline=NOON + HOUR, replay=replay))
    with pytest.raises(KeyUsed):
        store.commit(case_opened(1, NOON + SECOND, deadline=NOON + 2 * HOUR))
    with pytest.raises(KeyUsed):
        store.commit(case_opened(2, NOON, deadline=NOON + HOUR, replay=replay))
    assert store.case(case_number(2)) is None
    assert store.replay("visitor", "k") == replay


def test_the_same_case_again_succeeds_and_writes_nothing_more(store: Store) -> None:
    first = case_opened(1, NOON, deadline=NOON + HOUR)
    second = of_case(first, cc.TakeCase("agent:ann"), NOON + SECOND)
    for step in (first, second, first, second):
        store.commit(step)
    assert len(store.case_history(case_number(1))) == 2


def test_of_two_who_work_on_one_version_one_counts(store: Store) -> None:
    first = case_opened(1, NOON, deadline=NOON + HOUR)
    store.commit(first)
    store.commit(of_case(first, cc.TakeCase("agent:ann"), NOON + SECOND))
    with pytest.raises(StaleRead):
        store.commit(of_case(first, cc.TakeCase("agent:bea"), NOON + SECOND))


def test_open_cases_come_most_urgent_first_and_page_by_page(store: Store) -> None:  # S3.5
    for n, hours in ((1, 3), (2, 1), (3, 2), (4, 2)):
        store.commit(case_opened(n, NOON, deadline=NOON + hours * HOUR))
    store.commit(case_opened(5, NOON, deadline=NOON, kind=CaseKind.REFUND_OVERDUE))
    first = store.open_cases(Level.AGENT, None, 3)
    equal = sorted((case_number(3), case_number(4)))
    assert [row.number for row in first.items] == [case_number(2), *equal]
    rest = store.open_cases(Level.AGENT, first.cursor, 3)
    assert ([row.number for row in rest.items], rest.cursor) == ([case_number(1)], None)
    assert store.open_cases(Level.AGENT, None, 4).cursor is None
    assert numbers(store, Level.MANAGER) == [case_number(5)]
    assert first.items[0] == CaseSummary(
        case_number(2), CaseKind.REFUND_REQUEST, Level.AGENT, Status.RECEIVED, NOON + HOUR
    )


def test_a_case_that_escalates_is_the_managers_with_its_new_deadline(store: Store) -> None:  # S3.5
    first = case_opened(1, NOON, deadline=NOON + HOUR)
    store.commit(first)
    late = of_case(first, cc.Tick(), NOON + HOUR)
    store.commit(late)
    assert numbers(store) == []
    (row,) = store.open_cases(Level.MANAGER, None, 9).items
    assert (row.number, row.deadline) == (case_number(1), NOON + 5 * HOUR)
    store.commit(of_case(late, cc.TakeCase("agent:max"), NOON + HOUR + SECOND))
    (row,) = store.open_cases(Level.MANAGER, None, 9).items
    assert row.status is Status.IN_WORK


def test_a_closed_case_leaves_the_list_and_the_due_index(store: Store) -> None:  # S3.5
    first = case_opened(1, NOON, deadline=NOON + HOUR)
    store.commit(first)
    shard = shard_of(case_number(1), SHARDS)
    woken = Effect(EffectKind.WAKE_CASE, case_number(1), at=NOON + HOUR)
    assert list(store.due(shard, EVER, NOON + HOUR, None).items) == [woken]
    assert store.due(shard, EVER, NOON + HOUR - SECOND, None).items == []
    store.commit(of_case(first, cc.CloseCase("agent:ann", Outcome.EXPLAINED), NOON + SECOND))
    assert numbers(store) == []
    assert store.due(shard, EVER, NOON + timedelta(days=900), None).items == []
    loaded = store.case(case_number(1))
    assert loaded is not None
    assert (loaded.state.outcome, loaded.due_at) == (Outcome.EXPLAINED, None)


def test_one_shard_wakes_bookings_payments_and_cases_each_as_what_it_is(store: Store) -> None:
    booking_id = with_check_digit("10000000001")
    shard = shard_of(booking_id, SHARDS)
    n = next(n for n in range(9999) if shard_of(case_number(n), SHARDS) == shard)
    payment_id = next(f"pi_{k}" for k in range(9999) if shard_of(f"pi_{k}", SHARDS) == shard)
    start = NOON + timedelta(days=1)
    store.publish("olga", [start, start + timedelta(minutes=15)])
    booking = hold(booking_id, starts_at=start, now=NOON)
    payment = captured(opened(payment_id), NOON, pc.NoteCardSaved())
    case = case_opened(n, NOON, deadline=NOON + HOUR)
    for change in (booking, payment, case):
        store.commit(change)
    found = store.due(shard, EVER, NOON + timedelta(days=3), None).items
    kinds = {effect.owner_id: (effect.kind, effect.at) for effect in found}
    assert kinds == {
        booking_id: (EffectKind.WAKE, booking.due_at),
        payment_id: (EffectKind.WAKE_PAYMENT, payment.due_at),
        case_number(n): (EffectKind.WAKE_CASE, case.due_at),
    }
    assert [effect.at for effect in found] == sorted(at for _, at in kinds.values() if at)


def test_a_case_and_the_payment_that_needs_it_are_two_decisions_of_their_own(store: Store) -> None:
    # S2.5
    payment = captured(opened(customer_id=None), NOON)
    case = case_opened(1, NOON, deadline=NOON + HOUR, kind=CaseKind.UNKNOWN_PAYMENT)
    store.commit(payment)
    store.commit(case)
    store.commit(and_then(payment, pc.NoteCase("case-unknown", case_number(1)), NOON + SECOND))
    loaded = store.payment("pi_1")
    assert loaded is not None
    assert loaded.state.cases == {"case-unknown": case_number(1)}
