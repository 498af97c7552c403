"""Reading outages, how sessions went, and how far the passes over them are."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pynamodb.exceptions import PutError

from shared.adapters.dynamodb.codec import OUTAGE_EVENTS
from shared.adapters.dynamodb.decisions import Decisions
from shared.adapters.dynamodb.heads import OutageHead
from shared.adapters.dynamodb.tables import PassRow, moment, shard_of, stamp
from shared.application.outage_store import OutcomeRow, Progress
from shared.application.store import Decision, Loaded, Page
from shared.application.summaries import OutageSummary
from shared.domain.mishap.outcome import Grade, Outcome
from shared.domain.outage import outage as outages
from shared.domain.outage.reach import SHARDS

_PAGE = 100


def outcome_keys(booking_id: str, outcome: Outcome) -> tuple[str, str]:
    """Where a booking stands in the index of outcomes."""
    shard = shard_of(booking_id, SHARDS)
    until = stamp(outcome.until)
    return (
        outcome_partition(outcome.grade, outcome.since, shard),
        f"{stamp(outcome.since)}#{until}#{booking_id}",
    )


def outcome_partition(grade: Grade, moment: datetime, shard: int) -> str:
    """The part of the index of outcomes for a shard and the hour a moment lies in."""
    return f"OUTCOME#{grade}#{moment.astimezone(UTC):%Y-%m-%dT%H}#{shard:02d}"


class OutageRows(Decisions):
    """The read side of outages, and the progress of their runs."""

    def outcomes(
        self, grade: Grade, hour: datetime, shard: int, cursor: str | None
    ) -> Page[OutcomeRow]:
        """Finished sessions of a shard whose first symptom fell into an hour, in its order."""
        head = self._tables.head
        found = list(
            head.outcomes.query(
                outcome_partition(grade, hour, shard),
                head.outcome_at > cursor if cursor else None,
                limit=_PAGE + 1,
            )
        )
        rows = [_row(str(row.outcome_at)) for row in found[:_PAGE]]
        return Page(rows, found[_PAGE - 1].outcome_at if len(found) > _PAGE else None)

    def outage(self, number: str) -> Loaded[outages.Outage] | None:
        """The fold of its events; None where there is no such outage."""
        return self._load("OUTAGE", number, OUTAGE_EVENTS, outages.fold)

    def outage_history(self, number: str) -> Sequence[Decision]:
        """Every decision on an outage, oldest first; empty where there is none."""
        return self._history("OUTAGE", number, OUTAGE_EVENTS)

    def outages(self, cursor: str | None, limit: int) -> Page[OutageSummary]:
        """All outages, the one opened last first; read from an index."""
        head = self._tables.head
        found = list(
            head.by_owner.query(
                "OUTAGES",
                head.owner_sort < cursor if cursor else None,
                scan_index_forward=False,
                limit=limit + 1,
            )
        )
        keys = [(row.pk, row.sk) for row in found[:limit]]
        heads = self._tables.outage_head
        rows = {row.pk: row for row in heads.batch_get(keys, consistent_read=True)}
        return Page(
            [_summary(rows[pk]) for pk, _ in keys],
            found[limit - 1].owner_sort if len(found) > limit else None,
        )

    def progress(self, outage: str, number: int) -> Sequence[Progress]:
        """How far the shards of a pass are that have begun, by shard."""
        row = self._tables.pass_row
        rows = row.query(
            f"OUTAGE#{outage}", row.sk.startswith(f"PASS#{number:04d}#"), consistent_read=True
        )
        return [_progress(row) for row in rows]

    def note_progress(self, outage: str, progress: Progress) -> bool:
        """Remember how far a shard is; False where its turn is not the next one."""
        row = self._tables.pass_row
        noted = row(
            f"OUTAGE#{outage}",
            f"PASS#{progress.number:04d}#{progress.shard:02d}",
            turn=progress.turn,
            step=progress.step,
            cursor=progress.cursor,
            looked=progress.looked,
            found=progress.found,
            compensated=progress.compensated,
            put_aside=progress.put_aside,
        )
        first = progress.turn == 1
        try:
            noted.save(
                condition=row.pk.does_not_exist() if first else row.turn == progress.turn - 1
            )
        except PutError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            return False
        return True


def _row(sort: str) -> OutcomeRow:
    since, until, booking_id = sort.split("#")
    return OutcomeRow(booking_id, moment(since), moment(until))


def _progress(row: PassRow) -> Progress:
    _, number, shard = row.sk.split("#")
    return Progress(
        number=int(number),
        shard=int(shard),
        turn=int(row.turn),
        step=int(row.step),
        cursor=row.cursor,
        looked=int(row.looked),
        found=int(row.found),
        compensated=int(row.compensated),
        put_aside=int(row.put_aside),
    )


def _summary(row: OutageHead) -> OutageSummary:
    opened_at, number = row.owner_sort.split("#")
    return OutageSummary(
        number=number,
        status=outages.Status(row.status),
        opened_at=moment(opened_at),
        since=moment(row.since),
        until=moment(row.until) if row.until else None,
        operators=frozenset(row.operators or ()),
    )
