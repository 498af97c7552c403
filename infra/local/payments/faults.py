"""Misfortune on request: what the next requests and the next webhooks suffer."""

from dataclasses import dataclass, field
from enum import StrEnum


class RequestFault(StrEnum):
    """What happens to a request.

    error_before and error_after answer 500, before or after the work is done; rate_limit answers
    429 and does nothing; timeout does the work and never answers; slow waits before the work, so
    that the key is seen in use.
    """

    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    RATE_LIMIT = "rate_limit"
    TIMEOUT = "timeout"
    SLOW = "slow"


class WebhookFault(StrEnum):
    """What happens to an event: never sent, sent twice, or sent after those that follow it."""

    DROP = "drop"
    TWICE = "twice"
    SHUFFLE = "shuffle"


@dataclass(slots=True)
class _Ordered:
    fault: RequestFault
    count: int
    method: str | None
    path: str


@dataclass(slots=True)
class Faults:
    """Orders, each used up by the requests or events it fits, oldest first."""

    _requests: list[_Ordered] = field(default_factory=list)
    _webhooks: list[WebhookFault] = field(default_factory=list)

    def order_request(
        self, fault: RequestFault, count: int = 1, method: str | None = None, path: str = "/v1/"
    ) -> None:
        """Spoil the next `count` requests of a method (any: None) whose path starts so."""
        self._requests.append(_Ordered(fault, count, method, path))

    def order_webhooks(self, fault: WebhookFault, count: int = 1) -> None:
        """Spoil the next `count` events."""
        self._webhooks.extend([fault] * count)

    def clear(self) -> None:
        """Forget every order."""
        self._requests.clear()
        self._webhooks.clear()

    def for_request(self, method: str, path: str) -> RequestFault | None:
        """Use up and return what is ordered for this request, where anything is."""
        for order in self._requests:
            if order.method in (None, method) and path.startswith(order.path):
                order.count -= 1
                if order.count == 0:
                    self._requests.remove(order)
                return order.fault
        return None

    def for_event(self) -> tuple[WebhookFault | None, int]:
        """Use up and return what is ordered for this event, and how many shuffled ones follow."""
        if not self._webhooks:
            return None, 0
        fault = self._webhooks.pop(0)
        following = 0
        while following < len(self._webhooks) and self._webhooks[following] is fault:
            following += 1
        return fault, following
