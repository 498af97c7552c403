"""What a booking needs next, and when: one list of duties gives both the actions and the timer.

Nothing here reacts to a message. Whatever facts are known, the duties say what is to happen from
which moment on; a callback that never came only makes a duty fall due instead. The sweep wakes a
booking at the earliest of them.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain import events as e
from shared.domain.booking import Booking, Session, Status
from shared.domain.closing import close
from shared.domain.duty import Duty
from shared.domain.legs import Leg, Route, Side
from shared.domain.lots import restore
from shared.domain.payment.events import RefundReason
from shared.domain.policy import Policy


def duties(booking: Booking, policy: Policy) -> Iterator[Duty[e.Event]]:
    """Everything the booking will have to do if nothing else happens.

    Args:
        booking: its present state.
        policy: the one it was bought under.
    """
    yield from _unanswered_effects(booking, policy)
    match booking.status:
        case Status.HELD:
            restored = restore(booking.holdings, f"{booking.booking_id}-x", booking.hold_until)
            yield Duty(booking.hold_until, (e.BookingExpired(restored),))
        case Status.SCHEDULED if booking.frozen:
            yield Duty(booking.starts, given_up(booking, booking.frozen, booking.starts))
        case Status.SCHEDULED:
            if e.Letter.REMINDER not in booking.letters:
                lead = timedelta(seconds=policy.reminder_lead)
                yield Duty(booking.starts_at - lead, (letter_due(booking, e.Letter.REMINDER),))
            yield Duty(booking.starts, (e.SessionStarted(),))
        case Status.LIVE:
            yield from _live(booking, booking.live_session, policy)
        case Status.ENDING:
            yield from _ending(booking, booking.live_session, policy)
        case _:
            pass


def given_up(booking: Booking, claimed: frozenset[str], now: datetime) -> tuple[e.Event, ...]:
    """The booking is given up because of payments that somebody claims back (S2.7).

    The money of its own card stays with such a payment, which decides; of another it goes back.
    """
    cancelled = e.BookingCancelled(restore(booking.holdings, f"{booking.booking_id}-c", now))
    if booking.intent_id is None or not booking.paid_by_card:
        return (cancelled,)
    paid, reason = booking.holdings[-1].paid, RefundReason.CANCELLED
    refund = None if booking.intent_id in claimed else next_refund_id(booking)
    return cancelled, e.CardReturned(refund, booking.intent_id, paid, reason)


def next_refund_id(booking: Booking) -> str:
    """Of the refund that the booking asks for next."""
    return f"{booking.booking_id}-refund-{len(booking.returns) + 1}"


def letter_due(booking: Booking, letter: e.Letter, delay_seconds: int = 0) -> e.LetterDue:
    """The letter under its own id: the same one however often it is asked for."""
    letter_id = f"{booking.booking_id}-{letter}-{booking.starts_at:%Y%m%d%H%M}"
    return e.LetterDue(letter_id, letter, delay_seconds)


def _unanswered_effects(booking: Booking, policy: Policy) -> Iterator[Duty[e.Event]]:
    for effect_id, pending in booking.pending.items():
        yield Duty(pending.again_at(policy), (e.EffectRedriven(effect_id),))


# --- a live session -----------------------------------------------------------------------------


def _live(booking: Booking, session: Session, policy: Policy) -> Iterator[Duty[e.Event]]:
    if session.end_requested is not None:
        yield _end(session.started_at, session, e.EndReason.CUSTOMER_ENDED)
        return
    if session.started_at - booking.starts > timedelta(seconds=policy.no_show_grace):
        # We were down at the start: nobody is rung out of the blue, the minutes go back (S1.7).
        yield _end(session.started_at, session, e.EndReason.START_MISSED)
        return
    longest = booking.seconds + policy.no_show_grace + policy.overtime_longest
    over = session.started_at + timedelta(seconds=longest)
    yield _end(over, session, e.EndReason.OVERTIME)
    yield from _silent_legs(session, policy)
    yield from _connection(booking, session)
    yield from _minutes(booking, session, policy)
    operator, customer = session.on_the_line(Side.OPERATOR), session.on_the_line(Side.CUSTOMER)
    if session.dropped_at is not None:
        yield from _gap(booking, session, session.dropped_at, policy)
    elif not session.joined and operator is None:
        yield from _operator_awaited(booking, session, policy)
    elif not session.joined and operator is not None and customer is None:
        yield from _customer_awaited(booking, session, operator, policy)


def _end(at: datetime, session: Session, reason: e.EndReason) -> Duty[e.Event]:
    """End the session; legs that are in our hands hear a goodbye, all others are hung up."""
    spoken = session.end_requested.leg_id if session.end_requested else None
    dismissals = tuple(
        e.LegDismissed(leg.leg_id, reason)
        for leg in session.legs
        if leg.wanted and leg.leg_id != spoken and not _in_our_hands(leg)
    )
    return Duty(at, (e.SessionEnding(reason), *dismissals))


def _in_our_hands(leg: Leg) -> bool:
    """Whether the leg left the conference and waits for what we say next, if it is not gone."""
    return leg.on_the_line and bool(leg.marks) and not leg.inside


def _silent_legs(session: Session, policy: Policy) -> Iterator[Duty[e.Event]]:
    """Legs whose callbacks are overdue are looked up, and given up where that brings nothing."""
    again = timedelta(seconds=policy.leg_look_up_every)
    for leg in session.legs:
        if not leg.wanted:
            continue
        if leg.confirmed_at is None:
            overdue = ring_over(leg, policy)
            if leg.looked_up_at is None:
                yield Duty(overdue, (e.LegLookedUp(leg.leg_id),))
            else:
                yield Duty(leg.looked_up_at + again, (e.LegDismissed(leg.leg_id, "silent"),))
        elif not leg.in_conference and leg.marks:
            at = leg.marks[-1].moment + timedelta(seconds=policy.leg_look_up_after)
            if leg.looked_up_at is not None and leg.looked_up_at >= leg.marks[-1].moment:
                at = leg.looked_up_at + again
            yield Duty(at, (e.LegLookedUp(leg.leg_id),))


def ring_over(leg: Leg, policy: Policy) -> datetime:
    """When an attempt must have led to a key press or an end."""
    longest = policy.ring_timeout + policy.ring_overrun + policy.leg_settle
    return leg.requested_at + timedelta(seconds=longest)


def _connection(booking: Booking, session: Session) -> Iterator[Duty[e.Event]]:
    since = session.connected_since()
    if since is not None:
        if not session.joined:
            yield Duty(session.started_at, (e.SidesJoined(since),))
        elif session.dropped_at is not None:
            yield Duty(session.started_at, (e.LineRestored(since, booking.left(since)),))
        return
    gone = {side for side in Side if session.on_the_line(side) is None}
    if session.joined and not gone <= set(session.lost):
        moment = session.dropped_at or _last_connected(session)
        lost = tuple(side for side in Side if side in gone.union(session.lost))
        yield Duty(session.started_at, (e.LineDropped(moment, lost),))


def _last_connected(session: Session) -> datetime:
    latest = max(
        moment for leg in session.legs for moment in (*(m.moment for m in leg.marks), leg.ended_at)
        if moment is not None
    )  # fmt: skip
    connections = session.connections(latest)
    return connections[-1][1] if connections else latest


def _minutes(booking: Booking, session: Session, policy: Policy) -> Iterator[Duty[e.Event]]:
    """The end of the minutes: a warning, the leg's own limit, and we behind it (S1.4a)."""
    since = session.connected_since()
    if session.until is not None:
        yield _end(session.until, session, e.EndReason.NEXT_BOOKING)
    if since is None:
        if session.joined and booking.left(_last_connected(session)) <= policy.shortest_rest:
            yield _end(session.started_at, session, e.EndReason.MINUTES_USED)
        return
    over = since + timedelta(seconds=booking.left(since))
    yield _end(over + timedelta(seconds=policy.limit_overrun), session, e.EndReason.MINUTES_USED)
    if not session.warned and booking.seconds > policy.warning_before_end:
        yield Duty(over - timedelta(seconds=policy.warning_before_end), (e.WarningGiven(),))


