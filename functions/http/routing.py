"""One way through every route: who calls, may he, was it sent before, what does it say."""

import json
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import (
    APIGatewayRestResolver,
    CORSConfig,
    Response,
)
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from functions import problems
from functions.http import idempotency, identity, shapes
from functions.http.bodies import json_object
from functions.http.rooms import Rooms
from shared.application.store import Replay
from shared.domain.errors import NotFound

# Any origin may ask: the token travels in a header of its own, never in a cookie.
_CORS = CORSConfig(
    allow_headers=[idempotency.HEADER], expose_headers=["Location", "Retry-After"], max_age=600
)
CREATED = 201
# A part of a path that is a secret.
_TOKEN = "{token}"
# A page of ours brings its own style and nothing else: no script, no frame, nothing fetched.
_PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page to be printed, for people.

    Args:
        html: all of it.
        language: it is written in.
    """

    html: str
    language: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as far as it is the same for all routes.

    Args:
        caller: who sent it.
        path: the variable parts of its path.
        replay: what its idempotency key stands for, None unless it is a POST.
        languages: its Accept-Language header, empty where there is none.
    """

    caller: identity.Caller
    path: Mapping[str, str]
    replay: Replay | None
    languages: str

    @property
    def once(self) -> Replay:
        """What the idempotency key of a POST stands for."""
        if self.replay is None:
            raise LookupError("only a POST carries an idempotency key")
        return self.replay


@dataclass(frozen=True, slots=True)
class Route[T]:
    """One operation of the API; docs/openapi.json is drawn from these.

    Args:
        method: GET reads `takes` from the query; POST and PUT read it from the body.
        path: with variable parts in braces.
        summary: one sentence.
        roles: who may call it; none where nobody signs in.
        takes: a dataclass of functions/http/requests.py.
        answer: calls one use case and shows what came of it.
        returns: the TypedDict of functions/http/views.py that it answers, or Page.
        status: of a success; 201 gives the new thing's `id` below this path.
        named: the field of the answer that is its id.
        max_age: seconds for which anybody may keep what a GET answered; 0 where nobody may.
    """

    method: str
    path: str
    summary: str
    roles: frozenset[identity.Role]
    takes: type[T]
    answer: Callable[[Rooms, Call, T], Mapping[str, object] | Page]
    returns: type
    status: int = 200
    named: str = "id"
    max_age: int = 0


def resolver(rooms: Rooms, routes: Sequence[Route[Any]]) -> APIGatewayRestResolver:
    """The function behind some routes."""
    app = APIGatewayRestResolver(cors=_CORS)
    for route in routes:
        _register(app, rooms, route)

    secret = {route.path.partition(_TOKEN)[0] for route in routes if _TOKEN in route.path}

    def refuse(error: Exception) -> Response[str]:
        if isinstance(error, NotFoundError):
            error = NotFound("route_unknown", "There is nothing at this address.")
        made = problems.problem(error, _instance(app.current_event.path, secret))
        return Response(made.status, problems.MEDIA_TYPE, made.body, dict(made.headers))

    app.exception_handler(Exception)(refuse)
    return app


def _register[T](app: APIGatewayRestResolver, rooms: Rooms, route: Route[T]) -> None:
    rule = route.path.replace("{", "<").replace("}", ">")

    @app.route(rule, method=route.method)
    def respond(**path: str) -> Response[str]:
        event = app.current_event
        caller = identity.NOBODY
        if route.roles:
            caller = identity.caller(event.raw_event)
            caller.require(route.roles)
        replay, raw = None, dict(event.query_string_parameters)
        if route.method != "GET":
            content_type = event.headers.get("content-type") or ""
            raw = json_object(
                event.body, is_base64=bool(event.is_base64_encoded), content_type=content_type
            )
        if route.method == "POST":
            key = idempotency.header_of(event.headers)
            booking_id = path.get("booking_id", "")
            replay = idempotency.replay(key, caller.sub, route.method, event.path, raw, booking_id)
        asked = shapes.read(route.takes, raw)
        languages = event.headers.get("accept-language") or ""
        answer = route.answer(rooms, Call(caller, path, replay, languages), asked)
        if isinstance(answer, Page):
            return _page(answer)
        kept = f"public, max-age={route.max_age}" if route.max_age else "no-store"
        headers: dict[str, str | list[str]] = {"Cache-Control": kept}
        if route.status == CREATED:
            # Relative to the request, because the stage in front of /v1 is not ours to know.
            headers["Location"] = f"{route.path.rpartition('/')[2]}/{answer[route.named]}"
        body = json.dumps(answer, separators=(",", ":"), ensure_ascii=False)
        return Response(route.status, "application/json", body, headers)


def _instance(path: str, secret: Set[str]) -> str:
    """The address that was asked for; a refusal may be logged, so a token in it is not repeated.

    Args:
        secret: what stands before a token in the paths that have one.
    """
    before = next((start for start in secret if path.startswith(start)), None)
    if before is None:
        return path
    _, slash, rest = path.removeprefix(before).partition("/")
    return f"{before}{_TOKEN}{slash}{rest}"


def _page(page: Page) -> Response[str]:
    headers: dict[str, str | list[str]] = {**_PAGE_HEADERS, "Content-Language": page.language}
    return Response(200, "text/html; charset=utf-8", page.html, headers)
