"""How long a session may go on, and what the next customer is told (S1.6, S1.12)."""

from datetime import datetime, timedelta

import pytest

from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Booking, evolve
from shared.domain.consequences import consequences
from shared.domain.effects import EffectKind, SlotChange
from shared.domain.errors import RuleBroken
from shared.domain.lots import Holding, Source
from shared.domain.money import Money
from shared.domain.policy import CURRENT
from shared.domain.session.extension import longest
from shared.domain.session.legs import Mark, Motion, Side
from shared.domain.slots import QUARTER, Ahead, NextBooking
from tests.unit.domain.play import START, TARIFF, Play

MINUTE = timedelta(minutes=1)
END = START + 30 * MINUTE
FREE = Ahead(tuple(END + n * QUARTER for n in range(6)))


def after(minutes: int) -> Ahead:
    """Another booking waits so many minutes after the booked end."""
    starts_at = END + minutes * MINUTE
    free = tuple(q for q in FREE.free if q < starts_at)
    return Ahead(free, NextBooking("200000000002", starts_at))


def talking(minute: float = 10) -> Play:
    """Both have been connected since START."""
    play = Play().scheduled().joined()
    play.until(START + minute * MINUTE)
    return play


def wish(minutes: int, ahead: Ahead = FREE) -> c.Extend:
    """More minutes, paid from somewhere."""
    seconds = minutes * 60
    paid = Holding(Source.BALANCE, seconds, TARIFF.price(seconds), START)
    return c.Extend(seconds, (paid,), ahead)


def most(play: Play, ahead: Ahead) -> int:
    """Minutes by which it can be extended."""
    session = play.booking.live_session
    return longest(play.booking, session, ahead, play.now, CURRENT) // 60


def effects(play: Play, command: c.Command) -> list[tuple[EffectKind, str]]:
    """What a command sets off."""
    before, steps = play.booking, []
    state: Booking = before
    for event in play.do(command):
        state = evolve(state, event, play.now)
        steps.append((event, state))
    return [(effect.kind, effect.subject) for effect in consequences(before, steps).effects]


@pytest.mark.parametrize(
    ("ahead", "minutes"),
    [
        (FREE, 90),
        (after(60), 69),
        (after(15), 24),
        (after(0), 9),
        (Ahead((), None, END), 9),
        (Ahead(FREE.free[:1], None, END + QUARTER), 24),
    ],
)
def test_longest_extension_leaves_time_to_ring_the_next_customer(
    ahead: Ahead, minutes: int
) -> None:
    # S1.12: ten minutes of waiting at most, half a minute of them for the operator
    play = talking()
    assert most(play, ahead) == minutes
    play.do(wish(minutes, ahead))
    assert play.booking.seconds == (30 + minutes) * 60


@pytest.mark.parametrize(
    ("minutes", "ahead", "code"),
    [
        (91, FREE, "session_too_long"),
        (10, after(0), "next_customer_waits"),
        (25, Ahead(FREE.free[:1], None, END + QUARTER), "operator_not_free"),
        (4, FREE, "extension_too_short"),
        (0, FREE, "extension_too_short"),
    ],
)
def test_refusal_names_the_reason_and_what_is_possible(
    minutes: int, ahead: Ahead, code: str
) -> None:
    # S1.12
    play = talking()
    with pytest.raises(RuleBroken, match=f"from 5 to {most(play, ahead)} minutes") as refused:
        play.do(wish(minutes, ahead))
    assert (refused.value.code, refused.value.field) == (code, "minutes")


@pytest.mark.parametrize(("seconds_before", "possible"), [(61, 9), (60, 9), (59, 0), (1, 0)])
def test_next_customer_is_told_a_minute_before_his_start_or_does_not_wait(
    seconds_before: int, possible: int
) -> None:
    # S1.12
    play = talking(30 - seconds_before / 60)
    assert most(play, after(0)) == possible


def test_free_quarters_are_claimed_as_far_as_they_are_needed() -> None:
    # S1.2, S1.12
    play = talking()
    play.do(wish(20))
    assert play.of(e.SessionExtended)[0].quarters == (END, END + QUARTER)
    assert play.booking.claimed == (START, START + QUARTER, END, END + QUARTER)


def test_delay_is_told_in_whole_minutes_and_the_session_keeps_to_it() -> None:
    # S1.12
    play = talking()
    told = effects(play, wish(5, after(0)))
    (found,) = play.of(e.OverrunFound)
    assert found == e.OverrunFound("200000000002", END, END + 5.5 * MINUTE, 360)
    assert (EffectKind.DELAY_NEXT, "200000000002:360") in told


def test_extension_beyond_a_customer_who_is_gone_is_not_cut_for_his_sake() -> None:
    # S1.12
    play = talking()
    play.do(wish(5, after(0)))
    play.do(wish(15, Ahead((END,))))
    assert play.booking.live_session.until is None


