"""The Payments port on the stripe package."""

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from urllib3.exceptions import ConnectTimeoutError

from shared.adapters.stripe.translation import (
    failure_from,
    intent_from,
    refund_from,
    unanswered,
)
from shared.application.ports import Intent, ProviderRefund
from shared.domain.errors import Declined, Unavailable
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
        self, amount: Money, metadata: Mapping[str, str], idempotency_key: str
    ) -> Intent:
        """Make a card payment intent, or return the one made under the same key within 24 h.

        Raises:
            Declined, Unavailable, OutcomeUnknown: see shared/application/ports.py.
        """
        with _translated(reading=False):
            intent = self._client.v1.payment_intents.create(
                {
                    "amount": amount.minor,
                    "currency": amount.currency,
                    "metadata": dict(metadata),
                    "allowed_payment_method_types": ["card"],
                },
                {"idempotency_key": idempotency_key},
            )
        return intent_from(intent.to_dict())

    def intent(self, intent_id: str) -> Intent:
        """Read a payment intent.

        Raises:
            NotFound: the provider has none by this id.
            Unavailable: it cannot be read now.
        """
        with _translated(reading=True):
            intent = self._client.v1.payment_intents.retrieve(
                intent_id, options={"max_network_retries": 1}
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
                intent = self._client.v1.payment_intents.cancel(intent_id)
        except Declined as refusal:
            if refusal.code != "payment_intent_unexpected_state":
                raise
            return self.intent(intent_id)
        return intent_from(intent.to_dict())

    def create_refund(
        self, intent_id: str, amount: Money, metadata: Mapping[str, str], idempotency_key: str
    ) -> ProviderRefund:
        """Refund part of a captured intent.

        A Declined says that this request did nothing; an earlier one under another key may have.

        Raises:
            Declined: the provider refuses, for example more than is left.
            NotFound, Unavailable, OutcomeUnknown: see shared/application/ports.py.
        """
        with _translated(reading=False):
            refund = self._client.v1.refunds.create(
                {
                    "payment_intent": intent_id,
                    "amount": amount.minor,
                    "metadata": dict(metadata),
                },
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
            refund = self._client.v1.refunds.retrieve(
                provider_refund_id, None, {"max_network_retries": 1}
            )
        return refund_from(refund.to_dict())

    def refunds_of(self, intent_id: str) -> Sequence[ProviderRefund]:
        """All refunds of an intent, newest first, every page of them.

        Raises:
            Unavailable: they cannot be read now.
        """
        with _translated(reading=True):
            pages = self._client.v1.refunds.list(
                {"payment_intent": intent_id, "limit": _PAGE}, {"max_network_retries": 1}
            )
            documents = [refund.to_dict() for refund in pages.auto_paging_iter()]
        return [refund_from(document) for document in documents]


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
        body: Any = error.json_body
        details = body.get("error") if isinstance(body, Mapping) else None
        raise failure_from(
            error.http_status or 500,
            details if isinstance(details, Mapping) else {},
            reading=reading,
        ) from None


def _never_connected(error: stripe.APIConnectionError) -> bool:
    """Whether no byte of the request can have been sent."""
    cause = error.__cause__
    reason = getattr(cause.args[0], "reason", None) if cause and cause.args else None
    return isinstance(reason, ConnectTimeoutError)
