"""Domain values as compact JSON, driven by the type hints of frozen dataclasses.

What is written today is read by code of another day: fields that are not known are passed over, and
fields that are missing take their default. A value of a union carries its class under "is", a word
that no field can bear.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from shared.application.store import Cause
from shared.domain.case import events as case
from shared.domain.effects import Effect
from shared.domain.events import Event
from shared.domain.ledger import Posting
from shared.domain.outage import events as outage
from shared.domain.payment import events as payment

_TAG = "is"

# None where the value is its own JSON.
_Turn = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class Codec[T]:
    """One type's way to JSON and back."""

    _encode: _Turn
    _decode: _Turn

    def dumps(self, value: T) -> str:
        """The value as JSON text."""
        plain = self._encode(value) if self._encode else value
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))

    def loads(self, text: str) -> T:
        """The value that a JSON text stands for.

        Raises:
            LookupError: a class this code does not know.
            TypeError: a field without a default is missing.
        """
        plain = json.loads(text)
        value: T = self._decode(plain) if self._decode else plain
        return value


def codec(hint: Any) -> Codec[Any]:
    """The codec of a type: a dataclass, an enum, a moment, or what holds them."""
    return Codec(*_turns(hint))


@cache
def _turns(hint: Any) -> tuple[_Turn, _Turn]:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _union(get_args(hint))
    if origin is tuple:
        return _tuple(get_args(hint))
    if origin is frozenset:
        encode, decode = _turns(get_args(hint)[0])
        return lambda v: sorted(_all(encode, v)), lambda v: frozenset(_all(decode, v))
    if origin in (dict, Mapping):
        encode, decode = _turns(get_args(hint)[1])
        return (lambda v: _values(encode, v)), (lambda v: _values(decode, v))
    if hint in (str, int, bool, NoneType):
        return None, None
    if hint is datetime:
        return _written, datetime.fromisoformat
    if isinstance(hint, type) and issubclass(hint, Enum):
        return (lambda v: v.value), hint
    if is_dataclass(hint):
        return _record(hint)
    raise TypeError(f"{hint} has no JSON")


def _written(moment: datetime) -> str:
    if moment.utcoffset() is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.isoformat()


def _all(turn: _Turn, values: Any) -> list[Any]:
    return list(values) if turn is None else [turn(value) for value in values]


def _values(turn: _Turn, values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(values) if turn is None else {k: turn(v) for k, v in values.items()}


def _tuple(parts: tuple[Any, ...]) -> tuple[_Turn, _Turn]:
    if parts[-1] is Ellipsis:
        encode, decode = _turns(parts[0])
        return (lambda v: _all(encode, v)), (lambda v: tuple(_all(decode, v)))
    turns = [_turns(part) for part in parts]

    def encode_each(value: Any) -> list[Any]:
        return [e(v) if e else v for (e, _), v in zip(turns, value, strict=True)]

    def decode_each(value: Any) -> tuple[Any, ...]:
        return tuple(d(v) if d else v for (_, d), v in zip(turns, value, strict=True))

    return encode_each, decode_each


def _record(cls: Any) -> tuple[_Turn, _Turn]:
    hints = get_type_hints(cls)
    turns = [(field.name, *_turns(hints[field.name])) for field in fields(cls)]
    encoders = [(name, encode) for name, encode, _ in turns]
    decoders = [(name, decode) for name, _, decode in turns]

    def encode_fields(value: Any) -> dict[str, Any]:
        return {n: e(getattr(value, n)) if e else getattr(value, n) for n, e in encoders}

    def decode_fields(plain: Mapping[str, Any]) -> Any:
        return cls(**{n: d(plain[n]) if d else plain[n] for n, d in decoders if n in plain})

    return encode_fields, decode_fields


def _union(parts: tuple[Any, ...]) -> tuple[_Turn, _Turn]:
    classes = [part for part in parts if part is not NoneType]
    if len(classes) == 1:
        encode, decode = _turns(classes[0])
        return _unless_none(encode), _unless_none(decode)
    records = {cls.__name__: _record(cls) for cls in classes}

    def encode_tagged(value: Any) -> dict[str, Any]:
        name = type(value).__name__
        encode = records[name][0]
        assert encode is not None
        return {_TAG: name, **encode(value)}

    def decode_tagged(plain: Mapping[str, Any]) -> Any:
        decode = records[plain[_TAG]][1]
        assert decode is not None
        return decode(plain)

    return encode_tagged, decode_tagged


def _unless_none(turn: _Turn) -> _Turn:
    return None if turn is None else lambda v: None if v is None else turn(v)


EVENTS: Codec[tuple[Event, ...]] = codec(tuple[Event, ...])
PAYMENT_EVENTS: Codec[tuple[payment.Event, ...]] = codec(tuple[payment.Event, ...])
CASE_EVENTS: Codec[tuple[case.Event, ...]] = codec(tuple[case.Event, ...])
OUTAGE_EVENTS: Codec[tuple[outage.Event, ...]] = codec(tuple[outage.Event, ...])
EFFECTS: Codec[tuple[Effect, ...]] = codec(tuple[Effect, ...])
POSTINGS: Codec[tuple[Posting, ...]] = codec(tuple[Posting, ...])
CAUSE: Codec[Cause] = codec(Cause)
