"""Deciding: an outage, a command and the time in, events out. No I/O, no clock, no randomness.

Every command is safe to repeat: what is known already yields no event.
"""

from datetime import datetime, timedelta

from shared.domain.booking_number import is_booking_number
from shared.domain.duty import next_of, to_rest
from shared.domain.errors import Conflict, NotFound, RuleBroken
from shared.domain.outage import commands as c
from shared.domain.outage import events as e
from shared.domain.outage.duties import duties
from shared.domain.outage.outage import Outage, Status, evolve
from shared.domain.policy import Policy

_DAY = timedelta(days=1)


def decide(
    outage: Outage | None, command: c.Command, now: datetime, policy: Policy
) -> tuple[tuple[e.Event, ...], Outage]:
    """What follows from a command, and everything else that is due by now.

    Args:
        outage: the present state; None where the command begins it.
        command: what is asked.
        now: business time, UTC.
        policy: the present one.

    Returns:
        The events, in order, and the state after them.

    Raises:
        NotFound: there is no outage, and the command does not begin one.
        RuleBroken: the command breaks a rule.
        Conflict: the number to be used is that of another outage.
        ValueError: what is to begin is no outage.
    """
    events = _answer(outage, command, now, policy)
    begun: tuple[e.Event, ...] = ()
    if outage is None:
        if not events:
            raise NotFound("outage_unknown", "There is no such outage.", "outage_id")
        begun, events = events[:1], events[1:]
        outage = evolve(None, begun[0], now)
    rest, after = to_rest(outage, events, now, lambda state: duties(state, policy), evolve)
    return (*begun, *rest), after


def next_due(outage: Outage, now: datetime, policy: Policy) -> datetime | None:
    """When the outage must be looked at again if nothing else happens, UTC; None at its end."""
    return next_of(duties(outage, policy), now)


def _answer(
    outage: Outage | None, command: c.Command, now: datetime, policy: Policy
) -> tuple[e.Event, ...]:
    match command:
        case c.Propose() | c.Declare():
            if outage is not None:
                raise Conflict("outage_number_used", "There is an outage of this number.")
            return (_begin(command, now, policy),)
        case _ if outage is None:
            return ()
        case c.NoteEnd():
            open_ended = outage.status is Status.PROPOSED and outage.until is None
            return (e.EndSeen(command.until),) if open_ended else ()
        case c.Confirm():
            return _confirm(outage, command, now, policy)
        case c.Dismiss():
            if outage.status is Status.DISMISSED:
                return ()
            if outage.status is not Status.PROPOSED:
                raise _not_now(outage, "Only a proposal can be dismissed")
            return (e.OutageDismissed(command.by),)
        case c.NoteCase():
            known = outage.case_number is not None
            return () if known else (e.CaseNoted(command.case_number),)
        case c.FinishPass():
            return (e.PassFinished(command.number),) if outage.is_at(command.number) else ()
        case _:
            return _run(outage, command)


def _begin(command: c.Propose | c.Declare, now: datetime, policy: Policy) -> e.Event:
    if not is_booking_number(command.number):
        raise ValueError(f"{command.number} is not a number with a check digit")
    if isinstance(command, c.Declare):
        _require_sensible(command.extent, now, policy)
        return e.OutageDeclared(command.number, command.extent, command.by)
    if command.since.tzinfo is None:
        raise ValueError("an outage needs a beginning in UTC")
    return e.OutageProposed(
        command.number, command.signal, command.since, command.until, command.evidence
    )


def _confirm(
    outage: Outage, command: c.Confirm, now: datetime, policy: Policy
) -> tuple[e.Event, ...]:
    until = command.until or outage.until
    if until is None:
        raise RuleBroken("range_open", "Say until when the outage went on.", "until")
    extent = e.Extent(command.since or outage.since, until, command.operators)
    if outage.status is not Status.PROPOSED:
        declared = outage.status is not Status.DISMISSED and outage.extent == extent
        if declared and outage.decided_by == command.by:
            return ()
        raise _not_now(outage, "Only a proposal can be confirmed")
    _require_sensible(extent, now, policy)
    return (e.OutageDeclared(outage.number, extent, command.by),)


def _run(outage: Outage, command: c.Command) -> tuple[e.Event, ...]:
    match command:
        case c.Stop():
            if outage.status is Status.STOPPED:
                return ()
            if outage.status is not Status.RUNNING:
                raise _not_now(outage, "Only what is running can be stopped")
            return (e.RunStopped(command.by),)
        case c.Resume():
            if outage.status is Status.RUNNING:
                return ()
            if outage.status is not Status.STOPPED:
                raise _not_now(outage, "Only what is stopped can be resumed")
            return (e.RunResumed(command.by),)
        case c.Repeat():
            if outage.status is not Status.FINISHED:
                raise _not_now(outage, "Only what is finished can be repeated")
            return (e.RunRepeated(command.by),)
        case _:
            return ()


def _require_sensible(extent: e.Extent, now: datetime, policy: Policy) -> None:
    """A range that can have been an outage, and is not too long ago to be made good."""
    if extent.since.tzinfo is None or extent.until.tzinfo is None:
        raise ValueError("an outage needs a range in UTC")
    longest, reach = (
        timedelta(seconds=seconds) for seconds in (policy.outage_longest, policy.outage_reach)
    )
    if extent.until <= extent.since:
        raise RuleBroken("range_empty", "The outage must end after it began.", "until")
    if extent.until > now:
        raise RuleBroken("time_in_the_future", "Declare only what has been, up to now.", "until")
    if extent.until - extent.since > longest:
        detail = f"An outage has at most {longest // _DAY} days; declare a longer one in parts."
        raise RuleBroken("range_too_long", detail, "until")
    if now - extent.since > reach:
        detail = f"An outage can be declared for {reach // _DAY} days."
        raise RuleBroken("range_too_old", detail, "since")


def _not_now(outage: Outage, rule: str) -> RuleBroken:
    return RuleBroken("outage_status", f"{rule}; this outage is {outage.status}.", "outage_id")
