"""Receipts of payments and refunds: what is known of them, put together for the customer (S2.6)."""

from shared.application.bookings import Bookings
from shared.application.contacts import Contacts
from shared.domain.booking import Booking
from shared.domain.errors import NotFound, RuleBroken
from shared.domain.letters.receipts import PaidSession, Receipt, ReceiptKind, Returned, Seller
from shared.domain.letters.shown import masked_phone
from shared.domain.payment.claims import RefundStatus
from shared.domain.payment.payment import Payment
from shared.domain.policy import policy_of

# The provider is on it, or has paid it out: before that nothing has been returned.
_RETURNED = (RefundStatus.ACCEPTED, RefundStatus.SETTLED)
_ERASED = "•••"


class Receipts:
    """Writes receipts.

    Args:
        bookings: what was paid for.
        contacts: knows the number that is called, which is shown masked.
        seller: who sold it.
    """

    def __init__(self, bookings: Bookings, contacts: Contacts, seller: Seller) -> None:
        self._bookings = bookings
        self._contacts = contacts
        self._seller = seller

    def of_payment(self, payment: Payment) -> Receipt:
        """The receipt of a payment, with what went back of it so far.

        Raises:
            RuleBroken: nothing was paid on it.
        """
        if payment.captured_at is None:
            raise RuleBroken("payment_not_captured", "Nothing was paid on this payment.")
        return Receipt(
            number=f"P-{payment.payment_id}",
            kind=ReceiptKind.PAYMENT,
            payment_id=payment.payment_id,
            session=self._session(payment),
            amount=payment.captured,
            tax_rate=policy_of(payment.policy_version).tax_rate,
            card=payment.card,
            moment=payment.captured_at,
            refunds=tuple(
                Returned(refund.refund_id, refund.requested_at, refund.amount)
                for refund in payment.refunds
                if returned(payment, refund.refund_id)
            ),
            seller=self._seller,
        )

    def of_refund(self, payment: Payment, refund_id: str) -> Receipt:
        """The receipt of one refund of a payment.

        Raises:
            NotFound: the payment has no such refund.
            RuleBroken: it has not been sent, or its money came back.
        """
        refund = payment.refund(refund_id)
        if refund is None:
            raise NotFound("refund_unknown", "This payment has no such refund.", "refund_id")
        if not returned(payment, refund_id):
            raise RuleBroken("refund_not_made", f"This refund is {refund.status}.")
        return Receipt(
            number=f"R-{refund.refund_id}",
            kind=ReceiptKind.REFUND,
            payment_id=payment.payment_id,
            session=self._session(payment),
            amount=refund.amount,
            tax_rate=policy_of(payment.policy_version).tax_rate,
            card=payment.card,
            moment=refund.requested_at,
            refunds=(),
            seller=self._seller,
        )

    def _session(self, payment: Payment) -> PaidSession | None:
        if payment.booking_id is None:
            return None
        booking = self._bookings.load(payment.booking_id).state
        operator = self._bookings.store.operator(booking.operator_id)
        return PaidSession(
            booking_id=booking.booking_id,
            operator=operator.name if operator else booking.operator_id,
            starts_at=booking.starts_at,
            minutes=booking.booked_seconds // 60,
            phone=self._phone(booking),
        )

    def _phone(self, booking: Booking) -> str:
        number = self._contacts.number(booking.customer_id, booking.main_phone)
        return masked_phone(number) if number else _ERASED


def returned(payment: Payment, refund_id: str) -> bool:
    """Whether a refund of a payment is with the provider or paid out."""
    refund = payment.refund(refund_id)
    return refund is not None and refund.status in _RETURNED
