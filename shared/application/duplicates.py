"""Payments that were not meant: returned where certain, asked about where not (S2.1)."""

from collections.abc import Iterator
from datetime import timedelta

from shared.application.bookings import Bookings
from shared.application.refund_desk import RefundDesk, bought_with
from shared.application.store import Cause
from shared.domain import commands as bc
from shared.domain.booking import Booking, Status
from shared.domain.duplicates import AskedSession, AskedTopUp, Kind, Purchase, judge
from shared.domain.errors import RuleBroken
from shared.domain.payment import commands as c
from shared.domain.payment import payment as paid
from shared.domain.payment.events import RefundReason
from shared.domain.payment.payment import Payment
from shared.domain.policy import policy_of

# Of a customer's sessions those with the latest start are looked at.
_MOST_BOOKINGS = 20


class DuplicateWatch:
    """Looks at each payment that was captured, next to those of the same customer and card."""

    def __init__(self, bookings: Bookings, desk: RefundDesk) -> None:
        self._bookings = bookings
        self._payments = bookings.payments
        self._desk = desk

    def look(self, payment: Payment) -> None:
        """Judge a payment, and do what follows; repeating it does no harm."""
        new = self._purchase(payment)
        if new is None:
            return
        policy = policy_of(payment.policy_version)
        longest = timedelta(seconds=max(policy.duplicate_window, policy.duplicate_unseen_window))
        earlier = [
            purchase
            for payment_id in self._candidates(payment, new, longest)
            if (purchase := self._purchase(self._payments.load(payment_id).state)) is not None
        ]
        verdict = judge(
            new,
            earlier,
            window=policy.duplicate_window,
            unseen_window=policy.duplicate_unseen_window,
        )
        if verdict.extra is None or verdict.of is None:
            return
        if verdict.kind is Kind.CERTAIN:
            self.give_back(verdict.extra)
        else:
            suspect = c.SuspectDuplicate(verdict.of, verdict.reason.value)
            cause = Cause("Judge", "worker", {"of": verdict.of, "why": verdict.reason.value})
            self._payments.apply(verdict.extra, suspect, cause)

    def answer(self, payment_id: str, *, wanted_both: bool) -> Payment:
        """The customer's answer: one settles it.

        Raises:
            RuleBroken: nobody asked, or a person looks at it by now.
        """
        cause = Cause("AnswerDuplicate", "customer", {"wanted_both": str(wanted_both).lower()})
        return self._payments.apply(payment_id, c.AnswerDuplicate(wanted_both), cause)

    def give_back(self, payment_id: str) -> None:
        """Return a payment that was not meant, with what it bought; a person where that is used."""
        payment = self._payments.load(payment_id).state
        if any(refund.reason is RefundReason.DUPLICATE for refund in payment.refunds):
            return
        booking = self._bought(payment)
        try:
            if booking is not None:
                cause = Cause("Cancel", "worker", {"duplicate": payment_id})
                cancel = bc.Cancel(RefundReason.DUPLICATE)
                self._bookings.apply(booking.booking_id, cancel, cause)
            elif payment.refundable.minor:
                self._desk.request(
                    payment_id,
                    f"{payment_id}-duplicate",
                    None,
                    "system",
                    None,
                    reason=RefundReason.DUPLICATE,
                )
        except RuleBroken:
            cause = Cause("KeepDuplicate", "worker", {})
            self._payments.apply(payment_id, c.KeepDuplicate(), cause)

    def _bought(self, payment: Payment) -> Booking | None:
        """The booking that a payment went to; None where it was returned or credited instead."""
        if payment.booking_id is None:
            return None
        booking = self._bookings.load(payment.booking_id).state
        own = booking.paid_by_card and booking.intent_id == payment.payment_id
        return booking if own and booking.status is not Status.CANCELLED else None

    def _candidates(self, payment: Payment, new: Purchase, longest: timedelta) -> list[str]:
        """Payments of the same customer or card, and of sessions that this one may overlap."""
        since, store = new.paid_at - longest, self._payments.store
        found = list(store.payments_since(new.customer_id, since))
        if payment.card is not None:
            found += store.payments_by_card(payment.card.fingerprint, since)
        if isinstance(new.item, AskedSession):
            found += self._overlapping(new.customer_id, new.booking_id, new.item)
        return [each for each in dict.fromkeys(found) if each != payment.payment_id]

    def _overlapping(
        self, customer_id: str, booking_id: str | None, item: AskedSession
    ) -> Iterator[str]:
        """The card payments of a customer's other sessions at the same time."""
        page = self._bookings.store.bookings_of(customer_id, None, _MOST_BOOKINGS)
        for row in page.items:
            other = AskedSession(None, row.starts_at, row.seconds)
            is_another = row.status is Status.SCHEDULED and row.booking_id != booking_id
            if is_another and other.overlaps(item):
                booking = self._bookings.load(row.booking_id).state
                if booking.paid_by_card and booking.intent_id is not None:
                    yield booking.intent_id

    def _purchase(self, payment: Payment) -> Purchase | None:
        """A payment with all we know of how it came about; None where nobody of ours made it."""
        if payment.customer_id is None or payment.captured_at is None:
            return None
        booking = None
        if payment.booking_id is not None:
            booking = self._bookings.load(payment.booking_id).state
        item: AskedSession | AskedTopUp = AskedTopUp(payment.captured)
        if booking is not None:
            first, seconds = booking.first_starts_at, booking.booked_seconds
            item = AskedSession(booking.asked_operator, first, seconds)
        return Purchase(
            payment_id=payment.payment_id,
            customer_id=payment.customer_id,
            booking_id=payment.booking_id,
            checkout=booking.checkout if booking else payment.checkout,
            item=item,
            amount=payment.captured,
            due=booking.card_due if booking else payment.due,
            card=payment.card.fingerprint if payment.card else None,
            requested_at=booking.created_at if booking else payment.opened_at,
            paid_at=payment.captured_at,
            shown_at=payment.shown_at,
            used=self._is_used(payment, booking),
            returned=_is_returned(payment, booking),
        )

    def _is_used(self, payment: Payment, booking: Booking | None) -> bool:
        if booking is not None:
            return booking.session is not None
        unused = sum(lot.value.minor for lot in bought_with(payment, self._payments.store))
        return unused < payment.captured.minor


def _is_returned(payment: Payment, booking: Booking | None) -> bool:
    gone = booking is not None and booking.status is Status.CANCELLED
    return (
        gone or payment.refunded == payment.captured or payment.status is not paid.Status.CAPTURED
    )
