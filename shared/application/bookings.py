"""One decision on a booking: load, decide, commit; again where somebody else was first."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.application.ports import Clock
from shared.application.store import Busy, Cause, Change, KeyUsed, Loaded, Replay, StaleRead, Store
from shared.domain.booking import Booking, evolve
from shared.domain.commands import Command
from shared.domain.consequences import Effect, EffectKind, consequences
from shared.domain.decide import decide, next_due
from shared.domain.errors import Conflict, NotFound, RuleBroken
from shared.domain.events import Event
from shared.domain.policy import policy_of

TRIES = 8
# A wake-up nearer than this goes through a delayed message; the sweep looks as far ahead.
LOOK_AHEAD = timedelta(seconds=120)
_NET = timedelta(minutes=5)
_EPOCH = datetime.fromtimestamp(0, UTC)


class Bookings:
    """The way every change of a booking takes.

    Args:
        store: the table.
        clock: business time.
        pause: waits before the n-th retry, with jitter.
    """

    def __init__(self, store: Store, clock: Clock, pause: Callable[[int], None]) -> None:
        self.store = store
        self.clock = clock
        self.pause = pause

    def load(self, booking_id: str) -> Loaded:
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
        command: Command,
        cause: Cause,
        *,
        at: datetime | None = None,
        replay: Replay | None = None,
    ) -> Booking:
        """Carry out one command, and whatever else is due.

        Args:
            booking_id: which booking.
            command: what is asked; repeating it does no harm.
            cause: for the timeline.
            at: the moment a timer stood for, where our clock is still a little behind it; UTC.
            replay: the idempotency key of the request.

        Returns:
            The state after it.

        Raises:
            RuleBroken, NotFound: as `decide` does.
            SlotTaken, FundsSpent: what was claimed is gone.
            Conflict: others were first, again and again.
        """
        for attempt in range(TRIES):
            loaded = self.load(booking_id)
            now = max(self.clock.now(), at) if at else self.clock.now()
            policy = policy_of(loaded.booking.policy_version)
            events, after = decide(loaded.booking, command, now, policy)
            if not events:
                return loaded.booking
            try:
                self.store.commit(change(loaded, events, after, now, cause, replay))
            except (StaleRead, Busy):
                self.pause(attempt)
            except KeyUsed:
                return self.replayed(replay) or self.load(booking_id).booking
            else:
                return after
        raise Conflict("busy", "Too many changes at once; please try again.")

    def replayed(self, replay: Replay | None) -> Booking | None:
        """What a request with this idempotency key led to before; None for a new key.

        Raises:
            RuleBroken: the key came with another request.
        """
        if replay is None:
            return None
        before = self.store.replay(replay.owner, replay.key)
        if before is None:
            return None
        if before.fingerprint != replay.fingerprint:
            raise RuleBroken(
                "idempotency_key_reused",
                "This key was sent with a different request; use a new key for a new request.",
                "Idempotency-Key",
            )
        return self.load(before.booking_id).booking


def change(
    loaded: Loaded | None,
    events: tuple[Event, ...],
    after: Booking,
    now: datetime,
    cause: Cause,
    replay: Replay | None,
) -> Change:
    """The transaction of a decision, with the wake-up that follows from its next due time.

    A far due time stands in the index as it is. A near one is sent as a delayed message, and the
    index keeps a coarse net behind it, so that a live session does not rewrite it at every step.
    """
    before, present = (loaded.booking, loaded.due_at) if loaded else (None, None)
    steps: list[tuple[Event, Booking]] = []
    state = before
    for event in events:
        state = evolve(state, event, now)
        steps.append((event, state))
    follows = consequences(before, steps)
    policy = policy_of(after.policy_version)
    due = next_due(after, now, policy)
    effects = follows.effects
    index = due
    if due is not None and due - now <= LOOK_AHEAD:
        index = _net(due, present)
        known = before is not None and next_due(before, now, policy) == due
        if not known or present != index:
            effects = (*effects, Effect(EffectKind.WAKE, after.booking_id, at=max(due, now)))
    return Change(
        booking=after,
        version=loaded.version if loaded else 0,
        at=now,
        cause=cause,
        events=events,
        consequences=replace(follows, effects=()),
        effects=effects,
        due_at=index,
        head=present != index or _listed(before) != _listed(after),
        replay=replay,
    )


def _net(due: datetime, present: datetime | None) -> datetime:
    """Where a booking stands in the index while a delayed message wakes it.

    Late enough for the message to come first, and where it stood before if that will do.
    """
    earliest = due + LOOK_AHEAD
    if present is not None and earliest <= present <= earliest + _NET:
        return present
    return earliest + (_EPOCH - earliest) % _NET


def _listed(booking: Booking | None) -> tuple[object, ...]:
    """What lists show of a booking."""
    if booking is None:
        return ()
    return booking.status, booking.operator_id, booking.starts_at
