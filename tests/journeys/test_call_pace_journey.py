"""The provider places one call a second: who waits, who goes first, and who is never rung."""

from datetime import datetime, timedelta

from infra.local.exchange.people import Answer, Drop, Press
from shared.domain import events as e
from shared.domain.booking import Status
from shared.domain.session.legs import NO_TURN, Side
from tests.journeys.world import CUSTOMER, OPERATOR, OPERATOR_BACKUP, START, World

SESSIONS = 8
SECOND = timedelta(seconds=1)
EARLIER = START - timedelta(minutes=30)


def number(n: int) -> str:
    return f"+120255501{n:02d}"


def crowd(world: World, sessions: int, starts_at: datetime = START) -> list[str]:
    """Paid bookings at one start, each with an operator of his own."""
    booked = []
    for n in range(sessions):
        world.operator(f"operator-{n}", number(40 + n))
        booked.append(
            world.book(
                customer_id=f"customer-{n}",
                operator_id=f"operator-{n}",
                starts_at=starts_at,
                backup=None,
            )
        )
        world.pay(booked[-1])
    return booked


def rung(world: World) -> list[tuple[datetime, str]]:
    """When the provider was asked to ring whom, in order."""
    return [(call.created, call.to) for call in reversed(world.exchange.calls())]


def test_sessions_of_one_start_are_rung_one_a_second_and_none_twice() -> None:
    # S1.4
    world = World(calls_per_second=1)
    booked = crowd(world, SESSIONS)
    world.until(START + timedelta(minutes=2))
    calls = rung(world)
    assert len(calls) == 2 * SESSIONS
    assert CUSTOMER not in {to for _, to in calls[:3]}
    # Some come within a second before their moment: so long the provider holds them back itself.
    assert all(at - START >= (n - 2) * SECOND for n, (at, _) in enumerate(calls))
    for booking_id in booked:
        session = world.session(booking_id)
        assert session.joined
        assert [leg.looked_up_at for leg in session.legs] == [None, None]
    world.until(START + timedelta(hours=1))
    assert {world.closed(b).bill.billed for b in booked} == {1800}
    world.assert_books_are_right()


def test_a_redial_goes_before_sessions_that_start() -> None:
    # S1.5: rung 60 s after the drop, whoever else waits
    world = World(calls_per_second=1)
    world.operator("boris", OPERATOR, OPERATOR_BACKUP)
    dropped = world.book(starts_at=EARLIER, minutes=60, backup=None)
    world.pay(dropped)
    # Both are joined some ten seconds after the start; the line drops a minute before the crowd's.
    world.person(CUSTOMER, (Answer(3), Press("1", 2), Drop(1800 - 60 - 10)))
    booked = crowd(world, 20)
    world.until(START + timedelta(minutes=2))
    gap = world.events(dropped, e.LineDropped)[0].moment
    redial = world.session(dropped).of(Side.CUSTOMER)[1]
    assert redial.turn is None, "it waited"
    (asked,) = [call for call in world.exchange.calls() if call.sid == redial.call_id]
    assert asked.created - gap == timedelta(seconds=60)
    waiting = [b for b in booked if world.session(b).legs[0].rung_at > asked.created]
    assert waiting, "nobody was waiting when the redial came"
    world.until(START + timedelta(hours=1))
    assert {world.closed(b).bill.billed for b in booked} == {1800}
    world.assert_books_are_right()


def test_a_leg_not_wanted_any_more_is_not_rung_when_its_turn_comes() -> None:
    # S1.5
    world = World(calls_per_second=0.1)
    booked = crowd(world, 4)
    world.until(START + SECOND)
    last = max(booked, key=lambda b: world.session(b).legs[0].rung_at)
    world.office.end(last, world.replay(world.booking(last).customer_id))
    world.until(START + timedelta(minutes=3))
    assert world.booking(last).status is Status.COMPLETED
    leg = world.session(last).legs[0]
    assert leg.turn is not None and leg.call_id is None
    assert len(rung(world)) >= 2 * (len(booked) - 1)


def test_a_start_that_waits_for_minutes_is_neither_given_up_nor_looked_for() -> None:
    # S1.4, S1.4b
    world = World(calls_per_second=0.0125)
    booked = crowd(world, 4)
    world.until(START + timedelta(minutes=40))
    sessions = [world.session(b) for b in booked]
    assert all(session.joined for session in sessions)
    assert max(session.legs[0].rung_at - START for session in sessions) >= timedelta(minutes=5)
    for session in sessions:
        assert all(leg.outcome != "never placed" for leg in session.legs)
        assert len(session.of(Side.OPERATOR)) == 1


def test_a_start_without_a_turn_in_time_is_closed_and_all_minutes_go_back() -> None:
    # S1.7: nobody is rung out of the blue, and nobody's absence is blamed
    world = World(calls_per_second=0.004)
    booked = crowd(world, 6)
    world.until(START + timedelta(hours=2))
    missed = [b for b in booked if world.closed(b).reason is e.EndReason.START_MISSED]
    assert missed
    for booking_id in missed:
        assert NO_TURN in {leg.outcome for leg in world.session(booking_id).legs}
        assert world.closed(booking_id).bill.unused == 1800
    world.assert_books_are_right()


def test_a_start_that_others_pass_for_too_long_is_closed_in_time() -> None:
    # S1.9, S1.10: ten minutes at most, though whoever is awaited on a line goes before it
    world = World(calls_per_second=0.02)
    booked = crowd(world, 12)
    world.until(START + timedelta(hours=2))
    first = [world.session(b).legs[0] for b in booked]
    calls = {call.sid: call.created - START for call in world.exchange.calls()}
    rung_after = [calls[leg.call_id] for leg in first if leg.call_id is not None]
    assert max(rung_after) <= timedelta(minutes=10)
    missed = [b for b in booked if world.closed(b).reason is e.EndReason.START_MISSED]
    assert len(missed) == len(first) - len(rung_after) > 0
    for booking_id in missed:
        closed = world.closed(booking_id)
        assert closed.ended_at - START <= timedelta(minutes=10)
        assert closed.bill.unused == 1800
    world.assert_books_are_right()
