"""What accounts hold by the entries alone: the plain sum that stores and stories are held to."""

from collections import Counter
from collections.abc import Iterable

from shared.domain.ledger import JournalEntry


def account_totals(entries: Iterable[JournalEntry]) -> dict[tuple[str, str], int]:
    """What each account holds per unit, folded from the entries; accounts at zero are left out."""
    totals: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        for posting in entry.postings:
            totals[posting.account, posting.unit] += posting.amount
    return {key: amount for key, amount in totals.items() if amount}
