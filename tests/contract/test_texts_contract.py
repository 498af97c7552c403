"""Sealed texts, claims and assigned payments, held against every store alike."""

from datetime import UTC, datetime, timedelta

from shared.application.change import case_change, payment_change
from shared.application.store import Cause, Loaded, Store
from shared.domain.booking_number import with_check_digit
from shared.domain.business_days import Calendar
from shared.domain.card import Card
from shared.domain.case import commands as cc
from shared.domain.case.decide import decide as decide_case
from shared.domain.case.events import About, CaseKind
from shared.domain.effects import EffectKind
from shared.domain.money import Money
from shared.domain.payment import commands as c
from shared.domain.payment import events as e
from shared.domain.payment.decide import decide
from shared.domain.payment.payment import evolve
from shared.domain.policy import CURRENT

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
A, B = with_check_digit("10000000001"), with_check_digit("10000000002")
CAUSE = Cause("Test", "test", {})
CALENDAR = Calendar("Europe/Moscow", lambda day: day.weekday() < 5)
PAID = Money(5000, "rub")


def open_case(store: Store, number: str, texts: dict[str, str]) -> None:
    opened = cc.OpenCase(number, CaseKind.REFUND_REQUEST, About(), NOON, 60, "en", {}, "request")
    events, case = decide_case(None, opened, NOON)
    change = case_change(None, events, case, NOON, CAUSE, None, texts)
    assert EffectKind.SEND_CASE_LETTER in [effect.kind for effect in change.effects]
    store.commit(change)


def test_texts_are_kept_with_their_decision_and_apart_from_others(store: Store) -> None:  # S2.4
    open_case(store, A, {"request": "sealed-a", "more": "sealed-b"})
    open_case(store, B, {})
    assert store.texts(A) == {"request": "sealed-a", "more": "sealed-b"}
    assert store.texts(B) == {}
    assert len(store.case_history(A)) == 1


def test_what_is_claimed_is_another_s_only_after_its_time(store: Store) -> None:  # S3.2
    until = NOON + timedelta(days=1)
    assert store.claim("letter:x", "first", NOON, until)
    assert store.claim("letter:x", "first", NOON, until)
    assert not store.claim("letter:x", "second", NOON, until)
    assert not store.claim("letter:x", "second", until - timedelta(microseconds=1), until)
    assert store.claim("letter:y", "second", NOON, until)
    assert store.claim("letter:x", "second", until, until + timedelta(days=1))
    assert not store.claim("letter:x", "first", until, until)


def test_a_payment_is_found_by_the_customer_it_was_assigned_to(store: Store) -> None:  # S2.5
    opened = e.PaymentOpened("pi_1", e.Purpose.UNKNOWN, None, None, PAID, None, "en", 1)
    first = evolve(None, opened, NOON)
    capture = c.Capture(PAID, "ch_1", Card("visa", "4242", "fp"), NOON)
    events, payment = decide(first, capture, NOON, CURRENT, CALENDAR)
    store.commit(payment_change(None, (opened, *events), payment, NOON, CAUSE))
    assert list(store.payments_of("anna", None, 10).items) == []
    later = NOON + timedelta(hours=1)
    assign = c.AssignCustomer("anna", "agent:ann")
    loaded = store.payment("pi_1")
    assert loaded is not None
    events, after = decide(loaded.state, assign, later, CURRENT, CALENDAR)
    again = Loaded(loaded.state, loaded.version, loaded.due_at)
    store.commit(payment_change(again, events, after, later, CAUSE, None, {"note": "sealed"}))
    assert list(store.payments_of("anna", None, 10).items) == ["pi_1"]
    assert store.payment_summaries(["pi_1"])["pi_1"].customer_id == "anna"
    assert store.texts("pi_1") == {"note": "sealed"}
    assert [len(decision.postings) for decision in store.payment_history("pi_1")] == [2, 2]
    assert [lot.lot_id for lot in store.lots("anna")] == ["pi_1-credit"]
    assert store.payments_by_card("fp", NOON) == ["pi_1"]
