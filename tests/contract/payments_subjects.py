"""The two faces of the payment double behind one handle, for the contract suite."""

import asyncio
import threading
from collections.abc import Callable, Iterator
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
from shared.adapters.stripe.translation import failure_from, intent_from
from shared.application.ports import Intent, Payments

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

    clock: SteppedClock

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


class InProcess:
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


class OverHttp:
    """The production adapter against the server of the double."""

    def __init__(self, address: str, clock: SteppedClock) -> None:
        self.address = address
        self.clock = clock
        self.payments = StripePayments(SECRET_KEY, address, timeout=_WAIT_SECONDS)
        self.impatient = StripePayments(SECRET_KEY, address, timeout=0.2)
        self.sdk = stripe.StripeClient(SECRET_KEY, base_addresses={"api": address})
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
        answer = self.control(
            f"payment_intents/{intent.intent_id}/authentication",
            {"outcome": "succeeded" if passed else "failed"},
        )
        return intent_from(answer.json())

    def spoil(self, fault: RequestFault, path: str, count: int = 1) -> None:
        """See Subject."""
        order = {"kind": fault.value, "path": path, "count": count}
        self.control("faults", {"requests": [order]}).raise_for_status()

    def control(self, path: str, document: object) -> requests.Response:
        """Ask for something only a double can do."""
        address = f"{self.address}/_control/{path}"
        return requests.post(address, json=document, timeout=_WAIT_SECONDS)

    def state(self) -> dict[str, Any]:
        """Everything the double knows."""
        answer = requests.get(f"{self.address}/_control/state", timeout=_WAIT_SECONDS)
        return dict(answer.json())


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
