"""The payment double as the Payments port, in process: for tests and simulation."""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock

from infra.local.payments.api import Api, Request
from infra.local.payments.faults import Faults, RequestFault
from infra.local.payments.objects import Json
from infra.local.payments.parameters import Tree
from shared.adapters.stripe.translation import (
    failure_from,
    intent_from,
    refund_from,
    unanswered,
)
from shared.application.ports import Clock, Intent, ProviderRefund
from shared.domain.errors import Declined
from shared.domain.money import Money

_KEY = "sk_test_in_process"


class InProcessPayments:
    """Payments without a network, and the customer's and the webhook's side of it.

    Args:
        clock: business time.
        ids: a fresh identifier for a prefix such as "pi".
    """

    def __init__(self, clock: Clock, ids: Callable[[str], str]) -> None:
        self._clock = clock
        self._api = Api(_KEY, ids)
        self._lock = Lock()

    @property
    def faults(self) -> Faults:
        """What goes wrong next."""
        return self._api.faults

    # --- the Payments port --------------------------------------------------------------------

    def create_intent(
        self, amount: Money, metadata: Mapping[str, str], idempotency_key: str
    ) -> Intent:
        """See Payments.create_intent."""
        parameters: Tree = {
            "amount": str(amount.minor),
            "currency": amount.currency,
            "metadata": dict(metadata),
            "allowed_payment_method_types": {"0": "card"},
        }
        return intent_from(self._call("POST", "payment_intents", parameters, idempotency_key))

    def intent(self, intent_id: str) -> Intent:
        """See Payments.intent."""
        return intent_from(self._call("GET", f"payment_intents/{intent_id}"))

    def cancel_intent(self, intent_id: str) -> Intent:
        """See Payments.cancel_intent."""
        try:
            return intent_from(self._call("POST", f"payment_intents/{intent_id}/cancel"))
        except Declined as refusal:
            if refusal.code != "payment_intent_unexpected_state":
                raise
            return self.intent(intent_id)

    def create_refund(
        self, intent_id: str, amount: Money, metadata: Mapping[str, str], idempotency_key: str
    ) -> ProviderRefund:
        """See Payments.create_refund."""
        parameters: Tree = {
            "payment_intent": intent_id,
            "amount": str(amount.minor),
            "metadata": dict(metadata),
        }
        return refund_from(self._call("POST", "refunds", parameters, idempotency_key))

    def refund(self, provider_refund_id: str) -> ProviderRefund:
        """See Payments.refund."""
        return refund_from(self._call("GET", f"refunds/{provider_refund_id}"))

    def refunds_of(self, intent_id: str) -> Sequence[ProviderRefund]:
        """See Payments.refunds_of."""
        found: list[Json] = []
        parameters: Tree = {"payment_intent": intent_id, "limit": "100"}
        while True:
            page = self._call("GET", "refunds", parameters)
            found += page["data"]
            if not page["has_more"]:
                return [refund_from(document) for document in found]
            parameters["starting_after"] = page["data"][-1]["id"]

    def _call(
        self, method: str, path: str, parameters: Tree | None = None, key: str | None = None
    ) -> Json:
        request = Request(method, f"/v1/{path}", dict(parameters or {}), _KEY, key)
        with self._lock:
            answer, fault = self._api.handle(request, self._clock.now())
        reading = method == "GET"
        if fault is RequestFault.TIMEOUT:
            raise unanswered("The payment provider did not answer.", reading=reading)
        if answer.status != 200:
            raise failure_from(answer.status, answer.body["error"], reading=reading)
        return answer.body

    # --- the customer -------------------------------------------------------------------------

    def pay(self, intent_id: str, card: str = "pm_card_visa") -> Intent:
        """Confirm as the customer's browser does; a decline shows on the intent returned.

        Args:
            intent_id: which intent.
            card: a test PaymentMethod (docs.stripe.com/testing).

        Raises:
            Declined: the intent is past confirming.
            NotFound: there is no such intent or card.
        """
        try:
            return intent_from(
                self._call("POST", f"payment_intents/{intent_id}/confirm", {"payment_method": card})
            )
        except Declined as refusal:
            if refusal.code == "payment_intent_unexpected_state":
                raise
            return self.intent(intent_id)

    def authenticate(self, intent_id: str, *, passed: bool) -> Intent:
        """Pass or fail the 3-D Secure question as the customer."""
        with self._lock:
            return intent_from(self._api.model.authenticate(intent_id, passed, self._clock.now()))

    # --- webhooks -----------------------------------------------------------------------------

    def undelivered(self) -> list[Json]:
        """Events due for delivery, a copy for each delivery, to be handed over in any order."""
        with self._lock:
            now, model = self._clock.now(), self._api.model
            model.settle(now)
            return [model.events[each.event_id] for each in model.outbox.due(now)]

    def delivered(self, event_id: str, *, accepted: bool = True) -> None:
        """Note that one copy of an event was taken (2xx), or refused: then it comes again."""
        with self._lock:
            now, model = self._clock.now(), self._api.model
            for delivery in model.outbox.due(now):
                if delivery.event_id == event_id:
                    model.outbox.tried(delivery, accepted=accepted, now=now)
                    model.note_delivery(event_id)
                    return
