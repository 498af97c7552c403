"""Nothing is compensated twice: offers, outages, figures, in whatever order they come (S1.15)."""

import copy
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Status, fold
from shared.domain.decide import decide
from shared.domain.errors import RedialError, RuleBroken
from shared.domain.mishap.incident import Cause, Mishap
from shared.domain.mishap.quality import CallQuality
from shared.domain.money import Money
from shared.domain.policy import CURRENT, Policy
from shared.domain.session.legs import Side
from shared.domain.session.ringing import MISSED_CALL
from tests.unit.domain.play import BOOKING_ID, START, Play

HOUR = timedelta(hours=1)
OUTAGE = c.CompensateOutage("o1", START - HOUR, START + HOUR)
OFFER = f"{BOOKING_ID}-o1"


def operator_absent() -> Play:
    """A session to which no operator came; an offer stands."""
    return _again(_absent(Side.OPERATOR))


def customer_absent() -> Play:
    """A session to which the customer did not come; nothing is offered."""
    return _again(_absent(Side.CUSTOMER))


def operator_lost() -> Play:
    """A session whose operator was lost after five minutes and not brought back; an offer."""
    return _again(_lost())


@cache
def _lost() -> Play:
    play = Play().scheduled().joined()
    play.until(START + timedelta(minutes=5))
    play.drop(Side.OPERATOR)
    while play.booking.status is Status.LIVE:
        play.until(play.now + timedelta(seconds=20))
        if play.ringing(Side.OPERATOR):
            play.no_answer(Side.OPERATOR)
    play.hang_up_all()
    assert play.of(e.OfferMade)
    return play


@cache
def _absent(side: Side) -> Play:
    play = Play().scheduled()
    play.until(START)
    if side is Side.CUSTOMER:
        play.answer(Side.OPERATOR)
    while play.booking.status is Status.LIVE:
        if play.ringing(side):
            play.until(play.now + timedelta(seconds=20))
        if play.ringing(side):
            play.no_answer(side)
        play.until(play.now + timedelta(seconds=5))
    if play.booking.status is Status.ENDING:
        play.hang_up_all()
    assert bool(play.of(e.OfferMade)) is (side is Side.OPERATOR)
    return play


def _again(play: Play) -> Play:
    """The same play, to go on with from here."""
    copied = copy.copy(play)
    copied.history, copied.orders = list(play.history), list(play.orders)
    return copied


def later(play: Play, wait: timedelta) -> None:
    """Time passes, and whatever was asked of others is done."""
    for effect_id in play.booking.pending:
        if effect_id == MISSED_CALL:
            play.do(c.NoteCase(effect_id, "200000000002"))
        else:
            play.do(c.NoteLetterSent(effect_id))
    play.until(play.now + wait)


def accept(choice: e.Choice, offer_id: str = OFFER) -> c.AcceptOffer:
    back: tuple[e.OfferRefund, ...] = ()
    if choice is e.Choice.REFUND:
        back = (e.OfferRefund(f"{offer_id}-1", "pi_1", Money(150_000, "rub"), (), 0),)
    return c.AcceptOffer(offer_id, choice, "api", None, back)


def given_in_all(play: Play) -> int:
    """Bonus seconds; what stands in the state is what was granted."""
    granted = sum(event.lot.left for event in play.of(e.BonusGranted))
    assert granted == play.booking.bonus
    lots = [event.lot.lot_id for event in play.of(e.BonusGranted)]
    assert len(lots) == len(set(lots))
    return granted


# --- one offer ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "bonus"),
    [
        (e.Choice.CALL_NOW, CURRENT.no_show_bonus),
        (e.Choice.NEW_TIME, CURRENT.no_show_bonus),
        (e.Choice.REFUND, 0),
    ],
)
def test_the_bonus_comes_with_the_choice_and_none_with_a_refund(
    choice: e.Choice, bonus: int
) -> None:
    # S1.10
    play = operator_absent()
    play.do(accept(choice))
    assert given_in_all(play) == bonus
    assert play.do(accept(choice)) == ()  # the same again changes nothing
    with pytest.raises(RuleBroken, match="You have chosen"):
        play.do(accept(e.Choice.REFUND if choice is not e.Choice.REFUND else e.Choice.NEW_TIME))


