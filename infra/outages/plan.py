"""What goes wrong in a play and what only looks so, and when: the truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from shared.domain.watch.detection import Signal
from shared.domain.watch.norms import MINUTES_A_DAY

_EARLIEST, _LATEST = 8 * 60, 21 * 60  # outages begin by day, when somebody is hurt
_APART = 4 * 60  # so that no alarm can be meant for two


class Outage(StrEnum):
    """What is broken."""

    TELEPHONY_DOWN = "telephony_down"  # every line drops, nobody is reached
    HALF_DROPPING = "half_dropping"  # each session drops with even chance
    PLATFORM_DOWN = "platform_down"  # nothing starts, nothing is sold, no webhook is taken
    TIMERS_STUCK = "timers_stuck"  # nothing starts, all else goes on
    SITE_DOWN = "site_down"  # nobody can order
    WEBHOOKS_LOST = "webhooks_lost"  # payments are made and not told


class Trap(StrEnum):
    """What is no outage."""

    HOLIDAY = "holiday"  # a day at a third of the usual
    CAMPAIGN = "campaign"  # six times the orders for an hour and a half, and then no more
    BAD_LINE = "bad_line"  # an operator whose every session drops, all day


SIGNALS: Mapping[Outage, frozenset[Signal]] = {
    Outage.TELEPHONY_DOWN: frozenset({Signal.DROP_RATE, Signal.STARTS_FAILING}),
    Outage.HALF_DROPPING: frozenset({Signal.DROP_RATE}),
    Outage.PLATFORM_DOWN: frozenset(
        {Signal.ORDERS_SILENT, Signal.WEBHOOKS_SILENT, Signal.STARTS_FAILING}
    ),
    Outage.TIMERS_STUCK: frozenset({Signal.STARTS_FAILING}),
    Outage.SITE_DOWN: frozenset({Signal.ORDERS_SILENT}),
    Outage.WEBHOOKS_LOST: frozenset({Signal.WEBHOOKS_SILENT}),
}


@dataclass(frozen=True, slots=True)
class Planted:
    """Something that happens in minutes [since, until)."""

    what: Outage | Trap
    since: int
    until: int

    def at(self, minute: int) -> bool:
        """Whether it is going on."""
        return self.since <= minute < self.until


def plan(random: Random, first: int, days: int) -> Sequence[Planted]:
    """Every outage once, and every trap, at chance moments of some days.

    Args:
        random: the play's chance.
        first: the midnight with which the days begin.
        days: at least as many as there are traps.
    """
    planted: list[Planted] = []
    for trap, day in zip(Trap, random.sample(range(days), len(Trap)), strict=True):
        midnight = first + day * MINUTES_A_DAY
        since, length = midnight, MINUTES_A_DAY
        if trap is Trap.CAMPAIGN:
            since, length = midnight + random.randrange(_EARLIEST, _LATEST), 90
        planted.append(Planted(trap, since, since + length))
    outages: list[Planted] = []
    while len(outages) < len(Outage):
        since = first + random.randrange(days) * MINUTES_A_DAY
        since += random.randrange(_EARLIEST, _LATEST)
        until = since + random.randrange(20, 90)
        if all(until + _APART < one.since or one.until + _APART < since for one in outages):
            outages.append(Planted(tuple(Outage)[len(outages)], since, until))
    return [*planted, *outages]
