"""What only a double has: its state, its faults, and what outsiders do to the account."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any

from aiohttp import web

from infra.local.payments.cards import CARDS
from infra.local.payments.errors import ApiError
from infra.local.payments.faults import RequestFault, WebhookFault
from infra.local.payments.objects import Json
from infra.local.payments.outsiders import Outsiders

if TYPE_CHECKING:
    from infra.local.payments.server import PaymentsServer


def add_routes(application: web.Application, server: "PaymentsServer") -> None:
    """Serve /_control; every refusal is 400 with {"error": sentence}."""
    control = _Control(server)
    application.router.add_get("/_control/state", control.state)
    application.router.add_post("/_control/webhook", control.set_webhook)
    application.router.add_post("/_control/faults", control.order_faults)
    application.router.add_delete("/_control/faults", control.clear_faults)
    application.router.add_post("/_control/refund-delay", control.set_refund_delay)
    for path, answer in (
        ("payment_intents/{id}/authentication", control.authenticate),
        ("payment_intents", control.pay_by_hand),
        ("charges", control.charge_by_hand),
        ("refunds", control.refund_by_hand),
        ("disputes", control.open_dispute),
        ("disputes/{id}/escalate", control.escalate_dispute),
        ("disputes/{id}/close", control.close_dispute),
    ):
        application.router.add_post(f"/_control/{path}", answer)


class _Control:
    def __init__(self, server: "PaymentsServer") -> None:
        self._server = server
        self._outsiders = Outsiders(server.api)

    async def state(self, incoming: web.Request) -> web.Response:
        model = self._server.api.model
        return web.json_response(
            {
                "webhook_url": self._server.webhook_url,
                "payment_intents": list(model.intents.values()),
                "charges": list(model.charges.values()),
                "refunds": list(model.refunds.values()),
                "disputes": list(model.disputes.values()),
                "customers": list(model.customers.values()),
                "balance_transactions": list(model.transactions.values()),
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
                _count(order) or 1,
                order.get("method"),
                order.get("path", "/v1/"),
            )
        for order in _orders(document, "webhooks"):
            faults.order_webhooks(_member(WebhookFault, order), _count(order))
        return web.json_response({})

    async def clear_faults(self, incoming: web.Request) -> web.Response:
        self._server.api.faults.clear()
        return web.json_response({})

    async def set_refund_delay(self, incoming: web.Request) -> web.Response:
        delay = _seconds(await _document(incoming), "seconds")
        self._server.api.refunds.settle_after = delay
        return web.json_response({"seconds": delay.total_seconds()})

    # --- outsiders ----------------------------------------------------------------------------

    async def authenticate(self, incoming: web.Request) -> web.Response:
        outcome = _word(await _document(incoming), "outcome", "succeeded", "failed")
        name, passed = incoming.match_info["id"], outcome == "succeeded"
        return self._done(lambda now: self._outsiders.authenticate(name, now, passed=passed))

    async def pay_by_hand(self, incoming: web.Request) -> web.Response:
        wanted = _payment(await _document(incoming))
        return self._done(lambda now: self._outsiders.pay_by_hand(*wanted, now))

    async def charge_by_hand(self, incoming: web.Request) -> web.Response:
        wanted = _payment(await _document(incoming))
        return self._done(lambda now: self._outsiders.charge_by_hand(*wanted, now))

    async def refund_by_hand(self, incoming: web.Request) -> web.Response:
        document = await _document(incoming)
        paid, amount = _text(document, "paid"), _amount(document)
        return self._done(lambda now: self._outsiders.refund_by_hand(paid, now, amount=amount))

    async def open_dispute(self, incoming: web.Request) -> web.Response:
        document = await _document(incoming)
        paid, amount = _text(document, "paid"), _amount(document)
        delay, inquiry = _seconds(document, "delay"), document.get("inquiry", False)
        reason = _text(document, "reason", "fraudulent")
        if not isinstance(inquiry, bool):
            raise _refused("inquiry must be true or false")
        return self._done(
            lambda now: self._outsiders.open_dispute(
                paid, now, amount=amount, inquiry=inquiry, reason=reason, delay=delay
            )
        )

    async def escalate_dispute(self, incoming: web.Request) -> web.Response:
        name, delay = incoming.match_info["id"], _seconds(await _document(incoming), "delay")
        return self._done(lambda now: self._outsiders.escalate_dispute(name, now, delay=delay))

    async def close_dispute(self, incoming: web.Request) -> web.Response:
        won = _word(await _document(incoming), "outcome", "won", "lost") == "won"
        name = incoming.match_info["id"]
        return self._done(lambda now: self._outsiders.close_dispute(name, now, won=won))

    def _done(self, deed: Callable[[datetime], Json]) -> web.Response:
        """Do something now; its answer, or the refusal as Stripe writes it."""
        try:
            document = deed(self._server.clock.now())
        except ApiError as error:
            return web.json_response(error.body, status=error.status)
        self._server.wake()
        return web.json_response(document)


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


def _count(order: dict[str, Any]) -> int | None:
    """How many; null for all that come."""
    count = order.get("count", 1)
    if count is not None and (not isinstance(count, int) or count < 1):
        raise _refused("count must be a whole number above zero")
    return count


def _text(document: dict[str, Any], name: str, default: str | None = None) -> str:
    value = document.get(name, default)
    if not isinstance(value, str) or not value:
        raise _refused(f"{name} must be a text")
    return value


def _word(document: dict[str, Any], name: str, one: str, other: str) -> str:
    value = document.get(name)
    if value not in (one, other):
        raise _refused(f"{name} must be {one} or {other}")
    return str(value)


def _amount(document: dict[str, Any]) -> int | None:
    """Minor units, or None for all of it."""
    amount = document.get("amount")
    if amount is not None and (not isinstance(amount, int) or amount < 1):
        raise _refused("amount must be a whole number of minor units above zero")
    return amount


def _seconds(document: dict[str, Any], name: str) -> timedelta:
    value = document.get(name, 0)
    if not isinstance(value, int | float) or value < 0:
        raise _refused(f"{name} must be a number of seconds")
    return timedelta(seconds=value)


def _payment(document: dict[str, Any]) -> tuple[int, str, str, dict[str, str]]:
    """Amount, currency, card and metadata of a payment made by hand."""
    amount, metadata = _amount(document), document.get("metadata", {})
    card = _text(document, "payment_method", "pm_card_visa")
    if amount is None:
        raise _refused("amount must be a whole number of minor units above zero")
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise _refused("metadata must be texts by name")
    if card not in CARDS:
        raise _refused("payment_method must be a test PaymentMethod")
    return amount, _text(document, "currency").lower(), card, metadata
