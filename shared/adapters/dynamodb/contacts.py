"""Numbers and addresses of people: one encrypted item each, which can be erased."""

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from pynamodb.exceptions import PutError

from shared.adapters.dynamodb.tables import Person, connect
from shared.application.store import Busy
from shared.domain.errors import RuleBroken

_TRIES = 5
# What one call of KMS encrypts is limited to 4 KB (docs.aws.amazon.com/kms/latest/APIReference/
# API_Encrypt.html); nobody needs as many numbers.
_MOST_PHONES = 50


class _Secret(TypedDict):
    email: str | None
    phones: dict[str, str]


class KmsContacts:
    """`shared.application.store.Contacts` in the table, encrypted by KMS.

    Args:
        table: its name.
        kms: gives a botocore client when one is needed: most requests need none.
        key_id: of the KMS key.
        phone_key: gives the key of the digests that stand for numbers; who has it can try numbers
            one by one.
    """

    def __init__(
        self, table: str, kms: Callable[[], Any], key_id: str, phone_key: Callable[[], bytes]
    ) -> None:
        self._person = connect(table).person
        self._kms = kms
        self._key_id = key_id
        self._phone_key = phone_key

    def phone_id(self, number: str) -> str:
        """The pseudonym of an E.164 number: always the same, not to be turned back."""
        return hmac.new(self._phone_key(), number.encode(), hashlib.sha256).hexdigest()[:16]

    def remember(
        self,
        person_id: str,
        *,
        email: str | None = None,
        language: str | None = None,
        phones: Sequence[str] = (),
    ) -> None:
        """Add to what is known of a person; phones are E.164.

        Raises:
            RuleBroken: too many numbers.
            Busy: others changed the same person again and again.
        """
        facts = {self.phone_id(number) for number in phones}
        if email is not None:
            facts.add(self._email_digest(email))
        for _ in range(_TRIES):
            person = self._read(person_id)
            known = person.known or set() if person else set()
            same_language = language is None or (person is not None and person.language == language)
            if facts <= known and same_language:
                return
            secret = self._open(person) if person else _Secret(email=None, phones={})
            if email is not None:
                secret["email"] = email
            secret["phones"].update({self.phone_id(number): number for number in phones})
            if self._write(person_id, person, secret, language):
                return
        raise Busy("busy", "These contact details are being changed; please try again.")

    def email(self, person_id: str) -> str | None:
        """Where to write to."""
        person = self._read(person_id)
        return self._open(person)["email"] if person else None

    def number(self, person_id: str, phone_id: str) -> str | None:
        """The E.164 number behind a pseudonym."""
        person = self._read(person_id)
        if person is None or phone_id not in (person.known or ()):
            return None
        return self._open(person)["phones"].get(phone_id)

    def _email_digest(self, email: str) -> str:
        return "email:" + self.phone_id(f"email:{email}")

    def _read(self, person_id: str) -> Person | None:
        try:
            return self._person.get(f"PERSON#{person_id}", "CONTACT", consistent_read=True)
        except self._person.DoesNotExist:
            return None

    def _open(self, person: Person) -> _Secret:
        opened = self._kms().decrypt(
            KeyId=self._key_id, CiphertextBlob=person.secret, EncryptionContext=_context(person.pk)
        )
        secret: _Secret = json.loads(opened["Plaintext"])
        return secret

    def _write(
        self, person_id: str, before: Person | None, secret: _Secret, language: str | None
    ) -> bool:
        """Write the item; False where somebody else did meanwhile."""
        if len(secret["phones"]) > _MOST_PHONES:
            raise RuleBroken(
                "too_many_phones", f"An account holds {_MOST_PHONES} numbers; use one of them."
            )
        pk = f"PERSON#{person_id}"
        sealed = self._kms().encrypt(
            KeyId=self._key_id,
            Plaintext=json.dumps(secret, ensure_ascii=False, separators=(",", ":")).encode(),
            EncryptionContext=_context(pk),
        )
        known = set(secret["phones"])
        if secret["email"] is not None:
            known.add(self._email_digest(secret["email"]))
        item = self._person(
            pk,
            "CONTACT",
            version=int(before.version) + 1 if before else 1,
            secret=sealed["CiphertextBlob"],
            language=language or (before.language if before else None),
            known=known,
        )
        model = self._person
        unchanged = model.version == before.version if before else model.pk.does_not_exist()
        try:
            item.save(condition=unchanged)
        except PutError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            return False
        return True


def _context(pk: str) -> dict[str, str]:
    """What the ciphertext is bound to: one person's cannot be passed off as another's."""
    return {"person": pk}
