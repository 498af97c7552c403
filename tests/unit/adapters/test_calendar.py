"""Deadlines over real public holidays."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

import holidays
import pytest

from shared.adapters.calendar import tenant_calendar
from shared.domain.business_days import add_business_days

RUSSIA = tenant_calendar("RU", "Europe/Moscow")
GERMANY = tenant_calendar("DE", "Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("decided", "days", "deadline"),
    [
        # New Year 2026: 31 December to 11 January are free
        ("2025-12-29 10:00", 1, "2025-12-30 20:59:59"),
        ("2025-12-29 10:00", 3, "2026-01-13 20:59:59"),
        ("2025-12-29 10:00", 10, "2026-01-22 20:59:59"),
        # decided at 23:30 on the last working day, and half an hour after midnight
        ("2025-12-30 20:30", 1, "2026-01-12 20:59:59"),
        ("2025-12-29 20:30", 1, "2025-12-30 20:59:59"),
        ("2025-12-29 21:30", 1, "2026-01-12 20:59:59"),
        # Saturday 27 April 2024 was worked, Monday and Tuesday after it were free instead
        ("2024-04-25 10:00", 2, "2024-04-27 20:59:59"),
        ("2024-04-25 10:00", 3, "2024-05-02 20:59:59"),
        ("2028-02-28 10:00", 1, "2028-02-29 20:59:59"),
    ],
)
def test_deadline_in_russia_skips_the_holidays(decided: str, days: int, deadline: str) -> None:
    # S2.2, section P: the tenant's public holidays
    assert add_business_days(utc(decided), days, RUSSIA) == utc(deadline)


@pytest.mark.parametrize(
    ("decided", "days", "deadline"),
    [
        # Good Friday and Easter Monday
        ("2026-04-02 10:00", 3, "2026-04-09 21:59:59"),
        # Christmas Eve is worked, the two days after it are free
        ("2026-12-23 10:00", 3, "2026-12-29 22:59:59"),
        ("2025-12-30 10:00", 3, "2026-01-05 22:59:59"),
    ],
)
def test_deadline_in_germany_skips_the_holidays(decided: str, days: int, deadline: str) -> None:
    # S2.2
    assert add_business_days(utc(decided), days, GERMANY) == utc(deadline)


def test_weekend_is_the_countrys_own() -> None:
    # S2.2: Friday and Saturday in Saudi Arabia
    saudi = tenant_calendar("SA", "Asia/Riyadh")
    week = [date(2026, 5, 3) + timedelta(days=n) for n in range(7)]
    assert [saudi.is_business_day(day) for day in week] == [True] * 5 + [False] * 2


@pytest.mark.parametrize("country", ["RU", "DE", "AX", "SR", "KY", "US"])
def test_country_imported_alone_says_what_the_whole_package_says(country: str) -> None:
    # S2.2: the package's documented entrance is the measure of our shorter way in
    ours, theirs = tenant_calendar(country, "UTC"), holidays.country_holidays(country)
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    assert [ours.is_business_day(day) for day in year] == [theirs.is_working_day(d) for d in year]


def loaded(code: str) -> set[str]:
    """The modules in memory after some code."""
    script = f"{code}\nimport sys\nprint(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


MADE = """
from datetime import date
from shared.adapters.calendar import tenant_calendar
calendar = tenant_calendar("RU", "Europe/Moscow")
"""


def test_holidays_are_not_loaded_before_a_day_is_asked_about() -> None:
    assert "holidays" not in loaded(MADE)


def test_one_country_alone_is_loaded() -> None:
    modules = loaded(f"{MADE}calendar.is_business_day(date(2026, 1, 1))")
    assert {name for name in modules if name.startswith("holidays.countries")} == {
        "holidays.countries.russia"
    }


def test_package_stays_whole_for_others() -> None:
    whole = "import holidays.countries\nassert holidays.countries.Germany"
    assert "holidays.countries.germany" in loaded(
        f"{MADE}calendar.is_business_day(date(2026, 1, 1))\n{whole}"
    )


def test_unknown_country_and_time_zone_are_named() -> None:
    # S2.2
    with pytest.raises(ValueError, match="'XX'"):
        tenant_calendar("XX", "UTC").is_business_day(date(2026, 1, 1))
    with pytest.raises(ZoneInfoNotFoundError, match="Nowhere"):
        tenant_calendar("RU", "Europe/Nowhere")
