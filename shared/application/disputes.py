"""Disputes and inquiries: what the provider says of them, and what is frozen meanwhile (S2.7)."""

from shared.application.bookings import Bookings
from shared.application.paid_bookings import open_bookings_paid_by
from shared.application.payments import PROVIDER, CardPayments
from shared.application.ports import DisputeStatus, Payments, ProviderDispute
from shared.application.refund_desk import bought_with
from shared.application.store import Cause
from shared.domain import commands as bc
from shared.domain.booking import Booking
from shared.domain.payment import commands as c

_FOR_US = frozenset({DisputeStatus.WON, DisputeStatus.WARNING_CLOSED, DisputeStatus.PREVENTED})


class Disputes:
    """Takes note of what banks claim.

    Args:
        bookings: those that are frozen.
        provider: who tells us.
        card_payments: records a payment that we did not know.
    """

    def __init__(self, bookings: Bookings, provider: Payments, card_payments: CardPayments) -> None:
        self._bookings = bookings
        self._payments = bookings.payments
        self._provider = provider
        self._card_payments = card_payments

    def reported(self, dispute_id: str) -> None:
        """Something happened to a dispute: ask the provider what, and decide on that alone."""
        self.found(self._provider.dispute(dispute_id))

    def check(self, payment_id: str) -> None:
        """Ask the provider for the disputes of a payment."""
        for dispute in self._provider.disputes_of(payment_id):
            self.found(dispute)

    def found(self, dispute: ProviderDispute) -> None:
        """What the provider says of a dispute; repeating it does no harm."""
        payment = self._card_payments.payment_of(
            dispute.intent_id, dispute.charge_id, {"dispute": dispute.dispute_id}
        )
        if payment is None:
            return
        payment_id = payment.payment_id
        evidence = {"dispute": dispute.dispute_id, "status": dispute.status.value}
        if dispute.status is DisputeStatus.LOST:
            # What it paid for is given up first, so that its money covers the claim.
            for booking in open_bookings_paid_by(payment, self._bookings):
                self._ask(booking, bc.GiveUp(payment_id), evidence)
        lost = dispute.status is DisputeStatus.LOST
        over = lost or dispute.status in _FOR_US
        payment = self._payments.apply(
            payment_id,
            lambda state: c.NoteDispute(
                dispute_id=dispute.dispute_id,
                amount=dispute.amount,
                inquiry=dispute.status.is_inquiry,
                reason=dispute.reason,
                lost=lost if over else None,
                movements=tuple((m.transaction_id, m.amount, m.fee) for m in dispute.movements),
                lots=bought_with(state, self._payments.store),
            ),
            Cause("NoteDispute", PROVIDER, evidence),
        )
        command = bc.Freeze(payment_id) if payment.contested else bc.Thaw(payment_id)
        for booking in open_bookings_paid_by(payment, self._bookings):
            self._ask(booking, command, evidence)

    def _ask(self, booking: Booking, command: bc.Command, evidence: dict[str, str]) -> None:
        cause = Cause(type(command).__name__, PROVIDER, evidence)
        self._bookings.apply(booking.booking_id, command, cause)
