"""What only the payment double tells and does: its objects, and misfortune with its webhooks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import requests

from tests.e2e.local_stack import LocalStack


@contextmanager
def webhooks(stack: LocalStack, fault: Literal["drop", "twice"]) -> Iterator[None]:
    """The next two events, those of one payment, are lost or delivered twice."""
    faults = f"{stack.payments}/_control/faults"
    ordered = {"webhooks": [{"kind": fault, "count": 2}]}
    requests.post(faults, json=ordered, timeout=10).raise_for_status()
    try:
        yield
    finally:
        requests.delete(faults, timeout=10).raise_for_status()


def ask(stack: LocalStack, what: str, order: Mapping[str, object]) -> Mapping[str, Any]:
    """Something only a double does: a dispute, a payment made by hand."""
    answer = requests.post(f"{stack.payments}/_control/{what}", json=order, timeout=10)
    answer.raise_for_status()
    found: Mapping[str, Any] = answer.json()
    return found


def state(stack: LocalStack) -> Mapping[str, Any]:
    """Everything the provider holds."""
    found: Mapping[str, Any] = requests.get(f"{stack.payments}/_control/state", timeout=10).json()
    return found


def of_payment(
    stack: LocalStack, what: Literal["payment_intents", "charges", "refunds"], intent_id: str
) -> list[Mapping[str, Any]]:
    """The provider's objects of one payment."""
    key = "id" if what == "payment_intents" else "payment_intent"
    return [each for each in state(stack)[what] if each[key] == intent_id]
