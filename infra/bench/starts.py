"""CPU time and memory of each entry point from the start of its process to its first answer."""

import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.bench.build import Built
from infra.bench.play import signed
from infra.bench.replay import Replay, replaying
from infra.bench.stage import CREDENTIALS, Invocation, set_clock
from infra.bench.template import Function
from infra.bench.wire import PROVIDERS
from infra.local.settings import Keys

ROUNDS = 7
_START = Path(__file__).parent / "inside" / "start.py"
# A provider's package and the public modules right below it.
_PROVIDER_MODULE = re.compile(rf"({'|'.join(PROVIDERS)})(\.[a-z]\w*)?")


@dataclass(frozen=True, slots=True)
class Entry:
    """A function with its first invocation, as it was played."""

    function: Function
    first: Invocation


class Starts:
    """Starts processes as Lambda does, one at a time, and reads what they used.

    Args:
        variables: the functions' environment as played.
    """

    def __init__(
        self, built: Built, variables: Mapping[str, str], keys: Keys, work: Path, replay: Replay
    ) -> None:
        self._built = built
        self._variables = variables
        self._keys = keys
        self._work = work
        self._replay = replay

    def bare(self) -> float:
        """CPU seconds of an interpreter that does nothing, its end included."""
        return self._run(["-c", "pass"], {})

    def start(self, entry: Entry) -> tuple[float, dict[str, Any]]:
        """CPU seconds of one start, and the report of the process.

        Raises:
            RuntimeError: it did not do what it did when it was played.
        """
        function, first = entry.function, entry.first
        event, report = self._work / "event.json", self._work / "report.json"
        clock = self._work / "start-clock.json"
        is_signed = function.name == "StripeWebhook"
        given = signed(first.event, self._keys) if is_signed else first.event
        event.write_text(json.dumps(given, default=_plain))
        set_clock(clock, first.at)
        report.unlink(missing_ok=True)
        self._replay.load(first.exchanges)
        elsewhere = {
            "STRIPE_API_BASE": self._replay.address,
            "TWILIO_API_BASE": self._replay.address,
            "BUSINESS_CLOCK_FILE": str(clock),
        }
        variables = {**self._variables, **elsewhere}
        environment = {name: variables[name] for name in function.variables}
        environment |= CREDENTIALS
        environment |= {
            "AWS_ENDPOINT_URL": self._replay.address,
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "PYTHONPATH": self._built.path(function),
        }
        used = self._run([str(_START), function.handler, str(event), str(report)], environment)
        found: dict[str, Any] = json.loads(report.read_text())
        if self._replay.mismatch or not self._replay.played:
            raise RuntimeError(f"{function.name} asked {self._replay.mismatch or 'too little'}")
        _check(first, found["answer"])
        return used, found

    def _run(self, arguments: Sequence[str], environment: dict[str, str]) -> float:
        # -P: the folder of the program is not searched for modules.
        process = subprocess.Popen(
            [str(self._built.python), "-P", *arguments],
            env=environment | {"PATH": os.defpath, "HOME": str(self._work)},
            cwd=self._work,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stderr.close()
        if process.returncode:
            raise RuntimeError(f"{arguments[-3:]} failed:\n{said.decode()[-2000:]}")
        return usage.ru_utime + usage.ru_stime


def measure(
    entries: Sequence[Entry],
    built: Built,
    variables: Mapping[str, str],
    keys: Keys,
    work: Path,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Start everything in turn, ROUNDS times, a bare interpreter before each; compare medians."""
    bare: list[float] = []
    used: dict[str, list[float]] = {entry.function.name: [] for entry in entries}
    reports: dict[str, list[dict[str, Any]]] = {entry.function.name: [] for entry in entries}
    with replaying() as replay:
        starts = Starts(built, variables, keys, work, replay)
        for lap in range(ROUNDS):
            tell(f"starts, round {lap + 1} of {ROUNDS}")
            for entry in entries:
                bare.append(starts.bare())
                cpu, report = starts.start(entry)
                used[entry.function.name].append(cpu)
                reports[entry.function.name].append(report)
    base = statistics.median(bare)
    return {
        "rounds": ROUNDS,
        "transport": "plain HTTP on loopback; what TLS costs on AWS is not in these figures",
        "bare_cpu_ms": round(base * 1000, 2),
        "functions": {
            entry.function.name: _result(
                entry, base, used[entry.function.name], reports[entry.function.name]
            )
            for entry in entries
        },
    }


def _result(
    entry: Entry, base: float, used: Sequence[float], reports: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    modules = reports[-1]["modules"]
    cpu = statistics.median(used)
    memory = statistics.median(report["memory"] for report in reports)
    return {
        "handler": entry.function.handler,
        "ratio_to_bare": round(cpu / base, 1),
        "cpu_ms": round(cpu * 1000, 1),
        "memory_mb": round(memory / 2**20, 1),
        "providers_called": sorted({e.service for e in entry.first.exchanges} & PROVIDERS),
        "first_answer": _shape(entry.first),
        "packages": _packages(modules),
        "provider_modules": [name for name in modules if _PROVIDER_MODULE.fullmatch(name)],
    }


def _packages(modules: Sequence[str]) -> list[str]:
    """Top-level packages that are neither Python's nor ours."""
    known = sys.stdlib_module_names | {"functions", "shared", "__main__", "__mp_main__"}
    return sorted({name.partition(".")[0] for name in modules} - known)


def _shape(first: Invocation) -> str:
    """What the measured invocation was, for a reader."""
    counted: dict[str, int] = {}
    for exchange in first.exchanges:
        name = f"{exchange.service} {exchange.operation.partition(' ')[0]}"
        counted[name] = counted.get(name, 0) + 1
    asked = ", ".join(f"{n} x {name}" for name, n in counted.items()) or "nothing"
    event = first.event
    what = f"{event.get('httpMethod', '')} {event['path']}".strip() if "path" in event else "event"
    return f"{what}: {asked}"


def _check(first: Invocation, answer: Any) -> None:
    """The answer is the one that was played, as far as the same is said at another moment."""
    played = first.answer
    if isinstance(played, dict) and "statusCode" in played:
        played, answer = played["statusCode"], answer["statusCode"]
    if answer != played:
        raise RuntimeError(f"{first.function} answered {answer} and not {played}")


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        raise TypeError("no item of the stream holds bytes")
    return str(value)
