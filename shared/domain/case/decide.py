"""Deciding: a case, a command and the time in, events out. No I/O, no clock, no randomness.

Every command is safe to repeat: what is known already yields no event.
"""

from collections.abc import Mapping
from datetime import datetime

from shared.domain.booking_number import is_booking_number
from shared.domain.case import commands as c
from shared.domain.case import events as e
from shared.domain.case.case import Case, evolve
from shared.domain.case.duties import duties
from shared.domain.duty import first_due, next_of
from shared.domain.errors import Conflict, NotFound, RuleBroken

# Who acts first. What an agent may neither decide nor speed up goes to a manager at once.
FIRST_LEVEL: Mapping[e.CaseKind, e.Level] = {
    e.CaseKind.REFUND_REQUEST: e.Level.AGENT,
    e.CaseKind.DUPLICATE_UNANSWERED: e.Level.AGENT,
    e.CaseKind.REFUND_FAILED: e.Level.MANAGER,
    e.CaseKind.REFUND_OVERDUE: e.Level.MANAGER,
    e.CaseKind.REFUND_APPROVAL: e.Level.MANAGER,
    e.CaseKind.UNKNOWN_PAYMENT: e.Level.AGENT,
    e.CaseKind.LEDGER_DIFFERENCE: e.Level.MANAGER,
    e.CaseKind.MISSED_CALL: e.Level.AGENT,
    e.CaseKind.OUTAGE_PROPOSED: e.Level.MANAGER,
}


def decide(
    case: Case | None, command: c.Command, now: datetime
) -> tuple[tuple[e.Event, ...], Case]:
    """What follows from a command, and everything else that is due by now.

    Args:
        case: the present state; None where the command opens it.
        command: what is asked.
        now: business time, UTC.

    Returns:
        The events, in order, and the state after them.

    Raises:
        NotFound: there is no case, and the command does not open one.
        RuleBroken: the case is closed.
        Conflict: the number to be opened is that of another case.
        ValueError: what is to be opened is no case.
    """
    events = list(_answer(case, command))
    for event in events:
        case = evolve(case, event, now)
    if case is None:
        raise NotFound("case_unknown", "There is no such case.", "case_number")
    due = first_due(duties(case), now)
    # One step is enough: a passed deadline is followed by one that counts from now.
    for event in due.events if due else ():
        events.append(event)
        case = evolve(case, event, now)
    return tuple(events), case


def next_due(case: Case, now: datetime) -> datetime | None:
    """When the case must be looked at again if nothing else happens, UTC; None at its end."""
    return next_of(duties(case), now)


def _answer(case: Case | None, command: c.Command) -> tuple[e.Event, ...]:
    if isinstance(command, c.OpenCase):
        return _open(case, command)
    if case is None:
        return ()
    if not case.is_open:
        return _too_late(case, command)
    match command:
        case c.TakeCase():
            return () if case.taken_by == command.by else (e.CaseTaken(command.by),)
        case c.Escalate():
            known = case.level is e.Level.MANAGER
            return () if known else (e.CaseEscalated(command.by),)
        case c.CloseCase():
            return (e.CaseClosed(command.by, command.outcome),)
        case _:
            return ()


def _open(case: Case | None, command: c.OpenCase) -> tuple[e.Event, ...]:
    if case is not None:
        if (case.kind, case.about, case.facts) == (command.kind, command.about, command.facts):
            return ()
        raise Conflict("case_number_used", "There is a case of this number.", "case_number")
    if not is_booking_number(command.number):
        raise ValueError(f"{command.number} is not a number with a check digit")
    if command.deadline.tzinfo is None or command.escalation_step < 1:
        raise ValueError("a case needs a deadline in UTC, and time behind it")
    opened = e.CaseOpened(
        number=command.number,
        kind=command.kind,
        about=command.about,
        level=FIRST_LEVEL[command.kind],
        deadline=command.deadline,
        escalation_step=command.escalation_step,
        language=command.language,
        facts=command.facts,
        text_id=command.text_id,
    )
    return (opened,)


def _too_late(case: Case, command: c.Command) -> tuple[e.Event, ...]:
    """What a closed case answers: nothing where it is known or done, else a refusal."""
    match command:
        case c.Tick():
            return ()
        case c.CloseCase() if command.outcome is case.outcome:
            return ()
        case _:
            raise RuleBroken("case_closed", "This case is closed.", "case_number")
