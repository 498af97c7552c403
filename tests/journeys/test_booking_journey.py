"""Booking, moving and cancelling, and finding the caller's session."""

from datetime import timedelta

import pytest

from infra.local.exchange.people import Answer, Drop, NoAnswer, Press
from infra.local.payments.faults import RequestFault
from shared.application.store import SlotTaken
from shared.domain import events as e
from shared.domain.booking import Status
from shared.domain.errors import NotFound, RuleBroken
from shared.domain.lots import money_of
from shared.domain.session.instructions import AskKeys, HangUp, Prompt, Say
from shared.domain.session.legs import Side
from tests.journeys.world import BACKUP, CUSTOMER, OPERATOR, OTHER_OPERATOR, START, World

LATER = START + timedelta(hours=2)


def test_any_free_operator_is_one_who_is_free_for_the_whole_length() -> None:
    # S1.1, S1.2
    world = World()
    world.operator("boris", OPERATOR)
    world.operator("vera", OTHER_OPERATOR)
    world.book(operator_id="boris", starts_at=START + timedelta(minutes=15))
    found = world.book(customer_id="dora", operator_id=None, minutes=30)
    assert world.booking(found).operator_id == "vera"
    with pytest.raises(SlotTaken):
        world.book(customer_id="emil", operator_id=None, minutes=30)


def test_operator_is_never_booked_twice_for_overlapping_time() -> None:
    # S1.2, Never 6
    world = World()
    world.operator("boris", OPERATOR)
    world.book(minutes=40)
    for start in (START, START + timedelta(minutes=15), START + timedelta(minutes=30)):
        with pytest.raises(SlotTaken):
            world.book(customer_id="dora", starts_at=start)
    world.book(customer_id="dora", starts_at=START + timedelta(minutes=45))


def test_time_not_offered_cannot_be_booked() -> None:
    # S1.2
    world = World()
    world.operator("boris", OPERATOR, hours=1)
    with pytest.raises(SlotTaken):
        world.book(starts_at=START + timedelta(minutes=45), minutes=30)


def test_the_same_request_twice_books_once_and_answers_the_same() -> None:
    # S1.2
    world = World()
    world.operator("boris", OPERATOR)
    first = world.book(key="once")
    assert world.book(key="once") == first
    with pytest.raises(SlotTaken):
        world.book(key="other")


def test_moved_booking_frees_its_old_time_and_claims_the_new() -> None:
    # S2.3
    world = World()
    booking_id = world.booked()
    world.office.move(booking_id, LATER, world.replay())
    assert world.booking(booking_id).starts_at == LATER
    world.book(customer_id="dora")
    with pytest.raises(SlotTaken):
        world.book(customer_id="emil", starts_at=LATER)
    world.until(LATER + timedelta(hours=1))
    assert world.closed(booking_id).bill.billed == 1800
    assert world.session(booking_id).started_at == LATER


def test_move_by_a_quarter_keeps_the_time_both_share() -> None:
    # S2.3
    world = World()
    booking_id = world.booked()
    world.office.move(booking_id, START + timedelta(minutes=15), world.replay())
    with pytest.raises(SlotTaken):
        world.book(customer_id="dora", minutes=15, starts_at=START + timedelta(minutes=30))
    world.book(customer_id="dora", minutes=15)


def test_move_to_time_that_is_taken_leaves_everything_as_it_was() -> None:
    # S2.3
    world = World()
    booking_id = world.booked()
    world.book(customer_id="dora", starts_at=LATER)
    with pytest.raises(SlotTaken):
        world.office.move(booking_id, LATER, world.replay())
    assert world.booking(booking_id).starts_at == START


def test_cancelled_booking_paid_by_card_is_refunded_and_its_time_is_free() -> None:
    # S2.3
    world = World()
    booking_id = world.booked()
    intent = world.booking(booking_id).intent_id
    world.office.cancel(booking_id, world.replay())
    world.settle()
    assert world.booking(booking_id).status is Status.CANCELLED
    assert [r.amount for r in world.provider.refunds_of(intent or "")] == [
        world.booking(booking_id).card_due
    ]
    world.book(customer_id="dora")
    world.assert_books_are_right()


