"""A booking: its state, how each event changes it; always the fold of its events (Never 5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain import billing
from shared.domain import events as e
from shared.domain.legs import Leg, Route, Side
from shared.domain.lots import Holding, Lot, Source, Tariff
from shared.domain.money import Money
from shared.domain.pending import Pending, asked, settled


class Status(StrEnum):
    """Where a booking stands; the last three are its end states."""

    HELD = "held"
    SCHEDULED = "scheduled"
    LIVE = "live"
    ENDING = "ending"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


# What moves a booking on; docs/booking-states.md is drawn from this (`make docs`).
TRANSITIONS: Mapping[tuple[Status | None, type[e.Event]], Status] = {
    (None, e.BookingHeld): Status.HELD,
    (Status.HELD, e.BookingScheduled): Status.SCHEDULED,
    (Status.HELD, e.BookingExpired): Status.EXPIRED,
    (Status.HELD, e.BookingCancelled): Status.CANCELLED,
    (Status.EXPIRED, e.BookingReinstated): Status.HELD,
    (Status.SCHEDULED, e.BookingCancelled): Status.CANCELLED,
    (Status.SCHEDULED, e.SessionStarted): Status.LIVE,
    (Status.LIVE, e.SessionEnding): Status.ENDING,
    (Status.ENDING, e.SessionClosed): Status.COMPLETED,
}
_MOVING = frozenset(event for _, event in TRANSITIONS)


@dataclass(frozen=True, slots=True)
class Session:
    """The call itself, from the first ring to the last leg's end.

    Args:
        started_at: UTC.
        legs: every attempt, in order.
        joined: whether both sides were ever joined.
        dropped_at: start of the present gap, None while there is none.
        lost: who is missing in the present gap.
        holds: when the customer had asked to wait.
        until: no later than this, for the next booking's sake.
        told: seconds of delay the next customer was told of.
        kept: quarters claimed beyond the booked time.
        stand_in: quarters claimed of the operator who took over.
        replaced_at: when he did.
        sought_at: when another operator was last looked for.
    """

    started_at: datetime
    legs: tuple[Leg, ...] = ()
    joined: bool = False
    dropped_at: datetime | None = None
    lost: tuple[Side, ...] = ()
    holds: tuple[billing.Interval, ...] = ()
    until: datetime | None = None
    told: int = 0
    kept: tuple[datetime, ...] = ()
    stand_in: tuple[datetime, ...] = ()
    replaced_at: datetime | None = None
    sought_at: datetime | None = None
    warned: bool = False
    end_requested: e.EndRequested | None = None
    ending_at: datetime | None = None
    reason: e.EndReason | None = None
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


@dataclass(frozen=True, slots=True)
class Booking:
    """One booking, as the fold of its events. Times UTC, lengths in seconds."""

    booking_id: str
    customer_id: str
    operator_id: str
    operator_phones: tuple[str, ...]
    tariff: Tariff
    starts_at: datetime
    seconds: int
    main_phone: str
    backup_phone: str | None
    language: str
    policy_version: int
    holdings: tuple[Holding, ...]
    card_seconds: int
    card_due: Money
    hold_until: datetime
    created_at: datetime
    first_starts_at: datetime
    status: Status
    asked_operator: str | None = None
    checkout: str | None = None
    intent_id: str | None = None
    paid_by_card: bool = False
    credited: frozenset[str] = frozenset()
    decline_code: str | None = None
    declines: frozenset[str] = frozenset()
    delay: int = 0
    letters: frozenset[e.Letter] = frozenset()
    returns: tuple[e.CardReturned | e.PaymentUnwanted, ...] = ()
    frozen: frozenset[str] = frozenset()
    extended: bool = False
    restored: tuple[Lot, ...] = ()
    pending: Mapping[str, Pending] = field(default_factory=dict)
    session: Session | None = None

    @property
    def price(self) -> Money:
        """What the customer pays in all, balance and card together."""
        return Money(sum(h.paid.minor for h in self.holdings), self.card_due.currency) + (
            Money.zero(self.card_due.currency) if self.paid_by_card else self.card_due
        )

    @property
    def live_session(self) -> Session:
        """The session of a booking that is live or ending."""
        if self.session is None:
            raise LookupError(f"booking {self.booking_id} has no session")
        return self.session

    @property
    def starts(self) -> datetime:
        """When ringing begins: the booked time, later only where the customer was told."""
        return self.starts_at + timedelta(seconds=self.delay)

    def used(self, now: datetime) -> int:
        """Seconds billed so far."""
        if self.session is None:
            return 0
        at = max(now, self.session.started_at)
        return billing.bill(
            self.session.started_at,
            at,
            self.session.connections(at),
            self.session.holds,
            self.seconds,
        ).billed

    def left(self, now: datetime) -> int:
        """Seconds of those bought that are not billed yet."""
        return self.seconds - self.used(now)


CANCEL_INTENT = "cancel-intent"


def fold(history: Iterable[tuple[datetime, e.Event]]) -> Booking | None:
    """The state that a history leads to; None for an empty one.

    Args:
        history: (business time of the decision, event) in order.
    """
    booking: Booking | None = None
    for at, event in history:
        booking = evolve(booking, event, at)
    return booking


def evolve(booking: Booking | None, event: e.Event, at: datetime) -> Booking:
    """The state after one event.

    Args:
        booking: the state before; None only for BookingHeld.
        event: what happened.
        at: business time of the decision, UTC.

    Raises:
        LookupError: this event never happens to a booking of this status.
    """
    if booking is None:
        if not isinstance(event, e.BookingHeld):
            raise LookupError(f"{type(event).__name__} without a booking")
        return _held(event, at)
    if type(event) in _MOVING:
        booking = _moved(booking, event)
    match event:
        case e.IntentMade():
            return replace(booking, intent_id=event.intent_id)
        case e.PaymentDeclined():
            declines = booking.declines | {event.decline_code}
            return replace(booking, decline_code=event.decline_code, declines=declines)
        case e.PaymentConfirmed():
            return _paid(booking, event, at)
        case e.BookingScheduled():
            return _settled(booking, CANCEL_INTENT)
        case e.BookingExpired() | e.BookingCancelled():
            unpaid = booking.card_due.minor > 0 and not booking.paid_by_card
            gone = replace(booking, restored=event.restored)
            return _asked(gone, CANCEL_INTENT, at) if unpaid else gone
        case e.BookingReinstated():
            # Whatever stood behind it was given back with the slot, and is taken anew.
            return replace(booking, holdings=event.holdings, frozen=frozenset())
        case e.IntentCancelled():
            return _settled(replace(booking, intent_id=event.intent_id), CANCEL_INTENT)
        case e.PaymentCredited():
            credited = booking.credited | {event.intent_id}
            return _over(replace(booking, credited=credited), event.intent_id)
        case e.BookingMoved():
            return replace(
                booking,
                starts_at=event.starts_at,
                hold_until=min(booking.hold_until, event.starts_at),
                delay=0,
                letters=frozenset(),
            )
        case e.CardReturned():
            return replace(booking, returns=(*booking.returns, event))
        case e.PaymentUnwanted():
            returns = (*booking.returns, event)
            return _over(replace(booking, returns=returns), event.intent_id)
        case e.HoldExtended():
            return replace(booking, hold_until=event.until, extended=True)
        case e.BookingFrozen():
            return replace(booking, frozen=booking.frozen | {event.payment_id})
        case e.BookingThawed():
            return replace(booking, frozen=booking.frozen - {event.payment_id})
        case e.LetterDue():
            return _asked(
                replace(
                    booking,
                    letters=booking.letters | {event.letter},
                    delay=max(booking.delay, event.delay_seconds),
                ),
                event.letter_id,
                at,
            )
        case e.LetterSent() | e.LetterRefused():
            return _settled(booking, event.letter_id)
        case e.EffectRedriven():
            return _asked(booking, event.effect_id, at)
        case e.SessionStarted():
            return replace(booking, session=Session(started_at=at))
        case e.OperatorReplaced():
            booking = replace(
                booking, operator_id=event.operator_id, operator_phones=event.operator_phones
            )
            return replace(booking, session=_session(booking.live_session, event, at))
        case _:
            return replace(booking, session=_session(booking.live_session, event, at))


def _moved(booking: Booking, event: e.Event) -> Booking:
    status = TRANSITIONS.get((booking.status, type(event)))
    if status is None:
        raise LookupError(f"{type(event).__name__} of a booking that is {booking.status}")
    return replace(booking, status=status)


def _held(event: e.BookingHeld, at: datetime) -> Booking:
    return Booking(
        booking_id=event.booking_id,
        customer_id=event.customer_id,
        operator_id=event.operator_id,
        operator_phones=event.operator_phones,
        tariff=event.tariff,
        starts_at=event.starts_at,
        seconds=event.seconds,
        main_phone=event.main_phone,
        backup_phone=event.backup_phone,
        language=event.language,
        policy_version=event.policy_version,
        holdings=event.holdings,
        card_seconds=event.card_seconds,
        card_due=event.card_due,
        hold_until=event.hold_until,
        created_at=at,
        first_starts_at=event.starts_at,
        asked_operator=event.asked_operator,
        checkout=event.checkout,
        status=TRANSITIONS[None, e.BookingHeld],
    )


def _paid(booking: Booking, event: e.PaymentConfirmed, at: datetime) -> Booking:
    card = Holding(Source.CARD, booking.card_seconds, event.amount, at, payment_id=event.intent_id)
    return replace(
        booking,
        intent_id=event.intent_id,
        paid_by_card=True,
        decline_code=None,
        holdings=(*booking.holdings, card),
    )


def _over(booking: Booking, intent_id: str) -> Booking:
    """Its own intent has come to its end; another one's money leaves the own to be cancelled."""
    own = booking.intent_id in (None, intent_id)
    return _settled(booking, CANCEL_INTENT) if own else booking


