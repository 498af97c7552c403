"""What a request may hold: each kind of field reads its value strictly, and describes itself.

A request is a frozen dataclass whose annotations name the kinds. This is not pydantic: importing it
and building one model took as long as six bare interpreters, of the forty a start may take.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from typing import Annotated, Any, Protocol, get_args, get_origin

from functions.problems import FieldsWrong
from shared.domain.errors import RuleBroken

_LONGEST_NAME = 64
# Control, format (bidirectional overrides among them) and surrogate code points, line separators:
# invisible, or able to make a text read as another one.
_UNCLEAN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LINE_ENDS = str.maketrans("", "", "\r\n")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)


class Kind(Protocol):
    """How one field is read and described."""

    def read(self, value: object, field: str) -> object:
        """The value; raises RuleBroken naming the field."""
        ...

    def schema(self) -> dict[str, Any]:
        """Its JSON Schema."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """Some text without blank ends.

    Args:
        longest: characters.
        pattern: what all of it must match.
        example: for the description.
        lines: whether it may have several.
    """

    longest: int
    pattern: str | None = None
    example: str | None = None
    lines: bool = False

    def read(self, value: object, field: str) -> str:
        """The text."""
        if not isinstance(value, str):
            raise _wrong_type("text", field)
        if not 1 <= len(value.strip()) <= self.longest:
            raise RuleBroken(
                "length_wrong", f"Give a text of 1 to {self.longest} characters.", field
            )
        if self.pattern and not re.fullmatch(self.pattern, value.strip()):
            raise RuleBroken("pattern_wrong", f"The text must match {self.pattern}.", field)
        return value.strip()

    def schema(self) -> dict[str, Any]:
        """A string."""
        made: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": self.longest}
        if self.pattern:
            made["pattern"] = f"^{self.pattern}$"
        if self.example:
            made["examples"] = [self.example]
        return made


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number that every JSON reader keeps exactly (RFC 8259 section 6)."""

    def read(self, value: object, field: str) -> int:
        """The number; neither true nor 1.0 nor "1" is one."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong_type("a whole number", field)
        if abs(value) >= 2**53:
            raise RuleBroken("number_too_large", "This number is too large.", field)
        return value

    def schema(self) -> dict[str, Any]:
        """An integer."""
        return {"type": "integer"}


@dataclass(frozen=True, slots=True)
class Digits:
    """A whole number as a query holds it: in digits.

    Args:
        least: the smallest there may be; not negative.
        most: the largest.
    """

    least: int
    most: int

    def read(self, value: object, field: str) -> int:
        """The number; neither +1 nor 1.0 is one."""
        if not isinstance(value, str):
            raise _wrong_type("a whole number in digits", field)
        digits = value if len(value) <= len(str(self.most)) else ""
        if not re.fullmatch("[0-9]+", digits) or not self.least <= int(digits) <= self.most:
            raise RuleBroken(
                "number_out_of_range",
                f"Give a whole number from {self.least} to {self.most}.",
                field,
            )
        return int(digits)

    def schema(self) -> dict[str, Any]:
        """An integer within its bounds."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Truth:
    """True or false."""

    def read(self, value: object, field: str) -> bool:
        """The answer; neither 1 nor "yes" is one."""
        if not isinstance(value, bool):
            raise _wrong_type("true or false", field)
        return value

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time as RFC 3339 writes it, with its zone."""

    def read(self, value: object, field: str) -> datetime:
        """The moment, UTC."""
        if not isinstance(value, str):
            raise _wrong_type("a time as text", field)
        match = _RFC_3339.fullmatch(value)
        if match is None:
            raise _not_a_time(field)
        if match[2] is None:
            raise RuleBroken("time_zone_missing", "Give the time with its zone, such as Z.", field)
        try:
            moment = datetime.fromisoformat(value.upper())
        except ValueError:
            raise _not_a_time(field) from None
        if not MINYEAR < moment.year < MAXYEAR:
            raise _not_a_time(field)  # one step further and no calendar holds it
        return moment.astimezone(UTC)

    def schema(self) -> dict[str, Any]:
        """A date and time."""
        return {"type": "string", "format": "date-time"}


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar."""

    def read(self, value: object, field: str) -> date:
        """The day."""
        if not isinstance(value, str):
            raise _wrong_type("a day as text", field)
        try:
            day = date.fromisoformat(value) if _DAY.fullmatch(value) else None
        except ValueError:
            day = None
        if day is not None and MINYEAR < day.year < MAXYEAR:
            return day
        raise RuleBroken("day_invalid", "Give a day of the calendar, such as 2030-01-31.", field)

    def schema(self) -> dict[str, Any]:
        """A date."""
        return {"type": "string", "format": "date"}


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, value: object, field: str) -> str:
        """The word."""
        if not isinstance(value, str):
            raise _wrong_type("text", field)
        if value not in self.words:
            raise RuleBroken("choice_unknown", f"Give one of: {', '.join(self.words)}.", field)
        return value

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Several:
    """A list of at least one, without repetitions.

    Args:
        of: what each of them is.
        most: how many there may be.
    """

    of: Kind
    most: int

    def read(self, value: object, field: str) -> tuple[object, ...]:
        """The values, in their order."""
        if not isinstance(value, list):
            raise _wrong_type("a list", field)
        if not 1 <= len(value) <= self.most:
            raise RuleBroken("length_wrong", f"Give a list of 1 to {self.most}.", field)
        found = tuple(_value(item, self.of, f"{field}.{n}") for n, item in enumerate(value))
        if len(set(found)) < len(found):
            raise RuleBroken("repeated", "Give each of them once.", field)
        return found

    def schema(self) -> dict[str, Any]:
        """An array."""
        items = self.of.schema()
        return {
            "type": "array",
            "items": items,
            "minItems": 1,
            "maxItems": self.most,
            "uniqueItems": True,
        }


