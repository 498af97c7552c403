"""A bad line: the remedies in order, stopping with a bonus, and figures that come later."""

from datetime import timedelta

import pytest

from infra.local.exchange.people import Answer, Noise, Press, Star, Steps
from shared.application.store import Cause as Why
from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.errors import RuleBroken
from shared.domain.events import Choice, EndReason, LineRemedy
from shared.domain.session.legs import Route, Side
from tests.journeys.world import CUSTOMER, START, World

COMES: Steps = (Answer(3), Press("1", 2))
REPORTS: Steps = (*COMES, Star(60), Press("3", 2))


def reported(*calls: Steps, minutes: int = 30) -> tuple[World, str]:
    world = World()
    booking_id = world.booked(minutes=minutes)
    world.person(CUSTOMER, *calls)
    return world, booking_id


def remedies(world: World, booking_id: str) -> list[LineRemedy]:
    return [event.remedy for event in world.events(booking_id, e.BadLineReported)]


def test_first_remedy_is_another_line_at_once_and_nothing_of_the_change_is_billed() -> None:
    # S1.8
    world, booking_id = reported(REPORTS, COMES)
    world.until(START + timedelta(hours=1))
    closed = world.closed(booking_id)
    assert remedies(world, booking_id) == [LineRemedy.REDIAL]
    legs = world.session(booking_id).of(Side.CUSTOMER)
    assert [leg.route for leg in legs] == [Route.MAIN, Route.MAIN]
    assert (closed.bill.billed, closed.bill.unused) == (1800, 0)
    assert 0 < closed.bill.gap < 60
    assert closed.reason is EndReason.MINUTES_USED
    world.assert_books_are_right()


def test_second_remedy_is_to_ask_him_to_move_and_third_to_call_again_in_five_minutes() -> None:
    # S1.8
    twice: Steps = (*COMES, Star(60), Press("3", 2), Star(60), Press("3", 2))
    world, booking_id = reported(REPORTS, twice, COMES)
    world.until(START + timedelta(hours=1))
    closed = world.closed(booking_id)
    assert remedies(world, booking_id) == [
        LineRemedy.REDIAL,
        LineRemedy.MOVE,
        LineRemedy.REDIAL_LATER,
    ]
    heard = [text for call in world.exchange.calls() for text in call.heard]
    assert any("Please move" in text for text in heard)
    assert any("five minutes" in text for text in heard)
    assert (closed.bill.billed, closed.bill.unused) == (1800, 0)
    assert 300 <= closed.bill.gap < 420
    world.assert_books_are_right()


LADDER: tuple[Steps, ...] = (
    REPORTS,
    (*COMES, Star(60), Press("3", 2), Star(60), Press("3", 2)),
)


def test_still_bad_he_stops_and_gets_all_unused_minutes_and_ten_bonus_minutes() -> None:
    # S1.8
    stops: Steps = (*COMES, Star(60), Press("3", 2), Press("2", 2))
    world, booking_id = reported(*LADDER, stops)
    world.until(START + timedelta(hours=1))
    closed, booking = world.closed(booking_id), world.booking(booking_id)
    assert closed.reason is EndReason.BAD_LINE
    assert booking.bonus == 600
    assert world.balance_seconds() == closed.bill.unused + 600
    assert booking.offers[0].choices == (Choice.NEW_TIME, Choice.OTHER_PHONE)
    assert booking.offers[0].bonus == 0  # it is his already
    heard = [text for call in world.exchange.calls() for text in call.heard]
    assert any("bonus minutes are on your balance" in text for text in heard)
    world.assert_books_are_right()


def test_still_bad_he_is_called_on_his_other_phone() -> None:
    # S1.8
    other: Steps = (*COMES, Star(60), Press("3", 2), Press("3", 2))
    world, booking_id = reported(*LADDER, other)
    world.until(START + timedelta(hours=1))
    legs = world.session(booking_id).of(Side.CUSTOMER)
    assert legs[-1].route is Route.BACKUP
    assert world.closed(booking_id).bill.unused == 0


