"""A draft of a policy: TOML that names the changed numbers alone."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from shared.domain.policy import Policy
from shared.domain.remedies import TABLE

# What a replay can take into account: sizes of remedies, and by which facts they are given. Of a
# line, the figures that were read then are known. All else shifts what happens when, or to whom,
# and nobody knows what people would have done then.
REPLAYED = frozenset(
    {
        *(remedy.bonus for row in TABLE for remedy in row.remedies if remedy.bonus),
        *("long_wait", "offer_valid"),
        *("bad_line_packet_loss", "bad_line_jitter", "bad_line_jitter_peak", "bad_line_latency"),
    }
)


class DraftRefused(Exception):
    """The draft cannot be read; the text names the field and the reason."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Changed numbers.

    Args:
        changes: value by field, all that the draft names.
    """

    changes: Mapping[str, Any]

    def over(self, policy: Policy) -> Policy:
        """A policy as it would be, in all that a replay takes into account."""
        return replace(policy, **{n: v for n, v in self.changes.items() if n in REPLAYED})


def read_draft(text: str) -> Draft:
    """The draft that some TOML stands for.

    Raises:
        DraftRefused: it is not TOML, names no number of the policy, or one of another type.
    """
    try:
        named = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DraftRefused(f"the draft is not TOML: {error}") from None
    if not named:
        raise DraftRefused("the draft changes nothing: name at least one number of the policy")
    known = {field.name: field.default for field in fields(Policy)}
    for name in named:
        if name == "version":
            raise DraftRefused("version: a draft has none; it gets one when it comes into force")
        if name not in known:
            raise DraftRefused(f"{name}: the policy has no such number")
    return Draft({name: _typed(name, value, known[name]) for name, value in named.items()})


def _typed(name: str, value: Any, default: Any) -> Any:
    """A value as the policy holds it."""
    if isinstance(default, int):
        return _whole(name, value, "a whole number")
    if isinstance(default, float):
        return _number(name, value)
    if isinstance(default[0], int):
        wanted = "a list of whole numbers, with at least one"
        if not isinstance(value, list) or not value:
            raise DraftRefused(f"{name}: must be {wanted}, not {value!r}")
        return tuple(_whole(name, one, wanted) for one in value)
    wanted = "a table of whole numbers by currency"
    if not isinstance(value, dict):
        raise DraftRefused(f"{name}: must be {wanted}, not {value!r}")
    return tuple((currency, _whole(name, amount, wanted)) for currency, amount in value.items())


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DraftRefused(f"{name}: must be a number, not {value!r}")
    if not 0 <= value < math.inf:
        raise DraftRefused(f"{name}: must be zero or above, not {value}")
    return float(value)


def _whole(name: str, value: Any, wanted: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise DraftRefused(f"{name}: must be {wanted}, not {value!r}")
    if value < 0:
        raise DraftRefused(f"{name}: must not be below zero, as {value} is")
    return value
