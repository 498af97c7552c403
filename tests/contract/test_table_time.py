"""Every answer of the table tells its time; by it all workers agree what time it is."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.clock import SharedClock
from shared.adapters.dynamodb.store import DynamoStore
from shared.adapters.dynamodb.time import on_every_answer
from tests.contract.store_subjects import aws_environment, make_table

AHEAD = timedelta(minutes=5)


@pytest.mark.xdist_group("ministack")
def test_a_worker_five_minutes_ahead_knows_the_time_once_it_has_read(local_aws: str) -> None:
    # S1.5; docs.aws.amazon.com/amazondynamodb, "DynamoDB low-level API": answers carry a Date
    with aws_environment(local_aws):
        table = make_table()
        clock = SharedClock(lambda: datetime.now(UTC) + AHEAD)
        on_every_answer(table, clock.heard)
        assert clock.now() - datetime.now(UTC) > AHEAD - timedelta(seconds=1)
        assert DynamoStore(table, lambda: 0.0).booking("100000000006") is None
        assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
