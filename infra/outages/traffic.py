"""Orders, payments and sessions of a shop, minute by minute, with what is planted among them."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from infra.outages.plan import Outage, Planted, Trap
from shared.domain.watch.norms import MINUTES_A_DAY, QUARTER
from shared.domain.watch.pulse import Count

# How busy each hour is, against the busiest.
_HOURS = (5, 3, 2, 1, 1, 2, 6, 15, 35, 55, 70, 80, 85, 80, 75, 75, 80, 90, 100, 100, 90, 65, 35, 15)
_WEEKEND = 0.7
_DAYS_DIFFER, _HOURS_DIFFER = 0.2, 0.15  # either way, for no reason
_HOLIDAY, _CAMPAIGN = 0.35, 6.0
_PAID = 0.9  # of the orders
_TOLD_TWICE = 0.15  # of the payments: a declined card before
_JOINED = 0.93  # of the sessions that start
_DROPPED = 0.04  # of the sessions joined
_SURELY = 0.97  # of the lines, in a telephony that is down
_GRACE = 10  # minutes after which a start has failed
_RETOLD = 60  # minutes within which the provider tells what it could not
_LENGTHS = (15, 30, 30, 45, 60)


@dataclass(slots=True)
class Play:
    """What a house counts and records of some days, and apart from it what broke its sessions.

    Attributes:
        counts: by minute.
        troubles: of each session that had any, the minute in which it shows.
        broken: of each outage, by its place in the plan, the sessions it broke.
    """

    counts: dict[int, Counter[Count]] = field(default_factory=lambda: defaultdict(Counter))
    troubles: dict[str, int] = field(default_factory=dict)
    broken: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))


def play(random: Random, orders_a_day: int, days: range, planted: Sequence[Planted]) -> Play:
    """Let a shop be open for some days, numbered since 1970."""
    shop = _Shop(random, orders_a_day, planted)
    for minute in range(days.start * MINUTES_A_DAY, days.stop * MINUTES_A_DAY):
        shop.sell(minute)
        if minute % QUARTER == 0:
            shop.hold_sessions(minute)
    return shop.play


class _Shop:
    def __init__(self, random: Random, orders_a_day: int, planted: Sequence[Planted]) -> None:
        self.play = Play()
        self._random = random
        self._peak = orders_a_day / (60 * sum(_HOURS) / max(_HOURS))
        self._planted = planted
        self._sessions = 0
        self._moods: dict[tuple[int, int], float] = {}

    def sell(self, minute: int) -> None:
        """A minute's orders and what the provider tells of them."""
        rate = self._peak * self._busy(minute)
        if self._on(Trap.CAMPAIGN, minute) is not None:
            rate *= _CAMPAIGN
        for _ in range(self._poisson(rate)):
            if self._any(minute, Outage.SITE_DOWN, Outage.PLATFORM_DOWN) is not None:
                continue
            self.play.counts[minute][Count.ORDERS] += 1
            if self._random.random() < _PAID:
                told = 2 if self._random.random() < _TOLD_TWICE else 1
                for _ in range(told):
                    self._tell(minute + int(self._random.expovariate(1 / 2.5)))

    def hold_sessions(self, quarter: int) -> None:
        """The sessions that begin with a quarter of an hour."""
        for _ in range(self._poisson(self._peak * self._busy(quarter) * QUARTER)):
            self._sessions += 1
            self._hold(f"s{self._sessions:07}", quarter, _DROPPED)
        works = quarter % 60 == 0 and 9 <= quarter // 60 % 24 < 19
        if works and self._on(Trap.BAD_LINE, quarter) is not None:
            self._sessions += 1
            self._hold(f"s{self._sessions:07}", quarter, 1.0)

    def _hold(self, session: str, quarter: int, dropping: float) -> None:
        counts, chance = self.play.counts, self._random.random
        stuck = self._any(quarter, Outage.PLATFORM_DOWN, Outage.TIMERS_STUCK)
        if stuck is not None:
            counts[max(quarter + _GRACE, self._planted[stuck].until)][Count.FAILED] += 1
            self._trouble(session, quarter, stuck)
            return
        counts[quarter + (chance() < 0.1)][Count.STARTED] += 1
        talk = quarter + min(4, int(self._random.expovariate(1.2)))
        silent = self._on(Outage.TELEPHONY_DOWN, talk)
        if silent is not None and chance() < _SURELY:
            counts[quarter + _GRACE][Count.FAILED] += 1
            self._trouble(session, quarter, silent)
            return
        if chance() >= _JOINED:
            counts[quarter + _GRACE][Count.FAILED] += 1
            self._trouble(session, quarter, None)
            return
        counts[talk][Count.JOINED] += 1
        self._talk(session, talk, talk + self._random.choice(_LENGTHS), dropping)

    def _talk(self, session: str, begin: int, end: int, dropping: float) -> None:
        """The first drop of a session, by chance or by what is broken meanwhile."""
        drops: list[tuple[int, int | None]] = []
        if self._random.random() < dropping:
            drops.append((self._random.randrange(begin, end), None))
        for number, one in enumerate(self._planted):
            first, last = max(begin, one.since), min(end, one.until)
            if first >= last:
                continue
            if one.what is Outage.TELEPHONY_DOWN and self._random.random() < _SURELY:
                drops.append((min(first + self._random.randrange(2), last - 1), number))
            if one.what is Outage.HALF_DROPPING and self._random.random() < 0.5:
                drops.append((self._random.randrange(first, last), number))
        if drops:
            minute, by = min(drops, key=lambda drop: drop[0])
            self.play.counts[minute][Count.DROPPED] += 1
            self._trouble(session, minute, by)

    def _trouble(self, session: str, minute: int, by: int | None) -> None:
        self.play.troubles[session] = minute
        if by is not None:
            self.play.broken[by].append(session)

    def _tell(self, minute: int) -> None:
        lost = self._any(minute, Outage.WEBHOOKS_LOST, Outage.PLATFORM_DOWN)
        if lost is not None:
            minute = self._planted[lost].until + self._random.randrange(_RETOLD)
        self.play.counts[minute][Count.WEBHOOKS] += 1

    def _busy(self, minute: int) -> float:
        day, within = divmod(minute, MINUTES_A_DAY)
        hour, rest = divmod(within, 60)
        share = rest / 60
        busy = (_HOURS[hour] * (1 - share) + _HOURS[(hour + 1) % 24] * share) / max(_HOURS)
        busy *= self._mood(day, -1, _DAYS_DIFFER) * self._mood(day, hour, _HOURS_DIFFER)
        if (day + 3) % 7 >= 5:  # the first day of 1970 was a Thursday
            busy *= _WEEKEND
        return busy * _HOLIDAY if self._on(Trap.HOLIDAY, minute) is not None else busy

    def _mood(self, day: int, hour: int, differ: float) -> float:
        """A day or an hour is busier than another by chance."""
        if (day, hour) not in self._moods:
            self._moods[day, hour] = self._random.uniform(1 - differ, 1 + differ)
        return self._moods[day, hour]

    def _on(self, what: Outage | Trap, minute: int) -> int | None:
        """The place in the plan of what is going on."""
        return self._any(minute, what)

    def _any(self, minute: int, *what: Outage | Trap) -> int | None:
        return next(
            (n for n, one in enumerate(self._planted) if one.what in what and one.at(minute)), None
        )

    def _poisson(self, mean: float) -> int:
        """Knuth, The Art of Computer Programming, 3.4.1; large means in parts."""
        count = 0
        while mean > 0:
            part = min(mean, 30.0)
            limit, product = math.exp(-part), self._random.random()
            while product > limit:
                count += 1
                product *= self._random.random()
            mean -= part
        return count
