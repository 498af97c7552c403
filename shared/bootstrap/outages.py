"""Outages: their runs, and the cases by which managers hear of them."""

from functools import cache
from typing import TYPE_CHECKING

from shared.bootstrap.foundation import bookings, case_records, outage_records, send

if TYPE_CHECKING:
    from shared.application.outage_cases import OutageCases
    from shared.application.outage_runs import OutageRuns


@cache
def outage_runs() -> "OutageRuns":
    """Makes good what outages broke."""
    from shared.application.outage_compensation import OutageCompensation
    from shared.application.outage_runs import OutageRuns

    return OutageRuns(outage_records(), OutageCompensation(bookings()), send)


@cache
def outage_cases() -> "OutageCases":
    """Has managers decide on proposed outages."""
    from shared.application.outage_cases import OutageCases

    return OutageCases(outage_records(), case_records())
