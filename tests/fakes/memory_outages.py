"""What the store in memory keeps of outages, and of how sessions went."""

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.application.outage_store import OutcomeRow, Progress
from shared.application.store import Change, Decision, Loaded, Page
from shared.application.summaries import OutageSummary
from shared.domain.booking import Booking
from shared.domain.mishap.outcome import Grade, Outcome, outcome
from shared.domain.outage.outage import Outage
from shared.domain.outage.reach import SHARDS

_PAGE = 100


class MemoryOutages:
    """The part of `shared.application.outage_store.OutageStore` that is its own."""

    _states: dict[str, Loaded[Any]]
    _history: dict[str, list[Decision]]

    def __init__(self) -> None:
        self._outcomes: dict[str, Outcome] = {}
        self._progress: dict[tuple[str, int, int], Progress] = {}

    def _index_outcome(self, change: Change) -> None:
        """Where the head is written, the index changes with it."""
        found = outcome(change.state) if isinstance(change.state, Booking) else None
        if found is not None:
            self._outcomes[change.state.booking_id] = found  # type: ignore[union-attr]

    def outcomes(
        self, grade: Grade, hour: datetime, shard: int, cursor: str | None
    ) -> Page[OutcomeRow]:
        rows = sorted(
            (f"{found.since.isoformat()}#{found.until.isoformat()}#{booking_id}", booking_id)
            for booking_id, found in self._outcomes.items()
            if found.grade is grade
            and found.since.replace(minute=0, second=0, microsecond=0) == hour
            and zlib.crc32(booking_id.encode()) % SHARDS == shard
        )
        rows = [row for row in rows if not cursor or row[0] > cursor]
        items = [
            OutcomeRow(
                booking_id, self._outcomes[booking_id].since, self._outcomes[booking_id].until
            )
            for _, booking_id in rows[:_PAGE]
        ]
        return Page(items, rows[_PAGE - 1][0] if len(rows) > _PAGE else None)

    def outage(self, number: str) -> Loaded[Outage] | None:
        loaded = self._states.get(number)
        return loaded if loaded is not None and isinstance(loaded.state, Outage) else None

    def outage_history(self, number: str) -> Sequence[Decision]:
        return tuple(self._history.get(number, ()))

    def outages(self, cursor: str | None, limit: int) -> Page[OutageSummary]:
        rows = sorted(
            (
                (f"{s.state.opened_at.isoformat()}#{s.state.number}", s.state)
                for s in self._states.values()
                if isinstance(s.state, Outage)
            ),
            key=lambda row: row[0],
            reverse=True,
        )
        rows = [row for row in rows if not cursor or row[0] < cursor]
        items = [
            OutageSummary(o.number, o.status, o.opened_at, o.since, o.until, o.operators)
            for _, o in rows[:limit]
        ]
        return Page(items, rows[limit - 1][0] if len(rows) > limit else None)

    def progress(self, outage: str, number: int) -> Sequence[Progress]:
        return [
            progress
            for (of, which, _), progress in sorted(self._progress.items(), key=lambda kv: kv[0])
            if (of, which) == (outage, number)
        ]

    def note_progress(self, outage: str, progress: Progress) -> bool:
        key = outage, progress.number, progress.shard
        present = self._progress.get(key)
        if progress.turn != (present.turn if present else 0) + 1:
            return False
        self._progress[key] = progress
        return True
