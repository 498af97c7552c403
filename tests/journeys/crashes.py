"""A Lambda that dies at any one moment, and what a story comes to whichever moment it was."""

import re
from collections.abc import Callable
from typing import Any

from infra.local.payments.port import InProcessPayments
from shared.application.ports import Payments
from shared.application.store import Change
from shared.domain.errors import Upstream
from tests.journeys.bookkeeping import accounts_of
from tests.journeys.money_world import MINUTE, MoneyWorld
from tests.journeys.world import MORNING

# The provider's, and our own numbers of bookings and cases.
_ID = re.compile(r"\b(?:(?:pi|ch|re|du)_\d{24}|\d{12})\b")

# What the sweep reads every minute; its own misfortunes have journeys of their own.
_SWEPT = ("events", "charges_created", "refunds_created", "disputes_created")

# How often a customer tries once more.
_PATIENCE = 3


class Died(Exception):
    """The process was gone at that moment."""


class Moments:
    """Before and after everything that is done outside of the process.

    Args:
        fatal: at which of them it dies, counted from 0; None where it lives.
    """

    def __init__(self, fatal: int | None) -> None:
        self._fatal = fatal
        self.passed: list[str] = []

    def at(self, moment: str) -> None:
        """Pass a moment, or die at it."""
        self.passed.append(moment)
        if len(self.passed) - 1 == self._fatal:
            raise Died(moment)

    def commit(self, when: str, change: Change) -> None:
        """See tests/fakes/memory_store.py."""
        self.at(f"{when} the commit of {change.cause.command}")


class _Wire:
    """The payment provider, and before and after each request to it."""

    def __init__(self, provider: InProcessPayments, moments: Moments) -> None:
        self._provider = provider
        self._moments = moments

    def __getattr__(self, name: str) -> Callable[..., Any]:
        asked: Callable[..., Any] = getattr(self._provider, name)
        if name in _SWEPT:
            return asked

        def request(*args: Any, **kwargs: Any) -> Any:
            self._moments.at(f"before {name}")
            answer = asked(*args, **kwargs)
            self._moments.at(f"after {name}")
            return answer

        return request


class MortalWorld(MoneyWorld):
    """A world in which one process dies once; its message comes again, as SQS brings it."""

    def __init__(self, fatal: int | None = None) -> None:
        self.moments = Moments(fatal)
        super().__init__(fault=self.moments.commit, wire=self._wired)

    def _wired(self, provider: InProcessPayments) -> Payments:
        wire: Any = _Wire(provider, self.moments)
        return wire

    def insist[Answer](self, request: Callable[[], Answer]) -> Answer:
        """What a customer asks for, again where nobody answered him."""
        for _ in range(_PATIENCE):
            try:
                return request()
            except (Died, Upstream):
                self.after(MINUTE)
        return request()

    def end_state(self, *bookings: str) -> dict[str, object]:
        """What the story came to, by names that do not depend on how often somebody asked."""
        now = self.exchange.now
        charges = [
            charge
            for charge in self.provider.charges_created(MORNING, now)
            if charge.captured.minor and charge.intent_id is not None
        ]
        payments = [self.payment(str(charge.intent_id)) for charge in charges]
        state: dict[str, object] = {
            "bookings": [(b, self.booking(b).status, self._rest(b)) for b in bookings],
            "payments": sorted(
                (p.payment_id, p.status, p.captured, p.unallocated, sorted(p.pending), p.locked)
                for p in payments
            ),
            "refunds": sorted(
                (r.refund_id, str(r.reason), r.amount, r.status)
                for p in payments
                for r in p.refunds
            ),
            "lots": sorted(
                (lot.lot_id, lot.left, lot.paid, str(lot.payment_id))
                for lot in self.store.lots("anna")
            ),
            "accounts": sorted(accounts_of(self.store, MORNING, now).items()),
            "back": sorted(r.amount for r in self.provider.refunds_created(MORNING, now)),
            "letters": sorted({mail.message_id for mail in self.post.sent}),
            "cases": sorted(case.kind for case in self.open_cases()),
        }
        return {name: _renamed(str(value)) for name, value in state.items()}

    def _rest(self, booking_id: str) -> tuple[object, ...]:
        booking = self.booking(booking_id)
        return booking.paid_by_card, sorted(booking.pending), sorted(booking.frozen)


def _renamed(text: str) -> str:
    """Ids by their order: how many requests and numbers went before does not matter."""
    found = sorted(set(_ID.findall(text)))
    names = {each: f"{each[:2]}-{place}" for place, each in enumerate(found)}
    return _ID.sub(lambda match: names[match.group()], text)
