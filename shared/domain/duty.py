"""A duty: events that are to happen once a moment has come (docs/decisions/0003)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

MOST_STEPS = 100


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


def next_of[E](duties: Iterable[Duty[E]], now: datetime) -> datetime | None:
    """When the next of them falls due if nothing else happens; None where nothing does."""
    return min((duty.at for duty in duties if not duty.is_too_late(now)), default=None)
