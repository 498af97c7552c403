"""The pulses in memory: same promises, no I/O."""

from collections import Counter, defaultdict

from shared.application.pulses import Watched
from shared.domain.watch.pulse import Count, Counts, Series


class MemoryPulses:
    """`shared.application.pulses.Pulses` in memory."""

    def __init__(self) -> None:
        self._counts: dict[int, Counter[Count]] = defaultdict(Counter)
        self._watched: Watched | None = None

    def add_pulse(self, minute: int, counts: Counts) -> None:
        self._counts[minute].update(counts)

    def pulses(self, minutes: range) -> Series:
        return {minute: self._counts[minute] for minute in minutes if minute in self._counts}

    def watched(self) -> Watched | None:
        return self._watched

    def note_watched(self, watched: Watched) -> None:
        self._watched = watched