def test_another_next_customer_is_told_from_the_beginning() -> None:
    # S1.12: that the one before him knew of nine minutes does not help him
    play = talking()
    play.do(wish(8, after(0)))
    play.do(wish(10, after(15)))
    assert [found.delay_seconds for found in play.of(e.OverrunFound)] == [540, 240]


def test_both_legs_are_given_the_new_limit_where_both_carry_one() -> None:
    # S1.4a, S1.12: the operator came back from his menu while the customer was there
    play = Play().scheduled()
    play.until(START)
    play.answer(Side.OPERATOR)
    play.until(START + timedelta(seconds=5))
    play.answer(Side.CUSTOMER)
    play.until(START + 10 * MINUTE)
    operator, customer = (play.booking.live_session.on_the_line(side) for side in reversed(Side))
    assert operator is not None
    assert customer is not None
    redirected = (EffectKind.REDIRECT, customer.leg_id)
    assert [one for one in effects(play, wish(5)) if one[0] is EffectKind.REDIRECT] == [redirected]
    for motion in (Motion.LEAVE, Motion.JOIN):
        play.do(c.MoveLeg(operator.leg_id, Mark(play.now, motion, seen=False)))
    again = [one for one in effects(play, wish(5)) if one[0] is EffectKind.REDIRECT]
    assert again == [redirected, (EffectKind.REDIRECT, operator.leg_id)]


def test_coming_back_from_the_menu_after_the_booked_end_looks_who_waits() -> None:
    # S1.6: time in a menu is not billed, so that the session ends later
    play = talking()
    leg = play.booking.live_session.on_the_line(Side.CUSTOMER)
    assert leg is not None
    play.do(c.MoveLeg(leg.leg_id, Mark(play.now, Motion.LEAVE, seen=False)))
    play.until(play.now + timedelta(seconds=31))
    back = c.MoveLeg(leg.leg_id, Mark(play.now, Motion.JOIN, seen=False))
    assert (EffectKind.CHECK_OVERRUN, "") in effects(play, back)


def test_line_that_is_down_while_the_next_customer_is_to_be_called_is_given_up() -> None:
    # S1.6: he cannot be told any more
    play = talking(29.5)
    play.drop(Side.CUSTOMER)
    play.do(c.NoteNextBooking("boris", NextBooking("200000000002", END)))
    (found,) = play.of(e.OverrunFound)
    assert (found.until, found.delay_seconds) == (END + timedelta(seconds=30), 0)
    play.until(found.until)
    assert play.booking.live_session.reason is e.EndReason.NEXT_BOOKING


def test_next_booking_of_an_operator_who_was_replaced_meanwhile_binds_nobody() -> None:
    # S1.6, S1.12: it was looked up while he still had the session
    play = talking()
    play.drop(Side.OPERATOR)
    play.until(play.now + MINUTE)
    play.do(c.ReplaceOperator("vera", ("vera-main",), "boris", ()))
    assert play.do(c.NoteNextBooking("boris", NextBooking("200000000002", END))) == ()
    assert play.booking.live_session.until is None


def test_session_that_starts_late_tells_the_next_customer_at_once() -> None:
    # S1.6: he need not wait for the customer to pick up
    play = Play().scheduled()
    play.do(c.DelayStart(300, START))
    play.until(START + 5 * MINUTE)
    play.do(c.NoteNextBooking("boris", NextBooking("200000000002", END)))
    (found,) = play.of(e.OverrunFound)
    assert found.delay_seconds == 360


def test_booking_that_was_moved_is_not_delayed_at_its_new_time() -> None:
    # S1.12
    play = Play().scheduled()
    play.do(c.Move(START + timedelta(days=1)))
    assert play.do(c.DelayStart(300, START)) == ()


@pytest.mark.parametrize("command", [c.Cancel(), c.Move(START + timedelta(days=1))])
def test_first_quarter_of_a_delayed_booking_is_not_free_when_it_is_given_up(
    command: c.Command,
) -> None:
    # S1.12: the session before goes on in it
    freed: dict[int, list[datetime]] = {}
    for delay in (0, 300):
        play = Play().scheduled()
        play.do(c.DelayStart(delay, START))
        before = play.booking
        (event, *_) = play.do(command)
        step = (event, evolve(before, event, play.now))
        changes: tuple[SlotChange, ...] = consequences(before, [step]).slots
        freed[delay] = [change.quarter for change in changes if not change.claim]
    assert freed == {0: [START, START + QUARTER], 300: [START + QUARTER]}


def test_receipt_and_duplicates_see_the_session_as_it_was_booked() -> None:
    # S2.6, S2.1
    play = talking()
    play.do(wish(15))
    assert (play.booking.seconds, play.booking.booked_seconds) == (2700, 1800)
    assert play.booking.price == Money(225_000, "rub")
