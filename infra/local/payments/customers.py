"""Customers and the cards kept with them (docs.stripe.com/api/customers, /payment_methods)."""

from collections.abc import Mapping
from datetime import datetime

from infra.local.payments import objects
from infra.local.payments.cards import CARDS
from infra.local.payments.errors import invalid
from infra.local.payments.model import Cause, PaymentsModel
from infra.local.payments.objects import Json


class Customers:
    """Who pays, and with what.

    Args:
        model: the account.
    """

    def __init__(self, model: PaymentsModel) -> None:
        self._model = model
        self._spent: set[str] = set()
        self._set_up: set[str] = set()

    def create(
        self,
        email: str | None,
        name: str | None,
        metadata: Mapping[str, str],
        cause: Cause,
        now: datetime,
    ) -> Json:
        """Make a customer without any card."""
        made = objects.customer(self._model.new_id("cus"), email, name, metadata, now)
        self._model.customers.add(made)
        self._model.emit("customer.created", made, cause, now)
        return made

    def cards_of(self, customer_id: str) -> list[Json]:
        """The cards kept with a customer, newest first.

        Raises:
            ApiError: 404 where there is no such customer.
        """
        self._model.find("customer", customer_id, "customer")
        kept = [each for each in self._model.methods.values() if each["customer"] == customer_id]
        return kept[::-1]

    def usable(self, identifier: str, customer_id: str | None, now: datetime) -> Json:
        """The card of an id, or a new one of the kind a test PaymentMethod names.

        Raises:
            ApiError: 404 for one that does not exist, 400 for one that is used up or another's.
        """
        if identifier in CARDS:
            return self._new(identifier, now)
        method = self._model.find("payment_method", identifier, "payment_method")
        if identifier in self._spent:
            raise invalid(
                "The provided PaymentMethod was used before without being attached to a Customer, "
                "or was detached from one. It may not be used again.",
                param="payment_method",
            )
        if method["customer"] not in (None, customer_id):
            raise invalid(
                f"The PaymentMethod {identifier} belongs to another Customer.",
                code="resource_missing",
                param="payment_method",
            )
        return method

    def is_set_up(self, method_id: str) -> bool:
        """Whether the card's owner agreed to charges without him and passed what was asked."""
        return method_id in self._set_up

    def attach(
        self, method: Json, customer_id: str, cause: Cause, now: datetime, *, set_up: bool = False
    ) -> Json:
        """Keep a card with a customer (docs.stripe.com/api/payment_methods/attach).

        Raises:
            ApiError: 404 where there is no such customer.
        """
        self._model.find("customer", customer_id, "customer")
        if set_up:
            self._set_up.add(method["id"])
        if method["customer"] != customer_id:
            method["customer"] = customer_id
            self._model.emit("payment_method.attached", method, cause, now)
        return method

    def used(self, method: Json) -> None:
        """Note that a card was charged: one kept with nobody cannot be charged again."""
        if method["customer"] is None:
            self._spent.add(method["id"])

    def detach(self, identifier: str, cause: Cause, now: datetime) -> Json:
        """Forget a card (docs.stripe.com/api/payment_methods/detach).

        Raises:
            ApiError: 404 for an unknown card, 400 for one that is kept with nobody.
        """
        method = self._model.find("payment_method", identifier, "payment_method")
        if method["customer"] is None:
            raise invalid(
                "The payment method you provided is not attached to a customer so detachment is "
                "impossible."
            )
        method["customer"] = None
        self._spent.add(identifier)
        self._model.emit("payment_method.detached", method, cause, now)
        return method

    def _new(self, identifier: str, now: datetime) -> Json:
        method = objects.payment_method(self._model.new_id("pm"), CARDS[identifier], now)
        self._model.methods.add(method)
        self._model.cards[method["id"]] = CARDS[identifier]
        return method
