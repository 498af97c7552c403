"""TwiML read into verbs: the part of twilio.com/docs/voice/twiml that Redial sends."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin
from xml.etree import ElementTree

# twilio.com/docs/voice/twiml/dial: a Dial lasts four hours unless told otherwise.
DIAL_LIMIT = 14_400
# A speaking rate of the double's own; the provider documents none.
_CHARACTERS_PER_SECOND = 15.0

_KNOWN_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "Say": frozenset({"voice", "loop", "language"}),
    "Pause": frozenset({"length"}),
    "Gather": frozenset(
        [
            "action",
            "finishOnKey",
            "input",
            "language",
            "method",
            "numDigits",
            "timeout",
            "actionOnEmptyResult",
        ]
    ),
    "Redirect": frozenset({"method"}),
    "Dial": frozenset(["action", "hangupOnStar", "method", "timeLimit", "timeout", "record"]),
    "Conference": frozenset(
        [
            "muted",
            "beep",
            "startConferenceOnEnter",
            "participantLabel",
            "endConferenceOnExit",
            "waitUrl",
            "waitMethod",
            "maxParticipants",
            "record",
            "statusCallback",
            "statusCallbackMethod",
            "statusCallbackEvent",
        ]
    ),
    "Hangup": frozenset(),
}


class TwimlInvalid(Exception):
    """The provider could not execute this document: the caller hears an application error.

    Args:
        code: the provider's error code (twilio.com/docs/api/errors): 12100 no XML, 12200 not TwiML.
    """

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Speech:
    """Say or Pause: something that only takes time.

    Args:
        text: what is spoken; empty for a pause.
        seconds: how long it lasts.
    """

    text: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Gather:
    """Collect keys.

    Args:
        speeches: spoken meanwhile; the first key stops them.
        num_digits: how many keys end it, or None.
        timeout: seconds of silence that end it, counted after the speech and after each key.
        finish_on_key: keys that end it and are not counted.
        action: absolute URL asked with the keys.
        action_on_empty: whether silence is reported too.
    """

    speeches: tuple[Speech, ...]
    num_digits: int | None
    timeout: float
    finish_on_key: str
    action: str
    action_on_empty: bool


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with another document."""

    url: str


@dataclass(frozen=True, slots=True)
class DialConference:
    """Join a conference until star, the limit or its end.

    Args:
        action: absolute URL asked when the leg has left, or None to go on in this document.
        time_limit: seconds.
        events: which of start, end, join, leave are reported to `status_callback`.
    """

    name: str
    label: str | None
    start_on_enter: bool
    end_on_exit: bool
    hangup_on_star: bool
    time_limit: int
    action: str | None
    status_callback: str | None
    events: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


Verb = Speech | Gather | Redirect | DialConference | Hangup


def parse(text: str, document_url: str) -> tuple[Verb, ...]:
    """Read a document; relative URLs are taken from `document_url`.

    Raises:
        TwimlInvalid: no XML, a verb or attribute the double does not know, or a wrong value.
            The provider only warns about unknown attributes; here a misspelt one is an error.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as broken:
        raise TwimlInvalid(12100, str(broken)) from broken
    if root.tag != "Response":
        raise TwimlInvalid(12100, f"the root is {root.tag}, not Response")
    return tuple(_verb(element, document_url) for element in root)


def _verb(element: ElementTree.Element, document_url: str) -> Verb:
    attributes = _attributes(element)
    match element.tag:
        case "Say" | "Pause":
            return _speech(element)
        case "Gather":
            digits = attributes.get("numDigits")
            return Gather(
                speeches=tuple(_speech(child) for child in element),
                num_digits=None if digits is None else _whole(digits, 1),
                timeout=_whole(attributes.get("timeout", "5"), 0),
                finish_on_key=attributes.get("finishOnKey", "#"),
                action=urljoin(document_url, attributes.get("action", "")),
                action_on_empty=_flag(attributes.get("actionOnEmptyResult", "false")),
            )
        case "Redirect":
            return Redirect(urljoin(document_url, _text(element)))
        case "Dial":
            return _dial(element, attributes, document_url)
        case "Hangup":
            return Hangup()
        case other:
            raise TwimlInvalid(12200, f"{other} is no verb this exchange knows")


def _dial(
    element: ElementTree.Element, attributes: Mapping[str, str], document_url: str
) -> DialConference:
    nouns = list(element)
    if len(nouns) != 1 or nouns[0].tag != "Conference" or not _text(nouns[0]):
        raise TwimlInvalid(12200, "Dial is known here with one named Conference only")
    room = _attributes(nouns[0])
    action = attributes.get("action")
    callback = room.get("statusCallback")
    return DialConference(
        name=_text(nouns[0]),
        label=room.get("participantLabel"),
        start_on_enter=_flag(room.get("startConferenceOnEnter", "true")),
        end_on_exit=_flag(room.get("endConferenceOnExit", "false")),
        hangup_on_star=_flag(attributes.get("hangupOnStar", "false")),
        time_limit=_whole(attributes.get("timeLimit", str(DIAL_LIMIT)), 1),
        action=None if action is None else urljoin(document_url, action),
        status_callback=None if callback is None else urljoin(document_url, callback),
        events=frozenset(room.get("statusCallbackEvent", "").split()),
    )


def _speech(element: ElementTree.Element) -> Speech:
    attributes = _attributes(element)
    if element.tag == "Pause":
        return Speech("", _whole(attributes.get("length", "1"), 0))
    if element.tag != "Say":
        raise TwimlInvalid(12200, f"{element.tag} cannot stand here")
    text = _text(element)
    return Speech(text, max(1.0, len(text) / _CHARACTERS_PER_SECOND))


def _attributes(element: ElementTree.Element) -> Mapping[str, str]:
    unknown = set(element.attrib) - _KNOWN_ATTRIBUTES.get(element.tag, frozenset(element.attrib))
    if unknown:
        raise TwimlInvalid(12200, f"{element.tag} has no attribute {', '.join(sorted(unknown))}")
    if element.attrib.get("method", "POST") != "POST":
        raise TwimlInvalid(12200, "this exchange asks by POST only")
    return element.attrib


def _text(element: ElementTree.Element) -> str:
    return (element.text or "").strip()


def _whole(value: str, least: int) -> int:
    if not value.isascii() or not value.isdigit() or int(value) < least:
        raise TwimlInvalid(12200, f"{value!r} is not a whole number from {least}")
    return int(value)


def _flag(value: str) -> bool:
    if value not in ("true", "false"):
        raise TwimlInvalid(12200, f"{value!r} is neither true nor false")
    return value == "true"
