"""What the exchange makes of a document (twilio.com/docs/voice/twiml)."""

import pytest

from infra.local.exchange.twiml import DialConference, Gather, Redirect, Speech, TwimlInvalid, parse

HERE = "https://api.example.com/v1/voice/answer?leg=1"


def test_a_gather_has_the_documented_defaults() -> None:
    # S1.4; twilio.com/docs/voice/twiml/gather, attributes
    (gather,) = parse("<Response><Gather><Say>Press one</Say></Gather></Response>", HERE)
    assert gather == Gather((Speech("Press one", 1.0),), None, 5, "#", HERE, False)


def test_relative_urls_are_taken_from_the_document() -> None:
    # twilio.com/docs/voice/twiml/redirect
    (redirect,) = parse("<Response><Redirect>left?x=1</Redirect></Response>", HERE)
    assert redirect == Redirect("https://api.example.com/v1/voice/left?x=1")


def test_a_dial_has_the_documented_defaults() -> None:
    # S1.4a; twilio.com/docs/voice/twiml/dial and /conference, attributes
    text = "<Response><Dial><Conference>room</Conference></Dial></Response>"
    assert parse(text, HERE) == (
        DialConference("room", None, True, False, False, 14400, None, None, frozenset()),
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 12100),
        ("not xml", 12100),
        ("<Answer/>", 12100),
        ("<Response><Sing/></Response>", 12200),
        ("<Response><Dial>+12025550101</Dial></Response>", 12200),
        ("<Response><Dial><Conference/></Dial></Response>", 12200),
        ("<Response><Gather><Hangup/></Gather></Response>", 12200),
        ('<Response><Gather numDigit="1"/></Response>', 12200),
        ('<Response><Gather numDigits="0"/></Response>', 12200),
        ('<Response><Gather timeout="-1"/></Response>', 12200),
        ('<Response><Gather actionOnEmptyResult="yes"/></Response>', 12200),
        ('<Response><Redirect method="GET">/x</Redirect></Response>', 12200),
    ],
)
def test_a_document_the_exchange_cannot_execute_names_the_providers_error(
    text: str, code: int
) -> None:
    # twilio.com/docs/api/errors
    with pytest.raises(TwimlInvalid) as invalid:
        parse(text, HERE)
    assert invalid.value.code == code
