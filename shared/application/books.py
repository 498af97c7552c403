"""The ledger read as a whole: the trial balance, and everything that must agree with it.

Whatever seems wrong is looked at a second time, with its entries read anew, because people go on
booking meanwhile: only what is wrong in the same way both times is reported.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.application.account_sums import AccountSums, Summed
from shared.application.accounts_at_rest import AccountsAtRest
from shared.application.differences import Difference, Explanation, Reason
from shared.application.provider_books import ProviderBooks, Suspect
from shared.application.store import Store
from shared.domain.errors import RuleBroken
from shared.domain.ledger import JournalEntry

# Each day is read shard by shard; a year of them would outlast a request.
_LONGEST_RANGE = timedelta(days=92)
DAY = timedelta(days=1)
# More differences than anybody can look at one by one; the rest is counted.
MOST_DIFFERENCES = 1000


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """The ledger folded, and what does not agree with it.

    Args:
        entries: how many journal entries were read.
        totals: the sum of all postings per unit; zero where all is right.
        kinds: totals by kind of account and unit.
        differences: whatever does not agree, with the reason, at most MOST_DIFFERENCES.
        left_out: how many more there are.
        explained: how often money lies somewhere for a while, and rightly so.
    """

    entries: int
    totals: Mapping[str, int]
    kinds: Mapping[tuple[str, str], int]
    differences: tuple[Difference, ...]
    left_out: int
    explained: Mapping[Explanation, int]

    @property
    def zero(self) -> bool:
        """Whether every unit sums to zero and nothing disagrees."""
        return not any(self.totals.values()) and not self.differences and not self.left_out


@dataclass(slots=True)
class Tally:
    """What a reading of entries and accounts comes to, in memory of fixed size."""

    entries: int = 0
    totals: Counter[str] = field(default_factory=Counter)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    left_out: int = 0
    explained: Counter[Explanation] = field(default_factory=Counter)

    def counted(self, entries: Iterable[JournalEntry]) -> Iterator[JournalEntry]:
        """The same entries, each taken in as it passes."""
        for entry in entries:
            self._count(entry)
            yield entry

    def _count(self, entry: JournalEntry) -> None:
        """One that does not sum to zero is a difference by itself."""
        self.entries += 1
        for posting in entry.postings:
            self.totals[posting.unit] += posting.amount
            self.kinds[posting.account.partition(":")[0], posting.unit] += posting.amount
        for unit, off in entry.off.items():
            self.find(Difference(Reason.ENTRY_UNBALANCED, entry.entry_id, unit, off, 0))

    def find(self, difference: Difference) -> None:
        """Take in a difference, or count it."""
        if len(self.differences) < MOST_DIFFERENCES:
            self.differences.append(difference)
        else:
            self.left_out += 1

    def result(self) -> TrialBalance:
        """All of it."""
        return TrialBalance(
            self.entries,
            dict(self.totals),
            dict(self.kinds),
            tuple(sorted(self.differences, key=lambda d: (d.reason, d.subject, d.unit))),
            self.left_out,
            dict(self.explained),
        )


def trial_balance(
    store: Store, first: datetime, last: datetime, provider: ProviderBooks | None = None
) -> TrialBalance:
    """Fold all entries of the days from `first` to `last`, and compare all that must agree.

    Args:
        first: a moment on the first UTC day of the ledger.
        last: a moment on the last, which is the present one: the entries are compared with what
            is stored now.
        provider: also compare with the provider's lists of these days.

    Raises:
        RuleBroken: the range is empty.
        Upstream: the provider does not answer.
    """
    if last < first:
        raise RuleBroken("range_empty", "to must not lie before from.", "to")
    days = tuple(days_of(first, last))
    tally, rest = Tally(), AccountsAtRest(store)

    def reread(accepts: Callable[[str], bool]) -> AccountSums:
        sums = AccountSums(accepts, follow_provider=provider is not None)
        for day in days:
            sums.add_day(store.entries(day), day)
        return sums

    with closing(AccountSums(lambda _: True, follow_provider=provider is not None)) as sums:
        for day in days:
            sums.add_day(tally.counted(store.entries(day)), day)
        found = Suspicions()
        found.accounts(rest, sums.accounts(), tally)
        if provider is not None:
            found.payments(provider, sums, days[0], days[-1] + DAY, tally)
        found.settle(rest, provider, days[0], reread, tally)
    return tally.result()


def require_readable(first: datetime, last: datetime) -> None:
    """Refuse a range that would outlast a request.

    Raises:
        RuleBroken: it is too long.
    """
    if last - first > _LONGEST_RANGE:
        raise RuleBroken("range_too_long", "Take at most 92 days at once.", "to")


def days_of(first: datetime, last: datetime) -> Iterator[datetime]:
    """The midnights with which the UTC days from one moment to another begin."""
    day = first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while day <= last:
        yield day
        day += DAY


class Suspicions:
    """What seemed wrong at first sight, until a second look has confirmed or cleared it."""

    def __init__(self) -> None:
        self._findings: dict[str, set[Difference]] = {}
        self._payments: dict[str, Suspect] = {}

    def accounts(self, rest: AccountsAtRest, accounts: Iterable[Summed], tally: Tally) -> None:
        """Go through accounts."""
        for summed in accounts:
            self._note(summed.account, rest.look(summed), tally)

    def payments(
        self,
        provider: ProviderBooks,
        sums: AccountSums,
        first: datetime,
        last: datetime,
        tally: Tally,
    ) -> None:
        """Go through the provider's lists of a period."""
        seen: set[str] = set()
        for suspect in provider.suspects(sums, first, last):
            if len(self._findings) >= MOST_DIFFERENCES:
                tally.left_out += 1
            elif suspect.payment_id not in seen:
                seen.add(suspect.payment_id)
                self._payments[suspect.payment_id] = suspect
                findings = provider.look(suspect, sums, first)
                if not self._note(suspect.payment_id, findings, tally):
                    del self._payments[suspect.payment_id]

    def settle(
        self,
        rest: AccountsAtRest,
        provider: ProviderBooks | None,
        first: datetime,
        reread: Callable[[Callable[[str], bool]], AccountSums],
        tally: Tally,
    ) -> None:
        """Look at everything once more, its entries read anew, and report what is still so.

        Args:
            reread: sums up the entries of the accounts it is asked for.
        """
        if not self._findings:
            return
        with closing(reread(self._findings.__contains__)) as sums:
            for summed in sums.accounts():
                self._confirm(summed.account, rest.look(summed), tally)
            if provider is not None:
                for payment_id, suspect in self._payments.items():
                    self._confirm(payment_id, provider.look(suspect, sums, first), tally)

    def _note(self, name: str, findings: Iterator[Difference | Explanation], tally: Tally) -> bool:
        wrong: set[Difference] = set()
        for finding in findings:
            if isinstance(finding, Explanation):
                tally.explained[finding] += 1
            else:
                wrong.add(finding)
        if wrong and len(self._findings) >= MOST_DIFFERENCES:
            tally.left_out += len(wrong)
            return False
        if wrong:
            self._findings[name] = wrong
        return bool(wrong)

    def _confirm(
        self, name: str, findings: Iterator[Difference | Explanation], tally: Tally
    ) -> None:
        for finding in findings:
            if isinstance(finding, Difference) and finding in self._findings[name]:
                tally.find(finding)
