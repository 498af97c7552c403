"""Asks the local stack's API and its doubles, as a browser would."""

import json
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from infra.local.settings import StackError

_SECONDS = 30


class Refused(StackError):
    """An answer outside 2xx.

    Args:
        what: the request.
        status: of the answer.
        text: its body.
    """

    def __init__(self, what: str, status: int, text: str) -> None:
        super().__init__(f"{what} answered {status}: {text}")
        self.status = status
        try:
            self.code = str(json.loads(text).get("code"))
        except ValueError:
            self.code = "unreadable"


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

    def refused(self, path: str, body: Mapping[str, Any] | None = None) -> str | None:
        """Ask for something that is to be refused; the code of the refusal, None if it was not."""
        try:
            self.post(path, body)
        except Refused as refusal:
            return refusal.code
        return None

    def form(self, path: str, fields: Mapping[str, str], key: str) -> dict[str, Any]:
        """Post a form to the payment provider with its publishable key, as a browser does.

        A card that is declined is an answer too (402).
        """
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            return self._send(Request(self._base + path, urlencode(fields).encode(), headers))
        except Refused as refusal:
            if refusal.status != HTTPStatus.PAYMENT_REQUIRED:
                raise
            return {}

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
            raise Refused(what, error.code, error.read().decode(errors="replace")) from error
        except (URLError, TimeoutError) as error:
            raise StackError(f"{what} did not answer: {error}") from error
