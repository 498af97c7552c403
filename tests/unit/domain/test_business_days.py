"""Business days, by a calendar without holidays."""

from datetime import UTC, date, datetime

import pytest

from shared.domain.business_days import Calendar, add_business_days


def weekdays(time_zone: str) -> Calendar:
    return Calendar(time_zone, lambda day: day.weekday() < 5)


MOSCOW = weekdays("Europe/Moscow")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("decided", "days", "deadline"),
    [
        # Wednesday; the day of the decision is not counted
        ("2026-02-11 09:00", 1, "2026-02-12 20:59:59"),
        ("2026-02-11 09:00", 3, "2026-02-16 20:59:59"),
        ("2026-02-11 09:00", 10, "2026-02-25 20:59:59"),
        # Friday, Saturday and Sunday lead to the same Monday
        ("2026-02-13 09:00", 1, "2026-02-16 20:59:59"),
        ("2026-02-14 09:00", 1, "2026-02-16 20:59:59"),
        ("2026-02-15 09:00", 1, "2026-02-16 20:59:59"),
        # 23:30 in Moscow is still Wednesday, 00:30 is Thursday, whatever UTC says
        ("2026-02-11 20:30", 1, "2026-02-12 20:59:59"),
        ("2026-02-11 21:30", 1, "2026-02-13 20:59:59"),
        # the leap day is a day like any other
        ("2028-02-28 09:00", 1, "2028-02-29 20:59:59"),
        ("2028-02-29 09:00", 1, "2028-03-01 20:59:59"),
        ("2026-12-31 09:00", 1, "2027-01-01 20:59:59"),
    ],
)
def test_deadline_is_the_end_of_the_nth_business_day_after_the_decision(
    decided: str, days: int, deadline: str
) -> None:
    # S2.2, section P
    assert add_business_days(utc(decided), days, MOSCOW) == utc(deadline)


@pytest.mark.parametrize(
    ("time_zone", "decided", "deadline"),
    [
        # summer time begins on the Sunday between
        ("Europe/Berlin", "2026-03-27 12:00", "2026-03-30 21:59:59"),
        ("Europe/Berlin", "2026-03-26 12:00", "2026-03-27 22:59:59"),
        # east and west of Greenwich by most of a day
        ("Pacific/Kiritimati", "2026-02-11 09:30", "2026-02-12 09:59:59"),
        ("Pacific/Kiritimati", "2026-02-11 10:30", "2026-02-13 09:59:59"),
        ("Pacific/Honolulu", "2026-02-11 09:30", "2026-02-12 09:59:59"),
    ],
)
def test_day_ends_at_midnight_of_the_tenant(time_zone: str, decided: str, deadline: str) -> None:
    # Section P: the tenant's time zone
    assert add_business_days(utc(decided), 1, weekdays(time_zone)) == utc(deadline)


@pytest.mark.parametrize(
    ("time_zone", "decided", "deadline"),
    [
        # 24:00 becomes 01:00: there is no midnight
        ("America/Santiago", "2026-09-04 12:00", "2026-09-06 03:59:59"),
        # 01:00 becomes 00:00 again: there are two
        ("America/Havana", "2026-10-30 12:00", "2026-11-01 03:59:59"),
    ],
)
def test_day_ends_once_where_clocks_change_at_midnight(
    time_zone: str, decided: str, deadline: str
) -> None:
    # Section P: the tenant's time zone
    every_day = Calendar(time_zone, lambda _: True)
    assert add_business_days(utc(decided), 1, every_day) == utc(deadline)


def test_calendar_alone_says_what_a_business_day_is() -> None:
    # S2.2: a working Saturday counts, a holiday does not
    moved = Calendar("Europe/Moscow", lambda day: day == date(2026, 2, 14) or day.weekday() < 4)
    assert add_business_days(utc("2026-02-12 09:00"), 1, moved) == utc("2026-02-14 20:59:59")


@pytest.mark.parametrize(
    ("moment", "days"),
    [(utc("2026-02-11"), 0), (utc("2026-02-11"), -1), (datetime(2026, 2, 11), 1)],
)
def test_nothing_to_count_and_no_time_zone_are_mistakes(moment: datetime, days: int) -> None:
    # S2.2
    with pytest.raises(ValueError):
        add_business_days(moment, days, MOSCOW)
