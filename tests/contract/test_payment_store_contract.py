"""What every store promises of payments: kept whole, decided on together with bookings, found."""

from datetime import datetime, timedelta

import pytest

from shared.adapters.dynamodb.tables import shard_of
from shared.application.change import payment_change
from shared.application.store import (
    Cause,
    Change,
    FundsSpent,
    KeyUsed,
    Page,
    Replay,
    SlotTaken,
    StaleRead,
    Store,
    summary_of,
)
from shared.application.timers import SHARDS
from shared.domain import commands as bc
from shared.domain.card import Card
from shared.domain.effects import Effect, EffectKind
from shared.domain.ledger import trial_balance
from shared.domain.lots import Lot
from shared.domain.money import Money
from shared.domain.payment import commands as c
from shared.domain.payment.events import (
    Event,
    PaymentDeclined,
    PaymentOpened,
    RefundReason,
    Taken,
)
from shared.domain.payment.payment import Status, fold
from shared.domain.slots import QUARTER
from tests.account_totals import account_totals
from tests.contract.decisions import (
    CARD,
    EVER,
    NOON,
    PRICE,
    and_then,
    cancelled,
    captured,
    held_by,
    hold,
    opened,
    paid_by,
    paid_by_card,
    rubles,
    then,
)

A, B = "000000000017", "000000000024"
BEFORE = NOON - timedelta(days=1)
SECOND = timedelta(seconds=1)
QUARTERS = tuple(NOON + n * QUARTER for n in range(8))


_REASON = RefundReason.CHANGE_OF_MIND


def _taken(lot: Lot, minor: int = 100) -> Taken:
    return Taken(lot, minor)


def _declined(start: PaymentOpened) -> Change:
    events: tuple[Event, ...] = (start, PaymentDeclined("insufficient_funds"))
    state = fold((BEFORE, event) for event in events)
    assert state is not None
    return payment_change(None, events, state, BEFORE, Cause("Decline", "provider", {}))


def _dispute(lost: bool | None) -> c.NoteDispute:
    return c.NoteDispute("dp_1", PRICE, False, "fraudulent", lost, (), ())


# --- kept whole -----------------------------------------------------------------------------------


def test_a_payment_is_the_fold_of_what_was_committed(store: Store) -> None:  # Never 5
    first = captured(opened(), BEFORE)
    second = and_then(first, c.NoteShown(), BEFORE + timedelta(microseconds=7))
    store.commit(first)
    store.commit(second)
    loaded = store.payment("pi_1")
    assert loaded is not None
    assert (loaded.state, loaded.version) == (second.state, 2)
    assert loaded.due_at == second.due_at
    history = store.payment_history("pi_1")
    assert [d.events for d in history] == [first.events, second.events]
    assert [(d.version, d.at, d.cause) for d in history] == [
        (1, first.at, first.cause),
        (2, second.at, second.cause),
    ]


def test_a_payment_is_not_a_booking_of_the_same_number(store: Store) -> None:
    store.publish("olga", QUARTERS)
    store.commit(hold(A))
    assert store.payment("pi_1") is None
    assert not store.payment_history("pi_1")
    assert store.payment_summaries(["pi_1"]) == {}
    assert store.case("500000000000") is None


def test_a_top_up_stands_on_the_balance_with_all_its_facts(store: Store) -> None:  # S2.9
    start = captured(opened(), BEFORE)
    store.commit(start)
    assert store.lots("anna") == list(start.consequences.new_lots)
    (lot,) = store.lots("anna")
    assert (lot.payment_id, lot.paid_at, lot.our_fault) == ("pi_1", BEFORE, False)
    nobodys = captured(opened("pi_2", customer_id=None), BEFORE)
    store.commit(nobodys)
    given = and_then(nobodys, c.AssignCustomer("boris", "agent:ann"), BEFORE + SECOND)
    store.commit(given)
    assert [(lot.lot_id, lot.our_fault) for lot in store.lots("boris")] == [("pi_2-credit", True)]


def test_a_payment_is_recorded_once(store: Store) -> None:  # Never 1
    store.commit(captured(opened(), BEFORE))
    with pytest.raises(KeyUsed):
        store.commit(captured(opened(customer_id="boris"), BEFORE + SECOND))
    assert rubles(store) == PRICE.minor
    assert store.lots("boris") == []


