"""What lists show of cases and outages; kept on their head items."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.case import case as cases
from shared.domain.case.events import CaseKind, Level
from shared.domain.outage import outage as outages


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """A case as the desk's list shows it."""

    number: str
    kind: CaseKind
    level: Level
    status: cases.Status
    deadline: datetime


@dataclass(frozen=True, slots=True)
class OutageSummary:
    """An outage as the desk's list shows it.

    Args:
        opened_at: when it was proposed or declared, UTC.
        until: None only of a proposal.
        operators: whose sessions were touched; none named where everybody's were.
    """

    number: str
    status: outages.Status
    opened_at: datetime
    since: datetime
    until: datetime | None
    operators: frozenset[str]

    @property
    def is_open(self) -> bool:
        """Whether a manager or a run still has something to do."""
        return self.status not in (outages.Status.DISMISSED, outages.Status.FINISHED)
