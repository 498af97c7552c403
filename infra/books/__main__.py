"""`make trial-balance`: has a running stack fold its whole ledger, and prints what does not agree.

Asks the desk's route as a manager: of the local stack that runs, or of the one that REDIAL_API
names, with a manager's token in REDIAL_TOKEN. Exit code 0 only where nothing disagrees, 1 where
something does, 2 where nobody could be asked.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.local.caller import Caller
from infra.local.settings import Settings, StackError

_LONGEST = timedelta(days=91)


def main(arguments: list[str]) -> int:
    """Ask, and print the report."""
    parser = argparse.ArgumentParser(prog="python -m infra.books", description=__doc__)
    parser.add_argument("--from", dest="first", type=_moment, help="begin of the ledger, RFC 3339")
    asked = parser.parse_args(arguments)
    try:
        manager, now = _manager()
        first = asked.first or now - _LONGEST
        days = {"from": _text(first), "to": _text(now)}
        found = manager.get("/v1/desk/trial-balance", **days)
    except StackError as error:
        print(error, file=sys.stderr)
        return 2
    for line in report(found):
        print(line)
    return 0 if found["zero"] else 1


def report(found: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a trial balance.

    Args:
        found: as the desk's route answers it.
    """
    yield f"{found['entries']} entries"
    for row in found["kinds"]:
        yield f"  {row['kind']:<20}{row['amount']:>15}  {row['unit']}"
    for unit, amount in sorted(found["totals"].items()):
        yield f"  {'sum':<20}{amount:>15}  {unit}"
    for why, count in found["explained"].items():
        yield f"explained: {why.replace('_', ' ')}, {count} times"
    for one in found["differences"]:
        sides = f"{one['booked']} booked, {one['found']} found, {one['unit']}"
        yield f"DIFFERENCE {one['subject']}: {sides}: {one['why']} ({one['reason']})"
    if found["left_out"]:
        yield f"and {found['left_out']} more differences"
    yield "nothing disagrees" if found["zero"] else "NOT RIGHT"


def _manager() -> tuple[Caller, datetime]:
    """A manager of the stack, and its present moment."""
    api, token = os.environ.get("REDIAL_API"), os.environ.get("REDIAL_TOKEN")
    if api and token:
        return Caller(api, token), datetime.now(UTC)
    if api or token:
        raise StackError("REDIAL_API and REDIAL_TOKEN belong together.")
    summary = Settings.from_environment().summary
    if not summary.exists():
        raise StackError("No local stack runs (`make up`), and REDIAL_API names no other.")
    stack = json.loads(summary.read_text())
    clock = Caller(stack["control"]).get("/clock")["now"]
    return Caller(stack["api"], stack["users"]["manager"]["token"]), datetime.fromisoformat(clock)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