def test_a_decision_on_an_old_version_of_a_payment_is_refused(store: Store) -> None:
    first = captured(opened(), BEFORE)
    store.commit(first)
    store.commit(and_then(first, c.NoteShown(), BEFORE + SECOND))
    with pytest.raises(StaleRead):
        store.commit(and_then(first, c.NoteCardSaved(), BEFORE + 2 * SECOND))


def test_a_refund_request_is_used_up_by_its_key(store: Store) -> None:
    first = captured(opened(), BEFORE)
    store.commit(first)
    replay = Replay("anna", "k", "f", "r1")
    (lot,) = store.lots("anna")
    request = c.RequestRefund("r1", Money(100, "rub"), _REASON, "customer", taken=(_taken(lot),))
    store.commit(and_then(first, request, BEFORE + SECOND, replay))
    assert store.replay("anna", "k") == replay
    assert rubles(store) == PRICE.minor - 100


def test_a_lot_that_was_spent_meanwhile_goes_back_to_no_card(store: Store) -> None:  # Never 1
    first = captured(opened(), BEFORE)
    store.commit(first)
    (lot,) = store.lots("anna")
    request = c.RequestRefund("r1", Money(100, "rub"), _REASON, "customer", taken=(_taken(lot),))
    late = and_then(first, request, BEFORE + SECOND)
    store.publish("olga", QUARTERS)
    store.commit(hold(A, lots=store.lots("anna")))
    with pytest.raises(FundsSpent):
        store.commit(late)
    loaded = store.payment("pi_1")
    assert loaded is not None
    assert loaded.state.refunds == ()


# --- together with a booking ----------------------------------------------------------------------


def test_a_booking_and_its_payment_are_decided_on_together(store: Store) -> None:  # Never 1
    store.publish("olga", QUARTERS)
    first = hold(A)
    store.commit(first)
    booking, payment = paid_by_card(first, BEFORE + SECOND)
    store.commit(booking, payment)
    back, refund = cancelled(booking, payment, BEFORE + 2 * SECOND)
    store.commit(back, refund)
    loaded, known = store.booking(A), store.payment("pi_1")
    assert loaded is not None and known is not None
    assert (loaded.state, loaded.version) == (back.state, 3)
    assert (known.state, known.version) == (refund.state, 2)
    entries = list(store.entries(BEFORE))
    assert not any(trial_balance(entries).values())
    assert account_totals(entries) == {
        ("provider", "rub"): PRICE.minor,
        (f"refund:{A}-refund-1", "rub"): -PRICE.minor,
    }
    assert store.open_operators(NOON) == ["olga"]


def test_where_the_payment_is_known_nothing_is_written_of_the_booking(store: Store) -> None:
    store.publish("olga", QUARTERS)
    first = hold(A)
    store.commit(first)
    store.commit(captured(opened(customer_id="boris"), BEFORE))
    with pytest.raises(KeyUsed):
        store.commit(*paid_by_card(first, BEFORE + SECOND))
    assert len(store.history(A)) == 1
    assert len(store.payment_history("pi_1")) == 1


def test_where_the_payment_is_stale_nothing_is_written_of_the_booking(store: Store) -> None:
    store.publish("olga", QUARTERS)
    first = hold(A)
    store.commit(first)
    booking, payment = paid_by_card(first, BEFORE + SECOND)
    store.commit(booking, payment)
    late = cancelled(booking, payment, BEFORE + 3 * SECOND)
    store.commit(and_then(payment, c.NoteShown(), BEFORE + 2 * SECOND))
    with pytest.raises(StaleRead):
        store.commit(*late)
    assert len(store.history(A)) == 2
    assert store.open_operators(NOON) == []
    assert {effect.kind for effect in late[1].effects} >= {EffectKind.REFUND}
    assert store.lots("anna") == []


def test_where_the_slot_is_gone_nothing_is_written_of_the_payment(store: Store) -> None:  # S2.10
    store.publish("olga", QUARTERS)
    first = hold(A)
    store.commit(first)
    released = then(first, bc.Tick(), first.at + timedelta(minutes=15))
    store.commit(released)
    store.commit(hold(B, customer_id="boris"))
    late = paid_by_card(released, first.at + timedelta(minutes=16), reinstate=True)
    assert held_by(late[0]).status.value == "scheduled"
    with pytest.raises(SlotTaken):
        store.commit(*late)
    assert store.payment("pi_1") is None
    assert store.payments_of("anna", None, 9).items == []


