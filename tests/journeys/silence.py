"""Payment providers that keep part of what they know to themselves."""

from collections.abc import Callable, Iterator
from typing import Any, cast

from infra.local.payments.port import InProcessPayments
from shared.application.ports import Payments, ProviderEvent
from shared.domain.errors import Unavailable

Wire = Callable[[InProcessPayments], Payments]


class _Part:
    """A provider of whom some methods are replaced."""

    def __init__(self, provider: InProcessPayments, **instead: Callable[..., Any]) -> None:
        self._provider, self._instead = provider, instead

    def __getattr__(self, name: str) -> Any:
        return self._instead.get(name) or getattr(self._provider, name)


def _nothing(*asked: object) -> Iterator[ProviderEvent]:
    return iter(())


def _failing(*asked: object) -> Any:
    raise Unavailable("provider_failed", "The payment provider failed.")


_LISTS = ("charges_created", "refunds_created", "disputes_created")


def no_feed(provider: InProcessPayments) -> Payments:
    """Its feed of events stays empty."""
    return cast(Payments, _Part(provider, events=_nothing))


def no_lists(provider: InProcessPayments) -> Payments:
    """Its lists fail whenever they are asked for."""
    return cast(Payments, _Part(provider, **dict.fromkeys(_LISTS, _failing)))


def nothing_by_itself(provider: InProcessPayments) -> Payments:
    """It answers about what we know already, and about nothing else."""
    return cast(Payments, _Part(provider, events=_nothing, **dict.fromkeys(_LISTS, _failing)))
