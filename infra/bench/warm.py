"""CPU time of warm requests beside one boto3 transaction of the same five items."""

import base64
import json
import os
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.bench.build import Built
from infra.bench.play import signed
from infra.bench.stage import CREDENTIALS, Invocation, set_clock
from infra.bench.template import Function
from infra.bench.wire import Exchange
from infra.local.settings import Keys

ROUNDS = 300
_PROGRAM = Path(__file__).parent / "inside" / "warm.py"
_ITEMS = 5


def measure(
    functions: Sequence[Function],
    invocations: Sequence[Invocation],
    built: Built,
    variables: Mapping[str, str],
    keys: Keys,
    work: Path,
) -> dict[str, Any]:
    """Compare medians, all from one process and one stubbed transport.

    Raises:
        RuntimeError: a booking is not written in five items any more: compare with as many.
    """
    by_name = {function.name: function for function in functions}
    # The last of each: the customer is known, nothing is new.
    booking = [one for one in invocations if _is(one, "Customer", "POST", "/v1/bookings")][-1]
    webhook = [one for one in invocations if one.function == "StripeWebhook" and one.worked][-1]
    secret = next(e for one in invocations for e in one.exchanges if e.service == "secrets-manager")
    (transaction,) = (
        json.loads(e.request) for e in booking.exchanges if e.operation == "TransactWriteItems"
    )
    if len(transaction["TransactItems"]) != _ITEMS:
        raise RuntimeError(f"a booking is {len(transaction['TransactItems'])} items")
    task, report, clock = (
        work / name for name in ("warm.json", "warm-report.json", "warm-clock.json")
    )
    set_clock(clock, booking.at)
    played = {"post_bookings": booking, "payment_webhook": webhook}
    task.write_text(
        json.dumps(
            {
                "rounds": ROUNDS,
                "secret": _written(secret),
                "transaction": transaction,
                "functions": {
                    name: {
                        "handler": by_name[one.function].handler,
                        "event": signed(one.event, keys) if one is webhook else one.event,
                        "exchanges": [
                            _written(e) for e in one.exchanges if e.service != "secrets-manager"
                        ],
                    }
                    for name, one in played.items()
                },
            }
        )
    )
    environment = {**variables, **CREDENTIALS, "BUSINESS_CLOCK_FILE": str(clock)}
    environment |= {
        "PYTHONPATH": built.path(by_name["Customer"]),
        "PATH": os.defpath,
        "HOME": str(work),
    }
    done = subprocess.run(
        [str(built.python), "-P", str(_PROGRAM), str(task), str(report)],
        env=environment,
        cwd=work,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"the warm measurement failed:\n{done.stderr[-2000:]}")
    times: dict[str, list[int]] = json.loads(report.read_text())
    medians = {name: statistics.median(values) for name, values in times.items()}
    base = medians["transaction"]
    return {
        "rounds": ROUNDS,
        "transaction_cpu_ms": round(base / 1e6, 3),
        **{
            name: {"ratio": round(medians[name] / base, 2), "cpu_ms": round(medians[name] / 1e6, 3)}
            for name in played
        },
    }


def _is(one: Invocation, function: str, method: str, path: str) -> bool:
    event = one.event
    return (one.function, event.get("httpMethod"), event.get("path")) == (function, method, path)


def _written(exchange: Exchange) -> list[Any]:
    headers = {n: v for n, v in exchange.headers.items() if n != "content-length"}
    body = base64.b64encode(exchange.answer).decode()
    return [exchange.operation, exchange.status, headers, body]
