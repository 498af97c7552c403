"""A history as it is shown: every event with its time, cause and evidence, and nobody's number."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict

from functions.http.views import moment, money
from shared.domain.money import Money

if TYPE_CHECKING:
    from shared.application.store import Decision

_PHONES = frozenset({"main_phone", "backup_phone", "operator_phones", "phone_id"})
# What the bank said of a card is for its owner alone, who may not be the one who holds it; the
# letter about it bears it in its id.
_REASONS = frozenset({"decline_code", "letter_id"})
# Of an overrun, a customer learns that it is, not the number of the booking that waits: who says
# that number on the phone is taken for its owner. Nor does he learn who at the desk was kind.
_OTHERS = frozenset({"next_booking_id", "next_starts_at", "because_of", "by"})
# The network's own word is about the operator's line as much as about his.
_RAW_EVIDENCE = frozenset({"letter", "sip_response"})


class CauseView(TypedDict):
    """Why something was decided, and on what evidence."""

    command: str
    source: str
    evidence: dict[str, str]


class EventView(TypedDict):
    """One event of a booking's history."""

    version: int
    at: str
    type: str
    fields: dict[str, Any]
    cause: CauseView


class Timeline(TypedDict):
    """Everything that happened to a booking, oldest first."""

    items: list[EventView]
    cursor: str | None


def timeline(history: Sequence["Decision"], *, for_customer: bool) -> Timeline:
    """Every event with its time, cause and evidence.

    Args:
        history: of one booking, oldest first.
        for_customer: leave out what is about other people.
    """
    hidden = _PHONES | _OTHERS | _REASONS if for_customer else _PHONES
    hidden_evidence = hidden | _RAW_EVIDENCE if for_customer else hidden
    items: list[EventView] = [
        {
            "version": decision.version,
            "at": moment(decision.at),
            "type": type(event).__name__,
            "fields": _plain(event, hidden),
            "cause": {
                "command": decision.cause.command,
                "source": decision.cause.source,
                "evidence": {
                    k: v for k, v in decision.cause.evidence.items() if k not in hidden_evidence
                },
            },
        }
        for decision in history
        for event in decision.events
    ]
    return {"items": items, "cursor": None}


def _plain(value: Any, hidden: frozenset[str]) -> Any:
    match value:
        case Money():
            return money(value)
        case datetime():
            return moment(value)
        case tuple():
            return [_plain(item, hidden) for item in value]
        case frozenset():
            return sorted(_plain(item, hidden) for item in value)
        case _ if is_dataclass(value):
            names = (field.name for field in fields(value))
            return {n: _plain(getattr(value, n), hidden) for n in names if n not in hidden}
        case _:
            return value
