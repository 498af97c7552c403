"""Every minute: bookings whose time comes within two minutes are handed to the timers queue.

Each group of shards has a schedule of its own (template.yaml), so that a million timers due at once
are handed over in time. Without shards in the event all are swept.
"""

from typing import Any

from aws_lambda_powertools import Logger

from shared import bootstrap
from shared.application.timers import SHARDS

logger = Logger()


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Sweep the due index."""
    shards = event.get("shards", range(SHARDS))
    handed = sum(bootstrap.timers().sweep(int(shard)) for shard in shards)
    logger.info("due sweep", extra={"handed": handed})
    return {"handed": handed}