def test_silence_keeps_the_minutes_with_the_bonus() -> None:  # S1.10
    play = operator_absent()
    later(play, timedelta(days=2))
    assert len(play.of(e.OfferLapsed)) == 1
    assert given_in_all(play) == CURRENT.no_show_bonus
    with pytest.raises(RuleBroken, match="time for this offer is over"):
        play.do(accept(e.Choice.REFUND))


# --- an offer and an outage -----------------------------------------------------------------------


@pytest.mark.parametrize("begin", [operator_absent, customer_absent])
@pytest.mark.parametrize("first", [None, *e.Choice])
@pytest.mark.parametrize("lapsed", [False, True])
@pytest.mark.parametrize("second", [None, *e.Choice])
def test_offer_and_outage_bring_one_bonus_and_one_refund_at_most(
    begin: Callable[[], Play], first: e.Choice | None, lapsed: bool, second: e.Choice | None
) -> None:
    # S1.15: chosen before the outage was found, after it, or never
    play = begin()
    for choice in (first, second):
        offer = play.booking.offers[-1] if play.booking.offers else None
        if choice and offer and offer.is_open and choice in offer.choices:
            play.do(accept(choice, offer.offer_id))
        if lapsed and not play.booking.outages:
            later(play, timedelta(days=2))
        play.do(OUTAGE)
    later(play, timedelta(days=2))
    assert given_in_all(play) == CURRENT.outage_bonus
    assert len([a for a in play.of(e.OfferAccepted) if a.refunds]) <= 1
    assert len(play.of(e.OutageFound)) == 1


def test_an_outage_widens_an_open_offer_to_every_choice_of_either() -> None:  # S1.13, S1.15
    play = operator_absent()
    play.do(OUTAGE)
    (widened,) = play.of(e.OfferWidened)
    assert widened.choices == (e.Choice.CALL_NOW, e.Choice.NEW_TIME, e.Choice.REFUND)
    assert given_in_all(play) == CURRENT.outage_bonus  # with the refund too
    play.do(accept(e.Choice.REFUND))
    assert given_in_all(play) == CURRENT.outage_bonus


def test_who_was_not_at_fault_but_silent_is_offered_what_an_outage_brings() -> None:  # S1.13
    play = customer_absent()
    play.do(OUTAGE)
    (offer,) = play.of(e.OfferMade)
    assert offer.choices == (e.Choice.NEW_TIME, e.Choice.REFUND)
    assert play.of(e.IncidentJudged)[-1].cause is Cause.OURS
    assert play.of(e.IncidentJudged)[-1].mishaps == (Mishap.CUSTOMER_ABSENT, Mishap.OUTAGE)


def test_a_second_outage_or_the_same_again_adds_nothing() -> None:  # S1.13: once each
    play = operator_absent()
    play.do(OUTAGE)
    assert play.do(OUTAGE) == ()
    assert play.do(replace(OUTAGE, outage_id="o2")) == ()


@pytest.mark.parametrize(
    ("since", "until", "hit"),
    [
        (START - HOUR, START, False),  # over when it began
        (START - HOUR, START + timedelta(seconds=1), True),
        (START + timedelta(minutes=5), START + timedelta(minutes=6), True),
        (START + timedelta(minutes=10), START + HOUR, True),
        (START + timedelta(minutes=12), START + HOUR, False),  # began when all was told
    ],
)
def test_an_outage_hits_what_was_in_trouble_then(
    since: datetime, until: datetime, hit: bool
) -> None:
    # S1.13: exactly the sessions it broke
    play = operator_absent()
    assert bool(play.do(c.CompensateOutage("o1", since, until))) is hit


# --- anything in any order ------------------------------------------------------------------------

