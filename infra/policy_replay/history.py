"""Recorded history: JSON lines, one booking each, its decisions as the table holds them.

Events name people by ids and phones by pseudonyms; no name, number or address is in them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.adapters.dynamodb.codec import Codec, codec
from shared.domain import events as e


class HistoryRefused(Exception):
    """The history cannot be read; the text names the line and the reason."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision.

    Args:
        version: of the booking after it; 1 is the first.
        at: business time, UTC.
    """

    version: int
    at: datetime
    events: tuple[e.Event, ...]


@dataclass(frozen=True, slots=True)
class History:
    """All decisions on one booking, oldest first."""

    booking_id: str
    decisions: tuple[Decided, ...]


_LINE: Codec[History] = codec(History)


def written(history: History) -> str:
    """One line."""
    return _LINE.dumps(history)


def read(lines: Iterable[str]) -> Iterator[History]:
    """Bookings, one by one.

    Raises:
        HistoryRefused: a line is not a booking's history, or misses a decision.
    """
    for n, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            history = _LINE.loads(line)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise HistoryRefused(f"line {n} is not a booking's history ({reason})") from None
        if [one.version for one in history.decisions] != [*range(1, len(history.decisions) + 1)]:
            raise HistoryRefused(f"line {n}: decisions of {history.booking_id} are missing")
        yield history
