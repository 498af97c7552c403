"""Warm CPU time of handlers and of one boto3 transaction, over one stubbed transport.

Arguments: a file with the work, a file for the report. The work is JSON: {"rounds", "functions":
{name: {"handler", "event", "exchanges": [[operation, status, headers, base64 of the body]]}},
"secret": an exchange, "transaction": arguments of transact_write_items}.
"""

import base64
import importlib
import io
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.handlers import BUILTIN_HANDLERS


class _Body(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


class _Transport:
    """Gives recorded answers in their order; the providers' keys whenever they are asked for."""

    def __init__(self, secret: Sequence[Any]) -> None:
        self._secret = secret
        self._answers: Sequence[Sequence[Any]] = ()
        self._next = 0

    def load(self, answers: Sequence[Sequence[Any]]) -> None:
        self._answers, self._next = answers, 0

    def __call__(self, request: Any, event_name: str, **_: object) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        if operation == self._secret[0]:
            recorded = self._secret
        else:
            recorded = self._answers[self._next]
            self._next += 1
        if recorded[0] != operation:
            raise LookupError(f"asked for {operation}, recorded is {recorded[0]}")
        return AWSResponse(request.url, recorded[1], recorded[2], _Body(recorded[3]))


def _main() -> None:
    with open(sys.argv[1]) as file:
        work = json.load(file)
    for one in work["functions"].values():
        one["exchanges"] = [_decoded(each) for each in one["exchanges"]]
    transport = _Transport(_decoded(work["secret"]))
    BUILTIN_HANDLERS.insert(0, ("before-send", transport))
    client = boto3.client("dynamodb")
    empty = [["TransactWriteItems", 200, {"content-type": "application/x-amz-json-1.0"}, b"{}"]]

    def transact() -> None:
        transport.load(empty)
        client.transact_write_items(**work["transaction"])

    def handle(one: dict[str, Any]) -> Callable[[], None]:
        module, _, name = one["handler"].rpartition(".")
        handler = getattr(importlib.import_module(module), name)

        def run() -> None:
            transport.load(one["exchanges"])
            status = handler(one["event"], None)["statusCode"]
            if status >= 300:
                raise RuntimeError(f"{name} answered {status}")

        return run

    runs = {"transaction": transact}
    runs |= {name: handle(one) for name, one in work["functions"].items()}
    times: dict[str, list[int]] = {name: [] for name in runs}
    for lap in range(work["rounds"] + work["rounds"] // 10):
        for name, run in runs.items():
            before = time.process_time_ns()
            run()
            if lap >= work["rounds"] // 10:  # the first tenth warms up
                times[name].append(time.process_time_ns() - before)
    with open(sys.argv[2], "w") as file:
        json.dump(times, file)


def _decoded(exchange: Sequence[Any]) -> list[Any]:
    return [*exchange[:3], base64.b64decode(exchange[3])]


_main()
