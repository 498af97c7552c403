"""The Payments port on the stripe package."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from urllib3.exceptions import ConnectTimeoutError

from shared.adapters.stripe.translation import (
    charge_from,
    dispute_from,
    event_from,
    failure_from,
    intent_from,
    payment_named,
    refund_from,
    unanswered,
)
from shared.application.ports import (
    Intent,
    ProviderCharge,
    ProviderDispute,
    ProviderEvent,
    ProviderRefund,
)
from shared.domain.errors import Declined, NotFound, Unavailable
from shared.domain.money import Money


@contextmanager
def _without(*packages: str) -> Iterator[None]:
    """Let `import` not find packages that are not loaded yet.

    stripe loads the first asynchronous HTTP client it finds (stripe/_http_client.py); we send
    no asynchronous request, and the import costs the cold start.
    """
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


with _without("httpx", "aiohttp"):
    import stripe

# At DEBUG the package logs whole answers, client secrets included.
logging.getLogger("stripe").setLevel(logging.WARNING)
stripe.enable_telemetry = False

_TIMEOUT_SECONDS = 8.0
_PAGE = 100
_CHARGE = "latest_charge"
_PAST_PAYING = "payment_intent_unexpected_state"
_REPEATED: stripe.RequestOptions = {"max_network_retries": 1}


class StripePayments:
    """Payments by Stripe.

    Nothing that changes money is repeated here: whoever holds the idempotency key decides that.
    Reads are repeated once.

    Args:
        api_key: the secret key; it appears in no representation and no error.
        address: base address of the API, the local double's where there is one.
        timeout: seconds to connect, and seconds to wait for an answer.
    """

    def __init__(
        self,
        api_key: str,
        address: str = stripe.DEFAULT_API_BASE,
        timeout: float = _TIMEOUT_SECONDS,
    ) -> None:
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": address},
            http_client=stripe.RequestsClient(timeout=timeout),
            max_network_retries=0,
        )

    def create_intent(
        self,
        amount: Money,
        metadata: Mapping[str, str],
        idempotency_key: str,
        *,
        provider_customer: str | None = None,
        save_card: bool = False,
    ) -> Intent:
        """Make a card payment intent, or return the one made under the same key within 24 h.

        Args:
            provider_customer: whom it is for, where he has saved a card or wants to.
            save_card: keep the card for payments without him (docs.stripe.com/payments/
                save-during-payment).

        Raises:
            Declined, Unavailable, OutcomeUnknown: see shared/application/ports.py.
        """
        parameters = _order(amount, metadata)
        if provider_customer is not None:
            parameters["customer"] = provider_customer
        if save_card:
            parameters["setup_future_usage"] = "off_session"
        with _translated(reading=False):
            intent = self._client.v1.payment_intents.create(
                parameters, {"idempotency_key": idempotency_key}
            )
        return intent_from(intent.to_dict())

    def pay_with_saved_card(
        self,
        intent: Intent,
        payment_method: str,
        idempotency_key: str,
        *,
        provider_customer: str,
    ) -> Intent:
        """Confirm an intent with a saved card without its owner; a refusal shows on the intent.

        docs.stripe.com/api/payment_intents/confirm, `off_session`. A card is charged on intents of
        its own customer only (docs.stripe.com/api/payment_intents/update, `customer`).

        Raises:
            Declined: the request itself is refused, for example for a card that was detached.
            NotFound, Unavailable, OutcomeUnknown: see shared/application/ports.py.
        """
        intents = self._client.v1.payment_intents
        wanted: Any = {"payment_method": payment_method, "off_session": True, "expand": [_CHARGE]}
        try:
            with _translated(reading=False):
                if intent.provider_customer is None:
                    intents.update(intent.intent_id, {"customer": provider_customer})
                try:
                    confirmed = intents.confirm(
                        intent.intent_id, wanted, {"idempotency_key": idempotency_key}
                    )
                except stripe.CardError as refusal:
                    refused = _details(refusal).get("payment_intent")
                    if not isinstance(refused, Mapping):
                        raise
                    return intent_from(refused)
        except Declined as refusal:
            if refusal.code != _PAST_PAYING:
                raise
            return self.intent(intent.intent_id)
        return intent_from(confirmed.to_dict())

    def create_customer(self, metadata: Mapping[str, str], idempotency_key: str) -> str:
        """Make a customer, to whom cards can be saved; returns Stripe's id.

        Raises:
            Declined, Unavailable, OutcomeUnknown: see shared/application/ports.py.
        """
        with _translated(reading=False):
            customer = self._client.v1.customers.create(
                {"metadata": dict(metadata)}, {"idempotency_key": idempotency_key}
            )
        return customer.id

    def forget_card(self, payment_method: str) -> None:
        """Detach a saved card; one that is gone already is no error.

        Raises:
            Declined, Unavailable, OutcomeUnknown: see shared/application/ports.py.
        """
        methods = self._client.v1.payment_methods
        try:
            with _translated(reading=False):
                methods.detach(payment_method)
        except NotFound:
            return
        except Declined:
            # The refusal has no code of its own: the card itself says whether it is gone.
            with _translated(reading=True):
                card = methods.retrieve(payment_method, None, _REPEATED)
            if card.customer is not None:
                raise

    def intent(self, intent_id: str) -> Intent:
        """Read a payment intent, its charge and its card in one request.

        Raises:
            NotFound: the provider has none by this id.
            Unavailable: it cannot be read now.
        """
        with _translated(reading=True):
            intent = self._client.v1.payment_intents.retrieve(
                intent_id, {"expand": [_CHARGE]}, _REPEATED
            )
        return intent_from(intent.to_dict())

    def cancel_intent(self, intent_id: str) -> Intent:
        """Cancel, and return the intent as it then is: canceled, or succeeded.

        Needs no key: cancelling twice cancels once.

        Raises:
            NotFound, Unavailable, OutcomeUnknown: see shared/application/ports.py.
        """
        try:
            with _translated(reading=False):
                intent = self._client.v1.payment_intents.cancel(intent_id, {"expand": [_CHARGE]})
        except Declined as refusal:
            if refusal.code != _PAST_PAYING:
                raise
            return self.intent(intent_id)
        return intent_from(intent.to_dict())

    def create_refund(
        self, payment_id: str, amount: Money, metadata: Mapping[str, str], idempotency_key: str
    ) -> ProviderRefund:
        """Refund part of a captured intent, or of a charge made without one.

        A Declined says that this request did nothing; an earlier one under another key may have.

        Raises:
            Declined: the provider refuses, for example more than is left.
            NotFound, Unavailable, OutcomeUnknown: see shared/application/ports.py.
        """
        parameters: Any = {
            **payment_named(payment_id),
            "amount": amount.minor,
            "metadata": dict(metadata),
        }
        with _translated(reading=False):
            refund = self._client.v1.refunds.create(
                parameters,
                {"idempotency_key": idempotency_key},
            )
        return refund_from(refund.to_dict())

    def refund(self, provider_refund_id: str) -> ProviderRefund:
        """Read a refund.

        Raises:
            NotFound: the provider has none of this id.
            Unavailable: it cannot be read now.
        """
        with _translated(reading=True):
            refund = self._client.v1.refunds.retrieve(provider_refund_id, None, _REPEATED)
        return refund_from(refund.to_dict())

    def refunds_of(self, payment_id: str) -> Sequence[ProviderRefund]:
        """All refunds of an intent, newest first, every page of them.

        Raises:
            Unavailable: they cannot be read now.
        """
        wanted: Any = {**payment_named(payment_id), "limit": _PAGE}
        return [refund_from(each) for each in _read(self._client.v1.refunds.list, wanted)]

    def charge(self, charge_id: str) -> ProviderCharge:
        """Read a charge.

        Raises:
            NotFound: the provider has none of this id.
            Unavailable: it cannot be read now.
        """
        with _translated(reading=True):
            charge = self._client.v1.charges.retrieve(charge_id, None, _REPEATED)
        return charge_from(charge.to_dict())

    def dispute(self, dispute_id: str) -> ProviderDispute:
        """Read a dispute.

        Raises:
            NotFound: the provider has none of this id.
            Unavailable: it cannot be read now.
        """
        with _translated(reading=True):
            dispute = self._client.v1.disputes.retrieve(dispute_id, None, _REPEATED)
        return dispute_from(dispute.to_dict())

    def disputes_of(self, payment_id: str) -> Sequence[ProviderDispute]:
        """All disputes and inquiries of an intent, newest first, every page of them.

        Raises:
            Unavailable: they cannot be read now.
        """
        wanted: Any = {**payment_named(payment_id), "limit": _PAGE}
        return [dispute_from(each) for each in _read(self._client.v1.disputes.list, wanted)]

    def events(
        self, since: datetime, until: datetime, kinds: Sequence[str]
    ) -> Iterator[ProviderEvent]:
        """Events of at most 20 kinds created in [since, until], newest first, page by page.

        Raises:
            Unavailable: a page cannot be read now.
        """
        wanted = _created(since, until) | {"types": list(kinds)}
        return map(event_from, _read(self._client.v1.events.list, wanted))

    def charges_created(self, since: datetime, until: datetime) -> Iterator[ProviderCharge]:
        """Charges created in [since, until], newest first, page by page.

        Raises:
            Unavailable: a page cannot be read now.
        """
        return map(charge_from, _read(self._client.v1.charges.list, _created(since, until)))

    def refunds_created(self, since: datetime, until: datetime) -> Iterator[ProviderRefund]:
        """Refunds created in [since, until], newest first, page by page.

        Raises:
            Unavailable: a page cannot be read now.
        """
        return map(refund_from, _read(self._client.v1.refunds.list, _created(since, until)))

    def disputes_created(self, since: datetime, until: datetime) -> Iterator[ProviderDispute]:
        """Disputes and inquiries created in [since, until], newest first, page by page.

        Raises:
            Unavailable: a page cannot be read now.
        """
        return map(dispute_from, _read(self._client.v1.disputes.list, _created(since, until)))


def _order(amount: Money, metadata: Mapping[str, str]) -> Any:
    """What every payment intent of ours is made with."""
    return {
        "amount": amount.minor,
        "currency": amount.currency,
        "metadata": dict(metadata),
        "allowed_payment_method_types": ["card"],
        "expand": [_CHARGE],
    }


def _created(since: datetime, until: datetime) -> Any:
    """Pages of what was created in [since, until]; Stripe's times are whole seconds."""
    bounds = {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
    return {"created": bounds, "limit": _PAGE}


def _read(listing: Callable[..., Any], wanted: Any) -> Iterator[Mapping[str, Any]]:
    """Documents of a list, the next page only when the last one has been gone through."""
    with _translated(reading=True):
        for each in listing(wanted, _REPEATED).auto_paging_iter():
            yield each.to_dict()


def _details(error: stripe.StripeError) -> Mapping[str, Any]:
    """The `error` object of an answer, empty where there is none."""
    body: Any = error.json_body
    details = body.get("error") if isinstance(body, Mapping) else None
    return details if isinstance(details, Mapping) else {}


@contextmanager
def _translated(*, reading: bool) -> Iterator[None]:
    """Raise our errors for the package's, whose arguments hold whole answers: never chained."""
    try:
        yield
    except stripe.APIConnectionError as error:
        if _never_connected(error):
            raise Unavailable(
                "provider_unreachable", "The payment provider cannot be reached."
            ) from None
        raise unanswered("The payment provider did not answer.", reading=reading) from None
    except stripe.StripeError as error:
        raise failure_from(error.http_status or 500, _details(error), reading=reading) from None


def _never_connected(error: stripe.APIConnectionError) -> bool:
    """Whether no byte of the request can have been sent."""
    cause = error.__cause__
    reason = getattr(cause.args[0], "reason", None) if cause and cause.args else None
    return isinstance(reason, ConnectTimeoutError)
