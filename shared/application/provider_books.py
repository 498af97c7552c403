"""The provider's own lists of a period against our payments and what the entries say of them.

First the lists are gone through page by page, and what is not plainly right is put aside; then
each of those is read again, one by one, on both sides, and only that decides. So a report costs a
request per hundred objects, and an answer that was out of date for a moment is no difference.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched

from shared.application.account_sums import AccountSums
from shared.application.differences import Difference, Explanation, Reason
from shared.application.ports import (
    Clock,
    Payments,
    ProviderCharge,
    ProviderDispute,
    ProviderRefund,
    RefundStatus,
)
from shared.application.store import PaymentSummary, Store
from shared.domain.errors import NotFound
from shared.domain.payment.claims import Refund
from shared.domain.payment.claims import RefundStatus as OurStatus
from shared.domain.payment.payment import Payment, Status
from shared.domain.policy import CURRENT

_PAGE = 100
# What was paid just before a period begins is noted after it has begun.
_BEFORE = timedelta(hours=1)
_GONE = frozenset({RefundStatus.FAILED, RefundStatus.CANCELED})

Finding = Difference | Explanation


@dataclass(frozen=True, slots=True)
class Suspect:
    """A payment that is read again.

    Args:
        charge_id: the provider's, where a list showed it.
    """

    payment_id: str
    charge_id: str | None


class ProviderBooks:
    """Compares; reads, and changes nothing.

    Args:
        store: the table.
        provider: whose lists they are.
        clock: business time.
    """

    def __init__(self, store: Store, provider: Payments, clock: Clock) -> None:
        self._store, self._provider, self._clock = store, provider, clock

    # --- the lists --------------------------------------------------------------------------------

    def suspects(self, sums: AccountSums, first: datetime, last: datetime) -> Iterator[Suspect]:
        """Payments of a period that are not plainly right; one may come more than once.

        Args:
            sums: the entries of the period and of all days since.
            first: UTC.
            last: the first moment that does not belong to it.
        """
        last -= timedelta(seconds=1)  # the provider's times are whole seconds, both ends taken in
        charges = self._provider.charges_created(first - _BEFORE, last)
        for page in batched(charges, _PAGE, strict=False):
            ours = self._ours(charge.intent_id or charge.charge_id for charge in page)
            booked = sums.at_provider([*ours])
            sums.see([*ours])
            for charge in page:
                payment_id = charge.intent_id or charge.charge_id
                known = ours.get(payment_id)
                complete = charge.created >= first
                net = booked.get(payment_id, 0) if complete else None
                if charge.captured.minor and not _plainly_right(charge, known, net):
                    yield Suspect(payment_id, charge.charge_id)
        for refunds in batched(self._provider.refunds_created(first, last), _PAGE, strict=False):
            ours = self._ours(refund.intent_id or str(refund.charge_id) for refund in refunds)
            for refund in refunds:
                payment_id = refund.intent_id or str(refund.charge_id)
                known = ours.get(payment_id)
                counted = known is not None and refund.provider_refund_id in known.provider_refunds
                if known is None or counted is not (refund.status is RefundStatus.SUCCEEDED):
                    yield Suspect(payment_id, refund.charge_id)
        for dispute in self._provider.disputes_created(first, last):
            yield Suspect(dispute.intent_id or dispute.charge_id, dispute.charge_id)
        for payment_id in sums.unseen():
            yield Suspect(payment_id, None)

    def _ours(self, payment_ids: Iterable[str]) -> dict[str, PaymentSummary]:
        return dict(self._store.payment_summaries(sorted(set(payment_ids))))

    # --- one payment ------------------------------------------------------------------------------

    def look(self, suspect: Suspect, sums: AccountSums, first: datetime) -> Iterator[Finding]:
        """What is wrong with a payment, and what explains that it is not the same on both sides.

        Args:
            sums: the entries since `first`.
            first: the entries of a payment that was made before are not all there.
        """
        payment_id = suspect.payment_id
        loaded = self._store.payment(payment_id)
        payment = loaded.state if loaded and loaded.state.status is Status.CAPTURED else None
        charge = self._charge(suspect)
        if charge is None or charge.captured.minor == 0:
            if payment is not None:
                took = payment.captured
                yield Difference(Reason.UNKNOWN_THERE, payment_id, took.currency, took.minor, 0)
            return
        if payment is None:
            took = charge.captured
            unknown = Difference(Reason.UNKNOWN_HERE, payment_id, took.currency, 0, took.minor)
            yield Explanation.PROVIDER_JUST_NOW if self._is_young(charge.created) else unknown
            return
        findings = [*self._money_of(payment, charge), *self._refunds_of(payment)]
        disputes = self._disputes(payment, charge)
        for dispute in disputes:
            findings += self._dispute_of(payment, dispute)
        if charge.created >= first and not any(isinstance(f, Difference) for f in findings):
            findings += _posted(payment, disputes, sums)
        yield from findings

    def _charge(self, suspect: Suspect) -> ProviderCharge | None:
        try:
            charge_id = suspect.charge_id
            if charge_id is None:
                charge_id = self._provider.intent(suspect.payment_id).charge_id
            return self._provider.charge(charge_id) if charge_id else None
        except NotFound:
            return None

    def _is_young(self, created: datetime) -> bool:
        """Whether it happened so lately that it need not be noted here yet."""
        return self._clock.now() - created < timedelta(seconds=CURRENT.reconciled_within)

    def _money_of(self, payment: Payment, charge: ProviderCharge) -> Iterator[Finding]:
        ours, theirs = payment.captured, charge.captured
        if ours != theirs:
            yield Difference(
                Reason.AMOUNT_DIFFERS,
                payment.payment_id,
                theirs.currency,
                ours.minor,
                theirs.minor,
            )

    # --- refunds ----------------------------------------------------------------------------------

    def _refunds_of(self, payment: Payment) -> Iterator[Finding]:
        theirs = self._provider.refunds_of(payment.payment_id)
        for refund in theirs:
            ours = payment.refund(refund.provider_refund_id) or payment.refund(
                refund.metadata.get("refund_id", "")
            )
            yield from self._refund(ours, refund)
        known = {refund.provider_refund_id for refund in theirs}
        for ours in payment.refunds:
            if ours.status is OurStatus.SETTLED and ours.provider_refund_id not in known:
                currency = ours.amount.currency
                yield Difference(
                    Reason.REFUNDED_DIFFERS, ours.refund_id, currency, ours.amount.minor, 0
                )

    def _refund(self, ours: Refund | None, theirs: ProviderRefund) -> Iterator[Finding]:
        counted = ours.amount.minor if ours and ours.status is OurStatus.SETTLED else 0
        paid = theirs.amount.minor if theirs.status is RefundStatus.SUCCEEDED else 0
        if counted == paid:
            return
        failed = theirs.status in _GONE
        reason = Reason.FAILED_REFUND_COUNTED if failed else Reason.REFUNDED_DIFFERS
        # One on its way is asked for again now and then, should nobody tell us of its end.
        on_its_way = ours is not None and ours.status.is_open
        since = self._clock.now() - theirs.created
        if on_its_way and since < timedelta(seconds=CURRENT.provider_read_every):
            yield Explanation.REFUND_ON_ITS_WAY
        elif self._is_young(theirs.created):
            yield Explanation.PROVIDER_JUST_NOW
        else:
            refund_id = theirs.provider_refund_id
            yield Difference(reason, refund_id, theirs.amount.currency, counted, paid)

    # --- disputes ---------------------------------------------------------------------------------

    def _disputes(self, payment: Payment, charge: ProviderCharge) -> tuple[ProviderDispute, ...]:
        if not charge.disputed:
            return ()
        return tuple(self._provider.disputes_of(payment.payment_id))

    def _dispute_of(self, payment: Payment, theirs: ProviderDispute) -> Iterator[Finding]:
        ours = payment.dispute(theirs.dispute_id)
        young = self._is_young(theirs.created)
        if ours is None:
            amount = theirs.amount
            unknown = Difference(
                Reason.DISPUTE_UNKNOWN_HERE, theirs.dispute_id, amount.currency, 0, amount.minor
            )
            yield Explanation.PROVIDER_JUST_NOW if young else unknown
            return
        for movement in theirs.movements:
            if movement.transaction_id not in ours.movements:
                missing = Difference(
                    Reason.MOVEMENT_NOT_POSTED,
                    movement.transaction_id,
                    movement.currency,
                    0,
                    movement.amount - movement.fee,
                )
                yield Explanation.PROVIDER_JUST_NOW if young else missing


def _plainly_right(charge: ProviderCharge, known: PaymentSummary | None, net: int | None) -> bool:
    """Whether a charge without a dispute is all the same here, and in the entries.

    Args:
        net: what the entries say the provider holds of it; None where some were not read.
    """
    left = charge.captured.minor - charge.refunded.minor
    return (
        known is not None
        and known.status is Status.CAPTURED
        and not charge.disputed
        and known.captured == charge.captured
        and known.refunded == charge.refunded.minor
        and net in (None, left)
    )


def _posted(
    payment: Payment, disputes: Iterable[ProviderDispute], sums: AccountSums
) -> Iterator[Finding]:
    """Where both sides agree on what happened: whether the entries say just that."""
    settled = sum(r.amount.minor for r in payment.refunds if r.status is OurStatus.SETTLED)
    movements = [movement for dispute in disputes for movement in dispute.movements]
    posted = {transaction for dispute in payment.disputes for transaction in dispute.movements}
    moved = [movement for movement in movements if movement.transaction_id in posted]
    owed = payment.captured.minor - settled + sum(m.amount - m.fee for m in moved)
    booked = sums.at_provider([payment.payment_id]).get(payment.payment_id, 0)
    if booked != owed:
        fees = [m.fee for m in moved if m.fee]
        reason = Reason.POSTING_DIFFERS
        if booked - owed in (*fees, sum(fees)):
            reason = Reason.FEE_NOT_POSTED
        yield Difference(reason, payment.payment_id, payment.captured.currency, booked, owed)
