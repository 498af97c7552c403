"""What `make policy-history` reads of a table is what was decided, of judged bookings alone."""

from pathlib import Path

import pytest

from infra.policy_replay.history import History, read
from infra.policy_replay.played import play
from infra.policy_replay.record import judged, main
from infra.policy_replay.replay import recorded
from shared.adapters.dynamodb.items import commit_item, head_item
from shared.adapters.dynamodb.store import DynamoStore
from shared.adapters.dynamodb.tables import Tables, connect
from shared.application.change import booking_change
from shared.application.store import Cause, Loaded
from shared.domain.booking import Booking, fold
from tests.contract.decisions import hold
from tests.contract.store_subjects import make_table


def keep(tables: Tables, history: History) -> None:
    """Put a history into the table, item by item as the store writes it."""
    loaded: Loaded[Booking] | None = None
    events = []
    for one in history.decisions:
        events += [(one.at, event) for event in one.events]
        after = fold(events)
        assert after is not None
        cause = Cause("Tick", "system", {})
        change = booking_change(loaded, one.events, after, one.at, cause, None)
        commit_item(tables, change).save()
        head_item(tables, change).save()
        loaded = Loaded(after, one.version, None)


def test_what_is_recorded_is_what_was_decided(
    moto_store: DynamoStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # P: history is judged by what was promised
    table = make_table()
    tables = connect(table)
    histories = list(play(seed=5, bookings=4))
    for history in histories:
        keep(tables, history)
    happy = hold("000000009999")
    commit_item(tables, happy).save()
    head_item(tables, happy).save()
    wanted = {h.booking_id: h for h in histories if recorded(h) is not None}
    assert {found.booking_id: found for found in judged(table)} == wanted
    monkeypatch.setenv("REDIAL_TABLE", table)
    assert main(["--to", str(tmp_path / "history.jsonl")]) == 0
    with (tmp_path / "history.jsonl").open() as file:
        assert {found.booking_id: found for found in read(file)} == wanted
