"""The exchange as a server: Twilio's REST protocol, signed requests to our URLs, and /_control.

Run `python -m infra.local.exchange.server --port 4571 --clock-file build/clock.json
--account-sid AC... --auth-token ... --number +1...`. It listens on 127.0.0.1 only.
"""

import argparse
import asyncio
import base64
import contextlib
import hmac
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import aiohttp
from aiohttp import web
from twilio.request_validator import RequestValidator

from infra.local.exchange import control, insights, rest
from infra.local.exchange.callbacks import Failure, Request
from infra.local.exchange.model import CALL_LIMIT, Exchange, Refused
from shared.adapters.clock import BusinessClock

# The clock may change its pace at any moment, so no wait is longer than this (real seconds).
_LONGEST_WAIT = 0.05
# twilio.com/docs/usage/webhooks/webhooks-connection-overrides: an answer is awaited for 15 s.
_ANSWER_TIMEOUT = 15.0
_ROOT = "/2010-04-01/Accounts/{account}"
# Elsewhere a host of its own; its paths name no account.
_INSIGHTS = "/v1/Voice/"

_CREATE = frozenset(
    [
        "To",
        "From",
        "Url",
        "Twiml",
        "Method",
        "Timeout",
        "TimeLimit",
        "StatusCallback",
        "StatusCallbackEvent",
        "StatusCallbackMethod",
    ]
)
_UPDATE = frozenset({"Status", "Url", "Twiml", "Method"})