steps = st.lists(
    st.one_of(
        st.sampled_from(e.Choice).map(lambda choice: ("choose", choice)),
        st.sampled_from(("o1", "o2")).map(lambda outage: ("outage", outage)),
        st.sampled_from((1, 23, 25)).map(lambda hours: ("wait", hours)),
    ),
    max_size=8,
)


def figures(play: Play, loss: int) -> None:
    """The provider answers where it was asked how good the lines were."""
    if play.of(e.QualityAsked) and not play.of(e.QualityMeasured):
        legs = play.booking.live_session.legs
        bad = CallQuality(packet_loss=loss)
        play.do(c.NoteQuality(tuple((leg.leg_id, bad) for leg in legs)))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from((0, CURRENT.bad_line_packet_loss + 1)), steps)
def test_figures_of_a_bad_line_add_to_a_refund_and_to_nothing_else(
    loss: int, taken: list[tuple[str, e.Choice | str | int]]
) -> None:
    # S1.8, S1.15: whenever they come
    play = operator_lost()
    for kind, value in taken:
        if kind == "wait":
            later(play, int(value) * HOUR)
        elif kind == "outage":
            play.do(replace(OUTAGE, outage_id=str(value)))
        else:
            with suppress(RedialError):
                play.do(accept(e.Choice(str(value)), play.booking.offers[-1].offer_id))
        figures(play, loss)
        assert given_in_all(play) <= max(CURRENT.outage_bonus, CURRENT.no_show_bonus)
    later(play, timedelta(days=3))
    figures(play, loss)
    expected = CURRENT.no_show_bonus
    if any(accepted.refunds for accepted in play.of(e.OfferAccepted)):
        expected = CURRENT.bad_line_bonus if loss else 0
    if play.booking.outages:
        expected = CURRENT.outage_bonus
    assert given_in_all(play) == expected


@settings(max_examples=60, deadline=None)
@given(st.sampled_from((operator_absent, customer_absent)), steps)
def test_whatever_comes_in_whatever_order_one_bonus_and_one_refund_is_the_most(
    begin: Callable[[], Play], taken: list[tuple[str, e.Choice | str | int]]
) -> None:
    # S1.15
    play = begin()
    expected = CURRENT.no_show_bonus if begin is operator_absent else 0
    refunded = False
    for kind, value in taken:
        if kind == "wait":
            later(play, int(value) * HOUR)
        elif kind == "outage":
            play.do(replace(OUTAGE, outage_id=str(value)))
            expected = CURRENT.outage_bonus
        elif play.booking.offers:
            try:
                play.do(accept(e.Choice(str(value)), play.booking.offers[-1].offer_id))
            except RedialError:
                continue
            refunded = any(accepted.refunds for accepted in play.of(e.OfferAccepted))
        assert given_in_all(play) <= expected
    later(play, timedelta(days=3))
    got_none = refunded and not play.booking.outages
    assert given_in_all(play) == (0 if got_none else expected)
    assert len([a for a in play.of(e.OfferAccepted) if a.refunds]) <= 1
    assert not any(offer.is_open for offer in play.booking.offers)


# --- the policy of the purchase judges ------------------------------------------------------------


def settled_under(policy: Policy) -> tuple[e.Event, ...]:
    """What the last decision on a booking would have said under a policy."""
    play = _absent(Side.OPERATOR)
    ended = next(n for n, (_, ev) in enumerate(play.history) if isinstance(ev, e.SessionEnding))
    before = fold(play.history[:ended])
    assert before is not None
    return decide(before, c.Tick(), play.history[ended][0], policy)[0]


def test_the_policy_that_is_handed_in_judges_and_no_other() -> None:
    # P: the policy in force when a booking is bought
    other = replace(CURRENT, version=2, no_show_bonus=7 * 60, offer_valid=3600)
    for policy in (CURRENT, other):
        made = next(ev for ev in settled_under(policy) if isinstance(ev, e.OfferMade))
        ending = next(ev for ev in settled_under(policy) if isinstance(ev, e.SessionClosed))
        assert made.bonus == policy.no_show_bonus
        assert made.until == ending.ended_at + timedelta(seconds=policy.offer_valid)
