"""A running session is extended, while the next customer can wait and is told (S1.12)."""

from datetime import datetime, timedelta

import pytest

from infra.local.exchange.people import Answer, Drop, NoAnswer, Press, Star, Steps
from infra.local.payments.faults import RequestFault
from shared.application.store import Change
from shared.domain import events as e
from shared.domain.booking import Booking, Status
from shared.domain.errors import Conflict, NotFound, RedialError, RuleBroken, Unavailable
from shared.domain.events import EndReason
from shared.domain.money import Money
from tests.journeys.account_world import ASKS, CONFIRMING, FAILS, MISFORTUNES, AccountWorld
from tests.journeys.money_world import HALF_HOUR
from tests.journeys.world import BACKUP, CUSTOMER, OPERATOR, OTHER_OPERATOR, START

MINUTE = timedelta(minutes=1)
COMES: Steps = (Answer(3), Press("1", 2))
SILENT: Steps = (NoAnswer(),)
QUARTER_HOUR = Money(75_000, "rub")


class Evening(AccountWorld):
    """Anna talks with Boris from START on, for half an hour unless it is extended."""

    def __init__(self, *, balance: Money | None = None, card: str | None = None) -> None:
        super().__init__()
        self.card_id: str | None = None
        if card is not None:
            saved = self.saved(card)
            self.card_id = saved.card_id
            self.refund(str(saved.payment_id))
        if balance is not None:
            self.top_up(balance)
        self.first = self.booked()

    def next(self, minutes: int = 30, *, at: datetime = START + 30 * MINUTE) -> str:
        """Dora's session with Boris, paid."""
        booking_id = self.book(customer_id="dora", minutes=minutes, starts_at=at, backup=None)
        self.pay(booking_id)
        return booking_id

    def talk(self, minute: float) -> None:
        """Let it be so many minutes after START."""
        self.until(START + minute * MINUTE)

    def extend(self, minutes: int, *, key: str | None = None, card: bool = False) -> Booking:
        """Anna wants more; everything follows that follows at once."""
        card_id = self.card_id if card else None
        done = self.extensions.extend(self.first, minutes, card_id, self.replay(key=key))
        self.settle()
        return done

    def refused(self, minutes: int, *, card: bool = False) -> RedialError:
        """The refusal of an extension, which changes nothing."""
        before = self.booking(self.first)
        with pytest.raises(RedialError) as refused:
            self.extend(minutes, card=card)
        assert self.booking(self.first) == before
        return refused.value

    def ends(self) -> e.SessionClosed:
        """The evening goes on to its end, and the books are right."""
        self.until(START + timedelta(hours=3))
        self.assert_books_are_right()
        return self.closed(self.first)

    def delays_told(self) -> list[str]:
        """To whom, and of how much, letters about a delay went before Dora's booked start."""
        return [f"{m.to}: {m.subject}" for m in self.post.sent if "later" in m.subject]

    def first_ring(self, booking_id: str) -> datetime:
        """When a phone first rang for a booking."""
        return next(leg.requested_at for leg in self.session(booking_id).legs if leg.call_id)


# --- the minutes ----------------------------------------------------------------------------------


def test_extended_session_goes_on_to_its_new_end_and_is_warned_there() -> None:
    # S1.12, S1.4a: 30 minutes, extended at minute 10 by 15
    world = Evening(balance=QUARTER_HOUR)
    world.talk(10)
    assert world.extend(15).seconds == 2700
    world.talk(31)
    assert world.session(world.first).connected_since() is not None
    closed = world.ends()
    assert (closed.reason, closed.bill.billed) == (EndReason.MINUTES_USED, 2700)
    assert closed.bill.gap <= 3
    assert closed.earned == HALF_HOUR + QUARTER_HOUR
    (warned,) = [
        d.at
        for d in world.store.history(world.first)
        if any(isinstance(event, e.WarningGiven) for event in d.events)
    ]
    assert abs(closed.ended_at - warned - MINUTE) <= timedelta(seconds=1)
    assert (world.balance_seconds(), world.delays_told()) == (0, [])


