"""Letters to customers: at least once, always the same id and text."""

from dataclasses import replace
from datetime import timedelta

from shared.application.bookings import Bookings
from shared.application.contacts import Contacts
from shared.application.links import Link, Links, Purpose
from shared.application.ports import Mail
from shared.application.store import Cause
from shared.domain import commands as c
from shared.domain.booking import Booking, Status
from shared.domain.declines import advice_on, advice_text
from shared.domain.errors import Declined
from shared.domain.events import Letter
from shared.domain.letters.booking_letters import Facts, write
from shared.domain.letters.ids import letter_of
from shared.domain.letters.mishap_letters import choice_text, why
from shared.domain.letters.payment_letters import PaymentFacts, PaymentLetter, write_payment
from shared.domain.letters.text import Text
from shared.domain.policy import policy_of

# Letters that are wrong once the session has begun, or was cancelled.
_BEFORE_START = frozenset({Letter.REMINDER, Letter.SESSION_DELAYED})
# ... and once both are joined, or the wait is over.
_WHILE_AWAITED = frozenset({Letter.PLEASE_WAIT, Letter.SUPERVISOR})


class Letters:
    """Sends what a booking asked to be sent."""

    def __init__(
        self, bookings: Bookings, contacts: Contacts, mail: Mail, links: Links, supervisor: str
    ) -> None:
        """Wire it.

        Args:
            links: by which customers answer.
            supervisor: the address of whoever can find another operator; empty for nobody.
        """
        self._bookings = bookings
        self._contacts = contacts
        self._mail = mail
        self._links = links
        self._supervisor = supervisor

    def send(self, booking_id: str, letter_id: str) -> None:
        """Send one letter that is still due, and note that it went out.

        Raises:
            Unavailable: the mail service did not take it; the same letter may be tried again.
        """
        booking = self._bookings.load(booking_id).state
        if letter_id not in booking.pending:
            return
        letter, matter = letter_of(letter_id)
        if _too_late(letter, matter, booking):
            self._refused(booking_id, letter_id, "too_late")
            return
        address = self._contacts.email(booking.customer_id)
        if letter is Letter.SUPERVISOR:
            address = self._supervisor or None
        if address is None:
            self._refused(booking_id, letter_id, "no_address")
            return
        text = self._write(letter, matter, booking)
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

    def _write(self, letter: Letter, matter: str, booking: Booking) -> Text:
        match letter:
            case Letter.PAYMENT_DECLINED:
                return _declined(booking, matter)
            case Letter.OFFER | Letter.NUMBER_WRONG:
                return write(letter, booking.language, self._asking(booking, matter))
            case Letter.CALLBACK:
                return write(letter, booking.language, self._calling_back(booking))
            case _:
                return write(letter, booking.language, _facts(booking))

    def _asking(self, booking: Booking, matter: str) -> Facts:
        """What a letter says that asks for an answer by its link."""
        facts = _facts(booking)
        offer = booking.offer("-".join(matter.split("-")[:2]))
        if offer is None:
            # While he is still awaited: his number can be corrected until the session is over.
            begun = booking.live_session.started_at
            until = begun + timedelta(seconds=policy_of(booking.policy_version).offer_valid)
            link = Link(Purpose.PHONES, booking.booking_id, "", until)
            return replace(facts, link=self._links.to(link))
        link = Link(Purpose.OFFER, booking.booking_id, offer.offer_id, offer.until)
        return replace(
            facts,
            bonus_seconds=offer.bonus or booking.bonus,
            choices=tuple(
                (
                    choice_text(choice, booking.language),
                    bool(offer.bonus) and choice in offer.with_bonus,
                )
                for choice in offer.choices
            ),
            until=offer.until,
            link=self._links.to(link),
        )

    def _calling_back(self, booking: Booking) -> Facts:
        called = booking.called_back
        if called is None or called.booking_id is None:
            return _facts(booking)
        again = self._bookings.load(called.booking_id).state
        return replace(_facts(booking), callback_at=again.starts_at)


def _too_late(letter: Letter, matter: str, booking: Booking) -> bool:
    """Whether what it says is not so any more."""
    if letter in _BEFORE_START:
        return booking.status not in (Status.HELD, Status.SCHEDULED)
    awaited = letter in _WHILE_AWAITED or (
        letter is Letter.NUMBER_WRONG and booking.offer(matter) is None
    )
    joined = booking.session is not None and booking.session.joined
    return awaited and (booking.status is not Status.LIVE or joined)


def _facts(booking: Booking) -> Facts:
    closed = booking.session.closed if booking.session else None
    judged = booking.judged
    return Facts(
        booking_id=booking.booking_id,
        starts_at=booking.starts_at,
        minutes=booking.seconds // 60,
        delay_minutes=-(-booking.delay // 60),
        why=why(judged.mishaps, judged.cause, booking.language) if judged else "",
        returned_seconds=closed.bill.unused if closed else 0,
        bonus_seconds=booking.bonus,
    )


def _declined(booking: Booking, code: str) -> Text:
    return write_payment(
        PaymentLetter.PAYMENT_DECLINED,
        booking.language,
        PaymentFacts(
            payment_id=str(booking.intent_id),
            amount=booking.card_due,
            moment=booking.created_at,
            booking_id=booking.booking_id,
            deadline=booking.hold_until,
            advice=advice_text(advice_on(code), booking.language),
        ),
    )
