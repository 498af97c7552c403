"""The process that steers a local stack: its business clock, and the sweeps AWS would schedule.

GET /clock tells {"now", "factor", "hurry", "until", "reason"}; POST /clock takes one of
{"factor": number}: this pace and no other;
{"hurry": largest factor}: through quiet stretches fast, as pacing.py says;
{"run_to": RFC 3339 time}: hurry up to that moment, then run in real time.
POST /targets {"table": name, "timers": queue, "sweeps": [function, ...]} says what to look at and
what to invoke.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import json
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from botocore.config import Config

from infra.local.deploy import client
from infra.local.pacing import CAREFUL, REAL, Sight, pace
from infra.local.processes import Ledger, replace, watch
from infra.local.settings import HOST, Settings
from shared.adapters.clock import BusinessClock

# Real seconds between two looks, and what a look itself may take on a busy machine.
_LOOK = 0.2
_LOOK_WITH_SLACK = 0.5
FASTEST = 60.0
# What has just happened needs this many real seconds to show as a timer or a call.
_CALM = 1.5
_MINUTE = timedelta(minutes=1)

log = logging.getLogger("conductor")


class ClockFile:
    """The business clock, and the only hand that may set its pace."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._clock = BusinessClock(path)
        self.factor = REAL

    def start(self) -> None:
        """Begin at the present moment, in real time."""
        self._write(time.time(), time.time(), REAL)

    def now(self) -> datetime:
        """The present business moment."""
        return self._clock.now()

    def run(self, factor: float) -> None:
        """Change the pace; time goes on from where it is."""
        if factor != self.factor:
            real = time.time()
            self._write(real, self.now().timestamp(), factor)

    def _write(self, real: float, business: float, factor: float) -> None:
        replace(self._path, json.dumps({"real": real, "business": business, "factor": factor}))
        self.factor = factor


class Conductor:
    """Looks at timers and telephone, and sets the pace; sweeps once a business minute."""

    def __init__(self, settings: Settings, clock: ClockFile) -> None:
        self._settings = settings
        self._clock = clock
        self._hurry: float | None = None
        self._until: datetime | None = None
        self._reason = "asked for"
        self._table: str | None = None
        self._sweeps: list[str] = []
        self._swept = clock.now()
        self._calm_from = 0.0
        self._timers: str | None = None
        self._dynamodb = client(settings, "dynamodb")
        self._sqs = client(settings, "sqs")
        self._lambda = client(
            settings, "lambda", config=Config(read_timeout=70, retries={"total_max_attempts": 1})
        )

    # --- what it is asked ---------------------------------------------------------------------

    async def show(self, request: web.Request) -> web.StreamResponse:
        """GET /clock."""
        return web.json_response(
            {
                "now": self._clock.now().isoformat(),
                "factor": self._clock.factor,
                "hurry": self._hurry,
                "until": None if self._until is None else self._until.isoformat(),
                "reason": self._reason,
            }
        )

    async def steer(self, request: web.Request) -> web.StreamResponse:
        """POST /clock."""
        try:
            match json.loads(await request.text()):
                case {"factor": int() | float() as factor} if 0 < factor <= FASTEST:
                    self._hurry, self._until, self._reason = None, None, "asked for"
                    self._clock.run(float(factor))
                case {"hurry": int() | float() as hurry} if 0 < hurry <= FASTEST:
                    self._hurry, self._until = float(hurry), None
                case {"run_to": str() as moment}:
                    until = datetime.fromisoformat(moment).astimezone(UTC)
                    self._hurry, self._until = FASTEST, until
                case _:
                    raise ValueError(f'one of "factor" and "hurry", up to {FASTEST:g}, or "run_to"')
        except ValueError as wrong:
            return web.json_response({"error": str(wrong)}, status=400)
        return await self.show(request)

    async def aim(self, request: web.Request) -> web.StreamResponse:
        """POST /targets."""
        body = await request.json()
        self._table, self._sweeps = body["table"], body["sweeps"]
        self._timers = body["timers"]
        return web.json_response({})

    # --- what it does -------------------------------------------------------------------------

    async def set_pace(self, session: aiohttp.ClientSession) -> None:
        """Hurry where hurrying is asked for and does no harm."""
        if self._hurry is None:
            return
        try:
            due, delayed, (event, delicate) = await asyncio.gather(
                asyncio.to_thread(self._next_due),
                asyncio.to_thread(self._delayed),
                self._exchange(session),
            )
        except BaseException:
            self._clock.run(min(self._clock.factor, REAL))
            raise
        if self._hurry is None:
            return
        now = self._clock.now()
        sight = Sight(now, due, delayed, event, delicate, self._swept, self._until)
        factor, self._reason = pace(sight, self._hurry, _LOOK_WITH_SLACK)
        if factor <= CAREFUL:
            self._calm_from = time.monotonic() + _CALM
        elif time.monotonic() < self._calm_from:
            factor = CAREFUL
        self._clock.run(factor)
        if self._until is not None and now >= self._until:
            self._hurry, self._until = None, None

    async def sweep(self) -> None:
        """Invoke each sweep when a business minute has begun, and wait until all have ended."""
        begun = self._clock.now()
        if not self._sweeps or begun - self._swept < _MINUTE:
            return
        await asyncio.gather(*(asyncio.to_thread(self._invoke, name) for name in self._sweeps))
        self._swept = begun

    def _invoke(self, function: str) -> None:
        answer = self._lambda.invoke(FunctionName=function, Payload=b"{}")
        said = answer["Payload"].read()
        if "FunctionError" in answer:
            log.warning("%s: %s", function, said.decode(errors="replace")[:500])

    def _delayed(self) -> bool:
        if self._timers is None:
            return False
        answer = self._sqs.get_queue_attributes(
            QueueUrl=self._timers, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessagesDelayed"]) > 0

    def _next_due(self) -> datetime | None:
        if self._table is None:
            return None
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table, IndexName="due", ProjectionExpression="due_at"
        )
        moments = [item["due_at"]["S"] for page in pages for item in page["Items"]]
        return _moment(min(moments)) if moments else None

    async def _exchange(self, session: aiohttp.ClientSession) -> tuple[datetime | None, bool]:
        async with session.get(f"{self._settings.exchange}/_control/state") as answer:
            state: dict[str, Any] = await answer.json()
        event = state["quiet_until"]
        return None if event is None else datetime.fromisoformat(event), state["delicate"]


