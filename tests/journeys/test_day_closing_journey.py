"""Each day is closed once; what is wrong becomes a case; a crash in between does no harm."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from shared.application.account_sums import PARTS, part_of
from shared.application.books import days_of
from shared.application.day_closing import UNITS, Closed, DayClosing
from shared.application.provider_books import ProviderBooks
from shared.application.store import Cause
from shared.domain import ledger
from shared.domain.case import commands as c
from shared.domain.case.events import CaseKind, Level, Outcome
from shared.domain.ledger import JournalEntry, StoredEntry, move
from tests.fakes.memory_store import MemoryStore
from tests.journeys.bookkeeping import accounts_of
from tests.journeys.money_world import DAY, HALF_HOUR, HOUR, MoneyWorld
from tests.journeys.world import MORNING

CAUSE = Cause("Test", "test", {})


def closing(world: MoneyWorld) -> DayClosing:
    books = ProviderBooks(world.store, world.provider, world.driver)
    return DayClosing(world.store, books, world.case_records, world.driver)


def close(world: MoneyWorld, units: tuple[str, ...] = UNITS) -> list[Closed]:
    return closing(world).run(units, lambda: True)


def stored(store: MemoryStore) -> dict[tuple[str, str], int]:
    return {
        (each.account, each.unit): each.amount
        for part in range(PARTS)
        for each in store.closings(part)
        if each.amount
    }


def folded(world: MoneyWorld, last: datetime) -> dict[tuple[str, str], int]:
    """What accounts of customers, bookings and payments hold at the end of a day."""
    accounts = accounts_of(world.store, MORNING, last)
    ours = {"provider", "revenue", "goodwill", "losses", "fees"}
    return {
        (account, unit): amount
        for (account, unit), amount in accounts.items()
        if account not in ours
        and account not in (ledger.MINUTES_SOLD, ledger.MINUTES_USED, ledger.MINUTES_CONVERTED)
    }


def busy_days(world: MoneyWorld) -> None:
    """Two days of bookings, refunds and a dispute, and one of nothing."""
    world.booked_by_card()
    payment_id = world.top_up(HALF_HOUR)
    world.days(1)
    world.provider.open_dispute(payment_id)
    world.refund(world.top_up(HALF_HOUR, customer_id="bella"), "half", amount=HALF_HOUR)
    world.settle()
    world.days(2)


def test_a_day_is_closed_once_and_the_next_begins_with_it() -> None:
    # Never 1: what is stored is what folding all entries from the first on would give
    world = MoneyWorld()
    world.booked_by_card()
    payment_id = world.top_up(HALF_HOUR)
    assert close(world)[0].report.entries == 0  # the day is not over
    world.days(1)
    (first,) = close(world)
    assert first.report.zero and first.units == UNITS
    assert stored(world.store) == folded(world, MORNING)
    assert close(world) == []
    world.refund(payment_id)
    world.days(1)
    (second,) = close(world)
    assert second.report.zero, second.report.differences
    assert second.first == second.through == first.through + DAY
    assert stored(world.store) == folded(world, MORNING + DAY)


def test_entries_of_a_closed_day_are_never_read_again() -> None:
    world = MoneyWorld()
    world.top_up(HALF_HOUR)
    world.days(1)
    close(world)
    read: list[datetime] = []
    whole = world.store.entries

    def entries(day: datetime) -> Iterator[JournalEntry]:
        read.append(day)
        return whole(day)

    world.store.entries = entries  # type: ignore[method-assign]
    world.days(1)
    assert close(world)[0].report.zero
    (today,) = days_of(world.exchange.now, world.exchange.now)
    assert set(read) == {today - DAY, today}


def test_days_on_which_nothing_was_closed_are_closed_with_one_reading() -> None:
    world = MoneyWorld()
    close(world)
    busy_days(world)
    (made_up,) = close(world)
    assert made_up.report.zero, made_up.report.differences
    assert made_up.through - made_up.first == 2 * DAY
    assert stored(world.store) == folded(world, made_up.through)


def test_a_closing_that_was_cut_off_goes_on_where_it_was() -> None:
    # S4.2: also where a part was half stored, and another day has passed since
    world = MoneyWorld()
    busy_days(world)
    whole, calls = world.store.close_accounts, 0

    def cut_off(part: int, closings: Iterator[object]) -> None:
        nonlocal calls
        calls += 1
        if calls > PARTS // 2:
            whole(part, list(closings)[:1])  # type: ignore[arg-type]
            raise ConnectionError

    world.store.close_accounts = cut_off  # type: ignore[method-assign, assignment]
    with pytest.raises(ConnectionError):
        close(world)
    world.store.close_accounts = whole  # type: ignore[method-assign]
    world.top_up(HALF_HOUR, customer_id="carla")
    world.days(1)
    assert all(one.report.zero for one in close(world))
    (today,) = days_of(world.exchange.now, world.exchange.now)
    assert stored(world.store) == folded(world, today - DAY)


def test_where_time_is_up_the_rest_is_closed_by_the_next_run() -> None:
    world = MoneyWorld()
    busy_days(world)
    left = iter([True] * 5)
    (some,) = closing(world).run(UNITS, lambda: next(left, False))
    assert len(some.units) == 4
    (rest,) = close(world)
    assert {*some.units, *rest.units} == set(UNITS)
    assert stored(world.store) == folded(world, rest.through)


def test_parts_closed_apart_come_to_the_same() -> None:
    world = MoneyWorld()
    busy_days(world)
    for unit in UNITS:
        (closed,) = close(world, (unit,))
        assert closed.report.zero, closed.report.differences
    assert stored(world.store) == folded(world, closed.through)


def test_a_difference_becomes_one_case_of_a_manager_however_often_it_is_found() -> None:
    # S1.14: within the time for payment problems
    world = MoneyWorld()
    payment_id = world.top_up(HALF_HOUR)
    wrong = move("rub", ledger.REVENUE, ledger.refund_account("none"), 5)
    entry = StoredEntry("slip", world.exchange.now, payment_id, "Slip", wrong)
    world.store._journal.append(entry)
    world.after(DAY)
    (closed,) = close(world)
    (difference,) = closed.report.differences
    for unit in UNITS:
        world.store._swept.pop(f"books-{unit}")
    assert close(world)[0].report.differences == (difference,)
    (case,) = world.open_cases()
    assert (case.kind, case.level) == (CaseKind.LEDGER_DIFFERENCE, Level.MANAGER)
    assert case.facts["subject"] == "refund:none"
    assert case.facts["why"] == difference.reason.why
    assert case.deadline - world.exchange.now == timedelta(hours=4)


def test_money_that_waits_is_looked_at_again_though_nothing_moves_it() -> None:
    # S2.5: the case about an unknown payment is closed days later, and the money is still there
    world = MoneyWorld()
    paid = world.provider.pay_by_hand(HALF_HOUR)
    world.settle()
    world.days(1)
    assert close(world)[0].report.zero
    (case,) = world.open_cases()
    world.case_records.apply(case.number, c.CloseCase("agent:ann", Outcome.EXPLAINED), CAUSE)
    world.days(1)
    (found,) = close(world)[0].report.differences
    assert found.subject == f"payment:{paid.intent_id}"


def test_every_resting_balance_is_looked_at_within_sixteen_days() -> None:
    world = MoneyWorld()
    world.top_up(HALF_HOUR)
    world.days(1)
    close(world)
    world.store._lots["anna"].clear()
    found = []
    for _ in range(PARTS):
        world.days(1)
        found += [d.subject for one in close(world) for d in one.report.differences]
    assert found == ["balance:anna"]
    assert part_of("balance:anna") in range(PARTS)


def test_a_day_is_not_closed_before_its_last_entries_can_have_arrived() -> None:
    world = MoneyWorld()
    world.top_up(HALF_HOUR)
    midnight = datetime(2026, 3, 3, tzinfo=MORNING.tzinfo)
    close(world)
    world.until(midnight + timedelta(minutes=14))
    assert close(world) == []
    world.until(midnight + HOUR)
    assert len(close(world)) == 1
