"""Money on its way back: asked of the provider once, looked up where the answer is unknown."""

from collections.abc import Callable

from shared.application.bookings import Bookings
from shared.application.paid_bookings import open_bookings_paid_by
from shared.application.payments import PROVIDER, CardPayments
from shared.application.ports import Payments, ProviderRefund, RefundStatus
from shared.application.refund_desk import bought_with
from shared.application.store import Cause
from shared.domain import commands as bc
from shared.domain.errors import Declined
from shared.domain.lots import Lot
from shared.domain.payment import claims
from shared.domain.payment import commands as c
from shared.domain.payment.claims import Refund
from shared.domain.payment.payment import Payment

# docs.stripe.com/error-codes: somebody refunded by hand what we were to refund.
_DONE_BY_HAND = frozenset({"charge_already_refunded", "amount_too_large"})
_DISPUTED = "charge_disputed"
_MOST_ROUNDS = 50


class Refunds:
    """The one way money goes back to a card.

    Args:
        bookings: those that a refund by hand undoes.
        provider: who pays it out.
        card_payments: records a payment that we did not know.
        check_disputes: asks the provider for the disputes of a payment.
    """

    def __init__(
        self,
        bookings: Bookings,
        provider: Payments,
        card_payments: CardPayments,
        check_disputes: Callable[[str], None],
    ) -> None:
        self._bookings = bookings
        self._payments = bookings.payments
        self._store = bookings.store
        self._provider = provider
        self._card_payments = card_payments
        self._check_disputes = check_disputes

    def send(self, payment_id: str, refund_id: str, *, asked_before: bool) -> None:
        """Send money back to the card it came from, once (S2.2, Never 2).

        Args:
            asked_before: the provider may have been asked already, so it is looked up first, and
                only a look-up that finds nothing leads to another attempt under another key.
        """
        payment = self._payments.load(payment_id).state
        refund = payment.refund(refund_id)
        if refund is None or not refund.status.is_open:
            return
        if refund.status is claims.RefundStatus.ACCEPTED and refund.provider_refund_id is not None:
            self._note(payment_id, refund_id, self._provider.refund(refund.provider_refund_id))
            return
        attempt = refund.attempt
        if asked_before:
            found = self._find(payment_id, refund)
            if found is not None:
                self._note(payment_id, refund_id, found)
                return
        if payment.locked:
            return  # the bank decides first; the refund is asked for again then (S2.7)
        if asked_before:
            cause = Cause("RetryRefund", "worker", {"refund": refund_id})
            self._payments.apply(payment_id, c.RetryRefund(refund_id, attempt), cause)
            attempt += 1
        try:
            made = self._provider.create_refund(
                payment_id,
                refund.amount,
                {"refund_id": refund_id, "payment_id": payment_id},
                f"refund:{refund_id}:{attempt}",
            )
        except Declined as declined:
            self._declined(payment_id, refund_id, declined.code)
        else:
            self._note(payment_id, refund_id, made)

    def reported(self, provider_refund_id: str) -> None:
        """Something happened to a refund: ask the provider what, and decide on that alone."""
        self.found(self._provider.refund(provider_refund_id))

    def compare(self, charge_id: str) -> None:
        """More or less of a charge went back than we know: ask for all its refunds."""
        charge = self._provider.charge(charge_id)
        self._check(charge.intent_id or charge_id)

    def found(self, refund: ProviderRefund) -> None:
        """What the provider says of a refund, ours or made by hand in its dashboard."""
        payment = self._card_payments.payment_of(
            refund.intent_id, refund.charge_id, {"refund": refund.provider_refund_id}
        )
        if payment is None:
            return
        payment_id = payment.payment_id
        ours = payment.refund(refund.metadata.get("refund_id", refund.provider_refund_id))
        if ours is not None and ours.provider_refund_id not in (None, refund.provider_refund_id):
            # Somebody had made one like it by hand meanwhile, which was taken for this one.
            ours = payment.refund(refund.provider_refund_id)
        if ours is not None and ours.reason is not None:
            self._note(payment_id, ours.refund_id, refund)
        else:
            self._by_hand(payment, ours, refund)

    def regain(self, payment_id: str) -> None:
        """Take back lots that a session gave back although their price had gone back (S2.7)."""
        cause = Cause("Regain", "worker", {})
        lots = self._lots(self._payments.load(payment_id).state)
        # One decision takes as many lots as one transaction can; the rest follow in further ones.
        for _ in range(_MOST_ROUNDS):
            payment = self._payments.apply(payment_id, lambda p: c.Regain(self._lots(p)), cause)
            before, lots = lots, self._lots(payment)
            if lots == before:
                return

    def _by_hand(self, payment: Payment, known: Refund | None, refund: ProviderRefund) -> None:
        """What was refunded in the dashboard is not owed, nor sold, any more."""
        payment_id, evidence = payment.payment_id, {"refund": refund.provider_refund_id}
        failed = refund.status in (RefundStatus.FAILED, RefundStatus.CANCELED)
        if failed:
            if known is not None:
                undone = c.NoteRefundRefused(known.refund_id, refund.failure_reason or "failed")
                self._payments.apply(payment_id, undone, Cause("UndoRefund", PROVIDER, evidence))
            return
        in_full = payment.refunded + refund.amount == payment.captured
        if known is None and in_full:
            cause = Cause("GiveUp", PROVIDER, evidence)
            paid = [b.booking_id for b in open_bookings_paid_by(payment, self._bookings)]
            # Its own is named by itself: the customer's list may be a moment behind.
            for booking_id in dict.fromkeys((payment.booking_id, *paid)):
                if booking_id is not None:
                    self._bookings.apply(booking_id, bc.GiveUp(payment_id), cause)
        self._payments.apply(
            payment_id,
            lambda p: c.SeeRefund(refund.provider_refund_id, refund.amount, self._lots(p)),
            Cause("SeeRefund", PROVIDER, evidence),
        )

    def _declined(self, payment_id: str, refund_id: str, code: str) -> None:
        """The provider refuses: the money goes to the balance, unless it has gone back already."""
        if code == _DISPUTED:
            self._check_disputes(payment_id)
            payment = self._payments.load(payment_id).state
            refund = payment.refund(refund_id)
            if payment.locked or refund is None:
                return  # it is asked for again when the bank has decided
            if not any(dispute.lost for dispute in payment.disputes):
                # The bank has decided for us meanwhile: the card takes it now (S2.2).
                cause = Cause("RetryRefund", PROVIDER, {"code": code})
                retry = c.RetryRefund(refund_id, refund.attempt)
                self._payments.apply(payment_id, retry, cause)
                return
        if code in _DONE_BY_HAND:
            self._check(payment_id)
            present = self._payments.load(payment_id).state.refund(refund_id)
            if present is None or not present.status.is_open:
                return
        cause = Cause("NoteRefundRefused", PROVIDER, {"code": code})
        self._payments.apply(payment_id, c.NoteRefundRefused(refund_id, code), cause)

    def _check(self, payment_id: str) -> None:
        for refund in self._provider.refunds_of(payment_id):
            self.found(refund)

    def _find(self, payment_id: str, refund: Refund) -> ProviderRefund | None:
        refunds = self._provider.refunds_of(payment_id)
        return next((r for r in refunds if r.metadata.get("refund_id") == refund.refund_id), None)

    def _note(self, payment_id: str, refund_id: str, found: ProviderRefund) -> None:
        """What the provider says of a refund of ours."""
        evidence = {"refund": found.provider_refund_id, "status": found.status.value}
        if found.status in (RefundStatus.FAILED, RefundStatus.CANCELED):
            refused = c.NoteRefundRefused(refund_id, found.failure_reason or found.status)
            self._payments.apply(
                payment_id, refused, Cause("NoteRefundRefused", PROVIDER, evidence)
            )
            return
        settled = found.status is RefundStatus.SUCCEEDED
        command = c.NoteRefund(refund_id, found.provider_refund_id, settled)
        self._payments.apply(payment_id, command, Cause("NoteRefund", PROVIDER, evidence))

    def _lots(self, payment: Payment) -> tuple[Lot, ...]:
        return bought_with(payment, self._store)
