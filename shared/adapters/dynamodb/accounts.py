"""What customers hold: lots of minutes, money, and the journal behind them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from shared.adapters.dynamodb.codec import CAUSE, POSTINGS
from shared.adapters.dynamodb.tables import LEDGER_SHARDS, Commit, Minutes, Tables, moment
from shared.application.store import Cause
from shared.domain.ledger import JournalEntry
from shared.domain.lots import Lot
from shared.domain.money import Money


class AccountRows:
    """Balances and the ledger."""

    _tables: Tables

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
    )


def _entry(row: Commit) -> JournalEntry:
    owner_id, version = row.pk.partition("#")[2], int(row.sk.partition("#")[2])
    cause: Cause = CAUSE.loads(row.cause)
    return JournalEntry(
        entry_id=f"{owner_id}-{version}",
        at=moment(row.at),
        owner_id=owner_id,
        cause=cause.command,
        postings=POSTINGS.loads(row.postings or "[]"),
    )
