"""Refunds (docs.stripe.com/refunds)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from infra.local.payments import charge_objects
from infra.local.payments.disputes import Disputes
from infra.local.payments.errors import invalid
from infra.local.payments.model import Cause, PaymentsModel
from infra.local.payments.objects import Json
from shared.domain.money import Money


class Refunds:
    """Money on its way back.

    Args:
        model: the account.
        disputes: may forbid it.
    """

    def __init__(self, model: PaymentsModel, disputes: Disputes) -> None:
        self._model = model
        self._disputes = disputes
        # docs.stripe.com/testing#refunds says such refunds change state later, not when.
        self.settle_after = timedelta(minutes=1)

    def create(
        self,
        charge: Json,
        amount: int | None,
        metadata: Mapping[str, str],
        reason: str | None,
        cause: Cause,
        now: datetime,
    ) -> Json:
        """Give money back, all that is left where no amount is given.

        Raises:
            ApiError: 400 where the charge took no money, is charged back, has been refunded, or
                has less left.
        """
        model, wanted = self._model, self._allowed(charge, amount)
        way = model.cards[charge["payment_method"]].refunds
        refund = charge_objects.refund(
            model.new_id("re"),
            charge,
            wanted,
            metadata,
            reason,
            "pending" if way == "settle" else "succeeded",
            now,
        )
        refund["balance_transaction"] = model.move("refund", "refund", refund, -wanted, now)["id"]
        model.refunds.add(refund)
        if way != "succeed":
            end = "succeeded" if way == "settle" else "failed"
            model.later(now + self.settle_after, lambda at: self._settle(refund, end, at))
        _count(charge, wanted)
        model.emit("refund.created", refund, cause, now)
        model.emit("charge.refunded", charge, cause, now)
        self._disputes.note_refund(charge, now)
        return refund

    def paid_charge_of(self, intent_id: str) -> Json:
        """The charge that took an intent's money.

        Raises:
            ApiError: 404 without such an intent, 400 where it has not been paid.
        """
        intent = self._model.find("payment_intent", intent_id, "payment_intent")
        if intent["status"] != "succeeded":
            raise invalid(
                f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
                code="payment_intent_unexpected_state",
                stored=True,
            )
        return self._model.charges[intent["latest_charge"]]

    def _allowed(self, charge: Json, amount: int | None) -> int:
        left = charge["amount_captured"] - charge["amount_refunded"]
        if not charge["captured"]:
            raise invalid(
                f"Charge {charge['id']} is not refundable: it took no money.",
                code="charge_not_refundable",
                stored=True,
            )
        if self._disputes.forbid_refunds(charge):
            # docs.stripe.com/error-codes#charge-disputed
            raise invalid(
                f"Charge {charge['id']} has been charged back; cannot issue a refund.",
                code="charge_disputed",
                stored=True,
            )
        if left == 0:
            raise invalid(
                f"Charge {charge['id']} has already been refunded.",
                code="charge_already_refunded",
                stored=True,
            )
        wanted = left if amount is None else amount
        if wanted > left:
            raise invalid(
                f"Refund amount ({Money(wanted, charge['currency'])}) is greater than unrefunded "
                f"amount on charge ({Money(left, charge['currency'])})",
                code="amount_too_large",
                param="amount",
                stored=True,
            )
        return wanted

    def _settle(self, refund: Json, end: str, now: datetime) -> None:
        model, reason = self._model, "expired_or_canceled_card"
        charge = model.charges[refund["charge"]]
        if refund["status"] == "pending" and self._disputes.forbid_refunds(charge):
            # docs.stripe.com/refunds#failed-refunds: a dispute stops a refund on its way.
            end, reason = "failed", "charge_for_pending_refund_disputed"
        refund["status"] = end
        if end == "failed":
            back = model.move("refund_failure", "refund_failure", refund, refund["amount"], now)
            refund.update(failure_reason=reason, failure_balance_transaction=back["id"])
            _count(charge, -refund["amount"])
            model.emit("refund.failed", refund, Cause(), now)
        model.emit("refund.updated", refund, Cause(), now)


def _count(charge: Json, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
