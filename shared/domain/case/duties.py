"""What a case needs next, and when: the deadline is watched until somebody has closed it (S3.5)."""

from collections.abc import Iterator

from shared.domain.case import events as e
from shared.domain.case.case import Case
from shared.domain.duty import Duty


def duties(case: Case) -> Iterator[Duty[e.Event]]:
    """Everything the case will have to do if nothing else happens: escalate, once per deadline."""
    if case.is_open:
        yield Duty(case.deadline, (e.CaseEscalated("system"),))
