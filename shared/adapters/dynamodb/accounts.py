"""What customers hold: lots of minutes, money, the journal behind them, and its closed days."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from shared.adapters.dynamodb.codec import CAUSE, POSTINGS
from shared.adapters.dynamodb.tables import (
    LEDGER_SHARDS,
    Commit,
    Minutes,
    Tables,
    moment,
    stamp,
)
from shared.application.store import Cause, Closing
from shared.domain.ledger import JournalEntry, StoredEntry
from shared.domain.lots import Lot
from shared.domain.money import Money

# A sum that is zero says that its day is closed, for as long as that day may be closed again.
_ZERO_KEPT = 7 * 24 * 3600


class AccountRows:
    """Balances and the ledger."""

    _tables: Tables
    _now: Callable[[], float]

    def lots(self, customer_id: str) -> Sequence[Lot]:
        """A customer's lots, minutes and money, that are not used up."""
        minutes = self._tables.minutes
        rows = minutes.query(
            f"CUSTOMER#{customer_id}", minutes.sk.startswith("LOT#"), consistent_read=True
        )
        return [_lot(row) for row in rows]

    def entries(self, day: datetime) -> Iterator[JournalEntry]:
        """All journal entries of one UTC day, page after page of every shard, in no order."""
        date = day.astimezone(UTC).date().isoformat()
        for shard in range(LEDGER_SHARDS):
            for row in self._tables.commit.ledger.query(f"LEDGER#{date}#{shard:02d}"):
                yield _entry(row)

    def closings(self, part: int) -> Iterator[Closing]:
        """What every account of a part held at the end of its last closed day."""
        rows = self._tables.closing.query(f"BOOKS#{part:02d}", consistent_read=True)
        for row in rows:
            account, _, unit = row.sk.rpartition(" ")
            yield Closing(account, unit, row.owner_id, int(row.amount), moment(row.day))

    def close_accounts(self, part: int, closings: Iterable[Closing]) -> None:
        """Store what accounts of a part hold at the end of a day, instead of what stood there."""
        closing, gone_at = self._tables.closing, int(self._now()) + _ZERO_KEPT
        with closing.batch_write() as batch:
            for each in closings:
                batch.save(
                    closing(
                        f"BOOKS#{part:02d}",
                        f"{each.account} {each.unit}",
                        owner_id=each.owner_id,
                        amount=each.amount,
                        day=stamp(each.day),
                        expires_at=None if each.amount else gone_at,
                    )
                )


def _lot(row: Minutes) -> Lot:
    return Lot(
        lot_id=row.sk.partition("#")[2],
        tariff_id=row.tariff_id,
        bought=int(row.bought),
        left=int(row.left),
        paid=Money(int(row.minor), row.currency),
        payment_id=row.payment_id,
        paid_at=moment(row.paid_at),
        returned_at=moment(row.returned_at) if row.returned_at else None,
        our_fault=bool(row.our_fault),
        left_of=row.left_of,
    )


def _entry(row: Commit) -> StoredEntry:
    owner_id, version = row.pk.partition("#")[2], int(row.sk.partition("#")[2])
    cause: Cause = CAUSE.loads(row.cause)
    return StoredEntry(
        entry_id=f"{owner_id}-{version}",
        at=moment(row.at),
        owner_id=owner_id,
        cause=cause.command,
        postings=POSTINGS.loads(row.postings or "[]"),
    )
