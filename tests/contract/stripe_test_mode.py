"""Stripe's own test mode as a subject of the contract suite.

Met where STRIPE_TEST_KEY is in the environment. Cases that order faults, put the clock forward or
play the cardholder's bank skip here, saying so.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import pytest
import stripe

from infra.local.payments.faults import RequestFault
from shared.adapters.stripe.payments import StripePayments
from shared.adapters.stripe.translation import failure_from
from shared.application.ports import Intent, Payments, ProviderDispute, ProviderRefund
from shared.domain.money import Money

_LOOKS, _SECONDS_BETWEEN_LOOKS = 60, 1.0


class RealTime:
    """The time of Stripe's test mode."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)


class TestMode:
    """The production adapter against Stripe's own test mode (docs.stripe.com/test-mode)."""

    __test__ = False

    def __init__(self, api_key: str) -> None:
        if not api_key.startswith(("sk_test_", "rk_test_")):
            raise ValueError("STRIPE_TEST_KEY must be a key of the test mode")
        self.clock = RealTime()
        self.payments = StripePayments(api_key)
        self._sdk = stripe.StripeClient(api_key)
        self._run = uuid.uuid4().hex

    @property
    def impatient(self) -> Payments:
        """See Subject."""
        _only_a_double("times out on request")

    def pay(self, intent: Intent, card: str = "pm_card_visa") -> Intent:
        """See Subject; confirmed with the secret key, because the publishable one is not known."""
        try:
            self._sdk.v1.payment_intents.confirm(intent.intent_id, {"payment_method": card})
        except stripe.CardError:
            pass
        except stripe.InvalidRequestError as error:
            body: Any = error.json_body
            raise failure_from(400, body["error"], reading=False) from error
        return self.payments.intent(intent.intent_id)

    def authenticate(self, intent: Intent, *, passed: bool) -> Intent:
        """See Subject."""
        _only_a_double("answers 3-D Secure without a browser")

    def spoil(self, fault: RequestFault, path: str, count: int = 1) -> None:
        """See Subject."""
        _only_a_double("fails on request")

    def advance(self, step: timedelta) -> None:
        """See Subject."""
        _only_a_double("lets time pass on request")

    def key(self, name: str) -> str:
        """See Subject."""
        return f"{self._run}:{name}"

    def eventually[Found](
        self, read: Callable[[], Found], enough: Callable[[Found], bool]
    ) -> Found:
        """See Subject."""
        for _ in range(_LOOKS):
            found = read()
            if enough(found):
                return found
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        raise AssertionError(f"still {found}")

    def save_card(self, provider_customer: str, card: str) -> str:
        """See Subject."""
        return self._sdk.v1.payment_methods.attach(card, {"customer": provider_customer}).id

    def open_dispute(
        self,
        paid: str,
        amount: int | None = None,
        *,
        inquiry: bool = False,
        delay: timedelta = timedelta(0),
    ) -> ProviderDispute:
        """See Subject."""
        _only_a_double("disputes on request")

    def escalate_dispute(self, dispute_id: str) -> ProviderDispute:
        """See Subject."""
        _only_a_double("escalates on request")

    def close_dispute(self, dispute_id: str, *, won: bool) -> ProviderDispute:
        """See Subject."""
        _only_a_double("decides disputes on request")

    def pay_by_hand(self, amount: Money, metadata: Mapping[str, str]) -> Intent:
        """See Subject."""
        _only_a_double("has no dashboard in between")

    def charge_by_hand(self, amount: Money) -> str:
        """See Subject."""
        _only_a_double("has no dashboard in between")

    def refund_by_hand(self, paid: str, amount: int | None = None) -> ProviderRefund:
        """See Subject."""
        _only_a_double("has no dashboard in between")


def _only_a_double(can: str) -> NoReturn:
    pytest.skip(f"only a double {can}")
