"""The URLs the provider asks and tells, and how often it is to try again."""

from urllib.parse import urlencode

# twilio.com/docs/usage/webhooks/webhooks-connection-overrides: three more attempts, after whatever
# failure. The fragment is for the provider alone and is never sent.
_RETRY = "#rc=3&rp=all"


def answer_url(base: str, leg_id: str, booking_id: str, step: str | None = None) -> str:
    """Where a leg that was answered, or redirected to a step, asks what to do."""
    query = {"leg": leg_id, "booking": booking_id}
    return _url(base, "answer", query if step is None else {"step": step} | query)


def status_url(base: str, leg_id: str, booking_id: str) -> str:
    """Where the progress of a leg is reported."""
    return _url(base, "status", {"leg": leg_id, "booking": booking_id})


def keys_url(base: str, step: str, leg_id: str, booking_id: str) -> str:
    """Where the keys pressed at a step are reported."""
    return _url(base, "keys", {"step": step, "leg": leg_id, "booking": booking_id})


def left_url(base: str, leg_id: str, booking_id: str) -> str:
    """Where a leg that has left its conference asks what to do."""
    return _url(base, "left", {"leg": leg_id, "booking": booking_id})


def conference_url(base: str, booking_id: str) -> str:
    """Where joining and leaving is reported; the leg is told by the participant's label."""
    return _url(base, "conference", {"booking": booking_id})


def announce_url(base: str, prompt: str, language: str) -> str:
    """Where the words of an announcement come from."""
    return _url(base, "announce", {"prompt": prompt, "lang": language})


def _url(base: str, path: str, query: dict[str, str]) -> str:
    return f"{base}/v1/voice/{path}?{urlencode(query)}{_RETRY}"
