"""The local doubles of both providers, served on loopback from this process, in virtual time."""

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from infra.bench.wire import Wire
from infra.local.exchange.model import Exchange
from infra.local.exchange.server import Server, new_sid
from infra.local.payments.api import Api
from infra.local.payments.server import PaymentsServer, random_ids
from infra.local.settings import HOST, NUMBER, Keys
from shared.adapters.clock import BusinessClock


@dataclass(frozen=True, slots=True)
class Doubles:
    """Both models, and where they listen."""

    payments: Api
    exchange: Exchange
    payments_address: str
    exchange_address: str


@contextmanager
def served(wire: Wire, keys: Keys, clock: BusinessClock, start: datetime) -> Iterator[Doubles]:
    """Serve both for the length of a block; nothing happens in them by itself.

    Args:
        wire: records what they are asked.
        start: where time begins, UTC.
    """
    payments = Api(keys.stripe_api_key, random_ids(random.Random()))
    exchange = Exchange(keys.twilio_account_sid, NUMBER, start, new_sid)
    applications = {
        "stripe": PaymentsServer(payments, clock, keys.stripe_webhook_secret).application(),
        "twilio": Server(exchange, clock, keys.twilio_auth_token).application(),
    }
    for service, application in applications.items():
        # The player drives the time and brings the callbacks: nothing is done in the background.
        application.cleanup_ctx.clear()
        wire.on(service, application)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runners = [web.AppRunner(application, access_log=None) for application in applications.values()]
    try:
        ports = [
            asyncio.run_coroutine_threadsafe(_listen(runner), loop).result() for runner in runners
        ]
        yield Doubles(payments, exchange, *(f"http://{HOST}:{port}" for port in ports))
    finally:
        for runner in runners:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(runner: web.AppRunner) -> int:
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    return int(runner.addresses[0][1])
