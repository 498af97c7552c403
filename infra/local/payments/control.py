"""What only a double has: its state, its faults, and the customer's answer to 3-D Secure."""

from enum import StrEnum
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any

from aiohttp import web

from infra.local.payments.errors import ApiError
from infra.local.payments.faults import RequestFault, WebhookFault

if TYPE_CHECKING:
    from infra.local.payments.server import PaymentsServer


def add_routes(application: web.Application, server: "PaymentsServer") -> None:
    """Serve /_control; every refusal is 400 with {"error": sentence}."""
    control = _Control(server)
    application.router.add_get("/_control/state", control.state)
    application.router.add_post("/_control/webhook", control.set_webhook)
    application.router.add_post("/_control/faults", control.order_faults)
    application.router.add_delete("/_control/faults", control.clear_faults)
    application.router.add_post(
        "/_control/payment_intents/{id}/authentication", control.authenticate
    )


class _Control:
    def __init__(self, server: "PaymentsServer") -> None:
        self._server = server

    async def state(self, incoming: web.Request) -> web.Response:
        model = self._server.api.model
        return web.json_response(
            {
                "webhook_url": self._server.webhook_url,
                "payment_intents": list(model.intents.values()),
                "charges": list(model.charges.values()),
                "refunds": list(model.refunds.values()),
                "events": list(model.events.values()),
                "deliveries": [
                    {
                        "event": each.event_id,
                        "attempts": each.attempts,
                        "due": int(each.due.timestamp()),
                    }
                    for each in model.outbox.waiting
                ],
            }
        )

    async def set_webhook(self, incoming: web.Request) -> web.Response:
        url = (await _document(incoming)).get("url")
        if url is not None and not (isinstance(url, str) and url.startswith("http")):
            raise _refused("url must be an http address or null")
        self._server.webhook_url = url
        self._server.wake()
        return web.json_response({"webhook_url": url})

    async def order_faults(self, incoming: web.Request) -> web.Response:
        document, faults = await _document(incoming), self._server.api.faults
        for order in _orders(document, "requests"):
            faults.order_request(
                _member(RequestFault, order),
                _count(order),
                order.get("method"),
                order.get("path", "/v1/"),
            )
        for order in _orders(document, "webhooks"):
            faults.order_webhooks(_member(WebhookFault, order), _count(order))
        return web.json_response({})

    async def clear_faults(self, incoming: web.Request) -> web.Response:
        self._server.api.faults.clear()
        return web.json_response({})

    async def authenticate(self, incoming: web.Request) -> web.Response:
        outcome = (await _document(incoming)).get("outcome")
        if outcome not in ("succeeded", "failed"):
            raise _refused("outcome must be succeeded or failed")
        try:
            intent = self._server.api.model.authenticate(
                incoming.match_info["id"], outcome == "succeeded", self._server.clock.now()
            )
        except ApiError as error:
            return web.json_response(error.body, status=error.status)
        self._server.wake()
        return web.json_response(intent)


def _refused(sentence: str) -> web.HTTPBadRequest:
    body = web.json_response({"error": sentence}).text
    return web.HTTPBadRequest(text=body, content_type="application/json")


async def _document(incoming: web.Request) -> dict[str, Any]:
    try:
        document = await incoming.json()
    except (JSONDecodeError, UnicodeDecodeError):
        raise _refused("the body must be JSON") from None
    if not isinstance(document, dict):
        raise _refused("the body must be an object")
    return document


def _orders(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    orders = document.get(name, [])
    if not isinstance(orders, list) or not all(isinstance(each, dict) for each in orders):
        raise _refused(f"{name} must be a list of objects")
    return orders


def _member[Fault: StrEnum](kinds: type[Fault], order: dict[str, Any]) -> Fault:
    kind = order.get("kind")
    if kind not in list(kinds):
        raise _refused(f"kind must be one of {', '.join(kinds)}")
    return kinds(kind)


def _count(order: dict[str, Any]) -> int:
    count = order.get("count", 1)
    if not isinstance(count, int) or count < 1:
        raise _refused("count must be a whole number above zero")
    return count
