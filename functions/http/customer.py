"""Not built yet: answers 501 to whoever asks."""

import json
from typing import Any


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Refuse with problem+json."""
    return {
        "statusCode": 501,
        "headers": {"content-type": "application/problem+json"},
        "body": json.dumps({"title": "Not built yet", "status": 501}),
    }
