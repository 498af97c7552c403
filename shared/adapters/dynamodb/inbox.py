"""External messages, kept once; how far sweeps have come; what is done once in a while."""

from collections.abc import Callable, Sequence
from datetime import datetime

from pynamodb.exceptions import PutError

from shared.adapters.dynamodb.tables import Tables, moment, stamp

_KEPT = 30 * 24 * 3600


class InboxRows:
    """What providers told us."""

    _tables: Tables
    _now: Callable[[], float]

    def swept_until(self, sweep: str) -> datetime | None:
        """How far a sweep has come; None where it never ran."""
        try:
            row = self._tables.sweep.get(f"SWEEP#{sweep}", "SWEEP", consistent_read=True)
        except self._tables.sweep.DoesNotExist:
            return None
        return moment(row.until)

    def note_swept(self, sweep: str, until: datetime) -> None:
        """Remember how far a sweep has come."""
        self._tables.sweep(f"SWEEP#{sweep}", "SWEEP", until=stamp(until)).save()

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

    def claim(self, what: str, by: str, now: datetime, until: datetime) -> bool:
        """Keep something for one until a moment, UTC; False where another has it still."""
        claim = self._tables.claim
        held = int((until - now).total_seconds())
        row = claim(
            f"CLAIM#{what}",
            "CLAIM",
            by=by,
            until=stamp(until),
            expires_at=int(self._now()) + held,
        )
        free = claim.pk.does_not_exist() | (claim.by == by) | (claim.until <= stamp(now))
        try:
            row.save(condition=free)
        except PutError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def known(self, provider: str, message_ids: Sequence[str]) -> frozenset[str]:
        """Those of at most 100 external messages that were stored before."""
        message = self._tables.message
        keys = [(f"INBOX#{provider}#{message_id}", "INBOX") for message_id in message_ids]
        rows = message.batch_get(keys, attributes_to_get=["pk"])
        return frozenset(row.pk.split("#", 2)[2] for row in rows)