def test_booking_paid_from_the_balance_is_scheduled_at_once_and_given_back_when_cancelled() -> None:
    # S1.1, S2.3, S2.9
    world = World()
    first = world.booked()
    world.until(START)
    world.office.end(first, world.replay())
    world.until(START + timedelta(minutes=5))
    assert world.balance_seconds() == 1800
    second = world.book(starts_at=LATER, use_balance=True)
    assert world.booking(second).status is Status.SCHEDULED
    assert world.balance_seconds() == 0
    world.office.cancel(second, world.replay())
    assert world.balance_seconds() == 1800
    world.assert_books_are_right()


def test_reserved_minutes_come_back_when_the_rest_is_not_paid_in_time() -> None:
    # S2.10
    world = World()
    first = world.booked()
    world.until(START)
    world.office.end(first, world.replay())
    world.until(START + timedelta(minutes=5))
    second = world.book(starts_at=LATER, minutes=60, use_balance=True)
    assert (world.booking(second).card_seconds, world.balance_seconds()) == (1800, 0)
    world.until(START + timedelta(minutes=21))
    assert world.booking(second).status is Status.EXPIRED
    assert world.balance_seconds() == 1800
    world.assert_books_are_right()


def test_hold_lasts_no_longer_than_until_the_start() -> None:
    # S2.10
    world = World()
    world.operator("boris", OPERATOR)
    world.until(START - timedelta(minutes=5))
    booking_id = world.book()
    assert world.booking(booking_id).hold_until == START


def test_decline_leaves_the_slot_and_another_card_pays_the_same_intent() -> None:
    # S2.10
    world = World()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    declined = world.pay(booking_id, "pm_card_chargeDeclinedInsufficientFunds")
    assert world.booking(booking_id).decline_code == "insufficient_funds"
    assert world.pay(booking_id) == declined
    assert world.booking(booking_id).status is Status.SCHEDULED
    world.assert_books_are_right()


def test_payment_provider_that_is_down_leaves_the_booking_to_be_paid_again() -> None:
    # S2.10
    world = World()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    world.provider.faults.order_request(RequestFault.TIMEOUT, count=2, method="POST")
    with pytest.raises(Exception, match="did not answer"):
        world.payments.start(booking_id)
    world.pay(booking_id)
    assert world.booking(booking_id).status is Status.SCHEDULED


def test_nothing_can_be_paid_once_the_hold_is_over() -> None:
    # S2.10
    world = World()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    world.until(world.exchange.now + timedelta(minutes=16))
    with pytest.raises(RuleBroken, match="nothing_to_pay"):
        world.payments.start(booking_id)


def test_number_shared_by_two_open_sessions_is_asked_for_the_booking_number() -> None:
    # S1.5
    world = World()
    first = world.booked()
    world.operator("vera", OTHER_OPERATOR)
    second = world.book(customer_id="dora", operator_id="vera")
    world.pay(second)
    world.until(START + timedelta(seconds=1))
    (ask, _) = world.desk.called_in(CUSTOMER, "CA77").instructions
    assert isinstance(ask, AskKeys)
    assert ask.prompt is Prompt.ENTER_BOOKING_NUMBER
    world.desk.gave_number("CA77", second)
    assert [leg.leg_id for leg in world.session(second).of(Side.CUSTOMER)] == ["in-CA77"]
    assert world.session(first).of(Side.CUSTOMER) == ()


@pytest.mark.parametrize("digits", ["", "1", "100000000017", "999999999999"])
def test_wrong_booking_number_is_told_that_there_is_no_call(digits: str) -> None:
    # S1.5
    world = World()
    world.until(START)
    assert world.desk.gave_number("CA77", digits).instructions == (
        Say(Prompt.NO_OPEN_SESSION),
        HangUp(),
    )


def test_callback_for_an_unknown_call_is_refused_and_stores_nothing() -> None:
    # S1.5
    world = World()
    booking_id = world.booked()
    before = world.store.history(booking_id)
    with pytest.raises(NotFound):
        world.desk.answered(booking_id, f"{booking_id}-9", "CA1")
    with pytest.raises(NotFound):
        world.desk.answered("100000000006", "100000000006-1", "CA1")
    assert world.store.history(booking_id) == before


