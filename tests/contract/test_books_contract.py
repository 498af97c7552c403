"""What every store promises the books: closings, and entries however many pages they fill."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.dynamodb.store import DynamoStore
from shared.adapters.dynamodb.tables import LEDGER_SHARDS, Tables, connect, shard_of, stamp
from shared.application.store import Closing, Store
from shared.domain.ledger import move
from tests.contract.conftest import EPOCH

DAY = datetime(2026, 11, 20, tzinfo=UTC)


def of(account: str, amount: int, day: datetime = DAY, unit: str = "rub") -> Closing:
    return Closing(account, unit, f"owner-of-{account}", amount, day)


def test_what_was_closed_is_read_again_part_by_part(store: Store) -> None:
    first = [of("balance:anna", -5), of("balance:anna", -7, unit="sec:standard")]
    store.close_accounts(3, first)
    store.close_accounts(4, [of("refund:r 1", 2**60)])
    assert sorted(store.closings(3), key=lambda c: c.unit) == first
    assert list(store.closings(4)) == [of("refund:r 1", 2**60)]
    assert list(store.closings(5)) == []


def test_a_later_day_takes_the_place_of_the_one_before(store: Store) -> None:
    following = DAY + timedelta(days=1)
    store.close_accounts(0, [of("balance:anna", -5), of("balance:bella", -1)])
    store.close_accounts(0, [of("balance:anna", 0, following)])
    found = {closing.account: closing for closing in store.closings(0)}
    assert found == {
        "balance:anna": of("balance:anna", 0, following),
        "balance:bella": of("balance:bella", -1),
    }


def test_more_accounts_than_a_page_or_a_batch_holds_are_all_kept(store: Store) -> None:
    closings = [of(f"booking:{n:05d}", n) for n in range(1, 301)]
    store.close_accounts(1, iter(closings))
    assert sorted(store.closings(1), key=lambda c: c.account) == closings


def test_a_sum_that_is_zero_is_forgotten_in_time(moto_store: DynamoStore) -> None:
    # it only says that its day is closed
    moto_store.close_accounts(0, [of("balance:anna", 0), of("balance:bella", -1)])
    rows = moto_store._tables.closing.query("BOOKS#00")
    expiries = {row.sk: row.expires_at for row in rows}
    assert expiries == {"balance:anna rub": EPOCH + 7 * 24 * 3600, "balance:bella rub": None}


def put_entry(tables: Tables, number: int, postings: str) -> None:
    """A decision of a payment, as large as they come."""
    owner_id = f"pi_{number:05d}"
    shard = shard_of(owner_id, LEDGER_SHARDS)
    tables.commit(
        f"PAYMENT#{owner_id}",
        "EVENT#00000001",
        at=stamp(DAY),
        cause='{"command":"Capture","source":"test","evidence":{}}',
        events="x" * 30_000,
        token="t",
        ledger_day=f"LEDGER#{DAY.date().isoformat()}#{shard:02d}",
        postings=postings,
    ).save()


@pytest.mark.parametrize(
    "kind",
    [
        "moto_store",
        pytest.param("ministack_store", marks=pytest.mark.xdist_group("ministack")),
    ],
)
def test_entries_of_a_day_come_page_after_page(kind: str, request: pytest.FixtureRequest) -> None:
    # a page of DynamoDB ends at one megabyte
    stored: DynamoStore = request.getfixturevalue(kind)
    tables = connect(stored._tables.connection.table_name)
    same = [n for n in range(2000) if shard_of(f"pi_{n:05d}", LEDGER_SHARDS) == 0][:80]
    postings = '[{"account":"provider","unit":"rub","amount":5},{"account":"x","unit":"rub",'
    for number in same:
        put_entry(tables, number, postings + '"amount":-5}]')
    entries = list(stored.entries(DAY))
    assert {entry.owner_id for entry in entries} == {f"pi_{n:05d}" for n in same}
    assert all(entry.postings == move("rub", "provider", "x", 5) for entry in entries)


def test_an_entry_that_is_wrong_is_shown_and_not_refused(moto_store: DynamoStore) -> None:
    # Never 1: the trial balance must be able to name it
    tables = connect(moto_store._tables.connection.table_name)
    put_entry(tables, 1, '[{"account":"provider","unit":"rub","amount":5}]')
    (entry,) = moto_store.entries(DAY)
    assert entry.off == {"rub": 5}
