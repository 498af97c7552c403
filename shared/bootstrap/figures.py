"""Reliability, counted and published."""

import os
from functools import cache
from typing import TYPE_CHECKING

from shared.bootstrap.foundation import clock, store

if TYPE_CHECKING:
    from shared.application.reliability import Reliability


@cache
def reliability() -> "Reliability":
    """Counts how sessions went, and publishes what it comes to."""
    from shared.adapters.dynamodb.tallies import DynamoTallies
    from shared.application.reliability import Reliability

    return Reliability(store(), DynamoTallies(os.environ["TABLE"]), clock())
