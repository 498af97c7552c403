"""What can be asked of an outage, in the imperative."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.domain.outage.events import Extent


@dataclass(frozen=True, slots=True)
class Tick:
    """Do whatever is due; nothing, if nothing is."""


@dataclass(frozen=True, slots=True)
class Propose:
    """Detection saw something.

    Args:
        number: a fresh one: twelve digits, the last a check digit.
        signal: what it was seen by.
        since: UTC.
        until: UTC; None where it goes on.
        evidence: short texts, by name; never a name, number or address of a person.
    """

    number: str
    signal: str
    since: datetime
    until: datetime | None
    evidence: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NoteEnd:
    """Detection saw the end of what it had proposed.

    Args:
        until: UTC.
    """

    until: datetime


@dataclass(frozen=True, slots=True)
class Declare:
    """A manager declares an outage.

    Args:
        number: a fresh one: twelve digits, the last a check digit.
        by: "agent:<id>".
    """

    number: str
    extent: Extent
    by: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """A manager confirms a proposal.

    Args:
        by: "agent:<id>".
        since: where it began earlier or later than was proposed, UTC.
        until: where it ended, if that differs from the proposal or was not known, UTC.
        operators: whose sessions were touched; none named where everybody's were.
    """

    by: str
    since: datetime | None = None
    until: datetime | None = None
    operators: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Dismiss:
    """A manager rejects a proposal.

    Args:
        by: "agent:<id>".
    """

    by: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Compensate nobody more for now.

    Args:
        by: "agent:<id>".
    """

    by: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on where it was stopped.

    Args:
        by: "agent:<id>".
    """

    by: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """Go through everything once more.

    Args:
        by: "agent:<id>".
    """

    by: str


@dataclass(frozen=True, slots=True)
class NoteCase:
    """The case of a proposal was opened."""

    case_number: str


@dataclass(frozen=True, slots=True)
class FinishPass:
    """All shards of a pass have come to their end.

    Args:
        number: of the pass.
    """

    number: int


Command = (
    Tick
    | Propose
    | NoteEnd
    | Declare
    | Confirm
    | Dismiss
    | Stop
    | Resume
    | Repeat
    | NoteCase
    | FinishPass
)
