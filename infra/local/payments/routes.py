"""One address of the API and what answers it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from infra.local.payments.objects import Json

# No object is called so; where a kind cannot be searched, its address leads nowhere.
ID = "((?!search$)[^/]+)"


@dataclass(frozen=True, slots=True)
class Route:
    """One address.

    Args:
        method: "GET", "POST".
        pattern: of the path below /v1/, whose groups are handed on.
        kind: of the object answered, or of those in the list.
        answer: called with parameters, cause and time.
        listed: whether a list is answered.
        for_customers: whether a publishable key and the client secret are enough.
    """

    method: str
    pattern: str
    kind: str
    answer: Callable[..., Json]
    listed: bool = False
    for_customers: bool = False

    def match(self, method: str, path: str) -> tuple[str, ...] | None:
        """What the groups caught, where the request is for this address."""
        if method != self.method:
            return None
        found = re.fullmatch(f"/v1/{self.pattern}", path)
        return None if found is None else found.groups()
