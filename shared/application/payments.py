"""Paying for a booking by card: the intent, what the provider reports, money on its way back."""

from dataclasses import dataclass

from shared.application.bookings import Bookings
from shared.application.ports import Intent, IntentStatus, Payments, ProviderRefund
from shared.application.store import Cause, FundsSpent, SlotTaken
from shared.domain import commands as c
from shared.domain.booking import CANCEL_INTENT, Booking, Refund, Status
from shared.domain.errors import Declined, RuleBroken

_PROVIDER = "payment provider"
# The provider has returned this money already, by other hands: crediting it would pay it twice.
_RETURNED_ELSEWHERE = frozenset({"charge_already_refunded", "charge_disputed"})


@dataclass(frozen=True, slots=True)
class Checkout:
    """What the customer's browser needs to confirm a payment at the provider."""

    booking: Booking
    intent: Intent


class CardPayments:
    """The one way money comes in by card, and goes back."""

    def __init__(self, bookings: Bookings, provider: Payments) -> None:
        self._bookings = bookings
        self._provider = provider

    def start(self, booking_id: str) -> Checkout:
        """The payment intent of a held booking: one for life, however often asked for (S2.10).

        Raises:
            RuleBroken: there is nothing to pay, or not any more.
            Upstream: the provider did not answer.
        """
        booking = self._bookings.load(booking_id).booking
        if booking.status is not Status.HELD or booking.card_due.minor == 0:
            raise RuleBroken("nothing_to_pay", f"This booking is {booking.status}.")
        if booking.hold_until <= self._bookings.clock.now():
            raise RuleBroken("hold_over", "The slot was held until then and is free again.")
        if booking.intent_id is not None:
            return Checkout(booking, self._provider.intent(booking.intent_id))
        intent = self._make_intent(booking)
        cause = Cause("StartPayment", "customer", {"payment_intent": intent.intent_id})
        booking = self._bookings.apply(booking_id, c.NoteIntent(intent.intent_id), cause)
        return Checkout(booking, intent)

    def reported(self, intent_id: str, evidence: dict[str, str]) -> None:
        """Something happened to an intent: ask the provider what, and decide on that alone.

        Args:
            intent_id: from a webhook, which is not trusted further than this.
            evidence: ids for the timeline.
        """
        intent = self._provider.intent(intent_id)
        booking_id = intent.metadata.get("booking_id")
        if booking_id is None:
            return  # not a payment of a booking: another product on the same account
        evidence = {**evidence, "payment_intent": intent_id}
        if intent.status is IntentStatus.SUCCEEDED:
            self._settle(booking_id, intent, evidence)
        elif intent.status is IntentStatus.CANCELED:
            cause = Cause("NoteIntentCancelled", _PROVIDER, evidence)
            self._bookings.apply(booking_id, c.NoteIntentCancelled(intent_id), cause)
        elif intent.decline_code is not None:
            cause = Cause("DeclinePayment", _PROVIDER, evidence)
            command = c.DeclinePayment(intent_id, intent.decline_code)
            self._bookings.apply(booking_id, command, cause)

    def cancel_intent(self, booking_id: str) -> None:
        """The slot is released: no money must come any more; what came is settled (S2.10)."""
        booking = self._bookings.load(booking_id).booking
        if CANCEL_INTENT not in booking.pending:
            return
        # Where we do not know the id, an intent may have been made all the same: its key finds it.
        intent_id = booking.intent_id or self._make_intent(booking).intent_id
        intent = self._provider.cancel_intent(intent_id)
        evidence = {"payment_intent": intent_id}
        if intent.status is IntentStatus.SUCCEEDED:
            self._settle(booking_id, intent, evidence)
        else:
            cause = Cause("NoteIntentCancelled", "worker", evidence)
            self._bookings.apply(booking_id, c.NoteIntentCancelled(intent_id), cause)

    def refund(self, booking_id: str, refund_id: str, *, asked_before: bool) -> None:
        """Send money back to the card it came from, once (S2.2, Never 2).

        Args:
            asked_before: the provider may have been asked already, so it is looked up first, and
                only a look-up that finds nothing leads to another attempt under another key.
        """
        booking = self._bookings.load(booking_id).booking
        refund = next((r for r in booking.refunds if r.refund_id == refund_id), None)
        if refund is None or refund.outcome is not None:
            return
        if asked_before:
            found = self._find(refund)
            if found is not None:
                self._note_refund(booking_id, refund, found)
            else:
                cause = Cause("RetryRefund", "worker", {"refund": refund_id})
                command = c.RetryRefund(refund_id, refund.attempt)
                self._bookings.apply(booking_id, command, cause)
            return
        try:
            made = self._provider.create_refund(
                refund.intent_id,
                refund.amount,
                {"refund_id": refund_id, "booking_id": booking_id},
                f"refund:{refund_id}:{refund.attempt}",
            )
        except Declined as declined:
            if declined.code in _RETURNED_ELSEWHERE:
                raise
            cause = Cause("NoteRefundRefused", _PROVIDER, {"code": declined.code})
            self._bookings.apply(booking_id, c.NoteRefundRefused(refund_id, declined.code), cause)
        else:
            self._note_refund(booking_id, refund, made)

    def _make_intent(self, booking: Booking) -> Intent:
        return self._provider.create_intent(
            booking.card_due,
            {"booking_id": booking.booking_id},
            f"intent:{booking.booking_id}",
        )

    def _settle(self, booking_id: str, intent: Intent, evidence: dict[str, str]) -> None:
        evidence = {**evidence, "charge": intent.charge_id or ""}
        cause = Cause("ConfirmPayment", _PROVIDER, evidence)

        def confirm(*, reinstate: bool) -> None:
            command = c.ConfirmPayment(
                intent.intent_id, intent.charge_id, intent.received, reinstate
            )
            self._bookings.apply(booking_id, command, cause)

        try:
            confirm(reinstate=True)
        except (SlotTaken, FundsSpent):
            confirm(reinstate=False)

    def _find(self, refund: Refund) -> ProviderRefund | None:
        refunds = self._provider.refunds_of(refund.intent_id)
        return next((r for r in refunds if r.metadata.get("refund_id") == refund.refund_id), None)

    def _note_refund(self, booking_id: str, refund: Refund, made: ProviderRefund) -> None:
        cause = Cause("NoteRefund", _PROVIDER, {"refund": made.provider_refund_id})
        command = c.NoteRefund(refund.refund_id, made.provider_refund_id)
        self._bookings.apply(booking_id, command, cause)
