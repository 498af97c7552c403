"""A payment's whole trail: every decision with its cause, what moved, who was told (S2.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.application.contacts import Contacts
from shared.application.money_desk import payment_context
from shared.application.payment_records import PaymentRecords
from shared.application.store import Decision
from shared.domain import events as be
from shared.domain.case.case import Case
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.payment import events as e
from shared.domain.payment.payment import UNWATCHED, Payment

# What a booking decides about money; the rest of its history is about the session.
_MONEY = (
    be.BookingHeld,
    be.IntentMade,
    be.PaymentDeclined,
    be.PaymentConfirmed,
    be.PaymentCredited,
    be.BookingReinstated,
    be.BookingExpired,
    be.BookingCancelled,
    be.CardReturned,
    be.PaymentUnwanted,
    be.HoldExtended,
    be.BookingFrozen,
    be.BookingThawed,
    be.SessionClosed,
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter about the payment.

    Args:
        about: the refund, dispute or decline it speaks of.
        status: "due", "sent" or "refused"; "handed_over" where nobody waits for more.
        at: when it came to that, UTC.
    """

    letter_id: str
    letter: PaymentLetter
    about: str
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Trail:
    """Everything we know of a payment.

    Args:
        booking: decisions about money of the booking it paid for.
        cases: each with the matter it was opened for.
        notes: what agents wrote, by refund.
    """

    payment: Payment
    history: Sequence[Decision]
    booking: Sequence[Decision]
    cases: Sequence[tuple[str, Case]]
    letters: Sequence[Sent]
    notes: dict[str, str]


class PaymentTrails:
    """Puts trails together.

    Args:
        payments: the way to every payment, and to the table.
        contacts: opens what agents wrote.
    """

    def __init__(self, payments: PaymentRecords, contacts: Contacts) -> None:
        self._payments = payments
        self._store = payments.store
        self._contacts = contacts

    def of(self, payment_id: str) -> Trail:
        """The trail of a payment.

        Raises:
            NotFound: we know none of this id.
        """
        payment = self._payments.load(payment_id).state
        history = self._store.payment_history(payment_id)
        context = payment_context(payment_id)
        return Trail(
            payment=payment,
            history=history,
            booking=self._about_money(payment.booking_id) if payment.booking_id else (),
            cases=[
                (matter, loaded.state)
                for matter, number in payment.cases.items()
                if number is not None and (loaded := self._store.case(number)) is not None
            ],
            letters=_letters(history),
            notes={
                refund_id: self._contacts.open(sealed, context)
                for refund_id, sealed in self._store.texts(payment_id).items()
            },
        )

    def _about_money(self, booking_id: str) -> list[Decision]:
        return [
            Decision(decision.version, decision.at, decision.cause, events, decision.postings)
            for decision in self._store.history(booking_id)
            if (events := tuple(one for one in decision.events if isinstance(one, _MONEY)))
            or decision.postings
        ]


def _letters(history: Sequence[Decision]) -> list[Sent]:
    letters: dict[str, Sent] = {}
    for decision in history:
        for event in decision.events:
            match event:
                case e.LetterDue():
                    status = "handed_over" if event.letter in UNWATCHED else "due"
                    due = Sent(event.letter_id, event.letter, event.about, status, decision.at)
                    letters[event.letter_id] = due
                case e.LetterSent() | e.LetterRefused():
                    due = letters[event.letter_id]
                    status = "sent" if isinstance(event, e.LetterSent) else "refused"
                    letters[event.letter_id] = Sent(
                        due.letter_id, due.letter, due.about, status, decision.at
                    )
                case _:
                    pass
    return list(letters.values())
