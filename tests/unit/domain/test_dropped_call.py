"""A line drops, and every paid minute is had all the same."""

from datetime import timedelta

import pytest

from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Status
from shared.domain.session.legs import Mark, Motion, Route, Side
from shared.domain.slots import NextBooking
from tests.unit.domain.play import START, Play


def dropped_at_fifteen() -> Play:
    play = Play().scheduled().joined()
    play.until(START + timedelta(minutes=15))
    play.drop(Side.CUSTOMER)
    return play


def test_thirty_minutes_dropped_at_fifteen_with_a_gap_of_three_leave_fifteen() -> None:
    # S1.6: 15 min left, not 12
    play = dropped_at_fifteen()
    while play.now < START + timedelta(minutes=17, seconds=50):
        play.until(play.now + timedelta(seconds=10))
        if play.ringing(Side.CUSTOMER) and play.now < START + timedelta(minutes=17, seconds=40):
            play.no_answer(Side.CUSTOMER)
    play.until(START + timedelta(minutes=18))
    play.answer(Side.CUSTOMER)
    restored = play.of(e.LineRestored)
    assert [event.left for event in restored] == [15 * 60]
    assert play.booking.left(play.now) == 15 * 60
    play.until(START + timedelta(minutes=33))
    play.drop(Side.CUSTOMER)
    play.hang_up_all()
    bill = play.closed().bill
    assert (bill.waiting, bill.talk, bill.hold, bill.gap) == (0, 30 * 60, 0, 3 * 60)
    assert (bill.billed, bill.unused, bill.wall) == (30 * 60, 0, 33 * 60)
    assert play.closed().reason is e.EndReason.MINUTES_USED


def test_operator_waits_a_minute_then_main_and_backup_are_redialled_until_the_deadline() -> None:
    # S1.5
    play = dropped_at_fifteen()
    drop = play.now
    before = len(play.legs(Side.CUSTOMER))
    play.until(drop + timedelta(seconds=59))
    assert len(play.legs(Side.CUSTOMER)) == before
    for _ in range(12):
        play.until(play.now + timedelta(seconds=10))
        if play.booking.status is Status.LIVE and play.ringing(Side.CUSTOMER):
            play.until(play.now + timedelta(seconds=5))
            play.no_answer(Side.CUSTOMER)
    rung = play.legs(Side.CUSTOMER)[before:]
    assert rung[0].requested_at == drop + timedelta(seconds=60)
    assert [leg.route for leg in rung[:4]] == [Route.MAIN, Route.BACKUP, Route.MAIN, Route.BACKUP]
    assert all(leg.requested_at < drop + timedelta(seconds=180) for leg in rung)
    play.until(drop + timedelta(minutes=5))
    assert play.booking.live_session.reason is e.EndReason.NOT_RESTORED
    play.hang_up_all()
    # S1.7: the unused minutes are on the balance
    assert play.closed().bill.unused == 15 * 60
    assert [lot.left for lot in play.closed().returned] == [15 * 60]


def test_crossed_calls_give_one_joined_call_and_the_other_leg_is_cancelled() -> None:
    # S1.5
    for winner in ("in", "out"):
        play = dropped_at_fifteen()
        play.until(play.now + timedelta(seconds=60))
        out = play.ringing(Side.CUSTOMER)
        assert out is not None
        play.place(out)
        play.do(c.TakeCall("CA77", "main"))
        inbound = next(leg for leg in play.legs(Side.CUSTOMER) if leg.route is Route.INBOUND)
        first, second = (inbound, out) if winner == "in" else (out, inbound)
        play.do(c.ConfirmLeg(first.leg_id))
        play.do(c.ConfirmLeg(second.leg_id))
        assert [leg.leg_id for leg in play.legs(Side.CUSTOMER) if leg.on_the_line] == [first.leg_id]
        assert second.leg_id in {event.leg_id for event in play.of(e.LegDismissed)}


@pytest.mark.parametrize("seconds", [1, 30, 59])
def test_customer_who_calls_back_himself_is_not_redialled(seconds: int) -> None:
    # S1.5
    play = dropped_at_fifteen()
    rung = len(play.legs(Side.CUSTOMER))
    play.until(play.now + timedelta(seconds=seconds))
    play.do(c.TakeCall("CA77", "main"))
    play.do(c.ConfirmLeg("in-CA77"))
    play.until(play.now + timedelta(minutes=5))
    assert len(play.legs(Side.CUSTOMER)) == rung + 1
    assert play.of(e.LineRestored)[0].left == 15 * 60


def test_lost_operator_is_rung_at_once_and_replaced_from_a_minute_on() -> None:
    # S1.5
    play = Play().scheduled().joined()
    play.until(START + timedelta(minutes=10))
    play.drop(Side.OPERATOR)
    drop = play.now
    assert play.ringing(Side.OPERATOR) is not None
    assert play.of(e.LineDropped)[0].lost == (Side.OPERATOR,)
    play.until(drop + timedelta(seconds=59))
    assert play.of(e.ReplacementSought) == []
    play.until(drop + timedelta(seconds=60))
    assert len(play.of(e.ReplacementSought)) == 1
    play.do(c.ReplaceOperator("vera", ("vera-main",), "boris", ()))
    ringing = play.ringing(Side.OPERATOR)
    assert ringing is not None and ringing.party_id == "vera"
    play.answer(Side.OPERATOR)
    assert play.of(e.LineRestored)[0].left == 20 * 60


def test_both_lost_both_are_rung_at_once() -> None:
    # S1.5
    play = Play().scheduled().joined()
    play.until(START + timedelta(minutes=10))
    play.drop(Side.OPERATOR)
    play.drop(Side.CUSTOMER)
    assert play.ringing(Side.OPERATOR) is not None
    assert play.ringing(Side.CUSTOMER) is not None


