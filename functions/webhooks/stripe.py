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

logger = Logger()
_LONGEST_BODY = 256 * 1024


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one delivery of the payment provider."""
    body = event.get("body") or ""
    raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if len(raw) > _LONGEST_BODY:
        return _problem(413, "body_too_large", "A webhook has at most 256 KiB.")
    try:
        bootstrap.verify_payment_webhook(raw, headers.get("stripe-signature", ""))
    except RuleBroken as refused:
        return _problem(400, refused.code, refused.detail)
    try:
        message = json.loads(raw)
        message_id, kind = str(message["id"]), str(message["type"])
        subject = str(message["data"]["object"]["id"])
    except (ValueError, KeyError, TypeError):
        return _problem(400, "event_malformed", "This is not an event with an object.")
    stored = {"type": kind, "object": subject, "event": message_id}
    new = bootstrap.store().receive(
        "stripe", message_id, kind, json.dumps(stored), bootstrap.clock().now()
    )
    logger.info("payment event", extra={"event_id": message_id, "event_type": kind, "new": new})
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": "{}"}


def _problem(status: int, code: str, detail: str) -> dict[str, Any]:
    body = {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail}
    logger.info("payment webhook refused", extra={"code": code})
    return {
        "statusCode": status,
        "headers": {"content-type": "application/problem+json"},
        "body": json.dumps(body),
    }
