"""What others do to the account: cardholders, their banks, and colleagues in the dashboard."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from infra.local.payments import charge_objects
from infra.local.payments.api import Api
from infra.local.payments.cards import CARDS, Contest
from infra.local.payments.disputes import NO_DELAY
from infra.local.payments.errors import no_such
from infra.local.payments.model import Cause
from infra.local.payments.objects import Json, Order, payment_intent

_NOBODY = Cause()


class Outsiders:
    """Control over what no API request brings about.

    Every method raises ApiError where Stripe itself would refuse, or knows no such object.

    Args:
        api: the account.
    """

    def __init__(self, api: Api) -> None:
        self._api, self._model = api, api.model

    def authenticate(self, intent_id: str, now: datetime, *, passed: bool) -> Json:
        """Pass or fail the 3-D Secure question of an intent as the customer."""
        self._model.settle(now)
        return self._api.intents.authenticate(intent_id, passed, now)

    def open_dispute(
        self,
        paid: str,
        now: datetime,
        *,
        amount: int | None = None,
        inquiry: bool = False,
        reason: str = "fraudulent",
        delay: timedelta = NO_DELAY,
    ) -> Json:
        """Dispute a payment as its cardholder.

        Args:
            paid: id of an intent or of a charge.
            amount: minor units; the whole charge where it is not given.
            inquiry: whether the bank only asks.
            reason: one of docs.stripe.com/disputes/categories.
            delay: until the funds are withdrawn.
        """
        self._model.settle(now)
        contest = Contest(reason, inquiry)
        return self._api.disputes.open(self._charge(paid), contest, now, amount=amount, delay=delay)

    def escalate_dispute(
        self, dispute_id: str, now: datetime, *, delay: timedelta = NO_DELAY
    ) -> Json:
        """Turn an inquiry into a dispute as the bank."""
        self._model.settle(now)
        dispute = self._model.find("dispute", dispute_id)
        return self._api.disputes.escalate(dispute, now, delay=delay)

    def close_dispute(self, dispute_id: str, now: datetime, *, won: bool) -> Json:
        """Decide a dispute as the bank; of an inquiry the bank just takes leave."""
        self._model.settle(now)
        return self._api.disputes.close(self._model.find("dispute", dispute_id), now, won=won)

    def pay_by_hand(
        self, amount: int, currency: str, card: str, metadata: Mapping[str, str], now: datetime
    ) -> Json:
        """Take a payment in the dashboard: an intent that no software of ours has made."""
        self._model.settle(now)
        order = Order(amount, currency, metadata)
        intent = self._api.intents.create(order, card, _NOBODY, now)
        return self._api.intents.confirm(intent["id"], None, _NOBODY, now)

    def charge_by_hand(
        self, amount: int, currency: str, card: str, metadata: Mapping[str, str], now: datetime
    ) -> Json:
        """Take a payment as old software does: a charge without an intent."""
        self._model.settle(now)
        method = self._api.customers.usable(card, None, now)
        pattern = payment_intent("", "", Order(amount, currency, metadata), now) | {"id": None}
        charge = charge_objects.charge(
            self._model.new_id("ch"), pattern, method["id"], CARDS[card], None, False, now
        )
        moved = self._model.move("charge", "charge", charge, amount, now)
        charge["balance_transaction"] = moved["id"]
        self._model.charges.add(charge)
        self._model.emit("charge.succeeded", charge, _NOBODY, now)
        return charge

    def refund_by_hand(self, paid: str, now: datetime, *, amount: int | None = None) -> Json:
        """Refund a payment in the dashboard: without any metadata.

        Args:
            paid: id of an intent or of a charge.
            amount: minor units; what is left where it is not given.
        """
        self._model.settle(now)
        return self._api.refunds.create(self._charge(paid), amount, {}, None, _NOBODY, now)

    def _charge(self, paid: str) -> Json:
        if not paid.startswith("pi"):
            return self._model.find("charge", paid, "charge")
        intent = self._model.find("payment_intent", paid, "payment_intent")
        if intent["latest_charge"] is None:
            raise no_such("charge", paid, "payment_intent")
        return self._model.charges[intent["latest_charge"]]
