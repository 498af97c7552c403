"""Who calls: the claims of the token that API Gateway has verified."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from functions.problems import Forbidden, Unauthenticated


class Role(StrEnum):
    """The Cognito groups; somebody in none of them is a customer."""

    CUSTOMER = "customer"
    OPERATOR = "operator"
    AGENT = "agent"
    MANAGER = "manager"


EVERYBODY = frozenset(Role)
WITHOUT_SIGN_IN: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody signed in.

    Args:
        sub: his id, for good.
        email: where he proved that he reads it, else None.
        roles: at least one.
    """

    sub: str
    email: str | None
    roles: frozenset[Role]

    @property
    def as_agent(self) -> str:
        """How what he does at the desk is signed."""
        return f"agent:{self.sub}"

    def require(self, roles: frozenset[Role]) -> None:
        """Raise Forbidden where he has none of these roles."""
        if not self.roles & roles:
            wanted = " or ".join(sorted(roles))
            raise Forbidden("role_missing", f"This is for the role {wanted}.")


# Who calls where nobody signs in.
NOBODY = Caller("public", None, frozenset())


def caller(event: Mapping[str, Any]) -> Caller:
    """The caller of a request.

    Args:
        event: of API Gateway's REST proxy; the Cognito authorizer puts the claims, all as text,
            into requestContext.authorizer.claims.

    Raises:
        Unauthenticated: there are no claims.
    """
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    claims = authorizer.get("claims") or {}
    sub = claims.get("sub")
    if not sub:
        raise Unauthenticated("sign_in", "Sign in and send your token.")
    verified = claims.get("email_verified") in ("true", True)
    return Caller(sub, claims.get("email") if verified else None, _roles(claims))


def _roles(claims: Mapping[str, Any]) -> frozenset[Role]:
    # A list becomes "a,b" or "[a b]" on its way through the gateway.
    groups = re.findall(r"[\w-]+", str(claims.get("cognito:groups") or ""))
    known = frozenset(Role(group) for group in groups if group in Role)
    return known if groups else frozenset({Role.CUSTOMER})
