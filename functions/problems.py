"""Every refusal as problem+json (RFC 9457), and the one table of HTTP status codes."""

import json
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.logging import Logger

from shared.application.store import Busy
from shared.domain import errors

MEDIA_TYPE = "application/problem+json"
_LONGEST_INSTANCE = 256

logger = Logger()


class Malformed(errors.RedialError):
    """The request cannot be read at all."""


class Unauthenticated(errors.RedialError):
    """Nobody is signed in."""


class Forbidden(errors.RedialError):
    """The caller's role does not allow it."""


class TooLarge(errors.RedialError):
    """The body is longer than any request of ours."""


class WrongMediaType(errors.RedialError):
    """The body is not what we read."""


class FieldsWrong(errors.RuleBroken):
    """Fields of the request are not what they must be; the first stands for all.

    Args:
        faults: one for each field, at least one.
    """

    def __init__(self, faults: Sequence[errors.RuleBroken]) -> None:
        first = faults[0]
        super().__init__(first.code, first.detail, first.field)
        self.faults = tuple(faults)


# The most special class of an error decides; a code overrules its class.
_STATUS: dict[type[Exception], HTTPStatus] = {
    Malformed: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    WrongMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.RuleBroken: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Declined: HTTPStatus.PAYMENT_REQUIRED,
    # Every request of ours may be repeated, so an unknown outcome is a reason to ask again.
    errors.Upstream: HTTPStatus.SERVICE_UNAVAILABLE,
    Exception: HTTPStatus.INTERNAL_SERVER_ERROR,
}
_STATUS_OF_CODE = {
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
    # The request is well formed, the present state of the booking forbids it.
    "booking_frozen": HTTPStatus.CONFLICT,
    "booking_not_open": HTTPStatus.CONFLICT,
    "callback_had": HTTPStatus.CONFLICT,
    "hold_over": HTTPStatus.CONFLICT,
    "line_not_given_up": HTTPStatus.CONFLICT,
    "link_over": HTTPStatus.CONFLICT,
    "minutes_spent": HTTPStatus.CONFLICT,
    "no_backup_phone": HTTPStatus.CONFLICT,
    "not_a_regular_customer": HTTPStatus.CONFLICT,
    "not_joined": HTTPStatus.CONFLICT,
    "nothing_left": HTTPStatus.CONFLICT,
    "nothing_to_pay": HTTPStatus.CONFLICT,
    "offer_over": HTTPStatus.CONFLICT,
    "offer_taken": HTTPStatus.CONFLICT,
    "session_begun": HTTPStatus.CONFLICT,
    "session_not_live": HTTPStatus.CONFLICT,
    "not_connected": HTTPStatus.CONFLICT,
    "next_customer_waits": HTTPStatus.CONFLICT,
    "operator_not_free": HTTPStatus.CONFLICT,
    "extended_too_often": HTTPStatus.CONFLICT,
    "balance_too_low": HTTPStatus.PAYMENT_REQUIRED,
    "card_refused": HTTPStatus.PAYMENT_REQUIRED,
    "session_not_yours": HTTPStatus.CONFLICT,
    # So does that of a payment.
    "choice_made": HTTPStatus.CONFLICT,
    "nothing_asked": HTTPStatus.CONFLICT,
    "nothing_to_choose": HTTPStatus.CONFLICT,
    "nothing_unused": HTTPStatus.CONFLICT,
    "number_erased": HTTPStatus.CONFLICT,
    "payment_disputed": HTTPStatus.CONFLICT,
    "payment_not_captured": HTTPStatus.CONFLICT,
    "question_over": HTTPStatus.CONFLICT,
    "refund_not_made": HTTPStatus.CONFLICT,
    "refund_window_over": HTTPStatus.CONFLICT,
    "payment_has_owner": HTTPStatus.CONFLICT,
    "refund_not_waiting": HTTPStatus.CONFLICT,
    "refund_waits": HTTPStatus.CONFLICT,
    # And that of a case.
    "case_closed": HTTPStatus.CONFLICT,
    # He may, and another of his role must.
    "four_eyes": HTTPStatus.FORBIDDEN,
    # A provider's request has no sign-in that could be missing.
    "signature_invalid": HTTPStatus.FORBIDDEN,
}
_RETRY_AFTER = "1"  # seconds


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer of MEDIA_TYPE.

    Args:
        code: of the error, for the log.
        headers: beside the content type.
        body: JSON.
    """

    status: int
    code: str
    headers: Mapping[str, str]
    body: str

    def to_gateway(self) -> dict[str, Any]:
        """As API Gateway takes it from a function."""
        headers = {"Content-Type": MEDIA_TYPE, **self.headers}
        return {"statusCode": self.status, "headers": headers, "body": self.body}


def problem(error: Exception, instance: str) -> Problem:
    """The answer to a request that failed; nothing of an unexpected error is shown.

    Args:
        error: what went wrong.
        instance: the path that was asked for.
    """
    status = _status(error)
    if not isinstance(error, errors.RedialError):
        logger.error("unexpected", extra={"error": type(error).__name__, "where": where(error)})
        error = errors.RedialError("unexpected", "Something went wrong here; we have noted it.")
    elif isinstance(error, errors.Upstream):
        logger.warning("provider failed", extra={"error": type(error).__name__, "code": error.code})
        # Its own words are meant for us.
        error = type(error)(error.code, "The payment provider did not do what we asked of it.")
    fields: dict[str, object] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": error.detail,
        "code": error.code,
        "instance": instance[:_LONGEST_INSTANCE],
    }
    if error.field is not None:
        fields["field"] = error.field
    if isinstance(error, FieldsWrong):
        fields["errors"] = [
            {"field": fault.field, "code": fault.code, "detail": fault.detail}
            for fault in error.faults
        ]
    headers = {"Cache-Control": "no-store"}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = _RETRY_AFTER
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return Problem(status.value, error.code, headers, json.dumps(fields))


def where(error: Exception) -> list[str]:
    """Where an error came from, for the log.

    Its message is left out: that of a foreign exception may quote what a person sent us.
    """
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def _status(error: Exception) -> HTTPStatus:
    if isinstance(error, errors.RedialError) and error.code in _STATUS_OF_CODE:
        return _STATUS_OF_CODE[error.code]
    return next(_STATUS[cls] for cls in type(error).__mro__ if cls in _STATUS)
