"""Waking bookings whose time has come."""

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.application.bookings import LOOK_AHEAD, Bookings
from shared.application.store import Cause
from shared.domain import commands as c
from shared.domain.errors import NotFound

SHARDS = 64
# A timer that fires this little before its moment is taken at its word; an earlier one waits again.
_CLOCK_TOLERANCE = timedelta(seconds=2)

Send = Callable[[str, datetime], None]


class Timers:
    """The due index, and what happens when a moment has come."""

    def __init__(self, bookings: Bookings, send: Send) -> None:
        self._bookings = bookings
        self._send = send

    def wake(self, booking_id: str, at: datetime) -> None:
        """A timer fired: do what is due.

        Args:
            booking_id: whose timer.
            at: the moment it stood for, UTC.
        """
        if at - self._bookings.clock.now() > _CLOCK_TOLERANCE:
            self._send(booking_id, at)
            return
        cause = Cause("Tick", "timer", {"due": at.isoformat()})
        try:
            self._bookings.apply(booking_id, c.Tick(), cause, at=at)
        except NotFound:
            return  # a stale row of the index does no harm

    def sweep(self, shard: int) -> int:
        """Hand over every booking of a shard that is due within the look-ahead.

        Returns:
            How many were handed over.
        """
        until = self._bookings.clock.now() + LOOK_AHEAD
        handed, cursor = 0, None
        while True:
            page = self._bookings.store.due(shard, until, cursor)
            for booking_id, due_at in page.items:
                self._send(booking_id, due_at)
            handed += len(page.items)
            cursor = page.cursor
            if cursor is None:
                return handed
