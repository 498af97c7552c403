"""A decision that changes nothing is kept all the same: late choices are noted so (S1.14)."""

from datetime import timedelta

import pytest

from shared.application.change import payment_change
from shared.application.store import Cause, Change, KeyUsed, Replay, StaleRead, Store
from tests.contract.decisions import NOON, captured, opened, paid_by

_LATER = NOON + timedelta(minutes=1)


def _cause(choice: str) -> Cause:
    return Cause("Choose", "customer", {"choice": choice})


def _noted(store: Store, before: Change, choice: str, replay: Replay | None) -> Change:
    payment = paid_by(before)
    loaded = store.payment(payment.payment_id)
    assert loaded is not None
    return payment_change(loaded, (), loaded.state, _LATER, _cause(choice), replay)


def _key(choice: str) -> Replay:
    return Replay("late-choice", "pi_1", choice, "")


def test_a_decision_without_events_stands_in_the_history_alone(store: Store) -> None:
    before = captured(opened("pi_1"), NOON)
    store.commit(before)
    note = _noted(store, before, "balance", _key("balance"))
    store.commit(note)
    store.commit(note)  # the answer to the first was lost
    loaded = store.payment("pi_1")
    assert loaded is not None
    assert (loaded.state, loaded.version) == (paid_by(before), 2)
    last = store.payment_history("pi_1")[-1]
    assert (last.cause, last.events, last.at) == (_cause("balance"), (), _LATER)
    assert store.replay("late-choice", "pi_1") == _key("balance")


def test_of_two_notes_one_is_kept(store: Store) -> None:
    before = captured(opened("pi_1"), NOON)
    store.commit(before)
    first = _noted(store, before, "balance", _key("balance"))
    stale = _noted(store, before, "slot", None)
    store.commit(first)
    with pytest.raises(StaleRead):
        store.commit(stale)
    with pytest.raises(KeyUsed):
        store.commit(_noted(store, before, "slot", _key("slot")))
