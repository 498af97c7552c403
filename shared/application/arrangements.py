"""Booking anew what a mishap left of a session: same price, minutes and customer (S1.10, S1.11)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.application.booking import after_last, all_open
from shared.application.change import booking_change
from shared.application.ports import Ids
from shared.application.store import Cause, Change, Operator, SlotTaken, Store
from shared.domain import events as e
from shared.domain.booking import Booking
from shared.domain.decide import open_booking
from shared.domain.errors import RuleBroken
from shared.domain.lots import Holding, Lot, fund
from shared.domain.policy import CURRENT
from shared.domain.slots import quarters

# Two decisions are one transaction of 25 items: two of each booking, a bonus, both phone lines,
# nine quarters of two hours that begin within one, and these lots.
_MOST_LOTS = 8


@dataclass(frozen=True, slots=True)
class Draft:
    """A booking that could be made.

    Args:
        change: that makes it, for the transaction that decides on it.
    """

    booking: Booking
    change: Change


class Arrangements:
    """Drafts bookings that go on where another one broke off."""

    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    def drafts(
        self,
        broken: Booking,
        starts_at: datetime,
        now: datetime,
        cause: Cause,
        *,
        phones: tuple[str, str | None],
        prefer: str | None = None,
        avoid: str | None = None,
    ) -> Iterator[Draft]:
        """Bookings of everybody who is free then, to be tried in turn.

        Args:
            broken: whose unused minutes are used.
            starts_at: UTC; within a quarter too.
            now: UTC.
            cause: for the new booking's timeline.
            phones: pseudonyms of the customer's numbers, main and backup.
            prefer: the operator who is tried first, where he is free.
            avoid: the operator who has just not come.

        Raises:
            RuleBroken: the minutes were used, refunded or frozen meanwhile.
            SlotTaken: nobody is free then.
        """
        lots = returned_lots(broken, self._store)
        seconds = sum(lot.left for lot in lots)
        funded = fund(seconds, broken.tariff, lots, now, _MOST_LOTS).holdings
        seconds = sum(holding.seconds for holding in funded)
        if seconds == 0:
            raise RuleBroken(
                "minutes_spent",
                "These minutes were used or refunded, or your bank asks about their payment.",
            )
        free = [o for o in self._free(starts_at, seconds, prefer) if o.operator_id != avoid]
        if not free:
            raise SlotTaken(
                "nobody_free", "Nobody is free then; choose something else.", "starts_at"
            )
        for operator in free:
            held = self._held(broken, operator, starts_at, seconds, funded, phones)
            events, booking = open_booking(held, now, CURRENT)
            yield Draft(booking, booking_change(None, events, booking, now, cause, None))

    def _free(self, starts_at: datetime, seconds: int, prefer: str | None) -> Iterator[Operator]:
        wanted = quarters(starts_at, seconds)
        free = self._store.open_operators(wanted[0])
        for operator_id in sorted(free, key=lambda one: one != prefer):
            slots = self._store.slots(operator_id, wanted[0], after_last(wanted))
            operator = self._store.operator(operator_id) if all_open(slots, wanted) else None
            if operator is not None:
                yield operator

    def _held(
        self,
        broken: Booking,
        operator: Operator,
        starts_at: datetime,
        seconds: int,
        funded: tuple[Holding, ...],
        phones: tuple[str, str | None],
    ) -> e.BookingHeld:
        return e.BookingHeld(
            booking_id=self._ids.booking_id(),
            customer_id=broken.customer_id,
            operator_id=operator.operator_id,
            operator_phones=operator.phones,
            # Another operator may cost more: it is the price he paid that counts.
            tariff=broken.tariff,
            starts_at=starts_at,
            seconds=seconds,
            main_phone=phones[0],
            backup_phone=phones[1],
            language=broken.language,
            policy_version=CURRENT.version,
            holdings=funded,
            card_seconds=0,
            card_due=broken.tariff.price(0),
            hold_until=starts_at,
            arranged_from=broken.booking_id,
        )


def returned_lots(booking: Booking, store: Store) -> tuple[Lot, ...]:
    """What a session left unused and is still on the balance, or on it again."""
    lots = store.lots(booking.customer_id)
    return tuple(lot for lot in lots if lot.left_of == booking.booking_id)
