"""The transaction of a decision, with the wake-up that follows from its next due time.

A far due time stands in the index as it is. A near one is sent as a delayed message, and the index
keeps a coarse net behind it, so that a live session does not rewrite it at every step.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.application.store import Cause, Change, Loaded, Replay, id_of, wake_of
from shared.domain import events as booking_events
from shared.domain.booking import Booking
from shared.domain.booking import evolve as evolve_booking
from shared.domain.case import events as case_events
from shared.domain.case.case import Case
from shared.domain.case.consequences import consequences as of_case
from shared.domain.case.decide import next_due as case_due
from shared.domain.consequences import consequences as of_booking
from shared.domain.decide import next_due as booking_due
from shared.domain.effects import Effect
from shared.domain.mishap.outcome import outcome
from shared.domain.outage import events as outage_events
from shared.domain.outage.consequences import consequences as of_outage
from shared.domain.outage.decide import next_due as outage_due
from shared.domain.outage.outage import Outage
from shared.domain.outage.outage import evolve as evolve_outage
from shared.domain.payment import events as payment_events
from shared.domain.payment.consequences import consequences as of_payment
from shared.domain.payment.decide import next_due as payment_due
from shared.domain.payment.payment import Payment
from shared.domain.payment.payment import evolve as evolve_payment
from shared.domain.policy import CURRENT, policy_of

# So often a decision is made anew where somebody else was first.
TRIES = 8
# A wake-up nearer than this goes through a delayed message; the sweep looks as far ahead.
LOOK_AHEAD = timedelta(seconds=120)
_NET = timedelta(minutes=5)
_EPOCH = datetime.fromtimestamp(0, UTC)


def booking_change(
    loaded: Loaded[Booking] | None,
    events: tuple[booking_events.Event, ...],
    after: Booking,
    now: datetime,
    cause: Cause,
    replay: Replay | None,
) -> Change:
    """The change of a booking."""
    before = loaded.state if loaded else None
    steps = _steps(before, events, now, evolve_booking)
    policy = policy_of(after.policy_version)
    return _assembled(
        loaded,
        Change(
            after,
            loaded.version if loaded else 0,
            now,
            cause,
            events,
            of_booking(before, steps),
            (),
            booking_due(after, now, policy),
            _listed_booking(before) != _listed_booking(after),
            replay,
        ),
        booking_due(before, now, policy) if before else None,
    )


def payment_change(
    loaded: Loaded[Payment] | None,
    events: tuple[payment_events.Event, ...],
    after: Payment,
    now: datetime,
    cause: Cause,
    replay: Replay | None = None,
    texts: Mapping[str, str] | None = None,
) -> Change:
    """The change of a payment."""
    before = loaded.state if loaded else None
    steps = _steps(before, events, now, evolve_payment)
    policy = policy_of(after.policy_version)
    return _assembled(
        loaded,
        Change(
            after,
            loaded.version if loaded else 0,
            now,
            cause,
            events,
            of_payment(before, steps),
            (),
            payment_due(after, now, policy),
            _listed_payment(before) != _listed_payment(after),
            replay,
            texts or {},
        ),
        payment_due(before, now, policy) if before else None,
    )


def case_change(
    loaded: Loaded[Case] | None,
    events: tuple[case_events.Event, ...],
    after: Case,
    now: datetime,
    cause: Cause,
    replay: Replay | None = None,
    texts: Mapping[str, str] | None = None,
) -> Change:
    """The change of a case."""
    version = loaded.version if loaded else 0
    due, follows = case_due(after, now), of_case(events)
    return _assembled(
        loaded,
        Change(after, version, now, cause, events, follows, (), due, True, replay, texts or {}),
        case_due(loaded.state, now) if loaded else None,
    )


def outage_change(
    loaded: Loaded[Outage] | None,
    events: tuple[outage_events.Event, ...],
    after: Outage,
    now: datetime,
    cause: Cause,
    replay: Replay | None = None,
) -> Change:
    """The change of an outage."""
    before, version = (loaded.state, loaded.version) if loaded else (None, 0)
    follows = of_outage(_steps(before, events, now, evolve_outage))
    due = outage_due(after, now, CURRENT)
    return _assembled(
        loaded,
        Change(after, version, now, cause, events, follows, (), due, True, replay),
        outage_due(before, now, CURRENT) if before else None,
    )


def _steps[S, E](
    state: S | None,
    events: Iterable[E],
    now: datetime,
    evolve: Callable[[S | None, E, datetime], S],
) -> list[tuple[E, S]]:
    """Each event with the state after it."""
    steps: list[tuple[E, S]] = []
    for event in events:
        state = evolve(state, event, now)
        steps.append((event, state))
    return steps


def _assembled[S: (Booking, Payment, Case, Outage)](
    loaded: Loaded[S] | None, change: Change, due_before: datetime | None
) -> Change:
    """The change with its wake-up, and its place in the due index."""
    now, due = change.at, change.due_at
    present = loaded.due_at if loaded else None
    effects: tuple[Effect, ...] = change.consequences.effects
    index = due
    if due is not None and due - now <= LOOK_AHEAD:
        index = _net(due, present)
        if due_before != due or present != index:
            effects = (
                *effects,
                Effect(wake_of(type(change.state)), id_of(change.state), at=max(due, now)),
            )
    return replace(
        change,
        consequences=replace(change.consequences, effects=()),
        effects=effects,
        due_at=index,
        head=change.head or present != index,
    )


def _net(due: datetime, present: datetime | None) -> datetime:
    """Where something stands in the index while a delayed message wakes it.

    Late enough for the message to come first, and where it stood before if that will do.
    """
    earliest = due + LOOK_AHEAD
    if present is not None and earliest <= present <= earliest + _NET:
        return present
    return earliest + (_EPOCH - earliest) % _NET


def _listed_booking(booking: Booking | None) -> tuple[object, ...]:
    """What lists show of a booking, and how its session went."""
    if booking is None:
        return ()
    return booking.listed, booking.operator_id, booking.starts_at, outcome(booking)


def _listed_payment(payment: Payment | None) -> tuple[object, ...]:
    """What lists and reconciliation see of a payment."""
    if payment is None:
        return ()
    refunds = tuple((r.provider_refund_id, r.status) for r in payment.refunds)
    disputes = tuple((d.dispute_id, d.is_open) for d in payment.disputes)
    return payment.status, payment.customer_id, payment.captured, refunds, disputes