def _moment(due_at: str) -> datetime:
    """The time a due key begins with: an RFC 3339 time, then "#" and whose it is."""
    return datetime.fromisoformat(due_at.partition("#")[0])


async def _again_and_again(what: str, act: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Do something at intervals; a failure is written down once until it works again."""
    failing = ""
    while True:
        try:
            await act()
            failing = ""
        except Exception as error:
            if failing != (failing := repr(error)):
                log.warning("%s: %s", what, failing)
        await asyncio.sleep(seconds)


async def _serve(settings: Settings, owner: int | None) -> None:
    clock = ClockFile(settings.clock_file)
    clock.start()
    conductor = Conductor(settings, clock)
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    app = web.Application()
    app.router.add_get("/clock", conductor.show)
    app.router.add_post("/clock", conductor.steer)
    app.router.add_post("/targets", conductor.aim)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, HOST, settings.control_port).start()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
        duties = [
            asyncio.create_task(
                _again_and_again("pace", lambda: conductor.set_pace(session), _LOOK)
            ),
            asyncio.create_task(_again_and_again("sweep", conductor.sweep, _LOOK)),
        ]
        orphaned = await _until_stopped(stopped, owner)
        for duty in duties:
            duty.cancel()
        await asyncio.gather(*duties, return_exceptions=True)
    await runner.cleanup()
    if orphaned:
        settings.summary.unlink(missing_ok=True)
        Ledger(settings).stop(but=os.getpid())


async def _until_stopped(stopped: asyncio.Event, owner: int | None) -> bool:
    """Wait for the end; true where it is that of the owner, who could not end the others."""
    alive = None if owner is None else watch(owner)
    while alive is None or alive():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), 1)
            return False
    return True


def main() -> None:
    """Run until SIGTERM, or until the owner is gone."""
    parser = argparse.ArgumentParser(prog="infra.local.conductor", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder of the stack's files")
    parser.add_argument("--owner", type=int, help="pid whose end is the end of the stack")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    settings = dataclasses.replace(Settings.from_environment(), work=options.work)
    asyncio.run(_serve(settings, options.owner))


if __name__ == "__main__":
    main()