def test_extension_within_the_last_minute_is_warned_again() -> None:
    # S1.12, S1.4a
    world = Evening(balance=QUARTER_HOUR)
    world.talk(29.75)
    assert world.session(world.first).warned
    world.extend(5)
    closed = world.ends()
    assert (closed.bill.billed, len(world.events(world.first, e.WarningGiven))) == (2100, 2)


def test_both_legs_get_the_new_limit_where_the_operator_was_in_his_menu() -> None:
    # S1.12: his leg then carries a limit, beside the customer's
    world = Evening(balance=QUARTER_HOUR)
    world.person(OPERATOR, (*COMES, Star(300)))
    world.talk(10)
    world.extend(15)
    closed = world.ends()
    assert (closed.reason, closed.bill.billed) == (EndReason.MINUTES_USED, 2700)
    assert world.events(world.first, e.LineDropped) == []
    assert closed.bill.gap <= 10


def test_session_can_be_extended_again_up_to_the_longest() -> None:
    # S1.12
    world = Evening(balance=Money(500_000, "rub"))
    world.talk(10)
    world.extend(60)
    quote = world.extensions.quote(world.first, 30)
    assert quote.longest_minutes == 30
    assert world.refused(31).code == "session_too_long"
    world.extend(30)
    closed = world.ends()
    assert closed.bill.billed == 120 * 60


def test_dropped_line_after_an_extension_leaves_every_minute() -> None:
    # S1.6, S1.12
    world = Evening(balance=QUARTER_HOUR)
    world.person(CUSTOMER, (*COMES, Drop(900)), COMES)
    world.talk(10)
    world.extend(15)
    closed = world.ends()
    assert (closed.reason, closed.bill.billed) == (EndReason.MINUTES_USED, 2700)
    assert closed.bill.gap >= 60


def test_time_of_an_extension_cannot_be_booked_by_anybody_else() -> None:
    # S1.2, S1.12
    world = Evening(balance=QUARTER_HOUR)
    world.talk(10)
    world.extend(15)
    with pytest.raises(Conflict):
        world.next(15)


def test_extension_is_at_least_five_minutes_and_wanted_while_connected() -> None:
    # S1.12
    world = Evening(balance=QUARTER_HOUR)
    world.talk(-1)
    assert world.refused(5).code == "not_connected"
    world.talk(10)
    for minutes in (4, 0, -15):
        short = world.refused(minutes)
        assert (short.code, short.field) == ("extension_too_short", "minutes")
    assert "from 5 to 90 minutes" in world.refused(4).detail
    world.until(START + timedelta(hours=1))
    with pytest.raises(RuleBroken, match="not_connected"):
        world.extend(5)


def test_extension_while_the_line_is_down_is_refused() -> None:
    # S1.12
    world = Evening(balance=QUARTER_HOUR)
    world.person(CUSTOMER, (*COMES, Drop(600)), SILENT, COMES)
    world.talk(11)
    assert world.refused(5).code == "not_connected"


# --- the next customer ----------------------------------------------------------------------------


def test_next_customer_is_told_beforehand_and_called_when_he_was_told() -> None:
    # S1.12, S1.9
    world = Evening(balance=QUARTER_HOUR)
    second = world.next()
    world.talk(10)
    quote = world.extensions.quote(world.first, 8)
    world.extend(8)
    assert world.delays_told() == ["dora@example.com: Your call will start 9 minutes later"]
    assert quote.next_delay == world.booking(second).delay == 540
    closed = world.ends()
    assert (closed.reason, closed.bill.billed) == (EndReason.MINUTES_USED, 2280)
    assert world.first_ring(second) == START + 39 * MINUTE
    assert world.closed(second).bill.billed == 1800


