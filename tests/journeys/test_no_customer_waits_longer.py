"""Random days: no customer ever waits longer than he was told (S1.12, S1.6).

Operators with one booking after the other, lines that drop, customers who answer late, hold, use
their menu, extend, cancel, move and book at the last moment: whatever happens, whoever is rung
later than a minute was told before his booked start, and is rung no later than he was told.
"""

import contextlib
import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from infra.local.exchange.people import Answer, CallBack, Drop, Press, Star, Step, Steps
from shared.application.booking import BookingRequest
from shared.application.store import Cause
from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Booking, Status
from shared.domain.errors import Conflict, RuleBroken
from shared.domain.letters.ids import letter_of
from shared.domain.money import Money
from shared.domain.policy import CURRENT
from shared.domain.session.legs import Side
from shared.domain.slots import QUARTER, quarter_of
from tests.journeys.money_world import MINUTE, MoneyWorld
from tests.journeys.world import START

OPERATORS = {"boris": "+12025550121", "vera": "+12025550131"}
ENDED = (Status.COMPLETED, Status.CANCELLED, Status.EXPIRED)
_ON_AIR = ("extend", "hold", "resume", "end")
HOURS = 5
# Decisions, queues and the ringing itself take no time here, but the clock ticks in seconds.
TICK = timedelta(seconds=1)


@dataclass(frozen=True)
class Customer:
    """A booking of the day, and how its customer behaves on the phone.

    Args:
        operator: whom he books.
        pause: free quarters since the booking before.
        minutes: length.
        late: seconds until he picks up.
        drops: seconds after which his line breaks in each call, before one that stands.
        back: seconds after a drop when he calls back himself; 0 where he waits to be rung.
        menu: seconds after which he presses star in each call.
    """

    operator: str
    pause: int
    minutes: int
    late: int
    drops: tuple[int, ...]
    back: int
    menu: tuple[int, ...]

    def script(self) -> list[Steps]:
        """What he does, call by call."""
        stars = tuple(step for after in self.menu for step in (Star(after), Press("1", 8)))
        begins: tuple[Step, ...] = (Answer(self.late), Press("1", 2))
        back: tuple[Step, ...] = (CallBack(self.back),) if self.back else ()
        calls: list[Steps] = [(*begins, *stars, Drop(after), *back) for after in self.drops]
        return [*calls, (*begins, *stars)]


@dataclass(frozen=True)
class Deed:
    """What somebody does at a moment of the day."""

    second: int
    what: str
    who: int
    minutes: int


customers = st.builds(
    Customer,
    operator=st.sampled_from(tuple(OPERATORS)),
    pause=st.sampled_from((0, 0, 0, 1)),
    minutes=st.sampled_from((15, 15, 30, 30, 25, 45)),
    late=st.sampled_from((2, 3, 8, 20)),
    drops=st.lists(st.integers(5, 1800), max_size=2).map(tuple),
    back=st.sampled_from((0, 0, 15, 50)),
    menu=st.lists(st.integers(5, 900), max_size=2).map(tuple),
)
deeds = st.builds(
    Deed,
    second=st.integers(-1200, 9000),
    what=st.sampled_from(
        ("extend",) * 5 + ("hold", "resume", "cancel", "move", "book", "withdraw", "end")
    ),
    who=st.integers(0, 9),
    minutes=st.sampled_from((5, 6, 8, 9, 10, 15, 30, 45)),
)
operators_lines = st.lists(st.integers(60, 2400), max_size=3)