def test_customer_may_end_at_the_redial_by_pressing_two() -> None:
    # S1.5
    play = dropped_at_fifteen()
    play.until(play.now + timedelta(seconds=60))
    leg = play.ringing(Side.CUSTOMER)
    assert leg is not None
    play.do(c.EndSession("redial", leg.leg_id))
    assert play.booking.status is Status.ENDING
    play.hang_up_all()
    assert play.closed().reason is e.EndReason.CUSTOMER_ENDED
    assert play.closed().bill.unused == 15 * 60


def test_leaving_to_the_menu_is_not_a_drop() -> None:
    # S1.5: unless the call itself ends
    play = Play().scheduled().joined()
    play.until(START + timedelta(minutes=5))
    leg = play.booking.live_session.on_the_line(Side.CUSTOMER)
    assert leg is not None
    play.do(c.MoveLeg(leg.leg_id, Mark(play.now, Motion.LEAVE, seen=True)))
    play.until(play.now + timedelta(seconds=8))
    assert play.of(e.LineDropped) == []
    play.do(c.MoveLeg(leg.leg_id, Mark(play.now, Motion.JOIN, seen=True)))
    play.until(START + timedelta(minutes=30, seconds=8))
    play.drop(Side.CUSTOMER)
    play.hang_up_all()
    bill = play.closed().bill
    assert (bill.talk, bill.gap) == (30 * 60, 8)


def test_a_lost_hang_up_is_looked_up() -> None:
    # S1.5: the leave came, the end of the call never does
    play = Play().scheduled().joined()
    play.until(START + timedelta(minutes=5))
    leg = play.booking.live_session.on_the_line(Side.CUSTOMER)
    assert leg is not None
    play.do(c.MoveLeg(leg.leg_id, Mark(play.now, Motion.LEAVE, seen=False)))
    play.until(play.now + timedelta(seconds=5))
    assert [event.leg_id for event in play.of(e.LegLookedUp)] == [leg.leg_id]
    play.do(c.EndLeg(leg.leg_id, START + timedelta(minutes=5), "completed"))
    assert play.of(e.LineDropped)[0].moment == START + timedelta(minutes=5)


def test_one_minute_before_the_end_both_are_warned_and_the_end_is_hard() -> None:
    # S1.4a
    play = Play().scheduled().joined()
    play.until(START + timedelta(minutes=29))
    assert len(play.of(e.WarningGiven)) == 1
    play.until(START + timedelta(minutes=30, seconds=5))
    assert play.booking.status is Status.ENDING
    play.hang_up_all()
    assert play.closed().bill.billed == 30 * 60


def test_overrun_into_the_next_booking_ends_after_ten_minutes_of_its_wait() -> None:
    # S1.6
    play = Play().scheduled().joined()
    play.until(START + timedelta(minutes=15))
    play.drop(Side.CUSTOMER)
    play.until(play.now + timedelta(seconds=70))
    play.answer(Side.CUSTOMER)
    next_one = NextBooking("200000000002", START + timedelta(minutes=20))
    play.do(c.NoteNextBooking("boris", next_one))
    found = play.of(e.OverrunFound)[0]
    # Half a minute before, so that the operator can be rung when the next one was told.
    until = START + timedelta(minutes=29, seconds=30)
    assert (found.until, found.delay_seconds) == (until, 600)
    play.until(until)
    play.hang_up_all()
    assert play.closed().reason is e.EndReason.NEXT_BOOKING
    assert play.closed().bill.unused == 100


def test_connection_of_less_than_a_second_is_followed_by_a_redial() -> None:
    # S1.5
    play = Play().scheduled()
    play.until(START + timedelta(seconds=30))
    play.answer(Side.OPERATOR)
    play.until(START + timedelta(seconds=400))
    if play.ringing(Side.CUSTOMER) is None:
        play.until(START + timedelta(seconds=600))
    play.answer(Side.CUSTOMER)
    play.drop(Side.CUSTOMER)
    drop = play.of(e.LineDropped)[0].moment
    assert drop >= play.legs(Side.CUSTOMER)[-1].requested_at
    play.until(drop + timedelta(seconds=61))
    assert play.booking.status is Status.LIVE
    assert play.ringing(Side.CUSTOMER) is not None


def test_customer_who_calls_again_while_his_old_line_still_looks_alive_is_joined() -> None:
    # S1.5: the end of the first call was never reported
    play = Play().scheduled().joined()
    old = play.booking.live_session.on_the_line(Side.CUSTOMER)
    assert old is not None
    play.until(START + timedelta(minutes=5))
    play.do(c.TakeCall("CA77", "main"))
    play.do(c.ConfirmLeg("in-CA77"))
    assert [leg.leg_id for leg in play.legs(Side.CUSTOMER) if leg.on_the_line] == ["in-CA77"]
    assert old.leg_id in {event.leg_id for event in play.of(e.LegDismissed)}


def test_stand_in_is_given_time_to_answer_before_another_is_sought() -> None:
    # S1.5
    play = Play().scheduled().joined()
    play.until(START + timedelta(minutes=10))
    play.drop(Side.OPERATOR)
    drop = play.now
    play.until(drop + timedelta(seconds=60))
    play.do(c.ReplaceOperator("vera", ("vera-main",), "boris", ()))
    play.until(drop + timedelta(seconds=115))
    assert len(play.of(e.ReplacementSought)) == 1
    # a second delivery of the same search finds somebody else, too late
    assert play.do(c.ReplaceOperator("zoe", ("zoe-main",), "boris", ())) == ()
