"""One decision on a payment, alone or together with the booking that orders it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.application.change import TRIES, payment_change
from shared.application.ports import Clock
from shared.application.store import (
    Busy,
    Cause,
    Change,
    FundsSpent,
    KeyUsed,
    Loaded,
    Replay,
    StaleRead,
    Store,
)
from shared.domain.business_days import Calendar
from shared.domain.errors import Conflict, NotFound
from shared.domain.payment import commands as c
from shared.domain.payment import events as e
from shared.domain.payment.decide import decide
from shared.domain.payment.payment import Payment, evolve
from shared.domain.policy import policy_of


@dataclass(frozen=True, slots=True)
class Opening:
    """A payment that comes into being with a decision, and what the provider took of it."""

    opened: e.PaymentOpened
    capture: c.Capture


class PaymentRecords:
    """The way every change of a payment takes.

    Args:
        store: the table.
        clock: business time.
        pause: waits before the n-th retry, with jitter.
        calendar: the tenant's business days.
    """

    def __init__(
        self, store: Store, clock: Clock, pause: Callable[[int], None], calendar: Calendar
    ) -> None:
        self.store = store
        self.clock = clock
        self._pause = pause
        self._calendar = calendar

    def load(self, payment_id: str) -> Loaded[Payment]:
        """A payment as it stands.

        Raises:
            NotFound: we know none of this id.
        """
        loaded = self.store.payment(payment_id)
        if loaded is None:
            raise NotFound("payment_unknown", "There is no such payment.", "payment_id")
        return loaded

    def apply(
        self,
        payment_id: str,
        command: c.Command | Callable[[Payment], c.Command],
        cause: Cause,
        *,
        at: datetime | None = None,
        replay: Replay | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> Payment:
        """Carry out one command, and whatever else is due.

        Args:
            payment_id: which payment.
            command: what is asked, or how to make it from the state that is decided on; repeating
                it does no harm.
            cause: for the trail.
            at: the moment a timer stood for, where our clock is still a little behind it; UTC.
            replay: the idempotency key of the request.
            texts: what was written with it, sealed, by id.

        Raises:
            RuleBroken, NotFound: as `decide` does.
            FundsSpent: a lot changed since the command was made, again and again.
            Conflict: others were first, again and again.
        """
        for attempt in range(TRIES):
            loaded = self.load(payment_id)
            asked = command(loaded.state) if callable(command) else command
            now = max(self.clock.now(), at) if at else self.clock.now()
            events, after = self._decide(loaded.state, asked, now)
            if not events:
                return loaded.state
            try:
                self.store.commit(payment_change(loaded, events, after, now, cause, replay, texts))
            except (StaleRead, Busy):
                self._pause(attempt)
            except FundsSpent:
                if not callable(command) or attempt == TRIES - 1:
                    raise
                self._pause(attempt)
            except KeyUsed:
                return self.load(payment_id).state
            else:
                return after
        raise Conflict("busy", "Too many changes at once; please try again.")

    def open(
        self,
        opened: e.PaymentOpened,
        then: Sequence[c.Command],
        cause: Cause,
        replay: Replay | None,
    ) -> Payment:
        """Record a payment; where it is known the commands alone are carried out.

        Args:
            opened: the payment.
            then: what is known of it already, in order.
            cause: for the trail.
            replay: the idempotency key of the request.
        """
        for attempt in range(TRIES):
            if self.store.payment(opened.payment_id) is not None:
                break
            now = self.clock.now()
            events, after = self._begin(opened, then, now)
            try:
                self.store.commit(payment_change(None, events, after, now, cause, replay))
            except (KeyUsed, Busy):
                self._pause(attempt)
            else:
                return after
        for command in then:
            self.apply(opened.payment_id, command, cause)
        return self.load(opened.payment_id).state

    def ordered(
        self, orders: Sequence[c.Order], opening: Opening | None, now: datetime, cause: Cause
    ) -> tuple[Change, ...]:
        """The changes that a booking's decision makes to its payments, for the same transaction.

        Args:
            orders: what the decision asks, in order.
            opening: a payment that is recorded with it.
            now: business time of the decision, UTC.
        """
        changes: list[Change] = []
        for payment_id in dict.fromkeys(order.payment_id for order in orders):
            loaded: Loaded[Payment] | None = None
            known: tuple[e.Event, ...] = ()
            if opening is not None and opening.opened.payment_id == payment_id:
                known, state = self._begin(opening.opened, (opening.capture,), now)
            else:
                loaded = self.load(payment_id)
                state = loaded.state
            events = list(known)
            for order in orders:
                if order.payment_id == payment_id:
                    more, state = self._decide(state, order.command, now)
                    events += more
            changes.append(payment_change(loaded, tuple(events), state, now, cause))
        return tuple(changes)

    def _begin(
        self, opened: e.PaymentOpened, then: Sequence[c.Command], now: datetime
    ) -> tuple[tuple[e.Event, ...], Payment]:
        events: list[e.Event] = [opened]
        state = evolve(None, opened, now)
        for command in then:
            more, state = self._decide(state, command, now)
            events += more
        return tuple(events), state

    def _decide(
        self, payment: Payment, command: c.Command, now: datetime
    ) -> tuple[tuple[e.Event, ...], Payment]:
        policy = policy_of(payment.policy_version)
        return decide(payment, command, now, policy, self._calendar)