class Day(MoneyWorld):
    """Two operators and their customers; each customer has a number and money of his own."""

    def __init__(self, lines: list[int]) -> None:
        super().__init__()
        self.bookings_made: list[str] = []
        self.free_from = dict.fromkeys(OPERATORS, START)
        comes: Steps = (Answer(3), Press("1", 2))
        for operator_id, phone in OPERATORS.items():
            self.operator(operator_id, phone, hours=HOURS)
            self.person(phone, *((*comes, Drop(after)) for after in lines), comes)

    def arrives(self, customer: Customer, starts_at: datetime | None = None) -> None:
        """Somebody books, and pays from his balance; where that cannot be, he does not."""
        name, start = f"customer-{len(self.bookings_made)}", self.free_from[customer.operator]
        phone = f"+120255501{40 + len(self.bookings_made)}"
        self.top_up(Money(1_000_000, "rub"), customer_id=name)
        request = BookingRequest(
            customer_id=name,
            email=f"{name}@example.com",
            operator_id=customer.operator,
            starts_at=starts_at or start + customer.pause * QUARTER,
            minutes=customer.minutes,
            main_phone=phone,
            backup_phone=None,
            language="en",
            adult=True,
            use_balance=True,
        )
        booking = self.office.book(request, self.replay(name))
        self.bookings_made.append(booking.booking_id)
        self.person(phone, *customer.script())
        ends = booking.starts_at + customer.minutes * MINUTE
        self.free_from[customer.operator] = quarter_of(ends + QUARTER - TICK)
        self.settle()

    def do(self, deed: Deed, guest: Customer) -> None:
        """Carry out a deed, if it is possible."""
        every = [self.booking(booking_id) for booking_id in self.bookings_made]
        live = [booking for booking in every if booking.status is Status.LIVE]
        chosen = live if live and deed.what in _ON_AIR else every
        booking = chosen[deed.who % len(chosen)]
        booking_id, replay = booking.booking_id, self.replay(booking.customer_id)
        cause = Cause("Wish", "customer", {})
        with contextlib.suppress(RuleBroken, Conflict):
            match deed.what:
                case "extend":
                    self.extensions.extend(booking_id, deed.minutes, None, replay)
                    event("extended")
                case "hold":
                    self.bookings.apply(booking_id, c.Hold("api"), cause)
                case "resume":
                    self.bookings.apply(booking_id, c.Resume("api"), cause)
                case "cancel":
                    self.office.cancel(booking_id, replay)
                case "move":
                    to = quarter_of(booking.starts_at) + deed.minutes // 5 * QUARTER
                    self.office.move(booking_id, to, replay)
                case "book":
                    self.arrives(guest, quarter_of(self.exchange.now) + QUARTER)
                case "withdraw":
                    begin = quarter_of(self.exchange.now) + QUARTER
                    self.operators.withdraw(booking.operator_id, begin, begin + 2 * QUARTER)
                case "end":
                    self.office.end(booking_id, replay)
        self.settle()

    # --- what must be true of each ---------------------------------------------------------------

    def waited(self, booking: Booking) -> timedelta | None:
        """How long after his booked start a phone rang for a customer; None where none did."""
        rung = [leg.requested_at for leg in booking.live_session.legs if leg.call_id is not None]
        return rung[0] - booking.starts_at if rung else None

    def told(self, booking: Booking) -> timedelta:
        """The longest delay he was told of by a letter that went out before his booked start."""
        about = f"{booking.starts_at:%Y%m%d%H%M}-"
        seconds = [0]
        for decision in self.store.history(booking.booking_id):
            for sent in decision.events:
                if isinstance(sent, e.LetterSent) and decision.at <= booking.starts_at:
                    letter, matter = letter_of(sent.letter_id)
                    if letter is e.Letter.SESSION_DELAYED and matter.startswith(about):
                        seconds.append(int(matter.removeprefix(about)))
        return timedelta(seconds=max(seconds))

    def assert_nobody_waited_longer(self) -> None:
        """S1.12: ten minutes at most, and as long as he was told."""
        for booking_id in self.bookings_made:
            booking = self.booking(booking_id)
            assert booking.status in ENDED, booking.status
            waited = self.waited(booking) if booking.session else None
            if waited is None:
                assert booking.session is None, "nobody was rung"
                continue
            told = self.told(booking)
            assert waited <= timedelta(seconds=CURRENT.extension_max_delay) + TICK
            assert waited <= max(told, timedelta(seconds=CURRENT.delay_told_from)) + TICK
            if told:
                event("told beforehand")

    def assert_operators_talk_to_one_at_a_time(self) -> None:
        """Never 6."""
        talks: dict[str, list[tuple[datetime, datetime, str]]] = {}
        for booking_id in self.bookings_made:
            session = self.booking(booking_id).session
            for leg in session.of(Side.OPERATOR) if session else ():
                for begin, end in leg.stays:
                    assert end is not None
                    talks.setdefault(leg.party_id, []).append((begin, end, booking_id))
        for stays in talks.values():
            stays.sort()
            for (_, end, one), (begin, _, other) in itertools.pairwise(stays):
                assert one == other or end <= begin, (one, other)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    st.lists(customers, min_size=2, max_size=6),
    st.lists(deeds, min_size=2, max_size=12),
    operators_lines,
    customers,
)
def test_no_customer_waits_longer_than_he_was_told_on_any_day(
    wanted: list[Customer], done: list[Deed], lines: list[int], guest: Customer
) -> None:
    # S1.12, S1.6, Never 1, Never 6
    day = Day(lines)
    for customer in wanted:
        with contextlib.suppress(Conflict):
            day.arrives(customer)
    for deed in sorted(done, key=lambda deed: deed.second):
        day.until(START + timedelta(seconds=deed.second))
        day.do(deed, guest)
    day.until(START + timedelta(hours=HOURS + 2))
    day.assert_nobody_waited_longer()
    day.assert_operators_talk_to_one_at_a_time()
    day.assert_books_are_right()
