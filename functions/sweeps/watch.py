"""Every minute: the pulse of the house is judged, and told as metrics (S4.1)."""

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions.problems import where
from shared import bootstrap
from shared.domain.watch.detection import Signal
from shared.domain.watch.pulse import Count

if TYPE_CHECKING:
    from shared.application.watch import Watch

logger = Logger()
metrics = Metrics(namespace="Redial", service="redial")
_COUNTS = {
    Count.ORDERS: "Orders",
    Count.STARTED: "SessionsStarted",
    Count.JOINED: "SessionsJoined",
    Count.DROPPED: "LinesDropped",
    Count.FAILED: "StartsFailed",
    Count.WEBHOOKS: "PaymentWebhooks",
}
_SIGNALS = {
    Signal.DROP_RATE: "DropRateJumped",
    Signal.ORDERS_SILENT: "OrdersSilent",
    Signal.WEBHOOKS_SILENT: "WebhooksSilent",
    Signal.STARTS_FAILING: "StartsFailing",
}
METRICS = (*_COUNTS.values(), *_SIGNALS.values())


@metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Look once; the metrics say what was counted, and 1 or 0 for each signal."""
    return perform(bootstrap.watch())


def perform(watch: "Watch") -> dict[str, int]:
    """Look, tell, and return what was counted.

    Raises:
        RuntimeError: something could not be proposed; it is known, and proposed again next time.
    """
    look = watch.look()
    for count, name in _COUNTS.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=look.counts[count])
    going = {proposal.signal for proposal in look.proposals if proposal.until is None}
    for signal, name in _SIGNALS.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=int(signal in going))
    for each in look.proposals:
        until = each.until.isoformat() if each.until else None
        span = {"since": each.since.isoformat(), "until": until}
        logger.warning("outage", extra={"signal": each.signal, **span, "evidence": each.evidence})
    for failure in look.failures:
        reason = {"reason": type(failure).__name__, "where": where(failure)}
        logger.error("not proposed", extra=reason)
    counted = {count.value: n for count, n in look.counts.items()}
    logger.info("watch", extra={"counted": counted})
    if look.failures:
        raise RuntimeError(f"not proposed: {len(look.failures)}")
    return counted
