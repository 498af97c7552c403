"""The storm itself: what happens next, in simulated time, until nothing is left to happen.

Seconds count from the one in which all timers are due. Lambda, SQS and the table are modelled by
what they promise: messages come at least once, functions die, the table refuses what is too much.
"""

from dataclasses import dataclass, field
from math import ceil
from random import Random

from infra.storm.agenda import Agenda
from infra.storm.calls import Calls
from infra.storm.capacity import Capacity
from infra.storm.limits import Assumed, Limits
from infra.storm.units import Measured, Work
from infra.storm.world import DueIndex, Ledger, Sweeper
from shared.application.change import LOOK_AHEAD, TRIES

_MINUTE = 60.0
_TICK = 0.1
_OVER = 1800.0
_LONGEST_DELAY = 900


@dataclass(slots=True)
class Worker:
    """One execution environment of the timers worker, and the batch it is at.

    Args:
        tries: of the decision under way.
    """

    batch: list[int] = field(default_factory=list)
    place: int = 0
    begun: float = 0.0
    tries: int = 0


class Storm:
    """One play.

    Args:
        ledger: of the timers.
        index: in which they stand.
        per_second: calls that the telephony provider places in a second.

    Attributes:
        drained: when the last timer had taken effect.
        messages: handed to the timers queue.
        idle: messages for which nothing was left to do.
        lambdas: most at once.
    """

    def __init__(
        self,
        ledger: Ledger,
        index: DueIndex,
        measured: Measured,
        limits: Limits,
        assumed: Assumed,
        per_second: float,
        random: Random,
    ) -> None:
        self.ledger, self.limits, self.capacity = ledger, limits, Capacity(limits)
        self._index, self._assumed, self._random = index, assumed, random
        self._units = [measured.decisions[kind] for kind in ledger.kind]
        self._agenda = Agenda()
        self._sweeper = Sweeper(index, assumed.page, limits.sweep_timeout)
        self.calls = Calls(
            self._agenda, self.capacity, measured, limits, assumed, per_second, random, self._room
        )
        self._ready: list[int] = []
        self._arriving: dict[int, list[int]] = {}
        self._receives: dict[int, int] = {}
        self._first: float | None = None
        self._running = self._sweeping = 0
        self.drained, self.messages, self.idle, self.lambdas = 0.0, 0, 0, 0
        self.dead = self.longest_sweep = 0.0

    def play(self) -> None:
        """From the first sweep that sees a timer to the last effect and the last call."""
        for shards in self.limits.groups:
            # Each schedule has its own second of the minute.
            phase = self._random.uniform(0, _MINUTE)
            self._agenda.at(-LOOK_AHEAD.total_seconds() - _MINUTE + phase, self._sweep, shards)
        for moment, timer in self.ledger.cancels:
            self._agenda.at(moment, self._cancel, timer)
        self._agenda.run(_OVER)

    def _room(self) -> int:
        """How many more executions there may be."""
        busy = self._running + self._sweeping + self.calls.running
        self.lambdas = max(self.lambdas, busy)
        return self.limits.lambdas - busy

    # --- sweeps -----------------------------------------------------------------------------------

    def _sweep(self, shards: tuple[int, ...]) -> None:
        begun = self._agenda.now
        handed, ended = self._sweeper.sweep(shards, begun)
        self._sweeping += 1
        self._agenda.at(ended, self._swept)
        self.longest_sweep = max(self.longest_sweep, ended - begun)
        for at, wakes in handed:
            for wake in wakes:
                timer = self._index.timer_of[wake.owner_id]
                wait = min(_LONGEST_DELAY, ceil(max(self.ledger.due[timer] - at, 0)))
                self._message(timer, at + wait)
        if begun < _OVER - _MINUTE and (handed or begun <= 0):
            self._agenda.at(begun + _MINUTE, self._sweep, shards)

    def _swept(self) -> None:
        self._sweeping -= 1

    def _cancel(self, timer: int) -> None:
        if self.ledger.cancel(timer):
            self._index.remove(timer, self._agenda.now)

    # --- the timers queue -------------------------------------------------------------------------

    def _message(self, timer: int, at: float) -> None:
        self.messages += 1
        copies = 2 if self._random.random() < self._assumed.twice else 1
        self._arrive([timer] * copies, at)

    def _arrive(self, timers: list[int], at: float) -> None:
        slot = ceil(max(at, self._agenda.now) / _TICK)
        if slot not in self._arriving:
            self._arriving[slot] = []
            self._agenda.at(slot * _TICK, self._arrived, slot)
        self._arriving[slot] += timers

    def _arrived(self, slot: int) -> None:
        self._ready.extend(self._arriving.pop(slot))
        if self._first is None:
            self._first = self._agenda.now
            self._agenda.at(self._agenda.now + _TICK, self._scale)
        self._dispatch()

    def _scale(self) -> None:
        """Lambda reads with more and more batches at once while messages are left."""
        self._dispatch()
        if self._ready:
            self._agenda.at(self._agenda.now + _TICK, self._scale)
        else:
            self._first = None

    def _dispatch(self) -> None:
        if self._first is None:
            return
        ramp = self.limits.first_batches + self.limits.more_batches * (
            self._agenda.now - self._first
        )
        while (
            self._ready and self._running < min(ramp, self.limits.timers_most) and self._room() > 0
        ):
            self._running += 1
            self._room()
            self._next_batch(Worker())

    # --- the timers worker ------------------------------------------------------------------------

    def _next_batch(self, worker: Worker) -> None:
        ready = self._ready
        if not ready:
            self._running -= 1
            return
        size = min(self.limits.batch, len(ready))
        worker.batch, worker.place = [self._any() for _ in range(size)], 0
        worker.begun, worker.tries = self._agenda.now, 0
        self._agenda.at(worker.begun + self._assumed.load, self._loaded, worker)

    def _any(self) -> int:
        """A standard queue keeps no order, least of all among messages that came due at once."""
        ready = self._ready
        chosen = int(self._random.random() * len(ready))
        ready[chosen], ready[-1] = ready[-1], ready[chosen]
        return ready.pop()

    def _loaded(self, worker: Worker) -> None:
        now, assumed = self._agenda.now, self._assumed
        late = now - worker.begun > self.limits.timers_timeout
        if late or self._random.random() < assumed.crashes:
            self._died(worker)
        elif self.ledger.waits(worker.batch[worker.place]):
            self._agenda.at(now + assumed.commit, self._committed, worker)
        else:
            self.idle += 1
            self._go_on(worker)

    def _committed(self, worker: Worker) -> None:
        now, timer = self._agenda.now, worker.batch[worker.place]
        if not self.capacity.decide(now, self._units[timer], self.ledger.shard[timer]):
            self._again(worker)
        elif not self.ledger.commit(timer):
            self._again(worker)  # somebody else was first: what he left to do is looked at anew
        else:
            self._index.remove(timer, now)
            self.drained = max(self.drained, now)
            redial = self.ledger.kind[timer] is Work.REDIAL
            if redial or self.ledger.kind[timer] is Work.START:
                self.calls.ask(self.ledger.shard[timer], now, redial=redial)
            self._go_on(worker)

    def _again(self, worker: Worker) -> None:
        """As Bookings.apply does: with full jitter, and not for ever."""
        worker.tries += 1
        if worker.tries >= TRIES:
            self._seen_again([worker.batch[worker.place]])
            self._go_on(worker)
            return
        pause = self._random.uniform(0, min(0.5, 0.02 * 2 ** (worker.tries - 1)))
        self._agenda.at(self._agenda.now + pause + self._assumed.load, self._loaded, worker)

    def _go_on(self, worker: Worker) -> None:
        worker.place, worker.tries = worker.place + 1, 0
        if worker.place < len(worker.batch):
            self._agenda.at(self._agenda.now + self._assumed.load, self._loaded, worker)
        else:
            self._next_batch(worker)

    def _died(self, worker: Worker) -> None:
        self._seen_again(worker.batch[worker.place :])
        self._next_batch(worker)

    def _seen_again(self, timers: list[int]) -> None:
        """Messages that were not deleted come again, some times; then the index is what is left."""
        kept = []
        for timer in timers:
            self._receives[timer] = self._receives.get(timer, 1) + 1
            if self._receives[timer] <= self.limits.receives:
                kept.append(timer)
            else:
                self.dead += 1
        self._arrive(kept, self._agenda.now + self.limits.hidden)
