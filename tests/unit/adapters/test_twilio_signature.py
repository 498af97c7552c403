"""Requests that are not the provider's are refused (twilio.com/docs/usage/security)."""

import subprocess
import sys

import pytest
from twilio.request_validator import RequestValidator

from shared.adapters.twilio.signature import verify
from shared.domain.errors import RuleBroken

TOKEN = "made-up-token"
URL = "https://api.example.com/v1/voice/status?leg=leg-1&booking=1"
PARAMS = {"CallSid": "CA0", "CallStatus": "completed", "To": "+12025550102"}
SIGNATURE = RequestValidator(TOKEN).compute_signature(URL, PARAMS)


def refused(url: str, params: dict[str, str], header: str | None, token: str = TOKEN) -> bool:
    """Whether the request is refused with the one code for it."""
    with pytest.raises(RuleBroken) as broken:
        verify(url, params, header, token)
    return broken.value.code == "signature_invalid"


def altered(text: str) -> list[str]:
    """The text with each of its characters changed, one at a time, and with one more or less."""
    changed = [text[:i] + chr(ord(c) ^ 1) + text[i + 1 :] for i, c in enumerate(text)]
    return [*changed, text + "x", text[:-1]]


def test_a_request_signed_with_our_token_is_accepted() -> None:
    # issue 2, bad input: forged webhook
    verify(URL, PARAMS, SIGNATURE, TOKEN)


def test_any_altered_character_of_url_body_signature_or_token_is_refused() -> None:
    # issue 2, bad input: forged webhook
    assert all(refused(url, PARAMS, SIGNATURE) for url in altered(URL))
    for name, value in PARAMS.items():
        others = {n: v for n, v in PARAMS.items() if n != name}
        assert all(refused(URL, PARAMS | {name: v}, SIGNATURE) for v in altered(value))
        assert all(refused(URL, others | {n: value}, SIGNATURE) for n in altered(name))
    assert all(refused(URL, PARAMS, signature) for signature in altered(SIGNATURE))
    assert all(refused(URL, PARAMS, SIGNATURE, token) for token in altered(TOKEN))


def test_a_field_more_or_less_or_no_signature_is_refused() -> None:
    # issue 2, bad input: forged webhook
    assert refused(URL, PARAMS | {"More": ""}, SIGNATURE)
    assert refused(URL, {"CallSid": "CA0"}, SIGNATURE)
    assert refused(URL, PARAMS, None)
    assert refused(URL, PARAMS, "")


def test_a_host_that_is_none_is_refused_without_another_error() -> None:
    # issue 2, bad input: no stack trace
    assert refused("https://api.example.com:none/v1/voice/status", PARAMS, SIGNATURE)
    assert refused("https://[/v1/voice/status", PARAMS, SIGNATURE)


def test_checking_a_signature_does_not_load_the_rest_client() -> None:
    # issue 2, measured: no function loads twilio that does not call it
    code = "import sys, shared.adapters.twilio.signature; print('twilio.rest' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
