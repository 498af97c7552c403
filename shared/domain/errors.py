"""What can go wrong, named by the fact; its HTTP status stands in functions/problems.py."""


class RedialError(Exception):
    """A failure with a stable code that a program can act on.

    Args:
        code: snake_case name of the fact, stable across releases.
        detail: one sentence for a person.
        field: the input field at fault, where there is one.
    """

    def __init__(self, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.field = field


class RuleBroken(RedialError):
    """The request breaks a rule and would break it again: never retried."""


class NotFound(RedialError):
    """The thing does not exist, or is not the caller's to see."""


class Conflict(RedialError):
    """Somebody else was first; reading again shows the present state."""


class Upstream(RedialError):
    """A provider did not do what was asked."""


class Declined(Upstream):
    """The provider refused for good; `code` is the provider's own reason."""


class Unavailable(Upstream):
    """The provider did nothing (rate limit, conflict, outage): the same request may be retried."""


class OutcomeUnknown(Upstream):
    """The request may have taken effect: look it up before anything else is tried."""
