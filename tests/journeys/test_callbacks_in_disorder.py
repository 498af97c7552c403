"""The same callbacks repeated, shuffled, late or lost give the same bill (Never 5)."""

import random
from collections.abc import Mapping
from datetime import timedelta

import pytest

from infra.local.exchange.people import Answer, CallBack, Drop, NoAnswer, Press, Steps
from shared.domain.booking import Status
from shared.domain.events import EndReason
from shared.domain.session.billing import Bill
from tests.journeys.world import BACKUP, CUSTOMER, OPERATOR, START, Deliveries, World

COMES: Steps = (Answer(3), Press("1", 2))
SILENT: Steps = (NoAnswer(),)
STORIES: dict[str, tuple[tuple[Steps, ...], tuple[Steps, ...], tuple[Steps, ...]]] = {
    "undisturbed": ((COMES,), (COMES,), (COMES,)),
    "redialled": (((*COMES, Drop(900)), SILENT), (COMES,), (COMES,)),
    "called back": (((*COMES, Drop(900), CallBack(20)),), (COMES,), (COMES,)),
    "operator lost": ((COMES,), (COMES,), ((*COMES, Drop(600)), COMES)),
    "not restored": (((*COMES, Drop(900)), SILENT), (SILENT,), (COMES,)),
}


def played(story: str, deliveries: Deliveries | None = None) -> tuple[EndReason, Bill, int]:
    main, backup, operator = STORIES[story]
    world = World(deliveries=deliveries) if deliveries else World()
    booking_id = world.booked()
    world.person(CUSTOMER, *main)
    world.person(BACKUP, *backup)
    world.person(OPERATOR, *operator)
    world.until(START + timedelta(hours=2))
    assert world.booking(booking_id).status is Status.COMPLETED
    world.assert_books_are_right()
    closed = world.closed(booking_id)
    assert closed.bill.wall == closed.bill.waiting + closed.bill.talk + closed.bill.gap
    return closed.reason, closed.bill, world.balance_seconds()


@pytest.mark.parametrize("story", STORIES)
def test_callbacks_that_come_twice_change_nothing(story: str) -> None:
    # Never 5
    assert played(story, lambda route, form: (0.0, 0.0)) == played(story)
    assert played(story, lambda route, form: (0.0, 40.0)) == played(story)


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("seed", range(10))
def test_callbacks_out_of_order_give_the_same_billed_seconds(story: str, seed: int) -> None:
    # Never 5: late by up to four seconds, which is longer than most are apart
    chance = random.Random(seed)

    def shuffled(route: str, form: Mapping[str, str]) -> tuple[float, ...]:
        return tuple(chance.uniform(0, 4) for _ in range(chance.choice((1, 1, 2))))

    reason, bill, balance = played(story)
    disturbed_reason, disturbed, disturbed_balance = played(story, shuffled)
    assert (disturbed_reason, disturbed_balance) == (reason, balance)
    assert disturbed.billed == bill.billed


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("first", [0, 1])
def test_with_every_second_callback_lost_polling_recovers_the_same_bill(
    story: str, first: int
) -> None:
    # S1.5: lost ones are recovered from the provider's record of the calls
    count = iter(range(first, 10_000))

    def halved(route: str, form: Mapping[str, str]) -> tuple[float, ...]:
        return (0.0,) if next(count) % 2 == 0 else ()

    reason, bill, balance = played(story)
    lost_reason, lost, lost_balance = played(story, halved)
    assert (lost_reason, lost.billed, lost_balance) == (reason, bill.billed, balance)


@pytest.mark.parametrize("story", STORIES)
def test_without_any_callback_nothing_is_billed_that_was_not_talked(story: str) -> None:
    # Never 4, S4.2: only the questions that need an answer reach us
    reason, bill, _ = played(story)
    silent_reason, silent, _ = played(story, lambda route, form: ())
    assert silent.billed <= bill.billed
    assert silent_reason in (reason, EndReason.NOT_RESTORED)
