"""One decision on a booking: load, decide, commit; again where somebody else was first."""

from collections.abc import Callable
from datetime import datetime

from shared.application.change import TRIES, booking_change
from shared.application.payment_records import Opening, PaymentRecords
from shared.application.ports import Clock
from shared.application.store import (
    Busy,
    Cause,
    Change,
    FundsSpent,
    KeyUsed,
    Loaded,
    Replay,
    SlotTaken,
    StaleRead,
    Store,
)
from shared.domain.booking import Booking
from shared.domain.commands import Command
from shared.domain.decide import decide
from shared.domain.errors import Conflict, NotFound, RuleBroken
from shared.domain.events import Event
from shared.domain.policy import policy_of


class Bookings:
    """The way every change of a booking takes.

    Args:
        store: the table.
        clock: business time.
        pause: waits before the n-th retry, with jitter.
        payments: what a booking orders of its payments is decided with it.
    """

    def __init__(
        self, store: Store, clock: Clock, pause: Callable[[int], None], payments: PaymentRecords
    ) -> None:
        self.store = store
        self.clock = clock
        self.pause = pause
        self.payments = payments

    def load(self, booking_id: str) -> Loaded[Booking]:
        """A booking as it stands.

        Raises:
            NotFound: there is none of this number.
        """
        loaded = self.store.booking(booking_id)
        if loaded is None:
            raise NotFound("booking_unknown", "There is no such booking.", "booking_id")
        return loaded

    def apply(
        self,
        booking_id: str,
        command: Command | Callable[[Booking], Command],
        cause: Cause,
        *,
        at: datetime | None = None,
        replay: Replay | None = None,
        opening: Opening | None = None,
    ) -> Booking:
        """Carry out one command, and whatever else is due.

        Args:
            booking_id: which booking.
            command: what is asked, or how to make it from the state that is decided on; repeating
                it does no harm.
            cause: for the timeline.
            at: the moment a timer stood for, where our clock is still a little behind it; UTC.
            replay: the idempotency key of the request.
            opening: the payment that this decision brings into being.

        Returns:
            The state after it.

        Raises:
            RuleBroken, NotFound: as `decide` does.
            SlotTaken, FundsSpent: what was claimed is gone; again and again where the command is
                made anew from the state.
            Conflict: others were first, again and again.
        """
        for attempt in range(TRIES):
            loaded = self.load(booking_id)
            asked = command(loaded.state) if callable(command) else command
            now = max(self.clock.now(), at) if at else self.clock.now()
            policy = policy_of(loaded.state.policy_version)
            events, after = decide(loaded.state, asked, now, policy)
            if not events:
                return loaded.state
            try:
                self.store.commit(
                    *self._changes(loaded, events, after, now, cause, replay, opening)
                )
            except (StaleRead, Busy):
                self.pause(attempt)
            except (SlotTaken, FundsSpent):
                if not callable(command) or attempt == TRIES - 1:
                    raise
                self.pause(attempt)
            except KeyUsed:
                if opening is not None and self.store.payment(opening.opened.payment_id):
                    # Somebody else captured the same payment first; the next look finds it done.
                    self.pause(attempt)
                    continue
                return self.replayed(replay) or self.load(booking_id).state
            else:
                return after
        raise Conflict("busy", "Too many changes at once; please try again.")

    def _changes(
        self,
        loaded: Loaded[Booking],
        events: tuple[Event, ...],
        after: Booking,
        now: datetime,
        cause: Cause,
        replay: Replay | None,
        opening: Opening | None,
    ) -> tuple[Change, ...]:
        """The booking's own change, and those of the payments it orders something of."""
        own = booking_change(loaded, events, after, now, cause, replay)
        return own, *self.payments.ordered(own.consequences.orders, opening, now, cause)

    def replayed(self, replay: Replay | None) -> Booking | None:
        """What a request with this idempotency key led to before; None for a new key.

        Raises:
            RuleBroken: the key came with another request.
        """
        result = replayed(self.store, replay)
        return self.load(result).state if result else None


def replayed(store: Store, replay: Replay | None) -> str | None:
    """The id of what a request with this idempotency key led to before; None for a new key.

    Raises:
        RuleBroken: the key came with another request.
    """
    before = store.replay(replay.owner, replay.key) if replay else None
    if before is None or replay is None:
        return None
    if before.fingerprint != replay.fingerprint:
        raise RuleBroken(
            "idempotency_key_reused",
            "This key was sent with a different request; use a new key for a new request.",
            "Idempotency-Key",
        )
    return before.result
