"""Effects that somebody still has to answer for, and when they are asked for again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.policy import Policy

# What the provider is asked about an intent whose end nobody told us.
LOOK_UP = "look-up"


@dataclass(frozen=True, slots=True)
class Pending:
    """An effect that somebody still has to answer for.

    Args:
        since: when it was last asked for, UTC.
        tries: how often.
    """

    since: datetime
    tries: int = 1

    def again_at(self, policy: Policy) -> datetime:
        """When it is asked for again: later each time, up to a limit."""
        wait = min(
            policy.effect_redrive_after * 2 ** (self.tries - 1), policy.effect_redrive_longest
        )
        return self.since + timedelta(seconds=wait)


def asked(pending: Mapping[str, Pending], effect_id: str, at: datetime) -> dict[str, Pending]:
    """The effects pending after one was asked for, once more or for the first time."""
    before = pending.get(effect_id)
    return {**pending, effect_id: Pending(at, before.tries + 1 if before else 1)}


def settled(pending: Mapping[str, Pending], effect_id: str) -> dict[str, Pending]:
    """The effects pending after one was answered for."""
    return {key: value for key, value in pending.items() if key != effect_id}
