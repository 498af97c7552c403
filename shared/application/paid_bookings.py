"""Which sessions a payment stands behind."""

from collections.abc import Iterator
from datetime import timedelta

from shared.application.bookings import Bookings
from shared.domain.booking import Booking, Status
from shared.domain.payment.payment import Payment

_OPEN = (Status.HELD, Status.SCHEDULED, Status.LIVE, Status.ENDING)
_PAGE = 50
# No session that began longer ago is still running.
_LONGEST = timedelta(days=1)


def open_bookings_paid_by(payment: Payment, bookings: Bookings) -> Iterator[Booking]:
    """Bookings that are not over and that a payment stands behind, by card or by lots."""
    if payment.customer_id is None:
        return
    cursor: str | None = None
    while True:
        page = bookings.store.bookings_of(payment.customer_id, cursor, _PAGE)
        for summary in page.items:
            if summary.status in _OPEN:
                booking = bookings.load(summary.booking_id).state
                if payment.payment_id in {h.payment_id for h in booking.holdings}:
                    yield booking
        cursor = page.cursor
        if cursor is None or page.items[-1].starts_at < bookings.clock.now() - _LONGEST:
            return
