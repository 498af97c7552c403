"""PaymentIntents and their charges (docs.stripe.com/payments/paymentintents/lifecycle)."""

from datetime import datetime
from typing import Any

from infra.local.payments import charge_objects, objects
from infra.local.payments.cards import AUTHENTICATION_REQUIRED, GENERIC_DECLINE, Decline
from infra.local.payments.customers import Customers
from infra.local.payments.disputes import Disputes
from infra.local.payments.errors import ApiError, invalid, unexpected_state
from infra.local.payments.model import Cause, PaymentsModel
from infra.local.payments.objects import Json, Order

_CANCELABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
)
_CHANGEABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


class Intents:
    """Payments, from the wish to the money.

    Args:
        model: the account.
        customers: whose cards are charged.
        disputes: what some test cards bring at once.
    """

    def __init__(self, model: PaymentsModel, customers: Customers, disputes: Disputes) -> None:
        self._model = model
        self._customers = customers
        self._disputes = disputes

    def create(self, order: Order, method_id: str | None, cause: Cause, now: datetime) -> Json:
        """Make an intent that waits for a payment method, or for confirmation where it has one.

        Raises:
            ApiError: 404 where there is no such customer or method.
        """
        model = self._model
        if order.customer is not None:
            model.find("customer", order.customer, "customer")
        method = (
            None if method_id is None else self._customers.usable(method_id, order.customer, now)
        )
        identifier = model.new_id("pi")
        secret = f"{identifier}_secret_{model.new_id('cs')}"
        intent = objects.payment_intent(identifier, secret, order, now)
        if method is not None:
            intent.update(payment_method=method["id"], status="requires_confirmation")
        model.intents.add(intent)
        model.emit("payment_intent.created", intent, cause, now)
        return intent

    def update(self, identifier: str, changes: dict[str, Any], now: datetime) -> Json:
        """Change what is to be paid (docs.stripe.com/api/payment_intents/update).

        Args:
            changes: new values by field; `metadata` is added to, and "" takes a key out.

        Raises:
            ApiError: 404, or 400 where the intent is past changing.
        """
        intent = self._model.find("payment_intent", identifier, "intent")
        if intent["status"] not in _CHANGEABLE and changes.keys() - {"metadata", "description"}:
            raise unexpected_state(
                f"This PaymentIntent's {', '.join(changes)} could not be updated because it has a "
                f"status of {intent['status']}.",
                intent.copy(),
            )
        metadata = intent["metadata"] | changes.get("metadata", {})
        kept = {name: value for name, value in metadata.items() if value}
        intent.update(changes | {"metadata": kept})
        self._model.remember(intent, now)
        return intent

    def confirm(
        self,
        identifier: str,
        method_id: str | None,
        cause: Cause,
        now: datetime,
        *,
        off_session: bool = False,
    ) -> Json:
        """Try to pay, with a new payment method or the one the intent has.

        Args:
            off_session: charge without the customer, who can then answer no question.

        Raises:
            ApiError: 402 where the bank declines, 400 where the intent cannot be confirmed.
        """
        intent = self._model.find("payment_intent", identifier, "intent")
        chosen = self._to_pay_with(intent, method_id)
        method = self._customers.usable(chosen, intent["customer"], now)
        intent.update(payment_method=method["id"], last_payment_error=None, next_action=None)
        card, set_up = self._model.cards[method["id"]], self._customers.is_set_up(method["id"])
        if not card.asks(off_session=off_session, set_up=set_up):
            return self._attempt(intent, method, False, cause, now)
        if off_session:
            return self._attempt(intent, method, False, cause, now, AUTHENTICATION_REQUIRED)
        intent.update(status="requires_action", next_action=objects.authentication_action())
        self._model.emit("payment_intent.requires_action", intent, cause, now)
        return intent

    def authenticate(self, identifier: str, passed: bool, now: datetime) -> Json:
        """Let the customer pass or fail the 3-D Secure question of an intent.

        What the bank then says shows on the intent: nobody waits for this answer.

        Raises:
            ApiError: 404, or 400 where the intent asks no question.
        """
        intent = self._model.find("payment_intent", identifier, "intent")
        if intent["status"] != "requires_action":
            raise unexpected_state(
                f"This PaymentIntent has a status of {intent['status']}: nothing to authenticate.",
                intent.copy(),
            )
        method = self._model.methods[intent["payment_method"]]
        intent["next_action"] = None
        if not passed:
            _back_to_start(intent, objects.authentication_error(method.copy()))
            self._model.emit("payment_intent.payment_failed", intent, Cause(), now)
            return intent
        try:
            return self._attempt(intent, method, True, Cause(), now)
        except ApiError:
            return intent

    def capture(self, identifier: str, amount: int | None, cause: Cause, now: datetime) -> Json:
        """Take what was authorized, or less of it (docs.stripe.com/api/payment_intents/capture).

        Raises:
            ApiError: 400 where nothing is authorized, or not so much.
        """
        model = self._model
        intent = model.find("payment_intent", identifier, "intent")
        if intent["status"] != "requires_capture":
            raise unexpected_state(
                "This PaymentIntent could not be captured because it has a status of "
                f"{intent['status']}.",
                intent.copy(),
            )
        taken = intent["amount_capturable"] if amount is None else amount
        if taken > intent["amount_capturable"]:
            raise invalid(
                "The amount to capture is greater than the amount authorized.",
                code="amount_too_large",
                param="amount_to_capture",
            )
        charge = model.charges[intent["latest_charge"]]
        charge.update(captured=True, amount_captured=taken)
        self._receive(intent, charge, now)
        model.emit("charge.captured", charge, cause, now)
        model.emit("payment_intent.succeeded", intent, cause, now)
        return intent

    def cancel(self, identifier: str, reason: str | None, cause: Cause, now: datetime) -> Json:
        """Give an intent up (docs.stripe.com/api/payment_intents/cancel).

        Raises:
            ApiError: 400 payment_intent_unexpected_state where it has succeeded or is canceled.
        """
        intent = self._model.find("payment_intent", identifier, "intent")
        if intent["status"] not in _CANCELABLE:
            raise unexpected_state(
                "You cannot cancel this PaymentIntent because it has a status of "
                f"{intent['status']}. Only a PaymentIntent with one of the following statuses may "
                f"be canceled: {', '.join(_CANCELABLE)}.",
                intent.copy(),
            )
        intent.update(
            status="canceled",
            amount_capturable=0,
            canceled_at=objects.seconds(now),
            cancellation_reason=reason,
            next_action=None,
        )
        self._model.emit("payment_intent.canceled", intent, cause, now)
        return intent

    def _to_pay_with(self, intent: Json, method_id: str | None) -> str:
        state = {
            "succeeded": "it has already succeeded after being previously confirmed",
            "canceled": "it has a status of canceled",
            "requires_capture": "it has a status of requires_capture",
        }.get(intent["status"])
        chosen: str | None = method_id or intent["payment_method"]
        if state is None and chosen is not None:
            return chosen
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because "
            f"{state or 'it is missing a payment method'}.",
            intent.copy(),
        )

    def _attempt(
        self,
        intent: Json,
        method: Json,
        authenticated: bool,
        cause: Cause,
        now: datetime,
        decline: Decline | None = None,
    ) -> Json:
        model, card = self._model, self._model.cards[method["id"]]
        decline = decline or card.decline
        if card.fails_saved and method["customer"] is not None:
            decline = GENERIC_DECLINE
        charge = charge_objects.charge(
            model.new_id("ch"), intent, method["id"], card, decline, authenticated, now
        )
        model.charges.add(charge)
        intent["latest_charge"] = charge["id"]
        if decline is not None:
            raise self._declined(intent, charge, method, decline, cause, now)
        self._keep(intent, method, cause, now)
        if intent["capture_method"] == "manual":
            intent.update(status="requires_capture", amount_capturable=intent["amount"])
            model.emit("charge.succeeded", charge, cause, now)
            model.emit("payment_intent.amount_capturable_updated", intent, cause, now)
            return intent
        self._receive(intent, charge, now)
        model.emit("charge.succeeded", charge, cause, now)
        model.emit("payment_intent.succeeded", intent, cause, now)
        if card.contest is not None:
            self._disputes.open(charge, card.contest, now)
        return intent

    def _receive(self, intent: Json, charge: Json, now: datetime) -> None:
        taken = charge["amount_captured"]
        moved = self._model.move("charge", "charge", charge, taken, now)
        charge["balance_transaction"] = moved["id"]
        intent.update(status="succeeded", amount_received=taken, amount_capturable=0)

    def _keep(self, intent: Json, method: Json, cause: Cause, now: datetime) -> None:
        usage, customer = intent["setup_future_usage"], intent["customer"]
        if usage is not None and customer is not None:
            set_up = usage == "off_session"
            self._customers.attach(method, customer, cause, now, set_up=set_up)
        self._customers.used(method)

    def _declined(
        self,
        intent: Json,
        charge: Json,
        method: Json,
        decline: Decline,
        cause: Cause,
        now: datetime,
    ) -> ApiError:
        _back_to_start(intent, objects.payment_error(decline, charge["id"], method.copy()))
        self._model.emit("charge.failed", charge, cause, now)
        self._model.emit("payment_intent.payment_failed", intent, cause, now)
        return ApiError(
            402,
            "card_error",
            decline.message,
            stored=True,
            code=decline.code,
            decline_code=decline.decline_code,
            charge=charge["id"],
            payment_intent=intent.copy(),
            payment_method=method.copy(),
        )


def _back_to_start(intent: Json, error: Json) -> None:
    intent.update(status="requires_payment_method", payment_method=None, last_payment_error=error)