def test_of_several_reasons_a_known_payment_is_told_before_a_taken_slot(store: Store) -> None:
    # Somebody else captured it first: the next look finds it done (S2.10).
    store.publish("olga", QUARTERS)
    first = hold(A)
    store.commit(first)
    released = then(first, bc.Tick(), first.at + timedelta(minutes=15))
    store.commit(released)
    store.commit(hold(B, customer_id="boris"))
    store.commit(captured(opened(), BEFORE))
    with pytest.raises(KeyUsed):
        store.commit(*paid_by_card(released, first.at + timedelta(minutes=16), reinstate=True))


def test_the_same_two_decisions_again_succeed_and_write_nothing_more(store: Store) -> None:
    store.publish("olga", QUARTERS)
    first = hold(A)
    store.commit(first)
    pair = paid_by_card(first, BEFORE + SECOND)
    back = cancelled(*pair, BEFORE + 2 * SECOND)
    store.commit(*pair)
    store.commit(*pair)
    store.commit(*back)
    for repeated in (pair, back):  # also where others have built upon it
        store.commit(*repeated)
    assert len(store.history(A)) == 3
    assert len(store.payment_history("pi_1")) == 2
    assert len(list(store.entries(BEFORE))) == 4


# --- finding payments -----------------------------------------------------------------------------


def test_a_customers_payments_come_latest_first_and_page_by_page(store: Store) -> None:  # S2.5
    times = {"pi_b": 0, "pi_a": 1, "pi_e": 2, "pi_c": 2, "pi_d": 5}
    for payment_id, seconds in times.items():
        store.commit(captured(opened(payment_id), BEFORE + seconds * SECOND))
    store.commit(captured(opened("pi_x", customer_id="boris"), BEFORE))
    first = store.payments_of("anna", None, 2)
    assert first.items == ["pi_d", "pi_e"]
    second = store.payments_of("anna", first.cursor, 2)
    assert second.items == ["pi_c", "pi_a"]
    rest = store.payments_of("anna", second.cursor, 2)
    assert (rest.items, rest.cursor) == (["pi_b"], None)
    assert store.payments_of("anna", None, 5) == Page(
        ["pi_d", "pi_e", "pi_c", "pi_a", "pi_b"], None
    )
    assert store.payments_since("anna", BEFORE + SECOND) == ["pi_a", "pi_c", "pi_e", "pi_d"]


def test_a_payment_that_was_not_captured_is_in_no_list(store: Store) -> None:
    declined = _declined(opened())
    store.commit(declined)
    assert store.payments_of("anna", None, 9).items == []
    assert store.payments_on(BEFORE, PRICE, None).items == []
    summary = store.payment_summaries(["pi_1"])["pi_1"]
    assert (summary.status, summary.captured_at) == (Status.OPEN, None)


def test_a_card_finds_what_was_paid_with_it_lately_whoever_paid(store: Store) -> None:  # S2.1
    store.commit(captured(opened("pi_1"), BEFORE))
    store.commit(captured(opened("pi_2", customer_id="boris"), BEFORE + SECOND))
    store.commit(captured(opened("pi_3"), BEFORE, card=Card("visa", "1111", "fp_2")))
    store.commit(captured(opened("pi_4"), BEFORE, card=None))
    assert store.payments_by_card(CARD.fingerprint, BEFORE) == ["pi_1", "pi_2"]
    assert store.payments_by_card(CARD.fingerprint, BEFORE + SECOND) == ["pi_2"]
    assert store.payments_by_card("fp_9", BEFORE) == []


def test_money_of_nobody_is_its_finders_once_he_is_known(store: Store) -> None:  # S2.5
    nobodys = captured(opened(customer_id=None), BEFORE)
    store.commit(nobodys)
    assert store.payments_by_card(CARD.fingerprint, BEFORE) == ["pi_1"]
    assert store.payments_of("anna", None, 9).items == []
    store.commit(and_then(nobodys, c.AssignCustomer("anna", "agent:ann"), BEFORE + SECOND))
    assert store.payments_of("anna", None, 9).items == ["pi_1"]
    assert store.payment_summaries(["pi_1"])["pi_1"].customer_id == "anna"


