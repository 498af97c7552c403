"""Refusals in Stripe's wire form (docs.stripe.com/api/errors, docs.stripe.com/error-codes)."""

from typing import Any


class ApiError(Exception):
    """An answer outside 2xx.

    Args:
        status: HTTP status.
        kind: `error.type`.
        stored: whether an idempotency key remembers the answer: yes once the work has begun, no
            for refused parameters and conflicts (docs.stripe.com/api/idempotent_requests).
        details: further fields of `error`; None is left out.
    """

    def __init__(
        self, status: int, kind: str, message: str, *, stored: bool = False, **details: object
    ) -> None:
        super().__init__(message)
        self.status = status
        self.stored = stored
        given = {name: value for name, value in details.items() if value is not None}
        self.body: dict[str, Any] = {"error": {"type": kind, "message": message, **given}}


def invalid(
    message: str, *, code: str | None = None, param: str | None = None, stored: bool = False
) -> ApiError:
    """A request that cannot be carried out as it stands: 400."""
    return ApiError(400, "invalid_request_error", message, code=code, param=param, stored=stored)


def missing_parameter(name: str) -> ApiError:
    """A required parameter is not there: 400."""
    return invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)


def no_such(kind: str, identifier: str, param: str) -> ApiError:
    """An object that does not exist: 404."""
    return ApiError(
        404,
        "invalid_request_error",
        f"No such {kind}: '{identifier}'",
        code="resource_missing",
        param=param,
    )


def unexpected_state(message: str, intent: dict[str, Any]) -> ApiError:
    """A payment intent that is past what was asked: 400, with the intent as it is."""
    return ApiError(
        400,
        "invalid_request_error",
        message,
        stored=True,
        code="payment_intent_unexpected_state",
        payment_intent=intent,
    )


def unauthorized(key: str | None) -> ApiError:
    """No key or an unknown one: 401; of the key only its last characters are repeated."""
    if not key:
        return ApiError(401, "invalid_request_error", "You did not provide an API key.")
    shown = "*" * 8 + key[-4:] if len(key) > 12 else "*" * 8
    return ApiError(401, "invalid_request_error", f"Invalid API Key provided: {shown}")


def secret_key_required() -> ApiError:
    """A publishable key where only the secret key will do: 401."""
    return ApiError(
        401,
        "invalid_request_error",
        "This API call cannot be made with a publishable API key. Please use a secret API key.",
        code="secret_key_required",
    )


def rate_limited() -> ApiError:
    """Too many requests, nothing done: 429 (docs.stripe.com/rate-limits)."""
    return ApiError(429, "invalid_request_error", "Request rate limit exceeded.", code="rate_limit")


def server_error() -> ApiError:
    """Stripe's own failure: 500, remembered under the key like any other answer."""
    return ApiError(500, "api_error", "An unknown error occurred.", stored=True)


def key_in_use(key: str) -> ApiError:
    """The first request under the key is still being worked on: 409."""
    return ApiError(
        409,
        "invalid_request_error",
        "There is currently another in-progress request using this Idempotency-Key "
        f"({key}). Please try again later.",
        code="idempotency_key_in_use",
    )


def key_reused(key: str) -> ApiError:
    """The key was first used with other parameters: 400."""
    return ApiError(
        400,
        "idempotency_error",
        "Keys for idempotent requests can only be used with the same parameters they were first "
        f"used with. Try using a key other than '{key}' if you meant to execute a different "
        "request.",
    )
