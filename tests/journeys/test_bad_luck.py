"""Messages delivered twice, providers that do not answer, commits whose answer is lost."""

from collections import Counter
from datetime import timedelta
from typing import Literal

import pytest

from infra.local.exchange.callbacks import Faults
from infra.local.exchange.people import Answer, Drop, NoAnswer, Press
from infra.local.payments.faults import RequestFault
from shared.application.store import Busy, Change, StaleRead
from shared.domain import events as e
from shared.domain.booking import Status
from shared.domain.session.legs import Side
from tests.journeys.world import BACKUP, CUSTOMER, START, World


def dropped_and_restored(world: World) -> str:
    booking_id = world.booked()
    world.person(CUSTOMER, (Answer(3), Press("1", 2), Drop(900)), (NoAnswer(),))
    world.person(BACKUP, (Answer(3), Press("1", 2)))
    world.until(START + timedelta(hours=1))
    return booking_id


def assert_had_all(world: World, booking_id: str) -> None:
    closed = world.closed(booking_id)
    assert (closed.bill.billed, closed.bill.unused) == (1800, 0)
    world.assert_books_are_right()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("fault", [Busy, StaleRead])
def test_commits_that_fail_or_whose_answer_is_lost_change_nothing(
    moment: Literal["before", "after"], fault: type[Busy | StaleRead]
) -> None:
    # S4.2, Never 1: every third commit is throttled, in conflict, or done with its answer lost
    count = Counter[str]()

    def unlucky(when: str, change: Change) -> None:
        count[when] += 1
        if when == moment and count[when] % 3 == 0:
            raise fault("injected", "Injected by the test.")

    world = World(fault=unlucky)
    assert_had_all(world, dropped_and_restored(world))


def test_payment_events_delivered_fifty_times_count_once() -> None:
    # Never 1
    world = World(webhooks=50)
    booking_id = dropped_and_restored(world)
    assert len(world.events(booking_id, e.PaymentConfirmed)) == 1
    assert_had_all(world, booking_id)


def test_without_any_payment_event_the_deadline_finds_the_money() -> None:
    # S2.10: cancelling the intent answers "succeeded"
    world = World(webhooks=0)
    world.operator("boris", "+12025550121")
    booking_id = world.book()
    world.pay(booking_id)
    assert world.booking(booking_id).status is Status.HELD
    world.until(world.exchange.now + timedelta(minutes=16))
    assert world.booking(booking_id).status is Status.SCHEDULED
    world.assert_books_are_right()


def test_money_for_a_slot_that_somebody_else_took_is_credited_and_spent_later() -> None:
    # S2.10
    world = World(webhooks=0)
    world.operator("boris", "+12025550121")
    late = world.book()
    intent = world.payments.start(late).intent
    world.until(world.exchange.now + timedelta(minutes=15, seconds=1))
    assert world.booking(late).status is Status.EXPIRED
    other = world.book(customer_id="dora")
    assert world.booking(other).status is Status.HELD
    with pytest.raises(Exception, match="unexpected_state"):
        world.provider.pay(intent.intent_id)  # the intent is cancelled with the slot


@pytest.mark.parametrize("fault", ["429", "500", "timeout"])
def test_provider_that_does_not_answer_a_call_request_rings_nobody_twice(fault: str) -> None:
    # S1.4: a call of unknown outcome is looked up by number and time
    world = World()
    booking_id = world.booked()
    world.exchange.courier.faults = Faults(placing=(fault,))
    world.until(START + timedelta(hours=1))
    assert_had_all(world, booking_id)
    operator = world.session(booking_id).of(Side.OPERATOR)
    confirmed = [leg for leg in operator if leg.confirmed_at is not None]
    assert len(confirmed) == 1
    rung = [call for call in world.exchange.calls() if call.to == "+12025550121"]
    assert len(rung) == 1


def test_request_to_ring_delivered_twice_joins_one_call() -> None:
    # S1.4: the call that was not noted never joins
    world = World()
    booking_id = world.booked()
    world.until(START)
    leg = world.session(booking_id).legs[0]
    world.room._provider.place_call("+12025550121", leg.leg_id, booking_id, 25)
    world.until(START + timedelta(hours=1))
    assert_had_all(world, booking_id)
    assert len([x for x in world.session(booking_id).of(Side.OPERATOR) if x.confirmed_at]) == 1


@pytest.mark.parametrize("fault", [f for f in RequestFault if f is not RequestFault.SLOW])
def test_refund_that_meets_misfortune_is_looked_up_and_paid_once(fault: RequestFault) -> None:
    # Never 2: a key replays even a stored 500, so the next attempt has another key
    world = World()
    booking_id = world.booked()
    world.provider.faults.order_request(fault, method="POST", path="/v1/refunds")
    world.office.cancel(booking_id, world.replay())
    world.until(world.exchange.now + timedelta(hours=1))
    booking = world.booking(booking_id)
    payment = world.records.load(str(booking.intent_id)).state
    assert [refund.status for refund in payment.refunds] == ["settled"]
    made = world.provider.refunds_of(payment.payment_id)
    assert [refund.amount for refund in made] == [booking.card_due]
    world.assert_books_are_right()
