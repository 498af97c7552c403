"""The judge: whose fault an incident was, from call legs, readiness and the order (S1.10)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.booking import Booking
from shared.domain.events import EndReason
from shared.domain.mishap.incident import Cause, Mishap
from shared.domain.remedies import Facts
from shared.domain.session.legs import Leg, Route, Side
from shared.domain.session.session import Session

# Why a leg was not rung although its operator may well have been there.
BUSY_BEFORE = "busy with the session before"
# Final states of the provider that mean that a phone rang, or somebody was there
# (twilio.com/docs/voice/api/call-resource#call-status-values).
_RANG = frozenset({"completed", "busy", "no-answer", "canceled"})
# ... and that the network could not connect it, or the provider did not try: an impossible number,
# or nobody's (twilio.com/docs/api/errors/21211).
_IMPOSSIBLE = frozenset({"failed", "21211"})
# However bad it had been before: he had his minutes, or they go on at a time agreed upon.
_AS_IT_SHOULD = frozenset(
    {EndReason.MINUTES_USED, EndReason.HOLD_LIMIT, EndReason.CALLBACK_PROMISED}
)
# He chose to, or the operator's next customer could not wait any more; without an operator to talk
# to neither is why he did not have his minutes.
_WITH_OPERATOR = frozenset({EndReason.CUSTOMER_ENDED, EndReason.NEXT_BOOKING})


class Reach(StrEnum):
    """How far an attempt came."""

    RANG = "rang"
    IMPOSSIBLE = "no such number"
    BUSY_BEFORE = BUSY_BEFORE
    OURS = "never left our house"
    UNKNOWN = "nothing heard"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge found.

    Args:
        mishaps: what the incident is made of.
        evidence: short texts for the timeline, without personal data.
        facts: that the remedies depend on.
    """

    mishaps: tuple[Mishap, ...]
    cause: Cause
    evidence: tuple[str, ...]
    facts: Facts


def judge(booking: Booking, session: Session, ended_at: datetime) -> Verdict | None:
    """The cause of the incident in which a session ended; None where it ended as it should.

    Args:
        booking: live no more.
        session: its own.
        ended_at: UTC.
    """
    incident = session.incident
    if incident is None or session.reason in _AS_IT_SHOULD:
        return None
    if session.reason in _WITH_OPERATOR and not _for_want_of_operator(session):
        return None
    mishaps = incident.mishaps
    cause: Cause
    evidence: tuple[str, ...]
    if Mishap.START_MISSED in mishaps:
        cause, evidence = _start_missed(booking, session)
    elif Mishap.CUSTOMER_ABSENT in mishaps:
        cause, evidence = _customer_absent(session)
    elif not session.joined:
        cause, evidence = _operator_absent(booking, session)
    elif Mishap.DROPPED in mishaps and session.dropped_at is not None:
        cause, evidence = _not_restored(booking, session, session.dropped_at)
    else:
        cause, evidence = Cause.UNKNOWN, (f"reports of a bad line: {len(session.line_reports)}",)
    return Verdict(mishaps, cause, evidence, facts_of(booking, session, ended_at))


def facts_of(booking: Booking, session: Session, ended_at: datetime) -> Facts:
    """The facts of how a session ended.

    Args:
        ended_at: UTC.
    """
    # Who waits from the booked time on waits through a delay he was told of too. On a bad line
    # nobody waits: it is there.
    waits_since = session.dropped_at if session.joined else booking.starts_at
    wait = int((ended_at - waits_since).total_seconds()) if waits_since else 0
    return Facts(
        wait=max(0, wait),
        restored=session.joined and session.dropped_at is None,
        stopped=session.reason is EndReason.BAD_LINE,
    )


def _lost(session: Session) -> frozenset[Side]:
    """Who was missing in the gap in which the session ended."""
    return frozenset(session.lost).intersection(session.missing)


def _for_want_of_operator(session: Session) -> bool:
    """Whether there was no operator to talk to: he had been lost, or had not come at all."""
    missing = _lost(session) if session.joined else session.missing
    return Side.OPERATOR in missing