def test_after_stopping_he_is_called_on_another_phone_by_the_offer() -> None:
    # S1.8
    stops: Steps = (*COMES, Star(60), Press("3", 2), Press("2", 2))
    world, booking_id = reported(*LADDER, stops)
    world.until(START + timedelta(minutes=20))
    offer = world.booking(booking_id).offers[0]
    left = world.closed(booking_id).bill.unused
    made = world.offers.accept(
        booking_id, offer.offer_id, Choice.OTHER_PHONE, how="api", main_phone="+12025550119"
    )
    assert made.new_booking is not None
    world.until(START + timedelta(hours=1))
    assert world.closed(made.new_booking.booking_id).bill.billed == left
    assert world.balance_seconds() == 600
    world.assert_books_are_right()


def api(world: World, booking_id: str, command: c.Command) -> None:
    world.bookings.apply(booking_id, command, Why(type(command).__name__, "customer", {}))
    world.settle()


def test_a_report_by_the_api_takes_the_line_down_and_rings_anew() -> None:
    # S1.8
    world, booking_id = reported(COMES)
    world.until(START + timedelta(minutes=5))
    api(world, booking_id, c.ReportBadLine("api", None))
    world.until(START + timedelta(minutes=6))
    assert world.session(booking_id).connected_since() is not None
    assert len(world.session(booking_id).of(Side.CUSTOMER)) == 2
    with pytest.raises(RuleBroken, match="Report the bad line first"):
        api(world, booking_id, c.ChooseLine(c.LineChoice.STOP, None))
    for minute in (7, 8):
        world.until(START + timedelta(minutes=minute))
        api(world, booking_id, c.ReportBadLine("api", None))
    world.until(START + timedelta(minutes=15))
    api(world, booking_id, c.ReportBadLine("api", None))
    api(world, booking_id, c.ChooseLine(c.LineChoice.STOP, None))
    world.until(START + timedelta(minutes=17))
    assert world.closed(booking_id).reason is EndReason.BAD_LINE
    assert world.booking(booking_id).bonus == 600
    world.assert_books_are_right()


def test_a_report_long_after_the_last_one_begins_with_the_first_remedy() -> None:
    # S1.8, S1.15
    again: Steps = (*COMES, Star(900), Press("3", 2))
    world, booking_id = reported(REPORTS, again, COMES, minutes=60)
    world.until(START + timedelta(hours=2))
    assert remedies(world, booking_id) == [LineRemedy.REDIAL, LineRemedy.REDIAL]
    assert world.closed(booking_id).bill.unused == 0


def ended_early(*steps: object) -> tuple[World, str]:
    """He hangs up for good after ten minutes, by the menu, without a word about the line."""
    world = World()
    booking_id = world.booked()
    world.person(CUSTOMER, (*COMES, *steps, Star(600), Press("9", 2)))  # type: ignore[arg-type]
    return world, booking_id


def test_bad_figures_that_come_later_bring_ten_bonus_minutes() -> None:
    # S1.8
    world, booking_id = ended_early(Noise(0))
    world.until(START + timedelta(hours=1))
    booking = world.booking(booking_id)
    assert booking.judged is not None
    assert any("packet loss" in text for text in booking.judged.evidence)
    assert booking.bonus == 600
    assert any("bonus minutes for you" in mail.subject for mail in world.post.sent)
    world.assert_books_are_right()


def test_good_figures_take_nothing_away() -> None:
    # S1.8
    world, booking_id = ended_early()
    world.until(START + timedelta(minutes=15))
    before = world.balance_seconds()
    world.until(START + timedelta(days=2))
    assert world.balance_seconds() == before > 0
    assert world.booking(booking_id).bonus == 0
    assert len(world.events(booking_id, e.QualityMeasured)) == 2


def test_bad_figures_after_a_bonus_bring_no_second_one() -> None:
    # S1.15
    stops: Steps = (*COMES, Noise(0), Star(60), Press("3", 2), Press("2", 2))
    world, booking_id = reported(*LADDER, stops)
    world.until(START + timedelta(days=2))
    assert world.booking(booking_id).bonus == 600