class Server:
    """One exchange on one port.

    Args:
        exchange: the model.
        clock: business time; the model follows it.
        auth_token: of basic authentication, and of the signatures on our requests.
    """

    def __init__(self, exchange: Exchange, clock: BusinessClock, auth_token: str) -> None:
        self._exchange = exchange
        self._clock = clock
        self._validator = RequestValidator(auth_token)
        credentials = f"{exchange.account_sid}:{auth_token}".encode()
        self._authorization = "Basic " + base64.b64encode(credentials).decode()
        self._wake = asyncio.Event()
        self._deliveries: set[asyncio.Task[None]] = set()

    def application(self) -> web.Application:
        """The routes, with the model running while they are served."""
        app = web.Application(middlewares=[self._gate])
        app.router.add_post(f"{_ROOT}/Calls.json", self._create_call)
        app.router.add_get(f"{_ROOT}/Calls.json", self._list_calls)
        app.router.add_get(f"{_ROOT}/Calls/{{sid}}.json", self._show_call)
        app.router.add_post(f"{_ROOT}/Calls/{{sid}}.json", self._update_call)
        app.router.add_get(f"{_ROOT}/Conferences.json", self._list_conferences)
        app.router.add_get(f"{_ROOT}/Conferences/{{sid}}.json", self._show_conference)
        app.router.add_post(f"{_ROOT}/Conferences/{{sid}}.json", self._update_conference)
        participants = f"{_ROOT}/Conferences/{{sid}}/Participants"
        app.router.add_get(f"{participants}.json", self._list_participants)
        app.router.add_get(f"{participants}/{{who}}.json", self._show_participant)
        app.router.add_get(f"{_INSIGHTS}{{sid}}/Summary", self._show_summary)
        control.add_routes(app, self._exchange)
        app.cleanup_ctx.append(self._running)
        return app

    # --- running ------------------------------------------------------------------------------

    async def _running(self, _: web.Application) -> AsyncIterator[None]:
        timeout = aiohttp.ClientTimeout(total=_ANSWER_TIMEOUT)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            pace = asyncio.create_task(self._keep_pace(session))
            yield
            for task in (pace, *self._deliveries):
                task.cancel()
            await asyncio.gather(pace, *self._deliveries, return_exceptions=True)

    async def _keep_pace(self, session: aiohttp.ClientSession) -> None:
        while True:
            self._exchange.advance(self._clock.now())
            for request in self._exchange.take_requests():
                task = asyncio.create_task(self._deliver(session, request))
                self._deliveries.add(task)
                task.add_done_callback(self._deliveries.discard)
            wait = _LONGEST_WAIT
            if (due := self._exchange.next_at()) is not None:
                ahead = (due - self._clock.now()).total_seconds()
                wait = min(wait, max(0.0, self._clock.real_seconds(ahead)))
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)

    async def _deliver(self, session: aiohttp.ClientSession, request: Request) -> None:
        headers = {
            "X-Twilio-Signature": self._validator.compute_signature(request.url, request.params),
            "I-Twilio-Idempotency-Token": request.request_id,
        }
        answer: str | Failure
        try:
            async with session.post(request.url, data=request.params, headers=headers) as response:
                body = await response.text()
            if response.status < 300:
                answer = body
            else:
                server = response.status >= 500
                answer = Failure.SERVER_ERROR if server else Failure.CLIENT_ERROR
        except TimeoutError:
            answer = Failure.READ
        except aiohttp.ClientError:
            answer = Failure.CONNECT
        self._exchange.advance(self._clock.now())
        self._exchange.answered(request.request_id, answer)
        self._wake.set()

    @web.middleware
    async def _gate(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        try:
            if not request.path.startswith("/_control/"):
                self._authenticate(request)
            self._exchange.advance(self._clock.now())
            return await handler(request)
        except Refused as refused:
            return web.json_response(rest.error_document(refused), status=refused.status)
        finally:
            self._wake.set()

    def _authenticate(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), self._authorization.encode()):
            raise Refused(401, 20003, "Authenticate")
        ours = request.match_info.get("account") == self._exchange.account_sid
        if not ours and not request.path.startswith(_INSIGHTS):
            raise Refused(404, 20404, f"The requested resource {request.path} was not found")

    # --- calls --------------------------------------------------------------------------------

    async def _create_call(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        fields = _known(form, _CREATE)
        fault = self._exchange.courier.placing_fault()
        if fault == "429":
            raise Refused(429, 20429, "Too Many Requests")
        call = self._exchange.place_call(
            to=fields.get("To", ""),
            sender=fields.get("From", ""),
            url=fields.get("Url"),
            twiml=fields.get("Twiml"),
            ring_timeout=_whole(fields, "Timeout", 60),
            time_limit=_whole(fields, "TimeLimit", CALL_LIMIT),
            status_callback=fields.get("StatusCallback"),
            events=frozenset(map(str, form.getall("StatusCallbackEvent", ["completed"]))),
        )
        if fault == "500":
            raise Refused(500, 20500, "Internal Server Error")
        if fault == "timeout" and request.transport is not None:
            # The caller never hears what came of it.
            request.transport.abort()
        return web.json_response(rest.call_document(call), status=201)

    async def _list_calls(self, request: web.Request) -> web.StreamResponse:
        chosen = rest.select_calls(self._exchange.calls(), request.query)
        document = rest.page(
            chosen,
            lambda call: call.sid,
            rest.call_document,
            "calls",
            request.path,
            dict(request.query),
        )
        return web.json_response(document)

    async def _show_call(self, request: web.Request) -> web.StreamResponse:
        call = self._exchange.call(request.match_info["sid"])
        return web.json_response(rest.call_document(call))

    async def _update_call(self, request: web.Request) -> web.StreamResponse:
        fields = _known(await request.post(), _UPDATE)
        call = self._exchange.update_call(
            request.match_info["sid"],
            fields.get("Status"),
            fields.get("Url"),
            fields.get("Twiml"),
        )
        return web.json_response(rest.call_document(call))

    async def _show_summary(self, request: web.Request) -> web.StreamResponse:
        if dict(request.query) != {"ProcessingState": insights.COMPLETE}:
            raise Refused(400, 20001, "this exchange shows complete summaries only, when asked to")
        call = self._exchange.summarised(request.match_info["sid"])
        return web.json_response(insights.summary_document(call))

    # --- conferences --------------------------------------------------------------------------

    async def _list_conferences(self, request: web.Request) -> web.StreamResponse:
        account, query = self._exchange.account_sid, request.query
        chosen = [
            conference
            for conference in self._exchange.conferences()
            if query.get("FriendlyName", conference.name) == conference.name
            and query.get("Status", conference.status) == conference.status
        ]
        document = rest.page(
            chosen,
            lambda conference: conference.sid,
            lambda conference: rest.conference_document(conference, account),
            "conferences",
            request.path,
            dict(query),
        )
        return web.json_response(document)

    async def _show_conference(self, request: web.Request) -> web.StreamResponse:
        conference = self._exchange.conference(request.match_info["sid"])
        return web.json_response(rest.conference_document(conference, self._exchange.account_sid))

    async def _update_conference(self, request: web.Request) -> web.StreamResponse:
        known = frozenset({"Status", "AnnounceUrl", "AnnounceMethod"})
        fields, sid = _known(await request.post(), known), request.match_info["sid"]
        if "AnnounceUrl" in fields:
            conference = self._exchange.announce(sid, fields["AnnounceUrl"])
        elif fields.get("Status") == "completed":
            conference = self._exchange.end_conference(sid)
        else:
            raise Refused(400, 20001, "Status is completed, or AnnounceUrl is given")
        return web.json_response(rest.conference_document(conference, self._exchange.account_sid))

    async def _list_participants(self, request: web.Request) -> web.StreamResponse:
        conference = self._exchange.conference(request.match_info["sid"])
        account = self._exchange.account_sid
        document = rest.page(
            list(conference.participants.values()),
            lambda participant: participant.call_sid,
            lambda participant: rest.participant_document(participant, conference, account),
            "participants",
            request.path,
            dict(request.query),
        )
        return web.json_response(document)

    async def _show_participant(self, request: web.Request) -> web.StreamResponse:
        conference = self._exchange.conference(request.match_info["sid"])
        who = request.match_info["who"]
        for participant in conference.participants.values():
            if who in (participant.call_sid, participant.label):
                account = self._exchange.account_sid
                return web.json_response(
                    rest.participant_document(participant, conference, account)
                )
        raise Refused(404, 20404, f"The requested resource {who} was not found")


def _known(form: Mapping[str, object], names: frozenset[str]) -> dict[str, str]:
    unknown = set(form) - names
    if unknown:
        raise Refused(400, 20001, f"this exchange knows no {', '.join(sorted(unknown))}")
    return {name: str(value) for name, value in form.items()}


def _whole(fields: Mapping[str, str], name: str, default: int) -> int:
    value = fields.get(name, str(default))
    if not value.isascii() or not value.isdigit():
        raise Refused(400, 21200, f"{name} must be a whole number")
    return int(value)


def new_sid(prefix: str) -> str:
    """A SID as the provider makes them: two letters and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


async def serve(server: Server, port: int, stop: asyncio.Event) -> None:
    """Listen on loopback until `stop` is set."""
    runner = web.AppRunner(server.application(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await stop.wait()
    finally:
        await runner.cleanup()


async def _main(arguments: argparse.Namespace) -> None:
    clock = BusinessClock(arguments.clock_file)
    exchange = Exchange(arguments.account_sid, arguments.number, clock.now(), new_sid)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await serve(Server(exchange, clock, arguments.auth_token), arguments.port, stop)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A phone exchange for one machine.")
    parser.add_argument("--port", type=int, default=4571)
    parser.add_argument("--clock-file", type=Path, required=True)
    parser.add_argument("--account-sid", required=True)
    parser.add_argument("--auth-token", required=True)
    parser.add_argument("--number", required=True, help="our caller id, E.164")
    asyncio.run(_main(parser.parse_args()))
