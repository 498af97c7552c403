"""Whom a live session rings next, and when; who comes instead of an operator who does not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain import events as e
from shared.domain.booking import Booking
from shared.domain.case.events import CaseKind
from shared.domain.duty import Duty
from shared.domain.letters.ids import letter_due
from shared.domain.mishap.judge import Reach, reach
from shared.domain.policy import Policy
from shared.domain.session.ending import end
from shared.domain.session.legs import Leg, Route, Side
from shared.domain.session.session import Session

# The matter of the case in which a person looks after an operator who does not come.
MISSED_CALL = "case-missed-call"


def ring_over(leg: Leg, policy: Policy) -> datetime:
    """When an attempt must have led to a key press or an end; to wait for a turn is no silence."""
    longest = policy.ring_timeout + policy.ring_overrun + policy.leg_settle
    return leg.rung_at + timedelta(seconds=longest)


def _ringing(session: Session, side: Side, party_id: str) -> Leg | None:
    return next(
        (
            leg
            for leg in session.of(side)
            if leg.wanted and leg.confirmed_at is None and leg.party_id == party_id
        ),
        None,
    )


def _ring(booking: Booking, session: Session, side: Side, backup: bool) -> e.LegRequested:
    if side is Side.OPERATOR:
        party, phones = booking.operator_id, booking.operator_phones
    else:
        party = booking.customer_id
        phones = tuple(p for p in (booking.main_phone, booking.backup_phone) if p)
    use_backup = backup and len(phones) > 1
    return e.LegRequested(
        leg_id=f"{booking.booking_id}-{len(session.legs) + 1}",
        side=side,
        party_id=party,
        route=Route.BACKUP if use_backup else Route.MAIN,
        phone_id=phones[1] if use_backup else phones[0],
    )


def _tried(booking: Booking, session: Session, side: Side, since: datetime) -> tuple[Leg, ...]:
    """Our attempts at a side's present party since a moment."""
    party = booking.operator_id if side is Side.OPERATOR else booking.customer_id
    return tuple(
        leg
        for leg in session.of(side)
        if leg.party_id == party and leg.route is not Route.INBOUND and leg.requested_at >= since
    )


def _next_at(
    booking: Booking, session: Session, side: Side, since: datetime, pause: int, policy: Policy
) -> datetime | None:
    """When a side that is away is rung next; None while an attempt is under way."""
    party = booking.operator_id if side is Side.OPERATOR else booking.customer_id
    if _ringing(session, side, party) is not None:
        return None
    rung = _tried(booking, session, side, session.started_at)
    tried = [leg for leg in rung if leg.requested_at >= since]
    at = since
    if rung:
        at = max(at, rung[-1].rung_at + timedelta(seconds=policy.redial_spacing))
    if tried:
        ended = tried[-1].ended_at or tried[-1].looked_up_at or tried[-1].rung_at
        at = max(at, ended + timedelta(seconds=pause))
    return at


# --- the operator is awaited ----------------------------------------------------------------------


def operator_awaited(booking: Booking, session: Session, policy: Policy) -> Iterator[Duty[e.Event]]:
    """Before the first connection, with no operator: he and others, step by step (S1.4, S1.9)."""
    were = [leg.ended_at for leg in session.of(Side.OPERATOR) if leg.confirmed_at and leg.ended_at]
    since = max(were, default=session.started_at)
    first = next((leg.rung_at for leg in session.of(Side.OPERATOR)), session.started_at)
    deadline = max(
        first + timedelta(seconds=policy.no_show_grace),
        since + timedelta(seconds=policy.callback_wait) if were else session.started_at,
    )
    yield from _escalation(booking, session, deadline, policy)
    ring = _operator_rung(booking, session, since, policy)
    if ring is not None and ring.at < deadline:
        yield replace(ring, before=deadline)
    # Beside the ring, not instead of it: whoever is woken too late for it still has to end.
    under_way = _ringing(session, Side.OPERATOR, booking.operator_id)
    over = max(deadline, ring_over(under_way, policy)) if under_way else deadline
    yield end(over, session, e.EndReason.OPERATOR_ABSENT)


def _operator_rung(
    booking: Booking, session: Session, since: datetime, policy: Policy
) -> Duty[e.Event] | None:
    """His next ring: again, then the backup route, each not before its step, then in turn."""
    at = _next_at(booking, session, Side.OPERATOR, since, policy.operator_retry, policy)
    if at is None:
        return None
    tried = len(_tried(booking, session, Side.OPERATOR, since))
    if tried and e.EscalationStep.OPERATOR_AGAIN not in session.escalated:
        step, backup = e.EscalationStep.OPERATOR_AGAIN, False
    elif tried and e.EscalationStep.BACKUP_ROUTE not in session.escalated:
        step, backup = e.EscalationStep.BACKUP_ROUTE, True
    else:
        in_turn = tried > 0 and tried % 2 == 0
        return Duty(at, (_ring(booking, session, Side.OPERATOR, in_turn),))
    ring = _ring(booking, session, Side.OPERATOR, backup)
    told = (letter_due(booking, e.Letter.PLEASE_WAIT),) if backup else ()
    return Duty(max(at, _step_at(session, step, policy)), (e.Escalated(step), ring, *told))


def _step_at(session: Session, step: e.EscalationStep, policy: Policy) -> datetime:
    seconds = {
        e.EscalationStep.OPERATOR_AGAIN: policy.escalate_operator_again,
        e.EscalationStep.BACKUP_ROUTE: policy.escalate_backup_route,
        e.EscalationStep.OTHER_OPERATOR: policy.escalate_other_operator,
        e.EscalationStep.SUPERVISOR: policy.escalate_supervisor,
        e.EscalationStep.CASE: policy.escalate_case,
    }
    return session.started_at + timedelta(seconds=seconds[step])


