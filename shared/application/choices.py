"""Paid when the slot was gone: another time, the balance or the money back, chosen once (S1.14)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.application.booking import BookingOffice, BookingRequest
from shared.application.bookings import Bookings
from shared.application.change import TRIES, payment_change
from shared.application.contacts import Contacts
from shared.application.operators import nearest_starts
from shared.application.refund_desk import RefundDesk, bought_with
from shared.application.store import Busy, Cause, KeyUsed, Replay, SlotTaken, StaleRead
from shared.domain.booking import Booking
from shared.domain.errors import Conflict, RuleBroken
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.payment.events import RefundReason
from shared.domain.payment.payment import Payment

_STARTS_OFFERED = 3
# All three choices use up this one key of a payment, each in the transaction that carries it out:
# of two at the same moment, one is made. No customer's id reads like its owner.
_OWNER = "late-choice"
_COMMAND = "Choose"


class Choice(StrEnum):
    """What becomes of money that came too late."""

    BALANCE = "balance"
    REFUND = "refund"
    SLOT = "slot"


@dataclass(frozen=True, slots=True)
class Made:
    """The choice of a customer.

    Args:
        booking_id: the new booking, where he chose another time.
    """

    choice: Choice
    booking_id: str | None = None


def was_asked(payment: Payment) -> bool:
    """Whether it came too late for its booking, so that the customer chooses."""
    asked = payment.was_written(PaymentLetter.LATE_PAYMENT_CHOICE)
    return asked and payment.booking_id is not None


def starts_near(payment: Payment, bookings: Bookings) -> tuple[datetime, ...]:
    """Free times of the same operator, those nearest to the one that was lost first, UTC."""
    if payment.booking_id is None:
        return ()
    lost = bookings.load(payment.booking_id).state
    return nearest_starts(
        bookings.store,
        lost.operator_id,
        lost.starts_at,
        lost.seconds,
        bookings.clock.now(),
        _STARTS_OFFERED,
    )


class LateChoices:
    """Takes the customer's choice and carries it out."""

    def __init__(
        self, bookings: Bookings, office: BookingOffice, desk: RefundDesk, contacts: Contacts
    ) -> None:
        self._bookings = bookings
        self._store = bookings.store
        self._office = office
        self._desk = desk
        self._contacts = contacts

    def made(self, payment: Payment) -> Made | None:
        """What was chosen; None while nothing is."""
        if payment.refund(_refund_id(payment.payment_id)) is not None:
            return Made(Choice.REFUND)
        used = self._store.replay(_OWNER, payment.payment_id)
        if used is not None:
            choice = Choice(used.fingerprint)
            return Made(choice, used.result if choice is Choice.SLOT else None)
        return self._noted(payment.payment_id)

    def starts(self, payment: Payment) -> tuple[datetime, ...]:
        """The times that are offered, UTC."""
        return starts_near(payment, self._bookings)

    def choose(self, payment_id: str, choice: Choice, starts_at: datetime | None) -> Made:
        """Carry out a choice; asked for again, it is done already.

        Args:
            payment_id: which payment.
            choice: what he wants.
            starts_at: of the other session, UTC; None for the nearest free time.

        Raises:
            RuleBroken: there is nothing to choose, something else was chosen, or the money is gone.
            SlotTaken: nobody is free then; he may choose again.
        """
        payment = self._bookings.payments.load(payment_id).state
        if not was_asked(payment):
            raise RuleBroken("nothing_to_choose", "There is nothing to choose about this payment.")
        made = self.made(payment)
        if made is None:
            made = self._carry_out(payment, choice, starts_at)
        if made.choice is not choice or self._is_another_time(made, starts_at):
            new = f", which is booking {made.booking_id}" if made.booking_id else ""
            raise RuleBroken("choice_made", f"You have chosen: {made.choice}{new}.")
        if made.booking_id is not None:
            # Keys are kept for some days only; the payment's trail is kept for good.
            self._note(payment_id, {"choice": choice, "booking": made.booking_id}, None)
        return made

    def _carry_out(self, payment: Payment, choice: Choice, starts_at: datetime | None) -> Made:
        """Do it, unless another choice was faster; what was chosen in the end."""
        if payment.locked and choice is not Choice.BALANCE:
            raise RuleBroken(
                "payment_disputed", "Your bank asks about this payment; it decides first."
            )
        once = Replay(_OWNER, payment.payment_id, choice, "")
        try:
            match choice:
                case Choice.BALANCE:
                    self._note(payment.payment_id, {"choice": choice}, once)
                case Choice.REFUND:
                    self._refund(payment, once)
                case Choice.SLOT:
                    self._book(payment, starts_at, once)
        except RuleBroken:
            present = self.made(self._bookings.payments.load(payment.payment_id).state)
            if present is None:
                raise
            return present
        present = self.made(self._bookings.payments.load(payment.payment_id).state)
        if present is None:
            raise Conflict("busy", "Too many changes at once; please try again.")
        return present

    def _is_another_time(self, made: Made, starts_at: datetime | None) -> bool:
        if made.booking_id is None or starts_at is None:
            return False
        return self._bookings.load(made.booking_id).state.first_starts_at != starts_at

    # --- the three ---------------------------------------------------------------------------

    def _refund(self, payment: Payment, once: Replay) -> None:
        payment_id = payment.payment_id
        self._desk.request(
            payment_id,
            _refund_id(payment_id),
            None,
            "customer",
            once,
            reason=RefundReason.LATE_PAYMENT,
        )

    def _book(self, payment: Payment, starts_at: datetime | None, once: Replay) -> None:
        if not any(lot.value.minor for lot in bought_with(payment, self._store)):
            raise RuleBroken("nothing_unused", "What this payment put on the balance is used.")
        lost = self._bookings.load(str(payment.booking_id)).state
        wanted = (starts_at,) if starts_at is not None else starts_near(payment, self._bookings)
        taken = SlotTaken("slot_taken", "Nobody is free near that time.", "starts_at")
        for start in wanted:
            try:
                self._office.book(self._request(lost, start), once)
            except SlotTaken as error:
                taken = error
            else:
                return
        raise taken

    def _request(self, lost: Booking, starts_at: datetime) -> BookingRequest:
        """The same session at another time; that he is of age he said when he booked the first."""
        customer = lost.customer_id
        phone = self._contacts.number(customer, lost.main_phone)
        if phone is None:
            raise RuleBroken("number_erased", "We do not know your number any more; book anew.")
        backup = lost.backup_phone
        return BookingRequest(
            customer_id=customer,
            email=None,
            operator_id=lost.operator_id,
            starts_at=starts_at,
            minutes=lost.seconds // 60,
            main_phone=phone,
            backup_phone=self._contacts.number(customer, backup) if backup else None,
            language=lost.language,
            adult=True,
            use_balance=True,
        )

    # --- the trail ---------------------------------------------------------------------------

    def _noted(self, payment_id: str) -> Made | None:
        for decision in self._store.payment_history(payment_id):
            if decision.cause.command == _COMMAND:
                evidence = decision.cause.evidence
                return Made(Choice(evidence["choice"]), evidence.get("booking"))
        return None

    def _note(self, payment_id: str, evidence: dict[str, str], once: Replay | None) -> None:
        """A decision that changes nothing of the payment itself, once in its trail."""
        for attempt in range(TRIES):
            loaded = self._bookings.payments.load(payment_id)
            if self._noted(payment_id) is not None:
                return
            cause = Cause(_COMMAND, "customer", evidence)
            now = self._bookings.clock.now()
            try:
                self._store.commit(payment_change(loaded, (), loaded.state, now, cause, once))
            except (StaleRead, Busy):
                self._bookings.pause(attempt)
            except KeyUsed:
                return  # another choice was faster
            else:
                return
        raise Conflict("busy", "Too many changes at once; please try again.")


def _refund_id(payment_id: str) -> str:
    return f"{payment_id}-late"
