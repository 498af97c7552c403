"""Holds what was proposed against what was planted; the only reader of the truth."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from infra.outages.plan import SIGNALS, Outage
from infra.outages.watching import Alarm, Json
from shared.domain.watch.detection import Signal
from shared.domain.watch.pulse import begin_of

# An alarm that comes later than this after an outage is over has not found it.
_LATE = timedelta(minutes=30)
_OF_SESSIONS = {Signal.DROP_RATE, Signal.STARTS_FAILING}


@dataclass(frozen=True, slots=True)
class Found:
    """A planted outage, and whether it was found.

    Args:
        delay: minutes from its beginning to the first right alarm; None where there was none.
        by: the signal of that alarm.
    """

    outage: Outage
    since: datetime
    minutes: int
    delay: int | None
    by: Signal | None


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """None where there is no case."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Score:
    """One shop.

    Args:
        found: every planted outage.
        precision: of the alarms, those that were about an outage.
        chosen: of the sessions whose trouble lies in a proposed outage, those an outage broke.
        reached: of the sessions an outage broke, those whose trouble lies in a proposed one.
    """

    found: Sequence[Found]
    precision: Share
    chosen: Share
    reached: Share

    @property
    def recall(self) -> Share:
        """Of the outages, those found."""
        return Share(sum(one.delay is not None for one in self.found), len(self.found))

    @property
    def delays(self) -> Sequence[int]:
        """Minutes, of the outages found."""
        return sorted(one.delay for one in self.found if one.delay is not None)

    def shown(self) -> dict[str, Any]:
        """For the report."""
        return {
            "recall": self.recall.value,
            "precision": self.precision.value,
            "delays": list(self.delays),
            "sessions_precision": self.chosen.value,
            "sessions_recall": self.reached.value,
            "outages": [
                {
                    "outage": one.outage.value,
                    "since": one.since.isoformat(),
                    "minutes": one.minutes,
                    "delay": one.delay,
                    "by": one.by.value if one.by else None,
                }
                for one in self.found
            ],
        }


def score(
    alarms: Sequence[Alarm], troubles: Mapping[str, int], truth: Iterable[Json], end: int
) -> Score:
    """Compare.

    Args:
        alarms: what was proposed.
        troubles: the minute of the trouble of each session that had any, as the house knows it.
        truth: lines of the truth.
        end: of the play; an alarm whose end was not seen lasts until then.
    """
    outages = [line for line in truth if line["what"] in {one.value for one in Outage}]
    right = {id(a) for a in alarms if any(_about(a, line, end) for line in outages)}
    spans = [
        (alarm.since, alarm.until or begin_of(end))
        for alarm in alarms
        if alarm.signal in _OF_SESSIONS
    ]
    chosen = {
        session
        for session, minute in troubles.items()
        if any(since <= begin_of(minute) < until for since, until in spans)
    }
    broken = {session for line in outages for session in line["sessions"]}
    return Score(
        found=[_found(line, alarms, end) for line in outages],
        precision=Share(len(right), len(alarms)),
        chosen=Share(len(chosen & broken), len(chosen)),
        reached=Share(len(chosen & broken), len(broken)),
    )


def _found(line: Json, alarms: Sequence[Alarm], end: int) -> Found:
    since, until = begin_of(line["since"]), begin_of(line["until"])
    right = [a for a in alarms if _about(a, line, end) and a.told < until + _LATE]
    first = min(right, key=lambda alarm: alarm.told, default=None)
    return Found(
        outage=Outage(line["what"]),
        since=since,
        minutes=line["until"] - line["since"],
        delay=None if first is None else int((first.told - since).total_seconds() // 60),
        by=None if first is None else first.signal,
    )


def _about(alarm: Alarm, line: Json, end: int) -> bool:
    """Whether an alarm is about an outage: of its kind, in its time, and not before it."""
    since, until = begin_of(line["since"]), begin_of(line["until"])
    overlap = alarm.since < until and (alarm.until or begin_of(end)) > since
    return alarm.signal in SIGNALS[Outage(line["what"])] and overlap and alarm.told >= since