# --- ringing ------------------------------------------------------------------------------------


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


def _next_ring(
    booking: Booking, session: Session, side: Side, since: datetime, pause: int, policy: Policy
) -> Duty[e.Event] | None:
    """Ring a side that is away, main and backup in turn; nothing while an attempt is under way."""
    party = booking.operator_id if side is Side.OPERATOR else booking.customer_id
    if _ringing(session, side, party) is not None:
        return None
    rung = [
        leg for leg in session.of(side) if leg.party_id == party and leg.route is not Route.INBOUND
    ]
    tried = [leg for leg in rung if leg.requested_at >= since]
    at = since
    if rung:
        at = max(at, rung[-1].requested_at + timedelta(seconds=policy.redial_spacing))
    if tried:
        ended = tried[-1].ended_at or tried[-1].looked_up_at or tried[-1].requested_at
        at = max(at, ended + timedelta(seconds=pause))
    return Duty(at, (_ring(booking, session, side, backup=len(tried) % 2 == 1),))


def _operator_awaited(
    booking: Booking, session: Session, policy: Policy
) -> Iterator[Duty[e.Event]]:
    """Before the first connection, with no operator: ring him until the grace is over (S1.4)."""
    were = [leg.ended_at for leg in session.of(Side.OPERATOR) if leg.confirmed_at and leg.ended_at]
    since = max(were, default=session.started_at)
    deadline = max(
        session.started_at + timedelta(seconds=policy.no_show_grace),
        since + timedelta(seconds=policy.callback_wait) if were else session.started_at,
    )
    ring = _next_ring(booking, session, Side.OPERATOR, since, policy.operator_retry, policy)
    if ring is not None and ring.at < deadline:
        yield ring
    else:
        under_way = _ringing(session, Side.OPERATOR, booking.operator_id)
        yield _end(
            max(deadline, ring_over(under_way, policy)) if under_way else deadline,
            session,
            e.EndReason.OPERATOR_ABSENT,
        )


