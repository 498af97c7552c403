"""Every function called ahead, so that nobody waits for a cold start on the phone."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.config import Config

from infra.local.deploy import Deployed, client
from infra.local.settings import Settings

_HTTP = ("Customer", "Payment", "Account", "Operator", "Desk", "DeskMoney", "Public", "Offers")
_WEBHOOKS = {"StripeWebhook": "/v1/webhooks/stripe", "VoiceWebhook": "/v1/voice/answer"}
# When a line drops, the exchange asks for so many answers at once; each needs a worker of its own.
_WORKERS = {"VoiceWebhook": 4}


def warm(settings: Settings, deployed: Deployed) -> list[str]:
    """Call each function harmlessly and return the names of those that failed.

    The API gets a preflight, webhooks a message nobody signed, workers an empty batch; sweeps
    sweep.
    """
    functions = client(
        settings, "lambda", config=Config(read_timeout=180, retries={"total_max_attempts": 1})
    )

    def call(name: str) -> bool:
        answer = functions.invoke(
            FunctionName=deployed.functions[name], Payload=json.dumps(_event(name)).encode()
        )
        answer["Payload"].read()
        return "FunctionError" not in answer

    names = [name for name in sorted(deployed.functions) for _ in range(_WORKERS.get(name, 1))]
    with ThreadPoolExecutor(max(_WORKERS.values())) as pool:
        return [name for name, well in zip(names, pool.map(call, names), strict=True) if not well]


def _event(name: str) -> dict[str, Any]:
    if name in _HTTP:
        return _request("OPTIONS", "/v1/operators")
    if name in _WEBHOOKS:
        return _request("POST", _WEBHOOKS[name])
    return {} if name.endswith("Sweep") else {"Records": []}


def _request(method: str, path: str) -> dict[str, Any]:
    """A REST API proxy event (docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html)."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {},
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "apiId": "warm",
            "stage": "live",
            "requestId": "warm",
            "httpMethod": method,
            "resourcePath": path,
            "path": f"/live{path}",
            "identity": {"sourceIp": "127.0.0.1", "userAgent": ""},
        },
        "body": "",
        "isBase64Encoded": False,
    }
