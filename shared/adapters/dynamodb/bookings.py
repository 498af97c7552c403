"""Reading bookings, and finding them by customer, by time, by call and by phone."""

from collections.abc import Sequence
from datetime import datetime

from shared.adapters.dynamodb.codec import EVENTS
from shared.adapters.dynamodb.decisions import Decisions
from shared.adapters.dynamodb.heads import Head
from shared.adapters.dynamodb.tables import moment, stamp
from shared.application.store import Decision, Loaded, Page, Replay, Summary, wake_of
from shared.domain.booking import Booking, Status, fold
from shared.domain.case.case import Case
from shared.domain.effects import Effect
from shared.domain.outage.outage import Outage
from shared.domain.payment.payment import Payment

DUE_PAGE = 100
# Sorts behind every booking number and payment id.
_LAST = "~"
_WAKES = {
    "BOOKING": wake_of(Booking),
    "PAYMENT": wake_of(Payment),
    "CASE": wake_of(Case),
    "OUTAGE": wake_of(Outage),
}


class BookingRows(Decisions):
    """The read side of bookings."""

    def booking(self, booking_id: str) -> Loaded[Booking] | None:
        """The fold of its events; None where there is no such booking."""
        return self._load("BOOKING", booking_id, EVENTS, fold)

    def history(self, booking_id: str) -> Sequence[Decision]:
        """Every decision on a booking, oldest first; empty where there is none."""
        return self._history("BOOKING", booking_id, EVENTS)

    def replay(self, owner: str, key: str) -> Replay | None:
        """What a key was used for, if it was."""
        try:
            row = self._tables.used.get(f"REPLAY#{owner}", key, consistent_read=True)
        except self._tables.used.DoesNotExist:
            return None
        return Replay(owner, key, row.fingerprint, row.result)

    def bookings_of(self, customer_id: str, cursor: str | None, limit: int) -> Page[Summary]:
        """A customer's bookings, latest start first."""
        head = self._tables.head
        found = list(
            head.by_owner.query(
                f"CUSTOMER#{customer_id}",
                head.owner_sort < cursor if cursor else None,
                scan_index_forward=False,
                limit=limit + 1,
            )
        )
        keys = [(row.pk, row.sk) for row in found[:limit]]
        rows = {row.pk: row for row in head.batch_get(keys, consistent_read=True)}
        return Page(
            [_summary(rows[pk]) for pk, _ in keys],
            found[limit - 1].owner_sort if len(found) > limit else None,
        )

    def due(self, shard: int, since: datetime, until: datetime, cursor: str | None) -> Page[Effect]:
        """The wake-ups of a shard due in [since, until], earliest first; some seconds behind."""
        head = self._tables.head
        first = f"{cursor}{_LAST}" if cursor else stamp(since)
        wanted = head.due_at.between(first, f"{stamp(until)}#{_LAST}")
        found = list(head.due.query(f"DUE#{shard:02d}", wanted, limit=DUE_PAGE + 1))
        return Page(
            [_wake(row) for row in found[:DUE_PAGE]],
            found[DUE_PAGE - 1].due_at if len(found) > DUE_PAGE else None,
        )

    def booking_of_call(self, call_id: str) -> tuple[str, str] | None:
        """(booking_id, leg_id) of a provider's call."""
        try:
            row = self._tables.call.get(f"CALL#{call_id}", "CALL", consistent_read=True)
        except self._tables.call.DoesNotExist:
            return None
        return row.booking_id, row.leg_id

    def bookings_on_line(self, phone_id: str, since: datetime) -> Sequence[str]:
        """Bookings whose session started at or after `since` with this phone, in that order."""
        line = self._tables.line
        rows = line.query(
            f"PHONE#{phone_id}", line.sk >= f"SESSION#{stamp(since)}", consistent_read=True
        )
        return [row.sk.rpartition("#")[2] for row in rows]


def _wake(row: Head) -> Effect:
    at, _, number = str(row.due_at).partition("#")
    return Effect(_WAKES[row.pk.partition("#")[0]], number, at=moment(at))


def _summary(row: Head) -> Summary:
    starts_at, booking_id = row.owner_sort.split("#")
    return Summary(
        booking_id=booking_id,
        customer_id=row.customer_id,
        operator_id=row.operator_id,
        starts_at=moment(starts_at),
        seconds=int(row.seconds),
        status=Status(row.status),
    )
