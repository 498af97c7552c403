"""Addresses of charges, refunds, disputes, the balance and the feed of events."""

from collections.abc import Sequence
from datetime import datetime

from infra.local.payments.errors import invalid, no_such
from infra.local.payments.intent_routes import REFUND_REASONS
from infra.local.payments.lists import page
from infra.local.payments.model import Cause, PaymentsModel
from infra.local.payments.objects import Json
from infra.local.payments.parameters import Parameters
from infra.local.payments.refunds import Refunds
from infra.local.payments.routes import ID, Route
from infra.local.payments.searching import search

_MOST_TYPES = 20


class MoneyRoutes:
    """docs.stripe.com/api/charges, /refunds, /disputes, /balance_transactions and /events.

    Args:
        model: the account.
        refunds: its refunds.
    """

    def __init__(self, model: PaymentsModel, refunds: Refunds) -> None:
        self._model, self._refunds = model, refunds

    def all(self) -> Sequence[Route]:
        """Every address."""
        return (
            Route("GET", "charges", "charge", self._list_charges, listed=True),
            Route("GET", "charges/search", "charge", self._search_charges, listed=True),
            Route("GET", f"charges/{ID}", "charge", self._reader("charge")),
            Route("POST", "refunds", "refund", self._create_refund),
            Route("GET", "refunds", "refund", self._list_refunds, listed=True),
            Route("GET", f"refunds/{ID}", "refund", self._reader("refund")),
            Route("GET", "disputes", "dispute", self._list_disputes, listed=True),
            Route("GET", f"disputes/{ID}", "dispute", self._reader("dispute")),
            Route("GET", "balance_transactions", "balance_transaction", self._list_balance, True),
            Route(
                "GET",
                f"balance_transactions/{ID}",
                "balance_transaction",
                self._reader("balance_transaction"),
            ),
            Route("GET", "events", "event", self._list_events, listed=True),
            Route("GET", f"events/{ID}", "event", self._retrieve_event),
        )

    def _reader(self, kind: str) -> "_Reader":
        return _Reader(self._model, kind)

    def _list_charges(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        names = {name: given.text(name) for name in ("payment_intent", "customer")}
        return page("/v1/charges", given, self._model.charges, names=names)

    def _search_charges(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        return search("/v1/charges/search", given, self._model.charges, self._model, now)

    def _create_refund(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        intent_id, charge_id = given.text("payment_intent"), given.text("charge")
        amount, metadata = given.integer("amount", 1), given.metadata()
        reason = given.choice("reason", REFUND_REASONS)
        given.done()
        if charge_id is not None:
            charge = self._model.find("charge", charge_id, "charge")
        elif intent_id is not None:
            charge = self._refunds.paid_charge_of(intent_id)
        else:
            raise invalid(
                "One of the following params should be provided for this request: "
                "payment_intent or charge.",
                code="parameter_missing",
            )
        return self._refunds.create(charge, amount, metadata, reason, cause, now)

    def _list_refunds(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        names = {name: given.text(name) for name in ("payment_intent", "charge")}
        return page("/v1/refunds", given, self._model.refunds, names=names)

    def _list_disputes(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        names = {name: given.text(name) for name in ("payment_intent", "charge")}
        return page("/v1/disputes", given, self._model.disputes, names=names)

    def _list_balance(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        kind, names = given.text("type"), {"source": given.text("source")}
        return page(
            "/v1/balance_transactions",
            given,
            self._model.transactions,
            names=names,
            fits=lambda each: kind in (None, each["type"]),
        )

    def _list_events(self, given: Parameters, cause: Cause, now: datetime) -> Json:
        kind, kinds = given.text("type"), given.texts("types")
        if kind is not None and kinds:
            raise invalid("You may only specify one of these parameters: type, types.")
        if len(kinds) > _MOST_TYPES:
            raise invalid(f"You may specify up to {_MOST_TYPES} types.", param="types")
        start = kind[:-1] if kind is not None and kind.endswith("*") else None
        wanted = {kind, *kinds} - {None}

        def fits(event: Json) -> bool:
            name = event["type"]
            return name.startswith(start) if start else not wanted or name in wanted

        since = self._model.oldest_event(now)
        return page("/v1/events", given, self._model.events, fits=fits, since=since)

    def _retrieve_event(
        self, given: Parameters, cause: Cause, now: datetime, identifier: str
    ) -> Json:
        given.done()
        event = self._model.events.get(identifier)
        if event is None or event["created"] < self._model.oldest_event(now):
            raise no_such("event", identifier, "id")
        return event


class _Reader:
    def __init__(self, model: PaymentsModel, kind: str) -> None:
        self._model, self._kind = model, kind

    def __call__(self, given: Parameters, cause: Cause, now: datetime, identifier: str) -> Json:
        given.done()
        return self._model.find(self._kind, identifier)
