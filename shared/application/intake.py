"""Refund requests without login: kept, numbered, answered alike whoever asks (S2.4, S3.2).

Nobody is looked up here, so that neither the answer nor its time tells who is a customer; that is
done when an agent opens the case.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from shared.application.case_records import CaseRecords
from shared.application.contacts import Contacts
from shared.application.store import Cause, Store
from shared.application.uploads import Upload, Uploads
from shared.domain.booking_number import is_booking_number
from shared.domain.case.case import Case
from shared.domain.case.events import About, CaseKind
from shared.domain.errors import NotFound
from shared.domain.money import Money
from shared.domain.policy import CURRENT
from shared.domain.refund_request import PICTURE_LARGEST, Picture, RefundRequestForm

_PUBLIC = "public"
_TEXT = "request"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What whoever asked is told.

    Args:
        upload: where his picture goes, if he has one.
    """

    case: Case
    upload: Upload | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was sealed.

    Args:
        picture_key: where its picture lies, if it was ever sent.
    """

    form: RefundRequestForm
    picture_key: str | None


class Intake:
    """Takes refund requests from anybody.

    Args:
        cases: where each becomes a case.
        contacts: seals what was written.
        uploads: gives the store for pictures when there is one.
    """

    def __init__(
        self, cases: CaseRecords, contacts: Contacts, uploads: Callable[[], Uploads]
    ) -> None:
        self._cases = cases
        self._contacts = contacts
        self._uploads = uploads

    def take(self, form: RefundRequestForm, language: str, key: str, fingerprint: str) -> Accepted:
        """Open the case of a request, once for each idempotency key.

        Args:
            form: normalised and without faults.
            language: of letters.
            key: of the request, its sender's own.
            fingerprint: of the request.

        Raises:
            RuleBroken: the key came with another request.
        """
        name = sha256(f"{fingerprint}#{key}".encode()).hexdigest()[:32]

        def seal(number: str) -> str:
            upload = self._permit(form, number, name)
            return self._contacts.seal(_written(form, upload), context_of(number))

        case = self._cases.open(
            sha256(key.encode()).hexdigest(),
            CaseKind.REFUND_REQUEST,
            About(),
            self._cases.clock.now() + timedelta(seconds=CURRENT.payment_check),
            Cause("OpenCase", _PUBLIC, {}),
            language=language,
            text=(_TEXT, seal),
            owner=_PUBLIC,
            fingerprint=fingerprint,
        )
        return Accepted(case, self._permit(form, case.number, name))

    def status(self, number: str) -> Case:
        """A refund request by its number alone.

        Raises:
            NotFound: there is no such request; other cases do not show.
        """
        loaded = self._cases.store.case(number) if is_booking_number(number) else None
        if loaded is None or loaded.state.kind is not CaseKind.REFUND_REQUEST:
            raise NotFound("case_unknown", "There is no such case.", "case_number")
        return loaded.state

    def _permit(self, form: RefundRequestForm, number: str, name: str) -> Upload | None:
        if form.picture is None:
            return None
        return self._uploads().permit(number, name, form.picture.content_type, PICTURE_LARGEST)


def context_of(number: str) -> str:
    """What the texts of a case are sealed for."""
    return f"case:{number}"


def asked_in(number: str, store: Store, contacts: Contacts) -> Asked | None:
    """What a request said, for an agent who works on its case; None for other cases."""
    sealed = store.texts(number).get(_TEXT)
    if sealed is None:
        return None
    said = json.loads(contacts.open(sealed, context_of(number)))
    form = RefundRequestForm(
        email=said["email"],
        phone=said["phone"],
        transaction=said["transaction"],
        paid_on=date.fromisoformat(said["paid_on"]),
        amount=Money(said["amount_minor"], said["currency"]),
        reason=said["reason"],
        picture=Picture(**said["picture"]) if said["picture"] else None,
    )
    return Asked(form, said["picture_key"])


def _written(form: RefundRequestForm, upload: Upload | None) -> str:
    picture = form.picture
    said = {
        "email": form.email,
        "phone": form.phone,
        "transaction": form.transaction,
        "paid_on": form.paid_on.isoformat(),
        "amount_minor": form.amount.minor,
        "currency": form.amount.currency,
        "reason": form.reason,
        "picture": {"content_type": picture.content_type, "size": picture.size}
        if picture
        else None,
        "picture_key": upload.key if upload else None,
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
