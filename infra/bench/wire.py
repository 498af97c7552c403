"""What goes over the wire to AWS and to the providers, recorded as it was asked and answered."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from botocore.handlers import BUILTIN_HANDLERS

from infra.bench.meter import Consumed, Meter

PROVIDERS = frozenset({"stripe", "twilio"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer.

    Args:
        service: "dynamodb", "kms", "secrets-manager", "sqs", "ses", "stripe" or "twilio".
        operation: see `operation_of`.
        consumed: of DynamoDB's capacity.
    """

    service: str
    operation: str
    request: bytes
    status: int
    headers: dict[str, str]
    answer: bytes
    consumed: Consumed | None = None


def operation_of(method: str, url: str, headers: Mapping[str, str], body: bytes) -> str:
    """The operation of an AWS request; method and path of any other."""
    if target := headers.get("X-Amz-Target"):
        return target.rpartition(".")[2]
    if action := parse_qs(body.decode(errors="replace")).get("Action"):
        return action[0]
    return f"{method} {urlsplit(url).path}"


class Wire:
    """Records the exchanges of this process, in their order.

    Args:
        meter: counts what DynamoDB was asked for.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._exchanges: list[Exchange] = []
        self._asked: Any = None

    def take(self) -> tuple[Exchange, ...]:
        """What was recorded since the last time."""
        taken, self._exchanges = tuple(self._exchanges), []
        return taken

    @contextmanager
    def on_aws(self) -> Iterator[None]:
        """Record every botocore client that is made within the block."""
        ours = [("request-created", self._note_request), ("response-received", self._note_answer)]
        BUILTIN_HANDLERS.extend(ours)
        try:
            yield
        finally:
            for handler in ours:
                BUILTIN_HANDLERS.remove(handler)

    def _note_request(self, request: Any, **_: object) -> None:
        self._asked = request

    def _note_answer(self, response_dict: Any, event_name: str, **_: object) -> None:
        asked, service = self._asked, event_name.split(".")[1]
        text = asked.body or b""
        body = text.encode() if isinstance(text, str) else bytes(text)
        operation, answer = event_name.split(".")[2], bytes(response_dict["body"])
        consumed = None
        if service == "dynamodb":
            consumed = self._meter.consumed(operation, json.loads(body), json.loads(answer))
        self._exchanges.append(
            Exchange(
                service,
                operation,
                body,
                response_dict["status_code"],
                {str(name).lower(): str(v) for name, v in response_dict["headers"].items()},
                answer,
                consumed,
            )
        )

    def on(self, service: str, application: web.Application) -> None:
        """Record what a double is asked and answers."""

        @web.middleware
        async def record(
            request: web.Request,
            handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
        ) -> web.StreamResponse:
            response = await handler(request)
            assert isinstance(response, web.Response) and isinstance(response.body, bytes)
            body = await request.read()
            self._exchanges.append(
                Exchange(
                    service,
                    operation_of(request.method, request.path, request.headers, body),
                    body,
                    response.status,
                    {name.lower(): value for name, value in response.headers.items()},
                    response.body,
                )
            )
            return response

        application.middlewares.insert(0, record)
