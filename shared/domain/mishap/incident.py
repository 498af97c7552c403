"""An incident: one stretch of one booking from the first symptom to restored or closed (S1.15).

Mishaps that overlap merge into one incident, and one incident is compensated once.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Mishap(StrEnum):
    """What goes wrong with a session; what follows stands in shared/domain/remedies.py."""

    DROPPED = "dropped_call"
    BAD_LINE = "bad_line"
    OPERATOR_ABSENT = "operator_absent"
    CUSTOMER_ABSENT = "customer_absent"
    START_MISSED = "start_missed"
    OUTAGE = "outage"


class Cause(StrEnum):
    """Whose fault it was, as far as the evidence tells (S1.10)."""

    OURS = "ours"
    OPERATOR = "operator"
    PREVIOUS_SESSION = "previous_session"
    WRONG_NUMBER = "wrong_number"
    CUSTOMER_SILENT = "customer_silent"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Incident:
    """One stretch of trouble.

    Args:
        since: the first symptom, UTC.
        mishaps: what it is made of, each once, in the order of their first symptoms.
        until: when it was restored or closed, UTC; None while it goes on.
    """

    since: datetime
    mishaps: tuple[Mishap, ...]
    until: datetime | None = None


def present(incidents: tuple[Incident, ...]) -> Incident | None:
    """The incident that goes on, if there is one."""
    return incidents[-1] if incidents and incidents[-1].until is None else None


def opened(incidents: tuple[Incident, ...], mishap: Mishap, at: datetime) -> tuple[Incident, ...]:
    """The incidents after one more symptom: part of the present one, or the first of a new one.

    Args:
        at: of the symptom, UTC.
    """
    going_on = present(incidents)
    if going_on is None:
        return (*incidents, Incident(at, (mishap,)))
    if mishap in going_on.mishaps:
        return incidents
    merged = replace(going_on, since=min(going_on.since, at), mishaps=(*going_on.mishaps, mishap))
    return (*incidents[:-1], merged)


def ended(incidents: tuple[Incident, ...], at: datetime) -> tuple[Incident, ...]:
    """The incidents once all is well again, or over.

    Args:
        at: when that was, UTC.
    """
    going_on = present(incidents)
    if going_on is None:
        return incidents
    return (*incidents[:-1], replace(going_on, until=max(at, going_on.since)))
