"""What happened to an outage: facts in the past tense, stored for good, folded into its state."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

# The effect by which a proposal's case is opened or closed.
CASE = "case"


@dataclass(frozen=True, slots=True)
class Extent:
    """When we were out of order, and for whom.

    Args:
        since: UTC.
        until: UTC, the last moment of it.
        operators: whose sessions were touched; none named where everybody's were.
    """

    since: datetime
    until: datetime
    operators: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OutageProposed:
    """Detection believes that there was, or still is, an outage; a manager decides.

    Args:
        number: twelve digits, the last a check digit.
        signal: what it was seen by.
        since: UTC.
        until: UTC; None where it went on when it was proposed.
        evidence: short texts for the manager, by name.
    """

    number: str
    signal: str
    since: datetime
    until: datetime | None
    evidence: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EndSeen:
    """Detection saw the end of what it had proposed.

    Args:
        until: UTC.
    """

    until: datetime


@dataclass(frozen=True, slots=True)
class CaseNoted:
    """A manager is asked by this case."""

    case_number: str


@dataclass(frozen=True, slots=True)
class OutageDeclared:
    """A manager says that it was our outage: every session it broke is made good (S1.13).

    Args:
        by: "agent:<id>".
    """

    number: str
    extent: Extent
    by: str


@dataclass(frozen=True, slots=True)
class OutageDismissed:
    """A manager says that what was proposed was no outage of ours.

    Args:
        by: "agent:<id>".
    """

    by: str


@dataclass(frozen=True, slots=True)
class PassStarted:
    """All sessions of its extent are gone through, from the first on.

    Args:
        number: counts the passes from 1.
    """

    number: int


@dataclass(frozen=True, slots=True)
class PassFinished:
    """Every session of its extent that was known at its start has been looked at."""

    number: int


@dataclass(frozen=True, slots=True)
class RunStopped:
    """Nobody more is compensated until it is resumed.

    Args:
        by: "agent:<id>".
    """

    by: str


@dataclass(frozen=True, slots=True)
class RunResumed:
    """The run goes on where it was.

    Args:
        by: "agent:<id>".
    """

    by: str


@dataclass(frozen=True, slots=True)
class RunRepeated:
    """What is over is gone through once more, for what was closed late.

    Args:
        by: "agent:<id>".
    """

    by: str


@dataclass(frozen=True, slots=True)
class RunFinished:
    """No session that it could have broken is open any more, and all are looked at."""


@dataclass(frozen=True, slots=True)
class EffectRedriven:
    """An effect that nobody answered for is asked for again."""

    effect_id: str


Event = (
    OutageProposed
    | EndSeen
    | CaseNoted
    | OutageDeclared
    | OutageDismissed
    | PassStarted
    | PassFinished
    | RunStopped
    | RunResumed
    | RunRepeated
    | RunFinished
    | EffectRedriven
)
