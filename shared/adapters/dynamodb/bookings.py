"""Reading bookings, and finding them by customer, by time, by call and by phone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.adapters.dynamodb.codec import CAUSE, EVENTS
from shared.adapters.dynamodb.tables import Head, Tables, moment, stamp
from shared.application.store import Decision, Loaded, Page, Replay, Summary
from shared.domain.booking import Status, fold

_DUE_PAGE = 100
# Sorts behind every booking number.
_AFTER_NUMBERS = ":"


class BookingRows:
    """The read side of bookings."""

    _tables: Tables

    def booking(self, booking_id: str) -> Loaded | None:
        """The fold of its events; None where there is no such booking."""
        decisions = self._commits(booking_id, "events", "due_next")
        folded = fold(
            (moment(row.at), event) for row in decisions for event in EVENTS.loads(row.events)
        )
        if folded is None:
            return None
        last = decisions[-1]
        return Loaded(folded, _version(last.sk), moment(last.due_next) if last.due_next else None)

    def history(self, booking_id: str) -> Sequence[Decision]:
        """Every decision on a booking, oldest first; empty where there is none."""
        return [
            Decision(
                _version(row.sk), moment(row.at), CAUSE.loads(row.cause), EVENTS.loads(row.events)
            )
            for row in self._commits(booking_id, "events", "cause")
        ]

    def _commits(self, booking_id: str, *attributes: str) -> list[Any]:
        commit = self._tables.commit
        return list(
            commit.query(
                f"BOOKING#{booking_id}",
                commit.sk.startswith("EVENT#"),
                consistent_read=True,
                attributes_to_get=["sk", "at", *attributes],
            )
        )

    def replay(self, owner: str, key: str) -> Replay | None:
        """What a key was used for, if it was."""
        try:
            row = self._tables.used.get(f"REPLAY#{owner}", key, consistent_read=True)
        except self._tables.used.DoesNotExist:
            return None
        return Replay(owner, key, row.fingerprint, row.booking_id)

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
        rows = {row.pk: row for row in head.batch_get(keys)}
        return Page(
            [_summary(rows[pk]) for pk, _ in keys],
            found[limit - 1].owner_sort if len(found) > limit else None,
        )

    def due(self, shard: int, until: datetime, cursor: str | None) -> Page[tuple[str, datetime]]:
        """(booking id, due time) of a shard whose time has come by `until`, earliest first."""
        head = self._tables.head
        last = f"{stamp(until)}#{_AFTER_NUMBERS}"
        wanted = (
            head.due_at.between(f"{cursor}{_AFTER_NUMBERS}", last) if cursor else head.due_at < last
        )
        found = list(head.due.query(f"DUE#{shard:02d}", wanted, limit=_DUE_PAGE + 1))
        rows = [row.due_at.split("#") for row in found[:_DUE_PAGE]]
        return Page(
            [(booking_id, moment(at)) for at, booking_id in rows],
            found[_DUE_PAGE - 1].due_at if len(found) > _DUE_PAGE else None,
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


def _version(sort: str) -> int:
    return int(sort.partition("#")[2])


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
