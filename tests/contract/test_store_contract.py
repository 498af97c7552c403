"""What every store promises; held against the one in memory and the one over DynamoDB alike."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

import pytest

from shared.adapters.dynamodb.tables import shard_of
from shared.application.store import (
    FundsSpent,
    KeyUsed,
    Operator,
    Replay,
    SlotTaken,
    StaleRead,
    Store,
)
from shared.application.timers import SHARDS
from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Status, evolve
from shared.domain.effects import Effect, EffectKind
from shared.domain.ledger import trial_balance
from shared.domain.lots import MONEY, Tariff, money_lot
from shared.domain.money import Money
from shared.domain.slots import QUARTER
from tests.account_totals import account_totals
from tests.contract.decisions import (
    CAUSE,
    EVER,
    NOON,
    TARIFF,
    bare,
    granting,
    held_by,
    hold,
    lot,
    paid,
    paid_by_card,
    rubles,
    then,
)

A, B, C = "000000000017", "000000000024", "000000000031"
BEFORE = NOON - timedelta(days=1)
QUARTERS = tuple(NOON + n * QUARTER for n in range(8))


def shard(number: str) -> int:
    return shard_of(number, SHARDS)


# --- one decision, one transaction --------------------------------------------------------------


def test_a_booking_is_the_fold_of_what_was_committed(store: Store) -> None:  # Never 5
    store.publish("olga", QUARTERS)
    first = hold(A)
    store.commit(first)
    second = paid(first, BEFORE + timedelta(seconds=61, microseconds=7))
    store.commit(second)
    loaded = store.booking(A)
    assert loaded is not None
    assert loaded.state == held_by(second)
    assert loaded.version == 2
    assert [d.events for d in store.history(A)] == [first.events, second.events]
    assert [d.at for d in store.history(A)] == [first.at, second.at]
    assert [d.cause for d in store.history(A)] == [first.cause, second.cause]
    assert [d.version for d in store.history(A)] == [1, 2]


def test_what_is_not_there_is_none_or_empty(store: Store) -> None:
    assert store.booking(A) is None
    assert not store.history(A)
    assert store.replay("anna", "k1") is None
    assert store.operator("olga") is None
    assert store.tariff("standard") is None
    assert store.booking_of_call("CA1") is None
    assert not store.lots("anna")
    assert store.bookings_of("anna", None, 10).items == []


def test_a_decision_on_an_old_version_is_refused(store: Store) -> None:
    store.publish("olga", QUARTERS)
    first = hold(A)
    store.commit(first)
    winner = paid(first, BEFORE + timedelta(seconds=60))
    late = then(first, c.Cancel(), BEFORE + timedelta(seconds=61))
    store.commit(winner)
    with pytest.raises(StaleRead):
        store.commit(late)
    loaded = store.booking(A)
    assert loaded is not None
    assert loaded.state == held_by(winner)


def test_a_slot_is_claimed_once(store: Store) -> None:  # S1.2
    store.publish("olga", QUARTERS)
    store.commit(hold(A))
    overlapping = hold(
        B,
        customer_id="boris",
        starts_at=NOON + QUARTER,
        replay=Replay("boris", "k", "f", B),
    )
    with pytest.raises(SlotTaken):
        store.commit(overlapping)
    assert store.booking(B) is None
    assert store.replay("boris", "k") is None
    assert store.due(shard(B), EVER, NOON, None).items == []
    claimed = [slot.booking_id for slot in store.slots("olga", NOON, NOON + 4 * QUARTER)]
    assert claimed == [A, A, None, None]
    assert store.open_operators(NOON) == []
    assert store.open_operators(NOON + 2 * QUARTER) == ["olga"]


def test_time_that_is_not_published_cannot_be_claimed(store: Store) -> None:  # S1.2
    store.publish("olga", QUARTERS[:1])
    with pytest.raises(SlotTaken):
        store.commit(hold(A))
    assert store.slots("olga", NOON, NOON + QUARTER)[0].booking_id is None


def test_a_cancelled_booking_gives_its_slot_back(store: Store) -> None:  # S2.3
    store.publish("olga", QUARTERS)
    first = hold(A)
    store.commit(first)
    store.commit(then(first, c.Cancel(), BEFORE + timedelta(seconds=5)))
    assert store.open_operators(NOON) == ["olga"]
    store.commit(hold(B, customer_id="boris"))


def test_a_booking_moves_with_its_slots(store: Store) -> None:  # S2.3
    store.publish("olga", QUARTERS)
    first = hold(A)
    store.commit(first)
    store.commit(then(first, c.Move(NOON + QUARTER), BEFORE + timedelta(seconds=5)))
    slots = store.slots("olga", NOON, NOON + 4 * QUARTER)
    assert [slot.booking_id for slot in slots] == [None, A, A, None]
    [summary] = store.bookings_of("anna", None, 10).items
    assert summary.starts_at == NOON + QUARTER


# --- said twice ---------------------------------------------------------------------------------


def test_an_idempotency_key_is_used_once(store: Store) -> None:
    store.publish("olga", QUARTERS)
    replay = Replay("anna", "k#1", "fingerprint", A)
    store.commit(hold(A, replay=replay))
    assert store.replay("anna", "k#1") == replay
    assert store.replay("boris", "k#1") is None
    again = hold(B, starts_at=NOON, replay=replace(replay, result=B))
    with pytest.raises(KeyUsed):  # although the slot is gone as well
        store.commit(again)
    assert store.replay("anna", "k#1") == replay
    assert store.booking(B) is None


def test_a_booking_number_is_given_once(store: Store) -> None:
    store.publish("olga", QUARTERS)
    store.commit(hold(A))
    with pytest.raises(KeyUsed):
        store.commit(hold(A, customer_id="boris", starts_at=NOON + 4 * QUARTER))
    loaded = store.booking(A)
    assert loaded is not None
    assert loaded.state.customer_id == "anna"


def test_the_same_commit_again_succeeds_and_writes_nothing_more(store: Store) -> None:
    store.publish("olga", QUARTERS)
    first = granting(hold(A, replay=Replay("anna", "k", "f", A)), money=500)
    store.commit(first)
    second = paid(first, BEFORE + timedelta(seconds=60))
    store.commit(second)
    third = then(second, c.Cancel(), BEFORE + timedelta(seconds=90))
    store.commit(third)
    for repeated in (first, second, third):  # also those that others have built upon
        store.commit(repeated)
    assert rubles(store) == 500
    assert len(store.history(A)) == 3
    loaded = store.booking(A)
    assert loaded is not None
    assert loaded.state.status is Status.CANCELLED


# --- lots and money -----------------------------------------------------------------------------


def test_lots_and_money_are_kept_as_they_came(store: Store) -> None:  # S2.9
    store.publish("olga", QUARTERS)
    mine = (
        lot("b", 600),
        replace(
            lot("a", 900, "standard", 90_000),
            left=450,
            payment_id="pi_9",
            returned_at=NOON.replace(microsecond=1),
            our_fault=True,
            left_of=B,
        ),
    )
    purse = money_lot("c", Money(777, "rub"), "pi_9", NOON, returned_at=NOON, our_fault=True)
    store.commit(granting(hold(A), lots=(*mine, purse)))
    assert store.lots("anna") == [mine[1], mine[0], purse]


def test_seconds_and_money_are_taken_together_with_the_booking(store: Store) -> None:  # S2.10
    store.publish("olga", QUARTERS)
    mine = (lot("a", 600), lot("b", 900, "standard", 90_000))
    store.commit(granting(hold(A), lots=mine, money=50_000))
    second = hold(B, starts_at=NOON + 2 * QUARTER, lots=store.lots("anna"))
    store.commit(second)
    # 30 minutes: 10 as bonus, 15 of the lot, 5 from money at 60.00 a minute
    assert [(lot.tariff_id, lot.left) for lot in store.lots("anna")] == [(MONEY, 20_000)]
    store.commit(then(second, c.Cancel(), BEFORE + timedelta(seconds=9)))
    assert sum(lot.left for lot in store.lots("anna") if not lot.is_money) == 1500
    assert rubles(store) == 50_000


def test_a_lot_that_has_changed_is_not_taken_from(store: Store) -> None:  # S2.9
    store.publish("olga", QUARTERS)
    store.commit(granting(hold(A), lots=[lot("a", 3600)]))
    seen = store.lots("anna")
    store.commit(hold(B, starts_at=NOON + 2 * QUARTER, lots=seen))
    assert [lot.left for lot in store.lots("anna")] == [1800]
    with pytest.raises(FundsSpent):  # enough is left, but its price was worked out from more
        store.commit(hold(C, starts_at=NOON + 4 * QUARTER, lots=seen))
    assert store.booking(C) is None
    assert [lot.left for lot in store.lots("anna")] == [1800]


def test_money_is_not_spent_twice(store: Store) -> None:  # Never 1
    store.publish("olga", QUARTERS)
    store.commit(granting(hold(A), money=180_000))
    seen = store.lots("anna")
    store.commit(hold(B, starts_at=NOON + 2 * QUARTER, lots=seen))
    with pytest.raises(FundsSpent):
        store.commit(hold(C, starts_at=NOON + 4 * QUARTER, lots=seen))
    assert store.lots("anna") == []
    assert store.open_operators(NOON + 4 * QUARTER) == ["olga"]


def test_money_of_somebody_who_never_had_any_is_not_spent(store: Store) -> None:  # Never 1
    store.publish("olga", QUARTERS)
    with pytest.raises(FundsSpent):
        store.commit(hold(A, lots=[money_lot("m", Money(1000, "rub"), None, NOON)]))
    assert store.booking(A) is None


def test_the_journal_of_a_day_holds_every_entry_and_balances(store: Store) -> None:  # Never 1
    operators = ("olga", "oleg", "orlov")
    for number, operator_id in zip((A, B, C), operators, strict=True):
        store.publish(operator_id, QUARTERS)
        first = hold(number, operator_id=operator_id)
        store.commit(first)
        at = BEFORE + timedelta(seconds=int(number[-2:]))
        store.commit(*paid_by_card(first, at, payment_id=f"pi_{number}"))
    entries = sorted(store.entries(BEFORE), key=lambda entry: entry.entry_id)
    assert [(entry.owner_id, entry.entry_id, entry.cause) for entry in entries] == [
        *((number, f"{number}-2", "ConfirmPayment") for number in (A, B, C)),
        *((f"pi_{number}", f"pi_{number}-1", "Capture") for number in (A, B, C)),
    ]
    assert trial_balance(entries) == {"rub": 0, "sec:standard": 0}
    held = {account for account, _ in account_totals(entries)}
    assert held == {"provider", "minutes:sold", *(f"booking:{number}" for number in (A, B, C))}
    assert list(store.entries(NOON)) == []


# --- finding bookings ---------------------------------------------------------------------------


def test_a_customers_bookings_come_latest_first_and_page_by_page(store: Store) -> None:
    store.publish("olga", QUARTERS)
    for n, number in enumerate((B, A, C)):
        store.commit(hold(number, starts_at=NOON + n * QUARTER, minutes=15))
    store.commit(hold("000000000048", customer_id="boris", starts_at=NOON + 3 * QUARTER))
    first = store.bookings_of("anna", None, 2)
    assert [row.booking_id for row in first.items] == [C, A]
    rest = store.bookings_of("anna", first.cursor, 2)
    assert [row.booking_id for row in rest.items] == [B]
    assert rest.cursor is None
    whole = store.bookings_of("anna", None, 3)
    assert whole.cursor is None
    assert whole.items[0].seconds == 900
    assert whole.items[0].status is Status.HELD
    assert whole.items[0].operator_id == "olga"
    assert whole.items[0].starts_at == NOON + 2 * QUARTER


def test_a_session_that_ends_is_listed_as_live_until_it_is_closed(store: Store) -> None:
    store.publish("olga", QUARTERS)
    first = hold(A)
    second = paid(first, BEFORE + timedelta(seconds=60))
    started = then(second, c.Tick(), NOON)
    leg = held_by(started).live_session.legs[0]
    placed = then(started, c.NotePlaced(leg.leg_id, "CA1"), NOON + timedelta(seconds=1))
    there = then(placed, c.ConfirmLeg(leg.leg_id), NOON + timedelta(seconds=2))
    ending = then(there, c.EndSession("api", None), NOON + timedelta(seconds=3))
    assert held_by(ending).status is Status.ENDING
    for step in (first, second, started, placed, there, ending):
        store.commit(step)
    (listed,) = store.bookings_of("anna", None, 10).items
    assert listed.status is Status.LIVE
    # So its head is written for the due index alone, which stays as it was here.
    assert ending.due_at == there.due_at
    assert not ending.head


def test_a_booking_is_due_from_its_moment_until_its_end(store: Store) -> None:
    store.publish("olga", QUARTERS)
    first = hold(A)
    assert first.due_at is not None
    store.commit(first)
    instant = timedelta(microseconds=1)

    def due(until: datetime, *, since: datetime = EVER, beside: int = 0) -> list[Effect]:
        return list(store.due((shard(A) + beside) % SHARDS, since, until, None).items)

    assert due(first.due_at - instant) == []
    assert due(first.due_at) == [Effect(EffectKind.WAKE, A, at=first.due_at)]
    assert due(first.due_at, beside=1) == []
    assert due(NOON, since=first.due_at) == due(first.due_at)
    assert due(NOON, since=first.due_at + instant) == []
    later = replace(paid(first, BEFORE + timedelta(seconds=60)), due_at=NOON)
    store.commit(later)
    assert due(NOON) == [Effect(EffectKind.WAKE, A, at=NOON)]
    store.commit(replace(then(later, c.Cancel(), BEFORE + timedelta(seconds=90)), due_at=None))
    assert due(NOON + timedelta(days=900)) == []


def test_the_due_index_gives_every_booking_once_page_by_page(store: Store) -> None:
    expected = []
    together = (f"{n:012d}" for n in range(100_000) if shard(f"{n:012d}") == 0)
    for n, number in enumerate(islice(together, 110)):
        operator_id = f"op{n}"
        store.publish(operator_id, [NOON])
        held = hold(number, operator_id=operator_id, minutes=15)
        due = NOON + timedelta(seconds=n // 3)
        store.commit(replace(held, due_at=due))
        expected.append(Effect(EffectKind.WAKE, number, at=due))
    found: list[Effect] = []
    cursor, pages = None, 0
    while pages == 0 or cursor is not None:
        page = store.due(0, EVER, NOON + timedelta(days=1), cursor)
        found += page.items
        cursor, pages = page.cursor, pages + 1
    assert found == expected
    assert pages == 2


def test_a_long_history_is_read_to_its_end(store: Store) -> None:
    # 1.5 MB: DynamoDB answers a query with 1 MB at most
    store.publish("olga", QUARTERS)
    first = hold(A)
    store.commit(first)
    booking = held_by(first)
    for version in range(1, 16):
        event = e.PaymentDeclined("pi_1", f"{version}" + "x" * 100_000)
        booking = evolve(booking, event, BEFORE)
        store.commit(bare(booking, version, BEFORE, (event,)))
    loaded = store.booking(A)
    assert loaded is not None
    assert loaded.version == 16
    assert loaded.state == booking
    assert [d.version for d in store.history(A)] == list(range(1, 17))


def test_a_call_and_a_caller_find_their_booking(store: Store) -> None:  # S1.5
    store.publish("olga", QUARTERS)
    first = hold(A)
    second = paid(first, BEFORE + timedelta(seconds=60))
    started = then(second, c.Tick(), NOON)
    for step in (first, second, started):
        store.commit(step)
    leg = held_by(started).live_session.legs[0]
    store.commit(then(started, c.NotePlaced(leg.leg_id, "CA1"), NOON + timedelta(seconds=1)))
    assert store.booking_of_call("CA1") == (A, leg.leg_id)
    for phone_id in ("cccc", "dddd"):
        assert store.bookings_on_line(phone_id, NOON) == [A]
        assert store.bookings_on_line(phone_id, NOON + timedelta(microseconds=1)) == []
    assert store.bookings_on_line("aaaa", NOON) == []


# --- what is on offer ---------------------------------------------------------------------------


def test_a_profile_is_replaced_as_a_whole(store: Store) -> None:
    store.put_operator(Operator("olga", "Olga", "standard", ("aaaa", "bbbb")))
    store.put_operator(Operator("olga", "Ольга", "premium", ("cccc",)))
    assert store.operator("olga") == Operator("olga", "Ольга", "premium", ("cccc",))


def test_operators_come_by_id_page_by_page(store: Store) -> None:
    for name in ("c", "a", "b"):
        store.put_operator(Operator(name, name.upper(), "standard", ()))
    first = store.operators(None, 2)
    assert [operator.operator_id for operator in first.items] == ["a", "b"]
    rest = store.operators(first.cursor, 2)
    assert [operator.operator_id for operator in rest.items] == ["c"]
    assert rest.cursor is None
    assert store.operators(None, 3).cursor is None


def test_the_price_of_a_tariff_never_changes(store: Store) -> None:  # S2.9
    assert store.put_tariff(TARIFF)
    assert store.put_tariff(TARIFF)
    assert not store.put_tariff(Tariff("standard", Money(6001, "rub")))
    assert not store.put_tariff(Tariff("standard", Money(6000, "eur")))
    assert store.put_tariff(Tariff("evening", Money(9, "eur")))
    assert store.tariff("standard") == TARIFF
    assert store.tariffs() == [Tariff("evening", Money(9, "eur")), TARIFF]


def test_publishing_again_leaves_a_claim_alone(store: Store) -> None:  # S1.2
    store.publish("olga", QUARTERS[:2])
    store.commit(hold(A))
    store.publish("olga", QUARTERS[:3])
    slots = store.slots("olga", NOON, NOON + 3 * QUARTER)
    assert [slot.booking_id for slot in slots] == [A, A, None]
    assert [slot.quarter for slot in slots] == list(QUARTERS[:3])
    assert {slot.operator_id for slot in slots} == {"olga"}


def test_claimed_time_cannot_be_withdrawn(store: Store) -> None:  # S1.2
    store.publish("olga", QUARTERS[:3])
    store.commit(hold(A))
    kept = store.withdraw("olga", (*QUARTERS[:3], NOON + timedelta(days=1)))
    assert list(kept) == list(QUARTERS[:2])
    slots = store.slots("olga", NOON, NOON + timedelta(days=2))
    assert [slot.quarter for slot in slots] == list(QUARTERS[:2])


# --- the inbox ----------------------------------------------------------------------------------


def test_an_external_message_is_received_once(store: Store) -> None:
    assert store.receive("stripe", "evt_1", "payment_intent.succeeded", "{}", NOON)
    assert not store.receive("stripe", "evt_1", "payment_intent.succeeded", "{}", NOON)
    assert store.receive("twilio", "evt_1", "status", "{}", NOON)


def test_a_cause_is_kept_word_for_word(store: Store) -> None:
    store.publish("olga", QUARTERS)
    evidence = {"payment_intent": "pi_1", "слово": "«да»"}
    store.commit(replace(hold(A), cause=replace(CAUSE, evidence=evidence)))
    assert store.history(A)[0].cause.evidence == evidence
