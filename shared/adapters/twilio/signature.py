"""Proof that a request comes from the provider."""

from collections.abc import Mapping

from twilio.request_validator import RequestValidator

from shared.domain.errors import RuleBroken


def verify(url: str, params: Mapping[str, str], header: str | None, auth_token: str) -> None:
    """Accept a request signed with our token, as twilio.com/docs/usage/security describes.

    Args:
        url: exactly as the provider asked it, with its query.
        params: the form fields of the body.
        header: X-Twilio-Signature, or None where it is absent.
        auth_token: the account's secret.

    Raises:
        RuleBroken: signature_invalid.
    """
    try:
        genuine = bool(header) and RequestValidator(auth_token).validate(url, params, header)
    except ValueError:
        # The URL has the caller's Host header in it, which need not be one.
        genuine = False
    if not genuine:
        raise RuleBroken("signature_invalid", "The provider has not signed this request.")
