"""What the storm means for the telephone: calls that wait for the provider's pace."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from random import Random

from infra.storm.agenda import Agenda
from infra.storm.capacity import Capacity
from infra.storm.limits import Assumed, Limits
from infra.storm.units import Measured, Work
from infra.storm.world import BEGIN
from shared.application.pace import AT_ONCE, spread
from shared.domain.policy import CURRENT
from shared.domain.session.turns import Lane, Line, Turn, standing

_TICK = 0.1
_PAUSE = 0.25


@dataclass(slots=True)
class Leg:
    """A number to be rung.

    Args:
        line: of those in which calls wait.
        asked: when it was decided on, simulated seconds.
        turn: where it had to wait.
        rung: when it was.
    """

    lane: Lane
    line: int
    shard: int
    asked: float
    turn: Turn | None = None
    rung: float | None = None
    refused: bool = False


@dataclass(slots=True)
class _Queue:
    """The calls queue, or that of starts.

    Args:
        most: concurrent executions.
        since: when there first was something in it.
        running: executions that work on it.
    """

    most: int
    ready: deque[Leg] = field(default_factory=deque)
    since: float | None = None
    running: int = 0


class Calls:
    """Both queues of calls and their worker; turns are given by shared/domain/session/turns.py.

    Args:
        room: how many more executions Lambda has room for.

    Attributes:
        legs: all that were to be rung.
        per_second: calls that the provider places.
        running: executions at present.
    """

    def __init__(
        self,
        agenda: Agenda,
        capacity: Capacity,
        measured: Measured,
        limits: Limits,
        assumed: Assumed,
        per_second: float,
        random: Random,
        room: Callable[[], int],
    ) -> None:
        self._agenda, self._capacity, self._measured = agenda, capacity, measured
        self._limits, self._assumed, self._random, self._room = limits, assumed, random, room
        lines, self._every = spread(per_second)
        self._lines = [Line() for _ in range(lines)]
        self._queues = {
            Lane.REDIALS: _Queue(limits.lambdas),
            Lane.STARTS: _Queue(limits.starts_most),
        }
        self._arriving: dict[int, list[Leg]] = {}
        self.legs: list[Leg] = []
        self.per_second = per_second
        self.running = 0

    def ask(self, shard: int, at: float, *, redial: bool) -> None:
        """A decision asked for a leg."""
        lane = Lane.REDIALS if redial else Lane.STARTS
        line = self._random.randrange(len(self._lines))
        leg = Leg(lane, line, shard, at)
        self.legs.append(leg)
        self._arrive(leg, at + self._assumed.relay)

    # --- the queues -------------------------------------------------------------------------------

    def _arrive(self, leg: Leg, at: float) -> None:
        slot = ceil(at / _TICK)
        if slot not in self._arriving:
            self._arriving[slot] = []
            self._agenda.at(slot * _TICK, self._arrived, slot)
        self._arriving[slot].append(leg)

    def _arrived(self, slot: int) -> None:
        for leg in self._arriving.pop(slot):
            self._queues[leg.lane].ready.append(leg)
        for queue in self._queues.values():
            if queue.ready:
                self._dispatch(queue)

    def _dispatch(self, queue: _Queue) -> None:
        now = self._agenda.now
        if queue.since is None:
            queue.since = now
        ramp = self._limits.first_batches + self._limits.more_batches * (now - queue.since)
        while queue.ready and queue.running < min(ramp, queue.most) and self._room() > 0:
            queue.running += 1
            self.running += 1
            self._room()
            self._next(queue)

    # --- its worker -------------------------------------------------------------------------------

    def _next(self, queue: _Queue) -> None:
        if not queue.ready:
            queue.running -= 1
            self.running -= 1
            return
        leg = queue.ready.popleft()
        self._agenda.at(
            self._agenda.now + self._assumed.load + self._assumed.turn, self._in_turn, leg
        )

    def _in_turn(self, leg: Leg) -> None:
        """As CallRoom.place goes about it."""
        now, before = self._agenda.now, leg.turn
        if before is not None:
            turn = standing(before, self._lines[leg.line].passed(leg.lane), self._every)
            if turn.at > _latest(leg):
                self._refused(leg)
                return
        else:
            taken = self._take(leg, now)
            if taken is None:
                return
            turn = taken
        wait = turn.at - (BEGIN + timedelta(seconds=now))
        if turn == before or wait <= AT_ONCE:
            self._agenda.at(now + self._assumed.dial, self._placed, leg)
            leg.rung = now
            return
        leg.turn = turn
        self._write(leg, Work.QUEUED, lambda: self._arrive(leg, self._when(turn)))

    def _when(self, turn: Turn) -> float:
        """When SQS delivers the message of a turn: it delays by whole seconds."""
        at = (turn.at - BEGIN).total_seconds()
        sent = self._agenda.now + self._assumed.relay
        return sent + ceil(max(at - sent, 0))

    def _take(self, leg: Leg, now: float) -> Turn | None:
        if not self._capacity.move_on(now, self._measured.turn, leg.line):
            self._agenda.at(now + self._random.uniform(0, _PAUSE), self._in_turn, leg)
            return None
        moment = BEGIN + timedelta(seconds=now)
        taken = self._lines[leg.line].take(leg.lane, moment, self._every, _latest(leg))
        if taken is None:
            self._refused(leg)
            return None
        self._lines[leg.line], turn = taken
        return turn

    def _refused(self, leg: Leg) -> None:
        leg.refused = True
        self._next(self._queues[leg.lane])

    def _placed(self, leg: Leg) -> None:
        self._write(leg, Work.PLACED, lambda: None)

    def _write(self, leg: Leg, work: Work, then: Callable[[], None]) -> None:
        """Record it, as soon as the table has room."""
        now = self._agenda.now + self._assumed.commit
        if self._capacity.decide(now, self._measured.decisions[work], leg.shard):
            then()
            self._next(self._queues[leg.lane])
        else:
            pause = self._random.uniform(0, _PAUSE)
            self._agenda.at(now + pause, self._write, leg, work, then)


def _latest(leg: Leg) -> datetime:
    """As shared/domain/session/priority.py has it."""
    redial = leg.lane is Lane.REDIALS
    patience = CURRENT.redial_deadline if redial else CURRENT.no_show_grace
    if redial:
        patience -= CURRENT.callback_wait
    return BEGIN + timedelta(seconds=leg.asked + patience)
