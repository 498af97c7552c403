"""What a customer may wish for while he talks: to wait, a better line, to be called back."""

from datetime import datetime, timedelta

from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Booking, Status
from shared.domain.errors import RuleBroken
from shared.domain.policy import Policy
from shared.domain.session.ending import end_now
from shared.domain.session.legs import Side
from shared.domain.session.session import Session

Wish = c.Hold | c.Resume | c.ReportBadLine | c.ChooseLine | c.PromiseCallback

_LADDER = tuple(e.LineRemedy)


def wished(
    booking: Booking, session: Session, command: Wish, now: datetime, policy: Policy
) -> tuple[e.Event, ...]:
    """What follows from a wish; said twice, it changes nothing.

    Raises:
        RuleBroken: it is not possible, or not now; with the reason.
    """
    if booking.status is not Status.LIVE:
        return ()
    if not session.joined:
        raise RuleBroken("not_joined", "You have not been connected yet.")
    match command:
        case c.Hold():
            held = session.held_since is not None
            return () if held else (e.HoldBegan(_second(now), command.how),)
        case c.Resume():
            held = session.held_since is not None
            return (e.HoldEnded(_second(now), command.how),) if held else ()
        case c.ReportBadLine():
            return _bad_line(session, command, now, policy)
        case c.ChooseLine():
            return _choose_line(booking, session, command, now, policy)
        case c.PromiseCallback():
            return _call_back(booking, session, command, now, policy)


def _second(now: datetime) -> datetime:
    """The bill counts in whole seconds, as the provider does."""
    return now.replace(microsecond=0)


def next_remedy(session: Session, now: datetime, policy: Policy) -> e.LineRemedy:
    """What is tried next against a bad line; a report after a quiet stretch begins anew (S1.8).

    Args:
        now: UTC.
    """
    if not session.line_reports or not session.bad_line:
        return _LADDER[0]
    last, remedy = session.line_reports[-1]
    tried_until = max(last, session.renewed.at if session.renewed else last)
    if remedy is e.LineRemedy.REDIAL_LATER:
        tried_until = max(tried_until, last + timedelta(seconds=policy.bad_line_redial_after))
    if now > tried_until + timedelta(seconds=policy.bad_line_quiet):
        return _LADDER[0]
    return _LADDER[min(_LADDER.index(remedy) + 1, len(_LADDER) - 1)]


def line_given_up(session: Session, now: datetime, policy: Policy) -> bool:
    """Whether every remedy was tried in vain, not long ago.

    Args:
        now: UTC.
    """
    tried = session.bad_line and session.line_reports[-1][1] is e.LineRemedy.CHOICE
    return tried and next_remedy(session, now, policy) is e.LineRemedy.CHOICE


def _bad_line(
    session: Session, command: c.ReportBadLine, now: datetime, policy: Policy
) -> tuple[e.Event, ...]:
    if _being_mended(session, now, policy):
        return ()
    remedy = next_remedy(session, now, policy)
    reported = e.BadLineReported(command.how, remedy)
    match remedy:
        case e.LineRemedy.REDIAL:
            return reported, *_renewed(command.leg_id, now, backup=False)
        case e.LineRemedy.REDIAL_LATER:
            at = now + timedelta(seconds=policy.bad_line_redial_after)
            return reported, *_renewed(command.leg_id, at, backup=False)
        case _:
            return (reported,)


def _being_mended(session: Session, now: datetime, policy: Policy) -> bool:
    """Whether the line is down, or about to be.

    One that stands although it should long have been rung anew was never taken down: the request
    to do so was lost.
    """
    renewed = session.renewed
    in_vain = timedelta(seconds=policy.redial_deadline)
    return session.dropped_at is not None or (renewed is not None and now < renewed.at + in_vain)


def _renewed(leg_id: str | None, at: datetime, *, backup: bool) -> tuple[e.Event, ...]:
    """The line is taken down; a leg that waits for our answer hears why and ends with that."""
    renewed = e.LineRenewed(at, backup)
    if leg_id is None:
        return (renewed,)
    return renewed, e.LegDismissed(leg_id, "the line is renewed", spoken=True)


def _choose_line(
    booking: Booking, session: Session, command: c.ChooseLine, now: datetime, policy: Policy
) -> tuple[e.Event, ...]:
    exhausted = session.bad_line and session.line_reports[-1][1] is e.LineRemedy.CHOICE
    if not exhausted:
        raise RuleBroken(
            "line_not_given_up", "Report the bad line first: we try another line, and once more."
        )
    if _being_mended(session, now, policy):
        return ()
    if command.choice is c.LineChoice.STOP:
        return end_now(session, e.EndReason.BAD_LINE, command.leg_id)
    if booking.backup_phone is None:
        raise RuleBroken(
            "no_backup_phone", "There is no other number; add one to the booking.", "choice"
        )
    return _renewed(command.leg_id, now, backup=True)


def _call_back(
    booking: Booking, session: Session, command: c.PromiseCallback, now: datetime, policy: Policy
) -> tuple[e.Event, ...]:
    if session.callback is not None:
        return ()
    if booking.arranged_from is not None:
        raise RuleBroken("callback_had", "This session is a call back already.")
    if command.sessions < policy.goodwill_sessions:
        raise RuleBroken(
            "not_a_regular_customer",
            f"A free call back is for customers from {policy.goodwill_sessions} sessions on.",
        )
    if session.on_the_line(Side.OPERATOR) is None or booking.left(now) <= policy.shortest_rest:
        raise RuleBroken("nothing_left", "There is no time left to call back for.")
    at = _second(now) + timedelta(seconds=policy.goodwill_callback)
    return (e.CallbackPromised(at, command.by),)