def test_extension_is_refused_where_the_next_customer_would_wait_longer_than_ten_minutes() -> None:
    # S1.12
    world = Evening(balance=QUARTER_HOUR)
    second = world.next()
    world.talk(10)
    late = world.refused(10)
    assert (late.code, late.field) == ("next_customer_waits", "minutes")
    assert "from 5 to 9 minutes" in late.detail
    world.extend(9)
    assert world.refused(5).code == "next_customer_waits"
    world.ends()
    assert world.first_ring(second) == START + 40 * MINUTE


def test_extension_is_refused_where_the_next_customer_cannot_be_told_any_more() -> None:
    # S1.12
    world = Evening(balance=QUARTER_HOUR)
    world.next()
    world.talk(29.5)
    late = world.refused(5)
    assert (late.code, late.field) == ("next_customer_waits", "minutes")
    assert "none can be added" in late.detail


def test_next_customer_who_was_told_of_a_longer_delay_need_not_be_told_again() -> None:
    # S1.12: he was told of nine minutes; the session ends after its own, and he waits all the same
    world = Evening(balance=QUARTER_HOUR)
    second = world.next()
    world.talk(10)
    world.extend(5)
    world.talk(15)
    assert world.booking(second).delay == 360
    world.talk(29.5)
    assert world.refused(5).code == "next_customer_waits"
    world.ends()
    assert len(world.delays_told()) == 1


def test_second_extension_tells_the_next_customer_of_the_longer_delay() -> None:
    # S1.12
    world = Evening(balance=HALF_HOUR)
    world.next(at=START + 45 * MINUTE)
    world.talk(10)
    world.extend(15)
    world.talk(20)
    world.extend(5)
    assert [told[-16:] for told in world.delays_told()] == [" 6 minutes later"]


def test_time_of_a_next_customer_who_cancels_is_not_sold_to_one_who_was_not_told() -> None:
    # S1.12: the session goes on into it
    world = Evening(balance=QUARTER_HOUR)
    second = world.next()
    world.talk(10)
    world.extend(8)
    world.office.cancel(second, world.replay())
    with pytest.raises(Conflict):
        world.next(15)
    world.next(15, at=START + 45 * MINUTE)
    closed = world.ends()
    assert closed.bill.billed == 2280


def test_session_goes_on_into_the_time_of_a_customer_who_has_moved() -> None:
    # S1.12: nobody waits for that quarter any more
    world = Evening(balance=HALF_HOUR)
    second = world.next()
    world.talk(10)
    world.extend(8)
    world.office.move(second, START + 90 * MINUTE, world.replay())
    world.extend(15)
    assert (world.booking(second).delay, world.booking(second).starts) == (
        0,
        START + 90 * MINUTE,
    )
    closed = world.ends()
    assert closed.bill.billed == 53 * 60
    assert world.first_ring(second) == START + 90 * MINUTE


def test_customer_who_moved_before_he_could_be_told_is_not_delayed_at_his_new_time() -> None:
    # S1.12: the request to tell him comes late
    world = Evening(balance=QUARTER_HOUR)
    second = world.next()
    world.talk(10)
    world.extensions.extend(world.first, 8, None, world.replay())
    world.office.move(second, START + 90 * MINUTE, world.replay())
    world.settle()
    assert (world.booking(second).delay, world.delays_told()) == (0, [])
    with pytest.raises(Conflict):
        world.next(15)  # the quarter that is free again was claimed for the session
    assert world.ends().bill.billed == 2280


def test_operator_who_offers_no_more_time_stays_ten_minutes_at_most() -> None:
    # S1.12
    world = Evening(balance=HALF_HOUR)
    world.operators.withdraw("boris", START + 45 * MINUTE, START + 60 * MINUTE)
    world.talk(10)
    late = world.refused(25)
    assert (late.code, late.field) == ("operator_not_free", "minutes")
    assert "from 5 to 24 minutes" in late.detail
    world.extend(24)
    assert world.ends().bill.billed == 54 * 60


