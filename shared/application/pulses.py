"""Where the counts of each minute are kept, and what the watch knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from shared.domain.watch.detection import Signal, Span
from shared.domain.watch.pulse import Counts, Series


@dataclass(frozen=True, slots=True)
class Watched:
    """How far the watch has come.

    Args:
        end: the first minute that was not judged yet, as `pulse.minute_of` numbers them.
        known: the last outage of each signal.
    """

    end: int
    known: Mapping[Signal, Span]


class Pulses(Protocol):
    """Counts by minute; kept for some weeks."""

    def add_pulse(self, minute: int, counts: Counts) -> None:
        """Add to what was counted in a minute; repeating it adds again."""
        ...

    def pulses(self, minutes: range) -> Series:
        """What was counted in a stretch of minutes; where nothing was, the minute is missing."""
        ...

    def watched(self) -> Watched | None:
        """How far the watch has come; None where it never ran."""
        ...

    def note_watched(self, watched: Watched) -> None:
        """Remember how far the watch has come."""
        ...
