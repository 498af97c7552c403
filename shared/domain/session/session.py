"""A session: the call itself, from the first ring to the last leg's end, as events leave it."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain import events as e
from shared.domain.mishap.incident import Incident, Mishap, ended, opened, present
from shared.domain.session import billing
from shared.domain.session.legs import Leg, Route, Side
from shared.domain.slots import NextBooking


@dataclass(frozen=True, slots=True)
class Session:
    """The call of one booking. Times UTC.

    Args:
        started_at: when ringing began.
        legs: every attempt, in order.
        joined: whether both sides were ever joined.
        drops: how often the line has dropped.
        dropped_at: start of the present gap, None while there is none.
        lost: who is missing in the present gap.
        holds: when the customer had asked to wait.
        held_since: when he asked to wait that is waiting now.
        hold_noticed: whether both were told of the present wait.
        until: no later than this, for the next booking's sake.
        next: the booking for whose sake.
        told: seconds of delay its customer was told of.
        kept: quarters claimed beyond the booked time.
        stand_in: quarters claimed of the operator who took over.
        replaced_at: when he did.
        sought_at: when another operator was last looked for.
        escalated: what was done about an operator who did not come, in order.
        incidents: what went wrong, in order.
        line_reports: when the line was said to be bad, and what was tried.
        renewed: the customer's line is to be rung anew, and how.
        extension: seconds that were added.
        extended_at: when that was last, UTC.
        phones_changed_at: when the customer last corrected his numbers.
        callback: what a regular customer was promised.
        missing: who was not on the line when it ended.
    """

    started_at: datetime
    legs: tuple[Leg, ...] = ()
    joined: bool = False
    drops: int = 0
    dropped_at: datetime | None = None
    lost: tuple[Side, ...] = ()
    holds: tuple[billing.Interval, ...] = ()
    held_since: datetime | None = None
    hold_noticed: bool = False
    until: datetime | None = None
    next: NextBooking | None = None
    told: int = 0
    kept: tuple[datetime, ...] = ()
    stand_in: tuple[datetime, ...] = ()
    replaced_at: datetime | None = None
    sought_at: datetime | None = None
    warned: bool = False
    escalated: tuple[e.EscalationStep, ...] = ()
    incidents: tuple[Incident, ...] = ()
    line_reports: tuple[tuple[datetime, e.LineRemedy], ...] = ()
    renewed: e.LineRenewed | None = None
    extension: int = 0
    extended_at: datetime | None = None
    phones_changed_at: datetime | None = None
    callback: e.CallbackPromised | None = None
    end_requested: e.EndRequested | None = None
    ending_at: datetime | None = None
    reason: e.EndReason | None = None
    missing: tuple[Side, ...] = ()
    closed: e.SessionClosed | None = None

    def leg(self, leg_id: str) -> Leg | None:
        """The leg of this id, if it is one of ours."""
        return next((leg for leg in self.legs if leg.leg_id == leg_id), None)

    def of(self, side: Side) -> tuple[Leg, ...]:
        """The legs of one side."""
        return tuple(leg for leg in self.legs if leg.side is side)

    def on_the_line(self, side: Side) -> Leg | None:
        """The leg on which a side is there, if it is."""
        return next((leg for leg in self.of(side) if leg.on_the_line), None)

    def connections(self, now: datetime) -> tuple[billing.Interval, ...]:
        """When both sides were joined, up to now."""
        customer, operator = (
            [(a, b or now) for leg in self.of(side) for a, b in leg.stays]
            for side in (Side.CUSTOMER, Side.OPERATOR)
        )
        return billing.connected(customer, operator)

    def connected_since(self) -> datetime | None:
        """Since when both sides can hear each other, None when they cannot."""
        since = [
            max(leg.stays[-1][0] for leg in self.of(side) if leg.in_conference)
            for side in Side
            if any(leg.in_conference for leg in self.of(side))
        ]
        return max(since) if len(since) == 2 else None

    def bill(self, at: datetime, bought: int) -> billing.Bill:
        """The seconds of the session by category, as if it ended at a moment.

        Args:
            at: UTC, not before its start.
            bought: seconds paid for.
        """
        held = () if self.held_since is None else ((self.held_since, max(at, self.held_since)),)
        return billing.bill(self.started_at, at, self.connections(at), (*self.holds, *held), bought)

    @property
    def incident(self) -> Incident | None:
        """What goes wrong at present."""
        return present(self.incidents)

    @property
    def bad_line(self) -> bool:
        """Whether the line was said to be bad and that is not settled."""
        incident = self.incident
        return incident is not None and Mishap.BAD_LINE in incident.mishaps


def evolve_session(session: Session, event: e.Event, at: datetime) -> Session:
    """The session after one event.

    Args:
        at: business time of the decision, UTC.
    """
    match event:
        case e.LegRequested():
            leg = Leg(event.leg_id, event.side, event.party_id, event.route, event.phone_id, at)
            return replace(session, legs=(*session.legs, leg))
        case e.LegCalledIn():
            leg = Leg(
                event.leg_id,
                Side.CUSTOMER,
                event.party_id,
                Route.INBOUND,
                event.phone_id,
                at,
                call_id=event.call_id,
            )
            return replace(session, legs=(*session.legs, leg))
        case (
            e.LegQueued()
            | e.LegPlaced()
            | e.LegConfirmed()
            | e.LegMoved()
            | e.LegEnded()
            | e.LegDismissed()
            | e.LegLookedUp()
        ):
            legs = tuple(
                _leg(leg, event, at) if leg.leg_id == event.leg_id else leg for leg in session.legs
            )
            session = replace(session, legs=legs)
            came = isinstance(event, e.LegConfirmed) and not session.joined
            if came and session.on_the_line(Side.OPERATOR) is not None:
                # He is there; that he was not is over.
                return replace(session, incidents=ended(session.incidents, at))
            return session
        case e.ReplacementSought():
            return replace(session, sought_at=at)
        case e.OverrunFound():
            after = NextBooking(event.next_booking_id, event.next_starts_at)
            return replace(session, until=event.until, next=after, told=event.delay_seconds)
        case e.QuartersKept():
            return replace(session, kept=(*session.kept, *event.quarters))
        case e.OperatorReplaced():
            # Whoever waits for the operator before waits no longer for this session.
            return replace(
                session,
                stand_in=event.quarters,
                replaced_at=at,
                kept=(),
                until=None,
                next=None,
                told=0,
            )
        case e.WarningGiven():
            return replace(session, warned=True)
        case e.SessionExtended():
            return replace(
                session,
                kept=(*session.kept, *event.quarters),
                extension=session.extension + event.seconds,
                until=None,
                warned=False,
                extended_at=at,
            )
        case e.PhonesChanged():
            return replace(session, phones_changed_at=at)
        case e.HoldBegan():
            return replace(session, held_since=event.moment, hold_noticed=False)
        case e.HoldNoticed():
            return replace(session, hold_noticed=True)
        case e.HoldEnded():
            return _hold_ended(session, event.moment)
        case _:
            return _troubled(session, event, at)


def _hold_ended(session: Session, moment: datetime) -> Session:
    since = session.held_since or moment
    return replace(session, holds=(*session.holds, (since, max(since, moment))), held_since=None)


def _troubled(session: Session, event: e.Event, at: datetime) -> Session:
    """What goes wrong, is mended, or comes to its end."""
    incidents = session.incidents
    match event:
        case e.Escalated():
            return replace(
                session,
                escalated=(*session.escalated, event.step),
                incidents=opened(incidents, Mishap.OPERATOR_ABSENT, session.started_at),
            )
        case e.SidesJoined():
            mended = ended(incidents, event.moment)
            return replace(session, joined=True, sought_at=None, incidents=mended)
        case e.LineDropped():
            dropped = opened(incidents, Mishap.DROPPED, event.moment)
            return replace(
                session,
                drops=session.drops + 1,
                dropped_at=event.moment,
                lost=event.lost,
                incidents=dropped,
            )
        case e.LineRestored():
            # A line that was said to be bad is not good again because it stands again.
            mended = incidents if session.bad_line else ended(incidents, event.moment)
            return replace(
                session,
                dropped_at=None,
                lost=(),
                sought_at=None,
                renewed=None,
                incidents=mended,
            )
        case e.BadLineReported():
            if event.remedy is e.LineRemedy.REDIAL and session.bad_line:
                last, _ = session.line_reports[-1]
                incidents = ended(incidents, last)
            return replace(
                session,
                line_reports=(*session.line_reports, (at, event.remedy)),
                renewed=None,
                incidents=opened(incidents, Mishap.BAD_LINE, at),
            )
        case e.LineRenewed():
            return replace(session, renewed=event)
        case e.CallbackPromised():
            return replace(session, callback=event)
        case e.EndRequested():
            return replace(session, end_requested=event)
        case e.SessionEnding():
            return _ending(session, event.reason, at)
        case e.SessionClosed():
            return replace(session, closed=event, incidents=ended(incidents, event.ended_at))
        case _:
            return session


_ABSENT = {
    e.EndReason.OPERATOR_ABSENT: Mishap.OPERATOR_ABSENT,
    e.EndReason.CUSTOMER_ABSENT: Mishap.CUSTOMER_ABSENT,
    e.EndReason.START_MISSED: Mishap.START_MISSED,
}


def _ending(session: Session, reason: e.EndReason, at: datetime) -> Session:
    incidents = session.incidents
    if reason in _ABSENT:
        incidents = opened(incidents, _ABSENT[reason], session.started_at)
    return replace(
        session,
        reason=reason,
        ending_at=at,
        incidents=incidents,
        missing=tuple(side for side in Side if session.on_the_line(side) is None),
    )


def _leg(
    leg: Leg,
    event: e.LegQueued
    | e.LegPlaced
    | e.LegConfirmed
    | e.LegMoved
    | e.LegEnded
    | e.LegDismissed
    | e.LegLookedUp,
    at: datetime,
) -> Leg:
    match event:
        case e.LegQueued():
            return replace(leg, turn=event.turn)
        case e.LegPlaced():
            return replace(leg, call_id=event.call_id)
        case e.LegConfirmed():
            return replace(leg, confirmed_at=at)
        case e.LegMoved():
            return leg.with_mark(event.mark)
        case e.LegEnded():
            return replace(leg, ended_at=event.moment, outcome=event.outcome)
        case e.LegDismissed():
            return replace(leg, dismissed=True)
        case e.LegLookedUp():
            return replace(leg, looked_up_at=at)