def test_a_day_and_an_amount_find_a_payment_and_never_a_namesake(store: Store) -> None:  # S2.5
    midnight = datetime.fromisoformat("2026-11-20T00:00:00Z")
    for payment_id, amount, at in (
        ("pi_1", PRICE, midnight),
        ("pi_2", PRICE, midnight + timedelta(days=1) - SECOND),
        ("pi_3", PRICE, midnight + timedelta(days=1)),
        ("pi_4", Money(PRICE.minor, "eur"), midnight),
        ("pi_5", Money(PRICE.minor * 10, "rub"), midnight),
        ("pi_6", Money(PRICE.minor + 1, "rub"), midnight),
    ):
        store.commit(captured(opened(payment_id, amount=amount), at))
    assert store.payments_on(midnight, PRICE, None) == Page(["pi_1", "pi_2"], None)
    assert store.payments_on(midnight + timedelta(hours=9), PRICE, None).items == ["pi_1", "pi_2"]


def test_very_many_payments_of_one_amount_come_page_by_page(store: Store) -> None:  # S2.5
    expected = []
    for n in range(105):
        payment_id = f"pi_{n:03}"
        store.commit(captured(opened(payment_id), BEFORE + (n // 3) * SECOND))
        expected.append(payment_id)
    first = store.payments_on(BEFORE, PRICE, None)
    assert first.items == expected[:100]
    rest = store.payments_on(BEFORE, PRICE, first.cursor)
    assert (rest.items, rest.cursor) == (expected[100:], None)


def test_summaries_are_what_the_payments_are_and_leave_out_what_is_not_there(
    store: Store,
) -> None:
    first = captured(opened(), BEFORE)
    store.commit(first)
    (lot,) = store.lots("anna")
    amount = Money(100, "rub")
    request = c.RequestRefund("r1", amount, _REASON, "customer", taken=(_taken(lot),))
    asked = and_then(first, request, BEFORE + SECOND)
    settled = and_then(asked, c.NoteRefund("r1", "re_1", settled=True), BEFORE + 2 * SECOND)
    disputed = and_then(settled, _dispute(None), BEFORE + 3 * SECOND)
    over = and_then(disputed, _dispute(False), BEFORE + 4 * SECOND)
    for step, change in enumerate((asked, settled, disputed, over)):
        store.commit(change)
        found = store.payment_summaries(["pi_1", "pi_9"])
        assert found == {"pi_1": summary_of(paid_by(change))}, step
    last = found["pi_1"]
    assert (last.refunded, last.provider_refunds) == (100, frozenset({"re_1"}))
    assert (last.open_disputes, last.closed_disputes) == (
        frozenset(),
        frozenset({"dp_1"}),
    )


# --- waking, journal, inbox -----------------------------------------------------------------------


def test_a_payment_is_due_from_its_moment_until_its_end(store: Store) -> None:
    first = captured(opened(), BEFORE, c.NoteCardSaved())
    assert first.due_at is not None
    store.commit(first)
    shard = shard_of("pi_1", SHARDS)
    assert store.due(shard, EVER, first.due_at - SECOND, None).items == []
    woken = Effect(EffectKind.WAKE_PAYMENT, "pi_1", at=first.due_at)
    assert list(store.due(shard, EVER, first.due_at, None).items) == [woken]
    (letter,) = paid_by(first).pending
    sent = and_then(first, c.NoteLetterSent(letter), BEFORE + SECOND)
    assert sent.due_at is None
    store.commit(sent)
    assert store.due(shard, EVER, NOON + timedelta(days=900), None).items == []


def test_the_journal_is_read_entry_by_entry(store: Store) -> None:
    for n in range(5):
        store.commit(captured(opened(f"pi_{n}"), BEFORE))
    entries = store.entries(BEFORE)
    first = next(entries)
    assert first.owner_id.startswith("pi_")
    assert len({first.entry_id, *(entry.entry_id for entry in entries)}) == 5
    assert next(entries, None) is None


def test_a_history_shows_what_each_decision_posted(store: Store) -> None:  # Never 1
    first = captured(opened(), BEFORE)
    second = and_then(first, c.NoteShown(), BEFORE + SECOND)
    store.commit(first)
    store.commit(second)
    history = store.payment_history("pi_1")
    assert [d.postings for d in history] == [first.consequences.postings, ()]


def test_messages_that_were_stored_are_known(store: Store) -> None:  # S2.1
    for message_id in ("evt_1", "evt_2#x"):
        store.receive("stripe", message_id, "charge.refunded", "{}", NOON)
    asked = ["evt_1", "evt_2#x", "evt_3"]
    assert store.known("stripe", asked) == {"evt_1", "evt_2#x"}
    assert store.known("twilio", asked) == frozenset()
    assert store.known("stripe", []) == frozenset()
    many = [f"evt_{n}" for n in range(100)]
    assert store.known("stripe", many) == {"evt_1"}
