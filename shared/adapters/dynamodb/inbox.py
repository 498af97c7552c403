"""External messages, kept once."""

from collections.abc import Callable
from datetime import datetime

from pynamodb.exceptions import PutError

from shared.adapters.dynamodb.tables import Tables, stamp

_KEPT = 30 * 24 * 3600


class InboxRows:
    """What providers told us."""

    _tables: Tables
    _now: Callable[[], float]

    def receive(self, provider: str, message_id: str, kind: str, body: str, at: datetime) -> bool:
        """Store an external message once; False where it is known."""
        message = self._tables.message
        row = message(
            f"INBOX#{provider}#{message_id}",
            "INBOX",
            kind="inbox",
            message_kind=kind,
            body=body,
            at=stamp(at),
            expires_at=int(self._now()) + _KEPT,
        )
        try:
            row.save(condition=message.pk.does_not_exist())
        except PutError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            return False
        return True
