"""A house watched minute by minute, by the code that is deployed; the truth is not known here."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shared.application.pulses import Watched
from shared.application.watch import Watch
from shared.domain.watch.detection import Proposal, Signal
from shared.domain.watch.pulse import Count, Counts, Series, begin_of

PULSES = "pulses.jsonl"
Json = dict[str, Any]


@dataclass(slots=True)
class Alarm:
    """An outage as it was proposed.

    Args:
        since: its first minute, as it was dated.
        until: the first minute after it; None where its end was not seen.
        told: the minute in which it was first proposed.
    """

    signal: Signal
    since: datetime
    until: datetime | None
    told: datetime
    evidence: Mapping[str, str]


class _House:
    """Counts as they become known, the time, and who is handed the proposals."""

    def __init__(self, counts: Series) -> None:
        self._counts = counts
        self._watched: Watched | None = None
        self.time = begin_of(0)
        self.alarms: dict[tuple[Signal, datetime], Alarm] = {}

    def now(self) -> datetime:
        return self.time

    def add_pulse(self, minute: int, counts: Counts) -> None:
        raise PermissionError("the past is only read")

    def pulses(self, minutes: range) -> Series:
        return {m: self._counts[m] for m in minutes if m in self._counts}

    def watched(self) -> Watched | None:
        return self._watched

    def note_watched(self, watched: Watched) -> None:
        self._watched = watched

    def propose(self, proposal: Proposal) -> None:
        alarm = self.alarms.setdefault(
            (proposal.signal, proposal.since),
            Alarm(proposal.signal, proposal.since, None, self.time, proposal.evidence),
        )
        alarm.until, alarm.evidence = proposal.until, proposal.evidence


def watched(folder: Path, minutes: range) -> list[Alarm]:
    """What was proposed while the time went through some minutes."""
    house = _House(read_counts(folder / PULSES))
    watch = Watch(house, house, house.propose, UTC)
    for minute in minutes:
        house.time = begin_of(minute) + timedelta(seconds=5)
        watch.look()
    return list(house.alarms.values())


def write_counts(path: Path, counts: Series) -> None:
    """One line a minute."""
    lines = ({"minute": m, **{c.value: n for c, n in counts[m].items()}} for m in sorted(counts))
    write_lines(path, lines)


def read_counts(path: Path) -> Series:
    """What `write_counts` wrote."""
    return {
        line.pop("minute"): {Count(name): n for name, n in line.items()}
        for line in read_lines(path)
    }


def write_lines(path: Path, lines: Iterable[Json]) -> None:
    """JSON, one document a line."""
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def read_lines(path: Path) -> list[Json]:
    """What `write_lines` wrote."""
    return [json.loads(line) for line in path.read_text().splitlines()]
