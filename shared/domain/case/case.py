"""A case: its state, how each event changes it; always the fold of its events (Never 5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.case import events as e


class Status(StrEnum):
    """Where a case stands, as the customer is shown it too (S3.2)."""

    RECEIVED = "received"
    IN_WORK = "in_work"
    CLOSED = "closed"


# What moves a case on. Escalation changes who must act and by when, not how far the case is.
TRANSITIONS: Mapping[tuple[Status | None, type[e.Event]], Status] = {
    (None, e.CaseOpened): Status.RECEIVED,
    (Status.RECEIVED, e.CaseTaken): Status.IN_WORK,
    (Status.IN_WORK, e.CaseTaken): Status.IN_WORK,
    (Status.RECEIVED, e.CaseClosed): Status.CLOSED,
    (Status.IN_WORK, e.CaseClosed): Status.CLOSED,
}
_MOVING = frozenset(event for _, event in TRANSITIONS)


@dataclass(frozen=True, slots=True)
class Case:
    """Something a person has to look at, as the fold of its events. Times UTC.

    Args:
        number: twelve digits, the last a check digit (S3.2).
        level: who must act.
        deadline: by when.
        escalation_step: seconds from each passed deadline to the next one.
        facts: short texts without personal data, by name.
        escalations: how often it went to a manager, or back to him.
        taken_by: who works on it.
        outcome: what it came to; None while it is open.
    """

    number: str
    kind: e.CaseKind
    about: e.About
    opened_at: datetime
    deadline: datetime
    level: e.Level
    escalation_step: int
    language: str
    facts: Mapping[str, str]
    status: Status
    escalations: int = 0
    taken_by: str | None = None
    outcome: e.Outcome | None = None
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act."""
        return self.status is not Status.CLOSED


def fold(history: Iterable[tuple[datetime, e.Event]]) -> Case | None:
    """The state that a history leads to; None for an empty one.

    Args:
        history: (business time of the decision, event) in order.
    """
    case: Case | None = None
    for at, event in history:
        case = evolve(case, event, at)
    return case


def evolve(case: Case | None, event: e.Event, at: datetime) -> Case:
    """The state after one event.

    Args:
        case: the state before; None only for CaseOpened.
        event: what happened.
        at: business time of the decision, UTC.

    Raises:
        LookupError: this event never happens to a case of this status.
    """
    if case is None:
        if not isinstance(event, e.CaseOpened):
            raise LookupError(f"{type(event).__name__} without a case")
        return _opened(event, at)
    if type(event) in _MOVING:
        status = TRANSITIONS.get((case.status, type(event)))
        if status is None:
            raise LookupError(f"{type(event).__name__} of a case that is {case.status}")
        case = replace(case, status=status)
    match event:
        case e.CaseTaken():
            return replace(case, taken_by=event.by)
        case e.CaseEscalated():
            return replace(
                case,
                level=e.Level.MANAGER,
                deadline=at + timedelta(seconds=case.escalation_step),
                escalations=case.escalations + 1,
            )
        case e.CaseClosed():
            return replace(case, outcome=event.outcome, closed_at=at)
        case _:
            return case


def _opened(event: e.CaseOpened, at: datetime) -> Case:
    return Case(
        number=event.number,
        kind=event.kind,
        about=event.about,
        opened_at=at,
        deadline=event.deadline,
        level=event.level,
        escalation_step=event.escalation_step,
        language=event.language,
        facts=event.facts,
        status=TRANSITIONS[None, e.CaseOpened],
    )
