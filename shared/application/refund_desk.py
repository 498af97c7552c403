"""Refunds that people ask for, and those that a manager decides on."""

from shared.application.payment_records import PaymentRecords
from shared.application.store import Cause, Replay, Store
from shared.domain.lots import Lot
from shared.domain.money import Money
from shared.domain.payment import commands as c
from shared.domain.payment.events import RefundReason
from shared.domain.payment.payment import Payment
from shared.domain.payment.refund_sources import sources
from shared.domain.policy import policy_of

# Who asked, as the trail names it; everybody else is at the desk.
_SOURCES = {"customer": "customer", "system": "worker"}


class RefundDesk:
    """Takes what a refund is made of from the balance, and asks the payment for it."""

    def __init__(self, payments: PaymentRecords) -> None:
        self._payments = payments

    def request(
        self,
        payment_id: str,
        refund_id: str,
        amount: Money | None,
        by: str,
        replay: Replay | None,
        *,
        our_fault: bool = False,
        reason: RefundReason | None = None,
        note: str | None = None,
    ) -> Payment:
        """Refund what of a payment is unused, or more where it was our fault (S2.3).

        Args:
            payment_id: to whose card it goes.
            refund_id: ours, unique; the idempotency key of the request makes it so.
            amount: None for all that may go back by the rules.
            by: "customer", "agent:<id>" or "system".
            our_fault: used minutes may go back too; agents alone may say so.
            reason: where it is neither a change of mind nor our fault.
            note: what an agent wrote about it, sealed.

        Raises:
            RuleBroken: with the fact: more than was captured or is unused, not above zero, another
                currency, the window is over, a bank asks.
            NotFound: no such payment.
        """
        why = reason or (RefundReason.OUR_FAULT if our_fault else RefundReason.CHANGE_OF_MIND)

        def command(payment: Payment) -> c.Command:
            if payment.refund(refund_id) is not None:
                return c.Tick()
            found = sources(
                payment,
                bought_with(payment, self._payments.store),
                amount,
                self._payments.clock.now(),
                policy_of(payment.policy_version),
                our_fault=our_fault,
            )
            return c.RequestRefund(
                refund_id, found.amount, why, by, taken=found.taken, goodwill=found.goodwill
            )

        cause = Cause("RequestRefund", _SOURCES.get(by, "desk"), {"refund": refund_id})
        texts = {refund_id: note} if note else None
        return self._payments.apply(payment_id, command, cause, replay=replay, texts=texts)

    def decide(self, payment_id: str, refund_id: str, by: str, *, approve: bool) -> Payment:
        """A manager approves or denies a refund that waits for him.

        Raises:
            NotFound: no such payment or refund.
            RuleBroken: it waits for nobody.
        """
        command = c.ApproveRefund(refund_id, by) if approve else c.DenyRefund(refund_id, by)
        cause = Cause(type(command).__name__, "desk", {"refund": refund_id})
        return self._payments.apply(payment_id, command, cause)


def bought_with(payment: Payment, store: Store) -> tuple[Lot, ...]:
    """The customer's unused lots that a payment bought."""
    if payment.customer_id is None:
        return ()
    return tuple(
        lot for lot in store.lots(payment.customer_id) if lot.payment_id == payment.payment_id
    )
