"""Cases that payments and bookings need: opened once per matter, and their numbers noted."""

from shared.application.bookings import Bookings
from shared.application.case_records import CaseRecords
from shared.application.payment_records import PaymentRecords
from shared.application.store import Cause
from shared.domain import commands as bc
from shared.domain import events as be
from shared.domain.case.events import About
from shared.domain.payment import commands as c
from shared.domain.payment import events as e


class PaymentCases:
    """Opens the cases that payments asked for."""

    def __init__(self, payments: PaymentRecords, cases: CaseRecords) -> None:
        self._payments = payments
        self._cases = cases

    def open(self, payment_id: str, effect_id: str) -> None:
        """Open the case of one matter, and note its number; repeating it does no harm."""
        payment = self._payments.load(payment_id).state
        if effect_id not in payment.pending:
            return
        needed = next(
            event
            for decision in self._payments.store.payment_history(payment_id)
            for event in decision.events
            if isinstance(event, e.CaseNeeded) and event.effect_id == effect_id
        )
        evidence = {"payment": payment_id, "matter": effect_id}
        case = self._cases.open(
            f"{payment_id}:{effect_id}",
            needed.kind,
            About(payment_id, payment.booking_id, payment.customer_id),
            needed.deadline,
            Cause("OpenCase", "worker", evidence),
            language=payment.language,
            facts={"matter": effect_id},
        )
        cause = Cause("NoteCase", "worker", {"case": case.number})
        self._payments.apply(payment_id, c.NoteCase(effect_id, case.number), cause)


class BookingCases:
    """Opens the cases that bookings asked for."""

    def __init__(self, bookings: Bookings, cases: CaseRecords) -> None:
        self._bookings = bookings
        self._cases = cases

    def open(self, booking_id: str, effect_id: str) -> None:
        """Open the case of one matter, and note its number; repeating it does no harm."""
        booking = self._bookings.load(booking_id).state
        if effect_id not in booking.pending:
            return
        needed = next(
            event
            for decision in self._bookings.store.history(booking_id)
            for event in decision.events
            if isinstance(event, be.CaseNeeded) and event.effect_id == effect_id
        )
        case = self._cases.open(
            f"{booking_id}:{effect_id}",
            needed.kind,
            About(None, booking_id, booking.customer_id),
            needed.deadline,
            Cause("OpenCase", "worker", {"matter": effect_id}),
            language=booking.language,
            facts={"matter": effect_id, "booking": booking_id},
        )
        cause = Cause("NoteCase", "worker", {"case": case.number})
        self._bookings.apply(booking_id, bc.NoteCase(effect_id, case.number), cause)
