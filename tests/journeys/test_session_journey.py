"""A customer books, pays, is called, loses the line, is called back, and gets every paid minute."""

from datetime import timedelta

import pytest

from infra.local.exchange.people import (
    Answer,
    Busy,
    CallBack,
    Drop,
    HangUp,
    NoAnswer,
    Press,
    Star,
    Steps,
    Unallocated,
    Voicemail,
)
from shared.domain import events as e
from shared.domain.booking import Status
from shared.domain.events import EndReason
from shared.domain.session.legs import Route, Side
from tests.journeys.world import (
    BACKUP,
    CUSTOMER,
    OPERATOR,
    OPERATOR_BACKUP,
    OTHER_OPERATOR,
    START,
    World,
)

COMES: Steps = (Answer(3), Press("1", 2))
SILENT: Steps = (NoAnswer(),)
MILA = "+12025550113"


def drops_after(seconds: float, *then: object) -> Steps:
    return (Answer(3), Press("1", 2), Drop(seconds), *then)  # type: ignore[return-value]


def test_dropped_call_is_redialled_on_the_backup_number_and_every_paid_minute_is_had() -> None:
    # S1.4, S1.5, S1.6
    world = World()
    booking_id = world.booked()
    world.person(CUSTOMER, drops_after(900), SILENT)
    world.person(BACKUP, COMES)
    world.until(START + timedelta(hours=1))
    closed = world.closed(booking_id)
    assert (closed.reason, closed.bill.billed, closed.bill.unused) == (
        EndReason.MINUTES_USED,
        1800,
        0,
    )
    assert 60 <= closed.bill.gap <= 180
    assert world.events(booking_id, e.LineRestored)[0].left == 900
    assert [leg.route for leg in world.session(booking_id).of(Side.CUSTOMER)] == [
        Route.MAIN,
        Route.MAIN,
        Route.BACKUP,
    ]
    world.assert_books_are_right()


def test_session_begins_on_its_second() -> None:
    # S1.4: not a sweep later
    world = World()
    booking_id = world.booked()
    world.until(START + timedelta(minutes=1))
    assert world.session(booking_id).started_at == START
    assert world.session(booking_id).legs[0].requested_at == START


def test_both_are_warned_a_minute_before_the_end_and_not_a_second_is_billed_beyond() -> None:
    # S1.4a
    world = World()
    booking_id = world.booked()
    world.until(START + timedelta(hours=1))
    closed = world.closed(booking_id)
    assert (closed.reason, closed.bill.billed) == (EndReason.MINUTES_USED, 1800)
    said = [words for conference in world.exchange.conferences() for words in conference.said]
    (warned,) = [at for at, text in said if "One minute is left" in text]
    assert 58 <= (closed.ended_at - warned).total_seconds() <= 62
    heard = [text for call in world.exchange.calls() for text in call.heard]
    assert any("Your minutes are used up" in text for text in heard)


def test_customer_who_calls_back_within_the_minute_is_not_rung() -> None:
    # S1.5
    world = World()
    booking_id = world.booked()
    world.person(CUSTOMER, drops_after(900, CallBack(20)))
    world.until(START + timedelta(hours=1))
    legs = world.session(booking_id).of(Side.CUSTOMER)
    assert [leg.route for leg in legs] == [Route.MAIN, Route.INBOUND]
    closed = world.closed(booking_id)
    assert (closed.bill.billed, closed.bill.unused) == (1800, 0)
    assert 20 <= closed.bill.gap < 60
    world.assert_books_are_right()


def test_withheld_number_is_asked_for_the_booking_number() -> None:
    # S1.5
    world = World()
    booking_id = world.booked()
    steps = (Press(booking_id, 1), Press("1", 2))
    world.person(CUSTOMER, drops_after(600, CallBack(10, withheld=True, steps=steps)))
    world.until(START + timedelta(hours=1))
    assert world.closed(booking_id).bill.billed == 1800
    assert world.session(booking_id).of(Side.CUSTOMER)[-1].route is Route.INBOUND


@pytest.mark.parametrize("seconds", [58, 59, 60, 61, 62, 65])
def test_calls_that_cross_give_one_joined_call(seconds: int) -> None:
    # S1.5
    world = World()
    booking_id = world.booked()
    world.person(CUSTOMER, drops_after(900, CallBack(seconds)), COMES)
    world.until(START + timedelta(hours=1))
    closed = world.closed(booking_id)
    assert (closed.bill.billed, closed.bill.unused) == (1800, 0)
    assert len(world.events(booking_id, e.LineRestored)) == 1
    world.assert_books_are_right()


