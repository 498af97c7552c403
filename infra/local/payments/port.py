"""The payment double as the Payments port, in process: for tests and simulation."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock

from infra.local.payments.api import Api, Request
from infra.local.payments.disputes import NO_DELAY
from infra.local.payments.errors import ApiError
from infra.local.payments.faults import Faults, RequestFault
from infra.local.payments.objects import Json, seconds
from infra.local.payments.outsiders import Outsiders
from infra.local.payments.parameters import Tree
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
    Clock,
    Intent,
    ProviderCharge,
    ProviderDispute,
    ProviderEvent,
    ProviderRefund,
)
from shared.domain.errors import Declined, NotFound
from shared.domain.money import Money

_KEY = "sk_test_in_process"


# As the adapter asks for it: the card and the time of the charge with the intent.
_EXPANDED: Tree = {"expand": {"0": "latest_charge"}}


class _CardRefused(Declined):
    """The bank's refusal, with the intent as it then is."""

    def __init__(self, code: str, detail: str, intent: Json) -> None:
        super().__init__(code, detail)
        self.intent = intent


class InProcessPayments:
    """Payments without a network, and the customer's and the webhook's side of it.

    Args:
        clock: business time.
        ids: a fresh identifier for a prefix such as "pi".
    """

    def __init__(self, clock: Clock, ids: Callable[[str], str]) -> None:
        self._clock = clock
        self._api = Api(_KEY, ids)
        self._outsiders = Outsiders(self._api)
        self._lock = Lock()
        self._interruptions: list[Callable[[], None]] = []

    @property
    def faults(self) -> Faults:
        """What goes wrong next."""
        return self._api.faults

    def before_next_answer(self, action: Callable[[], None]) -> None:
        """Do something once the next write has been done and before its answer arrives."""
        self._interruptions.append(action)

    def settle_refunds_after(self, delay: timedelta) -> None:
        """From now on let refunds that change their mind do so after this time."""
        self._api.refunds.settle_after = delay

    # --- the Payments port --------------------------------------------------------------------

    def create_intent(
        self,
        amount: Money,
        metadata: Mapping[str, str],
        idempotency_key: str,
        *,
        provider_customer: str | None = None,
        save_card: bool = False,
    ) -> Intent:
        """See Payments.create_intent."""
        parameters = _order(amount, metadata)
        if provider_customer is not None:
            parameters["customer"] = provider_customer
        if save_card:
            parameters["setup_future_usage"] = "off_session"
        return intent_from(self._call("POST", "payment_intents", parameters, idempotency_key))

    def pay_with_saved_card(
        self,
        intent: Intent,
        payment_method: str,
        idempotency_key: str,
        *,
        provider_customer: str,
    ) -> Intent:
        """See Payments.pay_with_saved_card."""
        path = f"payment_intents/{intent.intent_id}"
        wanted = _EXPANDED | {"payment_method": payment_method, "off_session": "true"}
        try:
            if intent.provider_customer is None:
                self._call("POST", path, {"customer": provider_customer})
            return intent_from(self._call("POST", f"{path}/confirm", wanted, idempotency_key))
        except _CardRefused as refusal:
            return intent_from(refusal.intent)
        except Declined as refusal:
            if refusal.code != "payment_intent_unexpected_state":
                raise
            return self.intent(intent.intent_id)

    def create_customer(self, metadata: Mapping[str, str], idempotency_key: str) -> str:
        """See Payments.create_customer."""
        made = self._call("POST", "customers", {"metadata": dict(metadata)}, idempotency_key)
        return str(made["id"])

    def forget_card(self, payment_method: str) -> None:
        """See Payments.forget_card."""
        try:
            self._call("POST", f"payment_methods/{payment_method}/detach")
        except NotFound:
            return
        except Declined:
            card = self._call("GET", f"payment_methods/{payment_method}")
            if card["customer"] is not None:
                raise

    def intent(self, intent_id: str) -> Intent:
        """See Payments.intent."""
        return intent_from(self._call("GET", f"payment_intents/{intent_id}", dict(_EXPANDED)))

    def cancel_intent(self, intent_id: str) -> Intent:
        """See Payments.cancel_intent."""
        try:
            return intent_from(
                self._call("POST", f"payment_intents/{intent_id}/cancel", dict(_EXPANDED))
            )
        except Declined as refusal:
            if refusal.code != "payment_intent_unexpected_state":
                raise
            return self.intent(intent_id)

    def create_refund(
        self, payment_id: str, amount: Money, metadata: Mapping[str, str], idempotency_key: str
    ) -> ProviderRefund:
        """See Payments.create_refund."""
        parameters: Tree = {
            **payment_named(payment_id),
            "amount": str(amount.minor),
            "metadata": dict(metadata),
        }
        return refund_from(self._call("POST", "refunds", parameters, idempotency_key))

    def refund(self, provider_refund_id: str) -> ProviderRefund:
        """See Payments.refund."""
        return refund_from(self._call("GET", f"refunds/{provider_refund_id}"))

    def refunds_of(self, payment_id: str) -> Sequence[ProviderRefund]:
        """See Payments.refunds_of."""
        return [refund_from(each) for each in self._read("refunds", {**payment_named(payment_id)})]

    def charge(self, charge_id: str) -> ProviderCharge:
        """See Payments.charge."""
        return charge_from(self._call("GET", f"charges/{charge_id}"))

    def dispute(self, dispute_id: str) -> ProviderDispute:
        """See Payments.dispute."""
        return dispute_from(self._call("GET", f"disputes/{dispute_id}"))

    def disputes_of(self, payment_id: str) -> Sequence[ProviderDispute]:
        """See Payments.disputes_of."""
        wanted: Tree = {**payment_named(payment_id)}
        return [dispute_from(each) for each in self._read("disputes", wanted)]

    def events(
        self, since: datetime, until: datetime, kinds: Sequence[str]
    ) -> Iterator[ProviderEvent]:
        """See Payments.events."""
        types: Tree = {str(place): kind for place, kind in enumerate(kinds)}
        return map(event_from, self._read("events", _created(since, until) | {"types": types}))

    def charges_created(self, since: datetime, until: datetime) -> Iterator[ProviderCharge]:
        """See Payments.charges_created."""
        return map(charge_from, self._read("charges", _created(since, until)))

    def refunds_created(self, since: datetime, until: datetime) -> Iterator[ProviderRefund]:
        """See Payments.refunds_created."""
        return map(refund_from, self._read("refunds", _created(since, until)))

    def disputes_created(self, since: datetime, until: datetime) -> Iterator[ProviderDispute]:
        """See Payments.disputes_created."""
        return map(dispute_from, self._read("disputes", _created(since, until)))

    def _read(self, path: str, parameters: Tree) -> Iterator[Json]:
        """A list, the next page only when the last one has been gone through."""
        wanted: Tree = parameters | {"limit": "100"}
        while True:
            page = self._call("GET", path, wanted)
            yield from page["data"]
            if not page["has_more"]:
                return
            wanted = wanted | {"starting_after": page["data"][-1]["id"]}

    def _call(
        self, method: str, path: str, parameters: Tree | None = None, key: str | None = None
    ) -> Json:
        request = Request(method, f"/v1/{path}", dict(parameters or {}), _KEY, key)
        with self._lock:
            answer, fault = self._api.handle(request, self._clock.now())
        reading = method == "GET"
        if not reading and self._interruptions:
            self._interruptions.pop(0)()
        if fault is RequestFault.TIMEOUT:
            raise unanswered("The payment provider did not answer.", reading=reading)
        if answer.status == 200:
            return answer.body
        error = answer.body["error"]
        failure = failure_from(answer.status, error, reading=reading)
        if isinstance(failure, Declined) and answer.status == 402:
            raise _CardRefused(failure.code, failure.detail, error["payment_intent"])
        raise failure

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
        path = f"payment_intents/{intent_id}/confirm"
        try:
            return intent_from(self._call("POST", path, _EXPANDED | {"payment_method": card}))
        except _CardRefused:
            return self.intent(intent_id)

    def authenticate(self, intent_id: str, *, passed: bool) -> Intent:
        """Pass or fail the 3-D Secure question as the customer."""
        self._outside(lambda now: self._outsiders.authenticate(intent_id, now, passed=passed))
        return self.intent(intent_id)

    def save_card(self, provider_customer: str, card: str = "pm_card_visa") -> str:
        """Keep a test card with a customer without a payment; returns the card's id."""
        path = f"payment_methods/{card}/attach"
        return str(self._call("POST", path, {"customer": provider_customer})["id"])

    # --- banks, and colleagues in the dashboard -----------------------------------------------

    def open_dispute(
        self,
        paid: str,
        amount: int | None = None,
        *,
        inquiry: bool = False,
        reason: str = "fraudulent",
        delay: timedelta = NO_DELAY,
    ) -> ProviderDispute:
        """Dispute a payment as its cardholder.

        Args:
            paid: id of an intent or of a charge.
            amount: minor units; the whole charge where it is not given.
            inquiry: whether the bank only asks, and moves no money.
            reason: one of docs.stripe.com/disputes/categories.
            delay: until the funds are withdrawn.

        Raises:
            Declined, NotFound: there is nothing to dispute.
        """
        return dispute_from(
            self._outside(
                lambda now: self._outsiders.open_dispute(
                    paid, now, amount=amount, inquiry=inquiry, reason=reason, delay=delay
                )
            )
        )

    def escalate_dispute(self, dispute_id: str, *, delay: timedelta = NO_DELAY) -> ProviderDispute:
        """Turn an inquiry into a dispute as the bank; Declined where it is none."""
        return dispute_from(
            self._outside(
                lambda now: self._outsiders.escalate_dispute(dispute_id, now, delay=delay)
            )
        )

    def close_dispute(self, dispute_id: str, *, won: bool) -> ProviderDispute:
        """Decide a dispute as the bank, won by us or lost; an inquiry is just over."""
        return dispute_from(
            self._outside(lambda now: self._outsiders.close_dispute(dispute_id, now, won=won))
        )

    def pay_by_hand(
        self,
        amount: Money,
        metadata: Mapping[str, str] | None = None,
        card: str = "pm_card_visa",
    ) -> Intent:
        """Take a payment in the dashboard: an intent that nothing of ours has made."""
        wanted = amount.minor, amount.currency, card, metadata or {}
        made = self._outside(lambda now: self._outsiders.pay_by_hand(*wanted, now))
        return self.intent(made["id"])

    def charge_by_hand(
        self,
        amount: Money,
        metadata: Mapping[str, str] | None = None,
        card: str = "pm_card_visa",
    ) -> ProviderCharge:
        """Take a payment as old software does: a charge without an intent."""
        wanted = amount.minor, amount.currency, card, metadata or {}
        return charge_from(self._outside(lambda now: self._outsiders.charge_by_hand(*wanted, now)))

    def refund_by_hand(self, paid: str, amount: int | None = None) -> ProviderRefund:
        """Refund a payment in the dashboard, without metadata.

        Args:
            paid: id of an intent or of a charge.
            amount: minor units; what is left where it is not given.

        Raises:
            Declined, NotFound: Stripe refuses, as it would refuse us.
        """
        return refund_from(
            self._outside(lambda now: self._outsiders.refund_by_hand(paid, now, amount=amount))
        )

    def _outside(self, deed: Callable[[datetime], Json]) -> Json:
        with self._lock:
            try:
                return deed(self._clock.now())
            except ApiError as error:
                raise failure_from(error.status, error.body["error"], reading=False) from None

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


def _order(amount: Money, metadata: Mapping[str, str]) -> Tree:
    """What every payment intent of ours is made with."""
    return _EXPANDED | {
        "amount": str(amount.minor),
        "currency": amount.currency,
        "metadata": dict(metadata),
        "allowed_payment_method_types": {"0": "card"},
    }


def _created(since: datetime, until: datetime) -> Tree:
    """Created in [since, until]."""
    return {"created": {"gte": str(seconds(since)), "lte": str(seconds(until))}}
