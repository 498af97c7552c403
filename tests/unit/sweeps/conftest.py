"""What the sweeps' tests begin with."""

from collections.abc import Iterator

import pytest
from aws_lambda_powertools import Metrics


@pytest.fixture(autouse=True)
def nothing_counted_yet() -> Iterator[None]:
    """powertools keeps one set of metrics for the process, whoever made them."""
    Metrics(namespace="Redial", service="redial").clear_metrics()
    yield
