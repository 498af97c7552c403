"""Before the first connection: who is rung when, and how it ends when nobody comes."""

from datetime import timedelta

from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Status
from shared.domain.policy import CURRENT
from shared.domain.session.instructions import Join
from shared.domain.session.legs import NO_TURN, Leg, Route, Side
from shared.domain.session.priority import lane_of, longest_wait
from shared.domain.session.turns import Lane, Turn
from shared.domain.session.voice import on_the_line
from tests.unit.domain.play import START, Play, held


def test_operator_is_rung_on_the_start_and_the_customer_once_he_is_there() -> None:
    # S1.4
    play = Play().scheduled()
    play.until(START - timedelta(seconds=1))
    assert play.booking.status is Status.SCHEDULED
    play.until(START)
    assert play.ringing(Side.OPERATOR) is not None
    assert play.legs(Side.CUSTOMER) == ()
    play.until(START + timedelta(seconds=6))
    play.answer(Side.OPERATOR)
    assert play.ringing(Side.CUSTOMER) is not None
    play.until(START + timedelta(seconds=12))
    play.answer(Side.CUSTOMER)
    assert len(play.of(e.SidesJoined)) == 1


def test_the_limit_is_all_he_paid_for_though_a_second_begins_before_he_is_told_to_join() -> None:
    # S1.4a
    play = Play().scheduled()
    play.until(START)
    play.answer(Side.OPERATOR)
    leg = play.ringing(Side.CUSTOMER)
    assert leg is not None
    play.place(leg)
    play.until(START + timedelta(seconds=11.95))
    play.do(c.ConfirmLeg(leg.leg_id))
    confirmed = play.booking.live_session.leg(leg.leg_id)
    assert confirmed is not None
    told = START + timedelta(seconds=12.05)
    (join,) = on_the_line(play.booking, confirmed, told, CURRENT, menu=False, told=None)
    assert isinstance(join, Join) and join.limit == play.booking.seconds


def test_without_the_key_nobody_is_connected() -> None:
    # S1.4: a voicemail answers and never presses
    play = Play().scheduled()
    play.until(START)
    play.answer(Side.OPERATOR)
    play.no_answer(Side.CUSTOMER, "completed")
    assert play.of(e.SidesJoined) == []
    again = play.ringing(Side.CUSTOMER)
    assert again is not None and again.route is Route.BACKUP


def test_silent_customer_is_tried_at_zero_three_six_and_nine_minutes_on_both_numbers() -> None:
    # S1.4b
    play = Play().scheduled()
    play.until(START)
    play.answer(Side.OPERATOR)
    while play.booking.status is Status.LIVE:
        if play.ringing(Side.CUSTOMER):
            play.until(play.now + timedelta(seconds=30))
            if play.ringing(Side.CUSTOMER):
                play.no_answer(Side.CUSTOMER)
        play.until(play.now + timedelta(seconds=5))
    tries = [
        ((leg.requested_at - START).total_seconds(), leg.route) for leg in play.legs(Side.CUSTOMER)
    ]
    assert [at for at, route in tries if route is Route.MAIN] == [0, 180, 360, 540]
    assert [at for at, route in tries if route is Route.BACKUP] == [30, 210, 390, 570]
    play.hang_up_all()
    closed = play.closed()
    assert closed.reason is e.EndReason.CUSTOMER_ABSENT
    assert closed.bill.unused == 30 * 60 and closed.bill.talk == 0
    assert closed.stand_by >= 600  # the operator's stand-by time is recorded
    assert [lot.left for lot in closed.returned] == [30 * 60]


def test_worker_whose_clock_is_behind_does_not_ring_the_customer_before_the_start() -> None:
    # S1.4, S1.4b: another one, five minutes ahead, has begun the session
    play = Play().scheduled()
    play.until(START)
    play.now = START - timedelta(minutes=5)
    play.answer(Side.OPERATOR)
    while play.now < START + timedelta(minutes=2):
        if play.ringing(Side.CUSTOMER):
            play.no_answer(Side.CUSTOMER, "busy")
        play.until(play.now + timedelta(seconds=5))
    legs = play.legs(Side.CUSTOMER)
    assert [leg.route for leg in legs] == [Route.MAIN, Route.BACKUP]
    assert legs[0].requested_at == START


