"""Misfortune on request: what the next requests and the next webhooks suffer."""

from dataclasses import dataclass, field
from enum import StrEnum
from math import inf


class RequestFault(StrEnum):
    """What happens to a request.

    error_before and error_after answer 500, before or after the work is done; rate_limit answers
    429 and in_use 409, and both do nothing; timeout does the work and never answers; slow waits
    before the work, so that the key is seen in use; late does the work and waits before it
    answers, so that webhooks are faster.
    """

    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    RATE_LIMIT = "rate_limit"
    IN_USE = "in_use"
    TIMEOUT = "timeout"
    SLOW = "slow"
    LATE = "late"


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
class _Spoiled:
    fault: WebhookFault
    left: float


@dataclass(slots=True)
class Faults:
    """Orders, each used up by the requests or events it fits, oldest first."""

    _requests: list[_Ordered] = field(default_factory=list)
    _webhooks: list[_Spoiled] = field(default_factory=list)

    def order_request(
        self, fault: RequestFault, count: int = 1, method: str | None = None, path: str = "/v1/"
    ) -> None:
        """Spoil the next `count` requests of a method (any: None) whose path starts so."""
        self._requests.append(_Ordered(fault, count, method, path))

    def order_webhooks(self, fault: WebhookFault, count: int | None = 1) -> None:
        """Spoil the next `count` events; None spoils all of them until `clear`."""
        more = inf if count is None else count
        if self._webhooks and self._webhooks[-1].fault is fault:
            self._webhooks[-1].left += more
        else:
            self._webhooks.append(_Spoiled(fault, more))

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
        """Use up and return what is ordered for this event, and how many like it follow."""
        if not self._webhooks:
            return None, 0
        spoiled = self._webhooks[0]
        spoiled.left -= 1
        if spoiled.left == 0:
            del self._webhooks[0]
        # Without an end there is no order to turn round.
        return spoiled.fault, 0 if spoiled.left == inf else int(spoiled.left)
