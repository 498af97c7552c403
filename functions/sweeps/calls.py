"""Every minute: calls that ended at the provider are compared with what we were told."""

from typing import Any

from aws_lambda_powertools import Logger

from shared import bootstrap

logger = Logger()


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Sweep the calls that ended lately."""
    ours = bootstrap.call_room().sweep_ended()
    logger.info("calls sweep", extra={"ours": ours})
    return {"ours": ours}
