"""Making good what an outage broke, one booking at a time."""

from shared.application.bookings import Bookings
from shared.application.store import Cause
from shared.domain import commands as c
from shared.domain.outage.outage import Outage
from shared.domain.outage.reach import concerns


class OutageCompensation:
    """`shared.application.outage_runs.Compensate`: the booking decides what its customer gets."""

    def __init__(self, bookings: Bookings) -> None:
        self._bookings = bookings

    def __call__(self, booking_id: str, outage: Outage) -> bool:
        """Compensate a booking once, if the outage broke it.

        Returns:
            Whether it did: the booking is compensated by this outage now, or was before.

        Raises:
            NotFound: there is no such booking.
            Conflict: others were first, again and again.
        """
        extent = outage.extent
        if not concerns(extent, self._bookings.load(booking_id).state):
            return False
        command = c.CompensateOutage(outage.number, extent.since, extent.until)
        cause = Cause("CompensateOutage", "worker", {"outage": outage.number})
        after = self._bookings.apply(booking_id, command, cause)
        return outage.number in after.outages
