"""Mishaps on the days on which clocks and calendars are odd: minutes stay minutes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.domain import events as e
from shared.domain.booking import Status
from shared.domain.session.legs import Side
from tests.unit.domain.play import Play, held

DAYS = {
    "an ordinary day": datetime(2026, 3, 2, 12, tzinfo=UTC),
    "the night clocks go forward in Berlin": datetime(2026, 3, 29, 0, 45, tzinfo=UTC),
    "the night clocks go back in Berlin": datetime(2026, 10, 25, 0, 45, tzinfo=UTC),
    "the end of a leap day": datetime(2028, 2, 29, 23, 45, tzinfo=UTC),
    "the day before a leap day": datetime(2028, 2, 28, 23, 45, tzinfo=UTC),
    "the end of a year": datetime(2026, 12, 31, 23, 45, tzinfo=UTC),
}


def missed(start: datetime) -> Play:
    """A booking whose operator never picks up."""
    play = Play(replace(held(), starts_at=start, hold_until=start - timedelta(hours=1)))
    play.now = start - timedelta(hours=2)
    play.scheduled()
    play.until(start)
    while play.booking.status is Status.LIVE:
        if play.ringing(Side.OPERATOR):
            play.until(play.now + timedelta(seconds=20))
            play.no_answer(Side.OPERATOR)
        play.until(play.now + timedelta(seconds=5))
    return play


@pytest.mark.parametrize("start", DAYS.values(), ids=DAYS)
def test_ten_minutes_and_a_day_are_as_long_on_every_day(start: datetime) -> None:
    # S1.9, S1.10
    play = missed(start)
    (offer,) = play.booking.offers
    ended = play.closed().ended_at
    assert timedelta(minutes=10) <= ended - start < timedelta(minutes=11)
    assert offer.until - ended == timedelta(hours=24)
    assert [event.step for event in play.of(e.Escalated)] == list(e.EscalationStep)
    play.until(offer.until)
    assert play.booking.bonus == 600


def test_the_same_moment_in_another_zone_is_the_same_moment() -> None:
    # S1.10
    berlin = ZoneInfo("Europe/Berlin")
    start = DAYS["the night clocks go back in Berlin"]
    here = missed(start.astimezone(berlin).astimezone(UTC))
    assert here.booking.offers == missed(start).booking.offers