def reach(leg: Leg) -> Reach:
    """How far an attempt came."""
    if leg.confirmed_at is not None or leg.outcome in _RANG:
        return Reach.RANG
    if leg.outcome in _IMPOSSIBLE:
        return Reach.IMPOSSIBLE
    if leg.outcome == BUSY_BEFORE:
        return Reach.BUSY_BEFORE
    if leg.outcome is not None or leg.call_id is None:
        return Reach.OURS
    return Reach.UNKNOWN


def _attempts(legs: Iterable[Leg]) -> Counter[Reach]:
    return Counter(reach(leg) for leg in legs if leg.route is not Route.INBOUND)


def _said(who: Side, attempts: Counter[Reach]) -> str:
    parts = [f"{kind} {attempts[kind]}" for kind in Reach if attempts[kind]]
    return f"{who} rung {attempts.total()} times: {', '.join(parts) or 'never'}"


def _start_missed(booking: Booking, session: Session) -> tuple[Cause, tuple[str, ...]]:
    late = int((session.started_at - booking.starts).total_seconds())
    return Cause.OURS, (f"we came to ring {late} s late",)


def _operator_absent(booking: Booking, session: Session) -> tuple[Cause, tuple[str, ...]]:
    attempts = _attempts(session.of(Side.OPERATOR))
    answer = {None: "no answer", True: "yes", False: "no"}[booking.ready]
    evidence = (
        _said(Side.OPERATOR, attempts),
        f"asked whether he would be there: {answer}",
        f"told to begin {booking.delay} s later",
    )
    if attempts[Reach.BUSY_BEFORE]:
        return Cause.PREVIOUS_SESSION, evidence
    if attempts[Reach.RANG] or attempts[Reach.IMPOSSIBLE] or booking.ready is False:
        return Cause.OPERATOR, evidence
    if attempts[Reach.OURS]:
        return Cause.OURS, evidence
    return Cause.UNKNOWN, evidence


def _customer_absent(session: Session) -> tuple[Cause, tuple[str, ...]]:
    attempts = _attempts(session.of(Side.CUSTOMER))
    return _of_customer(attempts, Cause.CUSTOMER_SILENT), (_said(Side.CUSTOMER, attempts),)


def _of_customer(attempts: Counter[Reach], rang: Cause) -> Cause:
    """Why a customer could not be had, where he was rung.

    Args:
        rang: the cause where his phone rang more often than is in doubt.
    """
    in_doubt = attempts[Reach.OURS] + attempts[Reach.UNKNOWN]
    if attempts[Reach.RANG] > in_doubt:
        return rang
    if attempts[Reach.RANG]:
        return Cause.UNKNOWN
    if attempts[Reach.IMPOSSIBLE] > in_doubt:
        return Cause.WRONG_NUMBER
    return Cause.OURS if attempts[Reach.OURS] else Cause.UNKNOWN


def _not_restored(
    booking: Booking, session: Session, dropped_at: datetime
) -> tuple[Cause, tuple[str, ...]]:
    since = {
        side: _attempts(leg for leg in session.of(side) if leg.requested_at >= dropped_at)
        for side in Side
    }
    missing = _lost(session)
    evidence = (
        f"missing at the end: {', '.join(sorted(missing)) or 'nobody'}",
        *(_said(side, since[side]) for side in Side if since[side]),
    )
    if session.renewed is not None and missing == {Side.CUSTOMER}:
        # We took him off a bad line ourselves, and did not bring him back.
        return Cause.UNKNOWN, evidence
    if missing == {Side.CUSTOMER}:
        cause = _of_customer(since[Side.CUSTOMER], Cause.NOBODY)
        # The number was good before it dropped: the network's word is about the network.
        return Cause.NOBODY if cause is Cause.WRONG_NUMBER else cause, evidence
    if missing == {Side.OPERATOR}:
        ours = since[Side.OPERATOR][Reach.OURS] == since[Side.OPERATOR].total() > 0
        return Cause.OURS if ours else Cause.OPERATOR, evidence
    return Cause.UNKNOWN, evidence