def test_operator_who_stands_in_is_not_rung_while_he_talks_to_somebody_else() -> None:
    # S1.5, Never 6: Clara's own session takes some seconds longer than its quarter
    world = World()
    world.operator("clara", OTHER_OPERATOR)
    other = world.book(customer_id="mila", operator_id="clara", minutes=15, main_phone=MILA)
    world.pay(other)
    booking_id = world.booked()
    world.person(OTHER_OPERATOR, (Answer(10), Press("1", 5)), COMES)
    world.person(OPERATOR, drops_after(815), *[SILENT] * 9)
    world.person(OPERATOR_BACKUP, *[SILENT] * 9)
    world.until(START + timedelta(hours=1))
    over = world.closed(other).ended_at
    assert over > START + timedelta(minutes=15)
    (replaced,) = world.events(booking_id, e.OperatorReplaced)
    assert replaced.operator_id == "clara"
    hers = [leg for leg in world.session(booking_id).of(Side.OPERATOR) if leg.party_id == "clara"]
    assert hers[0].requested_at < over
    assert all(leg.requested_at >= over for leg in hers if leg.call_id)
    assert world.closed(booking_id).bill.billed == 1800


def test_line_that_is_not_restored_returns_the_unused_minutes() -> None:
    # S1.7
    world = World()
    booking_id = world.booked()
    world.person(CUSTOMER, drops_after(900), SILENT)
    world.person(BACKUP, SILENT)
    world.until(START + timedelta(hours=1))
    closed = world.closed(booking_id)
    assert (closed.reason, closed.bill.billed) == (EndReason.NOT_RESTORED, 900)
    assert world.balance_seconds() == 900
    drop = START + timedelta(seconds=closed.bill.waiting + 900)
    assert all(
        leg.requested_at <= drop + timedelta(seconds=180) for leg in world.session(booking_id).legs
    )
    world.assert_books_are_right()


def test_returned_minutes_pay_for_the_next_session() -> None:
    # S1.7, S2.9
    world = World()
    first = world.booked()
    world.person(CUSTOMER, drops_after(900), SILENT)
    world.person(BACKUP, SILENT)
    world.until(START + timedelta(hours=1))
    assert world.booking(first).status is Status.COMPLETED
    second = world.book(minutes=20, starts_at=START + timedelta(hours=2), use_balance=True)
    booking = world.booking(second)
    assert (booking.card_seconds, booking.card_due.minor) == (300, 25000)
    assert world.balance_seconds() == 0
    world.pay(second)
    world.person(CUSTOMER, COMES)
    world.until(START + timedelta(hours=3))
    assert world.closed(second).bill.billed == 1200
    world.assert_books_are_right()


def test_lost_operator_is_rung_again_and_the_customer_hears_why() -> None:
    # S1.5
    world = World()
    booking_id = world.booked()
    world.person(OPERATOR, drops_after(600), COMES)
    world.until(START + timedelta(hours=1))
    closed = world.closed(booking_id)
    assert (closed.bill.billed, closed.bill.unused) == (1800, 0)
    assert 0 < closed.bill.gap < 60
    world.assert_books_are_right()


def test_operator_who_stays_away_is_replaced() -> None:
    # S1.5
    world = World()
    booking_id = world.booked()
    world.operator("vera", OTHER_OPERATOR)
    world.person(OPERATOR, drops_after(600), SILENT)
    world.person("+12025550122", SILENT)
    world.until(START + timedelta(hours=1))
    closed = world.closed(booking_id)
    assert (closed.bill.billed, closed.bill.unused) == (1800, 0)
    assert world.booking(booking_id).operator_id == "vera"
    assert 60 <= closed.bill.gap < 120
    world.assert_books_are_right()


