"""Letters to customers: at least once, always the same id and text."""

from shared.application.bookings import Bookings
from shared.application.contacts import Contacts
from shared.application.ports import Mail
from shared.application.store import Cause
from shared.domain import commands as c
from shared.domain.booking import Booking, Status
from shared.domain.declines import advice_on, advice_text
from shared.domain.errors import Declined
from shared.domain.events import Letter
from shared.domain.letters import Facts, write
from shared.domain.payment_letters import PaymentFacts, PaymentLetter, write_payment
from shared.domain.text import Text

# Letters that are wrong once the session has begun, or was cancelled.
_BEFORE_START = frozenset({Letter.REMINDER, Letter.SESSION_DELAYED})


class Letters:
    """Sends what a booking asked to be sent."""

    def __init__(self, bookings: Bookings, contacts: Contacts, mail: Mail) -> None:
        self._bookings = bookings
        self._contacts = contacts
        self._mail = mail

    def send(self, booking_id: str, letter_id: str) -> None:
        """Send one letter that is still due, and note that it went out.

        Raises:
            Unavailable: the mail service did not take it; the same letter may be tried again.
        """
        booking = self._bookings.load(booking_id).state
        if letter_id not in booking.pending:
            return
        letter = Letter(letter_id.split("-")[1])
        if letter in _BEFORE_START and booking.status not in (Status.HELD, Status.SCHEDULED):
            self._refused(booking_id, letter_id, "too_late")
            return
        address = self._contacts.email(booking.customer_id)
        if address is None:
            self._refused(booking_id, letter_id, "no_address")
            return
        text = _write(letter, letter_id, booking)
        try:
            self._mail.send(address, text.subject, text.body, letter_id)
        except Declined as declined:
            self._refused(booking_id, letter_id, declined.code)
        else:
            cause = Cause("NoteLetterSent", "worker", {"letter": letter_id})
            self._bookings.apply(booking_id, c.NoteLetterSent(letter_id), cause)

    def _refused(self, booking_id: str, letter_id: str, code: str) -> None:
        cause = Cause("NoteLetterRefused", "worker", {"letter": letter_id})
        self._bookings.apply(booking_id, c.NoteLetterRefused(letter_id, code), cause)


def _write(letter: Letter, letter_id: str, booking: Booking) -> Text:
    if letter is Letter.PAYMENT_DECLINED:
        advice = advice_on(letter_id.rpartition("-")[2])
        return write_payment(
            PaymentLetter.PAYMENT_DECLINED,
            booking.language,
            PaymentFacts(
                payment_id=str(booking.intent_id),
                amount=booking.card_due,
                moment=booking.created_at,
                booking_id=booking.booking_id,
                deadline=booking.hold_until,
                advice=advice_text(advice, booking.language),
            ),
        )
    return write(
        letter,
        booking.language,
        Facts(
            booking_id=booking.booking_id,
            starts_at=booking.starts_at,
            minutes=booking.seconds // 60,
            delay_minutes=-(-booking.delay // 60),
        ),
    )
