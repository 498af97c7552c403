"""Sweeping the provider's feed and lists: what is asked for, what is kept, and what is not lost."""

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, islice

import pytest

from functions.sweeps.payments import perform
from infra.bench.account import Account, Ours, Provider
from infra.bench.reconciliation import DIFFER
from shared.application.ports import (
    ProviderCharge,
    ProviderDispute,
    ProviderEvent,
    ProviderRefund,
)
from shared.application.reconciliation import Reconciliation, Swept
from shared.domain.errors import Unavailable
from shared.domain.policy import CURRENT
from tests.fakes.memory_store import MemoryStore

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
FEED = "stripe_events"
REACH = timedelta(seconds=CURRENT.reconcile_reach)
OVERLAP = timedelta(seconds=CURRENT.reconcile_overlap)


class Feed:
    """A provider whose only lists are events, and charges that fail where that is asked for.

    Args:
        events: in the order they were created.

    Attributes:
        asked: the windows of the feed that were asked for.
        fail_after: events that are shown before the feed fails.
    """

    def __init__(self, *events: ProviderEvent) -> None:
        self.listed = list(events)
        self.asked: list[tuple[datetime, datetime]] = []
        self.fail_after: int | None = None
        self.charges_fail = False

    def events(
        self, since: datetime, until: datetime, kinds: Sequence[str]
    ) -> Iterator[ProviderEvent]:
        self.asked.append((since, until))
        found = [each for each in reversed(self.listed) if since <= each.created <= until]
        yield from islice(found, self.fail_after)
        if self.fail_after is not None and len(found) > self.fail_after:
            raise Unavailable("rate_limited", "Slow down.")

    def charges_created(self, since: datetime, until: datetime) -> Iterator[ProviderCharge]:
        if self.charges_fail:
            raise Unavailable("provider_failed", "Nobody answers.")
        return iter(())

    def refunds_created(self, since: datetime, until: datetime) -> Iterator[ProviderRefund]:
        return iter(())

    def disputes_created(self, since: datetime, until: datetime) -> Iterator[ProviderDispute]:
        return iter(())


class At:
    """A clock that stands."""

    def __init__(self, now: datetime = NOW) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment


def events(number: int, last: datetime = NOW, pace: timedelta = SECOND) -> list[ProviderEvent]:
    first = last - (number - 1) * pace
    return [
        ProviderEvent(f"evt_{n}", "payment_intent.succeeded", f"pi_{n}", first + n * pace)
        for n in range(number)
    ]


def room(store: MemoryStore, feed: Feed, clock: At | None = None) -> Reconciliation:
    return Reconciliation(store, clock or At(), feed)  # type: ignore[arg-type]


def always() -> bool:
    return True


def pages(number: int) -> Callable[[], bool]:
    """Time for so many pages."""
    left = count(number, -1)
    return lambda: next(left) > 0


def on_the_feed(store: MemoryStore, feed: Feed, go_on: Callable[[], bool] = always) -> Swept:
    """One sweep that is about the feed alone: the lists have just been read."""
    for age in {*CURRENT.reconcile_charges_at, *CURRENT.reconcile_claims_at}:
        for what in ("charges", "refunds", "disputes"):
            store.note_swept(f"stripe_{what}_{age}", NOW - timedelta(seconds=age))
    (swept,) = room(store, feed).sweep(go_on).values()
    return swept


# --- the feed -------------------------------------------------------------------------------------


def test_what_no_webhook_brought_is_kept_as_a_webhook_keeps_it_and_marked() -> None:
    # S2.5; S4.1: or webhooks gone silent would not be missed
    store, feed = MemoryStore(), Feed(*events(3))
    store.receive("stripe", "evt_1", "payment_intent.succeeded", "by webhook", NOW)
    swept = on_the_feed(store, feed)
    assert (swept.seen, swept.new) == (3, 2)
    assert [m.body for m in store.inbox] == [
        "by webhook",
        '{"type": "payment_intent.succeeded", "object": "pi_2", "event": "evt_2", "swept": true}',
        '{"type": "payment_intent.succeeded", "object": "pi_0", "event": "evt_0", "swept": true}',
    ]


def test_the_first_sweep_looks_back_as_far_as_the_feed_is_kept() -> None:
    # docs.stripe.com/api/events: thirty days
    store, feed = MemoryStore(), Feed()
    on_the_feed(store, feed)
    assert feed.asked[0][0] == NOW - REACH
    assert feed.asked[-1][1] == NOW
    assert [since for since, _ in feed.asked[1:]] == [until for _, until in feed.asked[:-1]]


def test_a_sweep_begins_a_little_before_its_watermark() -> None:
    store, feed = MemoryStore(), Feed()
    store.note_swept(FEED, NOW - MINUTE)
    on_the_feed(store, feed)
    assert feed.asked == [(NOW - MINUTE - OVERLAP, NOW)]
    assert store.swept_until(FEED) == NOW


def test_a_watermark_older_than_the_feed_asks_for_nothing_that_is_gone() -> None:
    store, feed = MemoryStore(), Feed()
    store.note_swept(FEED, NOW - 90 * DAY)
    on_the_feed(store, feed)
    assert feed.asked[0][0] == NOW - REACH


