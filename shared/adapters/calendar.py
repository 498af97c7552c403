"""The public holidays of a country, from the `holidays` package."""

import importlib
import importlib.util
import sys
from datetime import date
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shared.domain.business_days import Calendar

if TYPE_CHECKING:
    from holidays import HolidayBase

_COUNTRIES = "holidays.countries"


def tenant_calendar(country: str, time_zone: str) -> Calendar:
    """The working days of a country; the package is loaded when the first day is asked about.

    Weekends are the country's own. A Saturday that a government makes a working day, and the
    weekday it gives for it, count as decreed: for Russia up to the last year known to the locked
    version of the package (each year's decree appears in the autumn before; beyond it, plain
    weekends and the fixed holidays). Holidays of single regions are not observed.

    Args:
        country: ISO 3166-1 alpha-2, "RU".
        time_zone: IANA name, "Europe/Moscow".

    Raises:
        ZoneInfoNotFoundError: there is no such time zone.
        ValueError: when a day is asked about, the package knows no such country.
    """
    ZoneInfo(time_zone)

    def is_business_day(day: date) -> bool:
        return _holidays(country).is_working_day(day)

    return Calendar(time_zone, is_business_day)


@cache
def _holidays(country: str) -> "HolidayBase":
    from holidays.registry import COUNTRIES

    for module, names in COUNTRIES.items():
        if country in names[1:]:
            entity: type[HolidayBase] = getattr(_import_alone(module), names[0])
            return entity()
    raise ValueError(f"no holidays are known for the country {country!r}")


def _import_alone(module: str) -> object:
    # holidays.countries imports all its 250 countries when it is itself imported: 0.12 s of CPU and
    # 19 MB where one takes 0.05 s and 12 MB (compiled as in the layer; five times as long from
    # source). An empty stand-in for it lets one country be imported by its own name.
    if _COUNTRIES in sys.modules:
        return importlib.import_module(f"{_COUNTRIES}.{module}")
    spec = importlib.util.find_spec(_COUNTRIES)
    if spec is None:
        raise ImportError(_COUNTRIES)
    sys.modules[_COUNTRIES] = importlib.util.module_from_spec(spec)
    try:
        return importlib.import_module(f"{_COUNTRIES}.{module}")
    finally:
        del sys.modules[_COUNTRIES]
