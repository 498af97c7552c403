"""PaymentIntents, charges, refunds and events as Stripe keeps them: plain and deterministic."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta

from infra.local.payments import objects
from infra.local.payments.cards import CARDS, Card
from infra.local.payments.errors import ApiError, invalid, no_such, unexpected_state
from infra.local.payments.faults import Faults
from infra.local.payments.objects import Json
from infra.local.payments.webhooks import Outbox
from shared.domain.money import Money

# docs.stripe.com/testing#refunds says such refunds change state later, not when: our choice.
REFUND_SETTLES_AFTER = timedelta(minutes=1)
# docs.stripe.com/api/events: "we guarantee access to events through the Retrieve Event API only
# for 30 days".
EVENTS_KEPT = timedelta(days=30)

_CANCELABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
)


@dataclass(frozen=True, slots=True)
class Cause:
    """The request an event goes back to; both None where time alone brought it."""

    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class _Settlement:
    due: datetime
    refund_id: str
    status: str


class PaymentsModel:
    """One merchant's account.

    Time comes in as an argument, ids from outside, and every document returned is the model's
    own: callers that keep one copy it.

    Args:
        ids: a fresh identifier for a prefix such as "pi".
        faults: what is ordered to go wrong with webhooks.
    """

    def __init__(self, ids: Callable[[str], str], faults: Faults) -> None:
        self._ids = ids
        self._settlements: list[_Settlement] = []
        self._cards: dict[str, Card] = {}
        self.intents: dict[str, Json] = {}
        self.methods: dict[str, Json] = {}
        self.charges: dict[str, Json] = {}
        self.refunds: dict[str, Json] = {}
        self.events: dict[str, Json] = {}
        self._shelves = {
            "payment_intent": self.intents,
            "payment_method": self.methods,
            "charge": self.charges,
            "refund": self.refunds,
        }
        self.outbox = Outbox(faults)

    def find(self, kind: str, identifier: str, param: str = "id") -> Json:
        """Look an object up by the name of its kind ("charge") and its id.

        Raises:
            ApiError: 404, naming the parameter the id came in.
        """
        found = self._shelves[kind].get(identifier)
        if found is None:
            raise no_such(kind, identifier, param)
        return found

    # --- payment intents ----------------------------------------------------------------------

    def create_intent(
        self,
        amount: int,
        currency: str,
        metadata: Mapping[str, str],
        allowed: Sequence[str],
        automatic: Json | None,
        description: str | None,
        receipt_email: str | None,
        method_id: str | None,
        cause: Cause,
        now: datetime,
    ) -> Json:
        """Make an intent that waits for a payment method, or for confirmation where it has one.

        Raises:
            ApiError: 404 where there is no such method.
        """
        method = None if method_id is None else self._method(method_id, now)
        identifier = self._ids("pi")
        intent = objects.payment_intent(
            identifier,
            f"{identifier}_secret_{self._ids('cs')}",
            amount,
            currency,
            metadata,
            allowed,
            automatic,
            description,
            receipt_email,
            now,
        )
        if method is not None:
            intent.update(payment_method=method["id"], status="requires_confirmation")
        self.intents[identifier] = intent
        self._emit("payment_intent.created", intent, cause, now)
        return intent

    def confirm(self, identifier: str, method_id: str | None, cause: Cause, now: datetime) -> Json:
        """Try to pay, with a new payment method or the one the intent has.

        Raises:
            ApiError: 402 where the bank declines, 400 where the intent cannot be confirmed.
        """
        intent = self.find("payment_intent", identifier, "intent")
        if intent["status"] == "succeeded":
            raise unexpected_state(
                "You cannot confirm this PaymentIntent because it has already succeeded after "
                "being previously confirmed.",
                deepcopy(intent),
            )
        if intent["status"] == "canceled":
            raise unexpected_state(
                "You cannot confirm this PaymentIntent because it has a status of canceled.",
                deepcopy(intent),
            )
        chosen = method_id or intent["payment_method"]
        if chosen is None:
            raise unexpected_state(
                "You cannot confirm this PaymentIntent because it's missing a payment method.",
                deepcopy(intent),
            )
        method = self._method(chosen, now)
        intent.update(payment_method=method["id"], last_payment_error=None, next_action=None)
        if self._cards[method["id"]].authenticate:
            intent.update(status="requires_action", next_action=objects.authentication_action())
            self._emit("payment_intent.requires_action", intent, cause, now)
            return intent
        return self._attempt(intent, method, False, cause, now)

    def authenticate(self, identifier: str, passed: bool, now: datetime) -> Json:
        """Let the customer pass or fail the 3-D Secure question of an intent.

        What the bank then says shows on the intent: nobody waits for this answer.

        Raises:
            ApiError: 404, or 400 where the intent asks no question.
        """
        intent = self.find("payment_intent", identifier, "intent")
        if intent["status"] != "requires_action":
            raise unexpected_state(
                f"This PaymentIntent has a status of {intent['status']}: nothing to authenticate.",
                deepcopy(intent),
            )
        method = self.methods[intent["payment_method"]]
        intent["next_action"] = None
        if not passed:
            self._back_to_start(intent, objects.authentication_error(deepcopy(method)))
            self._emit("payment_intent.payment_failed", intent, Cause(), now)
            return intent
        try:
            return self._attempt(intent, method, True, Cause(), now)
        except ApiError:
            return intent

    def cancel(self, identifier: str, reason: str | None, cause: Cause, now: datetime) -> Json:
        """Give an intent up (docs.stripe.com/api/payment_intents/cancel).

        Raises:
            ApiError: 400 payment_intent_unexpected_state where it has succeeded or is canceled.
        """
        intent = self.find("payment_intent", identifier, "intent")
        if intent["status"] not in _CANCELABLE:
            raise unexpected_state(
                "You cannot cancel this PaymentIntent because it has a status of "
                f"{intent['status']}. Only a PaymentIntent with one of the following statuses may "
                f"be canceled: {', '.join(_CANCELABLE)}.",
                deepcopy(intent),
            )
        intent.update(
            status="canceled",
            canceled_at=int(now.timestamp()),
            cancellation_reason=reason,
            next_action=None,
        )
        self._emit("payment_intent.canceled", intent, cause, now)
        return intent

    def _attempt(
        self, intent: Json, method: Json, authenticated: bool, cause: Cause, now: datetime
    ) -> Json:
        card = self._cards[method["id"]]
        charge = objects.charge(
            self._ids("ch"), self._ids("txn"), intent, method["id"], card, authenticated, now
        )
        self.charges[charge["id"]] = charge
        intent["latest_charge"] = charge["id"]
        if card.decline is None:
            intent.update(status="succeeded", amount_received=intent["amount"])
            self._emit("charge.succeeded", charge, cause, now)
            self._emit("payment_intent.succeeded", intent, cause, now)
            return intent
        error = objects.payment_error(card.decline, charge["id"], deepcopy(method))
        self._back_to_start(intent, error)
        self._emit("charge.failed", charge, cause, now)
        self._emit("payment_intent.payment_failed", intent, cause, now)
        raise ApiError(
            402,
            "card_error",
            card.decline.message,
            stored=True,
            code=card.decline.code,
            decline_code=card.decline.decline_code,
            charge=charge["id"],
            payment_intent=deepcopy(intent),
            payment_method=deepcopy(method),
        )

    def _back_to_start(self, intent: Json, error: Json) -> None:
        intent.update(
            status="requires_payment_method", payment_method=None, last_payment_error=error
        )

    def _method(self, identifier: str, now: datetime) -> Json:
        if identifier not in CARDS:
            return self.find("payment_method", identifier, "payment_method")
        method = objects.payment_method(self._ids("pm"), CARDS[identifier], now)
        self.methods[method["id"]] = method
        self._cards[method["id"]] = CARDS[identifier]
        return method

    # --- charges and refunds ------------------------------------------------------------------

    def refund(
        self,
        charge: Json,
        amount: int | None,
        metadata: Mapping[str, str],
        reason: str | None,
        cause: Cause,
        now: datetime,
    ) -> Json:
        """Give money back, all that is left where no amount is given.

        Raises:
            ApiError: 400 where the charge took no money, has been refunded, or has less left.
        """
        left = charge["amount_captured"] - charge["amount_refunded"]
        if not charge["paid"]:
            raise invalid(
                f"Charge {charge['id']} is not refundable: it did not succeed.",
                code="charge_not_refundable",
                stored=True,
            )
        if left == 0:
            raise invalid(
                f"Charge {charge['id']} has already been refunded.",
                code="charge_already_refunded",
                stored=True,
            )
        wanted = left if amount is None else amount
        if wanted > left:
            raise invalid(
                f"Refund amount ({Money(wanted, charge['currency'])}) is greater than unrefunded "
                f"amount on charge ({Money(left, charge['currency'])})",
                code="amount_too_large",
                param="amount",
                stored=True,
            )
        way = self._cards[charge["payment_method"]].refunds
        refund = objects.refund(
            self._ids("re"),
            self._ids("txn"),
            charge,
            wanted,
            metadata,
            reason,
            "pending" if way == "settle" else "succeeded",
            now,
        )
        self.refunds[refund["id"]] = refund
        if way != "succeed":
            end = "succeeded" if way == "settle" else "failed"
            self._settlements.append(_Settlement(now + REFUND_SETTLES_AFTER, refund["id"], end))
        self._count_refunded(charge, wanted)
        self._emit("refund.created", refund, cause, now)
        self._emit("charge.refunded", charge, cause, now)
        return refund

    def paid_charge_of(self, intent_id: str) -> Json:
        """The charge that took an intent's money.

        Raises:
            ApiError: 404 without such an intent, 400 where it has not been paid.
        """
        intent = self.find("payment_intent", intent_id, "payment_intent")
        if intent["status"] != "succeeded":
            raise invalid(
                f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
                code="payment_intent_unexpected_state",
                stored=True,
            )
        return self.charges[intent["latest_charge"]]

    def _count_refunded(self, charge: Json, amount: int) -> None:
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]

    # --- time and events ----------------------------------------------------------------------

    def settle(self, now: datetime) -> None:
        """Bring about what was due by now: refunds that settle or fail late."""
        for settlement in [each for each in self._settlements if each.due <= now]:
            self._settlements.remove(settlement)
            refund = self.refunds[settlement.refund_id]
            refund["status"] = settlement.status
            if settlement.status == "failed":
                refund["failure_reason"] = "expired_or_canceled_card"
                refund["failure_balance_transaction"] = self._ids("txn")
                self._count_refunded(self.charges[refund["charge"]], -refund["amount"])
                self._emit("refund.failed", refund, Cause(), now)
            self._emit("refund.updated", refund, Cause(), now)

    def expecting(self) -> bool:
        """Whether time alone will change something."""
        return bool(self._settlements or self.outbox.waiting)

    def events_kept(self, now: datetime) -> dict[str, Json]:
        """The feed as it can still be read, oldest first."""
        since = (now - EVENTS_KEPT).timestamp()
        return {name: each for name, each in self.events.items() if each["created"] >= since}

    def note_delivery(self, event_id: str) -> None:
        """Let an event say how many endpoints have not taken it yet."""
        self.events[event_id]["pending_webhooks"] = int(self.outbox.is_waiting(event_id))

    def _emit(self, kind: str, subject: Json, cause: Cause, now: datetime) -> None:
        event = objects.event(
            self._ids("evt"),
            kind,
            deepcopy(subject),
            cause.request_id,
            cause.idempotency_key,
            now,
        )
        self.events[event["id"]] = event
        self.outbox.add(event["id"], now)
