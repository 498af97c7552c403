"""What agents and managers do about money; each deed is recorded with who did it."""

from dataclasses import dataclass

from shared.application.bookings import replayed
from shared.application.case_records import CaseRecords
from shared.application.contacts import Contacts
from shared.application.payment_records import PaymentRecords
from shared.application.refund_desk import RefundDesk
from shared.application.store import Cause, Replay
from shared.domain.case import commands as cc
from shared.domain.case.events import Outcome
from shared.domain.errors import Conflict, NotFound, RuleBroken
from shared.domain.money import Money
from shared.domain.payment import commands as c
from shared.domain.payment.claims import Refund
from shared.domain.payment.decide import disputed
from shared.domain.payment.duties import OWNER_UNKNOWN, approval_of, case_id
from shared.domain.payment.payment import Payment

_DESK = "desk"


@dataclass(frozen=True, slots=True)
class DeskRefund:
    """A refund an agent asked for, or a manager decided on.

    Args:
        case_number: of the case in which a manager decides, once there is one.
    """

    refund: Refund
    case_number: str | None


class MoneyDesk:
    """Refunds by hand, and payments that nobody was known for.

    Args:
        payments: the way every change of a payment takes.
        cases: those that such a deed settles.
        refunds: takes what a refund is made of from the balance.
        contacts: knows who is a customer, and seals what agents write.
    """

    def __init__(
        self, payments: PaymentRecords, cases: CaseRecords, refunds: RefundDesk, contacts: Contacts
    ) -> None:
        self._payments = payments
        self._cases = cases
        self._refunds = refunds
        self._contacts = contacts

    def refund(
        self,
        payment_id: str,
        refund_id: str,
        amount: Money,
        agent: str,
        replay: Replay,
        *,
        our_fault: bool,
        note: str | None,
    ) -> DeskRefund:
        """Ask for a refund; above the limit it waits for a manager.

        Args:
            refund_id: the idempotency key makes it unique.
            agent: "agent:<id>".
            note: what he wrote about it.

        Raises:
            RuleBroken: with the fact, as `RefundDesk.request` does; or the key came with another
                request.
            NotFound: no such payment.
        """
        replayed(self._payments.store, replay)
        present = self._payments.load(payment_id).state
        if present.locked and present.refund(refund_id) is None:
            # Said first: what the bank has frozen would look as if it had been used.
            raise disputed()
        payment = self._refunds.request(
            payment_id,
            refund_id,
            amount,
            agent,
            replay,
            our_fault=our_fault,
            note=self._contacts.seal(note, payment_context(payment_id)) if note else None,
        )
        return _shown(payment, refund_id)

    def decide(self, payment_id: str, refund_id: str, manager: str, *, approve: bool) -> DeskRefund:
        """Approve or deny a refund that waits for a manager, and close its case.

        Args:
            manager: "agent:<id>"; not the one who asked for it, where it is approved.

        Raises:
            NotFound: no such payment or refund.
            RuleBroken: it waits for nobody, or he asked for it himself.
        """
        payment = self._refunds.decide(payment_id, refund_id, manager, approve=approve)
        outcome = Outcome.REFUNDED if approve else Outcome.REFUSED
        self._close(payment, approval_of(refund_id), manager, outcome)
        return _shown(payment, refund_id)

    def assign(self, payment_id: str, customer_id: str, agent: str) -> Payment:
        """Give a payment that nobody was known for to a customer: its money is on his balance.

        Raises:
            NotFound: no such payment or customer.
            RuleBroken: it is a customer's already, was not captured, or a bank asks about it.
        """
        if self._contacts.email(customer_id) is None:
            raise NotFound("customer_unknown", "We know no such customer.", "customer_id")
        command = c.AssignCustomer(customer_id, agent)
        payment = self._payments.apply(payment_id, command, Cause("AssignCustomer", _DESK, {}))
        self._close(payment, OWNER_UNKNOWN, agent, Outcome.CREDITED)
        return payment

    def _close(self, payment: Payment, matter: str, by: str, outcome: Outcome) -> None:
        """Close the case of a matter; one that is not opened yet, or closed by hand, stays so."""
        number = payment.cases.get(case_id(matter))
        if number is None:
            return
        try:
            cause = Cause("CloseCase", _DESK, {"payment": payment.payment_id})
            self._cases.apply(number, cc.CloseCase(by, outcome), cause)
        except RuleBroken:
            return


def payment_context(payment_id: str) -> str:
    """What the notes about a payment are sealed for."""
    return f"payment:{payment_id}"


def _shown(payment: Payment, refund_id: str) -> DeskRefund:
    refund = payment.refund(refund_id)
    if refund is None:
        raise Conflict("busy", "Too many changes at once; please try again.")
    return DeskRefund(refund, payment.cases.get(case_id(approval_of(refund_id))))
