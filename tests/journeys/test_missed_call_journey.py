"""An operator who does not come: others are called, the cause is judged, the customer chooses."""

from datetime import timedelta

import pytest

from infra.local.exchange.people import Answer, Drop, NoAnswer, Press, Steps, Unreachable
from shared.application.offers import Accepted
from shared.application.store import Cause as Why
from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Status
from shared.domain.errors import RuleBroken
from shared.domain.events import Choice, EndReason, EscalationStep
from shared.domain.mishap.incident import Cause, Mishap
from shared.domain.session.legs import Route, Side
from tests.journeys.world import (
    BACKUP,
    CUSTOMER,
    OPERATOR,
    OPERATOR_BACKUP,
    OTHER_OPERATOR,
    START,
    SUPERVISOR,
    World,
)

COMES: Steps = (Answer(3), Press("1", 2))
SILENT: Steps = (NoAnswer(),)
TEN = START + timedelta(minutes=11)


def missed(*, backup_silent: bool = True) -> tuple[World, str]:
    """Boris was booked, and does not come to any phone; nobody else is there."""
    world = World()
    booking_id = world.booked()
    world.person(OPERATOR, SILENT)
    world.person(OPERATOR_BACKUP, SILENT if backup_silent else COMES)
    return world, booking_id


def accept(world: World, booking_id: str, choice: Choice, **said: object) -> Accepted:
    offer = world.booking(booking_id).offers[-1]
    made = world.offers.accept(booking_id, offer.offer_id, choice, how="link", **said)  # type: ignore[arg-type]
    world.settle()
    return made


def test_operator_is_asked_before_the_session_whether_he_will_be_there() -> None:
    # S1.9
    world = World()
    booking_id = world.booked()
    world.until(START - timedelta(minutes=30))
    asked = [mail for mail in world.post.sent if mail.to == "boris@example.com"]
    assert len(asked) == 1 and booking_id in asked[0].text
    assert [event.operator_id for event in world.events(booking_id, e.ReadinessAsked)] == ["boris"]


def test_absent_operator_is_escalated_step_by_step_within_ten_minutes() -> None:
    # S1.9: operator again, the backup route, another free operator, supervisor, case
    world, booking_id = missed()
    world.until(TEN)
    steps = [event.step for event in world.events(booking_id, e.Escalated)]
    assert steps == list(EscalationStep)
    routes = [leg.route for leg in world.session(booking_id).of(Side.OPERATOR)]
    assert routes[:3] == [Route.MAIN, Route.MAIN, Route.BACKUP]
    assert [m.to for m in world.post.sent].count(SUPERVISOR) == 1
    assert any("Please stay near your phone" in mail.subject for mail in world.post.sent)
    case = world.case_records.load(world.booking(booking_id).cases["case-missed-call"]).state
    assert case.about.booking_id == booking_id


def test_backup_route_of_the_operator_saves_the_session() -> None:
    # S1.9
    world, booking_id = missed(backup_silent=False)
    world.until(START + timedelta(hours=1))
    assert world.closed(booking_id).bill.billed == 1800
    assert world.booking(booking_id).offers == ()


def test_another_free_operator_takes_over_within_the_wait() -> None:
    # S1.9
    world, booking_id = missed()
    world.operator("clara", OTHER_OPERATOR)
    world.person(OTHER_OPERATOR, COMES)
    world.until(START + timedelta(hours=1))
    closed = world.closed(booking_id)
    assert world.booking(booking_id).operator_id == "clara"
    assert closed.bill.billed == 1800 and closed.bill.waiting < 300
    assert world.booking(booking_id).offers == ()
    world.assert_books_are_right()


def test_operator_who_said_he_would_not_come_is_replaced_at_once() -> None:
    # S1.9, S1.10
    world, booking_id = missed()
    world.operator("clara", OTHER_OPERATOR)
    world.person(OTHER_OPERATOR, COMES)
    world.bookings.apply(booking_id, c.AnswerReadiness("boris", False), e_cause("AnswerReadiness"))
    world.until(START + timedelta(hours=1))
    assert world.booking(booking_id).operator_id == "clara"
    assert world.closed(booking_id).bill.waiting < 60


def e_cause(name: str) -> Why:
    return Why(name, "operator", {})