def _asked(booking: Booking, effect_id: str, at: datetime) -> Booking:
    return replace(booking, pending=asked(booking.pending, effect_id, at))


def _settled(booking: Booking, effect_id: str) -> Booking:
    return replace(booking, pending=settled(booking.pending, effect_id))


def _session(session: Session, event: e.Event, at: datetime) -> Session:
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
            e.LegPlaced()
            | e.LegConfirmed()
            | e.LegMoved()
            | e.LegEnded()
            | e.LegDismissed()
            | e.LegLookedUp()
        ):
            legs = tuple(
                _leg(leg, event, at) if leg.leg_id == event.leg_id else leg for leg in session.legs
            )
            return replace(session, legs=legs)
        case e.SidesJoined():
            return replace(session, joined=True)
        case e.LineDropped():
            return replace(session, dropped_at=event.moment, lost=event.lost)
        case e.LineRestored():
            return replace(session, dropped_at=None, lost=(), sought_at=None)
        case e.ReplacementSought():
            return replace(session, sought_at=at)
        case e.OverrunFound():
            return replace(session, until=event.until, told=event.delay_seconds)
        case e.QuartersKept():
            return replace(session, kept=(*session.kept, *event.quarters))
        case e.OperatorReplaced():
            return replace(session, stand_in=event.quarters, replaced_at=at, kept=())
        case e.WarningGiven():
            return replace(session, warned=True)
        case e.EndRequested():
            return replace(session, end_requested=event)
        case e.SessionEnding():
            return replace(session, reason=event.reason, ending_at=at)
        case e.SessionClosed():
            return replace(session, closed=event)
        case _:
            return session


def _leg(
    leg: Leg,
    event: e.LegPlaced | e.LegConfirmed | e.LegMoved | e.LegEnded | e.LegDismissed | e.LegLookedUp,
    at: datetime,
) -> Leg:
    match event:
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
