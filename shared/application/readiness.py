"""Asking operators before a session whether they will be there (S1.9)."""

from shared.application.bookings import Bookings
from shared.application.contacts import Contacts
from shared.application.ports import Mail
from shared.domain.booking import Status
from shared.domain.errors import Declined
from shared.domain.letters.mishap_letters import readiness_text


class ReadinessDesk:
    """Asks by e-mail; what the operator says comes through his side of the API."""

    def __init__(self, bookings: Bookings, contacts: Contacts, mail: Mail, site: str) -> None:
        self._bookings = bookings
        self._contacts = contacts
        self._mail = mail
        self._site = site

    def ask(self, booking_id: str, operator_id: str) -> None:
        """Write to the operator of a session that is to come; asked twice, it is the same letter.

        Raises:
            Unavailable: the mail service did not take it; the same letter may be tried again.
        """
        booking = self._bookings.load(booking_id).state
        if booking.status is not Status.SCHEDULED or booking.operator_id != operator_id:
            return
        address = self._contacts.email(operator_id)
        if address is None:
            return
        link = f"{self._site}/operator/sessions/{booking_id}"
        text = readiness_text(booking_id, booking.starts_at, booking.seconds // 60, link)
        letter_id = f"{booking_id}-ready-{booking.starts_at:%Y%m%d%H%M}"
        try:
            self._mail.send(address, text.subject, text.body, letter_id)
        except Declined:
            return  # his phone rings at the start all the same
