"""Keeping watch over the house."""

import os
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shared.bootstrap.foundation import clock, outage_records, pulses

if TYPE_CHECKING:
    from shared.application.watch import Watch
    from shared.domain.watch.detection import Proposal


@cache
def watch() -> "Watch":
    """Judges each minute of the house."""
    from shared.application.watch import Watch

    return Watch(pulses(), clock(), _propose, ZoneInfo(os.environ["TENANT_TIME_ZONE"]))


def _propose(proposal: "Proposal") -> None:
    """A manager is asked, once for each signal and beginning."""
    outage_records().propose(
        proposal.signal.value, proposal.since, proposal.until, proposal.evidence
    )