def _escalation(
    booking: Booking, session: Session, deadline: datetime, policy: Policy
) -> Iterator[Duty[e.Event]]:
    """The steps beside his own phone: another operator, a supervisor, a case for a person."""
    other = e.EscalationStep.OTHER_OPERATOR
    if other in session.escalated:
        seek = _next_search(booking, session, session.started_at, policy)
        yield Duty(seek, (e.ReplacementSought(),), before=deadline)
    else:
        # Who said that he would not be there is not waited for.
        at = session.started_at if booking.ready is False else _step_at(session, other, policy)
        yield Duty(at, (e.Escalated(other), e.ReplacementSought()), before=deadline)
    case_due = deadline + timedelta(seconds=policy.case_escalation)
    beside: tuple[tuple[e.EscalationStep, e.Event], ...] = (
        (e.EscalationStep.SUPERVISOR, letter_due(booking, e.Letter.SUPERVISOR)),
        (e.EscalationStep.CASE, e.CaseNeeded(MISSED_CALL, CaseKind.MISSED_CALL, case_due)),
    )
    for step, event in beside:
        if step not in session.escalated:
            yield Duty(_step_at(session, step, policy), (e.Escalated(step), event), before=deadline)


def _next_search(booking: Booking, session: Session, first: datetime, policy: Policy) -> datetime:
    """When another operator is looked for; one who has just taken over is given time to answer.

    Args:
        first: when the search begins, UTC.
    """
    seek = first
    if session.sought_at is not None:
        seek = session.sought_at + timedelta(seconds=policy.replacement_retry)
    ringing = _ringing(session, Side.OPERATOR, booking.operator_id)
    if session.replaced_at is not None and session.replaced_at >= first and ringing:
        seek = max(seek, ring_over(ringing, policy))
    return seek


# --- the customer is awaited ----------------------------------------------------------------------


def customer_awaited(
    booking: Booking, session: Session, operator: Leg, policy: Policy
) -> Iterator[Duty[e.Event]]:
    """The operator is there: both numbers are tried at set minutes, then it is closed (S1.4b)."""
    if _ringing(session, Side.CUSTOMER, booking.customer_id) is not None:
        return
    # Other numbers are tried from the first round on.
    begun = session.phones_changed_at or session.started_at
    # A worker whose clock is behind the one that began it does not ring him before that.
    here = max(operator.confirmed_at or begun, begun)
    tried = _tried(booking, session, Side.CUSTOMER, begun)
    if not tried:
        yield Duty(here, (_ring(booking, session, Side.CUSTOMER, backup=False),))
        return
    first = tried[0].rung_at
    if tried[-1].route is Route.MAIN and booking.backup_phone is not None:
        yield Duty(here, (_ring(booking, session, Side.CUSTOMER, backup=True),))
        return
    impossible = all(reach(leg) is Reach.IMPOSSIBLE for leg in tried)
    if impossible and e.Letter.NUMBER_WRONG not in booking.letters:
        # He can correct it while there is time.
        yield Duty(here, (letter_due(booking, e.Letter.NUMBER_WRONG),))
    rounds = sum(leg.route is Route.MAIN for leg in tried)
    if rounds < len(policy.customer_retry):
        at = max(here, first + timedelta(seconds=policy.customer_retry[rounds]))
        yield Duty(at, (_ring(booking, session, Side.CUSTOMER, backup=False),))
    else:
        deadline = first + timedelta(seconds=policy.no_show_grace)
        yield end(max(deadline, here), session, e.EndReason.CUSTOMER_ABSENT)


# --- the line dropped -----------------------------------------------------------------------------


def gap(
    booking: Booking, session: Session, dropped_at: datetime, policy: Policy
) -> Iterator[Duty[e.Event]]:
    """The line dropped: wait for the customer's own call, then redial until the deadline (S1.5).

    A line that we took down ourselves, because it was bad, is rung when that was promised (S1.8).
    """
    renewed = session.renewed
    begin = dropped_at if renewed is None else max(dropped_at, renewed.at)
    deadline = begin + timedelta(seconds=policy.redial_deadline)
    under_way: list[Leg] = []
    for side in session.lost:
        party = booking.operator_id if side is Side.OPERATOR else booking.customer_id
        if session.on_the_line(side) is not None:
            continue
        ringing = _ringing(session, side, party)
        if ringing is not None:
            under_way.append(ringing)
        waits = (
            renewed is None
            and side is Side.CUSTOMER
            and session.on_the_line(Side.OPERATOR) is not None
        )
        since = begin + timedelta(seconds=policy.callback_wait if waits else 0)
        pause = policy.operator_retry if side is Side.OPERATOR else 0
        at = _next_at(booking, session, side, since, pause, policy)
        if at is not None and at < deadline:
            odd = len(_tried(booking, session, side, since)) % 2 == 1
            first_backup = renewed is not None and renewed.backup and side is Side.CUSTOMER
            ring = _ring(booking, session, side, backup=odd is not first_backup)
            yield Duty(at, (ring,), before=deadline)
    if Side.OPERATOR in session.lost and session.on_the_line(Side.OPERATOR) is None:
        first = begin + timedelta(seconds=policy.operator_replaced_after)
        seek = _next_search(booking, session, first, policy)
        if seek < deadline:
            yield Duty(seek, (e.ReplacementSought(),), before=deadline)
    over = max((ring_over(leg, policy) for leg in under_way), default=deadline)
    yield end(max(deadline, over), session, e.EndReason.NOT_RESTORED)
