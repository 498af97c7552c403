"""A booking played by hand: commands in, events out, time where the test puts it."""

from datetime import UTC, datetime, timedelta

from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Booking, Status, evolve, fold
from shared.domain.consequences import consequences
from shared.domain.decide import decide, next_due, open_booking
from shared.domain.lots import Holding, Tariff
from shared.domain.money import Money
from shared.domain.payment.commands import Order
from shared.domain.policy import CURRENT
from shared.domain.session.legs import Leg, Mark, Motion, Side

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TARIFF = Tariff("standard", Money(5000, "rub"))
BOOKING_ID = "100000000006"


def held(
    *,
    minutes: int = 30,
    backup: bool = True,
    holdings: tuple[Holding, ...] = (),
    operator_phones: tuple[str, ...] = ("op-main", "op-backup"),
) -> e.BookingHeld:
    """A booking of the customer "anna" with the operator "boris", by card but for its holdings."""
    covered = sum(holding.seconds for holding in holdings)
    rest = minutes * 60 - covered
    return e.BookingHeld(
        booking_id=BOOKING_ID,
        customer_id="anna",
        operator_id="boris",
        operator_phones=operator_phones,
        tariff=TARIFF,
        starts_at=START,
        seconds=minutes * 60,
        main_phone="main",
        backup_phone="backup" if backup else None,
        language="en",
        policy_version=CURRENT.version,
        holdings=holdings,
        card_seconds=rest,
        card_due=TARIFF.price(rest),
        hold_until=START - timedelta(days=1) + timedelta(minutes=15),
    )


class Play:
    """One booking and its history.

    Args:
        event: how it was held, a day before its start.

    Attributes:
        orders: what it asked of its payments, in order.
    """

    def __init__(self, event: e.BookingHeld | None = None) -> None:
        self.now = START - timedelta(days=1)
        events, self.booking = open_booking(event or held(), self.now, CURRENT)
        self.history: list[tuple[datetime, e.Event]] = [(self.now, event) for event in events]
        self.orders: list[Order] = []

    def do(self, command: c.Command) -> tuple[e.Event, ...]:
        """Carry out a command now."""
        before = self.booking
        events, self.booking = decide(before, command, self.now, CURRENT)
        self.orders += consequences(before, self._steps(before, events)).orders
        self.history += [(self.now, event) for event in events]
        assert fold(self.history) == self.booking  # Never 5
        return events

    def _steps(self, state: Booking, events: tuple[e.Event, ...]) -> list[tuple[e.Event, Booking]]:
        steps = []
        for event in events:
            state = evolve(state, event, self.now)
            steps.append((event, state))
        return steps

    def until(self, moment: datetime) -> None:
        """Let time pass; every timer fires at its moment."""
        while (due := next_due(self.booking, self.now, CURRENT)) is not None and due <= moment:
            self.now = max(self.now, due)
            self.do(c.Tick())
        self.now = moment

    def pay(self) -> None:
        """The customer pays by card."""
        self.do(c.NoteIntent("pi_1"))
        self.do(c.ConfirmPayment("pi_1", "ch_1", self.booking.card_due, reinstate=True))

    def scheduled(self) -> "Play":
        """The same booking, paid."""
        self.pay()
        assert self.booking.status is Status.SCHEDULED
        return self

    def legs(self, side: Side) -> tuple[Leg, ...]:
        """The legs of one side."""
        return self.booking.live_session.of(side)

    def ringing(self, side: Side) -> Leg | None:
        """The leg that rings a side now."""
        return next((leg for leg in self.legs(side) if leg.wanted and not leg.confirmed_at), None)

    def place(self, leg: Leg) -> None:
        """The provider rings it."""
        self.do(c.NotePlaced(leg.leg_id, f"CA-{leg.leg_id}"))

    def answer(self, side: Side) -> Leg:
        """Whoever is rung presses 1 and is joined, now."""
        leg = self.ringing(side)
        assert leg is not None, f"nobody rings the {side}"
        self.place(leg)
        self.do(c.ConfirmLeg(leg.leg_id))
        self.do(c.MoveLeg(leg.leg_id, Mark(self.now, Motion.JOIN, seen=False)))
        return leg

    def no_answer(self, side: Side, outcome: str = "no-answer") -> Leg:
        """Whoever is rung does not pick up, now."""
        leg = self.ringing(side)
        assert leg is not None, f"nobody rings the {side}"
        self.place(leg)
        self.do(c.EndLeg(leg.leg_id, self.now, outcome))
        return leg

    def drop(self, side: Side) -> Leg:
        """A party's line breaks, now."""
        leg = self.booking.live_session.on_the_line(side)
        assert leg is not None, f"the {side} is not on the line"
        self.do(c.MoveLeg(leg.leg_id, Mark(self.now, Motion.LEAVE, seen=False)))
        self.do(c.EndLeg(leg.leg_id, self.now, "completed"))
        return leg

    def hang_up_all(self) -> None:
        """Every leg's last callbacks come, now."""
        for leg in self.booking.live_session.legs:
            if leg.inside:
                self.do(c.MoveLeg(leg.leg_id, Mark(self.now, Motion.LEAVE, seen=False)))
            if leg.ended_at is None:
                self.do(c.EndLeg(leg.leg_id, self.now, "completed"))

    def joined(self) -> "Play":
        """Both sides answer at the start."""
        self.until(START)
        self.answer(Side.OPERATOR)
        self.answer(Side.CUSTOMER)
        return self

    def closed(self) -> e.SessionClosed:
        """How the session was settled."""
        closed = self.booking.live_session.closed
        assert closed is not None, f"not closed but {self.booking.status}"
        return closed

    def of[E](self, kind: type[E]) -> list[E]:
        """All events of a kind, in order."""
        return [event for _, event in self.history if isinstance(event, kind)]
