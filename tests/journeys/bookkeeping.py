"""What must be true of the books at the end of every story (Never 1, Never 2)."""

from collections import Counter
from datetime import datetime, timedelta

from infra.local.payments.port import InProcessPayments
from shared.application.books import trial_balance
from shared.application.ports import RefundStatus
from shared.application.store import Store
from shared.domain import ledger
from tests.account_totals import account_totals

# Money on its way: these are at zero once everybody has what is his.
_PASSED_THROUGH = ("payment:", "refund:", "dispute:", "frozen:")
_DAY = timedelta(days=1)


def accounts_of(store: Store, first: datetime, last: datetime) -> dict[tuple[str, str], int]:
    """What each account holds per unit, folded from the entries of some days."""
    entries = []
    day = first
    while day.date() <= last.date():
        entries += list(store.entries(day))
        day += _DAY
    return account_totals(entries)


def assert_books(
    store: Store,
    provider: InProcessPayments,
    first: datetime,
    last: datetime,
    still_open: tuple[str, ...],
) -> None:
    """The trial balance is zero, stored balances agree, and the provider says the same.

    Args:
        first: the first moment of the story.
        last: the present one.
        still_open: beginnings of accounts that wait for somebody.
    """
    balance = trial_balance(store, first, last)
    assert balance.differences == ()
    assert balance.zero, balance.totals
    accounts = accounts_of(store, first, last)
    waiting = {
        account: amount
        for (account, _), amount in accounts.items()
        if account.startswith(_PASSED_THROUGH) and not account.startswith(still_open or ("-",))
    }
    assert waiting == {}
    ours = {unit: amount for (account, unit), amount in accounts.items() if account == "provider"}
    assert ours == provider_balance(provider, first, last)
    assert_never_more_than_captured(store, provider, accounts, first, last)


def provider_balance(
    provider: InProcessPayments, first: datetime, last: datetime
) -> dict[str, int]:
    """What the provider holds for us by its own lists, per currency."""
    held = Counter[str]()
    for charge in provider.charges_created(first, last):
        held[charge.captured.currency] += charge.captured.minor
    for refund in provider.refunds_created(first, last):
        if refund.status is RefundStatus.SUCCEEDED:
            held[refund.amount.currency] -= refund.amount.minor
    for dispute in provider.disputes_created(first, last):
        for movement in dispute.movements:
            held[movement.currency] += movement.amount - movement.fee
    return {currency: amount for currency, amount in held.items() if amount}


def assert_never_more_than_captured(
    store: Store,
    provider: InProcessPayments,
    accounts: dict[tuple[str, str], int],
    first: datetime,
    last: datetime,
) -> None:
    """Never 2: refunds and what banks keep stay within the charge; the state agrees with it."""
    for charge in provider.charges_created(first, last):
        if charge.intent_id is None or charge.captured.minor == 0:
            continue
        loaded = store.payment(charge.intent_id)
        assert loaded is not None, f"{charge.intent_id} is not known to us"
        payment, currency = loaded.state, charge.captured.currency
        assert 0 <= payment.refunded.minor <= charge.captured.minor
        held = accounts.get((ledger.payment_account(payment.payment_id), currency), 0)
        assert payment.unallocated == -held, payment.payment_id
