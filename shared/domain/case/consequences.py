"""What must follow from a case's events, in the same transaction."""

from collections.abc import Iterable

from shared.domain.case import events as e
from shared.domain.effects import Consequences, Effect, EffectKind


def consequences(events: Iterable[e.Event]) -> Consequences:
    """Who asked without being signed in is told that we have it (S3.2)."""
    return Consequences(
        effects=tuple(
            Effect(EffectKind.SEND_CASE_LETTER, event.number)
            for event in events
            if isinstance(event, e.CaseOpened) and event.kind is e.CaseKind.REFUND_REQUEST
        )
    )
