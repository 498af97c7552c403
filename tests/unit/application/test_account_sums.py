"""Entries are summed up in memory that does not grow with their number."""

import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain

import pytest

from shared.application.account_sums import PARTS, AccountSums, part_of
from shared.application.accounts_at_rest import AccountsAtRest
from shared.application.store import Closing
from shared.domain import ledger
from shared.domain.ledger import JournalEntry, StoredEntry, move
from tests.account_totals import account_totals
from tests.fakes.memory_store import MemoryStore

DAY = datetime(2026, 3, 2, tzinfo=UTC)
NEXT = datetime(2026, 3, 3, tzinfo=UTC)


def entries(number: int) -> Iterator[JournalEntry]:
    """So many payments, each of another customer, captured and put on his balance."""
    for n in range(number):
        payment_id = f"pi_{n:012d}"
        own, balance = ledger.payment_account(payment_id), ledger.balance_account(f"cust-{n}")
        postings = chain(
            move("rub", ledger.PROVIDER, own, 5000), move("rub", own, balance, 5000 + n % 2)
        )
        yield StoredEntry(f"{payment_id}-1", DAY, payment_id, "Capture", tuple(postings))


def peak(number: int) -> int:
    tracemalloc.start()
    try:
        with closing(AccountSums(lambda _: True, follow_provider=True)) as sums:
            sums.add_day(entries(number), DAY)
            assert sum(1 for _ in sums.accounts()) == 2 * number
            assert sum(1 for _ in sums.unseen()) == number
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_four_times_the_entries_take_no_more_memory() -> None:
    assert peak(40_000) < 1.5 * peak(10_000)


def test_sums_are_those_of_the_ledger_however_many_buffers_they_fill() -> None:
    # Never 1
    with closing(AccountSums(lambda _: True, follow_provider=True)) as sums:
        sums.add_day(entries(9_000), DAY)
        summed = {
            (each.account, unit): amount
            for each in sums.accounts()
            for unit, amount in each.amounts.items()
            if amount
        }
        wanted = account_totals(entries(9_000))
        assert wanted.pop((ledger.PROVIDER, "rub")) == 9_000 * 5000
        assert summed == wanted
        assert sums.at_provider(["pi_000000000007", "pi_none"]) == {"pi_000000000007": 5000}


@pytest.mark.parametrize(("closed_on", "amount"), [(DAY, -5000), (NEXT, -12_000)])
def test_what_a_day_is_closed_with_already_is_not_added_again(
    closed_on: datetime, amount: int
) -> None:
    account = "balance:cust-0"
    postings = move("rub", ledger.REVENUE, account, 7000)
    second = StoredEntry("e2", NEXT, "pi_2", "Capture", postings)
    with closing(AccountSums(lambda name: name == account, follow_provider=False)) as sums:
        sums.open_with([Closing(account, "rub", "pi_1", -5000, DAY)])
        sums.add_day(entries(1), DAY)
        sums.add_day([second], NEXT, later=closed_on == DAY)
        (summed,) = sums.accounts()
        assert summed.amounts == {"rub": -12_000}
        closed = list(sums.closings(part_of(account), closed_on))
        expected = [Closing(account, "rub", "pi_1", amount, closed_on)]
        assert closed == (expected if closed_on == NEXT else [])


def test_an_account_that_came_to_zero_is_stored_where_it_stood() -> None:
    account = "balance:cust-0"
    spent = StoredEntry("e2", NEXT, "b", "Book", move("rub", account, ledger.REVENUE, 5000))
    with closing(AccountSums(lambda name: name == account, follow_provider=False)) as sums:
        sums.open_with([Closing(account, "rub", "pi_1", -5000, DAY)])
        sums.add_day([spent], NEXT)
        closed = [each for part in range(PARTS) for each in sums.closings(part, NEXT)]
        assert closed == [Closing(account, "rub", "pi_1", 0, NEXT)]


def test_an_account_that_came_and_went_is_worth_no_item() -> None:
    account = "booking:b"
    come = StoredEntry("e1", DAY, "b", "Pay", move("rub", ledger.REVENUE, account, 5000))
    gone = StoredEntry("e2", DAY, "b", "Settle", move("rub", account, ledger.REVENUE, 5000))
    with closing(AccountSums(lambda name: name == account, follow_provider=False)) as sums:
        sums.add_day([come, gone], DAY)
        assert [each for part in range(PARTS) for each in sums.closings(part, DAY)] == []


def test_every_account_of_the_ledger_is_ours_or_has_its_check() -> None:
    # an account that nobody compares with anything is one in which money can be lost
    ours = {value for name, value in vars(ledger).items() if name.isupper()}
    theirs = [
        make("x").partition(":")[0]
        for name, make in vars(ledger).items()
        if name.endswith("_account")
    ]
    assert len(theirs) == 7
    assert AccountsAtRest(MemoryStore()).kinds == set(theirs)
    with closing(AccountSums(lambda _: True, follow_provider=False)) as sums:
        postings = chain.from_iterable(move("rub", account, "refund:r", 5) for account in ours)
        sums.add_day([StoredEntry("e", DAY, "b", "Test", tuple(postings))], DAY)
        assert [each.account for each in sums.accounts()] == ["refund:r"]
