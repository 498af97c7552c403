"""What an Idempotency-Key remembers (docs.stripe.com/api/idempotent_requests)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from infra.local.payments.errors import key_in_use, key_reused

REMEMBERED = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Answer:
    """What went over the wire.

    Args:
        status: HTTP status.
        body: the JSON document.
        request_id: `Request-Id` of the request that did the work.
        replayed: whether the work had been done before.
    """

    status: int
    body: dict[str, Any]
    request_id: str
    replayed: bool = False


@dataclass(slots=True)
class _Entry:
    fingerprint: str
    since: datetime
    answer: Answer | None = None


class KeyMemory:
    """Answers by key; a key is forgotten 24 hours of business time after its first use."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def begin(self, key: str, fingerprint: str, now: datetime) -> Answer | None:
        """Claim a key, or return the answer it stands for.

        Args:
            key: up to 255 characters, chosen by the caller.
            fingerprint: equal for equal requests.
            now: business time.

        Raises:
            ApiError: 400 where the key stands for another request, 409 where it is in work.
        """
        entry = self._entries.get(key)
        if entry is None or now - entry.since >= REMEMBERED:
            self._entries[key] = _Entry(fingerprint, now)
            return None
        if entry.fingerprint != fingerprint:
            raise key_reused(key)
        if entry.answer is None:
            raise key_in_use(key)
        return entry.answer

    def finish(self, key: str, answer: Answer, *, stored: bool) -> None:
        """Keep the answer under its key, or free the key where nothing was begun."""
        if stored:
            self._entries[key].answer = answer
        else:
            del self._entries[key]