def test_absent_operator_is_rung_on_both_numbers_until_the_grace_is_over() -> None:
    # S1.4, S1.7
    play = Play().scheduled()
    play.until(START)
    while play.booking.status is Status.LIVE:
        if play.ringing(Side.OPERATOR):
            play.until(play.now + timedelta(seconds=20))
            play.no_answer(Side.OPERATOR)
        play.until(play.now + timedelta(seconds=5))
    routes = [leg.route for leg in play.legs(Side.OPERATOR)]
    assert routes[:4] == [Route.MAIN, Route.MAIN, Route.BACKUP, Route.MAIN]
    assert play.legs(Side.CUSTOMER) == ()
    assert play.closed().reason is e.EndReason.OPERATOR_ABSENT
    assert play.closed().bill.unused == 30 * 60


def test_wake_up_that_comes_too_late_for_the_last_ring_ends_the_session_all_the_same() -> None:
    # S1.10: the next ring falls due a second before the deadline, and a timer may be late
    play = Play().scheduled()
    play.until(START)
    while play.now < START + timedelta(seconds=584):
        if play.ringing(Side.OPERATOR):
            play.until(min(play.now + timedelta(seconds=20), START + timedelta(seconds=584)))
            play.no_answer(Side.OPERATOR)
        play.until(min(play.now + timedelta(seconds=5), START + timedelta(seconds=584)))
    play.now = START + timedelta(seconds=601)
    play.do(c.Tick())
    assert play.booking.live_session.reason is e.EndReason.OPERATOR_ABSENT


def test_attempt_nobody_reports_on_is_looked_up_and_then_given_up() -> None:
    # S1.4: callbacks may never come
    play = Play(held(backup=False)).scheduled()
    play.until(START)
    leg = play.ringing(Side.OPERATOR)
    assert leg is not None
    play.until(START + timedelta(seconds=61))
    assert [event.leg_id for event in play.of(e.LegLookedUp)] == [leg.leg_id]
    play.until(START + timedelta(seconds=91))
    assert [event.leg_id for event in play.of(e.LegDismissed)] == [leg.leg_id]
    again = play.ringing(Side.OPERATOR)
    assert again is not None and again.leg_id != leg.leg_id


def test_call_placed_for_an_attempt_given_up_is_hung_up() -> None:
    # S1.4: a leg whose attempt is no longer current never joins
    play = Play().scheduled()
    play.until(START)
    late = play.ringing(Side.OPERATOR)
    assert late is not None
    play.until(START + timedelta(seconds=95))
    play.do(c.NotePlaced(late.leg_id, "CA-late"))
    play.do(c.ConfirmLeg(late.leg_id))
    leg = play.booking.live_session.leg(late.leg_id)
    assert leg is not None and not leg.on_the_line


def test_operator_who_leaves_before_the_customer_came_is_rung_again() -> None:
    # S1.4
    play = Play().scheduled()
    play.until(START)
    play.answer(Side.OPERATOR)
    play.until(START + timedelta(seconds=20))
    play.drop(Side.OPERATOR)
    play.until(play.now + timedelta(seconds=1))
    assert play.ringing(Side.OPERATOR) is not None


def test_start_told_to_the_customer_as_delayed_is_kept() -> None:
    # S1.6
    play = Play().scheduled()
    play.until(START - timedelta(minutes=4))
    play.do(c.DelayStart(300, START))
    assert play.of(e.LetterDue)[-1].letter is e.Letter.SESSION_DELAYED
    play.until(START + timedelta(seconds=299))
    assert play.booking.status is Status.SCHEDULED
    play.until(START + timedelta(seconds=300))
    assert play.ringing(Side.OPERATOR) is not None


def test_start_missed_by_more_than_the_grace_rings_nobody_and_returns_all_minutes() -> None:
    # S1.7, S4.2: we were down at the start
    play = Play().scheduled()
    play.until(START - timedelta(minutes=5))
    play.now = START + timedelta(minutes=11)
    play.do(c.Tick())
    assert play.legs(Side.OPERATOR) == ()
    assert play.closed().reason is e.EndReason.START_MISSED
    assert [lot.left for lot in play.closed().returned] == [30 * 60]