def test_customer_who_never_comes_gets_all_minutes_back() -> None:
    # S1.4b
    for away in (SILENT, (Busy(),), (Voicemail(5, 20),), (Answer(3), HangUp(5))):
        world = World()
        booking_id = world.booked()
        world.person(CUSTOMER, away)
        world.person(BACKUP, away)
        world.until(START + timedelta(hours=1))
        closed = world.closed(booking_id)
        assert (closed.reason, closed.bill.billed) == (EndReason.CUSTOMER_ABSENT, 0)
        assert closed.stand_by >= 600
        assert world.balance_seconds() == 1800
        mains = [
            leg.requested_at
            for leg in world.session(booking_id).of(Side.CUSTOMER)
            if leg.route is Route.MAIN
        ]
        assert [(at - mains[0]).total_seconds() for at in mains] == [0, 180, 360, 540]
        world.assert_books_are_right()


def test_number_that_nobody_has_is_on_record_as_such() -> None:
    # S1.10: the customer's mistake is judged from evidence
    world = World()
    booking_id = world.booked()
    world.person(CUSTOMER, (Unallocated(),))
    world.until(START + timedelta(minutes=1))
    session = world.session(booking_id)
    (wrong,) = (leg for leg in session.of(Side.CUSTOMER) if leg.route is Route.MAIN)
    evidence = [
        decision.cause.evidence
        for decision in world.store.history(booking_id)
        if any(isinstance(event, e.LegEnded) for event in decision.events)
    ]
    said = {found["leg"]: found.get("sip_response") for found in evidence}
    assert (wrong.outcome, said[wrong.leg_id]) == ("failed", "404")


def test_customer_ends_by_key_and_keeps_the_rest() -> None:
    # S1.5, S1.7
    world = World()
    booking_id = world.booked()
    world.person(CUSTOMER, (Answer(3), Press("1", 2), Star(600), Press("9", 2)))
    world.until(START + timedelta(hours=1))
    closed = world.closed(booking_id)
    assert closed.reason is EndReason.CUSTOMER_ENDED
    assert closed.bill.billed == 600
    assert world.balance_seconds() == 1200
    world.assert_books_are_right()


def test_menu_and_back_is_no_drop_and_not_billed() -> None:
    # S1.5
    world = World()
    booking_id = world.booked()
    world.person(CUSTOMER, (Answer(3), Press("1", 2), Star(600), Press("1", 2)))
    world.until(START + timedelta(hours=1))
    closed = world.closed(booking_id)
    assert (closed.reason, closed.bill.billed) == (EndReason.MINUTES_USED, 1800)
    assert world.events(booking_id, e.LineDropped) == []
    assert 0 < closed.bill.gap <= 5


def test_reminder_is_sent_once_in_the_customers_language() -> None:
    # S1.3
    world = World()
    world.operator("boris", OPERATOR)
    booking_id = world.book(language="ru")
    world.pay(booking_id)
    world.until(START - timedelta(minutes=61))
    before = len(world.post.sent)
    world.post.refuse = 1
    world.until(START)
    letter, asked = sorted(world.post.sent[before:], key=lambda mail: mail.to)
    assert asked.to == "boris@example.com"
    assert letter.to == "anna@example.com"
    for point in ("50 %", "Wi-Fi", "#43#", "Тихая", "кодом страны", "запасной"):
        assert point in letter.text


def test_unpaid_slot_is_free_again_for_somebody_else() -> None:
    # S1.2, S2.10
    world = World()
    world.operator("boris", OPERATOR)
    first = world.book()
    world.payments.start(first)
    world.until(world.exchange.now + timedelta(minutes=16))
    assert world.booking(first).status is Status.EXPIRED
    assert world.booking(first).pending == {}
    second = world.book(customer_id="dora")
    assert world.booking(second).status is Status.HELD


def test_next_customer_is_told_of_an_overrun_and_waits_no_longer_than_ten_minutes() -> None:
    # S1.6
    world = World()
    first = world.booked(minutes=30)
    second = world.book(customer_id="dora", starts_at=START + timedelta(minutes=30), backup=None)
    world.pay(second)
    world.person(CUSTOMER, drops_after(900), SILENT, COMES)
    world.person(BACKUP, COMES)
    world.until(START + timedelta(hours=2))
    assert world.closed(first).bill.billed == 1800
    found = world.events(first, e.OverrunFound)[-1]
    assert found.next_booking_id == second
    assert 0 < found.delay_seconds <= 600
    told = [mail for mail in world.post.sent if "later" in mail.subject]
    assert [mail.to for mail in told] == ["dora@example.com"]
    late = world.session(second).started_at - (START + timedelta(minutes=30))
    assert late.total_seconds() == found.delay_seconds
    world.assert_books_are_right()