def test_neither_side_sees_the_others_number() -> None:
    # S1.4
    world = World()
    booking_id = world.booked()
    world.until(START + timedelta(minutes=2))
    assert world.events(booking_id, e.SidesJoined)
    assert {call.sender for call in world.exchange.calls()} == {world.exchange.number}


def test_two_on_a_leg_that_lost_the_race_does_not_end_the_session() -> None:
    # S1.5
    world = World()
    booking_id = world.booked()
    world.person(CUSTOMER, (Answer(3), Press("1", 2), Drop(600)), (Answer(3),))
    world.until(START + timedelta(seconds=10 + 600 + 64))
    out = world.session(booking_id).of(Side.CUSTOMER)[-1]
    assert out.call_id is not None
    world.desk.called_in(CUSTOMER, "CA77")
    world.desk.keys(booking_id, "in-CA77", "CA77", "confirm", "1")
    world.desk.keys(booking_id, out.leg_id, out.call_id, "confirm", "2")
    assert world.booking(booking_id).status is Status.LIVE


def test_operator_is_not_rung_for_the_next_session_while_the_one_before_runs_over() -> None:
    # S1.2, Never 6: the next booking was made too late to be told of the delay
    world = World()
    first = world.booked()
    world.person(
        CUSTOMER, (Answer(3), Press("1", 2), Drop(900)), (NoAnswer(),), (Answer(3), Press("1", 2))
    )
    world.person(BACKUP, (Answer(3), Press("1", 2), Drop(780)), (Answer(3), Press("1", 2)))
    world.until(START + timedelta(minutes=29))
    with pytest.raises(SlotTaken):
        world.book(customer_id="dora", starts_at=START + timedelta(minutes=30), backup=None)
    world.until(START + timedelta(hours=1))
    assert world.closed(first).bill.billed == 1800
    world.assert_books_are_right()


def test_start_is_on_its_second_also_when_it_was_paid_just_before() -> None:
    # S1.4: not a sweep later
    for paid_before in (30, 60, 95, 105, 119, 125, 170):
        world = World()
        world.operator("boris", OPERATOR)
        world.until(START - timedelta(minutes=5, seconds=17))
        booking_id = world.book()
        world.until(START - timedelta(seconds=paid_before))
        world.pay(booking_id)
        world.until(START + timedelta(minutes=3))
        assert world.session(booking_id).started_at == START, paid_before


def test_refund_that_fails_at_the_bank_leaves_the_money_on_the_balance() -> None:
    # S2.2, Never 3
    world = World()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    payment_id = world.pay(booking_id, "pm_card_refundFail")
    due = world.booking(booking_id).card_due
    world.office.cancel(booking_id, world.replay())
    world.until(world.exchange.now + timedelta(hours=2))
    refunds = world.records.load(payment_id).state.refunds
    assert [refund.status for refund in refunds] == ["failed"]
    assert money_of(world.store.lots("anna")) == {due.currency: due.minor}
    world.assert_books_are_right()


def test_refund_that_takes_its_time_is_settled_when_the_bank_has_done_it() -> None:
    # S2.2
    world = World()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    payment_id = world.pay(booking_id, "pm_card_pendingRefund")
    world.office.cancel(booking_id, world.replay())
    world.settle()
    (refund,) = world.records.load(payment_id).state.refunds
    assert refund.status == "accepted"
    world.until(world.exchange.now + timedelta(hours=2))
    (refund,) = world.records.load(payment_id).state.refunds
    assert refund.status == "settled"
    world.assert_books_are_right()


def test_drop_during_a_pause_of_every_callback_and_sweep_is_found_when_they_come_back() -> None:
    # S1.5, S4.2
    world = World(deliveries=lambda route, form: ())
    booking_id = world.booked(backup=None)
    world.person(CUSTOMER, (Answer(3), Press("1", 2), Drop(600)), (Answer(3), Press("1", 2)))
    world.until(START + timedelta(minutes=5))
    world.sweeping = False
    world.until(START + timedelta(minutes=16))
    world.sweeping = True
    world.until(START + timedelta(hours=1))
    assert world.events(booking_id, e.LineDropped)
    assert world.closed(booking_id).bill.talk <= 1800
    world.assert_books_are_right()
