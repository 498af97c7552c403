"""Addresses of PaymentIntents, and of the customers and cards they are paid with."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from infra.local.payments.customers import Customers
from infra.local.payments.errors import invalid
from infra.local.payments.intents import Intents
from infra.local.payments.lists import page
from infra.local.payments.model import Cause, PaymentsModel
from infra.local.payments.objects import Json, Order
from infra.local.payments.parameters import Parameters
from infra.local.payments.routes import ID, Route
from infra.local.payments.searching import search

REFUND_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
_CANCEL_REASONS = (*REFUND_REASONS, "abandoned")
_USAGES = ("off_session", "on_session")
_CAPTURES = ("automatic_async", "automatic", "manual")
_HIGHEST = 99_999_999


class IntentRoutes:
    """docs.stripe.com/api/payment_intents, /customers and /payment_methods.

    Args:
        model: the account.
        intents: its payments.
        customers: its customers.
    """

    def __init__(self, model: PaymentsModel, intents: Intents, customers: Customers) -> None:
        self._model, self._intents, self._customers = model, intents, customers

    def all(self) -> Sequence[Route]:
        """Every address."""
        pi, one, cus, pm = "payment_intents", f"payment_intents/{ID}", "customers", "payment_method"
        return (
            Route("POST", pi, "payment_intent", self._create),
            Route("GET", pi, "payment_intent", self._list, listed=True),
            Route("GET", f"{pi}/search", "payment_intent", self._search, listed=True),
            Route("GET", one, "payment_intent", self._retrieve, for_customers=True),
            Route("POST", one, "payment_intent", self._update),
            Route("POST", f"{one}/confirm", "payment_intent", self._confirm, for_customers=True),
            Route("POST", f"{one}/capture", "payment_intent", self._capture),
            Route("POST", f"{one}/cancel", "payment_intent", self._cancel),
            Route("POST", cus, "customer", self._create_customer),
            Route("GET", cus, "customer", self._list_customers, listed=True),
            Route("GET", f"{cus}/{ID}", "customer", self._retrieve_customer),
            Route("GET", f"{cus}/{ID}/payment_methods", pm, self._list_cards, listed=True),
            Route("GET", f"{pm}s/{ID}", pm, self._retrieve_method),
            Route("POST", f"{pm}s/{ID}/attach", pm, self._attach),
            Route("POST", f"{pm}s/{ID}/detach", pm, self._detach),
        )

    def check_client_secret(self, secret: str | None, identifier: str) -> None:
        """Refuse a client secret that is not the intent's."""
        intent = self._model.find("payment_intent", identifier, "intent")
        if secret is not None and secret != intent["client_secret"]:
            raise invalid(
                "The client_secret provided does not match the client_secret associated with "
                "the PaymentIntent.",
                code="payment_intent_invalid_parameter",
                param="client_secret",
            )

    # --- payment intents ----------------------------------------------------------------------

    def _create(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        amount = given.integer("amount", 1, _HIGHEST)
        if amount is None:
            given.required("amount")
        currency = given.required("currency")
        if re.fullmatch("[a-zA-Z]{3}", currency) is None:
            raise invalid(f"Invalid currency: {currency}.", param="currency")
        allowed, automatic = _methods(given)
        order = Order(
            amount or 0,
            currency.lower(),
            {name: value for name, value in given.metadata().items() if value},
            allowed,
            automatic,
            given.text("description"),
            given.text("receipt_email"),
            given.text("customer"),
            given.choice("setup_future_usage", _USAGES),
            given.choice("capture_method", _CAPTURES) or "automatic_async",
        )
        method_id, confirm = given.text("payment_method"), given.flag("confirm")
        off_session = given.flag("off_session")
        given.done()
        if off_session and not confirm:
            raise invalid("off_session can only be used with confirm=true.", param="off_session")
        intent = self._intents.create(order, method_id, cause, now)
        if not confirm:
            return intent
        return self._intents.confirm(intent["id"], None, cause, now, off_session=off_session)

    def _list(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        names = {"customer": given.text("customer")}
        return page("/v1/payment_intents", given, self._model.intents, names=names)

    def _search(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        return search("/v1/payment_intents/search", given, self._model.intents, self._model, now)

    def _retrieve(self, given: Parameters, cause: Cause, now: datetime, identifier: str) -> Json:
        self.check_client_secret(given.text("client_secret"), identifier)
        given.done()
        return self._model.find("payment_intent", identifier, "intent")

    def _update(self, given: Parameters, cause: Cause, now: datetime, identifier: str) -> Json:
        changes: dict[str, Any] = {}
        if given.given("metadata"):
            changes["metadata"] = given.metadata()
        found = {
            "amount": given.integer("amount", 1, _HIGHEST),
            "customer": given.text("customer"),
            "description": given.text("description"),
            "receipt_email": given.text("receipt_email"),
            "setup_future_usage": given.choice("setup_future_usage", _USAGES),
        }
        given.done()
        if found["customer"] is not None:
            self._model.find("customer", str(found["customer"]), "customer")
        changes |= {name: value for name, value in found.items() if value is not None}
        return self._intents.update(identifier, changes, now)

    def _confirm(self, given: Parameters, cause: Cause, now: datetime, identifier: str) -> Json:
        self.check_client_secret(given.text("client_secret"), identifier)
        method_id, off_session = given.text("payment_method"), given.flag("off_session")
        given.text("return_url")
        given.flag("use_stripe_sdk")
        given.done()
        return self._intents.confirm(identifier, method_id, cause, now, off_session=off_session)

    def _capture(self, given: Parameters, cause: Cause, now: datetime, identifier: str) -> Json:
        amount = given.integer("amount_to_capture", 1)
        given.done()
        return self._intents.capture(identifier, amount, cause, now)

    def _cancel(self, given: Parameters, cause: Cause, now: datetime, identifier: str) -> Json:
        reason = given.choice("cancellation_reason", _CANCEL_REASONS)
        given.done()
        return self._intents.cancel(identifier, reason, cause, now)

    # --- customers and cards ------------------------------------------------------------------

    def _create_customer(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        email, name, metadata = given.text("email"), given.text("name"), given.metadata()
        given.done()
        return self._customers.create(email, name, metadata, cause, now)

    def _list_customers(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        email = given.text("email")
        return page(
            "/v1/customers",
            given,
            self._model.customers,
            fits=lambda each: email in (None, each["email"]),
        )

    def _retrieve_customer(
        self, given: Parameters, cause: Cause, now: datetime, identifier: str
    ) -> Json:
        given.done()
        return self._model.find("customer", identifier)

    def _list_cards(self, given: Parameters, cause: Cause, now: datetime, identifier: str) -> Json:
        given.choice("type", ("card",))
        kept = {each["id"] for each in self._customers.cards_of(identifier)}
        return page(
            f"/v1/customers/{identifier}/payment_methods",
            given,
            self._model.methods,
            fits=lambda each: each["id"] in kept,
        )

    def _retrieve_method(
        self, given: Parameters, cause: Cause, now: datetime, identifier: str
    ) -> Json:
        given.done()
        return self._model.find("payment_method", identifier, "payment_method")

    def _attach(self, given: Parameters, cause: Cause, now: datetime, identifier: str) -> Json:
        customer_id = given.required("customer")
        given.done()
        self._model.find("customer", customer_id, "customer")
        method = self._customers.usable(identifier, customer_id, now)
        return self._customers.attach(method, customer_id, cause, now)

    def _detach(self, given: Parameters, cause: Cause, now: datetime, identifier: str) -> Json:
        given.done()
        return self._customers.detach(identifier, cause, now)


def _methods(given: Parameters) -> tuple[Sequence[str], Json | None]:
    """Which payment methods are allowed, or that Stripe is to choose them."""
    automatic = given.below("automatic_payment_methods")
    enabled = automatic.flag("enabled")
    redirects = automatic.choice("allow_redirects", ("always", "never")) or "always"
    automatic.done()
    allowed = given.texts("allowed_payment_method_types")
    if allowed and enabled:
        raise invalid(
            "allowed_payment_method_types cannot be used with automatic_payment_methods.",
            param="allowed_payment_method_types",
        )
    if allowed and "card" not in allowed:
        raise invalid("This account takes cards only.", param="allowed_payment_method_types")
    if given.texts("payment_method_types"):
        # docs.stripe.com/changelog/endive/2026-09-30: gone from this API version on.
        raise invalid(
            "payment_method_types is no longer supported.",
            code="payment_method_types_no_longer_supported",
            param="payment_method_types",
        )
    return allowed, {"allow_redirects": redirects, "enabled": True} if enabled else None
