"""Each account against what it must hold: lots, the state of its owner, or nothing at all."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from shared.application.account_sums import Summed
from shared.application.differences import Difference, Explanation, Reason
from shared.application.store import Store
from shared.domain.booking import Status
from shared.domain.lots import money_of
from shared.domain.payment.claims import RefundStatus
from shared.domain.payment.payment import DUPLICATE, Payment

_AT_ITS_END = frozenset({Status.COMPLETED, Status.CANCELLED, Status.EXPIRED})
_ON_BALANCE = frozenset({"balance", "minutes"})

Finding = Difference | Explanation


class AccountsAtRest:
    """Compares accounts with what else the table says; reads, and changes nothing.

    Args:
        store: the table.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._checks: dict[str, Callable[[Summed], Iterator[Finding]]] = {
            "balance": self._balance,
            "minutes": self._minutes,
            "booking": self._booking,
            "payment": self._payment,
            "refund": self._refund,
            "dispute": self._dispute,
            "frozen": self._frozen,
        }

    @property
    def kinds(self) -> frozenset[str]:
        """The accounts that can be looked at, by what their names begin with."""
        return frozenset(self._checks)

    def look(self, summed: Summed) -> Iterator[Finding]:
        """What is wrong with an account, and what explains that it is not zero."""
        kind = summed.account.partition(":")[0]
        # A balance at zero may still have lots; nothing else is worth a look then.
        if kind in _ON_BALANCE or any(summed.amounts.values()):
            yield from self._checks[kind](summed)

    # --- what customers hold ----------------------------------------------------------------------

    def _balance(self, summed: Summed) -> Iterator[Finding]:
        stored = money_of(self._store.lots(_name(summed)))
        yield from _compared(summed, stored, Reason.STORED_BALANCE_DIFFERS)

    def _minutes(self, summed: Summed) -> Iterator[Finding]:
        stored: Counter[str] = Counter()
        for lot in self._store.lots(_name(summed)):
            if not lot.is_money:
                stored[f"sec:{lot.tariff_id}"] += lot.left
                stored[lot.paid.currency] += lot.value.minor
        yield from _compared(summed, stored, Reason.STORED_BALANCE_DIFFERS)

    # --- what must come to rest -------------------------------------------------------------------

    def _booking(self, summed: Summed) -> Iterator[Finding]:
        loaded = self._store.booking(_name(summed))
        if loaded is None:
            yield from _compared(summed, {}, Reason.OWNER_MISSING)
        elif loaded.state.status in _AT_ITS_END:
            yield from _compared(summed, {}, Reason.BOOKING_LEFT_OVER)
        else:
            yield Explanation.BOOKING_AHEAD

    def _payment(self, summed: Summed) -> Iterator[Finding]:
        payment = self._owner(_name(summed))
        if payment is None:
            yield from _compared(summed, {}, Reason.OWNER_MISSING)
            return
        held = {payment.captured.currency: payment.unallocated}
        wrong = tuple(_compared(summed, held, Reason.STATE_DIFFERS))
        explained = None if wrong else self._explained(payment)
        if explained is not None:
            yield explained
        else:
            yield from wrong or _compared(summed, {}, Reason.PAYMENT_UNCLAIMED)

    def _explained(self, payment: Payment) -> Explanation | None:
        """Why money of a payment that belongs to nothing rightly waits."""
        if payment.locked:
            return Explanation.DISPUTE_OPEN
        if payment.asks:
            return Explanation.CUSTOMER_ASKED
        if DUPLICATE in payment.pending:
            return Explanation.REFUND_ON_ITS_WAY
        for number in payment.cases.values():
            case = self._store.case(number) if number else None
            # One without a number is being opened.
            if number is None or (case is not None and case.state.is_open):
                nobody = payment.customer_id is None
                return Explanation.UNCLAIMED if nobody else Explanation.CASE_OPEN
        return None

    def _refund(self, summed: Summed) -> Iterator[Finding]:
        payment = self._owner(summed.owner_id)
        refund = payment.refund(_name(summed)) if payment else None
        if refund is None:
            yield from _compared(summed, {}, Reason.OWNER_MISSING)
        elif refund.status is RefundStatus.AWAITING_APPROVAL or refund.status.is_open:
            on_its_way = {refund.amount.currency: refund.amount.minor}
            wrong = tuple(_compared(summed, on_its_way, Reason.STATE_DIFFERS))
            waits = refund.status is RefundStatus.AWAITING_APPROVAL
            why = Explanation.REFUND_AWAITS_APPROVAL if waits else Explanation.REFUND_ON_ITS_WAY
            yield from wrong or (why,)
        else:
            yield from _compared(summed, {}, Reason.REFUND_LEFT_OVER)

    def _dispute(self, summed: Summed) -> Iterator[Finding]:
        payment = self._owner(summed.owner_id)
        dispute = payment.dispute(_name(summed)) if payment else None
        if payment is None or dispute is None:
            yield from _compared(summed, {}, Reason.OWNER_MISSING)
        elif dispute.is_open:
            withdrawn = {payment.captured.currency: -dispute.withdrawn}
            wrong = tuple(_compared(summed, withdrawn, Reason.STATE_DIFFERS))
            yield from wrong or (Explanation.DISPUTE_OPEN,)
        else:
            yield from _compared(summed, {}, Reason.DISPUTE_LEFT_OVER)

    def _frozen(self, summed: Summed) -> Iterator[Finding]:
        payment = self._owner(_name(summed))
        if payment is None:
            yield from _compared(summed, {}, Reason.OWNER_MISSING)
            return
        waits: Counter[str] = Counter()
        for dispute in payment.disputes:
            for lot in dispute.frozen:
                waits[lot.paid.currency] += lot.value.minor
                if not lot.is_money:
                    waits[f"sec:{lot.tariff_id}"] += lot.left
        if waits:
            wrong = tuple(_compared(summed, waits, Reason.STATE_DIFFERS))
            yield from wrong or (Explanation.DISPUTE_OPEN,)
        else:
            yield from _compared(summed, {}, Reason.FROZEN_LEFT_OVER)

    def _owner(self, payment_id: str) -> Payment | None:
        loaded = self._store.payment(payment_id)
        return loaded.state if loaded else None


def _name(summed: Summed) -> str:
    return summed.account.partition(":")[2]


def _compared(summed: Summed, owed: Mapping[str, int], reason: Reason) -> Iterator[Difference]:
    """What an account does not hold of what we owe by it, unit by unit.

    Args:
        owed: positive where it is a credit of the account, as what customers hold is.
    """
    for unit in sorted(summed.amounts.keys() | owed.keys()):
        booked, found = -summed.amounts.get(unit, 0), owed.get(unit, 0)
        if booked != found:
            yield Difference(reason, summed.account, unit, booked, found)