def test_operator_who_took_over_is_asked_for_his_own_time() -> None:
    # S1.12, S1.5
    world = Evening(balance=QUARTER_HOUR)
    world.operator("vera", OTHER_OPERATOR)
    free_again = world.next()  # waits for Boris, who is gone
    with_vera = world.book(customer_id="emil", operator_id="vera", starts_at=START + 45 * MINUTE)
    world.pay(with_vera)
    world.person(OPERATOR, (*COMES, Drop(300)), SILENT)
    world.person("+12025550122", SILENT)
    world.talk(15)
    assert world.booking(world.first).operator_id == "vera"
    world.extend(15)
    assert (world.booking(with_vera).delay, world.booking(free_again).delay) == (120, 0)
    assert world.ends().bill.billed == 2700


def test_line_that_drops_when_the_next_customer_cannot_be_told_any_more_ends_in_time() -> None:
    # S1.6: the rest goes to the balance
    world = Evening()
    second = world.next()
    world.person(CUSTOMER, (*COMES, Drop(1700)), SILENT, COMES)
    world.person(BACKUP, COMES)
    world.until(START + timedelta(hours=2))
    closed = world.closed(world.first)
    assert closed.bill.unused > 0
    assert world.delays_told() == []
    assert world.first_ring(second) <= START + 31 * MINUTE
    assert world.closed(second).bill.billed == 1800
    world.assert_books_are_right()


# --- the money ------------------------------------------------------------------------------------


def test_balance_that_does_not_suffice_is_told_with_the_price() -> None:
    # S1.12, S2.9
    world = Evening(balance=Money(30_000, "rub"))
    world.talk(10)
    quote = world.extensions.quote(world.first, 10)
    assert (quote.price.minor, quote.covered, quote.from_balance.minor) == (50_000, 360, 30_000)
    assert quote.card_due.minor == 25_000  # 20,000 are missing; no top-up is smaller
    low = world.refused(10)
    assert (low.code, low.field) == ("balance_too_low", "minutes")
    assert "500.00 RUB" in low.detail
    assert "covers 6 of them" in low.detail
    assert world.balance_money() == {"rub": 30_000}


def test_what_is_missing_is_charged_to_the_saved_card_exactly() -> None:
    # S1.12
    world = Evening(balance=Money(30_000, "rub"), card="pm_card_visa")
    world.talk(10)
    assert world.extensions.quote(world.first, 15).card_due.minor == 45_000
    world.extend(15, card=True)
    assert Money(45_000, "rub") in world.captured()
    assert world.balance_money() == {}
    assert world.ends().bill.billed == 2700


def test_what_is_charged_beyond_the_missing_stays_on_the_balance() -> None:
    # S1.12: nothing smaller than the smallest top-up is charged
    world = Evening(balance=Money(30_000, "rub"), card="pm_card_visa")
    world.talk(10)
    world.extend(7, card=True)
    assert QUARTER_HOUR.share(1, 3) in world.captured()
    assert world.balance_money() == {"rub": 20_000}
    assert world.ends().bill.billed == 37 * 60


def test_same_request_again_charges_and_extends_once() -> None:
    # S2.1, S1.12
    world = Evening(card="pm_card_visa")
    world.talk(10)
    before = len(world.captured())
    first = world.extend(5, key="more", card=True)
    again = world.extend(5, key="more", card=True)
    assert first.seconds == again.seconds == 2100
    assert len(world.captured()) == before + 1
    assert world.ends().bill.billed == 2100


