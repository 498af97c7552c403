"""`make bench`: prints one JSON document, writes it to build/bench.json; progress on stderr."""

import json
import platform
import sys
import time
from typing import Any

from infra.bench import cost, prices, reconciliation, starts, targets, template, warm
from infra.bench.build import build
from infra.bench.play import Play
from infra.bench.stage import ready
from infra.bench.stories import BOOKED, Stories
from infra.local.settings import ROOT, Keys


def _tell(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)


def _measure() -> dict[str, Any]:
    work, keys = ROOT / "build" / "bench", Keys()
    work.mkdir(parents=True, exist_ok=True)
    built = build(work, _tell)
    _tell("playing bookings over the real adapters")
    with ready(keys, work, BOOKED.timestamp()) as stage:
        Stories(Play(stage, keys)).perform()
        played, variables = tuple(stage.invocations), dict(stage.variables)
    functions = template.functions()
    firsts = {one.function: one for one in played if one.first}
    entries = [starts.Entry(function, firsts[function.name]) for function in functions]
    report: dict[str, Any] = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "starts": starts.measure(entries, built, variables, keys, work, _tell),
    }
    _tell("warm requests")
    report["warm"] = warm.measure(functions, played, built, variables, keys, work)
    report["cost"] = cost.count(played, functions, prices.load())
    _tell(f"reconciling {reconciliation.PAYMENTS} payments")
    report["reconciliation"] = reconciliation.measure(keys, work)
    report["targets"] = targets.hold(report)
    return report


def main() -> None:
    """Measure and report; a missed target is said, and is no failure."""
    begun = time.monotonic()
    report = _measure()
    text = json.dumps(report, indent=2)
    (ROOT / "build" / "bench.json").write_text(f"{text}\n")
    print(text)
    for line in targets.misses(report["targets"]):
        _tell(line)
    _tell(f"done in {time.monotonic() - begun:.0f} s; written to build/bench.json")


if __name__ == "__main__":
    main()
