"""The two faces of the phone exchange behind one way to drive them, and a small application."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import requests
from aiohttp import web

from infra.local.exchange.callbacks import Failure, faults_from_json
from infra.local.exchange.model import Exchange
from infra.local.exchange.people import person_from_json, steps_from_json
from infra.local.exchange.port import Driver, ExchangePort
from infra.local.exchange.server import Server, new_sid, serve
from shared.adapters.clock import BusinessClock
from shared.adapters.twilio.signature import verify
from shared.adapters.twilio.telephony import TwilioTelephony
from shared.adapters.twilio.twiml import render
from shared.application.ports import Telephony
from shared.domain.session.instructions import AskKeys, HangUp, Instruction, Join, Prompt, Say

ACCOUNT = "AC" + "0" * 32
TOKEN = "made-up-token"
NUMBER = "+12025550100"
SUMMARY_AFTER = 200  # seconds; the provider takes half an hour
START = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
_PACE = 100.0
_LOOKS = 2000
_SECONDS_BETWEEN_LOOKS = 0.005
_PATIENCE = 60.0


@dataclass(frozen=True)
class Received:
    """A request the exchange sent us: the last part of its path, its query and its form."""

    what: str
    query: Mapping[str, str]
    params: Mapping[str, str]


@dataclass
class Application:
    """Asks for a key, joins whoever presses 1, and notes everything it is asked and told.

    Whoever stays silent hears a goodbye.

    Args:
        failing: how many of the next callbacks fail with a server error, by what they are.
        instead: the document given on "answer" in place of the usual one.
    """

    received: list[Received] = field(default_factory=list)
    failing: dict[str, int] = field(default_factory=dict)
    instead: str | None = None

    def answer(self, url: str, params: Mapping[str, str]) -> str | Failure:
        """The document for a request."""
        parts = urlsplit(url)
        what, query = parts.path.rsplit("/", 1)[1], dict(parse_qsl(parts.query))
        self.received.append(Received(what, query, dict(params)))
        if self.failing.get(what, 0):
            self.failing[what] -= 1
            return Failure.SERVER_ERROR
        if what == "answer" and self.instead is not None:
            return self.instead
        leg, booking = query.get("leg", params.get("CallSid", "")), query.get("booking", "1")
        return render(
            self._instructions(what, query, params, leg, booking),
            language="en",
            base_url=f"{parts.scheme}://{parts.netloc}",
            leg_id=leg,
            booking_id=booking,
            wording=lambda prompt, _: prompt.value,
        )

    def _instructions(
        self,
        what: str,
        query: Mapping[str, str],
        params: Mapping[str, str],
        leg: str,
        booking: str,
    ) -> list[Instruction]:
        match what, params.get("Digits"):
            case "inbound", _:
                return [AskKeys(Prompt.ENTER_BOOKING_NUMBER, 12, 6, "number"), HangUp()]
            case "answer", _ if query.get("step") == "ended":
                return [Say(Prompt.SESSION_ENDED), HangUp()]
            case "answer", _:
                return [AskKeys(Prompt.PRESS_ONE, 1, 6, "confirm"), HangUp()]
            case "keys", "1":
                return [Join(f"booking-{booking}", leg, 1800)]
            case "keys", "":
                return [Say(Prompt.GOODBYE), HangUp()]
            case "left", _:
                return [AskKeys(Prompt.MENU, 1, 6, "menu"), HangUp()]
            case "announce", _:
                return [Say(Prompt(query["prompt"]))]
        return [HangUp()]

    def told(self, what: str, name: str, **query: str) -> list[str]:
        """A form field of all requests of a kind whose query has these values, in order."""
        return [
            r.params[name]
            for r in self.received
            if r.what == what and name in r.params and query.items() <= r.query.items()
        ]

    def has_joined(self, label: str) -> bool:
        """Whether we were told of a participant of this label."""
        return label in self.told("conference", "ParticipantLabel")


class Face(Protocol):
    """What a contract test needs of the exchange, whichever face it has."""

    telephony: Telephony
    application: Application

    def meet(self, number: str, *calls: list[dict[str, object]]) -> None:
        """Put a person at a number."""

    def faults(self, **faults: object) -> None:
        """Let things go wrong."""

    def dial_in(self, number: str, withheld: bool, steps: list[dict[str, object]]) -> None:
        """Let somebody dial our number."""

    def until(self, condition: Callable[[], bool]) -> None:
        """Let time pass until something has happened; fails where it never does."""

    def heard(self, number: str) -> list[str]:
        """What was said on the legs of a number."""

    def conferences(self) -> list[dict[str, object]]:
        """Newest first: sid, name, status, participants."""


class PortFace:
    """The model in this process."""

    def __init__(self) -> None:
        self.application = Application()
        self._exchange = Exchange(ACCOUNT, NUMBER, START, new_sid, summary_after=SUMMARY_AFTER)
        self._exchange.voice_url = "https://api.example.com/v1/voice/inbound"
        self._driver = Driver(self._exchange, self.application.answer)
        self.telephony: Telephony = ExchangePort(self._exchange, "https://api.example.com")

    def meet(self, number: str, *calls: list[dict[str, object]]) -> None:
        self._exchange.meet(number, person_from_json({"calls": list(calls)}))

    def faults(self, **faults: object) -> None:
        self._exchange.courier.meet(faults_from_json(faults))

    def dial_in(self, number: str, withheld: bool, steps: list[dict[str, object]]) -> None:
        self._exchange.dial_in(number, withheld, steps_from_json(steps))

    def until(self, condition: Callable[[], bool]) -> None:
        self._driver.settle()
        while not condition():
            due = self._driver.next_at()
            assert due is not None, "nothing will ever happen again"
            self._driver.run(due)

    def heard(self, number: str) -> list[str]:
        return [
            said
            for line in self._exchange.lines()
            if line.number == number
            for said in line.call.heard
        ]

    def conferences(self) -> list[dict[str, object]]:
        return [
            {
                "sid": c.sid,
                "name": c.name,
                "status": c.status,
                "participants": [p.label for p in c.participants.values()],
            }
            for c in self._exchange.conferences()
        ]


class ServerFace:
    """The production adapter on the server; business time runs a hundred times as fast."""

    def __init__(self, api: str, base: str, application: Application, telephony: Telephony) -> None:
        self.api = api
        self.base = base
        self.application = application
        self.telephony = telephony

    def meet(self, number: str, *calls: list[dict[str, object]]) -> None:
        self._control("people", {number: {"calls": list(calls)}})

    def faults(self, **faults: object) -> None:
        self._control("faults", faults)

    def dial_in(self, number: str, withheld: bool, steps: list[dict[str, object]]) -> None:
        self._control("dial-in", {"number": number, "withheld": withheld, "steps": steps})

    def until(self, condition: Callable[[], bool]) -> None:
        # Patience is counted in looks: a machine that stands still meanwhile does not use it up.
        for _ in range(_LOOKS):
            if condition():
                return
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        raise AssertionError("it did not happen")

    def heard(self, number: str) -> list[str]:
        return [s for leg in self.state()["legs"] if leg["number"] == number for s in leg["heard"]]

    def conferences(self) -> list[dict[str, object]]:
        return list(self.state()["conferences"])

    def state(self) -> dict[str, Any]:
        """What /_control/state shows."""
        shown: dict[str, Any] = requests.get(f"{self.api}/_control/state", timeout=_PATIENCE).json()
        return shown

    def _control(self, path: str, body: object) -> None:
        answer = requests.post(f"{self.api}/_control/{path}", json=body, timeout=_PATIENCE)
        assert answer.status_code == 200, answer.text


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clock_file(folder: Path, factor: float = _PACE) -> Path:
    """Business time from START, so many times as fast as real time, replaced in one step."""
    path, fresh = folder / "clock.json", folder / "clock.json.new"
    anchor = {"real": time.time(), "business": START.timestamp(), "factor": factor}
    fresh.write_text(json.dumps(anchor))
    return fresh.replace(path)


@contextmanager
def server_face(folder: Path) -> Iterator[ServerFace]:
    """The server and the application on free loopback ports, in a thread of their own."""
    application, ready = Application(), threading.Event()
    api, ours = free_port(), free_port()
    base = f"http://127.0.0.1:{ours}"
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    async def callback(request: web.Request) -> web.Response:
        params = {name: str(value) for name, value in (await request.post()).items()}
        url = f"{base}{request.path_qs}"
        verify(url, params, request.headers.get("X-Twilio-Signature"), TOKEN)
        answer = application.answer(url, params)
        if isinstance(answer, Failure):
            return web.Response(status=500)
        return web.Response(text=answer, content_type="text/xml")

    async def run() -> None:
        app = web.Application()
        app.router.add_post("/v1/voice/{what}", callback)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", ours).start()
        clock = BusinessClock(clock_file(folder))
        start = clock.now() - timedelta(seconds=1)
        exchange = Exchange(ACCOUNT, NUMBER, start, new_sid, summary_after=SUMMARY_AFTER)
        exchange.voice_url = f"{base}/v1/voice/inbound"
        serving = asyncio.create_task(serve(Server(exchange, clock, TOKEN), api, stop))
        while not serving.done() and not _listens(api):
            await asyncio.sleep(0.005)
        ready.set()
        await serving
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    assert ready.wait(_PATIENCE)
    address = f"http://127.0.0.1:{api}"
    try:
        yield ServerFace(
            address, base, application, TwilioTelephony(ACCOUNT, TOKEN, NUMBER, base, address)
        )
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_PATIENCE)
        loop.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
