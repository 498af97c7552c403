"""The Idempotency-Key of a request: sent twice, it takes effect once."""

import json
import re
from collections.abc import Mapping
from hashlib import sha256

from functions.problems import Malformed
from shared.application.store import Replay

HEADER = "Idempotency-Key"
# Visible ASCII: what every client and log can show.
PATTERN = "[!-~]{1,128}"


def replay(
    key: str | None, owner: str, method: str, path: str, body: object, booking_id: str
) -> Replay:
    """What the key of this request stands for.

    Args:
        key: the header's value.
        owner: who sent it; keys of different people do not meet.
        method: of the request.
        path: of the request.
        body: as it was read from JSON; the order of its fields does not matter.
        booking_id: whom the request is about, empty where it makes a new booking.

    Raises:
        Malformed: the key is missing or not 1 to 128 visible ASCII characters.
    """
    if not key:
        raise Malformed(
            "idempotency_key_missing", "Send a new key of your own with each new request.", HEADER
        )
    if not re.fullmatch(PATTERN, key):
        raise Malformed(
            "idempotency_key_invalid", "A key has 1 to 128 visible ASCII characters.", HEADER
        )
    return Replay(owner, key, _fingerprint(method, path, body), booking_id)


def _fingerprint(method: str, path: str, body: object) -> str:
    canonical = json.dumps([method, path, body], sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()


def header_of(headers: Mapping[str, str]) -> str | None:
    """The key among a request's headers, whatever their case."""
    return next((value for name, value in headers.items() if name.lower() == HEADER.lower()), None)