@dataclass(frozen=True, slots=True)
class Part:
    """An object within the object."""

    of: type

    def read(self, value: object, field: str) -> object:
        """The inner shape."""
        if not isinstance(value, dict):
            raise _wrong_type("an object", field)
        return read(self.of, value, f"{field}.")

    def schema(self) -> dict[str, Any]:
        """The inner shape's own."""
        return schema(self.of)


def is_clean(text: str) -> bool:
    """Whether a text holds no character that cannot be seen."""
    return not any(unicodedata.category(char) in _UNCLEAN for char in text)


def read[T](shape: type[T], raw: Mapping[str, object], prefix: str = "") -> T:
    """A request, from JSON or a query.

    Args:
        shape: a dataclass; each field is Annotated with its kind.
        raw: name and value of each field.
        prefix: of the fields' names in faults.

    Raises:
        FieldsWrong: fields that are unknown, missing or wrong, all of them.
    """
    known = {name: (attribute, kind, needed) for name, attribute, kind, needed in _parts(shape)}
    faults = [
        RuleBroken("field_unknown", "There is no such field.", f"{prefix}{name}"[:_LONGEST_NAME])
        for name in raw
        if name not in known
    ]
    values: dict[str, Any] = {}
    for name, (attribute, kind, needed) in known.items():
        value, field = raw.get(name), f"{prefix}{name}"
        if value is None and not needed:
            continue
        try:
            if name not in raw:
                raise RuleBroken("field_missing", "This field is needed.", field)
            values[attribute] = _value(value, kind, field)
        except FieldsWrong as wrong:
            faults.extend(wrong.faults)
        except RuleBroken as fault:
            faults.append(fault)
    if faults:
        raise FieldsWrong(faults)
    return shape(**values)


def schema(shape: type) -> dict[str, Any]:
    """The JSON Schema of a request."""
    parts = _parts(shape)
    properties = {
        name: kind.schema() if needed else {"anyOf": [kind.schema(), {"type": "null"}]}
        for name, _, kind, needed in parts
    }
    needed = [name for name, _, _, needed in parts if needed]
    made: dict[str, Any] = {"type": "object", "properties": properties}
    if needed:
        made["required"] = needed
    return {**made, "additionalProperties": False}


def _parts(shape: type) -> list[tuple[str, str, Kind, bool]]:
    """(name, attribute, kind, whether it is needed) of each field; `from_` is named "from"."""
    found = []
    for field in fields(shape):
        if get_origin(field.type) is not Annotated:
            raise TypeError(f"{shape.__name__}.{field.name} names no kind")
        kind = get_args(field.type)[1]
        found.append((field.name.rstrip("_"), field.name, kind, field.default is MISSING))
    return found


def _value(value: object, kind: Kind, field: str) -> object:
    if isinstance(value, str) and not is_clean(_shown(value, kind)):
        raise RuleBroken("characters_invisible", "The text holds characters nobody can see.", field)
    return kind.read(value, field)


def _shown(value: str, kind: Kind) -> str:
    """What of a text must be visible: all but the ends of lines, where there may be several."""
    return value.translate(_LINE_ENDS) if isinstance(kind, Text) and kind.lines else value


def _wrong_type(expected: str, field: str) -> RuleBroken:
    return RuleBroken("type_wrong", f"Give {expected}.", field)


def _not_a_time(field: str) -> RuleBroken:
    return RuleBroken(
        "time_invalid", "Give a time as RFC 3339 does, such as 2030-01-31T18:00:00Z.", field
    )
