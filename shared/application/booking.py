"""Buying a session: numbers, time, price and slot are checked, the slot is held (S1.1, S1.2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.application.bookings import Bookings
from shared.application.change import TRIES, booking_change
from shared.application.contacts import Contacts
from shared.application.ports import Ids
from shared.application.store import (
    Busy,
    Cause,
    FundsSpent,
    KeyUsed,
    Operator,
    Replay,
    Slot,
    SlotTaken,
)
from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Booking
from shared.domain.decide import open_booking
from shared.domain.errors import Conflict, NotFound, RuleBroken
from shared.domain.lots import Funding, Tariff, fund
from shared.domain.policy import CURRENT, Policy
from shared.domain.slots import QUARTER, on_a_quarter, quarters


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """What a customer asks for.

    Args:
        customer_id: who asks.
        email: where his letters go.
        operator_id: whom he wants, None for any free operator.
        starts_at: when; with a time zone, on a quarter of an hour.
        minutes: length.
        main_phone: E.164.
        backup_phone: E.164, where one is given.
        language: "ru" or "en".
        adult: he confirms being 18 or older.
        use_balance: pay from the balance as far as it goes.
        checkout: the order form it was sent from; a page that tries again keeps it (S2.1).
    """

    customer_id: str
    email: str | None
    operator_id: str | None
    starts_at: datetime
    minutes: int
    main_phone: str
    backup_phone: str | None
    language: str
    adult: bool
    use_balance: bool
    checkout: str | None = None


class BookingOffice:
    """Takes bookings, moves and cancels them."""

    def __init__(self, bookings: Bookings, contacts: Contacts, ids: Ids) -> None:
        self._bookings = bookings
        self._store = bookings.store
        self._contacts = contacts
        self._ids = ids

    def book(self, request: BookingRequest, replay: Replay) -> Booking:
        """Hold a slot for a customer; paid at once where his balance covers it.

        Raises:
            RuleBroken: the request breaks a rule; `field` names the input.
            NotFound: no such operator.
            SlotTaken: nobody is free at that time.
        """
        before = self._bookings.replayed(replay)
        if before is not None:
            return before
        now = self._bookings.clock.now()
        starts_at = _check(request, now, CURRENT)
        seconds = request.minutes * 60
        last: Conflict | None = None
        for operator in self._candidates(request, starts_at, seconds):
            try:
                return self._hold(request, replay, operator, starts_at)
            except SlotTaken as taken:
                last = taken
        raise last or SlotTaken(
            "slot_taken", "Nobody is free at this time; choose another start.", "starts_at"
        )

    def cancel(self, booking_id: str, replay: Replay) -> Booking:
        """Cancel before the start; the full price goes back as it was paid (S2.3)."""
        return self._ask(booking_id, c.Cancel(), "Cancel", replay)

    def move(self, booking_id: str, starts_at: datetime, replay: Replay) -> Booking:
        """Move to another time of the same operator before the start (S2.3).

        Raises:
            RuleBroken: the booking has begun or ended, or the time is not possible.
            SlotTaken: the operator is not free then.
        """
        before = self._bookings.replayed(replay)
        if before is not None:
            return before
        starts_at = on_a_quarter(starts_at, "starts_at")
        within_horizon(starts_at, self._bookings.clock.now(), CURRENT)
        return self._ask(booking_id, c.Move(starts_at), "Move", replay)

    def end(self, booking_id: str, replay: Replay) -> Booking:
        """End a running session; what was not used goes to the balance (S1.5, S1.7).

        Raises:
            RuleBroken: it never began.
        """
        booking = self._ask(booking_id, c.EndSession("api", None), "EndSession", replay)
        if booking.session is None:
            raise RuleBroken("session_not_live", f"This booking is {booking.status}.")
        return booking

    def _ask(
        self,
        booking_id: str,
        command: c.Cancel | c.Move | c.EndSession,
        name: str,
        replay: Replay,
    ) -> Booking:
        before = self._bookings.replayed(replay)
        if before is not None:
            return before
        cause = Cause(name, "customer", {})
        return self._bookings.apply(booking_id, command, cause, replay=replay)

    def _candidates(
        self, request: BookingRequest, starts_at: datetime, seconds: int
    ) -> Iterator[Operator]:
        wanted = quarters(starts_at, seconds)
        if request.operator_id is not None:
            operator = self._store.operator(request.operator_id)
            if operator is None:
                raise NotFound("operator_unknown", "There is no such operator.", "operator_id")
            yield operator
            return
        for operator_id in self._store.open_operators(wanted[0]):
            if all_open(self._store.slots(operator_id, wanted[0], after_last(wanted)), wanted):
                operator = self._store.operator(operator_id)
                if operator is not None:
                    yield operator

    def _hold(
        self, request: BookingRequest, replay: Replay, operator: Operator, starts_at: datetime
    ) -> Booking:
        tariff = self._store.tariff(operator.tariff_id)
        if tariff is None:
            raise NotFound("tariff_unknown", "This operator has no price yet.", "operator_id")
        phones = tuple(p for p in (request.main_phone, request.backup_phone) if p)
        self._contacts.remember(
            request.customer_id, email=request.email, language=request.language, phones=phones
        )
        for attempt in range(TRIES):
            now = self._bookings.clock.now()
            funding = self._funding(request, tariff, now)
            events, booking = open_booking(
                self._held(request, operator, tariff, starts_at, funding, now), now, CURRENT
            )
            cause = Cause("Book", "customer", {"idempotency_key": replay.key})
            fresh = Replay(replay.owner, replay.key, replay.fingerprint, booking.booking_id)
            try:
                self._store.commit(booking_change(None, events, booking, now, cause, fresh))
            except (FundsSpent, Busy):
                self._bookings.pause(attempt)
            except KeyUsed:
                # Either this request was here before, or the number is taken: then a new one.
                before = self._bookings.replayed(replay)
                if before is not None:
                    return before
            else:
                return booking
        raise Conflict("busy", "Too many requests at once; please try again.")

    def _funding(self, request: BookingRequest, tariff: Tariff, now: datetime) -> Funding:
        lots = self._store.lots(request.customer_id) if request.use_balance else ()
        return fund(request.minutes * 60, tariff, lots, now)

    def _held(
        self,
        request: BookingRequest,
        operator: Operator,
        tariff: Tariff,
        starts_at: datetime,
        funding: Funding,
        now: datetime,
    ) -> e.BookingHeld:
        backup = request.backup_phone
        return e.BookingHeld(
            booking_id=self._ids.booking_id(),
            customer_id=request.customer_id,
            operator_id=operator.operator_id,
            operator_phones=operator.phones,
            tariff=tariff,
            starts_at=starts_at,
            seconds=request.minutes * 60,
            main_phone=self._contacts.phone_id(request.main_phone),
            backup_phone=self._contacts.phone_id(backup) if backup else None,
            language=request.language,
            policy_version=CURRENT.version,
            holdings=funding.holdings,
            card_seconds=funding.card_seconds,
            card_due=funding.card_due,
            hold_until=min(now + timedelta(seconds=CURRENT.payment_hold), starts_at),
            asked_operator=request.operator_id,
            checkout=request.checkout,
        )


def all_open(slots: Sequence[Slot], wanted: tuple[datetime, ...]) -> bool:
    """Whether every wanted quarter is published and free."""
    return set(wanted) <= {slot.quarter for slot in slots if slot.booking_id is None}


def after_last(wanted: tuple[datetime, ...]) -> datetime:
    """The end of the last quarter."""
    return wanted[-1] + QUARTER


def _check(request: BookingRequest, now: datetime, policy: Policy) -> datetime:
    if not request.adult:
        raise RuleBroken(
            "not_adult", "Sessions are for people of 18 or older; confirm that you are.", "adult"
        )
    shortest, longest = policy.session_shortest // 60, policy.session_longest // 60
    if not shortest <= request.minutes <= longest:
        raise RuleBroken(
            "length_out_of_range", f"A session has {shortest} to {longest} minutes.", "minutes"
        )
    if request.backup_phone is not None and request.backup_phone == request.main_phone:
        raise RuleBroken(
            "backup_is_main", "Give another number, or none, as the backup.", "backup_phone"
        )
    starts_at = on_a_quarter(request.starts_at, "starts_at")
    within_horizon(starts_at, now, policy)
    return starts_at


def within_horizon(starts_at: datetime, now: datetime, policy: Policy) -> None:
    """Require a start that can be booked: to come, and not too far ahead.

    Raises:
        RuleBroken: it is not.
    """
    if starts_at <= now:
        raise RuleBroken("time_in_the_past", "Choose a start in the future.", "starts_at")
    if starts_at > now + timedelta(seconds=policy.booking_horizon):
        days = policy.booking_horizon // 86400
        raise RuleBroken("too_far_ahead", f"Choose a start within {days} days.", "starts_at")
