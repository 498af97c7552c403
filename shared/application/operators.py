"""Operators: their profile, the time they offer, and what a minute of theirs costs."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.application.contacts import Contacts
from shared.application.ports import Clock
from shared.application.store import Operator, Slot, Store
from shared.domain.errors import Conflict, NotFound, RuleBroken
from shared.domain.lots import BONUS, Tariff
from shared.domain.policy import CURRENT
from shared.domain.slots import QUARTER, on_a_quarter, quarter_of, quarters

_LONGEST_RANGE = timedelta(days=31)
# Each quarter is a write of its own, and all must be done while the request waits.
_LONGEST_OFFER = timedelta(days=2)
# How far from the time that was wanted another one is looked for.
_NEAR = timedelta(days=7)


class Operators:
    """What operators tell about themselves, and customers choose from."""

    def __init__(self, store: Store, contacts: Contacts, clock: Clock) -> None:
        self._store = store
        self._contacts = contacts
        self._clock = clock

    def register(
        self,
        operator_id: str,
        name: str,
        tariff_id: str,
        phones: Sequence[str],
        email: str | None = None,
    ) -> Operator:
        """Store an operator's profile.

        Args:
            phones: E.164, main then backup.
            email: where he is asked whether he will be there (S1.9); None where he has proved none.

        Raises:
            NotFound: no such tariff.
            RuleBroken: the backup is the main number.
        """
        if len(set(phones)) < len(phones):
            raise RuleBroken(
                "backup_is_main", "Give another number, or none, as the backup.", "backup_phone"
            )
        if self._store.tariff(tariff_id) is None:
            raise NotFound("tariff_unknown", "There is no such tariff.", "tariff_id")
        self._contacts.remember(operator_id, email=email, phones=phones)
        ids = tuple(self._contacts.phone_id(phone) for phone in phones)
        operator = Operator(operator_id, name, tariff_id, ids)
        self._store.put_operator(operator)
        return operator

    def set_tariff(self, tariff: Tariff) -> Tariff:
        """Store a price; it never changes under its name, so that lots keep their meaning.

        Raises:
            RuleBroken: the price is not positive, or the name is reserved.
            Conflict: the name stands for another price.
        """
        if tariff.per_minute.minor <= 0:
            raise RuleBroken(
                "price_not_positive", "A minute must cost something.", "per_minute.amount_minor"
            )
        if tariff.tariff_id == BONUS:
            raise RuleBroken("name_reserved", "This name stands for bonus minutes.", "tariff_id")
        if not self._store.put_tariff(tariff):
            raise Conflict(
                "tariff_exists", "This tariff has another price; choose a new name.", "per_minute"
            )
        return tariff

    def publish(self, operator_id: str, start: datetime, end: datetime) -> Sequence[datetime]:
        """Offer the quarters in [start, end).

        Returns:
            The quarters that are published now.

        Raises:
            RuleBroken: the range is not on quarters, empty, past or too long.
            NotFound: the operator has no profile yet.
        """
        wanted = self._range(start, end)
        if self._store.operator(operator_id) is None:
            raise NotFound("operator_unknown", "Store your profile first.", "operator_id")
        if wanted[0] < quarter_of(self._clock.now()):  # who is free now may say so
            raise RuleBroken("time_in_the_past", "Offer time in the future.", "start")
        self._store.publish(operator_id, wanted)
        return wanted

    def withdraw(self, operator_id: str, start: datetime, end: datetime) -> Sequence[datetime]:
        """Take back the quarters in [start, end).

        Returns:
            Those that stay, because they are booked.
        """
        return self._store.withdraw(operator_id, self._range(start, end))

    def free(self, operator_id: str, start: datetime, end: datetime) -> Sequence[Slot]:
        """The free quarters of an operator that are still to come, in [start, end).

        Raises:
            RuleBroken: the range is empty or too long.
            NotFound: no such operator.
        """
        _check_range(start, end, "from", "to")
        if self._store.operator(operator_id) is None:
            raise NotFound("operator_unknown", "There is no such operator.", "operator_id")
        start = max(start, self._clock.now())
        slots = self._store.slots(operator_id, start, end) if start < end else ()
        return [slot for slot in slots if slot.booking_id is None]

    def free_at(self, moment: datetime) -> Sequence[Operator]:
        """The operators who are free at a quarter that is still to come.

        Raises:
            RuleBroken: it is not the start of a quarter.
        """
        quarter = on_a_quarter(moment, "at")
        if quarter < self._clock.now():
            return ()
        found = (self._store.operator(one) for one in self._store.open_operators(quarter))
        return [operator for operator in found if operator is not None]

    def offered(self, operator_id: str, start: datetime, end: datetime) -> Sequence[Slot]:
        """The offered quarters of an operator in [start, end), booked or not.

        Raises:
            RuleBroken: the range is empty or too long.
        """
        _check_range(start, end, "from", "to")
        return self._store.slots(operator_id, start, end)

    def sessions(self, operator_id: str, start: datetime, end: datetime) -> Sequence[Slot]:
        """The booked quarters of an operator in [start, end); raises as `offered` does."""
        slots = self.offered(operator_id, start, end)
        return [slot for slot in slots if slot.booking_id is not None]

    def _range(self, start: datetime, end: datetime) -> tuple[datetime, ...]:
        start, end = on_a_quarter(start, "start"), on_a_quarter(end, "end")
        _check_range(start, end, "start", "end")
        if end - start > _LONGEST_OFFER:
            raise RuleBroken("range_too_long", "Offer at most two days at once.", "end")
        if start > self._clock.now() + timedelta(seconds=CURRENT.booking_horizon):
            raise RuleBroken("too_far_ahead", "Offer time within the booking horizon.", "start")
        return tuple(start + n * QUARTER for n in range(int((end - start) / QUARTER)))


def _check_range(start: datetime, end: datetime, first: str, last: str) -> None:
    if end <= start:
        raise RuleBroken("range_empty", f"{last} must lie after {first}.", last)
    if end - start > _LONGEST_RANGE:
        raise RuleBroken("range_too_long", "Take at most 31 days at once.", last)


def nearest_starts(
    store: Store, operator_id: str, around: datetime, seconds: int, now: datetime, most: int
) -> tuple[datetime, ...]:
    """Free starts of an operator for a session of some length, those nearest to a moment first.

    Args:
        around: the time that was wanted, UTC.
        seconds: length of the session.
        now: UTC; no start lies before it.
        most: how many at most.
    """
    first = max(now, around - _NEAR)
    slots = store.slots(operator_id, first, around + _NEAR)
    free = {slot.quarter for slot in slots if slot.booking_id is None}
    starts = [start for start in free if set(quarters(start, seconds)) <= free]
    starts.sort(key=lambda start: (abs(start - around), start))
    return tuple(starts[:most])
