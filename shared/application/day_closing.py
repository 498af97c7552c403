"""Days are closed once their entries cannot change any more, and the books checked while at it.

What each account holds at the end of a closed day is stored, where it is not zero, so that the next
day begins with that and no entry is ever read again for it. Parts of the accounts, and the
provider's lists, are units of work of their own: one that was cut off is done again alone.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.application.account_sums import PARTS, AccountSums, Summed, part_of
from shared.application.accounts_at_rest import AccountsAtRest
from shared.application.books import DAY, Suspicions, Tally, TrialBalance, days_of
from shared.application.case_records import CaseRecords
from shared.application.differences import Difference
from shared.application.ports import Clock
from shared.application.provider_books import ProviderBooks
from shared.application.store import Cause, Store
from shared.domain.case.events import About, CaseKind
from shared.domain.policy import CURRENT

PROVIDER_UNIT = "provider"
UNITS = (*(f"{part:02d}" for part in range(PARTS)), PROVIDER_UNIT)
# Where nothing was ever closed, the ledger is looked for no further back.
_LONGEST_AGO = timedelta(days=31)
# What stays as it is for long: looked at when it moves, and besides one part of it every day.
_RESTING = frozenset({"balance", "minutes", "booking"})
# More than these are one problem, and one person; the report has them all.
_MOST_CASES = 20


@dataclass(frozen=True, slots=True)
class Closed:
    """What one closing came to.

    Args:
        first: midnight of the first day that was closed, UTC.
        through: midnight of the last.
        units: what is closed now; where time was up, not all of what was asked for.
    """

    first: datetime
    through: datetime
    units: tuple[str, ...]
    report: TrialBalance


class DayClosing:
    """Closes days and opens cases for what is wrong with them.

    Args:
        store: the table.
        provider: whose lists are compared.
        cases: where people hear of it.
        clock: business time.
    """

    def __init__(
        self, store: Store, provider: ProviderBooks, cases: CaseRecords, clock: Clock
    ) -> None:
        self._store, self._provider, self._cases, self._clock = store, provider, cases, clock
        self._rest = AccountsAtRest(store)

    def run(self, units: Sequence[str], go_on: Callable[[], bool]) -> list[Closed]:
        """Close whatever can be closed of some units; asked again, it goes on where it was.

        Args:
            units: of UNITS.
            go_on: whether there is time to close another part.
        """
        settled = self._clock.now() - timedelta(seconds=CURRENT.reconciled_within)
        (today,) = days_of(settled, settled)
        through = today - DAY
        come = {unit: self._store.swept_until(_sweep(unit)) for unit in units}
        beginning = self._beginning(through) if None in come.values() else through
        due: dict[datetime, list[str]] = {}
        for unit, until in come.items():
            if (until or beginning) <= through:
                due.setdefault(until or beginning, []).append(unit)
        # Units that have come equally far are closed with one reading.
        return [
            self._close(first, through, tuple(of_day), go_on)
            for first, of_day in sorted(due.items())
            if go_on()
        ]

    def _beginning(self, through: datetime) -> datetime:
        """The first day with an entry."""
        days = days_of(through - _LONGEST_AGO, through)
        return next((day for day in days if any(True for _ in self._store.entries(day))), through)

    def _close(
        self, first: datetime, through: datetime, units: tuple[str, ...], go_on: Callable[[], bool]
    ) -> Closed:
        parts = [int(unit) for unit in units if unit != PROVIDER_UNIT]
        provider = self._provider if PROVIDER_UNIT in units else None
        tally, found, done = Tally(), Suspicions(), []
        in_turn = through.toordinal() % PARTS

        def worth_a_look(summed: Summed) -> bool:
            resting = summed.account.partition(":")[0] in _RESTING
            return summed.touched or not resting or part_of(summed.account) == in_turn

        def read(accepts: Callable[[str], bool], counting: Tally) -> AccountSums:
            sums = AccountSums(accepts, follow_provider=provider is not None)
            for part in parts:
                sums.open_with(c for c in self._store.closings(part) if accepts(c.account))
            for day in days_of(first, self._clock.now()):
                later = day > through
                entries = self._store.entries(day)
                sums.add_day(entries if later else counting.counted(entries), day, later=later)
            return sums

        chosen = frozenset(parts)
        with closing(read(lambda account: part_of(account) in chosen, tally)) as sums:
            found.accounts(self._rest, filter(worth_a_look, sums.accounts()), tally)
            if provider is not None:
                found.payments(provider, sums, first, through + DAY, tally)
            found.settle(self._rest, provider, first, lambda accepts: read(accepts, Tally()), tally)
            report = tally.result()
            self._open_cases(report.differences, through)
            for unit in units:
                if not go_on():
                    break
                if unit != PROVIDER_UNIT:
                    self._store.close_accounts(int(unit), sums.closings(int(unit), through))
                self._store.note_swept(_sweep(unit), through + DAY)
                done.append(unit)
        return Closed(first, through, tuple(done), report)

    def _open_cases(self, differences: Sequence[Difference], through: datetime) -> None:
        """One case per day and difference: closing the day again finds the same ones."""
        deadline = self._clock.now() + timedelta(seconds=CURRENT.payment_check)
        day = through.date().isoformat()
        for difference in differences[:_MOST_CASES]:
            reason, subject, unit = difference.reason, difference.subject, difference.unit
            self._cases.open(
                f"books:{day}:{reason}:{subject}:{unit}",
                CaseKind.LEDGER_DIFFERENCE,
                _about(subject),
                deadline,
                Cause("OpenCase", "sweep", {"day": day, "reason": reason}),
                facts={
                    "day": day,
                    "reason": reason,
                    "why": reason.why,
                    "subject": subject,
                    "unit": unit,
                    "booked": str(difference.booked),
                    "found": str(difference.found),
                },
            )


def _sweep(unit: str) -> str:
    return f"books-{unit}"


def _about(subject: str) -> About:
    kind, _, name = subject.partition(":")
    match kind:
        case "payment" | "frozen":
            return About(payment_id=name)
        case "booking":
            return About(booking_id=name)
        case "balance" | "minutes":
            return About(customer_id=name)
        case _:
            return About()
