"""What a script may do to the exchange and its people: the routes under /_control."""

import json

from aiohttp import web

from infra.local.exchange.callbacks import FaultsInvalid, faults_from_json
from infra.local.exchange.line import Line
from infra.local.exchange.model import Exchange, Refused
from infra.local.exchange.people import (
    PRESSES_ONE,
    ScriptInvalid,
    in_call,
    person_from_json,
    steps_from_json,
)
from shared.application.ports import CallStatus

_RINGING = frozenset({CallStatus.QUEUED, CallStatus.INITIATED, CallStatus.RINGING})


def add_routes(app: web.Application, exchange: Exchange) -> None:
    """Serve /_control; every body is a JSON object, every answer too."""
    control = _Control(exchange)
    app.router.add_post("/_control/people", control.people)
    app.router.add_post("/_control/inbound-url", control.inbound_url)
    app.router.add_post("/_control/dial-in", control.dial_in)
    app.router.add_post("/_control/drop", control.drop)
    app.router.add_post("/_control/press", control.press)
    app.router.add_post("/_control/faults", control.faults)
    app.router.add_get("/_control/state", control.state)


class _Control:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def people(self, request: web.Request) -> web.StreamResponse:
        """{number: {"calls": [[step, ...], ...]}, ...}."""
        body = await _body(request)
        try:
            people = {number: person_from_json(script) for number, script in body.items()}
        except ScriptInvalid as invalid:
            raise Refused(400, 20001, str(invalid)) from invalid
        for number, person in people.items():
            self._exchange.meet(number, person)
        return web.json_response({"people": sorted(people)})

    async def inbound_url(self, request: web.Request) -> web.StreamResponse:
        """{"voice_url": url, "status_callback": url or absent}: the settings of our number."""
        body = await _body(request)
        self._exchange.voice_url = _text(body, "voice_url")
        callback = body.get("status_callback")
        self._exchange.status_callback = None if callback is None else str(callback)
        return web.json_response({"voice_url": self._exchange.voice_url})

    async def dial_in(self, request: web.Request) -> web.StreamResponse:
        """{"number": E.164, "withheld": flag, "steps": [step, ...]}; pressing 1 by default."""
        body = await _body(request)
        try:
            steps = in_call(steps_from_json(body["steps"])) if "steps" in body else PRESSES_ONE
        except ScriptInvalid as invalid:
            raise Refused(400, 20001, str(invalid)) from invalid
        number, withheld = _text(body, "number"), body.get("withheld") is True
        call = self._exchange.dial_in(number, withheld, steps)
        return web.json_response({"call_sid": call.sid})

    async def drop(self, request: web.Request) -> web.StreamResponse:
        """{"number": E.164}: the person's living legs are lost now."""
        lines = self._of(_text(await _body(request), "number"))
        for line in lines:
            line.person_hangs_up()
        return web.json_response({"call_sids": [line.call.sid for line in lines]})

    async def press(self, request: web.Request) -> web.StreamResponse:
        """{"number": E.164, "keys": keys}: pressed now on the person's living legs."""
        body = await _body(request)
        lines = self._of(_text(body, "number"))
        for line in lines:
            for key in _text(body, "keys"):
                line.key(key)
        return web.json_response({"call_sids": [line.call.sid for line in lines]})

    async def faults(self, request: web.Request) -> web.StreamResponse:
        """The fields of Faults; what is not named goes right again."""
        body = await _body(request)
        try:
            self._exchange.courier.meet(faults_from_json(body))
        except FaultsInvalid as invalid:
            raise Refused(400, 20001, str(invalid)) from invalid
        return web.json_response({})

    async def state(self, _: web.Request) -> web.StreamResponse:
        """Legs, conferences, alerts, and how much hurry the conductor may make."""
        exchange, due = self._exchange, self._exchange.next_at()
        return web.json_response(
            {
                "now": exchange.now.isoformat(),
                "quiet_until": None if due is None else due.isoformat(),
                "delicate": exchange.delicate,
                "ringing": sorted(
                    line.number for line in exchange.living() if line.call.status in _RINGING
                ),
                "legs": [_leg(line) for line in exchange.lines()],
                "conferences": [
                    {
                        "sid": conference.sid,
                        "name": conference.name,
                        "status": conference.status,
                        "participants": [
                            participant.label or participant.call_sid
                            for participant in conference.participants.values()
                        ],
                        "said": [text for _, text in conference.said],
                    }
                    for conference in exchange.conferences()
                ],
                "alerts": [
                    {"at": at.isoformat(), "sid": sid, "detail": detail}
                    for at, sid, detail in exchange.alerts
                ],
            }
        )

    def _of(self, number: str) -> list[Line]:
        lines = [line for line in self._exchange.living() if line.number == number]
        if not lines:
            raise Refused(404, 20404, f"{number} is not on the phone")
        return lines


def _leg(line: Line) -> dict[str, object]:
    call = line.call
    return {
        "sid": call.sid,
        "number": line.number,
        "direction": call.direction,
        "status": call.status.value,
        "conference": None if line.conference is None else line.conference.name,
        "heard": call.heard,
    }


async def _body(request: web.Request) -> dict[str, object]:
    try:
        body = json.loads(await request.text())
    except ValueError as wrong:
        raise Refused(400, 20001, f"body: {wrong}") from wrong
    if not isinstance(body, dict):
        raise Refused(400, 20001, "body: an object is wanted")
    return body


def _text(body: dict[str, object], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(400, 20001, f"{name}: a text is wanted")
    return value
