"""No more calls a second than the provider takes, and the most urgent first."""

import math
import zlib
from datetime import datetime, timedelta
from typing import Protocol

from shared.domain.booking import Booking
from shared.domain.policy import policy_of
from shared.domain.session.legs import Leg
from shared.domain.session.priority import lane_of, longest_wait
from shared.domain.session.turns import Lane, Turn, standing

# One line is one item, written once for each call: it gives this many turns a second, so that forty
# times as many may ask at once (an item takes 1,000 writes a second).
CALLS_PER_LINE = 25
# What comes within a second the provider holds back itself (twilio.com/docs/glossary/cps).
AT_ONCE = timedelta(seconds=1)


class Turns(Protocol):
    """The lines of those who wait to be rung."""

    def take_turn(
        self, line: int, lane: Lane, now: datetime, every: timedelta, latest: datetime
    ) -> Turn | None:
        """Take the next turn of a lane, as `turns.Line.take`; each is given once.

        Args:
            line: which of them.

        Raises:
            Busy: the table was throttled; no turn was taken.
        """
        ...

    def turns_passed(self, line: int, lane: Lane) -> int:
        """How many have ever taken a turn in the lanes before one."""
        ...


def spread(per_second: float) -> tuple[int, timedelta]:
    """Among how many lines the calls are spread, and the time from one to the next in each."""
    lines = math.ceil(per_second / CALLS_PER_LINE)
    return lines, timedelta(seconds=lines / per_second)


class CallPace:
    """The line, or the lines, of a provider.

    Args:
        turns: where they are kept.
        per_second: calls that the provider places in a second.
    """

    def __init__(self, turns: Turns, per_second: float) -> None:
        self._turns = turns
        self._lines, self._every = spread(per_second)

    def take(self, booking: Booking, leg: Leg, now: datetime) -> Turn | None:
        """A turn for a leg; None where there is none while ringing it is of use."""
        line, lane = self._line_of(leg.leg_id), lane_of(booking, leg, now)
        return self._turns.take_turn(line, lane, now, self._every, _latest(booking, leg))

    def standing(self, turn: Turn, booking: Booking, leg: Leg) -> Turn | None:
        """A leg's turn after those that passed it since; None where it is of no use so late."""
        passed = self._turns.turns_passed(self._line_of(leg.leg_id), turn.lane)
        stands = standing(turn, passed, self._every)
        return stands if stands.at <= max(turn.at, _latest(booking, leg)) else None

    def _line_of(self, leg_id: str) -> int:
        """The line a leg waits in: any spread will do."""
        return zlib.crc32(leg_id.encode()) % self._lines


def _latest(booking: Booking, leg: Leg) -> datetime:
    return longest_wait(booking, leg, policy_of(booking.policy_version))
