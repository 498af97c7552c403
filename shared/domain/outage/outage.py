"""An outage: its state, how each event changes it; always the fold of its events (Never 5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from shared.domain.outage import events as e
from shared.domain.pending import Pending, asked, settled


class Status(StrEnum):
    """Where an outage stands."""

    PROPOSED = "proposed"
    DISMISSED = "dismissed"
    DECLARED = "declared"
    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"


# What moves an outage on; docs/outage-states.md is drawn from this (`make docs`).
TRANSITIONS: Mapping[tuple[Status | None, type[e.Event]], Status] = {
    (None, e.OutageProposed): Status.PROPOSED,
    (None, e.OutageDeclared): Status.DECLARED,
    (Status.PROPOSED, e.OutageDeclared): Status.DECLARED,
    (Status.PROPOSED, e.OutageDismissed): Status.DISMISSED,
    (Status.DECLARED, e.PassStarted): Status.RUNNING,
    (Status.RUNNING, e.PassStarted): Status.RUNNING,
    (Status.RUNNING, e.RunStopped): Status.STOPPED,
    (Status.STOPPED, e.RunResumed): Status.RUNNING,
    (Status.RUNNING, e.RunFinished): Status.FINISHED,
    (Status.FINISHED, e.RunRepeated): Status.DECLARED,
}
_MOVING = frozenset(event for _, event in TRANSITIONS)


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which we were out of order, as the fold of its events. Times UTC.

    Args:
        number: twelve digits, the last a check digit.
        until: None only of a proposal.
        operators: whose sessions were touched; none named where everybody's were.
        signal: what detection saw it by; None where a manager declared it by himself.
        case_number: of the case that asks a manager about a proposal.
        decided_by: who declared or dismissed it.
        passes: how often its sessions were, or are being, gone through.
        pass_started_at: when that began the last time.
        pass_open: whether it is not at its end.
    """

    number: str
    opened_at: datetime
    status: Status
    since: datetime
    until: datetime | None
    operators: frozenset[str] = frozenset()
    signal: str | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)
    case_number: str | None = None
    decided_by: str | None = None
    passes: int = 0
    pass_started_at: datetime | None = None
    pass_open: bool = False
    pending: Mapping[str, Pending] = field(default_factory=dict)

    @property
    def extent(self) -> e.Extent:
        """When it was, and for whom.

        Raises:
            LookupError: nobody has said yet until when.
        """
        if self.until is None:
            raise LookupError(f"outage {self.number} has no end")
        return e.Extent(self.since, self.until, self.operators)

    def is_at(self, number: int) -> bool:
        """Whether this pass is the one to be worked on now."""
        return self.status is Status.RUNNING and self.pass_open and self.passes == number


def pass_id(number: int) -> str:
    """The effect by which a pass is carried out."""
    return f"pass-{number}"


def fold(history: Iterable[tuple[datetime, e.Event]]) -> Outage | None:
    """The state that a history leads to; None for an empty one.

    Args:
        history: (business time of the decision, event) in order.
    """
    outage: Outage | None = None
    for at, event in history:
        outage = evolve(outage, event, at)
    return outage


def evolve(outage: Outage | None, event: e.Event, at: datetime) -> Outage:
    """The state after one event.

    Args:
        outage: the state before; None only for one that begins it.
        event: what happened.
        at: business time of the decision, UTC.

    Raises:
        LookupError: this event never happens to an outage of this status.
    """
    status = outage.status if outage else None
    if type(event) in _MOVING:
        moved = TRANSITIONS.get((status, type(event)))
        if moved is None:
            raise LookupError(f"{type(event).__name__} of an outage that is {status}")
        status = moved
    if outage is None:
        return _begun(event, at)
    outage = replace(outage, status=status or outage.status)
    match event:
        case e.OutageDeclared():
            return _declared(outage, event)
        case e.EndSeen():
            return replace(outage, until=event.until)
        case e.OutageDismissed():
            pending = settled(outage.pending, e.CASE)
            return replace(outage, decided_by=event.by, pending=pending)
        case e.CaseNoted():
            pending = settled(outage.pending, e.CASE)
            return replace(outage, case_number=event.case_number, pending=pending)
        case e.PassStarted():
            begun = replace(outage, passes=event.number, pass_started_at=at, pass_open=True)
            return _asked(begun, at)
        case e.PassFinished():
            return replace(_rested(outage), pass_open=False)
        case e.RunStopped():
            return _rested(outage)
        case e.RunResumed():
            return _asked(outage, at) if outage.pass_open else outage
        case e.EffectRedriven():
            return replace(outage, pending=asked(outage.pending, event.effect_id, at))
        case _:
            return outage


def _begun(event: e.Event, at: datetime) -> Outage:
    match event:
        case e.OutageProposed():
            return Outage(
                number=event.number,
                opened_at=at,
                status=Status.PROPOSED,
                since=event.since,
                until=event.until,
                signal=event.signal,
                evidence=event.evidence,
                pending=asked({}, e.CASE, at),
            )
        case e.OutageDeclared():
            extent = event.extent
            new = Outage(event.number, at, Status.DECLARED, extent.since, extent.until)
            return _declared(new, event)
        case _:
            raise LookupError(f"{type(event).__name__} without an outage")


def _declared(outage: Outage, event: e.OutageDeclared) -> Outage:
    extent = event.extent
    return replace(
        outage,
        since=extent.since,
        until=extent.until,
        operators=extent.operators,
        decided_by=event.by,
        pending=settled(outage.pending, e.CASE),
    )


def _asked(outage: Outage, at: datetime) -> Outage:
    return replace(outage, pending=asked(outage.pending, pass_id(outage.passes), at))


def _rested(outage: Outage) -> Outage:
    return replace(outage, pending=settled(outage.pending, pass_id(outage.passes)))
