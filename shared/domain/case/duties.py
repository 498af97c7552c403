"""What a case needs next, and when: the deadline is watched until somebody has closed it (S3.5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.domain.case import events as e
from shared.domain.case.case import Case


@dataclass(frozen=True, slots=True)
class Duty:
    """Events that are to happen once a moment has come.

    Args:
        at: the moment, UTC.
    """

    at: datetime
    events: tuple[e.Event, ...]


def duties(case: Case) -> Iterator[Duty]:
    """Everything the case will have to do if nothing else happens: escalate, once per deadline."""
    if case.is_open:
        yield Duty(case.deadline, (e.CaseEscalated("system"),))
