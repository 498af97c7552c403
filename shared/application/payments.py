"""Paying for a booking by card: the intent, what the provider reports, money on its way back."""

from dataclasses import dataclass

from shared.application.bookings import Bookings
from shared.application.ports import Intent, IntentStatus, Payments, ProviderRefund, RefundStatus
from shared.application.store import Cause, FundsSpent, SlotTaken
from shared.domain import commands as c
from shared.domain.booking import CANCEL_INTENT, Booking, Refund, Status
from shared.domain.errors import Declined, OutcomeUnknown, RuleBroken, Unavailable

_PROVIDER = "payment provider"
_RETURNED_BY_HAND = "charge_already_refunded"
_DISPUTED = "charge_disputed"
_MOST_INTENTS = 3


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
        if booking.intent_id not in (None, intent.intent_id):
            # Another request was first; only the secret of the intent we noted is ever handed out.
            intent = self._provider.intent(str(booking.intent_id))
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
        refund = booking.refund(refund_id)
        if refund is None or refund.outcome is not None:
            return
        attempt = refund.attempt
        if asked_before:
            found = self._find(refund)
            if found is not None:
                self._note_refund(booking_id, refund_id, found)
                return
            cause = Cause("RetryRefund", "worker", {"refund": refund_id})
            self._bookings.apply(booking_id, c.RetryRefund(refund_id, attempt), cause)
            attempt += 1
        try:
            made = self._provider.create_refund(
                refund.intent_id,
                refund.amount,
                {"refund_id": refund_id, "booking_id": booking_id},
                f"refund:{refund_id}:{attempt}",
            )
        except Declined as declined:
            self._refund_declined(booking_id, refund_id, declined.code)
        else:
            self._note_refund(booking_id, refund_id, made)

    def refund_reported(self, provider_refund_id: str) -> None:
        """Something happened to a refund: ask the provider what, and decide on that alone."""
        found = self._provider.refund(provider_refund_id)
        booking_id, refund_id = found.metadata.get("booking_id"), found.metadata.get("refund_id")
        if booking_id is not None and refund_id is not None:
            self._note_refund(booking_id, refund_id, found)

    def _refund_declined(self, booking_id: str, refund_id: str, code: str) -> None:
        """The provider refuses: the money goes to the balance, unless it has gone back already."""
        command: c.NoteRefund | c.NoteRefundRefused = c.NoteRefundRefused(refund_id, code)
        if code == _RETURNED_BY_HAND:
            command = c.NoteRefund(refund_id, "by hand")
        elif code == _DISPUTED:
            raise Unavailable(code, "The bank decides about this payment; it is asked again later.")
        cause = Cause(type(command).__name__, _PROVIDER, {"code": code})
        self._bookings.apply(booking_id, command, cause)

    def _make_intent(self, booking: Booking) -> Intent:
        """Make the intent, or get the one made under the same key.

        A key replays even a stored failure of the provider for a day, so there are a few of them.
        An intent that a lost answer left behind takes no money: nobody was ever given its secret.
        """
        for attempt in range(1, _MOST_INTENTS):
            try:
                return self._intent_under(booking, attempt)
            except OutcomeUnknown:
                continue
        return self._intent_under(booking, _MOST_INTENTS)

    def _intent_under(self, booking: Booking, attempt: int) -> Intent:
        key = f"intent:{booking.booking_id}:{attempt}"
        metadata = {"booking_id": booking.booking_id}
        return self._provider.create_intent(booking.card_due, metadata, key)

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

    def _note_refund(self, booking_id: str, refund_id: str, found: ProviderRefund) -> None:
        """What the provider says of a refund; one that is on its way is asked for again later."""
        evidence = {"refund": found.provider_refund_id, "status": found.status}
        command: c.NoteRefund | c.NoteRefundRefused
        if found.status is RefundStatus.SUCCEEDED:
            command = c.NoteRefund(refund_id, found.provider_refund_id)
        elif found.status in (RefundStatus.FAILED, RefundStatus.CANCELED):
            command = c.NoteRefundRefused(refund_id, found.failure_reason or found.status)
        else:
            return
        cause = Cause(type(command).__name__, _PROVIDER, evidence)
        self._bookings.apply(booking_id, command, cause)
