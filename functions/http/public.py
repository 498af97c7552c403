"""What anybody may ask for without signing in: money back, and how far that is (S2.4, S3.2).

Behind the same function is what anybody may see.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypedDict

from functions.http import reliability, views
from functions.http.identity import WITHOUT_SIGN_IN
from functions.http.requests import MoneyBody, Nothing
from functions.http.rooms import Rooms
from functions.http.routing import CREATED, Call, Route, resolver
from functions.http.shapes import Day, OneOf, Part, Text, Whole
from functions.problems import FieldsWrong
from shared import bootstrap
from shared.domain.money import Money
from shared.domain.refund_request import (
    PICTURE_TYPES,
    REASON_LONGEST,
    Picture,
    RefundRequestForm,
    faults,
    normalised,
)
from shared.domain.session.wording import LANGUAGES

_PATH = "/v1/refund-requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureBody:
    """A picture to be sent along, as the browser describes it."""

    content_type: Annotated[str, OneOf(PICTURE_TYPES)]
    size: Annotated[int, Whole()]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequestBody:
    """A request for money back; an e-mail address or a phone number is needed.

    `transaction` is the number of the order or the payment provider's; day and amount are those of
    the customer's statement.
    """

    email: Annotated[str | None, Text(254)] = None
    phone: Annotated[str | None, Text(40, example="+12025550123")] = None
    transaction: Annotated[str, Text(80)]
    paid_on: Annotated[date, Day()]
    amount: Annotated[MoneyBody, Part(MoneyBody)]
    reason: Annotated[str, Text(REASON_LONGEST, lines=True)]
    picture: Annotated[PictureBody | None, Part(PictureBody)] = None
    language: Annotated[str, OneOf(LANGUAGES)]


class UploadView(TypedDict):
    """Where to POST the picture: multipart/form-data of these fields, then one named "file"."""

    url: str
    fields: dict[str, str]


class RefundRequestView(TypedDict):
    """The request is kept under this number, and answered by the deadline."""

    case_number: str
    deadline: str
    upload: UploadView | None


class RequestStatusView(TypedDict):
    """How far a request is: received, in_work or closed."""

    status: str
    deadline: str


def ask(rooms: Rooms, call: Call, asked: RefundRequestBody) -> RefundRequestView:
    """Keep a request; nobody is looked up, so nothing is told of who is a customer."""
    picture = asked.picture
    form = normalised(
        RefundRequestForm(
            email=asked.email,
            phone=asked.phone,
            transaction=asked.transaction,
            paid_on=asked.paid_on,
            amount=Money(asked.amount.amount_minor, asked.amount.currency),
            reason=asked.reason,
            picture=Picture(picture.content_type, picture.size) if picture else None,
        )
    )
    wrong = faults(form, rooms.clock().now())
    if wrong:
        raise FieldsWrong(wrong)
    once = call.once
    done = rooms.intake().take(form, asked.language, once.key, once.fingerprint)
    upload = done.upload
    return {
        "case_number": done.case.number,
        "deadline": views.moment(done.case.deadline),
        "upload": {"url": upload.url, "fields": dict(upload.fields)} if upload else None,
    }


def status(rooms: Rooms, call: Call, _: Nothing) -> RequestStatusView:
    """How far a request is; whoever has its number may know."""
    found = rooms.intake().status(call.path["case_number"])
    return {"status": found.status.value, "deadline": views.moment(found.deadline)}


ROUTES = (
    Route(
        "POST",
        _PATH,
        "Ask for money back without signing in",
        WITHOUT_SIGN_IN,
        RefundRequestBody,
        ask,
        RefundRequestView,
        CREATED,
        "case_number",
    ),
    Route(
        "GET",
        f"{_PATH}/{{case_number}}",
        "Show how far a request for money back is",
        WITHOUT_SIGN_IN,
        Nothing,
        status,
        RequestStatusView,
    ),
)
handler = resolver(bootstrap, (*ROUTES, *reliability.ROUTES)).resolve
