"""Deadlines in business days, counted where the tenant lives (S2.2, section P)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of one place.

    Args:
        time_zone: IANA name; a day begins and ends at its midnights.
        is_business_day: whether people work there on a date, weekends and holidays considered.
    """

    time_zone: str
    is_business_day: Callable[[date], bool]


def add_business_days(moment: datetime, days: int, calendar: Calendar) -> datetime:
    """The last second, UTC, of the n-th business day; the day of the decision is not counted.

    Args:
        moment: of the decision, UTC.
        days: at least 1.
        calendar: of the tenant.

    Raises:
        ValueError: the moment has no time zone, or there is no day to count.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    if days < 1:
        raise ValueError(f"{days} business days lead nowhere")
    zone = ZoneInfo(calendar.time_zone)
    day = moment.astimezone(zone).date()
    while days:
        day += _DAY
        days -= calendar.is_business_day(day)
    # Where clocks change at midnight, the earlier reading (fold=0) is the end of the day.
    midnight = datetime.combine(day + _DAY, time.min, zone)
    return midnight.astimezone(UTC) - _SECOND
