"""Payment webhooks: verify the signature on the raw bytes, store once, answer 2xx.

What the event means is decided by the inbox worker, which asks the provider; nothing here trusts
more of the body than its id, its type and the id of its object.
"""

import base64
import json
from typing import Any

from aws_lambda_powertools import Logger

from functions.problems import Malformed, TooLarge, problem
from shared import bootstrap
from shared.application import provider_events

logger = Logger()
_LONGEST_BODY = 256 * 1024
_LONGEST_ID = 255


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one delivery of the payment provider."""
    try:
        _receive(event)
    except Exception as error:
        refused = problem(error, str(event.get("path", "")))
        logger.info("payment webhook refused", extra={"code": refused.code})
        return refused.to_gateway()
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": "{}"}


def _receive(event: dict[str, Any]) -> None:
    """Verify and store one delivery.

    Raises:
        TooLarge, RuleBroken, Malformed: it is too long, not signed, or not an event.
    """
    body = event.get("body") or ""
    if len(body) > _LONGEST_BODY:
        raise TooLarge("body_too_large", "A webhook has at most 256 KiB.")
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    try:
        raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    except ValueError:
        raise Malformed("body_not_utf8", "The body is not an event in UTF-8.") from None
    bootstrap.verify_payment_webhook(raw, headers.get("stripe-signature", ""))
    try:
        message = json.loads(raw)
        kind, other = message["type"], message.get("account")
        if kind not in provider_events.WORKED or other is not None:
            # `account` names a connected account (docs.stripe.com/connect/webhooks): not our money.
            logger.info(
                "payment event of no interest", extra={"event_type": str(kind)[:_LONGEST_ID]}
            )
            return
        message_id, subject = _id(message["id"]), _id(message["data"]["object"]["id"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Malformed("event_malformed", "This is not an event with an object.") from None
    store, now = bootstrap.store(), bootstrap.clock().now()
    new = provider_events.keep(store, message_id, kind, subject, now)
    logger.info("payment event", extra={"event_id": message_id, "event_type": kind, "new": new})


def _id(value: object) -> str:
    """An id of the provider's, which is a text of at most 255 characters."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID:
        raise TypeError("not an id")
    return value
