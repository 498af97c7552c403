"""Offers race safely: two taps, two devices, the sweep and a tap, crashes, clocks that differ."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from infra.local.exchange.people import NoAnswer
from shared.application.offers import Accepted, OfferDesk
from shared.application.store import Change
from shared.domain import events as e
from shared.domain.errors import Conflict, RuleBroken
from shared.domain.events import Choice
from tests.journeys.world import OPERATOR, OPERATOR_BACKUP, START, World


class Meanwhile:
    """Does something once, just before the next commit or just after it."""

    def __init__(self) -> None:
        self.when, self.what = "", None  # type: str, Callable[[], object] | None

    def __call__(self, when: str, change: Change) -> None:
        if self.what is not None and when == self.when:
            what, self.what = self.what, None
            what()

    def arm(self, when: str, what: Callable[[], object]) -> None:
        self.when, self.what = when, what


def offered() -> tuple[World, str, Meanwhile]:
    """Nobody came to Anna's session; she has an open offer."""
    meanwhile = Meanwhile()
    world = World(fault=meanwhile)
    booking_id = world.booked()
    world.person(OPERATOR, (NoAnswer(),))
    world.person(OPERATOR_BACKUP, (NoAnswer(),))
    world.until(START + timedelta(minutes=15))
    return world, booking_id, meanwhile


def tap(world: World, booking_id: str, choice: Choice, how: str = "link") -> Accepted:
    offer = world.booking(booking_id).offers[0]
    return world.offers.accept(booking_id, offer.offer_id, choice, how=how)


def answers(world: World, booking_id: str) -> list[Choice]:
    return [event.choice for event in world.events(booking_id, e.OfferAccepted)]


def test_two_taps_at_once_are_one_answer() -> None:
    # S1.10, S1.15
    world, booking_id, meanwhile = offered()
    meanwhile.arm("before", lambda: tap(world, booking_id, Choice.NEW_TIME))
    tap(world, booking_id, Choice.NEW_TIME)
    world.settle()
    assert answers(world, booking_id) == [Choice.NEW_TIME]
    assert world.booking(booking_id).bonus == 600
    world.assert_books_are_right()


def test_of_two_devices_that_choose_differently_the_first_counts() -> None:
    # S1.10
    world, booking_id, meanwhile = offered()
    meanwhile.arm("before", lambda: tap(world, booking_id, Choice.REFUND, "api"))
    with pytest.raises(RuleBroken, match="You have chosen: refund"):
        tap(world, booking_id, Choice.NEW_TIME)
    world.until(START + timedelta(minutes=30))
    assert answers(world, booking_id) == [Choice.REFUND]
    assert (world.booking(booking_id).bonus, world.balance_seconds()) == (0, 0)
    world.assert_books_are_right()


def test_an_offer_accepted_while_the_sweep_ends_it_is_over() -> None:
    # S1.10
    world, booking_id, meanwhile = offered()
    until = world.booking(booking_id).offers[0].until
    world.until(until - timedelta(seconds=1))
    # The timer's worker has the same moment a second later, and is the faster one.
    meanwhile.arm("before", lambda: world.until(until + timedelta(seconds=1)))
    with pytest.raises(RuleBroken, match="over"):
        tap(world, booking_id, Choice.REFUND)
    assert (answers(world, booking_id), world.booking(booking_id).bonus) == ([], 600)
    world.assert_books_are_right()


def test_the_sweep_that_ends_an_offer_just_accepted_does_nothing() -> None:
    # S1.10
    world, booking_id, _ = offered()
    until = world.booking(booking_id).offers[0].until
    world.until(until - timedelta(seconds=1))
    tap(world, booking_id, Choice.NEW_TIME)
    world.until(until + timedelta(minutes=2))
    assert world.events(booking_id, e.OfferLapsed) == []
    assert world.booking(booking_id).bonus == 600
    world.assert_books_are_right()


class Shifted:
    """A clock that is wrong by so much."""

    def __init__(self, world: World, by: timedelta) -> None:
        self._world, self._by = world, by

    def now(self) -> datetime:
        return self._world.exchange.now + self._by


@pytest.mark.parametrize("minutes", [-5, 5])
def test_workers_whose_clocks_differ_by_five_minutes_answer_an_offer_once(minutes: int) -> None:
    # S1.10, Never 6
    world, booking_id, _ = offered()
    until = world.booking(booking_id).offers[0].until
    world.until(until - timedelta(minutes=2))
    elsewhere = type(world.bookings)(
        world.store, Shifted(world, timedelta(minutes=minutes)), lambda attempt: None, world.records
    )
    desk = OfferDesk(elsewhere, world.contacts, world.arrangements)
    offer_id = world.booking(booking_id).offers[0].offer_id
    try:
        desk.accept(booking_id, offer_id, Choice.NEW_TIME, how="link")
    except RuleBroken as over:
        assert (minutes, over.code) == (5, "offer_over")
    world.until(until + timedelta(minutes=10))
    ended = world.events(booking_id, e.OfferLapsed)
    assert len(answers(world, booking_id)) + len(ended) == 1
    assert world.booking(booking_id).bonus == 600
    world.assert_books_are_right()


@pytest.mark.parametrize("choice", [Choice.CALL_NOW, Choice.NEW_TIME, Choice.REFUND])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_around_the_answer_loses_nothing_and_doubles_nothing(
    choice: Choice, when: str
) -> None:
    # S1.10, S4.2
    world, booking_id, meanwhile = offered()
    world.operator("clara", "+12025550131")

    def crash() -> None:
        raise ConnectionError("the worker is gone")

    meanwhile.arm(when, crash)
    with pytest.raises(ConnectionError):
        tap(world, booking_id, choice)
    made = tap(world, booking_id, choice)
    assert (made.new_booking is not None) is (choice is Choice.CALL_NOW)
    world.until(START + timedelta(hours=3))
    assert answers(world, booking_id) == [choice]
    assert world.booking(booking_id).bonus == (0 if choice is Choice.REFUND else 600)
    world.assert_books_are_right()


def test_two_customers_want_the_last_free_operator_and_one_of_them_may_choose_again() -> None:
    # S1.10, Never 6
    world, booking_id, meanwhile = offered()
    world.operators.withdraw("boris", START, START + timedelta(hours=4))
    world.operator("clara", "+12025550131")
    quarter = world.store.slots("clara", START, START + timedelta(hours=1))[0].quarter

    def taken() -> None:
        world.operators.withdraw("clara", quarter, START + timedelta(hours=4))

    meanwhile.arm("before", taken)
    with pytest.raises(Conflict, match=r"not free|Nobody is free"):
        tap(world, booking_id, Choice.CALL_NOW)
    assert world.booking(booking_id).offers[0].is_open
    tap(world, booking_id, Choice.REFUND)
    world.until(START + timedelta(hours=1))
    world.assert_books_are_right()
