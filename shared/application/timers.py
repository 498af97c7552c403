"""Waking bookings, payments, cases and outages whose time has come."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from shared.application.bookings import Bookings
from shared.application.case_records import CaseRecords
from shared.application.change import LOOK_AHEAD
from shared.application.outage_records import OutageRecords
from shared.application.store import Cause
from shared.domain import commands as c
from shared.domain.case import commands as cc
from shared.domain.effects import Effect, EffectKind
from shared.domain.errors import NotFound
from shared.domain.outage import commands as oc
from shared.domain.payment import commands as pc

SHARDS = 64
# A timer that fires this little before its moment is taken at its word; an earlier one waits again.
CLOCK_TOLERANCE = timedelta(seconds=2)

# What came into the index so late that the last sweep did not see it there is still handed over.
_INDEX_LAG = timedelta(seconds=30)
# A message that has not been worked by then is taken as lost.
_OVERDUE = timedelta(minutes=5)
_LONG_AGO = datetime.fromtimestamp(0, UTC)

Send = Callable[[Sequence[Effect]], None]


class Timers:
    """The due index, and what happens when a moment has come."""

    def __init__(
        self, bookings: Bookings, cases: CaseRecords, outages: OutageRecords, send: Send
    ) -> None:
        self._bookings = bookings
        self._cases = cases
        self._outages = outages
        self._send = send

    def wake(self, wake: Effect) -> None:
        """A timer fired: do what is due.

        Args:
            wake: whose timer, and the moment it stood for, UTC.
        """
        now = self._bookings.clock.now()
        at = wake.at or now
        if at - now > CLOCK_TOLERANCE:
            self._send([wake])
            return
        cause = Cause("Tick", "timer", {"due": at.isoformat()})
        try:
            self._tick(wake, cause, at)
        except NotFound:
            return  # a stale row of the index does no harm

    def _tick(self, wake: Effect, cause: Cause, at: datetime) -> None:
        match wake.kind:
            case EffectKind.WAKE_PAYMENT:
                self._bookings.payments.apply(wake.owner_id, pc.Tick(), cause, at=at)
            case EffectKind.WAKE_CASE:
                self._cases.apply(wake.owner_id, cc.Tick(), cause, at=at)
            case EffectKind.WAKE_OUTAGE:
                self._outages.apply(wake.owner_id, oc.Tick(), cause, at=at)
            case _:
                self._bookings.apply(wake.owner_id, c.Tick(), cause, at=at)

    def sweep(self, shard: int) -> int:
        """Hand over what of a shard has come within the look-ahead since the last sweep.

        What was handed over and still stands there long after its moment is handed over again.

        Returns:
            How much was handed over.
        """
        store, now = self._bookings.store, self._bookings.clock.now()
        until, overdue = now + LOOK_AHEAD, now - _OVERDUE
        swept = store.swept_until(f"due-{shard}")
        # Where a clock ahead of ours noted it, what came since lies before it and was not seen.
        fresh = overdue
        if swept is not None and swept <= until:
            fresh = max(swept - _INDEX_LAG, overdue)
        handed = self._hand_over(shard, _LONG_AGO, overdue)
        handed += self._hand_over(shard, fresh, until)
        store.note_swept(f"due-{shard}", until)
        return handed

    def _hand_over(self, shard: int, since: datetime, until: datetime) -> int:
        handed, cursor = 0, None
        while True:
            page = self._bookings.store.due(shard, since, until, cursor)
            if page.items:
                self._send(page.items)
            handed += len(page.items)
            cursor = page.cursor
            if cursor is None:
                return handed
