"""Telephony webhooks: verify the signature, decide at once, answer with what the leg is to do."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aws_lambda_powertools import Logger

from functions.problems import Malformed, TooLarge, problem
from shared import bootstrap
from shared.application.ports import CallStatus
from shared.application.voice import Reply, VoiceDesk
from shared.domain.errors import NotFound, RuleBroken
from shared.domain.session.instructions import Prompt
from shared.domain.session.legs import Motion
from shared.domain.session.voice import Step

logger = Logger()
_LONGEST_BODY = 64 * 1024
_MOTIONS = {"participant-join": Motion.JOIN, "participant-leave": Motion.LEAVE}


@dataclass(frozen=True, slots=True)
class Asked:
    """One verified request of the telephony provider.

    Args:
        query: of the address.
        form: the fields of the body.
        now: business time, for a request that carries no time stamp; UTC.
    """

    query: Mapping[str, str]
    form: Mapping[str, str]
    now: datetime

    def field(self, name: str) -> str:
        """A field that must be there.

        Raises:
            RuleBroken: it is not.
        """
        value = self.query.get(name) or self.form.get(name)
        if not value:
            raise RuleBroken("field_missing", f"{name} is missing.", name)
        return value

    @property
    def leg(self) -> tuple[str, str, str]:
        """Booking, leg and call that it is about."""
        return self.field("booking"), self.field("leg"), self.field("CallSid")

    @property
    def moment(self) -> datetime:
        """The provider's time stamp, UTC; ours where it gives none or none that can be read."""
        try:
            return parsedate_to_datetime(self.form["Timestamp"]).astimezone(UTC)
        except (KeyError, ValueError):
            return self.now

    @property
    def status(self) -> CallStatus:
        """What the provider says of the call.

        Raises:
            RuleBroken: a status its documentation does not know.
        """
        try:
            return CallStatus(self.field("CallStatus"))
        except ValueError:
            raise RuleBroken("status_unknown", "No such call status.", "CallStatus") from None

    @property
    def sip_response(self) -> str | None:
        """The network's last word on the call, three digits; None where it is not told."""
        code = self.form.get("SipResponseCode", "")
        return code if len(code) == 3 and code.isascii() and code.isdigit() else None


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request of the telephony provider."""
    route = str(event.get("path", "")).rsplit("/", 1)[-1]
    try:
        asked, base = _verified(event)
        reply = answer(bootstrap.voice_desk(), route, asked)
    except Exception as error:
        refused = problem(error, str(event.get("path", "")))
        logger.info("voice request refused", extra={"route": route, "code": refused.code})
        return refused.to_gateway()
    logger.info("voice request", extra={"route": route, "leg": asked.query.get("leg")})
    if reply is None:
        return {"statusCode": 204, "headers": {}, "body": ""}
    if isinstance(reply, Reply):
        twiml = bootstrap.twiml(reply, base)
    else:
        twiml = bootstrap.announcement(*reply)
    return {"statusCode": 200, "headers": {"content-type": "text/xml"}, "body": twiml}


def answer(desk: VoiceDesk, route: str, asked: Asked) -> Reply | tuple[Prompt, str] | None:
    """What a verified request gets: instructions for its leg, an announcement, or nothing.

    Raises:
        NotFound: no such route, booking, leg or call.
        RuleBroken: a field is missing or not one the provider documents.
    """
    if route not in _ROUTES:
        raise NotFound("route_unknown", "There is no such voice request.")
    return _ROUTES[route](desk, asked)


def _verified(event: dict[str, Any]) -> tuple[Asked, str]:
    body = event.get("body") or ""
    if len(body) > _LONGEST_BODY:
        raise TooLarge("body_too_large", "A callback has at most 64 KiB.")
    try:
        text = base64.b64decode(body).decode() if event.get("isBase64Encoded") else body
    except (binascii.Error, UnicodeDecodeError):
        raise Malformed("body_not_utf8", "The body is not a form in UTF-8.") from None
    form = dict(parse_qsl(text, keep_blank_values=True))
    query = dict(event.get("queryStringParameters") or {})
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    base = bootstrap.public_base(str((event.get("requestContext") or {}).get("apiId", "")))
    url = f"{base}{event['path']}" + (f"?{urlencode(query)}" if query else "")
    bootstrap.verify_voice_request(url, form, headers.get("x-twilio-signature"))
    return Asked(query, form, bootstrap.clock().now()), base


def _answer(desk: VoiceDesk, asked: Asked) -> Reply:
    if asked.query.get("step") == Step.WAIT:
        return desk.waits(*asked.leg)
    return desk.answered(*asked.leg)


def _keys(desk: VoiceDesk, asked: Asked) -> Reply:
    step, digits = asked.field("step"), asked.form.get("Digits", "")
    if step == Step.NUMBER:
        return desk.gave_number(asked.field("CallSid"), digits)
    return desk.keys(*asked.leg, step, digits)


def _left(desk: VoiceDesk, asked: Asked) -> Reply:
    return desk.left(*asked.leg, call_live=not asked.status.ended)


def _status(desk: VoiceDesk, asked: Asked) -> None:
    if "leg" not in asked.query:
        desk.inbound_ended(asked.field("CallSid"), asked.status, asked.moment)
    else:
        desk.status(*asked.leg, asked.status, asked.moment, asked.sip_response)


def _conference(desk: VoiceDesk, asked: Asked) -> None:
    motion = _MOTIONS.get(asked.field("StatusCallbackEvent"))
    if motion is not None:
        # The address is the first participant's; who it is about stands in the label.
        leg_id, call_id = asked.field("ParticipantLabel"), asked.field("CallSid")
        desk.moved(asked.field("booking"), leg_id, call_id, motion, asked.moment)


def _inbound(desk: VoiceDesk, asked: Asked) -> Reply:
    number = asked.form.get("From", "")
    known = number if number.startswith("+") else None
    return desk.called_in(known, asked.field("CallSid"))


def _announce(desk: VoiceDesk, asked: Asked) -> tuple[Prompt, str]:
    try:
        return Prompt(asked.field("prompt")), asked.field("lang")
    except ValueError:
        raise RuleBroken("prompt_unknown", "No such prompt.", "prompt") from None


_ROUTES: Mapping[str, Callable[[VoiceDesk, Asked], Reply | tuple[Prompt, str] | None]] = {
    "answer": _answer,
    "keys": _keys,
    "left": _left,
    "status": _status,
    "conference": _conference,
    "inbound": _inbound,
    "announce": _announce,
}
