"""From the bytes of a request to the JSON object in them, or the reason why there is none."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from functions.problems import Malformed, TooLarge, WrongMediaType

LARGEST = 64 * 1024  # bytes; the gateway lets through up to 10 MB
_LONGEST_NUMBER = 20  # digits; more than any range of ours


def json_object(body: str | None, *, is_base64: bool, content_type: str) -> dict[str, Any]:
    """The JSON object of a body; an empty body is an empty object.

    Raises:
        TooLarge: longer than 64 KB; it was not parsed.
        WrongMediaType: not declared as JSON.
        Malformed: not JSON, with the position of the first fault, or not an object.
    """
    if not body:
        return {}
    _limit(len(body) * 3 // 4 - 2 if is_base64 else len(body))
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise WrongMediaType("not_json", "Send the body as application/json.", "Content-Type")
    try:
        raw = body.encode()
    except UnicodeEncodeError as error:
        raise _not_utf8(error.start) from None
    try:
        raw = base64.b64decode(raw, validate=True) if is_base64 else raw
    except binascii.Error:
        raise Malformed("body_not_base64", "The body is not valid base64.") from None
    _limit(len(raw))
    try:
        value = json.loads(
            raw.decode(),
            parse_int=_whole,
            parse_constant=_no_number,
            object_pairs_hook=_each_once,
        )
    except UnicodeDecodeError as error:
        raise _not_utf8(error.start) from None
    except json.JSONDecodeError as error:
        detail = f"{error.msg} at line {error.lineno}, column {error.colno}."
        raise Malformed("body_not_json", detail) from None
    except RecursionError:
        raise Malformed("body_too_deep", "The body is nested too deeply.") from None
    if not isinstance(value, dict):
        raise Malformed("body_not_object", "The body must be a JSON object.")
    return value


def _limit(size: int) -> None:
    if size > LARGEST:
        raise TooLarge("body_too_large", f"A body has at most {LARGEST} bytes.")


def _not_utf8(position: int) -> Malformed:
    return Malformed("body_not_utf8", f"The body is not UTF-8 at position {position}.")


def _whole(digits: str) -> int:
    # The first digits are out of every range already; to read thousands would take long.
    return int(digits[:_LONGEST_NUMBER])


def _no_number(name: str) -> object:
    raise Malformed("body_not_json", f"{name} is not a JSON number.")


def _each_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            # Readers differ in which of the two they take, so neither is.
            raise Malformed("field_twice", "A field is given twice.", name[:64])
        found[name] = value
    return found
