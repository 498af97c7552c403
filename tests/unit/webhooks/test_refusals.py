"""What the providers' requests get that cannot be read: a problem, and nothing stored."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.webhooks import stripe, voice

PATHS = {stripe.handler: "/v1/webhooks/stripe", voice.handler: "/v1/voice/status"}
Handler = Callable[[dict[str, Any], object], dict[str, Any]]


@pytest.mark.parametrize("handler", PATHS)
@pytest.mark.parametrize(
    ("body", "is_base64", "status", "code"),
    [
        ("x" * 10 * 2**20, False, 413, "body_too_large"),
        ("A", True, 400, "body_not_utf8"),
    ],
)
def test_a_body_that_cannot_be_read_is_a_problem_that_says_why(
    handler: Handler, body: str, is_base64: bool, status: int, code: str
) -> None:
    event = {"path": PATHS[handler], "body": body, "isBase64Encoded": is_base64, "headers": {}}
    answer = handler(event, None)
    assert answer["statusCode"] == status
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    problem = json.loads(answer["body"])
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["instance"] == PATHS[handler]
