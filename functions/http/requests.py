"""What the routes take: bodies of POST and PUT, queries of GET."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from functions.http.shapes import Moment, OneOf, Part, Text, Truth, Whole
from shared.domain.commands import LineChoice
from shared.domain.mishap.events import Choice
from shared.domain.session.wording import LANGUAGES

OPERATOR_ID = Text(128)
_PHONE = Text(40, example="+12025550123")
_CURSOR = Text(128)
_CURRENCY = Text(3, pattern="[a-z]{3}", example="rub")
_CHECKOUT = Text(64, pattern="[A-Za-z0-9_-]{8,64}", example="form-5f0c2a9e")
CARD_ID = Text(24, pattern="[0-9a-f]{24}", example="3f2a9c0d5b7e41866a1d0c2f")
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
    """A session to be booked (S1.1); without an operator, any free one.

    `checkout` names the order form it is sent from: a page that tries again sends the same (S2.1).
    """

    operator_id: Annotated[str | None, OPERATOR_ID] = None
    starts_at: Annotated[datetime, Moment()]
    minutes: Annotated[int, Whole()]
    main_phone: Annotated[str, _PHONE]
    backup_phone: Annotated[str | None, _PHONE] = None
    language: Annotated[str, OneOf(LANGUAGES)]
    adult: Annotated[bool, Truth()]
    use_balance: Annotated[bool | None, Truth()] = None
    checkout: Annotated[str | None, _CHECKOUT] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentBody:
    """How a booking is paid; without a saved card, the customer confirms at the provider."""

    card_id: Annotated[str | None, CARD_ID] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionQuery:
    """How many more minutes; a query carries text."""

    minutes: Annotated[str, Text(3, pattern="[1-9][0-9]*", example="15")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendBody:
    """How many more minutes (S1.12); without a saved card, the balance must cover them."""

    minutes: Annotated[int, Whole()]
    card_id: Annotated[str | None, CARD_ID] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentBody:
    """What was agreed to: the version of the text that was shown (GET /v1/account/cards)."""

    version: Annotated[str, Text(16)]
    accepted: Annotated[bool, Truth()]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpBody:
    """Money to be put on the balance: confirmed at the provider, or charged to a saved card.

    `checkout` names the form it is sent from: a page that tries again sends the same (S2.1). A card
    is saved with `save_card`, and only with the customer's `consent`.
    """

    amount_minor: Annotated[int, Whole()]
    currency: Annotated[str, _CURRENCY]
    language: Annotated[str, OneOf(LANGUAGES)]
    checkout: Annotated[str | None, _CHECKOUT] = None
    card_id: Annotated[str | None, CARD_ID] = None
    save_card: Annotated[bool | None, Truth()] = None
    consent: Annotated[ConsentBody | None, Part(ConsentBody)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStart:
    """Another time for a booking."""

    starts_at: Annotated[datetime, Moment()]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhonesBody:
    """The numbers to be rung, both of them: without a backup there is none any more."""

    main_phone: Annotated[str, _PHONE]
    backup_phone: Annotated[str | None, _PHONE] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChoiceBody:
    """What is to be done about a line that stays bad (S1.8)."""

    choice: Annotated[str, OneOf(tuple(LineChoice))]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferBody:
    """What is chosen of an offer (S1.10).

    `starts_at` of a new time, where one is wanted already; `main_phone` is needed for another
    phone, and for any call where that of the booking cannot be reached.
    """

    choice: Annotated[str, OneOf(tuple(Choice))]
    starts_at: Annotated[datetime | None, Moment()] = None
    main_phone: Annotated[str | None, _PHONE] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessBody:
    """Whether the operator will be there (S1.9)."""

    ready: Annotated[bool, Truth()]


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
    currency: Annotated[str, _CURRENCY]


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffBody:
    """What a minute costs."""

    per_minute: Annotated[MoneyBody, Part(MoneyBody)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateAnswer:
    """Whether both payments were meant (S2.1)."""

    wanted_both: Annotated[bool, Truth()]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceBody:
    """What becomes of a late payment (S1.14); for a slot without a time, the nearest free one."""

    choice: Annotated[str, OneOf(("balance", "refund", "slot"))]
    starts_at: Annotated[datetime | None, Moment()] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundBody:
    """How much of a payment should go back; without an amount, all that may."""

    amount_minor: Annotated[int | None, Whole()] = None
    currency: Annotated[str | None, _CURRENCY] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageQuery:
    """In which language; without one, what the browser asks for, then that of the booking."""

    language: Annotated[str | None, OneOf(LANGUAGES)] = None
