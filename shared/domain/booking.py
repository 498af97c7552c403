"""A booking: its state, how each event changes it; always the fold of its events (Never 5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain import events as e
from shared.domain.lots import Holding, Lot, Source, Tariff, spent_first
from shared.domain.mishap.offers import Offer, offers_after
from shared.domain.money import Money
from shared.domain.pending import Pending, asked, settled
from shared.domain.session.session import Session, evolve_session
from shared.domain.slots import quarters


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
    arranged_from: str | None = None
    ready: bool | None = None
    readiness_asked: bool = False
    judged: e.IncidentJudged | None = None
    offers: tuple[Offer, ...] = ()
    bonus: int = 0
    quality_asked: int = 0
    measured: frozenset[str] = frozenset()
    outages: frozenset[str] = frozenset()
    cases: Mapping[str, str] = field(default_factory=dict)
    called_back: e.CallbackArranged | None = None
    session: Session | None = None

    @property
    def listed(self) -> Status:
        """As lists show it: a session that ends is live there for the seconds until it is closed.

        Lists are kept, and to keep them up for these seconds would be a write for each session.
        """
        return Status.LIVE if self.status is Status.ENDING else self.status

    @property
    def price(self) -> Money:
        """What the customer pays in all, balance and card together."""
        return Money(sum(h.paid.minor for h in self.holdings), self.card_due.currency) + (
            Money.zero(self.card_due.currency) if self.paid_by_card else self.card_due
        )

    @property
    def booked_seconds(self) -> int:
        """The length that was booked, without what was added while it ran."""
        return self.seconds - (self.session.extension if self.session else 0)

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

    @property
    def claimed(self) -> tuple[datetime, ...]:
        """The quarters of its present operator's time that are claimed for it."""
        session = self.session
        if session is None:
            return quarters(self.starts_at, self.seconds)
        if session.replaced_at is not None:
            return (*session.stand_in, *session.kept)
        return (*quarters(self.starts_at, self.booked_seconds), *session.kept)

    def offer(self, offer_id: str) -> Offer | None:
        """The offer of this id, if it is one of ours."""
        return next((offer for offer in self.offers if offer.offer_id == offer_id), None)

    def used(self, now: datetime) -> int:
        """Seconds billed so far."""
        if self.session is None:
            return 0
        at = max(now, self.session.started_at)
        return self.session.bill(at, self.seconds).billed

    def left(self, now: datetime) -> int:
        """Seconds of those bought that are not billed yet."""
        return self.seconds - self.used(now)


CANCEL_INTENT = "cancel-intent"
CALLBACK = "callback"


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
                ready=None,
                readiness_asked=False,
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
        case e.ReadinessAsked():
            return replace(booking, readiness_asked=True)
        case e.ReadinessGiven():
            known = event.operator_id == booking.operator_id
            return replace(booking, ready=event.ready) if known else booking
        case (
            e.IncidentJudged()
            | e.BonusGranted()
            | e.OfferMade()
            | e.OfferWidened()
            | e.OfferAccepted()
            | e.OfferLapsed()
            | e.OutageFound()
        ):
            return _compensated(booking, event, at)
        case e.QualityAsked():
            return replace(booking, quality_asked=booking.quality_asked + 1)
        case e.QualityMeasured():
            return replace(booking, measured=booking.measured | {event.leg_id})
        case e.CaseNeeded():
            return _asked(booking, event.effect_id, at)
        case e.CaseGiven():
            cases = {**booking.cases, event.effect_id: event.case_number}
            return _settled(replace(booking, cases=cases), event.effect_id)
        case e.CallbackArranged():
            return _settled(replace(booking, called_back=event), CALLBACK)
        case e.EffectRedriven():
            return _asked(booking, event.effect_id, at)
        case e.SessionStarted():
            return replace(booking, session=Session(started_at=at))
        case e.OperatorReplaced():
            booking = replace(
                booking,
                operator_id=event.operator_id,
                operator_phones=event.operator_phones,
                ready=None,
            )
            return replace(booking, session=evolve_session(booking.live_session, event, at))
        case e.PhonesChanged():
            booking = replace(booking, main_phone=event.main_phone, backup_phone=event.backup_phone)
            if booking.session is None:
                return booking
            return replace(booking, session=evolve_session(booking.session, event, at))
        case e.SessionExtended():
            holdings = tuple(sorted((*booking.holdings, *event.holdings), key=spent_first))
            booking = replace(booking, seconds=booking.seconds + event.seconds, holdings=holdings)
            return replace(booking, session=evolve_session(booking.live_session, event, at))
        case e.SessionClosed():
            closed = replace(booking, session=evolve_session(booking.live_session, event, at))
            promised = closed.live_session.callback is not None and bool(event.returned)
            return _asked(closed, CALLBACK, at) if promised else closed
        case _:
            return replace(booking, session=evolve_session(booking.live_session, event, at))


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
        arranged_from=event.arranged_from,
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


def _compensated(
    booking: Booking,
    event: e.IncidentJudged
    | e.BonusGranted
    | e.OfferMade
    | e.OfferWidened
    | e.OfferAccepted
    | e.OfferLapsed
    | e.OutageFound,
    at: datetime,
) -> Booking:
    match event:
        case e.IncidentJudged():
            return replace(booking, judged=event)
        case e.BonusGranted():
            return replace(booking, bonus=booking.bonus + event.lot.bought)
        case e.OutageFound():
            return replace(booking, outages=booking.outages | {event.outage_id})
        case _:
            return replace(booking, offers=offers_after(booking.offers, event, at))
