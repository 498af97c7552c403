"""Every minute: what the payment provider has and nobody told us of is found and handed on."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions.problems import where
from shared import bootstrap

if TYPE_CHECKING:
    from shared.application.reconciliation import Reconciliation

logger = Logger()
metrics = Metrics(namespace="Redial", service="redial")
# Counts by net.
Told = dict[str, dict[str, int]]
# After so many seconds no further page is begun: one takes 20 at worst, read with one repetition.
_SECONDS = 30


@metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> Told:
    """Sweep the provider's feed and lists; the metric PaymentsBehind says how late we are."""
    end = time.monotonic() + _SECONDS
    return perform(bootstrap.reconciliation(), lambda: time.monotonic() < end)


def perform(reconciliation: "Reconciliation", go_on: Callable[[], bool]) -> Told:
    """Sweep as long as there is time, and say what each net brought.

    Raises:
        RuntimeError: some could not be read; the others were swept all the same.
    """
    swept = reconciliation.sweep(go_on)
    told: Told = {}
    for net, brought in swept.items():
        told[net] = {
            "seen": brought.seen,
            "new": brought.new,
            "requests": brought.requests,
            "behind": brought.behind,
        }
        if brought.failure is not None:
            reason = {"reason": type(brought.failure).__name__, "where": where(brought.failure)}
            logger.error("not swept", extra={"net": net, **reason})
    logger.info("payments sweep", extra={"nets": told})
    behind = max((brought.behind for brought in swept.values()), default=0)
    metrics.add_metric(name="PaymentsBehind", unit=MetricUnit.Seconds, value=behind)
    failed = [net for net, brought in swept.items() if brought.failure is not None]
    if failed:
        raise RuntimeError(f"not swept: {', '.join(failed)}")
    return told
