"""A duty: events that are to happen once a moment has come (docs/decisions/0003)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

_MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class Duty[E]:
    """Events that are to happen once a moment has come.

    Args:
        at: the moment, UTC.
        before: from this moment on it is too late, where there is one; UTC.
    """

    at: datetime
    events: tuple[E, ...]
    before: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether it is to happen now."""
        return self.at <= now and not self.is_too_late(now)

    def is_too_late(self, now: datetime) -> bool:
        """Whether it will not happen any more."""
        return self.before is not None and now >= self.before


def first_due[E](duties: Iterable[Duty[E]], now: datetime) -> Duty[E] | None:
    """The earliest of those that are due; None where none is."""
    due = [duty for duty in duties if duty.is_due(now)]
    return min(due, key=lambda duty: duty.at, default=None)


def to_rest[S, E](
    state: S,
    events: Sequence[E],
    now: datetime,
    duties: Callable[[S], Iterable[Duty[E]]],
    evolve: Callable[[S, E, datetime], S],
) -> tuple[tuple[E, ...], S]:
    """What was decided, and then what is due, earliest first, until nothing is.

    Args:
        state: before the events.
        events: decided already, in order.
        now: business time, UTC.
        duties: what a state has to do.
        evolve: the state after an event.

    Returns:
        All events, in order, and the state after them.

    Raises:
        AssertionError: a duty does not change what brought it about.
    """
    done: list[E] = []
    step: Iterable[E] = events
    for _ in range(_MOST_STEPS):
        for event in step:
            done.append(event)
            state = evolve(state, event, now)
        due = first_due(duties(state), now)
        if due is None:
            return tuple(done), state
        step = due.events
    raise AssertionError(f"the duties of a {type(state).__name__} do not come to rest")


def next_of[E](duties: Iterable[Duty[E]], now: datetime) -> datetime | None:
    """When the next of them falls due if nothing else happens; None where nothing does."""
    return min((duty.at for duty in duties if not duty.is_too_late(now)), default=None)