def test_a_quiet_month_takes_few_requests() -> None:
    assert on_the_feed(MemoryStore(), Feed()).requests <= 13


def test_the_watermark_moves_only_when_all_pages_of_its_slice_are_stored() -> None:
    store, feed = MemoryStore(), Feed(*events(250))
    before = NOW - 4 * MINUTE
    store.note_swept(FEED, before)
    feed.fail_after = 150
    swept = on_the_feed(store, feed)
    assert isinstance(swept.failure, Unavailable)
    assert store.swept_until(FEED) == before
    assert len(store.inbox) == 100
    feed.fail_after = None
    assert on_the_feed(store, feed).new == 150
    assert store.swept_until(FEED) == NOW


def test_a_backlog_is_worked_off_slice_by_slice_however_little_time_there_is() -> None:
    store, feed = MemoryStore(), Feed(*events(3000, pace=MINUTE))
    runs = 0
    while store.swept_until(FEED) != NOW:
        swept = on_the_feed(store, feed, pages(8))
        assert swept.requests <= 8
        runs += 1
        assert runs < 40, "no run may begin again from the start"
    assert len({m.message_id for m in store.inbox}) == len(store.inbox) == 3000


def test_two_sweeps_at_once_store_every_event_once() -> None:
    # Never 1
    store, feed = MemoryStore(), Feed(*events(450))
    store.note_swept(FEED, NOW - 5 * MINUTE)
    other = room(store, feed)
    asked = count()

    def meanwhile() -> bool:
        if next(asked) == 2:
            other.sweep(always)
        return True

    assert on_the_feed(store, feed, meanwhile).failure is None
    assert len({m.message_id for m in store.inbox}) == len(store.inbox) == 450


# --- the lists ------------------------------------------------------------------------------------


def test_a_list_that_fails_keeps_neither_the_feed_nor_the_other_lists() -> None:
    store, feed = MemoryStore(), Feed(*events(3))
    feed.charges_fail = True
    swept = room(store, feed).sweep(always)
    failed = {net for net, brought in swept.items() if brought.failure is not None}
    assert failed == {f"stripe_charges_{age}" for age in CURRENT.reconcile_charges_at}
    assert all(swept[net].behind == REACH.total_seconds() for net in failed)
    assert all(brought.behind == 0 for net, brought in swept.items() if net not in failed)
    assert swept[FEED].new == 3


def test_lists_are_read_every_five_minutes_and_the_feed_every_time() -> None:
    clock = At()
    reconciliation = room(MemoryStore(), Feed(), clock)
    assert len(reconciliation.sweep(always)) == 11
    read = []
    for _ in range(10):
        clock.moment += MINUTE
        read.append(len(reconciliation.sweep(always)))
    assert read == [1, 1, 1, 1, 11] * 2


def test_what_is_furthest_behind_is_swept_first() -> None:
    store, feed = MemoryStore(), Feed()
    store.note_swept(FEED, NOW - MINUTE)
    assert list(room(store, feed).sweep(always))[-1] == FEED
    store = MemoryStore()
    clock = At()
    room(store, feed, clock).sweep(always)
    store.note_swept(FEED, NOW - DAY)
    clock.moment += 5 * MINUTE
    assert next(iter(room(store, feed, clock).sweep(always))) == FEED


@pytest.mark.parametrize("differ", [1, 7, 40])
def test_every_payment_that_differs_is_found_and_no_other(differ: int) -> None:
    # S2.5: missed payments, refunds by hand, failed refunds and disputes, by turns
    account = Account(1000, differ, NOW - 2 * DAY, NOW - 5 * MINUTE)
    ours = Ours(account)
    Reconciliation(ours, At(), Provider(account)).sweep(always)  # type: ignore[arg-type]
    assert ours.found == {n for n in range(1000) if account.kind(n).name.startswith("MISSED")}


@pytest.mark.parametrize("span", [30 * DAY, 4 * MINUTE], ids=["a month", "one slice of time"])
def test_memory_does_not_grow_with_the_number_of_payments(span: timedelta) -> None:
    few, many = peak(2_000, span), peak(20_000, span)
    assert many < 2 * few, (few, many)


def peak(payments: int, span: timedelta) -> int:
    """Bytes in memory at most while so many payments are swept."""
    account = Account(payments, DIFFER, NOW - 3 * MINUTE - span, NOW - 3 * MINUTE)
    ours = Ours(account)
    tracemalloc.start()
    try:
        Reconciliation(ours, At(), Provider(account)).sweep(always)  # type: ignore[arg-type]
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        assert len(ours.found) == DIFFER


# --- the function ---------------------------------------------------------------------------------


def test_the_function_says_what_each_net_brought_and_fails_where_one_was_not_read() -> None:
    # S4.1: its errors are what an alarm hears
    store, feed = MemoryStore(), Feed(*events(3))
    store.note_swept(FEED, NOW - MINUTE)
    told = perform(room(store, feed), always)
    assert told[FEED] == {"seen": 3, "new": 3, "requests": 1, "behind": 0}
    feed.charges_fail = True
    with pytest.raises(RuntimeError, match="stripe_charges_120"):
        perform(room(MemoryStore(), feed), always)
