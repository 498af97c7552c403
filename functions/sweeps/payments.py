"""Every minute: what the payment provider has and nobody told us of is found and handed on."""

import time
from typing import Any

from aws_lambda_powertools import Logger

from functions.problems import where
from shared import bootstrap

logger = Logger()
# After so many seconds no further page is begun: one takes 20 at worst, read with one repetition.
_SECONDS = 30


def handler(event: dict[str, Any], context: object) -> dict[str, dict[str, int]]:
    """Sweep the provider's feed and lists.

    Raises:
        RuntimeError: some could not be read; the others were swept all the same.
    """
    end = time.monotonic() + _SECONDS
    swept = bootstrap.reconciliation().sweep(lambda: time.monotonic() < end)
    told: dict[str, dict[str, int]] = {}
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
    failed = [net for net, brought in swept.items() if brought.failure is not None]
    if failed:
        raise RuntimeError(f"not swept: {', '.join(failed)}")
    return told
