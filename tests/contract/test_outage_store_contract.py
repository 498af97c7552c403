"""What every store promises of outages: sessions by how they went, and how far a run is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.adapters.dynamodb.tables import shard_of
from shared.application.change import outage_change
from shared.application.outage_store import OutageStore, OutcomeRow, Progress
from shared.application.store import Cause, Change, KeyUsed, Loaded, Page, Replay, StaleRead
from shared.application.summaries import OutageSummary
from shared.application.timers import SHARDS as DUE_SHARDS
from shared.domain import events as e
from shared.domain.booking_number import with_check_digit
from shared.domain.effects import Effect, EffectKind
from shared.domain.mishap.outcome import Grade
from shared.domain.outage import commands as c
from shared.domain.outage.decide import decide
from shared.domain.outage.events import Extent
from shared.domain.outage.outage import Outage, Status
from shared.domain.outage.reach import SHARDS
from shared.domain.policy import CURRENT
from tests.contract.decisions import EVER, NOON
from tests.contract.sessions import Over

MINUTE, HOUR, SECOND = timedelta(minutes=1), timedelta(hours=1), timedelta(seconds=1)
EXTENT = Extent(NOON - HOUR, NOON - MINUTE, frozenset({"olga", "pavel"}))


def booking_number(n: int) -> str:
    return with_check_digit(f"1{n:010d}")


def outage_number(n: int) -> str:
    return with_check_digit(f"3{n:010d}")


def begun(command: c.Command, now: datetime = NOON, replay: Replay | None = None) -> Change:
    events, outage = decide(None, command, now, CURRENT)
    return outage_change(None, events, outage, now, Cause("Declare", "desk", {}), replay)


def declared(n: int, now: datetime = NOON, replay: Replay | None = None) -> Change:
    return begun(c.Declare(outage_number(n), EXTENT, "agent:max"), now, replay)


def then(before: Change, command: c.Command, now: datetime) -> Change:
    assert isinstance(before.state, Outage)
    loaded = Loaded(before.state, before.version + 1, before.due_at)
    events, after = decide(loaded.state, command, now, CURRENT)
    assert events, "nothing follows"
    return outage_change(loaded, events, after, now, Cause("Stop", "desk", {}))


def every(store: OutageStore, grade: Grade, hour: datetime) -> list[OutcomeRow]:
    rows = []
    for shard in range(SHARDS):
        page = store.outcomes(grade, hour, shard, None)
        assert page.cursor is None
        rows += page.items
    return rows


# --- how sessions went ----------------------------------------------------------------------------


def test_a_session_is_found_by_the_hour_of_its_first_symptom_once_it_is_over(
    store: OutageStore,
) -> None:  # S1.13
    dropped, back = NOON + 59 * MINUTE, NOON + 61 * MINUTE
    session = Over(booking_number(1), NOON + 40 * MINUTE, NOON + 80 * MINUTE, dropped, back)
    running, over = session.changes()
    store.commit(running)
    assert every(store, Grade.PROBLEM, NOON) == []
    store.commit(over)
    assert every(store, Grade.PROBLEM, NOON) == [OutcomeRow(booking_number(1), dropped, back)]
    for hour in (NOON - HOUR, NOON + HOUR):
        assert every(store, Grade.PROBLEM, hour) == []
    for grade in (Grade.CRITICAL, Grade.FINE):
        assert every(store, grade, NOON) == []


def test_every_grade_stands_by_itself(store: OutageStore) -> None:  # S1.16
    end, lost = NOON + 30 * MINUTE, e.EndReason.NOT_RESTORED
    Over(booking_number(1), NOON, end).commit(store)
    Over(booking_number(2), NOON, end, NOON + MINUTE, reason=lost).commit(store)
    assert every(store, Grade.FINE, NOON) == [OutcomeRow(booking_number(1), end, end)]
    assert every(store, Grade.CRITICAL, NOON) == [OutcomeRow(booking_number(2), NOON + MINUTE, end)]


@pytest.mark.parametrize(
    ("moment", "hour"),
    [
        (NOON, NOON),
        (NOON + HOUR - timedelta(microseconds=1), NOON),
        (NOON + HOUR, NOON + HOUR),
    ],
)
def test_an_hour_begins_with_its_first_moment(
    store: OutageStore, moment: datetime, hour: datetime
) -> None:  # S1.13
    Over(booking_number(1), NOON, NOON + 2 * HOUR, moment, moment + MINUTE).commit(store)
    assert [row.since for row in every(store, Grade.PROBLEM, hour)] == [moment]


def test_a_shard_of_an_hour_comes_page_by_page_each_session_once(store: OutageStore) -> None:
    # S1.13
    wanted = [n for n in range(4000) if shard_of(booking_number(n), SHARDS) == 3][:205]
    planted = {booking_number(n) for n in wanted}
    for place, n in enumerate(wanted):
        # Some at the very same moment: what tells them apart is their number.
        at = NOON + (place // 3) * SECOND
        Over(booking_number(n), NOON, NOON + HOUR, at, at + MINUTE).commit(store)
    found: list[str] = []
    cursor, pages = None, 0
    while True:
        page: Page[OutcomeRow] = store.outcomes(Grade.PROBLEM, NOON, 3, cursor)
        found += [row.booking_id for row in page.items]
        assert [row.since for row in page.items] == sorted(row.since for row in page.items)
        pages += 1
        cursor = page.cursor
        if cursor is None:
            break
    assert pages == 3
    assert len(found) == 205
    assert set(found) == planted


# --- outages --------------------------------------------------------------------------------------


def test_an_outage_is_the_fold_of_what_was_committed(store: OutageStore) -> None:  # Never 5
    first = declared(1)
    second = then(first, c.Stop("agent:max"), NOON + SECOND)
    for step in (first, second):
        store.commit(step)
    loaded = store.outage(outage_number(1))
    assert loaded is not None
    assert (loaded.state, loaded.version, loaded.due_at) == (second.state, 2, second.due_at)
    history = store.outage_history(outage_number(1))
    assert [d.events for d in history] == [first.events, second.events]
    assert store.outage(outage_number(2)) is None
    assert not store.outage_history(outage_number(2))
    assert store.case(outage_number(1)) is None


def test_an_outage_number_and_a_request_lead_to_one_outage(store: OutageStore) -> None:  # S1.15
    replay = Replay("max", "k", "f", outage_number(1))
    store.commit(declared(1, replay=replay))
    with pytest.raises(KeyUsed):
        store.commit(declared(1, NOON + SECOND))
    with pytest.raises(KeyUsed):
        store.commit(declared(2, replay=replay))
    assert store.outage(outage_number(2)) is None


def test_of_two_who_decide_on_one_version_one_counts(store: OutageStore) -> None:
    first = declared(1)
    store.commit(first)
    store.commit(then(first, c.Stop("agent:max"), NOON + SECOND))
    with pytest.raises(StaleRead):
        store.commit(then(first, c.FinishPass(1), NOON + SECOND))


def test_outages_come_the_last_opened_first_and_page_by_page(store: OutageStore) -> None:
    for n in (1, 3, 2):
        store.commit(declared(n, NOON + n * MINUTE))
    proposal = c.Propose(outage_number(4), "drops", NOON, None, {"rate": "0.3"})
    store.commit(begun(proposal, NOON + HOUR))
    first = store.outages(None, 3)
    assert [row.number for row in first.items] == [outage_number(n) for n in (4, 3, 2)]
    rest = store.outages(first.cursor, 3)
    assert ([row.number for row in rest.items], rest.cursor) == ([outage_number(1)], None)
    assert store.outages(None, 4).cursor is None
    assert first.items[0] == OutageSummary(
        outage_number(4), Status.PROPOSED, NOON + HOUR, NOON, None, frozenset()
    )
    store.commit(then(begun(proposal, NOON + HOUR), c.NoteEnd(NOON + MINUTE), NOON + HOUR))
    assert store.outages(None, 1).items[0].until == NOON + MINUTE
    assert first.items[1] == OutageSummary(
        outage_number(3),
        Status.RUNNING,
        NOON + 3 * MINUTE,
        EXTENT.since,
        EXTENT.until,
        EXTENT.operators,
    )


def test_an_outage_is_woken_as_what_it_is_and_rests_while_it_is_stopped(
    store: OutageStore,
) -> None:
    first = declared(1)
    store.commit(first)
    shard = shard_of(outage_number(1), DUE_SHARDS)
    woken = Effect(EffectKind.WAKE_OUTAGE, outage_number(1), at=first.due_at)
    assert list(store.due(shard, EVER, NOON + HOUR, None).items) == [woken]
    store.commit(then(first, c.Stop("agent:max"), NOON + SECOND))
    assert store.due(shard, EVER, NOON + timedelta(days=900), None).items == []


# --- progress -------------------------------------------------------------------------------------


def test_progress_is_kept_by_shard_and_pass(store: OutageStore) -> None:
    number = outage_number(1)
    assert list(store.progress(number, 1)) == []
    one = Progress(1, 3, turn=1, step=2, cursor="a#b", looked=5, found=4, compensated=3)
    two = Progress(1, 11, turn=1, step=8, put_aside=1)
    other = Progress(2, 3, turn=1)
    for progress in (two, one, other):
        assert store.note_progress(number, progress)
    assert list(store.progress(number, 1)) == [one, two]
    assert list(store.progress(number, 2)) == [other]
    assert list(store.progress(outage_number(2), 1)) == []


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda p: p, id="the same turn"),
        pytest.param(lambda p: replace(p, turn=p.turn - 1), id="one before"),
        pytest.param(lambda p: replace(p, turn=p.turn + 2), id="one too many"),
        pytest.param(lambda p: replace(p, turn=1), id="the first again"),
    ],
)
def test_of_two_workers_on_one_page_the_first_counts(
    store: OutageStore, changed: Callable[[Progress], Progress]
) -> None:  # S1.15
    number = outage_number(1)
    turns = [Progress(1, 0, turn=turn, step=turn, looked=turn) for turn in (1, 2, 3)]
    for progress in turns:
        assert store.note_progress(number, progress)
    assert not store.note_progress(number, changed(replace(turns[-1], looked=99)))
    assert list(store.progress(number, 1)) == [turns[-1]]


def test_progress_does_not_begin_in_the_middle(store: OutageStore) -> None:
    assert not store.note_progress(outage_number(1), Progress(1, 0, turn=2))
    assert list(store.progress(outage_number(1), 1)) == []
