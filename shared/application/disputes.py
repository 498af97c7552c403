"""Disputes and inquiries: what the provider says of them, and what is frozen meanwhile (S2.7)."""

from collections.abc import Iterator
from datetime import timedelta

from shared.application.bookings import Bookings
from shared.application.payments import PROVIDER, CardPayments
from shared.application.ports import DisputeStatus, Payments, ProviderDispute
from shared.application.refund_desk import bought_with
from shared.application.store import Cause
from shared.domain import commands as bc
from shared.domain.booking import Booking, Status
from shared.domain.payment import commands as c
from shared.domain.payment.payment import Payment

_FOR_US = frozenset({DisputeStatus.WON, DisputeStatus.WARNING_CLOSED, DisputeStatus.PREVENTED})
_OPEN = (Status.HELD, Status.SCHEDULED, Status.LIVE, Status.ENDING)
_PAGE = 50
# No session that began longer ago is still running.
_LONGEST = timedelta(days=1)


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
            for booking in self._open_bookings(payment):
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
        for booking in self._open_bookings(payment):
            self._ask(booking, command, evidence)

    def _ask(self, booking: Booking, command: bc.Command, evidence: dict[str, str]) -> None:
        cause = Cause(type(command).__name__, PROVIDER, evidence)
        self._bookings.apply(booking.booking_id, command, cause)

    def _open_bookings(self, payment: Payment) -> Iterator[Booking]:
        """Bookings that are not over and that this payment stands behind, by card or lots."""
        if payment.customer_id is None:
            return
        cursor: str | None = None
        while True:
            page = self._bookings.store.bookings_of(payment.customer_id, cursor, _PAGE)
            for summary in page.items:
                if summary.status in _OPEN:
                    booking = self._bookings.load(summary.booking_id).state
                    if payment.payment_id in {h.payment_id for h in booking.holdings}:
                        yield booking
            cursor = page.cursor
            if cursor is None or page.items[-1].starts_at < self._bookings.clock.now() - _LONGEST:
                return
