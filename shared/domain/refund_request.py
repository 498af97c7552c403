"""What somebody fills in to ask for money back, without being signed in (S2.4).

Nothing here looks anything up: an answer to the form reveals nothing about who is a customer.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from shared.domain.errors import RuleBroken
from shared.domain.money import Money

REASON_LONGEST = 2000  # characters
PICTURE_LARGEST = 5 * 1024 * 1024  # bytes
PICTURE_TYPES = ("image/jpeg", "image/png", "image/webp", "application/pdf")

# The limits of RFC 5321 section 4.5.3.1 and of RFC 3696 erratum 1690. Whether an address exists
# only a letter can tell; this refuses what no letter could be sent to.
_EMAIL_LONGEST, _LOCAL_LONGEST = 254, 64
_EMAIL = re.compile(
    r"[^\s@<>(),;:\"\\\[\]]+@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{1,62}"
)
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_TRANSACTION = re.compile(r"[A-Za-z0-9_-]{4,64}")
# The date is a local one, and nobody says whose: the earliest zone is 14 hours ahead of UTC.
_EARLIEST_ZONE = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture the customer wants to send along.

    Args:
        content_type: one of PICTURE_TYPES.
        size: bytes, as his browser says; the store holds him to PICTURE_LARGEST.
    """

    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class RefundRequestForm:
    """A request for money back, as it was filled in.

    Args:
        email: where to answer to; this or `phone` is needed.
        phone: E.164.
        transaction: our order number, or the payment provider's number of the transaction.
        paid_on: the day of the payment as the customer's statement shows it.
        amount: what was paid, as the statement shows it.
        reason: in the customer's own words.
        picture: None where he sends none.
    """

    email: str | None
    phone: str | None
    transaction: str
    paid_on: date
    amount: Money
    reason: str
    picture: Picture | None = None


def normalised(form: RefundRequestForm) -> RefundRequestForm:
    """The form without what people add by habit: blank ends, spaces in numbers, empty fields.

    The part of an address before the @ keeps its letters: its host alone knows whether case counts.
    """
    return replace(
        form,
        email=_address(form.email),
        phone=re.sub(r"[\s()-]", "", form.phone or "") or None,
        transaction=_number(form.transaction),
        reason=form.reason.replace("\r\n", "\n").replace("\r", "\n").strip(),
    )


def faults(form: RefundRequestForm, now: datetime) -> tuple[RuleBroken, ...]:
    """Everything that is wrong with a normalised form, each naming its field; empty if nothing is.

    Args:
        form: as `normalised` returns it.
        now: business time, UTC.
    """
    found: list[RuleBroken] = []
    if form.email is None and form.phone is None:
        found.append(RuleBroken("contact_missing", "Give an e-mail address or a phone.", "email"))
    if form.email is not None and not is_email(form.email):
        found.append(RuleBroken("email_invalid", "This is not an e-mail address.", "email"))
    if form.phone is not None and not _E164.fullmatch(form.phone):
        found.append(RuleBroken("phone_invalid", "This is not a phone number.", "phone"))
    if not _TRANSACTION.fullmatch(form.transaction):
        found.append(
            RuleBroken(
                "transaction_invalid",
                "Give the number of the order or transaction: 4 to 64 letters, digits, _ or -.",
                "transaction",
            )
        )
    if form.paid_on > (now + _EARLIEST_ZONE).date():
        found.append(RuleBroken("date_in_future", "The payment's day is yet to come.", "paid_on"))
    if form.amount.minor <= 0:
        found.append(RuleBroken("amount_not_positive", "Give the amount that was paid.", "amount"))
    if not form.reason:
        found.append(
            RuleBroken("reason_missing", "Tell us why the money should go back.", "reason")
        )
    elif len(form.reason) > REASON_LONGEST:
        found.append(
            RuleBroken("reason_too_long", f"Use at most {REASON_LONGEST} characters.", "reason")
        )
    return (*found, *(_picture_faults(form.picture) if form.picture else ()))


def is_email(text: str) -> bool:
    """Whether a letter could be sent to a text."""
    local, _, _ = text.partition("@")
    return (
        len(text) <= _EMAIL_LONGEST
        and len(local) <= _LOCAL_LONGEST
        and ".." not in text
        and not local.startswith(".")
        and not local.endswith(".")
        and _EMAIL.fullmatch(text) is not None
    )


def _picture_faults(picture: Picture) -> tuple[RuleBroken, ...]:
    found: list[RuleBroken] = []
    if picture.content_type not in PICTURE_TYPES:
        kinds = ", ".join(PICTURE_TYPES)
        found.append(
            RuleBroken("picture_type_refused", f"Send one of: {kinds}.", "picture.content_type")
        )
    if not 1 <= picture.size <= PICTURE_LARGEST:
        most = PICTURE_LARGEST // 1024**2
        found.append(RuleBroken("picture_size_refused", f"Send at most {most} MB.", "picture.size"))
    return tuple(found)


def _address(email: str | None) -> str | None:
    local, at, host = (email or "").strip().rpartition("@")
    return f"{local}{at}{host.lower()}" or None


def _number(text: str) -> str:
    """A number as it is stored: an order number may be read out, and written, in groups."""
    bare = re.sub(r"\s", "", text)
    digits = bare.replace("-", "")
    return digits if digits.isascii() and digits.isdigit() else bare