def _customer_awaited(
    booking: Booking, session: Session, operator: Leg, policy: Policy
) -> Iterator[Duty[e.Event]]:
    """The operator is there: both numbers are tried at set minutes, then it is closed (S1.4b)."""
    if _ringing(session, Side.CUSTOMER, booking.customer_id) is not None:
        return
    tried = [leg for leg in session.of(Side.CUSTOMER) if leg.route is not Route.INBOUND]
    here = operator.confirmed_at or session.started_at
    if not tried:
        yield Duty(here, (_ring(booking, session, Side.CUSTOMER, backup=False),))
        return
    first = tried[0].requested_at
    if tried[-1].route is Route.MAIN and booking.backup_phone is not None:
        yield Duty(here, (_ring(booking, session, Side.CUSTOMER, backup=True),))
        return
    rounds = sum(leg.route is Route.MAIN for leg in tried)
    if rounds < len(policy.customer_retry):
        at = max(here, first + timedelta(seconds=policy.customer_retry[rounds]))
        yield Duty(at, (_ring(booking, session, Side.CUSTOMER, backup=False),))
    else:
        deadline = first + timedelta(seconds=policy.no_show_grace)
        yield _end(max(deadline, here), session, e.EndReason.CUSTOMER_ABSENT)


def _gap(
    booking: Booking, session: Session, dropped_at: datetime, policy: Policy
) -> Iterator[Duty[e.Event]]:
    """The line dropped: wait for the customer's own call, then redial until the deadline (S1.5)."""
    deadline = dropped_at + timedelta(seconds=policy.redial_deadline)
    under_way: list[Leg] = []
    for side in session.lost:
        party = booking.operator_id if side is Side.OPERATOR else booking.customer_id
        if session.on_the_line(side) is not None:
            continue
        ringing = _ringing(session, side, party)
        if ringing is not None:
            under_way.append(ringing)
        waits = side is Side.CUSTOMER and session.on_the_line(Side.OPERATOR) is not None
        since = dropped_at + timedelta(seconds=policy.callback_wait if waits else 0)
        pause = policy.operator_retry if side is Side.OPERATOR else 0
        ring = _next_ring(booking, session, side, since, pause, policy)
        if ring is not None and ring.at < deadline:
            yield replace(ring, before=deadline)
    if Side.OPERATOR in session.lost and session.on_the_line(Side.OPERATOR) is None:
        seek = _next_search(booking, session, dropped_at, policy)
        if seek < deadline:
            yield Duty(seek, (e.ReplacementSought(),), before=deadline)
    over = max((ring_over(leg, policy) for leg in under_way), default=deadline)
    yield _end(max(deadline, over), session, e.EndReason.NOT_RESTORED)


def _next_search(
    booking: Booking, session: Session, dropped_at: datetime, policy: Policy
) -> datetime:
    """When another operator is looked for; one who has just taken over is given time to answer."""
    seek = dropped_at + timedelta(seconds=policy.operator_replaced_after)
    if session.sought_at is not None:
        seek = session.sought_at + timedelta(seconds=policy.replacement_retry)
    ringing = _ringing(session, Side.OPERATOR, booking.operator_id)
    if session.replaced_at is not None and session.replaced_at >= dropped_at and ringing:
        seek = max(seek, ring_over(ringing, policy))
    return seek


# --- after the end ------------------------------------------------------------------------------


def _ending(booking: Booking, session: Session, policy: Policy) -> Iterator[Duty[e.Event]]:
    """Settle as soon as every leg that was ever joined is known to have left."""
    ending = session.ending_at or session.started_at
    given_up = ending + timedelta(seconds=policy.leg_given_up_after)
    open_legs = [leg for leg in session.legs if not leg.has_left]
    yield Duty(given_up if open_legs else ending, (close(booking, session),))
    for leg in open_legs:
        if leg.looked_up_at is None or leg.looked_up_at < ending:
            at = ending + timedelta(seconds=policy.leg_look_up_after)
        else:
            at = leg.looked_up_at + timedelta(seconds=policy.leg_look_up_every)
        if at < given_up:
            yield Duty(at, (e.LegLookedUp(leg.leg_id),))
