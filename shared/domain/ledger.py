"""Double entry: append-only journal entries that sum to zero in every unit (S2.9, Never 1).

Debits are positive, credits negative. What we owe customers is therefore negative, what the
payment provider holds for us positive. Money is counted in minor units of its currency (unit
"rub"), minutes in seconds of their tariff (unit "sec:standard"; bonus minutes "sec:bonus").
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.domain.errors import RuleBroken

PROVIDER = "provider"
REVENUE = "revenue"
GOODWILL = "goodwill"
LOSSES = "losses"
FEES = "fees"
MINUTES_SOLD = "minutes:sold"
MINUTES_USED = "minutes:used"
MINUTES_CONVERTED = "minutes:converted"


def booking_account(booking_id: str) -> str:
    """What is held for one booking: its money and its minutes."""
    return f"booking:{booking_id}"


def balance_account(customer_id: str) -> str:
    """The money on a customer's balance."""
    return f"balance:{customer_id}"


def minutes_account(customer_id: str) -> str:
    """The minutes on a customer's balance, and the money once paid for them."""
    return f"minutes:{customer_id}"


def payment_account(payment_id: str) -> str:
    """Money of a payment that belongs to no booking, balance or refund: zero at rest."""
    return f"payment:{payment_id}"


def frozen_account(payment_id: str) -> str:
    """What was bought with a disputed payment and not used: it waits for the bank (S2.7)."""
    return f"frozen:{payment_id}"


def dispute_account(dispute_id: str) -> str:
    """What the provider withdrew for a dispute, until it is decided (S2.11)."""
    return f"dispute:{dispute_id}"


def refund_account(refund_id: str) -> str:
    """Money on its way back to a card."""
    return f"refund:{refund_id}"


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of a journal entry.

    Args:
        account: who it concerns.
        unit: a currency, or "sec:" and a tariff.
        amount: debit positive, credit negative.
    """

    account: str
    unit: str
    amount: int


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One balanced change of the ledger, with what caused it.

    Args:
        entry_id: unique, derived from the decision that made it.
        at: business time of the decision, UTC.
        owner_id: the booking or payment whose decision it is.
        cause: the event that made it.
        postings: at least two, zero in sum per unit.

    Raises:
        RuleBroken: the postings do not sum to zero.
    """

    entry_id: str
    at: datetime
    owner_id: str
    cause: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        if self.off:
            raise RuleBroken("entry_unbalanced", f"{self.cause}: off by {self.off}")

    @property
    def off(self) -> dict[str, int]:
        """What its postings do not sum to zero by, per unit."""
        return {unit: total for unit, total in trial_balance((self,)).items() if total}


class StoredEntry(JournalEntry):
    """A journal entry as it was read: one that is wrong is to be found, not refused."""

    __slots__ = ()

    def __post_init__(self) -> None:
        pass


def move(unit: str, debit: str, credit: str, amount: int) -> tuple[Posting, ...]:
    """Debit one account and credit another; nothing at all for an amount of zero."""
    if amount == 0:
        return ()
    return Posting(debit, unit, amount), Posting(credit, unit, -amount)


def trial_balance(entries: Iterable[JournalEntry]) -> dict[str, int]:
    """The sum of all postings per unit: zero, or something is wrong."""
    totals: Counter[str] = Counter()
    for entry in entries:
        for posting in entry.postings:
            totals[posting.unit] += posting.amount
    return dict(totals)