def test_customer_who_drops_at_once_every_time_does_not_keep_the_session_open() -> None:
    # Never 3: all gaps together have an end
    play = Play(held(backup=False)).scheduled().joined()
    while play.booking.status is Status.LIVE:
        play.until(play.now + timedelta(seconds=1))
        if play.booking.live_session.on_the_line(Side.CUSTOMER):
            play.drop(Side.CUSTOMER)
        play.until(play.now + timedelta(seconds=65))
        if play.booking.status is Status.LIVE and play.ringing(Side.CUSTOMER):
            play.answer(Side.CUSTOMER)
    assert play.booking.live_session.reason is e.EndReason.OVERTIME
    assert play.now <= START + timedelta(minutes=72)
    play.hang_up_all()
    assert play.closed().bill.unused > 0


def queued(play: Play, side: Side, seconds: int) -> Leg:
    """A leg that has to wait so long for its turn."""
    leg = play.ringing(side)
    assert leg is not None
    turn = Turn(play.now + timedelta(seconds=seconds), Lane.STARTS, 0)
    play.do(c.QueueLeg(leg.leg_id, turn))
    assert play.do(c.QueueLeg(leg.leg_id, turn)) == ()
    return leg


def test_leg_that_waits_for_its_turn_is_not_looked_up_until_it_was_rung() -> None:
    # S1.4
    play = Play().scheduled()
    play.until(START)
    leg = queued(play, Side.OPERATOR, 300)
    play.until(START + timedelta(seconds=359))
    assert play.of(e.LegLookedUp) == []
    assert [each.leg_id for each in play.legs(Side.OPERATOR)] == [leg.leg_id]
    play.until(START + timedelta(seconds=360))
    assert [event.leg_id for event in play.of(e.LegLookedUp)] == [leg.leg_id]


def test_operator_has_the_whole_grace_from_his_first_ring_on() -> None:
    # S1.9
    play = Play().scheduled()
    play.until(START)
    queued(play, Side.OPERATOR, 300)
    play.until(START + timedelta(seconds=320))
    play.no_answer(Side.OPERATOR)
    play.until(START + timedelta(seconds=899))
    assert play.booking.status is Status.LIVE


def test_customer_s_minutes_are_counted_from_his_first_ring() -> None:
    # S1.4b
    play = Play(held(backup=False)).scheduled()
    play.until(START)
    play.answer(Side.OPERATOR)
    queued(play, Side.CUSTOMER, 100)
    play.until(START + timedelta(seconds=120))
    play.no_answer(Side.CUSTOMER)
    play.until(START + timedelta(seconds=279))
    assert len(play.legs(Side.CUSTOMER)) == 1
    play.until(START + timedelta(seconds=280))
    assert len(play.legs(Side.CUSTOMER)) == 2


def test_session_that_found_no_turn_ends_as_missed_and_all_minutes_go_back() -> None:
    # S1.7
    play = Play().scheduled()
    play.until(START)
    leg = play.ringing(Side.OPERATOR)
    assert leg is not None
    play.do(c.EndLeg(leg.leg_id, play.now, NO_TURN))
    assert play.closed().reason is e.EndReason.START_MISSED
    assert [lot.left for lot in play.closed().returned] == [30 * 60]


def test_call_of_a_session_under_way_goes_before_those_of_its_start() -> None:
    # S1.4, S1.5
    play = Play().scheduled()
    play.until(START)
    operator = play.ringing(Side.OPERATOR)
    assert operator is not None
    assert lane_of(play.booking, operator, play.now) is Lane.STARTS
    assert lane_of(play.booking, operator, START + timedelta(minutes=15)) is Lane.UNDER_WAY
    play.answer(Side.OPERATOR)
    customer = play.ringing(Side.CUSTOMER)
    assert customer is not None
    assert lane_of(play.booking, customer, play.now) is Lane.UNDER_WAY
    play.answer(Side.CUSTOMER)
    play.until(START + timedelta(minutes=5))
    play.drop(Side.CUSTOMER)
    play.until(START + timedelta(minutes=6))
    redial = play.ringing(Side.CUSTOMER)
    assert redial is not None
    assert lane_of(play.booking, redial, play.now) is Lane.REDIALS
    assert longest_wait(play.booking, redial, CURRENT) == START + timedelta(minutes=8)
