"""The case by which a manager hears of a proposed outage: opened once, closed when he decided."""

from datetime import timedelta

from shared.application.case_records import CaseRecords
from shared.application.outage_records import OutageRecords
from shared.application.store import Cause
from shared.domain.case import commands as cc
from shared.domain.case.events import About, CaseKind, Outcome
from shared.domain.outage import commands as c
from shared.domain.outage.outage import Outage, Status
from shared.domain.policy import CURRENT


class OutageCases:
    """Keeps the case of a proposal in step with it."""

    def __init__(self, outages: OutageRecords, cases: CaseRecords) -> None:
        self._outages = outages
        self._cases = cases

    def care(self, number: str) -> None:
        """Open the case of an open proposal, close that of a decided one; repeating is harmless."""
        outage = self._outages.load(number).state
        if outage.status is Status.PROPOSED:
            if outage.case_number is None:
                self._open(outage)
        elif outage.case_number is not None:
            self._close(outage.case_number, outage)

    def _open(self, outage: Outage) -> None:
        case = self._cases.open(
            f"outage-{outage.number}",
            CaseKind.OUTAGE_PROPOSED,
            About(),
            outage.opened_at + timedelta(seconds=CURRENT.outage_answer),
            Cause("OpenCase", "worker", {"outage": outage.number}),
            facts={
                **outage.evidence,
                "outage": outage.number,
                "signal": outage.signal or "",
                "since": outage.since.isoformat(),
                "until": outage.until.isoformat() if outage.until else "",
            },
        )
        cause = Cause("NoteCase", "worker", {"case": case.number})
        self._outages.apply(outage.number, c.NoteCase(case.number), cause)

    def _close(self, case_number: str, outage: Outage) -> None:
        if not self._cases.load(case_number).state.is_open:
            return  # by a person, with whatever outcome
        dismissed = outage.status is Status.DISMISSED
        outcome = Outcome.NOTHING_TO_DO if dismissed else Outcome.EXPLAINED
        cause = Cause("CloseCase", "worker", {"outage": outage.number})
        self._cases.apply(case_number, cc.CloseCase(outage.decided_by or "system", outcome), cause)
