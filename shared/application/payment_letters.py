"""Letters about money: at least once, always the same id and text."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.application.bookings import Bookings
from shared.application.choices import starts_near
from shared.application.contacts import Contacts
from shared.application.ports import Mail
from shared.application.receipts import Receipts, returned
from shared.application.store import Cause
from shared.domain.declines import advice_on, advice_text
from shared.domain.errors import Declined
from shared.domain.letters.payment_letters import PaymentFacts, PaymentLetter, write_payment
from shared.domain.letters.receipts import as_text
from shared.domain.money import Money
from shared.domain.payment import commands as c
from shared.domain.payment.payment import UNWATCHED, Payment
from shared.domain.policy import policy_of

# Questions and receipts have a page of their own.
_PAGES = {
    PaymentLetter.RECEIPT: "receipt",
    PaymentLetter.REFUND_RECEIPT: "refunds/{about}/receipt",
    PaymentLetter.DUPLICATE_QUESTION: "duplicate",
    PaymentLetter.LATE_PAYMENT_CHOICE: "choice",
}


class PaymentLetters:
    """Sends what a payment asked to be sent.

    Args:
        bookings: what was paid for.
        contacts: where to write to.
        mail: takes the letters.
        site: address of the customers' pages.
        receipts: what a letter about money that moved encloses.
    """

    def __init__(
        self,
        bookings: Bookings,
        contacts: Contacts,
        mail: Mail,
        site: str,
        receipts: Receipts,
    ) -> None:
        self._bookings = bookings
        self._payments = bookings.payments
        self._contacts = contacts
        self._mail = mail
        self._site = site
        self._receipts = receipts

    def send(self, payment_id: str, letter_id: str) -> None:
        """Send one letter that is still due, and note that it went out.

        Raises:
            Unavailable: the mail service did not take it; the same letter may be tried again.
        """
        payment = self._payments.load(payment_id).state
        due = payment.letters[letter_id]
        if due.letter not in UNWATCHED and letter_id not in payment.pending:
            return
        address = self._contacts.email(str(payment.customer_id))
        if address is None:
            self._refused(payment_id, letter_id, "no_address")
            return
        facts = self._facts(payment, due.letter, due.about)
        text = write_payment(due.letter, payment.language, facts)
        body = text.body + self._enclosed(payment, due.letter, due.about)
        try:
            self._mail.send(address, text.subject, body, letter_id)
        except Declined as declined:
            self._refused(payment_id, letter_id, declined.code)
        else:
            if due.letter not in UNWATCHED:
                cause = Cause("NoteLetterSent", "worker", {"letter": letter_id})
                self._payments.apply(payment_id, c.NoteLetterSent(letter_id), cause)

    def _facts(self, payment: Payment, letter: PaymentLetter, about: str) -> PaymentFacts:
        refund = payment.refund(about)
        advice = None
        if letter is PaymentLetter.PAYMENT_DECLINED:
            advice = advice_text(advice_on(about), payment.language)
        page = _PAGES.get(letter, "").format(about=about)
        return PaymentFacts(
            payment_id=payment.payment_id,
            amount=payment.captured if payment.captured.minor else payment.due,
            moment=refund.requested_at if refund else payment.captured_at or payment.opened_at,
            booking_id=payment.booking_id,
            refund=refund.amount if refund else _in_dispute(payment, about),
            card=payment.card,
            reason=refund.reason.value if refund and refund.reason else None,
            deadline=_deadline(payment, letter, about),
            answer_url=f"{self._site}/payments/{payment.payment_id}/{page}" if page else None,
            advice=advice,
            slots=starts_near(payment, self._bookings)
            if letter is PaymentLetter.LATE_PAYMENT_CHOICE
            else (),
        )

    def _enclosed(self, payment: Payment, letter: PaymentLetter, about: str) -> str:
        """The receipt behind a letter that reports what was paid or returned (S2.6)."""
        match letter:
            case PaymentLetter.RECEIPT:
                # As it was when it was paid: a letter that is sent again says the same.
                receipt = replace(self._receipts.of_payment(payment), refunds=())
            case PaymentLetter.REFUND_RECEIPT if returned(payment, about):
                receipt = self._receipts.of_refund(payment, about)
            case _:
                return ""
        return f"\n{as_text(receipt, payment.language)}"

    def _refused(self, payment_id: str, letter_id: str, code: str) -> None:
        cause = Cause("NoteLetterRefused", "worker", {"letter": letter_id})
        self._payments.apply(payment_id, c.NoteLetterRefused(letter_id, code), cause)


def _in_dispute(payment: Payment, about: str) -> Money | None:
    dispute = payment.dispute(about)
    return dispute.amount if dispute else None


def _deadline(payment: Payment, letter: PaymentLetter, about: str) -> datetime | None:
    refund = payment.refund(about)
    match letter:
        case PaymentLetter.DUPLICATE_QUESTION:
            return payment.question.answer_by if payment.question else None
        case PaymentLetter.PAYMENT_DECLINED:
            hold = timedelta(seconds=policy_of(payment.policy_version).payment_hold)
            return payment.opened_at + hold
        case _ if refund is not None:
            return refund.settle_by
        case _:
            return None
