"""The ledger read as a whole: the trial balance, and each customer's balance against it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.application.store import Store
from shared.domain import ledger
from shared.domain.errors import RuleBroken
from shared.domain.lots import money_of

# Each day is read shard by shard; a year of them would outlast a request.
_LONGEST_RANGE = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Difference:
    """A stored balance that is not what the entries say."""

    account: str
    unit: str
    ledger: int
    stored: int


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """The ledger folded.

    Args:
        entries: how many journal entries were read.
        totals: the sum of all postings per unit; zero where all is right.
        kinds: totals by kind of account and unit.
        differences: stored balances that disagree.
    """

    entries: int
    totals: dict[str, int]
    kinds: dict[tuple[str, str], int]
    differences: tuple[Difference, ...]

    @property
    def zero(self) -> bool:
        """Whether every unit sums to zero and every stored balance agrees."""
        return not any(self.totals.values()) and not self.differences


def trial_balance(store: Store, first: datetime, last: datetime) -> TrialBalance:
    """Fold all entries of the days from `first` to `last`, and compare with the stored balances.

    Args:
        first: a moment on the first UTC day of the ledger.
        last: a moment on the last.

    Raises:
        RuleBroken: the range is empty or too long to be read at once.
    """
    if last < first:
        raise RuleBroken("range_empty", "to must not lie before from.", "to")
    if last - first > _LONGEST_RANGE:
        raise RuleBroken("range_too_long", "Take at most 92 days at once.", "to")
    entries = list(_entries(store, first, last))
    accounts = ledger.account_totals(entries)
    kinds: Counter[tuple[str, str]] = Counter()
    for (account, unit), amount in accounts.items():
        kinds[account.split(":")[0] if ":" in account else account, unit] += amount
    return TrialBalance(
        entries=len(entries),
        totals=ledger.trial_balance(entries),
        kinds=dict(kinds),
        differences=tuple(_differences(store, entries, accounts)),
    )


def _entries(store: Store, first: datetime, last: datetime) -> Iterator[ledger.JournalEntry]:
    day = first.replace(hour=0, minute=0, second=0, microsecond=0)
    while day <= last:
        yield from store.entries(day)
        day += timedelta(days=1)


def _differences(
    store: Store, entries: list[ledger.JournalEntry], accounts: dict[tuple[str, str], int]
) -> Iterator[Difference]:
    names = {posting.account for entry in entries for posting in entry.postings}
    for name in sorted(names):
        kind, _, customer_id = name.partition(":")
        if kind == "balance":
            stored = money_of(store.lots(customer_id))
        elif kind == "minutes" and name not in _OWN:
            stored = _in_lots(store, customer_id)
        else:
            continue
        units = stored.keys() | {unit for account, unit in accounts if account == name}
        for unit in sorted(units):
            owed, held = -accounts.get((name, unit), 0), stored.get(unit, 0)
            if owed != held:
                yield Difference(name, unit, owed, held)


_OWN = frozenset({ledger.MINUTES_SOLD, ledger.MINUTES_USED, ledger.MINUTES_CONVERTED})


def _in_lots(store: Store, customer_id: str) -> dict[str, int]:
    stored: Counter[str] = Counter()
    for lot in store.lots(customer_id):
        if lot.is_money:
            continue
        stored[f"sec:{lot.tariff_id}"] += lot.left
        stored[lot.paid.currency] += lot.value.minor
    return dict(stored)
