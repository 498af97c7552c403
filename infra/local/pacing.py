"""How fast business time may run: through quiet stretches quickly, past nothing that is due."""

from dataclasses import dataclass
from datetime import datetime, timedelta

REAL = 1.0
# design.md: five times at most while a leg rings or a short timer is pending.
CAREFUL = 5.0
# The due sweep looks two minutes ahead and hands over to a delayed message, whose delay is right
# only while the pace stays; so the careful pace begins a little before that.
NEAR = timedelta(seconds=150)
# A provider's event at a known moment (a person hangs up, say) is met at the careful pace.
EVENT_LEAD = timedelta(seconds=5)
# Sweeps look two minutes ahead: one that is late by more than this holds everybody up.
SWEEP_LAG = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Sight:
    """What is to be seen at one moment of business time.

    Args:
        due: the earliest pending timer in the index, gone by or to come.
        delayed: a wake-up waits in the timers queue.
        event: when the phone exchange has something happen by itself next.
        delicate: a leg rings, or is answered and not joined.
        swept: when the last sweep that has ended was begun.
        until: where to stop hurrying.
    """

    now: datetime
    due: datetime | None
    delayed: bool
    event: datetime | None
    delicate: bool
    swept: datetime
    until: datetime | None


def pace(sight: Sight, fastest: float, look: float) -> tuple[float, str]:
    """The factor until the next look, and the reason for it.

    Args:
        sight: what was seen just now.
        fastest: the factor of a quiet stretch.
        look: real seconds until the next look, its own duration included.
    """
    if sight.until is not None and sight.now >= sight.until:
        return REAL, "arrived"
    if sight.delicate:
        factor, reason = CAREFUL, "a leg rings or is not joined"
    elif sight.delayed:
        factor, reason = CAREFUL, "a short timer is pending"
    elif sight.now - sight.swept > SWEEP_LAG:
        factor, reason = CAREFUL, "a sweep is late"
    else:
        quiet = [(fastest, "quiet")]
        if sight.due is not None:
            quiet.append((_up_to(sight.due - NEAR, sight.now, look), "a timer is near"))
        if sight.event is not None:
            quiet.append((_up_to(sight.event - EVENT_LEAD, sight.now, look), "a call changes soon"))
        factor, reason = min(quiet)
        factor = max(factor, CAREFUL)
    if sight.until is not None:
        factor = min(factor, max(_up_to(sight.until, sight.now, look), REAL))
    return min(factor, fastest), reason


def _up_to(moment: datetime, now: datetime, look: float) -> float:
    """The factor at which `look` real seconds end at the moment, and not after it."""
    return (moment - now).total_seconds() / look
