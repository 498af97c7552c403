"""What the routes take: bodies of POST and PUT, queries of GET."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from functions.http.shapes import Moment, OneOf, Part, Text, Truth, Whole

OPERATOR_ID = Text(128)
_PHONE = Text(40, example="+12025550123")
_CURSOR = Text(128)
TARIFF_ID = Text(32, pattern="[a-z0-9][a-z0-9-]*", example="standard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Nothing at all; an unknown field is refused here too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageQuery:
    """Which page of a list; `cursor` is what the page before ended with."""

    cursor: Annotated[str | None, _CURSOR] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeQuery:
    """A stretch of time, its end left out."""

    from_: Annotated[datetime, Moment()]
    to: Annotated[datetime, Moment()]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeQuery:
    """A quarter of an hour at which somebody should be free."""

    at: Annotated[datetime, Moment()]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBooking:
    """A session to be booked (S1.1); without an operator, any free one."""

    operator_id: Annotated[str | None, OPERATOR_ID] = None
    starts_at: Annotated[datetime, Moment()]
    minutes: Annotated[int, Whole()]
    main_phone: Annotated[str, _PHONE]
    backup_phone: Annotated[str | None, _PHONE] = None
    language: Annotated[str, OneOf(("ru", "en"))]
    adult: Annotated[bool, Truth()]
    use_balance: Annotated[bool | None, Truth()] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStart:
    """Another time for a booking."""

    starts_at: Annotated[datetime, Moment()]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileBody:
    """What an operator tells about himself."""

    name: Annotated[str, Text(80)]
    tariff_id: Annotated[str, TARIFF_ID]
    main_phone: Annotated[str, _PHONE]
    backup_phone: Annotated[str | None, _PHONE] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityBody:
    """A stretch of an operator's time: offered, or with `offered` false taken back."""

    start: Annotated[datetime, Moment()]
    end: Annotated[datetime, Moment()]
    offered: Annotated[bool, Truth()]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyBody:
    """An amount in the minor unit of its currency."""

    amount_minor: Annotated[int, Whole()]
    currency: Annotated[str, Text(3, pattern="[a-z]{3}", example="rub")]


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffBody:
    """What a minute costs."""

    per_minute: Annotated[MoneyBody, Part(MoneyBody)]
