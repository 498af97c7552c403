"""An outage of ours: every session it broke is found and made good once, without a word (S1.13)."""

from datetime import timedelta

import pytest

from infra.local.exchange.people import Answer, Drop, NoAnswer, Press, Steps, Unreachable
from shared.domain import events as e
from shared.domain.errors import RuleBroken
from shared.domain.events import Choice
from shared.domain.mishap.incident import Cause, Mishap
from shared.domain.outage.events import Extent
from tests.journeys.world import BACKUP, CUSTOMER, OPERATOR, OPERATOR_BACKUP, START, World

COMES: Steps = (Answer(3), Press("1", 2))
SILENT: Steps = (NoAnswer(),)
HALF = timedelta(minutes=30)
EVENING = START + timedelta(hours=3)
MANAGER = "agent:mona"


def declare(world: World, key: str = "declared-1") -> str:
    extent = Extent(START - timedelta(minutes=5), world.exchange.now)
    outage = world.outage_records.declare(extent, MANAGER, world.replay("manager", key))
    world.settle()
    return outage.number


def absent_customer() -> tuple[World, str]:
    """Anna is not reached; nobody knows yet that the fault was ours."""
    world = World()
    booking_id = world.booked()
    world.person(CUSTOMER, SILENT)
    world.person(BACKUP, SILENT)
    world.until(START + HALF)
    return world, booking_id


def absent_operator() -> tuple[World, str]:
    world = World()
    booking_id = world.booked()
    world.person(OPERATOR, SILENT)
    world.person(OPERATOR_BACKUP, SILENT)
    world.until(START + HALF)
    return world, booking_id


def letters(world: World, words: str) -> int:
    return sum(words in mail.subject for mail in world.post.sent if mail.to == "anna@example.com")


def test_wrong_number_is_asked_for_before_a_call_whatever_an_outage_adds() -> None:
    # S1.10, S1.13, S1.15
    world = World()
    booking_id = world.booked(backup=None)
    world.person(CUSTOMER, (Unreachable(),))
    world.until(START + HALF)
    declare(world)
    (offer,) = world.booking(booking_id).offers
    assert offer.choices == (Choice.CALL_NOW, Choice.NEW_TIME, Choice.REFUND)
    with pytest.raises(RuleBroken, match="Give a number"):
        world.offers.accept(booking_id, offer.offer_id, Choice.CALL_NOW, how="link")
    made = world.offers.accept(
        booking_id, offer.offer_id, Choice.NEW_TIME, how="link", starts_at=EVENING
    )
    assert made.new_booking is not None
    assert world.booking(booking_id).bonus == 900


def test_broken_session_brings_fifteen_bonus_minutes_and_a_choice_and_one_letter() -> None:
    # S1.13
    world, booking_id = absent_customer()
    assert (world.booking(booking_id).bonus, world.booking(booking_id).offers) == (0, ())
    number = declare(world)
    world.until(START + 2 * HALF)
    booking = world.booking(booking_id)
    assert booking.outages == {number} and booking.bonus == 900
    (offer,) = booking.offers
    assert offer.choices == (Choice.NEW_TIME, Choice.REFUND)
    assert booking.judged is not None and booking.judged.cause is Cause.OURS
    assert Mishap.OUTAGE in booking.judged.mishaps
    assert letters(world, "please choose") == 1
    world.assert_books_are_right()


def test_refund_after_an_outage_comes_with_the_bonus() -> None:
    # S1.13
    world, booking_id = absent_customer()
    declare(world)
    world.until(START + 2 * HALF)
    offer = world.booking(booking_id).offers[0]
    world.offers.accept(booking_id, offer.offer_id, Choice.REFUND, how="link")
    world.until(START + 3 * HALF)
    refunds = world.provider.refunds_of(str(world.booking(booking_id).intent_id))
    assert [refund.amount.minor for refund in refunds] == [150_000]
    assert [lot.left for lot in world.store.lots("anna")] == [900]
    world.assert_books_are_right()


def test_open_offer_is_widened_and_the_larger_single_bonus_counts() -> None:
    # S1.15
    world, booking_id = absent_operator()
    assert world.booking(booking_id).offers[0].bonus == 600
    declare(world)
    world.until(START + 2 * HALF)
    booking = world.booking(booking_id)
    (offer,) = booking.offers
    assert offer.choices == (Choice.CALL_NOW, Choice.NEW_TIME, Choice.REFUND)
    assert booking.bonus == 900
    world.until(offer.until + timedelta(minutes=1))
    assert world.booking(booking_id).bonus == 900
    world.assert_books_are_right()


def test_who_has_chosen_before_gets_what_is_missing_of_the_larger_bonus() -> None:
    # S1.15
    world, booking_id = absent_operator()
    offer = world.booking(booking_id).offers[0]
    world.offers.accept(booking_id, offer.offer_id, Choice.NEW_TIME, how="api")
    assert world.booking(booking_id).bonus == 600
    declare(world)
    world.until(START + 2 * HALF)
    assert world.booking(booking_id).bonus == 900
    assert len(world.booking(booking_id).offers) == 1
    assert letters(world, "bonus minutes for you") == 1
    world.assert_books_are_right()


def test_declared_twice_and_repeated_it_pays_nobody_twice() -> None:
    # S1.13, S1.15
    world, booking_id = absent_customer()
    declare(world)
    world.until(START + 2 * HALF)
    declare(world, "declared-2")
    world.until(START + 4 * HALF)
    assert world.booking(booking_id).bonus == 900
    assert len(world.booking(booking_id).offers) == 1
    assert letters(world, "please choose") == 1
    assert len(world.events(booking_id, e.OutageFound)) == 1


def test_session_that_came_through_gets_nothing() -> None:
    # S1.13: exactly the broken ones
    world = World()
    booking_id = world.booked()
    world.person(CUSTOMER, (*COMES, Drop(300)), COMES)
    world.until(START + 2 * HALF)
    assert world.closed(booking_id).bill.unused == 0
    declare(world)
    world.until(START + 3 * HALF)
    assert world.booking(booking_id).outages == frozenset()
    assert world.booking(booking_id).bonus == 0


def test_session_that_is_still_in_trouble_when_it_is_declared_is_found_too() -> None:
    # S1.13
    world = World()
    booking_id = world.booked()
    world.person(OPERATOR, SILENT)
    world.person(OPERATOR_BACKUP, SILENT)
    world.until(START + timedelta(minutes=5))
    extent = Extent(START - timedelta(minutes=5), START + timedelta(minutes=5))
    world.outage_records.declare(extent, MANAGER, world.replay("manager", "declared-1"))
    world.until(START + 2 * HALF)
    assert world.booking(booking_id).bonus == 900


@pytest.mark.parametrize("seconds", [0, 366 * 86400])
def test_a_range_of_no_length_or_of_a_year_is_refused(seconds: int) -> None:
    # S1.13
    world = World()
    end = world.exchange.now
    extent = Extent(end - timedelta(seconds=seconds), end)
    with pytest.raises(RuleBroken, match=r"range_"):
        world.outage_records.declare(extent, MANAGER, world.replay("manager", "declared-1"))
