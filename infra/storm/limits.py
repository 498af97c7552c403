"""What holds the storm back: AWS's limits, our own template, and how long things are taken to last.

Sources: "Quotas in Amazon DynamoDB" (40,000 write request units a second for a table) and
"Designing partition keys" (1,000 a second for one key) under
docs.aws.amazon.com/amazondynamodb/latest/developerguide; "Lambda quotas" (1,000 concurrent
executions) and "Using Lambda with Amazon SQS" (five concurrent batches at first, 300 more a minute)
under docs.aws.amazon.com/lambda/latest/dg.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]

from infra.bench import template
from infra.local.settings import ROOT

TARGET_SECONDS = 300
TABLE_UNITS = 40_000


@dataclass(frozen=True, slots=True)
class Limits:
    """All that is given.

    Args:
        table_units: write units a second of the table.
        index_units: write units a second of the due index.
        key_units: write units a second of one partition key, of an index too.
        lambdas: concurrent executions in all.
        first_batches: concurrent batches with which Lambda begins to read a queue.
        more_batches: how many more a second while messages are left.
        batch: messages of one invocation.
        timers_most: concurrent executions of the timers worker.
        starts_most: concurrent executions of the calls worker on starts.
        timers_timeout: seconds.
        hidden: seconds until a message that was not deleted is seen again.
        receives: after so many a message goes to the dead letters.
        groups: the shards that are swept side by side, one function each.
        sweep_timeout: seconds.
    """

    table_units: int = TABLE_UNITS
    index_units: int = TABLE_UNITS
    key_units: int = 1_000
    lambdas: int = 1_000
    first_batches: int = 5
    more_batches: float = 300 / 60
    batch: int = 10
    timers_most: int = 1_000
    starts_most: int = 1_000
    timers_timeout: float = 10
    hidden: float = 60
    receives: int = 5
    groups: Sequence[Sequence[int]] = ()
    sweep_timeout: float = 55


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is not known before it runs on AWS; the report names it.

    Args:
        load: seconds to read and fold a booking and decide, on 512 MB.
        commit: seconds of a transaction.
        page: seconds of a sweep for a page of the due index: a query, and ten requests to SQS side
            by side, on 1,024 MB.
        turn: seconds to take a turn, or to look at one.
        dial: seconds of a request to the telephony provider.
        relay: seconds from a decision to its effect in the queue.
        lag: seconds by which the index is behind, on average; one row in a hundred ten times more.
        twice: share of messages that SQS delivers twice.
        crashes: share of messages during which the function dies.
        cancelled: share of bookings cancelled in the five minutes before.
        lately: share of rows that came into the index less than five minutes before.
    """

    load: float = 0.014
    commit: float = 0.016
    page: float = 0.060
    turn: float = 0.008
    dial: float = 0.300
    relay: float = 1.0
    lag: float = 0.5
    twice: float = 0.001
    crashes: float = 0.0001
    cancelled: float = 0.02
    lately: float = 0.01


def of_template() -> Limits:
    """The limits, as far as the template has a say in them."""
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]

    def of(name: str) -> dict[str, Any]:
        properties: dict[str, Any] = parsed[name]["Properties"]
        return properties

    table, trigger, timers = of("Table"), of("TimersTrigger"), of("TimersQueue")
    (due,) = (i for i in table["GlobalSecondaryIndexes"] if i["IndexName"] == "due")
    return Limits(
        table_units=min(TABLE_UNITS, table["WarmThroughput"]["WriteUnitsPerSecond"]),
        index_units=min(TABLE_UNITS, due["WarmThroughput"]["WriteUnitsPerSecond"]),
        batch=trigger["BatchSize"],
        timers_most=trigger["ScalingConfig"]["MaximumConcurrency"],
        starts_most=of("StartsTrigger")["ScalingConfig"]["MaximumConcurrency"],
        timers_timeout=of("TimersWorkerFunction")["Timeout"],
        hidden=timers["VisibilityTimeout"],
        receives=timers["RedrivePolicy"]["maxReceiveCount"],
        groups=tuple(
            tuple(each["shards"]) for each in template.scheduled_every_minute()["DueSweep"]
        ),
        sweep_timeout=of("DueSweepFunction")["Timeout"],
    )
