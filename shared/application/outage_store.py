"""What outages need from the table beside all else: how sessions went, and how far a run is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.application.store import Decision, Loaded, Page, Store
from shared.application.summaries import OutageSummary
from shared.domain.mishap.outcome import Grade
from shared.domain.outage.outage import Outage


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """A finished session in the index.

    Args:
        since: its first symptom, UTC.
        until: when all was well again or the session over, UTC.
    """

    booking_id: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one shard of a pass is.

    Args:
        turn: how often it was noted; 0 before the first time.
        step: the steps behind it, as shared/domain/outage/reach.py counts them.
        cursor: where it is within its step; None at its beginning.
        looked: sessions seen in the index.
        found: of those, the ones whose trouble touches the outage.
        compensated: of those, the ones it broke, each made good now or before.
        put_aside: of those, the ones that failed and are tried by themselves.
    """

    number: int
    shard: int
    turn: int = 0
    step: int = 0
    cursor: str | None = None
    looked: int = 0
    found: int = 0
    compensated: int = 0
    put_aside: int = 0


class OutageStore(Store, Protocol):
    """The table, with outages in it."""

    def outcomes(
        self, grade: Grade, hour: datetime, shard: int, cursor: str | None
    ) -> Page[OutcomeRow]:
        """Finished sessions of a shard whose first symptom fell into an hour, in its order.

        Read from an index: a session stands in it some moments after its end.
        """
        ...

    def outage(self, number: str) -> Loaded[Outage] | None:
        """The fold of its events; None where there is no such outage."""
        ...

    def outage_history(self, number: str) -> Sequence[Decision]:
        """Every decision on an outage, oldest first; empty where there is none."""
        ...

    def outages(self, cursor: str | None, limit: int) -> Page[OutageSummary]:
        """All outages, the one opened last first; read from an index."""
        ...

    def progress(self, outage: str, number: int) -> Sequence[Progress]:
        """How far the shards of a pass are that have begun, by shard."""
        ...

    def note_progress(self, outage: str, progress: Progress) -> bool:
        """Remember how far a shard is; False where its turn is not the next one."""
        ...
