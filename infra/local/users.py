"""Made-up people who may sign in to the local stack, two of each kind that meets on the phone."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.local.deploy import Deployed, client
from infra.local.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

_PEOPLE = {
    "customer": ("customer", "anna@example.com"),
    "customer_2": ("customer", "boris@example.com"),
    "operator": ("operator", "olga@example.com"),
    "operator_2": ("operator", "pavel@example.com"),
    "agent": ("agent", "agnes@example.com"),
    "manager": ("manager", "max@example.com"),
}


@dataclass(frozen=True, slots=True)
class User:
    """Somebody signed in.

    Args:
        id: the subject of the token.
        token: an ID token, good for twelve real hours; goes into the Authorization header.
    """

    id: str
    email: str
    password: str
    token: str


def create(settings: Settings, deployed: Deployed) -> dict[str, User]:
    """Sign everybody up and in, with passwords made for this run."""
    pool: CognitoIdentityProviderClient = client(settings, "cognito-idp")
    return {name: _create(pool, deployed, email, group) for name, (group, email) in _PEOPLE.items()}


def _create(
    pool: "CognitoIdentityProviderClient", deployed: Deployed, email: str, group: str
) -> User:
    password = f"Aa1-{secrets.token_urlsafe(18)}"
    made = pool.admin_create_user(
        UserPoolId=deployed.user_pool,
        Username=email,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": email},
            {"Name": "email_verified", "Value": "true"},
        ],
    )["User"]
    pool.admin_set_user_password(
        UserPoolId=deployed.user_pool, Username=email, Password=password, Permanent=True
    )
    pool.admin_add_user_to_group(UserPoolId=deployed.user_pool, Username=email, GroupName=group)
    signed_in = pool.initiate_auth(
        ClientId=deployed.client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    subject = {a["Name"]: a["Value"] for a in made["Attributes"]}["sub"]
    return User(subject, email, password, signed_in["AuthenticationResult"]["IdToken"])
