"""The clock of the system, the one all workers share, and the business clock of a local stack."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

# The table tells whole seconds, and an answer may take seconds; machines in order differ by far
# less. What differs by more is wrong.
_TOLERATED = timedelta(seconds=10)


class SystemClock:
    """UTC as the machine knows it."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)

    def real_seconds(self, business_seconds: float) -> float:
        """How long a business delay takes: exactly as long."""
        return business_seconds


class SharedClock:
    """The machine's time, put right by the table's where the two differ by more than they may.

    A decision also does what is due by the clock of whoever makes it: a worker minutes ahead of
    the others would end a session whose line has just dropped (S1.5). The table is what all of
    them ask first, and each of its answers tells its time.

    Args:
        machine: the time as the machine knows it, UTC.
    """

    def __init__(self, machine: Callable[[], datetime]) -> None:
        self._machine = machine
        self._off = timedelta(0)

    def heard(self, told: datetime) -> None:
        """What the table has just said the time is, UTC."""
        off = told - self._machine()
        self._off = off if abs(off) > _TOLERATED else timedelta(0)

    def now(self) -> datetime:
        """The present moment, UTC."""
        return self._machine() + self._off

    def real_seconds(self, business_seconds: float) -> float:
        """How long a business delay takes: exactly as long."""
        return business_seconds


class BusinessClock:
    """Business time of a local stack: anchor + factor x real time, read afresh from a shared file.

    The file holds {"real": epoch seconds, "business": epoch seconds, "factor": number} and is
    replaced atomically by whoever steers the stack, so that functions and doubles change pace
    together.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        """The present business moment, UTC."""
        real, business, factor = self._read()
        return datetime.fromtimestamp(business + factor * (time.time() - real), UTC)

    def real_seconds(self, business_seconds: float) -> float:
        """How long a business delay takes at the present pace."""
        return business_seconds / self._read()[2]

    def _read(self) -> tuple[float, float, float]:
        anchor = json.loads(self._path.read_text())
        return anchor["real"], anchor["business"], anchor["factor"]
