"""Inquiries and disputes (docs.stripe.com/disputes/how-disputes-work)."""

from datetime import datetime, timedelta

from infra.local.payments import charge_objects
from infra.local.payments.cards import Contest
from infra.local.payments.errors import invalid
from infra.local.payments.model import Cause, PaymentsModel
from infra.local.payments.objects import Json

# docs.stripe.com/disputes: 15.00 for accounts in the United States. It is not given back with a
# dispute that is won (support.stripe.com/questions/dispute-fees-faq).
FEE = 1500
NO_DELAY = timedelta(0)
_BY_TIME = Cause()


class Disputes:
    """What the cardholders' banks do to the account.

    Args:
        model: the account.
    """

    def __init__(self, model: PaymentsModel) -> None:
        self._model = model

    def open(
        self,
        charge: Json,
        contest: Contest,
        now: datetime,
        *,
        amount: int | None = None,
        delay: timedelta = NO_DELAY,
    ) -> Json:
        """Let a cardholder question a charge.

        Args:
            amount: minor units; the whole charge where it is not given.
            delay: until the provider withdraws the funds.

        Raises:
            ApiError: 400 where the charge took no money, or less than the amount.
        """
        if not charge["captured"]:
            raise invalid(f"Charge {charge['id']} took no money: nothing to dispute.")
        if amount is not None and not 0 < amount <= charge["amount_captured"]:
            raise invalid(f"A dispute of {charge['id']} is about 1 to {charge['amount_captured']}.")
        model = self._model
        dispute = charge_objects.dispute(
            model.new_id("du"),
            charge,
            charge["amount_captured"] if amount is None else amount,
            contest,
            model.cards[charge["payment_method"]],
            now,
        )
        model.disputes.add(dispute)
        charge["disputed"] = True
        model.emit("charge.dispute.created", dispute, _BY_TIME, now)
        if not contest.inquiry:
            self._withdraw_after(delay, dispute, now)
        return dispute

    def escalate(self, dispute: Json, now: datetime, *, delay: timedelta = NO_DELAY) -> Json:
        """Let an inquiry become a dispute.

        Raises:
            ApiError: 400 where it is no open inquiry.
        """
        if dispute["status"] not in ("warning_needs_response", "warning_under_review"):
            raise invalid(f"Dispute {dispute['id']} is {dispute['status']}: no open inquiry.")
        dispute["status"], dispute["is_charge_refundable"] = "needs_response", False
        details = dispute["payment_method_details"]
        card = details["card"] | {"case_type": "chargeback"}
        dispute["payment_method_details"] = details | {"card": card}
        self._model.emit("charge.dispute.updated", dispute, _BY_TIME, now)
        self._withdraw_after(delay, dispute, now)
        return dispute

    def close(self, dispute: Json, now: datetime, *, won: bool) -> Json:
        """Let the bank decide; an inquiry is just over, whoever was right.

        Raises:
            ApiError: 400 where it is over already.
        """
        if dispute["status"].startswith("warning_"):
            outcome = "warning_closed"
        else:
            outcome = "won" if won else "lost"
        if dispute["status"] in ("won", "lost", "warning_closed"):
            raise invalid(f"Dispute {dispute['id']} is {dispute['status']} already.")
        dispute["status"], dispute["is_charge_refundable"] = outcome, outcome != "lost"
        if outcome == "won" and dispute["balance_transactions"]:
            self._move("dispute_reversal", dispute, dispute["amount"], 0, now)
            self._model.emit("charge.dispute.funds_reinstated", dispute, _BY_TIME, now)
        self._model.emit("charge.dispute.closed", dispute, _BY_TIME, now)
        return dispute

    def forbid_refunds(self, charge: Json) -> bool:
        """Whether a charge is charged back; inquiries and disputes won forbid nothing."""
        return any(not each["is_charge_refundable"] for each in self.of(charge))

    def note_refund(self, charge: Json, now: datetime) -> None:
        """End the inquiries of a charge that has been refunded in full."""
        if charge["refunded"]:
            for dispute in self.of(charge):
                if dispute["status"] in ("warning_needs_response", "warning_under_review"):
                    self.close(dispute, now, won=False)

    def of(self, charge: Json) -> list[Json]:
        """Disputes of a charge, oldest first."""
        shelf = self._model.disputes
        places = shelf.among(0, len(shelf), {"charge": charge["id"]})
        return [shelf.at(place) for place in places]

    def _withdraw_after(self, delay: timedelta, dispute: Json, now: datetime) -> None:
        if delay == NO_DELAY:
            self._withdraw(dispute, now)
        else:
            self._model.later(now + delay, lambda at: self._withdraw(dispute, at))

    def _withdraw(self, dispute: Json, now: datetime) -> None:
        if dispute["status"] != "won":
            self._move("dispute", dispute, -dispute["amount"], FEE, now)
            self._model.emit("charge.dispute.funds_withdrawn", dispute, _BY_TIME, now)

    def _move(self, category: str, dispute: Json, amount: int, fee: int, now: datetime) -> None:
        moved = self._model.move("adjustment", category, dispute, amount, now, fee)
        dispute["balance_transactions"] = [*dispute["balance_transactions"], moved]
