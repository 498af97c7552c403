"""The payment double as a server on loopback: Stripe's wire protocol, and /_control for us."""

import argparse
import asyncio
import contextlib
import json
import random
import signal
import string
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp import web

from infra.local.payments import control
from infra.local.payments.api import Api, Request
from infra.local.payments.errors import ApiError
from infra.local.payments.faults import RequestFault
from infra.local.payments.idempotency import Answer
from infra.local.payments.objects import API_VERSION
from infra.local.payments.parameters import parse
from infra.local.payments.webhooks import Delivery, signature
from shared.adapters.clock import BusinessClock, SystemClock
from shared.application.ports import Clock

HOST = "127.0.0.1"
_SLOW_SECONDS = 0.5
_HANG_SECONDS = 60.0
_WEBHOOK_TIMEOUT = aiohttp.ClientTimeout(total=20)
# How often the clock is looked at while something is due later: its pace may change any time.
_TICK_SECONDS = 0.05


def random_ids(source: random.Random) -> Callable[[str], str]:
    """Identifiers in Stripe's form: a prefix and 24 letters and digits."""
    alphabet = string.ascii_letters + string.digits
    return lambda prefix: f"{prefix}_{''.join(source.choices(alphabet, k=24))}"


class PaymentsServer:
    """The API over HTTP, and the sender of its webhooks.

    Args:
        api: the account.
        clock: business time of everything but the webhook signature.
        webhook_secret: signs events; the time in the signature is real.
        webhook_url: where events go; they wait while it is None.
    """

    def __init__(
        self,
        api: Api,
        clock: Clock,
        webhook_secret: str,
        webhook_url: str | None = None,
    ) -> None:
        self.api = api
        self.clock = clock
        self.webhook_url = webhook_url
        self._webhook_secret = webhook_secret
        self._wake = asyncio.Event()

    def application(self) -> web.Application:
        """The aiohttp application, webhook sender included."""
        application = web.Application()
        application.router.add_route("*", "/v1/{rest:.*}", self._answer)
        control.add_routes(application, self)
        application.cleanup_ctx.append(self._deliver_while_up)
        return application

    def wake(self) -> None:
        """Look at once whether a webhook is due."""
        self._wake.set()

    async def _answer(self, incoming: web.Request) -> web.Response:
        try:
            request = await _read(incoming)
        except ApiError as error:
            return web.json_response(error.body, status=error.status)
        begun = self.api.begin(request, self.clock.now())
        if isinstance(begun, Answer):
            return _respond(begun, request)
        if begun.fault is RequestFault.SLOW:
            await asyncio.sleep(_SLOW_SECONDS)
        answer = self.api.finish(begun, self.clock.now())
        self.wake()
        if begun.fault is RequestFault.LATE:
            await asyncio.sleep(_SLOW_SECONDS)
        if begun.fault is RequestFault.TIMEOUT:
            await asyncio.sleep(_HANG_SECONDS)
        return _respond(answer, request)

    # --- webhooks -----------------------------------------------------------------------------

    async def _deliver_while_up(self, application: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(timeout=_WEBHOOK_TIMEOUT) as session:
            sender = asyncio.create_task(self._deliver(session))
            yield
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sender

    async def _deliver(self, session: aiohttp.ClientSession) -> None:
        model = self.api.model
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                now = self.clock.now()
                model.settle(now)
                for delivery in model.outbox.due(now) if self.webhook_url else []:
                    delivery.underway = True
                    group.create_task(self._send(session, delivery))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(
                        self._wake.wait(), _TICK_SECONDS if model.expecting() else None
                    )

    async def _send(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        payload = json.dumps(self.api.model.events[delivery.event_id], indent=2).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(payload, self._webhook_secret, datetime.now(UTC)),
            "User-Agent": "Stripe/1.0 (+https://docs.stripe.com/webhooks)",
        }
        try:
            async with session.post(
                self.webhook_url or "", data=payload, headers=headers, allow_redirects=False
            ) as answer:
                accepted = 200 <= answer.status < 300
        except (aiohttp.ClientError, TimeoutError, ValueError):
            accepted = False
        self.api.model.outbox.tried(delivery, accepted=accepted, now=self.clock.now())
        self.api.model.note_delivery(delivery.event_id)


async def _read(incoming: web.Request) -> Request:
    pairs = list(incoming.query.items())
    if incoming.method == "POST":
        pairs += [(name, str(value)) for name, value in (await incoming.post()).items()]
    return Request(
        incoming.method,
        incoming.path,
        parse(pairs),
        _api_key(incoming.headers.get("Authorization", "")),
        incoming.headers.get("Idempotency-Key"),
    )


def _api_key(header: str) -> str | None:
    """The key of `Bearer key` or of basic authentication with the key as user."""
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            return b64decode(credentials, validate=True).decode().partition(":")[0]
        except (Base64Error, UnicodeDecodeError):
            return None
    return credentials or None


def _respond(answer: Answer, request: Request) -> web.Response:
    headers = {"Request-Id": answer.request_id, "Stripe-Version": API_VERSION}
    if request.method == "POST" and request.idempotency_key is not None:
        headers["Idempotency-Key"] = request.idempotency_key
        headers["Original-Request"] = answer.request_id
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    return web.json_response(answer.body, status=answer.status, headers=headers)


async def start(server: PaymentsServer, port: int) -> tuple[web.AppRunner, int]:
    """Listen on loopback; port 0 takes a free one. Returns the runner and the port."""
    runner = web.AppRunner(
        server.application(), access_log=None, shutdown_timeout=0.5, handler_cancellation=True
    )
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    return runner, int(runner.addresses[0][1])


async def _serve(options: argparse.Namespace) -> None:
    clock: Clock = BusinessClock(options.clock_file) if options.clock_file else SystemClock()
    clock.now()  # A clock file that cannot be read ends the start, not the first request.
    api = Api(options.api_key, random_ids(random.Random()))
    server = PaymentsServer(api, clock, options.webhook_secret, options.webhook_url)
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    runner, port = await start(server, options.port)
    print(f"payments double on http://{HOST}:{port}", flush=True)
    await stopped.wait()
    await runner.cleanup()


def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="infra.local.payments.server", description=__doc__)
    parser.add_argument("--port", type=int, default=4570, help="0 takes a free port")
    parser.add_argument("--clock-file", type=Path, help="business clock; real time without it")
    parser.add_argument("--webhook-url", help="may be set later: POST /_control/webhook")
    parser.add_argument("--webhook-secret", default="whsec_local")
    parser.add_argument("--api-key", default="sk_test_local")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