def test_at_ten_minutes_the_operator_is_found_at_fault_and_the_customer_may_choose() -> None:
    # S1.10
    world, booking_id = missed()
    world.until(TEN)
    booking = world.booking(booking_id)
    assert world.closed(booking_id).reason is EndReason.OPERATOR_ABSENT
    assert booking.judged is not None and booking.judged.cause is Cause.OPERATOR
    assert booking.judged.mishaps == (Mishap.OPERATOR_ABSENT,)
    (offer,) = booking.offers
    assert offer.choices == (Choice.CALL_NOW, Choice.NEW_TIME, Choice.REFUND)
    assert (offer.bonus, offer.with_bonus) == (600, frozenset({Choice.CALL_NOW, Choice.NEW_TIME}))
    letter = next(m for m in world.post.sent if "please choose" in m.subject)
    assert offer.offer_id in letter.text
    assert world.balance_seconds() == 1800
    world.assert_books_are_right()


def test_call_now_rings_another_operator_at_once_and_brings_ten_bonus_minutes() -> None:
    # S1.10
    world, booking_id = missed()
    world.until(TEN)
    world.operator("clara", OTHER_OPERATOR)
    world.person(OTHER_OPERATOR, COMES)
    world.person(CUSTOMER, COMES)
    made = accept(world, booking_id, Choice.CALL_NOW)
    assert made.new_booking is not None
    new_id = made.new_booking.booking_id
    assert world.session(new_id).started_at == TEN
    world.until(TEN + timedelta(hours=1))
    assert world.closed(new_id).bill.billed == 1800
    assert world.booking(new_id).operator_id == "clara"
    assert [lot.left for lot in world.store.lots("anna")] == [600]
    world.assert_books_are_right()


def test_call_now_with_nobody_free_leaves_the_offer_open() -> None:
    # S1.10
    world, booking_id = missed()
    world.until(TEN)
    world.operators.withdraw("boris", START, START + timedelta(hours=4))
    with pytest.raises(Exception, match="Nobody is free"):
        accept(world, booking_id, Choice.CALL_NOW)
    assert world.booking(booking_id).offers[0].is_open
    assert accept(world, booking_id, Choice.NEW_TIME).offer.accepted is not None


def test_new_time_keeps_the_money_on_the_balance_with_the_bonus() -> None:
    # S1.10
    world, booking_id = missed()
    world.until(TEN)
    accept(world, booking_id, Choice.NEW_TIME)
    assert sorted(lot.left for lot in world.store.lots("anna")) == [600, 1800]
    world.assert_books_are_right()


def test_new_time_is_booked_at_once_where_he_names_it() -> None:
    # S1.10
    world, booking_id = missed()
    world.until(TEN)
    later = START + timedelta(hours=2)
    made = accept(world, booking_id, Choice.NEW_TIME, starts_at=later)
    assert made.new_booking is not None
    world.person(OPERATOR, COMES)
    world.until(later + timedelta(hours=1))
    assert world.closed(made.new_booking.booking_id).bill.billed == 1800
    world.assert_books_are_right()


def test_full_refund_goes_to_the_card_without_a_bonus() -> None:
    # S1.10
    world, booking_id = missed()
    world.until(TEN)
    accept(world, booking_id, Choice.REFUND)
    world.until(TEN + timedelta(minutes=5))
    assert [
        r.amount.minor for r in world.provider.refunds_of(world.booking(booking_id).intent_id)
    ] == [150_000]
    assert world.balance_seconds() == 0
    world.assert_books_are_right()


def test_without_an_answer_within_a_day_the_minutes_stay_with_the_bonus() -> None:
    # S1.10
    world, booking_id = missed()
    world.until(TEN)
    until = world.booking(booking_id).offers[0].until
    world.until(until + timedelta(minutes=2))
    assert world.booking(booking_id).offers[0].lapsed
    assert sorted(lot.left for lot in world.store.lots("anna")) == [600, 1800]
    with pytest.raises(RuleBroken, match="over"):
        accept(world, booking_id, Choice.REFUND)
    world.assert_books_are_right()


def test_an_offer_is_accepted_once_whichever_way_it_comes() -> None:
    # S1.10, S1.15
    world, booking_id = missed()
    world.until(TEN)
    accept(world, booking_id, Choice.NEW_TIME)
    accept(world, booking_id, Choice.NEW_TIME)
    with pytest.raises(RuleBroken, match="You have chosen"):
        accept(world, booking_id, Choice.REFUND)
    assert sum(lot.left for lot in world.store.lots("anna")) == 2400


