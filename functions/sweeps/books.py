"""Every night: the day that is over is closed, and the books are checked against all they must be.

{"units": [...]} closes these parts alone: one function per group of them is a matter of the
schedule. {"from": time, "to": time} folds all entries between anew instead, and stores nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import bootstrap
from shared.application.books import TrialBalance, trial_balance
from shared.application.day_closing import UNITS

logger = Logger()
metrics = Metrics(namespace="Redial")
# Another part is begun only while so much time is left; one of a million accounts takes a minute.
_LEFT_MS = 90_000
_LOGGED = 50


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Close and check; the metric LedgerDifferences says how much is wrong."""
    if "from" in event:
        first, last = (datetime.fromisoformat(event[end]) for end in ("from", "to"))
        found = trial_balance(bootstrap.store(), first, last, bootstrap.provider_books())
        return _told([found], {"from": event["from"], "to": event["to"]})
    units: Sequence[str] = event.get("units", UNITS)
    closed = bootstrap.day_closing().run(
        units, lambda: context.get_remaining_time_in_millis() > _LEFT_MS
    )
    for one in closed:
        through, done = one.through.date().isoformat(), list(one.units)
        logger.info("closed", extra={"through": through, "units": done})
    return _told([one.report for one in closed], {"units": list(units)})


def _told(reports: Sequence[TrialBalance], asked: dict[str, Any]) -> dict[str, int]:
    wrong = sum(len(report.differences) + report.left_out for report in reports)
    if reports:
        metrics.add_metric(name="LedgerDifferences", unit=MetricUnit.Count, value=wrong)
    for report in reports:
        for each in report.differences[:_LOGGED]:
            sides = {"booked": each.booked, "found": each.found, "unit": each.unit}
            about = {"reason": each.reason, "why": each.reason.why, "subject": each.subject}
            logger.error("ledger difference", extra={**about, **sides})
    told = {"entries": sum(report.entries for report in reports), "differences": wrong}
    logger.info("books", extra={**asked, **told})
    return told
