"""The line in which calls wait for the provider's pace: redials, sessions begun, then starts."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

_LONG_AGO = datetime.fromtimestamp(0, UTC)


class Lane(StrEnum):
    """Who goes before whom, in the order in which they go."""

    REDIALS = "redials"
    UNDER_WAY = "under_way"
    STARTS = "starts"

    @property
    def place(self) -> int:
        """0 for whoever goes first."""
        return LANES.index(self)


LANES = tuple(Lane)


@dataclass(frozen=True, slots=True)
class Turn:
    """When a call is to be placed. It is taken once and kept; only lanes before its own delay it.

    Args:
        at: the moment, UTC, if nobody passes it from now on.
        lane: where it waits.
        passed: how many had ever taken a turn in the lanes before when this was last looked at.
    """

    at: datetime
    lane: Lane
    passed: int


@dataclass(frozen=True, slots=True)
class Line:
    """All that has to be known of those who wait, however many they are.

    Args:
        free: for each lane the moment, UTC, from which nobody of it or of a lane before it waits;
            never earlier than that of the lane before.
        taken: how many turns each lane has ever given.
    """

    free: tuple[datetime, ...] = (_LONG_AGO,) * len(LANES)
    taken: tuple[int, ...] = (0,) * len(LANES)

    def passed(self, lane: Lane) -> int:
        """How many have ever taken a turn in the lanes before one."""
        return sum(self.taken[: lane.place])

    def take(
        self, lane: Lane, now: datetime, every: timedelta, latest: datetime
    ) -> tuple["Line", Turn] | None:
        """Take the next turn of a lane; whoever waits in it, or behind it, is not overtaken by it.

        Args:
            lane: whose.
            now: UTC.
            every: from one call to the next.
            latest: a turn after this is of no use, UTC; then none is taken and nobody delayed.

        Returns:
            The line after it, and the turn.
        """
        place = lane.place
        at = max(now, self.free[place])
        if at > latest:
            return None
        free = tuple(
            moment if n < place else max(now, moment) + every for n, moment in enumerate(self.free)
        )
        taken = tuple(count + (n == place) for n, count in enumerate(self.taken))
        return Line(free, taken), Turn(at, lane, self.passed(lane))


def standing(turn: Turn, passed: int, every: timedelta) -> Turn:
    """A turn as it stands when so many in all have taken one in the lanes before its own."""
    later = (passed - turn.passed) * every
    return replace(turn, at=turn.at + later, passed=passed)
