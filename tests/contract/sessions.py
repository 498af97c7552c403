"""Sessions that are over, as their events leave them: for tests of what finds them afterwards."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.application.store import Change, Store
from shared.domain import events as e
from shared.domain.booking import Booking, evolve
from shared.domain.session.billing import Bill
from shared.domain.session.legs import Route, Side
from tests.contract.decisions import bare, hold

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Over:
    """A session of half an hour that is over.

    Args:
        dropped: when its line dropped, UTC; None where nothing was wrong.
        back: when it was restored, UTC; None where it was not.
        ended: UTC.
        reason: why it ended.
        replaced_by: the operator who took over at its start.
        came: when we came to ring, where we missed the start; nobody was joined then.
    """

    booking_id: str
    starts: datetime
    ended: datetime
    dropped: datetime | None = None
    back: datetime | None = None
    reason: e.EndReason = e.EndReason.CUSTOMER_ENDED
    operator_id: str = "olga"
    replaced_by: str | None = None
    came: datetime | None = None

    def changes(self) -> tuple[Change, ...]:
        """Its decisions, without their consequences."""
        held = hold(
            self.booking_id,
            customer_id=f"customer-{self.booking_id}",
            operator_id=self.operator_id,
            starts_at=self.starts,
            now=self.starts - timedelta(days=1),
        ).events[0]
        assert isinstance(held, e.BookingHeld)
        leg = e.LegRequested("leg", Side.OPERATOR, self.operator_id, Route.MAIN, "aaaa")
        begun: list[e.Event] = [
            held,
            e.PaymentConfirmed(f"pi_{self.booking_id}", "ch_1", held.card_due),
            e.BookingScheduled(),
            e.SessionStarted(),
        ]
        if self.came is None:
            begun += [leg, e.SidesJoined(self.starts)]
        if self.replaced_by is not None:
            begun.append(e.OperatorReplaced(self.replaced_by, ("cc",), self.operator_id, ()))
        if self.dropped is not None:
            begun.append(e.LineDropped(self.dropped, (Side.CUSTOMER,)))
        end: list[e.Event] = []
        if self.back is not None:
            end.append(e.LineRestored(self.back, 900))
        bill = Bill(waiting=0, talk=600, hold=0, gap=0, bought=held.seconds)
        end += [
            e.SessionEnding(self.reason),
            e.SessionClosed(self.reason, self.ended, bill, held.card_due, (), 0),
        ]
        first = self._decided(None, 0, self.came or self.starts, begun)
        assert isinstance(first.state, Booking)
        return first, self._decided(first.state, 1, self.ended, end)

    def commit(self, store: Store) -> None:
        """Store it."""
        for change in self.changes():
            store.commit(change)

    def _decided(
        self, state: Booking | None, version: int, at: datetime, events: list[e.Event]
    ) -> Change:
        for event in events:
            state = evolve(state, event, at)
        assert state is not None
        return bare(state, version, at, tuple(events))
