"""The free call back of a regular customer: booked for the minutes that are left (S1.11)."""

from datetime import datetime, timedelta

from shared.application.arrangements import Arrangements, Draft
from shared.application.bookings import Bookings
from shared.application.change import TRIES, booking_change
from shared.application.store import (
    Busy,
    Cause,
    FundsSpent,
    KeyUsed,
    Loaded,
    SlotTaken,
    StaleRead,
)
from shared.domain import commands as c
from shared.domain.booking import CALLBACK, Booking
from shared.domain.decide import decide
from shared.domain.errors import Conflict, RuleBroken
from shared.domain.policy import policy_of
from shared.domain.slots import QUARTER

# He was promised an hour; where nobody is free then, the quarters after it are tried.
_LATER = tuple(n * QUARTER for n in range(5))


class Callbacks:
    """Keeps the promise, or says that it cannot be kept."""

    def __init__(self, bookings: Bookings, arrangements: Arrangements) -> None:
        self._bookings = bookings
        self._arrangements = arrangements

    def arrange(self, booking_id: str) -> None:
        """Book the call back, with the same operator where he is free; repeating does no harm.

        Raises:
            Conflict: others were first, again and again.
        """
        for attempt in range(TRIES):
            loaded = self._bookings.load(booking_id)
            if CALLBACK not in loaded.state.pending:
                return
            try:
                if not any(self._booked(loaded, later) for later in _LATER):
                    self._commit(loaded, self._bookings.clock.now(), None)
            except (StaleRead, Busy, FundsSpent, KeyUsed):
                self._bookings.pause(attempt)
            else:
                return
        raise Conflict("busy", "Too many changes at once; please try again.")

    def _booked(self, loaded: Loaded[Booking], later: timedelta) -> bool:
        broken, now = loaded.state, self._bookings.clock.now()
        promised = broken.live_session.callback
        starts_at = max(promised.starts_at if promised else now, now) + later
        cause = Cause("Arrange", "worker", {"after": broken.booking_id})
        phones = broken.main_phone, broken.backup_phone
        try:
            for draft in self._arrangements.drafts(
                broken, starts_at, now, cause, phones=phones, prefer=broken.operator_id
            ):
                try:
                    self._commit(loaded, now, draft)
                except SlotTaken:
                    continue
                return True
        except (SlotTaken, RuleBroken):
            return False
        return False

    def _commit(self, loaded: Loaded[Booking], now: datetime, draft: Draft | None) -> None:
        command = c.NoteCallback(draft.booking.booking_id if draft else None)
        policy = policy_of(loaded.state.policy_version)
        events, after = decide(loaded.state, command, now, policy)
        own = booking_change(loaded, events, after, now, Cause("NoteCallback", "worker", {}), None)
        self._bookings.store.commit(own, *((draft.change,) if draft else ()))
