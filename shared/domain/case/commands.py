"""What can be asked of a case, in the imperative."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.domain.case.events import About, CaseKind, Outcome


@dataclass(frozen=True, slots=True)
class Tick:
    """Do whatever is due; nothing, if nothing is."""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A person has to look at something.

    Args:
        number: a fresh one: twelve digits, the last a check digit (S3.2).
        deadline: by when somebody must have acted, UTC.
        escalation_step: seconds that a manager has from each passed deadline on.
        language: of letters.
        facts: short texts for whoever works on it, by name; never a name, number or address.
        text_id: of what the customer wrote, sealed and kept elsewhere; None where he did not.
    """

    number: str
    kind: CaseKind
    about: About
    deadline: datetime
    escalation_step: int
    language: str
    facts: Mapping[str, str]
    text_id: str | None = None


@dataclass(frozen=True, slots=True)
class TakeCase:
    """A person begins to work on the case.

    Args:
        by: "agent:<id>".
    """

    by: str


@dataclass(frozen=True, slots=True)
class Escalate:
    """An agent hands the case to a manager without waiting for the deadline.

    Args:
        by: "agent:<id>".
    """

    by: str


@dataclass(frozen=True, slots=True)
class CloseCase:
    """The case came to its end.

    Args:
        by: "agent:<id>" or "system".
    """

    by: str
    outcome: Outcome


Command = Tick | OpenCase | TakeCase | Escalate | CloseCase
