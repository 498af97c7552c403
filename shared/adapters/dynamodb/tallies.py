"""What is counted of finished sessions: an item per hour, and one per day that is published.

Counting a shard of an hour reads its part of the index and transfers a number: 16 queries for the
fine sessions of an hour, however few there are.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pynamodb.exceptions import PutError
from pynamodb.expressions.condition import Condition

from shared.adapters.dynamodb.outages import outcome_partition
from shared.adapters.dynamodb.tables import Counted, connect, moment, stamp
from shared.application.tallies import DayTally, HourTally
from shared.domain.mishap.outcome import Grade
from shared.domain.watch.reliability import Tally

_DAYS = "FIGURES"


class DynamoTallies:
    """`shared.application.tallies.Tallies` in the table.

    Args:
        table: its name.
    """

    def __init__(self, table: str) -> None:
        self._tables = connect(table)

    def sessions(self, grade: Grade, hour: datetime, shard: int) -> int:
        """How many sessions of a shard and an hour went so; no session itself is read."""
        return self._tables.head.outcomes.count(outcome_partition(grade, hour, shard))

    def keep_hour(self, counted: HourTally) -> None:
        """Keep what an hour came to; nothing changes where it was counted later than this."""
        row, at = self._tables.counted_hour, stamp(counted.counted_at)
        pk, sk = _hours(counted.hour), f"{counted.hour.astimezone(UTC):%H}"
        kept = row(pk, sk, counted_at=at, **_numbers(counted.tally))
        _put(kept, row.pk.does_not_exist() | (row.counted_at <= at))

    def hours_of(self, day: datetime) -> Sequence[HourTally]:
        """The counted hours of a UTC day, in order."""
        rows = self._tables.counted_hour.query(_hours(day), consistent_read=True)
        return [
            HourTally(
                moment(f"{row.pk.partition('#')[2]}T{row.sk}:00Z"),
                moment(row.counted_at),
                _tally(row),
            )
            for row in rows
        ]

    def keep_day(self, day: DayTally) -> bool:
        """Keep what a day came to; False where its turn is not the next one."""
        row = self._tables.counted_day
        kept = row(
            _DAYS,
            _date(day.day),
            turn=day.turn,
            hours=day.hours,
            counted_at=stamp(day.counted_at),
            **_numbers(day.tally),
        )
        first = day.turn == 1
        return _put(kept, row.pk.does_not_exist() if first else row.turn == day.turn - 1)

    def days(self, first: datetime, last: datetime) -> Sequence[DayTally]:
        """The counted days from one to another, in order."""
        row = self._tables.counted_day
        wanted = row.sk.between(_date(first), _date(last))
        return [
            DayTally(
                moment(f"{each.sk}T00:00Z"),
                int(each.turn),
                int(each.hours),
                moment(each.counted_at),
                _tally(each),
            )
            for each in row.query(_DAYS, wanted, consistent_read=True)
        ]


def _put(kept: Counted, condition: Condition) -> bool:
    """Store it where the condition holds; False where it does not."""
    try:
        kept.save(condition=condition)
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _numbers(tally: Tally) -> dict[str, Any]:
    return {
        "sessions": tally.sessions,
        "problems": tally.problems,
        "critical": tally.critical,
        "seconds": tally.seconds,
        "squares": tally.squares,
    }


def _tally(row: Counted) -> Tally:
    return Tally(
        sessions=int(row.sessions),
        problems=int(row.problems),
        critical=int(row.critical),
        seconds=int(row.seconds),
        squares=int(row.squares),
    )


def _hours(moment: datetime) -> str:
    return f"FIGURES#{_date(moment)}"


def _date(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"
