"""Letters to people who asked for money back without being signed in (S3.2)."""

from datetime import timedelta

from shared.application.case_records import CaseRecords
from shared.application.contacts import Contacts
from shared.application.intake import asked_in
from shared.application.ports import Mail
from shared.domain.errors import Declined
from shared.domain.letters.payment_letters import PaymentFacts, PaymentLetter, write_payment
from shared.domain.policy import CURRENT


class CaseLetters:
    """Confirms refund requests.

    Anybody can give anybody's address: one address gets one letter a day at most, and nothing in it
    is free text of whoever asked. The number itself was shown to him at once.

    Args:
        cases: those that were opened.
        contacts: opens what was written.
        mail: takes the letters.
    """

    def __init__(self, cases: CaseRecords, contacts: Contacts, mail: Mail) -> None:
        self._cases = cases
        self._contacts = contacts
        self._mail = mail

    def send(self, number: str) -> None:
        """Send the confirmation of a request, if it named an address that has not had one today.

        Raises:
            Unavailable: the mail service did not take it; the same letter may be tried again.
        """
        asked = asked_in(number, self._cases.store, self._contacts)
        if (
            asked is None
            or asked.form.email is None
            or not self._is_first(asked.form.email, number)
        ):
            return
        case, form = self._cases.load(number).state, asked.form
        facts = PaymentFacts(
            payment_id=form.transaction,
            amount=form.amount,
            moment=case.opened_at,
            deadline=case.deadline,
            case_number=number,
        )
        text = write_payment(PaymentLetter.REFUND_REQUEST_RECEIVED, case.language, facts)
        try:
            self._mail.send(asked.form.email, text.subject, text.body, f"{number}-received")
        except Declined:
            return  # the address does not take letters; the number was shown on the page

    def _is_first(self, email: str, number: str) -> bool:
        now = self._cases.clock.now()
        name, _, host = email.casefold().rpartition("@")
        # What follows a plus reaches the same person.
        address = self._contacts.phone_id(f"letter:{name.partition('+')[0]}@{host}")
        until = now + timedelta(seconds=CURRENT.request_letter_every)
        return self._cases.store.claim(f"letter:{address}", number, now, until)
