"""Every hour: how sessions went is counted, and what is published is told as metrics (S1.16).

{"from": time, "to": time} counts the hours between anew instead, and goes on where it says
"until" when it is asked again from there.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shared import bootstrap
from shared.domain.policy import CURRENT

if TYPE_CHECKING:
    from shared.application.reliability import Reliability

logger = Logger()
metrics = Metrics(namespace="Redial", service="redial")
Told = dict[str, int | str]
# After so many seconds no further hour is begun: a busy one takes some.
_SECONDS = 240
_PER_CENT = 100


@metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> Told:
    """Count; the metric FiguresBehind says how far the counting is behind."""
    end = time.monotonic() + _SECONDS
    return perform(bootstrap.reliability(), event, lambda: time.monotonic() < end)


def perform(reliability: "Reliability", event: dict[str, Any], go_on: Callable[[], bool]) -> Told:
    """What the event asks for, told to the log and as metrics.

    Args:
        event: of the schedule, or of a person.
        go_on: whether there is time to count another hour.
    """
    if "from" in event:
        first, last = (datetime.fromisoformat(event[end]) for end in ("from", "to"))
        swept = reliability.recount(first, last, go_on)
    else:
        swept = reliability.sweep(go_on)
        metrics.add_metric(name="FiguresBehind", unit=MetricUnit.Seconds, value=swept.behind)
    if swept.hours:
        _tell_figures(reliability)
    told: Told = {"hours": swept.hours, "until": swept.until.isoformat()}
    logger.info("reliability", extra=told)
    return told


def _tell_figures(reliability: "Reliability") -> None:
    """As they are published; of what cannot be measured nothing is told."""
    found = reliability.published(CURRENT.figures_days).figures
    for name, unit, value in (
        ("ProblemShare", MetricUnit.Percent, _percent(found.problem_share.value)),
        ("CriticalShare", MetricUnit.Percent, _percent(found.critical_share.value)),
        ("MinutesToResolve", MetricUnit.NoUnit, found.minutes_to_resolve.value),
    ):
        if value is not None:
            metrics.add_metric(name=name, unit=unit, value=value)


def _percent(share: float | None) -> float | None:
    return None if share is None else share * _PER_CENT