@pytest.mark.parametrize("fault", MISFORTUNES)
@pytest.mark.parametrize("path", ["/v1/payment_intents", CONFIRMING])
def test_card_is_charged_once_whatever_the_provider_answers(fault: RequestFault, path: str) -> None:
    # Never 1, S1.12
    world = Evening(card="pm_card_visa")
    world.talk(10)
    before = len(world.captured())
    world.provider.faults.order_request(fault, method="POST", path=path)
    try:
        world.extend(5, key="more", card=True)
    except Unavailable:
        world.extend(5, key="more", card=True)
    assert len(world.captured()) == before + 1
    assert world.ends().bill.billed == 2100


@pytest.mark.parametrize(("kind", "told"), [(FAILS, "bank"), (ASKS, "3-D Secure")])
def test_card_that_is_refused_extends_nothing_and_says_what_helps(kind: str, told: str) -> None:
    # S1.14, S2.10
    world = Evening(card=kind)
    world.talk(10)
    before = world.captured()
    refused = world.refused(5, card=True)
    assert (refused.code, refused.field) == ("card_refused", "card_id")
    assert told in refused.detail
    assert world.captured() == before
    assert world.ends().bill.billed == 1800


def test_card_is_not_charged_where_the_extension_is_impossible_or_the_card_unknown() -> None:
    # S1.12
    world = Evening(card="pm_card_visa")
    world.next()
    world.talk(10)
    before = world.captured()
    assert world.refused(10, card=True).code == "next_customer_waits"
    with pytest.raises(NotFound):
        world.extensions.extend(world.first, 5, "0" * 24, world.replay())
    assert world.captured() == before


def test_money_stays_on_the_balance_where_the_time_is_booked_during_the_charge() -> None:
    # S1.12: the answer says so, and it can be refunded
    world = Evening(card="pm_card_visa")
    world.talk(10)
    world.in_between(lambda: world.next(30))
    refused = world.refused(15, card=True)
    assert refused.code == "next_customer_waits"
    assert "750.00 RUB stand on your balance" in refused.detail
    assert world.balance_money() == {"rub": QUARTER_HOUR.minor}
    (payment_id,) = {lot.payment_id for lot in world.store.lots("anna")}
    world.refund(str(payment_id), "too-late")
    world.settle()
    assert world.balance_money() == {}
    assert world.ends().bill.billed == 1800


def test_balance_that_is_spent_elsewhere_at_the_same_moment_is_looked_at_anew() -> None:
    # Never 1: the lots that were seen hold less now
    world = Evening(balance=Money(100_000, "rub"))
    world.talk(10)

    def book_meanwhile(_: str, change: Change) -> None:
        if change.cause.command == "Extend":
            world.store.fault = None
            later = START + timedelta(hours=2)
            world.book(starts_at=later, minutes=5, use_balance=True)

    world.store.fault = book_meanwhile
    world.extend(15)
    assert world.balance_money() == {}
    assert world.ends().bill.billed == 2700


def test_time_that_is_booked_at_the_same_moment_is_looked_at_anew() -> None:
    # Never 6, S1.12
    world = Evening(balance=HALF_HOUR)
    world.talk(10)

    def book_meanwhile(_: str, change: Change) -> None:
        if change.cause.command == "Extend":
            world.store.fault = None
            world.next()

    world.store.fault = book_meanwhile
    with pytest.raises(RuleBroken, match="next_customer_waits"):
        world.extend(15)
    assert world.extend(8).seconds == 38 * 60


def test_unused_minutes_of_an_extension_come_back_at_their_price() -> None:
    # S1.7, S2.9
    world = Evening(balance=QUARTER_HOUR)
    world.talk(10)
    world.extend(15)
    world.talk(20)
    world.office.end(world.first, world.replay())
    world.ends()
    assert world.booking(world.first).status is Status.COMPLETED
    used = world.closed(world.first).bill.billed
    assert world.balance_seconds() == 2700 - used
    value = sum(lot.value.minor for lot in world.store.lots("anna"))
    assert value == HALF_HOUR.minor + QUARTER_HOUR.minor - world.closed(world.first).earned.minor
