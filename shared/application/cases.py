"""Cases that payments need: opened once per matter, and their numbers noted."""

from shared.application.case_records import CaseRecords
from shared.application.payment_records import PaymentRecords
from shared.application.store import Cause
from shared.domain.case.events import About
from shared.domain.payment import commands as c
from shared.domain.payment import events as e


class PaymentCases:
    """Opens the cases that payments asked for."""

    def __init__(self, payments: PaymentRecords, cases: CaseRecords) -> None:
        self._payments = payments
        self._cases = cases

    def open(self, payment_id: str, effect_id: str) -> None:
        """Open the case of one matter, and note its number; repeating it does no harm."""
        payment = self._payments.load(payment_id).state
        if effect_id not in payment.pending:
            return
        needed = next(
            event
            for decision in self._payments.store.payment_history(payment_id)
            for event in decision.events
            if isinstance(event, e.CaseNeeded) and event.effect_id == effect_id
        )
        evidence = {"payment": payment_id, "matter": effect_id}
        case = self._cases.open(
            f"{payment_id}:{effect_id}",
            needed.kind,
            About(payment_id, payment.booking_id, payment.customer_id),
            needed.deadline,
            Cause("OpenCase", "worker", evidence),
            language=payment.language,
            facts={"matter": effect_id},
        )
        cause = Cause("NoteCase", "worker", {"case": case.number})
        self._payments.apply(payment_id, c.NoteCase(effect_id, case.number), cause)
