"""The two faces of the payment double and Stripe's own test mode behind one handle."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Protocol

import requests
import stripe

from infra.local.payments.api import Api
from infra.local.payments.faults import RequestFault
from infra.local.payments.port import InProcessPayments
from infra.local.payments.server import PaymentsServer, start
from shared.adapters.stripe.payments import StripePayments
from shared.adapters.stripe.translation import dispute_from, failure_from, refund_from
from shared.application.ports import (
    Clock,
    Intent,
    Payments,
    ProviderDispute,
    ProviderRefund,
)
from shared.domain.money import Money
from tests.contract.stripe_test_mode import TestMode

SECRET_KEY = "sk_test_contract_0123456789"
PUBLISHABLE_KEY = "pk_test_contract_0123456789"
WEBHOOK_SECRET = "whsec_contract"
_WAIT_SECONDS = 60.0


class SteppedClock:
    """Business time that moves only when told to."""

    def __init__(self) -> None:
        self._moment = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """The moment last set."""
        return self._moment

    def advance(self, step: timedelta) -> None:
        """Let time pass."""
        self._moment += step


def counted_ids() -> Callable[[str], str]:
    """Identifiers in the order they are asked for."""
    numbers = count(1)
    return lambda prefix: f"{prefix}_{next(numbers):024d}"


class Subject(Protocol):
    """What a contract case may do."""

    @property
    def clock(self) -> Clock:
        """The account's time."""
        ...

    @property
    def payments(self) -> Payments:
        """The account as the application uses it."""
        ...

    @property
    def impatient(self) -> Payments:
        """The same account with a time-out of a fraction of a second."""
        ...

    def pay(self, intent: Intent, card: str = "pm_card_visa") -> Intent:
        """Confirm as the customer, with the client secret; a decline shows on the answer."""
        ...

    def authenticate(self, intent: Intent, *, passed: bool) -> Intent:
        """Answer the 3-D Secure question."""
        ...

    def spoil(self, fault: RequestFault, path: str, count: int = 1) -> None:
        """Let something happen to the next requests under a path."""
        ...

    def advance(self, step: timedelta) -> None:
        """Let time pass."""
        ...

    def key(self, name: str) -> str:
        """An idempotency key that this account has not seen in another case."""
        ...

    def eventually[Found](
        self, read: Callable[[], Found], enough: Callable[[Found], bool]
    ) -> Found:
        """What is read in the end, where the account does not show everything at once."""
        ...

    def save_card(self, provider_customer: str, card: str) -> str:
        """Keep a test card with a customer without a payment."""
        ...

    def open_dispute(
        self,
        paid: str,
        amount: int | None = None,
        *,
        inquiry: bool = False,
        delay: timedelta = timedelta(0),
    ) -> ProviderDispute:
        """Dispute a payment as its cardholder."""
        ...

    def escalate_dispute(self, dispute_id: str) -> ProviderDispute:
        """Turn an inquiry into a dispute."""
        ...

    def close_dispute(self, dispute_id: str, *, won: bool) -> ProviderDispute:
        """Decide a dispute as the bank."""
        ...

    def pay_by_hand(self, amount: Money, metadata: Mapping[str, str]) -> Intent:
        """Take a payment in the dashboard."""
        ...

    def charge_by_hand(self, amount: Money) -> str:
        """Take a payment without an intent; returns the charge's id."""
        ...

    def refund_by_hand(self, paid: str, amount: int | None = None) -> ProviderRefund:
        """Refund a payment in the dashboard."""
        ...


class _AtOnce:
    """An account that shows at once what happened, and has its own key memory per case."""

    clock: SteppedClock

    def advance(self, step: timedelta) -> None:
        """See Subject."""
        self.clock.advance(step)

    def key(self, name: str) -> str:
        """See Subject."""
        return name

    def eventually[Found](
        self, read: Callable[[], Found], enough: Callable[[Found], bool]
    ) -> Found:
        """See Subject."""
        found = read()
        assert enough(found), found
        return found


class InProcess(_AtOnce):
    """The port straight on the model."""

    def __init__(self) -> None:
        self.clock = SteppedClock()
        self.payments = InProcessPayments(self.clock, counted_ids())
        self.impatient = self.payments

    def pay(self, intent: Intent, card: str = "pm_card_visa") -> Intent:
        """See Subject."""
        return self.payments.pay(intent.intent_id, card)

    def authenticate(self, intent: Intent, *, passed: bool) -> Intent:
        """See Subject."""
        return self.payments.authenticate(intent.intent_id, passed=passed)

    def spoil(self, fault: RequestFault, path: str, count: int = 1) -> None:
        """See Subject."""
        self.payments.faults.order_request(fault, count, path=path)

    def save_card(self, provider_customer: str, card: str) -> str:
        """See Subject."""
        return self.payments.save_card(provider_customer, card)

    def open_dispute(
        self,
        paid: str,
        amount: int | None = None,
        *,
        inquiry: bool = False,
        delay: timedelta = timedelta(0),
    ) -> ProviderDispute:
        """See Subject."""
        return self.payments.open_dispute(paid, amount, inquiry=inquiry, delay=delay)

    def escalate_dispute(self, dispute_id: str) -> ProviderDispute:
        """See Subject."""
        return self.payments.escalate_dispute(dispute_id)

    def close_dispute(self, dispute_id: str, *, won: bool) -> ProviderDispute:
        """See Subject."""
        return self.payments.close_dispute(dispute_id, won=won)

    def pay_by_hand(self, amount: Money, metadata: Mapping[str, str]) -> Intent:
        """See Subject."""
        return self.payments.pay_by_hand(amount, metadata)

    def charge_by_hand(self, amount: Money) -> str:
        """See Subject."""
        return self.payments.charge_by_hand(amount).charge_id

    def refund_by_hand(self, paid: str, amount: int | None = None) -> ProviderRefund:
        """See Subject."""
        return self.payments.refund_by_hand(paid, amount)


