"""Every night: the day that is over is closed, and the books are checked against all they must be.

{"units": [...]} closes these parts alone: one function per group of them is a matter of the
schedule. {"from": time, "to": time} folds all entries between anew instead, and stores nothing.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shared import bootstrap
from shared.application.books import TrialBalance, trial_balance
from shared.application.day_closing import UNITS

if TYPE_CHECKING:
    from shared.application.day_closing import DayClosing
    from shared.application.provider_books import ProviderBooks
    from shared.application.store import Store

logger = Logger()
metrics = Metrics(namespace="Redial", service="redial")
# Another part is begun only while so much time is left; storing a hundred thousand accounts takes
# about a minute.
_SECONDS = 800  # of the fifteen minutes a function has
_LOGGED = 50


class BookRooms(Protocol):
    """The bootstrap, or a test's own world."""

    def store(self) -> "Store":
        """The table."""
        ...

    def provider_books(self) -> "ProviderBooks":
        """The payment provider's own lists."""
        ...

    def day_closing(self) -> "DayClosing":
        """Closes days and checks the books."""
        ...


@metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Close and check; the metric LedgerDifferences says how much is wrong."""
    end = time.monotonic() + _SECONDS
    return perform(bootstrap, event, lambda: time.monotonic() < end)


def perform(rooms: BookRooms, event: dict[str, Any], go_on: Callable[[], bool]) -> dict[str, int]:
    """What the event asks for, told to the log and counted.

    Args:
        rooms: where everything is.
        event: of the schedule, or of a person.
        go_on: whether there is time to close another part.
    """
    if "from" in event:
        first, last = (datetime.fromisoformat(event[end]) for end in ("from", "to"))
        return _told([trial_balance(rooms.store(), first, last, rooms.provider_books())])
    closed = rooms.day_closing().run(event.get("units", UNITS), go_on)
    for one in closed:
        through, done = one.through.date().isoformat(), list(one.units)
        logger.info("closed", extra={"through": through, "units": done})
    return _told([one.report for one in closed])


def _told(reports: Sequence[TrialBalance]) -> dict[str, int]:
    wrong = sum(len(report.differences) + report.left_out for report in reports)
    if reports:
        metrics.add_metric(name="LedgerDifferences", unit=MetricUnit.Count, value=wrong)
    for report in reports:
        for each in report.differences[:_LOGGED]:
            sides = {"booked": each.booked, "found": each.found, "unit": each.unit}
            about = {"reason": each.reason, "why": each.reason.why, "subject": each.subject}
            logger.error("ledger difference", extra={**about, **sides})
    told = {"entries": sum(report.entries for report in reports), "differences": wrong}
    logger.info("books", extra=told)
    return told
