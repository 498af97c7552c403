"""What the desk's routes about money and cases take."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from functions.http.requests import MoneyBody
from functions.http.shapes import Day, OneOf, Text, Truth
from shared.domain.case.events import Level, Outcome

_CURRENCY = Text(3, pattern="[a-z]{3}", example="rub")
_CURSOR = Text(255)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentQuery:
    """By what a payment is found (S2.5): one key, or `date`, `amount_minor` and `currency`.

    `date` is a UTC day; `cursor` is what the page before ended with.
    """

    order_number: Annotated[str | None, Text(20, example="123456789013")] = None
    transaction: Annotated[str | None, Text(255, pattern="[A-Za-z0-9_]+")] = None
    email: Annotated[str | None, Text(254)] = None
    phone: Annotated[str | None, Text(40, example="+12025550123")] = None
    date_: Annotated[date | None, Day()] = None
    amount_minor: Annotated[str | None, Text(15, pattern="[1-9][0-9]*")] = None
    currency: Annotated[str | None, _CURRENCY] = None
    cursor: Annotated[str | None, _CURSOR] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRefundBody(MoneyBody):
    """A refund by hand; by our fault used minutes go back too, and no window counts (S2.3)."""

    our_fault: Annotated[bool, Truth()]
    reason_text: Annotated[str | None, Text(2000, lines=True)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignBody:
    """Whose payment it is."""

    customer_id: Annotated[str, Text(128)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesQuery:
    """Whose cases; `cursor` is what the page before ended with."""

    level: Annotated[str, OneOf(tuple(Level))]
    cursor: Annotated[str | None, _CURSOR] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeBody:
    """What a case came to."""

    outcome: Annotated[str, OneOf(tuple(Outcome))]
