"""The clock of the system, and the shared business clock of a local stack."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path


class SystemClock:
    """UTC as the machine knows it."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)

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
