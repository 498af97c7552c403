"""What detection hands over again and again becomes one proposal, and ends when it ended."""

from datetime import datetime

import pytest

from shared.domain.outage import commands as c
from shared.domain.outage.events import Extent
from shared.domain.outage.outage import Outage, Status
from tests.unit.application.outage_town import DAY, HOUR, MAX, MINUTE, NOON, Town

SEEN = {"seen": "3", "expected": "40.0"}


def propose(town: Town, until: datetime | None = None) -> Outage:
    return town.insisted(lambda: town.records.propose("orders_silent", NOON, until, SEEN))


def all_of(town: Town) -> list[tuple[datetime, datetime | None]]:
    return [(one.since, one.until) for one in town.store.outages(None, 99).items]


def test_an_outage_that_goes_on_for_days_is_proposed_once() -> None:  # S1.13
    town = Town()
    first = propose(town)
    town.now += 3 * DAY
    town.store.forget_keys()
    assert propose(town).number == first.number
    assert all_of(town) == [(NOON, None)]


def test_a_proposal_hears_of_its_end_and_can_be_confirmed_without_another() -> None:  # S1.13
    town = Town()
    number = propose(town).number
    town.now += 3 * DAY
    assert propose(town, NOON + 2 * DAY).until == NOON + 2 * DAY
    assert propose(town, NOON + 2 * DAY + MINUTE).until == NOON + 2 * DAY
    assert all_of(town) == [(NOON, NOON + 2 * DAY)]
    confirmed = town.records.confirm(number, c.Confirm(MAX))
    assert confirmed.extent == Extent(NOON, NOON + 2 * DAY)


def test_what_went_on_after_a_manager_had_declared_it_is_proposed_too() -> None:
    # S1.13: every session it broke
    town = Town()
    number = propose(town).number
    town.records.confirm(number, c.Confirm(MAX, until=town.now))
    declared, town.now = town.now, town.now + 2 * HOUR
    assert propose(town).number == number
    assert all_of(town) == [(NOON, declared)]
    for _ in range(2):
        propose(town, NOON + 2 * HOUR)
    assert all_of(town) == [(declared, NOON + 2 * HOUR), (NOON, declared)]
    rest = town.store.outages(None, 1).items[0]
    assert rest.status is Status.PROPOSED
    assert town.records.load(rest.number).state.evidence == SEEN | {"after_outage": number}


def test_the_end_of_what_was_declared_in_full_or_dismissed_asks_nobody() -> None:  # S1.13
    town = Town()
    town.records.confirm(propose(town).number, c.Confirm(MAX, until=NOON + HOUR))
    propose(town, NOON + HOUR)
    assert all_of(town) == [(NOON, NOON + HOUR)]
    other = Town()
    other.ask(propose(other).number, c.Dismiss(MAX))
    other.now += DAY
    assert propose(other, NOON + HOUR).status is Status.DISMISSED
    assert all_of(other) == [(NOON, None)]


@pytest.mark.parametrize("until", [None, NOON + HOUR])
def test_two_who_propose_at_once_propose_the_same(until: datetime | None) -> None:  # S1.13
    town = Town()
    here, there = (town.machine(off)[0] for off in (5 * MINUTE, -5 * MINUTE))
    numbers = {one.propose("orders_silent", NOON, until, SEEN).number for one in (here, there)}
    assert len(numbers) == len(all_of(town)) == 1
