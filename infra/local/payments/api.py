"""Stripe's API over the model: keys, routes, parameters and the memory of answers."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime

from infra.local.payments.errors import (
    ApiError,
    invalid,
    no_such,
    rate_limited,
    secret_key_required,
    server_error,
    unauthorized,
)
from infra.local.payments.faults import Faults, RequestFault
from infra.local.payments.idempotency import Answer, KeyMemory
from infra.local.payments.lists import page
from infra.local.payments.model import Cause, PaymentsModel
from infra.local.payments.objects import Json
from infra.local.payments.parameters import Parameters, Tree

_REFUND_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
_CANCEL_REASONS = (*_REFUND_REASONS, "abandoned")


@dataclass(frozen=True, slots=True)
class Request:
    """One API request.

    Args:
        method: "GET" or "POST".
        path: such as "/v1/refunds".
        parameters: of the query or the form, nested.
        api_key: of the Authorization header, or None.
        idempotency_key: of the header of that name, or None.
    """

    method: str
    path: str
    parameters: Tree
    api_key: str | None
    idempotency_key: str | None = None

    def fingerprint(self) -> str:
        """Equal for requests an idempotency key holds for the same."""
        return json.dumps([self.method, self.path, self.parameters], sort_keys=True)


@dataclass(frozen=True, slots=True)
class Work:
    """A request that has been let in and still has to be done."""

    request: Request
    request_id: str
    fault: RequestFault | None


class Api:
    """The account behind its keys.

    Args:
        secret_key: what the Authorization header must carry; a publishable key ("pk_...") may
            read and confirm one intent together with its client secret, as Stripe.js does.
        ids: a fresh identifier for a prefix.
    """

    def __init__(self, secret_key: str, ids: Callable[[str], str]) -> None:
        self._secret_key = secret_key
        self._ids = ids
        self._keys = KeyMemory()
        self.faults = Faults()
        self.model = PaymentsModel(ids, self.faults)

    def handle(self, request: Request, now: datetime) -> tuple[Answer, RequestFault | None]:
        """Let a request in and do it: its answer, and the fault it met."""
        work = self.begin(request, now)
        return (work, None) if isinstance(work, Answer) else (self.finish(work, now), work.fault)

    def begin(self, request: Request, now: datetime) -> Work | Answer:
        """Check the key, claim the idempotency key, meet the faults that do no work."""
        request_id = self._ids("req")
        fault = self.faults.for_request(request.method, request.path)
        try:
            self._authorize(request)
            if fault is RequestFault.RATE_LIMIT:
                raise rate_limited()
            if request.method == "POST" and request.idempotency_key is not None:
                if len(request.idempotency_key) > 255:
                    raise invalid("Idempotency keys can be up to 255 characters long.")
                known = self._keys.begin(request.idempotency_key, request.fingerprint(), now)
                if known is not None:
                    return Answer(known.status, known.body, known.request_id, replayed=True)
        except ApiError as error:
            return Answer(error.status, error.body, request_id)
        return Work(request, request_id, fault)

    def finish(self, work: Work, now: datetime) -> Answer:
        """Do the work and remember the answer."""
        request, stored = work.request, True
        try:
            self.model.settle(now)
            if work.fault is RequestFault.ERROR_BEFORE:
                raise server_error()
            body = self._route(request, Cause(work.request_id, request.idempotency_key), now)
            if work.fault is RequestFault.ERROR_AFTER:
                raise server_error()
            answer = Answer(200, deepcopy(body), work.request_id)
        except ApiError as error:
            answer, stored = Answer(error.status, error.body, work.request_id), error.stored
        if request.method == "POST" and request.idempotency_key is not None:
            self._keys.finish(request.idempotency_key, answer, stored=stored)
        return answer

    def _authorize(self, request: Request) -> None:
        if request.api_key == self._secret_key:
            return
        if not (request.api_key or "").startswith("pk_"):
            raise unauthorized(request.api_key)
        if "client_secret" not in request.parameters:
            raise secret_key_required()

    # --- routes -------------------------------------------------------------------------------

    def _route(self, request: Request, cause: Cause, now: datetime) -> Json:
        given = Parameters(request.parameters)
        routes: tuple[tuple[str, str, Callable[..., Json]], ...] = (
            ("POST", "/v1/payment_intents", self._create_intent),
            ("GET", "/v1/payment_intents", self._list_intents),
            ("GET", "/v1/payment_intents/([^/]+)", self._retrieve_intent),
            ("POST", "/v1/payment_intents/([^/]+)/confirm", self._confirm_intent),
            ("POST", "/v1/payment_intents/([^/]+)/cancel", self._cancel_intent),
            ("GET", "/v1/payment_methods/([^/]+)", self._retrieve_method),
            ("GET", "/v1/charges", self._list_charges),
            ("GET", "/v1/charges/([^/]+)", self._retrieve_charge),
            ("POST", "/v1/refunds", self._create_refund),
            ("GET", "/v1/refunds", self._list_refunds),
            ("GET", "/v1/refunds/([^/]+)", self._retrieve_refund),
            ("GET", "/v1/events", self._list_events),
            ("GET", "/v1/events/([^/]+)", self._retrieve_event),
        )
        for method, pattern, answer in routes:
            match = re.fullmatch(pattern, request.path)
            if match is not None and method == request.method:
                if request.api_key != self._secret_key:
                    self._admit_customer(answer, given, match.groups())
                return answer(given, cause, now, *match.groups())
        raise ApiError(
            404,
            "invalid_request_error",
            f"Unrecognized request URL ({request.method}: {request.path}).",
        )

    def _admit_customer(
        self, answer: Callable[..., Json], given: Parameters, names: tuple[str, ...]
    ) -> None:
        if answer not in (self._confirm_intent, self._retrieve_intent):
            raise secret_key_required()
        self._check_client_secret(given.required("client_secret"), names[0])

    def _check_client_secret(self, secret: str | None, identifier: str) -> None:
        intent = self.model.find("payment_intent", identifier, "intent")
        if secret is not None and secret != intent["client_secret"]:
            raise invalid(
                "The client_secret provided does not match the client_secret associated with "
                "the PaymentIntent.",
                code="payment_intent_invalid_parameter",
                param="client_secret",
            )

    def _create_intent(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        amount, currency = given.integer("amount", 1, 99_999_999), given.required("currency")
        if amount is None:
            given.required("amount")
        if re.fullmatch("[a-zA-Z]{3}", currency) is None:
            raise invalid(f"Invalid currency: {currency}.", param="currency")
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
        metadata, description = given.metadata(), given.text("description")
        email, method_id, confirm = (
            given.text("receipt_email"),
            given.text("payment_method"),
            given.flag("confirm"),
        )
        given.done()
        intent = self.model.create_intent(
            amount or 0,
            currency.lower(),
            metadata,
            allowed,
            {"allow_redirects": redirects, "enabled": True} if enabled else None,
            description,
            email,
            method_id,
            cause,
            now,
        )
        return self.model.confirm(intent["id"], None, cause, now) if confirm else intent

    def _list_intents(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        return page("/v1/payment_intents", given, self.model.intents.values(), lambda each: True)

    def _retrieve_intent(
        self, given: Parameters, cause: Cause, now: datetime, identifier: str
    ) -> Json:
        self._check_client_secret(given.text("client_secret"), identifier)
        given.done()
        return self.model.find("payment_intent", identifier, "intent")

    def _confirm_intent(
        self, given: Parameters, cause: Cause, now: datetime, identifier: str
    ) -> Json:
        self._check_client_secret(given.text("client_secret"), identifier)
        method_id = given.text("payment_method")
        given.text("return_url")
        given.flag("use_stripe_sdk")
        given.done()
        return self.model.confirm(identifier, method_id, cause, now)

    def _cancel_intent(
        self, given: Parameters, cause: Cause, now: datetime, identifier: str
    ) -> Json:
        reason = given.choice("cancellation_reason", _CANCEL_REASONS)
        given.done()
        return self.model.cancel(identifier, reason, cause, now)

    def _retrieve_method(
        self, given: Parameters, cause: Cause, now: datetime, identifier: str
    ) -> Json:
        given.done()
        return self.model.find("payment_method", identifier, "payment_method")

    def _list_charges(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        intent_id = given.text("payment_intent")
        return page(
            "/v1/charges",
            given,
            self.model.charges.values(),
            lambda each: intent_id in (None, each["payment_intent"]),
        )

    def _retrieve_charge(
        self, given: Parameters, cause: Cause, now: datetime, identifier: str
    ) -> Json:
        given.done()
        return self.model.find("charge", identifier)

    def _create_refund(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        intent_id, charge_id = given.text("payment_intent"), given.text("charge")
        amount, metadata = given.integer("amount", 1), given.metadata()
        reason = given.choice("reason", _REFUND_REASONS)
        given.done()
        if charge_id is not None:
            charge = self.model.find("charge", charge_id, "charge")
        elif intent_id is not None:
            charge = self.model.paid_charge_of(intent_id)
        else:
            raise invalid(
                "One of the following params should be provided for this request: "
                "payment_intent or charge.",
                code="parameter_missing",
            )
        return self.model.refund(charge, amount, metadata, reason, cause, now)

    def _list_refunds(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        intent_id, charge_id = given.text("payment_intent"), given.text("charge")
        return page(
            "/v1/refunds",
            given,
            self.model.refunds.values(),
            lambda each: (
                intent_id in (None, each["payment_intent"]) and charge_id in (None, each["charge"])
            ),
        )

    def _retrieve_refund(
        self, given: Parameters, cause: Cause, now: datetime, identifier: str
    ) -> Json:
        given.done()
        return self.model.find("refund", identifier)

    def _list_events(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        kind, kinds = given.text("type"), given.texts("types")
        wanted = {*kinds, kind} if kind else set(kinds)
        return page(
            "/v1/events",
            given,
            self.model.events_kept(now).values(),
            lambda each: not wanted or each["type"] in wanted,
        )

    def _retrieve_event(
        self, given: Parameters, cause: Cause, now: datetime, identifier: str
    ) -> Json:
        given.done()
        kept = self.model.events_kept(now)
        if identifier not in kept:
            raise no_such("event", identifier, "id")
        return kept[identifier]
