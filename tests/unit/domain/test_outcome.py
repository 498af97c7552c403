"""How a session went, and from when to when something was wrong with it."""

from datetime import timedelta

import pytest

from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.mishap.outcome import LONGEST, Grade, Outcome, outcome
from shared.domain.mishap.quality import CallQuality
from shared.domain.policy import CURRENT
from shared.domain.session.legs import Mark, Motion, Side
from tests.unit.domain.play import START, Play

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def finished(play: Play) -> Outcome:
    play.hang_up_all()
    found = outcome(play.booking)
    assert found is not None
    return found


def played_out(play: Play) -> Outcome:
    """Both talk until the minutes are used up."""
    play.until(play.now + timedelta(seconds=play.booking.left(play.now)))
    play.drop(Side.CUSTOMER)
    return finished(play)


def dropped(play: Play, at: timedelta, back: timedelta) -> None:
    """The customer's line breaks, and he answers a redial or calls again."""
    play.until(START + at)
    play.drop(Side.CUSTOMER)
    play.until(START + back)
    if play.ringing(Side.CUSTOMER) is None:
        play.do(c.TakeCall(f"CA-in-{back.seconds}", "main"))
    play.answer(Side.CUSTOMER)


def test_nothing_is_said_of_a_session_that_is_not_closed_or_never_began() -> None:  # S1.16
    play = Play().scheduled()
    assert outcome(play.booking) is None
    play.joined()
    play.until(START + MINUTE)
    assert outcome(play.booking) is None
    play.do(c.EndSession("api", None))
    assert outcome(play.booking) is None
    cancelled = Play().scheduled()
    cancelled.do(c.Cancel())
    assert outcome(cancelled.booking) is None


def test_minutes_used_up_are_fine_though_the_line_ends_like_a_drop() -> None:  # S1.16
    play = Play().scheduled().joined()
    found = played_out(play)
    assert play.closed().reason is e.EndReason.MINUTES_USED
    end = play.closed().ended_at
    assert found == Outcome(Grade.FINE, end, end)


def test_a_session_that_the_customer_ended_is_fine() -> None:  # S1.5
    play = Play().scheduled().joined()
    play.until(START + 5 * MINUTE)
    play.do(c.EndSession("api", None))
    assert finished(play).grade is Grade.FINE


def test_a_line_that_was_bad_by_the_figures_alone_is_a_problem_all_the_time() -> None:
    # S1.8, S1.16: he is given a bonus for it, so it counts
    play = Play().scheduled()
    play.joined()
    play.until(START + 10 * MINUTE)
    begun = play.booking.live_session.connections(play.now)[0][0]
    play.do(c.EndSession("api", None))
    fine = finished(play)
    assert fine.grade is Grade.FINE
    leg = play.booking.live_session.of(Side.CUSTOMER)[0]
    play.do(c.NoteQuality(((leg.leg_id, CallQuality(packet_loss=9_000)),)))
    assert play.booking.bonus == CURRENT.bad_line_bonus
    assert outcome(play.booking) == Outcome(Grade.PROBLEM, begun, fine.until)


def test_a_visit_to_the_menu_is_no_drop() -> None:  # S1.5
    play = Play().scheduled().joined()
    leg = play.booking.live_session.on_the_line(Side.CUSTOMER)
    assert leg is not None
    for minute, motion in ((5, Motion.LEAVE), (6, Motion.JOIN)):
        play.until(START + minute * MINUTE)
        play.do(c.MoveLeg(leg.leg_id, Mark(play.now, motion, seen=False)))
    assert played_out(play).grade is Grade.FINE


def test_a_drop_that_was_mended_is_a_problem_from_drop_to_return() -> None:  # S1.16
    play = Play().scheduled().joined()
    dropped(play, 10 * MINUTE, 12 * MINUTE)
    assert played_out(play) == Outcome(Grade.PROBLEM, START + 10 * MINUTE, START + 12 * MINUTE)


def test_several_drops_are_one_stretch_from_the_first_to_the_last_return() -> None:  # S1.15
    play = Play().scheduled().joined()
    dropped(play, 5 * MINUTE, 6 * MINUTE)
    dropped(play, 20 * MINUTE, 22 * MINUTE)
    assert played_out(play) == Outcome(Grade.PROBLEM, START + 5 * MINUTE, START + 22 * MINUTE)


def test_a_drop_that_was_never_mended_is_critical_until_the_end() -> None:  # S1.7
    play = Play().scheduled().joined()
    dropped(play, 5 * MINUTE, 6 * MINUTE)
    play.until(START + 20 * MINUTE)
    play.drop(Side.CUSTOMER)
    play.until(START + 30 * MINUTE)
    found = finished(play)
    assert play.closed().reason is e.EndReason.NOT_RESTORED
    end = play.closed().ended_at
    assert end > START + 20 * MINUTE
    assert found == Outcome(Grade.CRITICAL, START + 5 * MINUTE, end)


def test_who_ends_the_session_while_the_line_is_gone_had_a_problem() -> None:  # S1.5
    play = Play().scheduled().joined()
    play.until(START + 10 * MINUTE)
    play.drop(Side.CUSTOMER)
    play.until(START + 11 * MINUTE)
    play.do(c.EndSession("api", None))
    found = finished(play)
    assert found == Outcome(Grade.PROBLEM, START + 10 * MINUTE, play.closed().ended_at)


def test_an_operator_who_never_came_is_critical_from_the_start_on() -> None:  # S1.9
    play = Play().scheduled()
    play.until(START + 30 * MINUTE)
    found = finished(play)
    assert play.closed().reason is e.EndReason.OPERATOR_ABSENT
    assert found == Outcome(Grade.CRITICAL, START, play.closed().ended_at)


def test_a_customer_who_never_came_is_a_problem() -> None:  # S1.4b
    play = Play().scheduled()
    play.until(START)
    play.answer(Side.OPERATOR)
    play.until(START + 30 * MINUTE)
    found = finished(play)
    assert play.closed().reason is e.EndReason.CUSTOMER_ABSENT
    assert found == Outcome(Grade.PROBLEM, START, play.closed().ended_at)


@pytest.mark.parametrize("down", [timedelta(minutes=11), timedelta(hours=2), timedelta(days=2)])
def test_a_start_that_we_missed_began_at_the_start_and_did_not_last_for_days(
    down: timedelta,
) -> None:  # S1.13
    play = Play().scheduled()
    play.now = START + down
    play.do(c.Tick())
    found = finished(play)
    assert play.closed().reason is e.EndReason.START_MISSED
    assert found == Outcome(Grade.CRITICAL, START, START + min(down, LONGEST))


def test_no_session_lasts_longer_than_its_trouble_is_looked_for() -> None:  # S1.13
    seconds = CURRENT.session_longest + CURRENT.no_show_grace + CURRENT.overtime_longest
    assert timedelta(seconds=seconds) <= LONGEST
