"""Entries summed up per account, in memory that does not grow with their number.

A day may touch millions of accounts. Their sums stand in a private temporary database, which
SQLite keeps in a cache of fixed size and otherwise on disk (sqlite.org/inmemorydb.html#temp_db);
it is gone with the process.
"""

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from shared.application.store import Closing
from shared.domain import ledger
from shared.domain.ledger import JournalEntry

# Accounts are closed and checked in so many parts, each a unit of work that can be repeated alone.
PARTS = 16

_OURS = frozenset(
    {
        ledger.PROVIDER,
        ledger.REVENUE,
        ledger.GOODWILL,
        ledger.LOSSES,
        ledger.FEES,
        ledger.MINUTES_SOLD,
        ledger.MINUTES_USED,
        ledger.MINUTES_CONVERTED,
    }
)
_BUFFERED = 4096
_CACHE_KIB = 8192

_SCHEMA = """
CREATE TABLE sums (
    account TEXT, unit TEXT, part INTEGER, owner TEXT, closing INTEGER, since INTEGER,
    stood INTEGER, closed_on TEXT, touched INTEGER,
    PRIMARY KEY (account, unit)
) WITHOUT ROWID;
CREATE TABLE at_provider (payment_id TEXT PRIMARY KEY, net INTEGER, came INTEGER, seen INTEGER)
    WITHOUT ROWID;
"""
# What an account was closed with already stays as it is: a closing that was cut off is repeated.
_ADD = """
INSERT INTO sums VALUES (:account, :unit, :part, :owner, :amount, 0, 0, '', 1)
ON CONFLICT DO UPDATE SET
    closing = closing + iif(closed_on >= :day, 0, :amount), touched = 1
"""
_ADD_LATER = """
INSERT INTO sums VALUES (:account, :unit, :part, :owner, 0, :amount, 0, '', 1)
ON CONFLICT DO UPDATE SET since = since + :amount, touched = 1
"""
_OPEN = "INSERT INTO sums VALUES (?, ?, ?, ?, ?, 0, 1, ?, 0)"
_MOVE = """
INSERT INTO at_provider VALUES (?, ?, ?, 0) ON CONFLICT DO UPDATE SET
    net = net + excluded.net, came = max(came, excluded.came)
"""


def part_of(account: str) -> int:
    """The part an account belongs to: any spread will do, for ever the same."""
    return zlib.crc32(account.encode()) % PARTS


@dataclass(frozen=True, slots=True)
class Summed:
    """One account as the entries leave it.

    Args:
        owner_id: the booking or payment whose decision touched it.
        touched: whether an entry that was read touched it, or it only stood there before.
        amounts: by unit, now; zeros too.
    """

    account: str
    owner_id: str
    touched: bool
    amounts: Mapping[str, int]


class AccountSums:
    """Every account that is somebody's, not our own; of those, the ones it accepts.

    Args:
        accepts: which accounts to sum up.
        follow_provider: also sum up per payment what the provider holds for us.
    """

    def __init__(self, accepts: Callable[[str], bool], *, follow_provider: bool) -> None:
        self._accepts, self._follow_provider = accepts, follow_provider
        self._buffer: dict[tuple[str, str], tuple[str, int]] = {}
        self._moved: dict[str, list[int]] = {}
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")  # for good: what is summed up here is never kept

    def close(self) -> None:
        """Forget everything."""
        self._database.close()

    def open_with(self, closings: Iterable[Closing]) -> None:
        """Begin with what accounts were closed with; before any entry."""
        self._database.executemany(
            _OPEN,
            (
                (c.account, c.unit, part_of(c.account), c.owner_id, c.amount, _text(c.day))
                for c in closings
            ),
        )

    def add_day(
        self, entries: Iterable[JournalEntry], day: datetime, *, later: bool = False
    ) -> None:
        """Take in the entries of a day.

        Args:
            day: its midnight, UTC.
            later: it is not being closed yet.
        """
        for entry in entries:
            self._add(entry, later=later)
            if len(self._buffer) + len(self._moved) >= _BUFFERED:
                self._flush(day, later=later)
        self._flush(day, later=later)

    def _add(self, entry: JournalEntry, *, later: bool) -> None:
        for posting in entry.postings:
            if posting.account == ledger.PROVIDER and self._follow_provider:
                moved = self._moved.setdefault(entry.owner_id, [0, 0])
                moved[0] += posting.amount
                moved[1] |= int(posting.amount > 0 and not later)
            if posting.account not in _OURS and self._accepts(posting.account):
                key = posting.account, posting.unit
                _, before = self._buffer.get(key, ("", 0))
                self._buffer[key] = entry.owner_id, before + posting.amount

    def accounts(self) -> Iterator[Summed]:
        """Every account, by name."""
        rows = self._database.execute(
            "SELECT account, owner, touched, unit, closing + since FROM sums ORDER BY account, unit"
        )
        for account, units in groupby(rows, lambda row: str(row[0])):
            of_account = list(units)
            yield Summed(
                account,
                of_account[0][1],
                any(row[2] for row in of_account),
                {row[3]: row[4] for row in of_account},
            )

    def closings(self, part: int, day: datetime) -> Iterator[Closing]:
        """What accounts of a part hold at the end of a day, where that has to be stored anew.

        Args:
            day: the midnight with which the last of the days being closed begins.
        """
        # A sum that became zero is stored over the one that was not; others are worth no item.
        rows = self._database.execute(
            "SELECT account, unit, owner, closing FROM sums"
            " WHERE part = ? AND closed_on < ? AND touched AND (closing OR stood)",
            (part, _text(day)),
        )
        for account, unit, owner, amount in rows:
            yield Closing(account, unit, owner, amount, day)

    # --- what the provider holds ------------------------------------------------------------------

    def at_provider(self, payment_ids: Sequence[str]) -> dict[str, int]:
        """Of some payments, what the entries say the provider holds of each."""
        marks = ",".join("?" * len(payment_ids))
        rows = self._database.execute(
            f"SELECT payment_id, net FROM at_provider WHERE payment_id IN ({marks})", payment_ids
        )
        return dict(rows)

    def see(self, payment_ids: Iterable[str]) -> None:
        """Note payments that stand in the provider's lists."""
        self._database.executemany(
            "UPDATE at_provider SET seen = 1 WHERE payment_id = ?", ((i,) for i in payment_ids)
        )

    def unseen(self) -> Iterator[str]:
        """Payments by which money came to the provider, and that no list of its own showed."""
        wanted = "SELECT payment_id FROM at_provider WHERE came AND NOT seen ORDER BY payment_id"
        for (payment_id,) in self._database.execute(wanted):
            yield payment_id

    def _flush(self, day: datetime, *, later: bool) -> None:
        rows = [
            {
                "account": account,
                "unit": unit,
                "part": part_of(account),
                "owner": owner,
                "amount": amount,
                "day": _text(day),
            }
            for (account, unit), (owner, amount) in self._buffer.items()
        ]
        self._buffer.clear()
        self._database.executemany(_ADD_LATER if later else _ADD, rows)
        moves = [(payment_id, net, came) for payment_id, (net, came) in self._moved.items()]
        self._moved.clear()
        self._database.executemany(_MOVE, moves)


def _text(day: datetime) -> str:
    return day.date().isoformat()