class OverHttp(_AtOnce):
    """The production adapter against the server of the double."""

    def __init__(self, address: str, clock: SteppedClock) -> None:
        self.address = address
        self.clock = clock
        self.payments = StripePayments(SECRET_KEY, address, timeout=_WAIT_SECONDS)
        self.impatient = StripePayments(SECRET_KEY, address, timeout=0.2)
        self.sdk = stripe.StripeClient(
            SECRET_KEY, base_addresses={"api": address}, max_network_retries=0
        )
        self._browser = stripe.StripeClient(PUBLISHABLE_KEY, base_addresses={"api": address})

    def pay(self, intent: Intent, card: str = "pm_card_visa") -> Intent:
        """See Subject."""
        try:
            # Stripe.js sends the client secret beside the publishable key; the package's types
            # know the server's side only.
            parameters: Any = {"client_secret": intent.client_secret, "payment_method": card}
            self._browser.v1.payment_intents.confirm(intent.intent_id, parameters)
        except stripe.CardError:
            return self.payments.intent(intent.intent_id)
        except stripe.InvalidRequestError as error:
            body: Any = error.json_body
            raise failure_from(400, body["error"], reading=False) from error
        return self.payments.intent(intent.intent_id)

    def authenticate(self, intent: Intent, *, passed: bool) -> Intent:
        """See Subject."""
        outcome = {"outcome": "succeeded" if passed else "failed"}
        self.order(f"payment_intents/{intent.intent_id}/authentication", outcome)
        return self.payments.intent(intent.intent_id)

    def spoil(self, fault: RequestFault, path: str, count: int = 1) -> None:
        """See Subject."""
        order = {"kind": fault.value, "path": path, "count": count}
        self.control("faults", {"requests": [order]}).raise_for_status()

    def save_card(self, provider_customer: str, card: str) -> str:
        """See Subject."""
        return self.sdk.v1.payment_methods.attach(card, {"customer": provider_customer}).id

    def open_dispute(
        self,
        paid: str,
        amount: int | None = None,
        *,
        inquiry: bool = False,
        delay: timedelta = timedelta(0),
    ) -> ProviderDispute:
        """See Subject."""
        wanted = {"paid": paid, "inquiry": inquiry, "delay": delay.total_seconds()}
        return dispute_from(self.order("disputes", wanted | {"amount": amount}))

    def escalate_dispute(self, dispute_id: str) -> ProviderDispute:
        """See Subject."""
        return dispute_from(self.order(f"disputes/{dispute_id}/escalate", {}))

    def close_dispute(self, dispute_id: str, *, won: bool) -> ProviderDispute:
        """See Subject."""
        outcome = {"outcome": "won" if won else "lost"}
        return dispute_from(self.order(f"disputes/{dispute_id}/close", outcome))

    def pay_by_hand(self, amount: Money, metadata: Mapping[str, str]) -> Intent:
        """See Subject."""
        wanted = {"amount": amount.minor, "currency": amount.currency, "metadata": dict(metadata)}
        return self.payments.intent(self.order("payment_intents", wanted)["id"])

    def charge_by_hand(self, amount: Money) -> str:
        """See Subject."""
        wanted = {"amount": amount.minor, "currency": amount.currency}
        return str(self.order("charges", wanted)["id"])

    def refund_by_hand(self, paid: str, amount: int | None = None) -> ProviderRefund:
        """See Subject."""
        return refund_from(self.order("refunds", {"paid": paid, "amount": amount}))

    def order(self, path: str, document: Any) -> dict[str, Any]:
        """Let an outsider do something; refused as Stripe would refuse it."""
        answer = self.control(path, document)
        if answer.status_code != 200:
            raise failure_from(answer.status_code, answer.json()["error"], reading=False)
        return dict(answer.json())

    def control(self, path: str, document: Any) -> requests.Response:
        """Ask for something only a double can do."""
        address = f"{self.address}/_control/{path}"
        return requests.post(address, json=document, timeout=_WAIT_SECONDS)

    def state(self) -> dict[str, Any]:
        """Everything the double knows."""
        answer = requests.get(f"{self.address}/_control/state", timeout=_WAIT_SECONDS)
        return dict(answer.json())


# Stripe's own is asked only where there is a key; test_payments_contract.py says when not.
TEST_KEY = os.environ.get("STRIPE_TEST_KEY", "")
FACES = ("adapter over HTTP", "port in process", *(("Stripe's test mode",) if TEST_KEY else ()))


@contextmanager
def face(name: str) -> Iterator[Subject]:
    """One of FACES, empty and ready."""
    if name == "port in process":
        yield InProcess()
    elif name == "adapter over HTTP":
        with served() as over_http:
            yield over_http
    else:
        yield TestMode(TEST_KEY)


@contextmanager
def served() -> Iterator[OverHttp]:
    """The server on a free loopback port, in a thread of its own."""
    clock, loop, ready = SteppedClock(), asyncio.new_event_loop(), threading.Event()
    found: list[Any] = []

    async def begin() -> None:
        server = PaymentsServer(Api(SECRET_KEY, counted_ids()), clock, WEBHOOK_SECRET)
        found.extend(await start(server, 0))
        ready.set()

    def work() -> None:
        loop.run_until_complete(begin())
        loop.run_forever()
        loop.run_until_complete(found[0].cleanup())
        loop.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(_WAIT_SECONDS), "the server of the double does not start"
    try:
        yield OverHttp(f"http://127.0.0.1:{found[1]}", clock)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_WAIT_SECONDS)
