"""How a worker goes through a batch: broken rules are acknowledged, the rest is tried again."""

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger

from functions.problems import where
from shared.application.outbox import effect_of
from shared.domain.effects import Effect
from shared.domain.errors import NotFound, RuleBroken

logger = Logger()


def each_message(
    event: Mapping[str, Any], work: Callable[[str, bool], None]
) -> dict[str, list[dict[str, str]]]:
    """Work through a batch of queue messages.

    Args:
        event: of the queue's trigger.
        work: is given a message's body, and whether it was delivered before.

    Returns:
        The messages to be delivered again; after five times they go to the dead-letter queue.
    """
    failed: list[dict[str, str]] = []
    for record in event["Records"]:
        again = int(record["attributes"]["ApproximateReceiveCount"]) > 1
        try:
            work(record["body"], again)
        except (RuleBroken, NotFound) as settled:
            # Trying again would meet the same rule: the decision stands, the log says which.
            logger.warning("message acknowledged", extra={"code": settled.code})
        except Exception as error:
            told = {"reason": type(error).__name__, "where": where(error)}
            logger.error("message will be retried", extra=told)
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def each_effect(
    event: Mapping[str, Any], work: Callable[[Effect, bool], None]
) -> dict[str, list[dict[str, str]]]:
    """Work through a batch of effects; `work` hears whether one may have been done before."""

    def one(body: str, again: bool) -> None:
        effect = effect_of(body)
        logger.info("effect", extra={"effect": effect.kind, "booking": effect.owner_id})
        work(effect, again or effect.redriven)

    return each_message(event, one)
