"""A day as it went, and what anybody may read of it afterwards: exact figures (S1.16)."""

from datetime import timedelta

import pytest

from infra.local.exchange.people import Answer, Drop, NoAnswer, Press, Steps
from shared.domain import events as e
from shared.domain.events import EndReason
from tests.journeys.world import BACKUP, CUSTOMER, OPERATOR, OPERATOR_BACKUP, START, World
from tests.unit.http.desk_house import DeskHouse

COMES: Steps = (Answer(3), Press("1", 2))
SILENT: Steps = (NoAnswer(),)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
FINE = 3


def booked(world: World, customer_id: str, hour: int) -> str:
    booking_id = world.book(customer_id=customer_id, starts_at=START + hour * HOUR)
    world.pay(booking_id)
    return booking_id


def played() -> tuple[DeskHouse, str, str]:
    """Fine sessions, one that dropped and came back, and one to which the operator did not come."""
    world = World()
    world.operator("boris", OPERATOR, OPERATOR_BACKUP, hours=8)
    for hour in range(FINE):
        booked(world, f"fine-{hour}", hour)
    dropped = booked(world, "dropped", FINE)
    missed = booked(world, "missed", FINE + 1)
    house = DeskHouse(world)
    world.until(START + FINE * HOUR - timedelta(minutes=5))
    world.person(CUSTOMER, (Answer(3), Press("1", 2), Drop(900)), SILENT)
    world.person(BACKUP, COMES)
    world.until(START + (FINE + 1) * HOUR - timedelta(minutes=5))
    world.person(OPERATOR, SILENT)
    world.person(OPERATOR_BACKUP, SILENT)
    world.until(START + (FINE + 2) * HOUR)
    assert world.closed(dropped).reason is EndReason.MINUTES_USED
    assert world.closed(missed).reason is EndReason.OPERATOR_ABSENT
    return house, dropped, missed


def whole_seconds(length: timedelta) -> int:
    return -(-length // SECOND)


def test_a_day_s_figures_are_exactly_what_happened() -> None:
    # S1.16
    house, dropped, missed = played()
    world = house.world
    gap = world.events(dropped, e.LineRestored)[0].moment
    gap_seconds = whole_seconds(gap - world.events(dropped, e.LineDropped)[0].moment)
    waited = whole_seconds(world.closed(missed).ended_at - (START + (FINE + 1) * HOUR))
    assert 60 <= gap_seconds <= 180 and 600 <= waited <= 660
    at = START.replace(hour=0) + timedelta(minutes=10)
    house.rooms.reliability().recount(at, world.exchange.now, lambda: True)
    while world.exchange.now < START.replace(hour=6) + timedelta(days=1):
        house.rooms.reliability().sweep(lambda: True)
        world.until(world.exchange.now + HOUR)
    answer = house.ask("GET", "/v1/reliability", query={"days": "1"}).json
    assert answer["period"] == {
        "first_day": "2026-03-02",
        "last_day": "2026-03-02",
        "hours": 24,
        "hours_counted": 24,
    }
    assert answer["counts"] == {"sessions": FINE + 2, "with_problem": 2, "critical": 1}
    figures = answer["figures"]
    assert (figures["problem_share"]["value"], figures["critical_share"]["value"]) == (0.4, 0.2)
    assert figures["minutes_to_resolve"]["value"] == pytest.approx(
        (gap_seconds + waited) / 2 / 60, abs=1e-6
    )
    assert figures["minutes_to_resolve"]["of"] == 2