def test_operator_who_was_there_has_his_stand_by_time_and_nobody_gets_a_bonus() -> None:
    # S1.4b, S1.10
    world = World()
    booking_id = world.booked()
    world.person(CUSTOMER, SILENT)
    world.person(BACKUP, SILENT)
    world.until(START + timedelta(minutes=15))
    booking = world.booking(booking_id)
    assert world.closed(booking_id).stand_by > 590
    assert booking.judged is not None and booking.judged.cause is Cause.CUSTOMER_SILENT
    assert (booking.offers, booking.bonus) == ((), 0)
    assert world.balance_seconds() == 1800


def test_wrong_number_is_corrected_by_link_and_the_session_arranged_anew_without_bonus() -> None:
    # S1.10
    world = World()
    booking_id = world.booked(backup=None)
    world.person(CUSTOMER, (Unreachable(),))
    world.until(START + timedelta(minutes=15))
    booking = world.booking(booking_id)
    assert booking.judged is not None and booking.judged.cause is Cause.WRONG_NUMBER
    (offer,) = booking.offers
    assert offer.needs_number and offer.bonus == 0
    with pytest.raises(RuleBroken, match="Give a number"):
        accept(world, booking_id, Choice.CALL_NOW)
    made = accept(world, booking_id, Choice.CALL_NOW, main_phone="+12025550119")
    assert made.new_booking is not None
    world.until(world.exchange.now + timedelta(hours=1))
    assert world.closed(made.new_booking.booking_id).bill.billed == 1800
    assert world.booking(booking_id).bonus == 0
    world.assert_books_are_right()


def test_wrong_number_corrected_in_time_saves_the_session() -> None:
    # S1.10
    world = World()
    booking_id = world.booked(backup=None)
    world.person(CUSTOMER, (Unreachable(),))
    world.until(START + timedelta(minutes=4))
    assert any("correct it" in mail.subject for mail in world.post.sent)
    world.contacts.remember("anna", phones=("+12025550119",))
    new = world.contacts.phone_id("+12025550119")
    world.bookings.apply(booking_id, c.ChangePhones(new, None), e_cause("ChangePhones"))
    world.until(START + timedelta(hours=1))
    assert world.closed(booking_id).bill.billed == 1800


def test_replacement_who_drops_too_leads_to_the_offers() -> None:
    # S1.5, S1.7, S1.10
    world, booking_id = missed()
    world.operator("clara", OTHER_OPERATOR)
    world.person(OTHER_OPERATOR, (*COMES, Drop(300)), SILENT)
    world.until(START + timedelta(minutes=30))
    booking = world.booking(booking_id)
    assert world.closed(booking_id).reason is EndReason.NOT_RESTORED
    assert booking.judged is not None and booking.judged.cause is Cause.OPERATOR
    assert booking.offers[0].choices == (Choice.CALL_NOW, Choice.NEW_TIME, Choice.REFUND)
    assert world.booking(booking_id).status is Status.COMPLETED
    world.assert_books_are_right()


def test_with_every_callback_lost_the_customer_is_no_worse_off() -> None:
    # S1.10, S1.15: what nobody knows is taken in the customer's favour
    world = World(deliveries=lambda route, form: ())
    booking_id = world.booked()
    world.person(OPERATOR, SILENT)
    world.person(OPERATOR_BACKUP, SILENT)
    world.until(START + timedelta(minutes=25))
    booking = world.booking(booking_id)
    assert booking.judged is not None
    assert booking.judged.cause in (Cause.OPERATOR, Cause.UNKNOWN)
    assert booking.offers[0].bonus == 600
    world.assert_books_are_right()


@pytest.mark.parametrize("late", [30, 700])
def test_callbacks_that_come_twice_and_late_change_nothing_of_the_offer(late: float) -> None:
    # S1.10, Never 5
    world = World(deliveries=lambda route, form: (0.0, late))
    booking_id = world.booked()
    world.person(OPERATOR, SILENT)
    world.person(OPERATOR_BACKUP, SILENT)
    world.until(START + timedelta(minutes=40))
    booking = world.booking(booking_id)
    assert len(booking.offers) == 1 and booking.judged is not None
    assert booking.judged.cause is Cause.OPERATOR
    world.assert_books_are_right()
