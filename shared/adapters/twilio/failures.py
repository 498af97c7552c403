"""What the provider's refusals mean to us."""

from shared.domain.errors import Declined, NotFound, OutcomeUnknown, RedialError, Unavailable

# twilio.com/docs/api/errors/21220: the call has ended, or cannot be changed in its present state.
NOT_IN_PROGRESS = "21220"


def failure(status: int, code: int | None, message: str, changing: bool) -> RedialError:
    """The error for an HTTP answer.

    Args:
        status: HTTP status, 400 or above.
        code: the provider's error code, where it gave one.
        message: the provider's own words.
        changing: whether the request may have had an effect although it failed.
    """
    name = str(code or status)
    if status == 404:
        return NotFound(name, message)
    if status == 429:
        return Unavailable(name, message)
    if status >= 500:
        return OutcomeUnknown(name, message) if changing else Unavailable(name, message)
    return Declined(name, message)
