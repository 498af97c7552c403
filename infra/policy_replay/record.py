"""`make policy-history`: writes the history of a running stack's incidents, for a replay.

Reads the table of the local stack that runs, or the one that REDIAL_TABLE names, with the AWS
credentials and region of the environment. Bookings whose incident was judged are written, a line
each.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from infra.local.settings import ROOT, Settings, StackError
from infra.policy_replay.history import Decided, History, written
from shared.adapters.dynamodb.store import DynamoStore
from shared.adapters.dynamodb.tables import connect
from shared.domain import events as e

HISTORY = ROOT / "build" / "history.jsonl"


def main(arguments: list[str] | None = None) -> int:
    """Write it, and say how much it is."""
    parser = argparse.ArgumentParser(prog="python -m infra.policy_replay.record")
    parser.add_argument("--to", type=Path, default=HISTORY, help="the file to write")
    asked = parser.parse_args(arguments)
    try:
        table = _table()
    except StackError as error:
        print(error, file=sys.stderr)
        return 2
    asked.to.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with asked.to.open("w") as file:
        for history in judged(table):
            file.write(f"{written(history)}\n")
            count += 1
    print(f"{count} bookings with an incident: {asked.to}")
    return 0


def judged(table: str) -> Iterator[History]:
    """The bookings of a table whose incident was judged, one by one.

    A scan promises no order, so that it finds the bookings, and each is read by itself: memory
    holds one, however many there are.
    """
    rows = connect(table)
    store = DynamoStore(table, _no_clock)
    heads = rows.head.scan(
        rows.head.pk.startswith("BOOKING#") & (rows.head.sk == "HEAD"),
        attributes_to_get=["pk", "sk"],
    )
    for head in heads:
        booking_id = head.pk.partition("#")[2]
        decisions = tuple(
            Decided(one.version, one.at, cast(tuple[e.Event, ...], one.events))
            for one in store.history(booking_id)
        )
        events = (event for one in decisions for event in one.events)
        if any(isinstance(event, e.IncidentJudged) for event in events):
            yield History(booking_id, decisions)


def _no_clock() -> float:
    raise RuntimeError("nothing is written here")


def _table() -> str:
    if table := os.environ.get("REDIAL_TABLE"):
        return table
    settings = Settings.from_environment()
    if not settings.summary.exists():
        raise StackError("No local stack runs (`make up`), and REDIAL_TABLE names no other table.")
    os.environ.update(settings.aws_environment())
    return str(json.loads(settings.summary.read_text())["table"])


if __name__ == "__main__":
    sys.exit(main())
