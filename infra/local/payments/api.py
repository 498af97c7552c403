"""Stripe's API over the model: keys, routes, parameters and the memory of answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from infra.local.payments.customers import Customers
from infra.local.payments.disputes import Disputes
from infra.local.payments.errors import (
    ApiError,
    invalid,
    key_in_use,
    rate_limited,
    secret_key_required,
    server_error,
    unauthorized,
)
from infra.local.payments.expansion import check, expanded
from infra.local.payments.faults import Faults, RequestFault
from infra.local.payments.idempotency import Answer, KeyMemory
from infra.local.payments.intent_routes import IntentRoutes
from infra.local.payments.intents import Intents
from infra.local.payments.model import Cause, PaymentsModel
from infra.local.payments.money_routes import MoneyRoutes
from infra.local.payments.objects import Json
from infra.local.payments.parameters import Parameters, Tree
from infra.local.payments.refunds import Refunds


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
        self.customers = Customers(self.model)
        self.disputes = Disputes(self.model)
        self.refunds = Refunds(self.model, self.disputes)
        self.intents = Intents(self.model, self.customers, self.disputes)
        self._intent_routes = IntentRoutes(self.model, self.intents, self.customers)
        self._routes = (
            *self._intent_routes.all(),
            *MoneyRoutes(self.model, self.refunds).all(),
        )

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
            if fault is RequestFault.IN_USE:
                raise key_in_use(request.idempotency_key or "")
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
            # Only what a key may replay later has to stay as it is now.
            kept = body.copy() if request.method == "POST" else body
            answer = Answer(200, kept, work.request_id)
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
        for route in self._routes:
            names = route.match(request.method, request.path)
            if names is None:
                continue
            if request.api_key != self._secret_key:
                if not route.for_customers:
                    raise secret_key_required()
                self._intent_routes.check_client_secret(given.required("client_secret"), names[0])
            paths = given.texts("expand")
            check(paths, route.kind, listed=route.listed)
            return expanded(route.answer(given, cause, now, *names), paths, self.model)
        raise ApiError(
            404,
            "invalid_request_error",
            f"Unrecognized request URL ({request.method}: {request.path}).",
        )
