"""Draws docs/openapi.json from the routes: `python -m functions.http.openapi`.

Runs on a developer's machine only, where pydantic turns the answers' types into JSON Schema. The
resolver's own drawing is not used: it reads its models from handlers whose validation runs on
pydantic at every start, which is what functions/http/shapes.py saves.
"""

import inspect
import json
import re
from typing import Any, Literal, NotRequired, TypedDict

from pydantic import TypeAdapter

from functions import problems
from functions.http import (
    account,
    customer,
    desk,
    desk_cases,
    desk_outages,
    desk_payments,
    idempotency,
    links,
    operator,
    payment,
    public,
    reliability,
    shapes,
)
from functions.http.bodies import LARGEST
from functions.http.requests import CARD_ID, OPERATOR_ID, TARIFF_ID
from functions.http.routing import CREATED, Page, Route

ROUTES: tuple[Route[Any], ...] = (
    *customer.ROUTES,
    *payment.ROUTES,
    *account.ROUTES,
    *operator.ROUTES,
    *desk.ROUTES,
    *desk_payments.ROUTES,
    *desk_cases.ROUTES,
    *desk_outages.ROUTES,
    *public.ROUTES,
    *reliability.ROUTES,
    *links.ROUTES,
)
_SCHEMAS = "#/components/schemas/"
_PROBLEM = {"$ref": f"{_SCHEMAS}Problem"}
_DESCRIPTION = """\
Sessions are booked and paid ahead. If the line drops, the system notices, redials, and the session
goes on where it stopped.

Every refusal is application/problem+json: `code` is stable and made for programs, `field` names the
input at fault, and where several are, `errors` lists them all. Times are RFC 3339, answered in UTC;
money is an integer in the minor unit of its currency; lists come in pages, each with the `cursor`
of the next.
"""
_PARAMETERS = {
    "booking_id": {
        "type": "string",
        "pattern": "^[0-9]{12}$",
        "description": "Twelve digits, the last a check digit.",
    },
    "card_id": CARD_ID.schema(),
    "case_number": {
        "type": "string",
        "pattern": "^[0-9]{12}$",
        "description": "Twelve digits, the last a check digit.",
    },
    "offer_id": {"type": "string", "description": "Our id of the offer."},
    "operator_id": OPERATOR_ID.schema(),
    "outage_id": {
        "type": "string",
        "pattern": "^[0-9]{12}$",
        "description": "Twelve digits, the last a check digit.",
    },
    "payment_id": {"type": "string", "description": "The provider's id of the payment."},
    "refund_id": {"type": "string", "description": "Our id of the refund."},
    "tariff_id": TARIFF_ID.schema(),
    "token": {"type": "string", "description": "What follows # in the link of our letter."},
}
# What a refusal of each status means here; which codes there are, each answer says.
_REFUSALS = {
    "400": "The request cannot be read, or its idempotency key is missing.",
    "401": "Nobody is signed in.",
    "402": "The payment provider refused.",
    "403": "The caller's role does not allow it.",
    "404": "There is no such thing, or it is not the caller's.",
    "409": "Somebody else was first, or the present state forbids it.",
    "413": f"The body has more than {LARGEST} bytes.",
    "415": "The body is not application/json.",
    "422": "A field breaks a rule.",
    "500": "Something went wrong here.",
    "503": "Not now; the same request may be sent again.",
}
_OF_SIGN_IN = ("401", "403")
_OF_GET = ("400", "401", "403", "404", "422", "500", "503")


class Fault(TypedDict):
    """One field at fault."""

    field: str
    code: str
    detail: str


class Problem(TypedDict):
    """Why a request was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    field: NotRequired[str]
    errors: NotRequired[list[Fault]]


def document() -> dict[str, Any]:
    """The whole API as OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Redial", "version": "1", "description": _DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": _components(),
            "responses": {
                status: {"description": why, "content": {problems.MEDIA_TYPE: _of(_PROBLEM)}}
                for status, why in _REFUSALS.items()
            },
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The ID token of the user pool; its groups are the roles.",
                }
            },
        },
        "security": [{"token": []}],
    }


def _operation(route: Route[Any]) -> dict[str, Any]:
    names = re.findall(r"{(\w+)}", route.path)
    parameters = [_parameter(name, "path", _PARAMETERS[name], needed=True) for name in names]
    described = shapes.schema(route.takes)
    group = route.answer.__module__.rpartition(".")[2]
    made: dict[str, Any] = {
        "operationId": f"{group}_{route.answer.__name__}",
        "summary": f"{route.summary}.",
        "tags": [group],
        "description": f"For the roles {', '.join(sorted(route.roles))}.",
    }
    if not route.roles:
        made |= {"description": "For everybody, without signing in.", "security": []}
    if route.method == "GET":
        for name, schema in described["properties"].items():
            needed = name in described.get("required", ())
            if not needed:  # a query leaves out what a body may give as null
                schema = schema["anyOf"][0]
            parameters.append(_parameter(name, "query", schema, needed=needed))
    elif described["properties"]:
        reference = {"$ref": f"{_SCHEMAS}{route.takes.__name__}"}
        made["requestBody"] = {"required": True, "content": {"application/json": _of(reference)}}
    if route.method == "POST":
        key = {"type": "string", "pattern": f"^{idempotency.PATTERN}$"}
        parameters.append(_parameter(idempotency.HEADER, "header", key, needed=True))
    if parameters:
        made["parameters"] = parameters
    made["responses"] = _responses(route)
    return made


def _responses(route: Route[Any]) -> dict[str, Any]:
    done: dict[str, Any]
    if route.returns is Page:
        page = {"text/html": _of({"type": "string"})}
        done = {"description": "A page to be printed.", "content": page}
    else:
        answer = {"$ref": f"{_SCHEMAS}{route.returns.__name__}"}
        done = {
            "description": inspect.getdoc(route.returns),
            "content": {"application/json": _of(answer)},
        }
    if route.status == CREATED:
        done["headers"] = {
            "Location": {"schema": {"type": "string"}, "description": "Relative to the request."}
        }
    refused = _OF_GET if route.method == "GET" else tuple(_REFUSALS)
    if not route.roles:
        refused = tuple(status for status in refused if status not in _OF_SIGN_IN)
    references = {status: {"$ref": f"#/components/responses/{status}"} for status in refused}
    return {str(route.status): done, **references}


def _components() -> dict[str, Any]:
    answers = ({route.returns for route in ROUTES} - {Page}) | {Problem}
    mode: Literal["serialization"] = "serialization"
    _, made = TypeAdapter.json_schemas(
        [(one, mode, TypeAdapter[Any](one)) for one in answers],
        ref_template=f"{_SCHEMAS}{{model}}",
    )
    found: dict[str, Any] = made["$defs"]
    bodies = {route.takes for route in ROUTES if route.method != "GET"}
    for body in bodies:
        if shapes.schema(body)["properties"]:
            found[body.__name__] = {"description": inspect.getdoc(body), **shapes.schema(body)}
    return dict(sorted(found.items()))


def _parameter(name: str, place: str, schema: Any, *, needed: bool) -> dict[str, Any]:
    return {"name": name, "in": place, "required": needed, "schema": schema}


def _of(schema: dict[str, str]) -> dict[str, Any]:
    return {"schema": schema}


def text() -> str:
    """The document as it stands in the file."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    customer.OPENAPI.write_text(text())
