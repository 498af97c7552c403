"""A customer answers an offer: decided, booked and refunded in one transaction (S1.10)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.application.arrangements import Arrangements, Draft, returned_lots
from shared.application.booking import within_horizon
from shared.application.bookings import Bookings
from shared.application.change import TRIES, booking_change
from shared.application.contacts import Contacts
from shared.application.offer_refunds import offer_refunds
from shared.application.store import (
    Busy,
    Cause,
    Change,
    FundsSpent,
    KeyUsed,
    Loaded,
    SlotTaken,
    StaleRead,
)
from shared.domain import commands as c
from shared.domain.booking import Booking
from shared.domain.decide import decide
from shared.domain.errors import Conflict, RuleBroken
from shared.domain.mishap.accepting import require_open
from shared.domain.mishap.events import Choice, OfferRefund
from shared.domain.mishap.offers import Offer
from shared.domain.policy import CURRENT, policy_of
from shared.domain.remedies import OUR_SIDE
from shared.domain.session.legs import Side
from shared.domain.slots import on_a_quarter

_AT_ONCE = frozenset({Choice.CALL_NOW, Choice.OTHER_PHONE})


@dataclass(frozen=True, slots=True)
class Accepted:
    """What came of a choice.

    Args:
        booking: the one that went wrong.
        new_booking: the one that was made instead; None where none was.
    """

    booking: Booking
    offer: Offer
    new_booking: Booking | None


@dataclass(frozen=True, slots=True)
class _Answer:
    """A choice, with all that was said to it."""

    offer_id: str
    choice: Choice
    how: str
    starts_at: datetime | None
    main_phone: str | None


class OfferDesk:
    """Takes answers to offers.

    Args:
        contacts: keeps a number that was given with the answer.
        arrangements: finds who is free.
    """

    def __init__(self, bookings: Bookings, contacts: Contacts, arrangements: Arrangements) -> None:
        self._bookings = bookings
        self._store = bookings.store
        self._contacts = contacts
        self._arrangements = arrangements

    def accept(
        self,
        booking_id: str,
        offer_id: str,
        choice: Choice,
        *,
        how: str,
        starts_at: datetime | None = None,
        main_phone: str | None = None,
    ) -> Accepted:
        """Carry out a choice; the same one again is done already, by whichever way it comes.

        Args:
            how: "link" or "api".
            starts_at: of a new time, on a quarter; None to choose it later.
            main_phone: E.164, where another number is to be called.

        Raises:
            NotFound: no such booking or offer.
            RuleBroken: something else was chosen, its time is over, it is not offered, a number or
                a time is missing or too much, the minutes are gone, a bank asks.
            SlotTaken: nobody is free; he may choose again.
            Conflict: others were first, again and again.
        """
        answer = _Answer(offer_id, choice, how, starts_at, main_phone)
        for attempt in range(TRIES):
            loaded = self._bookings.load(booking_id)
            now = self._bookings.clock.now()
            offer = require_open(loaded.state, offer_id, choice, now)
            if offer is None:
                return self._done(loaded.state, offer_id)
            _require_fitting(offer, answer, now)
            try:
                return self._carry_out(loaded, answer, now)
            except (StaleRead, Busy, FundsSpent, KeyUsed):
                self._bookings.pause(attempt)
        raise Conflict("busy", "Too many changes at once; please try again.")

    def _carry_out(self, loaded: Loaded[Booking], answer: _Answer, now: datetime) -> Accepted:
        booking = loaded.state
        if answer.choice is Choice.REFUND:
            refunds = offer_refunds(
                booking,
                answer.offer_id,
                returned_lots(booking, self._store),
                lambda payment_id: self._bookings.payments.load(payment_id).state,
            )
            return self._commit(loaded, answer, now, None, refunds=refunds)
        taken: SlotTaken | None = None
        for draft in self._drafts(booking, answer, now):
            try:
                return self._commit(loaded, answer, now, draft)
            except SlotTaken as gone:
                taken = gone
        if taken is not None:
            raise taken
        return self._commit(loaded, answer, now, None)

    def _drafts(self, booking: Booking, answer: _Answer, now: datetime) -> Iterator[Draft]:
        """The bookings that would carry out his choice; none where he chooses a time later."""
        starts_at = now if answer.choice in _AT_ONCE else answer.starts_at
        if starts_at is None:
            return iter(())
        cause = Cause("Arrange", "customer", {"after": booking.booking_id})
        did_not_come = answer.choice is Choice.CALL_NOW and _operator_failed(booking)
        return self._arrangements.drafts(
            booking,
            starts_at,
            now,
            cause,
            phones=self._phones(booking, answer),
            prefer=booking.operator_id,
            avoid=booking.operator_id if did_not_come else None,
        )

    def _phones(self, booking: Booking, answer: _Answer) -> tuple[str, str | None]:
        if answer.main_phone is None:
            return booking.main_phone, booking.backup_phone
        self._contacts.remember(
            booking.customer_id,
            email=None,
            language=booking.language,
            phones=(answer.main_phone,),
        )
        return self._contacts.phone_id(answer.main_phone), None

    def _commit(
        self,
        loaded: Loaded[Booking],
        answer: _Answer,
        now: datetime,
        draft: Draft | None,
        *,
        refunds: tuple[OfferRefund, ...] = (),
    ) -> Accepted:
        new = draft.booking if draft else None
        command = c.AcceptOffer(
            answer.offer_id,
            answer.choice,
            answer.how,
            new.booking_id if new else None,
            refunds,
        )
        policy = policy_of(loaded.state.policy_version)
        events, after = decide(loaded.state, command, now, policy)
        evidence = {"offer": answer.offer_id, "how": answer.how}
        cause = Cause("AcceptOffer", "customer", evidence)
        own = booking_change(loaded, events, after, now, cause, None)
        changes: list[Change] = [own]
        if draft is not None:
            changes.append(draft.change)
        changes += self._bookings.payments.ordered(own.consequences.orders, None, now, cause)
        self._store.commit(*changes)
        return Accepted(after, _known(after, answer.offer_id), new)

    def _done(self, booking: Booking, offer_id: str) -> Accepted:
        offer = _known(booking, offer_id)
        new = offer.accepted.booking_id if offer.accepted else None
        return Accepted(booking, offer, self._bookings.load(new).state if new else None)


def _operator_failed(booking: Booking) -> bool:
    """Whether it was for want of the operator that the session did not go on."""
    judged = booking.judged
    here = Side.OPERATOR not in booking.live_session.missing
    return judged is not None and judged.cause in OUR_SIDE and not here


def _known(booking: Booking, offer_id: str) -> Offer:
    offer = booking.offer(offer_id)
    if offer is None:
        raise LookupError(f"booking {booking.booking_id} has no offer {offer_id}")
    return offer


def _require_fitting(offer: Offer, answer: _Answer, now: datetime) -> None:
    """Whether what he said fits what he chose.

    Raises:
        RuleBroken: with the field.
    """
    is_called = answer.choice in _AT_ONCE or answer.starts_at is not None
    if is_called and answer.choice in offer.needs_number and answer.main_phone is None:
        raise RuleBroken("number_needed", "Give a number that we can reach.", "main_phone")
    if answer.starts_at is None:
        return
    if answer.choice is not Choice.NEW_TIME:
        raise RuleBroken("time_unneeded", "Only a new time has a start.", "starts_at")
    within_horizon(on_a_quarter(answer.starts_at, "starts_at"), now, CURRENT)
