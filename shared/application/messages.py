"""Letters to customers: at least once, always the same id and text."""

from shared.application.bookings import Bookings
from shared.application.ports import Mail
from shared.application.store import Cause, Contacts
from shared.domain import commands as c
from shared.domain.booking import Status
from shared.domain.errors import Declined
from shared.domain.events import Letter
from shared.domain.letters import Facts, write

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
        booking = self._bookings.load(booking_id).booking
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
        text = write(
            letter,
            booking.language,
            Facts(
                booking_id=booking_id,
                starts_at=booking.starts_at,
                minutes=booking.seconds // 60,
                amount=booking.card_due,
                delay_minutes=-(-booking.delay // 60),
            ),
        )
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
