"""Asks the local stack's API and its doubles, as a browser would."""

import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from infra.local.settings import StackError

_SECONDS = 30


class Caller:
    """One user of the API.

    Args:
        base: address of the API or a double.
        token: of a signed-in user; none for the doubles.
    """

    def __init__(self, base: str, token: str | None = None) -> None:
        self._base = base
        self._token = token

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Read something; raises StackError with the answer where it is refused."""
        return self._ask("GET", path + (f"?{urlencode(query)}" if query else ""), None, {})

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask for something, under a fresh idempotency key."""
        return self._ask("POST", path, body or {}, {"Idempotency-Key": str(uuid.uuid4())})

    def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Store something."""
        return self._ask("PUT", path, body, {})

    def form(self, path: str, fields: Mapping[str, str], key: str) -> dict[str, Any]:
        """Post a form to the payment provider with its publishable key, as a browser does."""
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self._send(Request(self._base + path, urlencode(fields).encode(), headers))

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: dict[str, str]
    ) -> dict[str, Any]:
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        return self._send(Request(self._base + path, data, headers, method=method))

    def _send(self, request: Request) -> dict[str, Any]:
        what = f"{request.get_method()} {request.full_url}"
        try:
            with urlopen(request, timeout=_SECONDS) as answer:
                found: dict[str, Any] = json.loads(answer.read() or b"{}")
                return found
        except HTTPError as error:
            text = error.read().decode(errors="replace")
            raise StackError(f"{what} answered {error.code}: {text}") from error
        except (URLError, TimeoutError) as error:
            raise StackError(f"{what} did not answer: {error}") from error
