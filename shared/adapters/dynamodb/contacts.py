"""Numbers and addresses of people: one encrypted item each, which can be erased.

By what a person gave he can be found again: a pointer of its own stands under the digest of every
number and address, written before the contact itself. A crash in between leaves a pointer to
somebody who does not hold the fact, and so does a changed address; every hit is therefore held
against the contact, and nobody is found by what is not his (S2.5).
"""

import base64
import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, TypedDict, cast

from botocore.exceptions import ClientError
from pynamodb.exceptions import DeleteError, PutError

from shared.adapters.dynamodb.heads import Row
from shared.adapters.dynamodb.tables import Person, connect
from shared.application.store import Busy
from shared.domain.errors import RuleBroken

_TRIES = 5
# What one call of KMS encrypts (docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html).
_KMS_BYTES = 4096
# So that a contact stays within that; nobody needs as many numbers.
_MOST_PHONES = 50
_EMAIL, _FORMER = "email:", "former:"


class Pointer(Row):
    """EMAIL#<digest> or PHONE#<phone id> / PERSON#<id>: who may have given it."""


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
        self._pointer = _pointer(table)
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
            known = _known(person)
            same_language = language is None or (person is not None and person.language == language)
            if facts <= known and same_language:
                return
            secret = self._open(person) if person else _Secret(email=None, phones={})
            if email is not None:
                secret["email"] = email
            secret["phones"].update({self.phone_id(number): number for number in phones})
            if len(secret["phones"]) > _MOST_PHONES:
                raise RuleBroken(
                    "too_many_phones", f"An account holds {_MOST_PHONES} numbers; use one of them."
                )
            for fact in facts - known:
                self._pointer(_place(fact), f"PERSON#{person_id}").save()
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
        if person is None or phone_id not in _known(person):
            return None
        return self._open(person)["phones"].get(phone_id)

    def people_by_email(self, email: str) -> Sequence[str]:
        """Everybody whose present address this is, whatever its case; by id."""
        return self._people(self._email_digest(email))

    def people_by_phone(self, number: str) -> Sequence[str]:
        """Everybody who gave this E.164 number; by id."""
        return self._people(self.phone_id(number))

    def forget(self, person_id: str) -> None:
        """Erase what is known of a person, and every way to find him by it.

        Raises:
            Busy: others changed the same person again and again.
        """
        for _ in range(_TRIES):
            person = self._read(person_id)
            if person is None:
                return
            # The contact goes last: after a crash it still says which pointers there were.
            for fact in person.known or ():
                self._pointer(_place(fact.removeprefix(_FORMER)), f"PERSON#{person_id}").delete()
            try:
                person.delete(condition=self._person.version == person.version)
            except DeleteError as error:
                if error.cause_response_code != "ConditionalCheckFailedException":
                    raise
            else:
                return
        raise Busy("busy", "These contact details are being changed; please try again.")

    def seal(self, text: str, context: str) -> str:
        """A personal text as it may be stored; it opens in its own context only."""
        data = text.encode()
        pieces = [data[at : at + _KMS_BYTES] for at in range(0, len(data), _KMS_BYTES)]
        return ".".join(
            base64.urlsafe_b64encode(self._encrypt(piece, _part(context, n, len(pieces)))).decode()
            for n, piece in enumerate(pieces, start=1)
        )

    def open(self, sealed: str, context: str) -> str:
        """The text that was sealed.

        Raises:
            ValueError: it was not sealed in this context.
        """
        pieces = sealed.split(".") if sealed else []
        try:
            return b"".join(
                self._decrypt(base64.urlsafe_b64decode(piece), _part(context, n, len(pieces)))
                for n, piece in enumerate(pieces, start=1)
            ).decode()
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidCiphertextException":
                raise
            raise ValueError("this text was not sealed in this context") from None

    def _email_digest(self, email: str) -> str:
        """Of an address, its case left out: hosts tell no two people apart by it."""
        plain = unicodedata.normalize("NFC", email.strip()).casefold()
        return _EMAIL + self.phone_id(f"{_EMAIL}{plain}")

    def _people(self, fact: str) -> Sequence[str]:
        found = self._pointer.query(
            _place(fact), self._pointer.sk.startswith("PERSON#"), consistent_read=True
        )
        keys = [(pointer.sk, "CONTACT") for pointer in found]
        people = self._person.batch_get(keys, consistent_read=True) if keys else ()
        return sorted(p.pk.removeprefix("PERSON#") for p in people if fact in _known(p))

    def _read(self, person_id: str) -> Person | None:
        try:
            return self._person.get(f"PERSON#{person_id}", "CONTACT", consistent_read=True)
        except self._person.DoesNotExist:
            return None

    def _open(self, person: Person) -> _Secret:
        secret: _Secret = json.loads(self._decrypt(person.secret, _context(person.pk)))
        return secret

    def _write(
        self, person_id: str, before: Person | None, secret: _Secret, language: str | None
    ) -> bool:
        """Write the item; False where somebody else did meanwhile."""
        pk = f"PERSON#{person_id}"
        text = json.dumps(secret, ensure_ascii=False, separators=(",", ":")).encode()
        known = set(secret["phones"])
        if secret["email"] is not None:
            known.add(self._email_digest(secret["email"]))
        # Pointers of addresses that were replaced stay: to delete one could race with its return.
        former = {f.removeprefix(_FORMER) for f in (before.known or () if before else ())} - known
        item = self._person(
            pk,
            "CONTACT",
            version=int(before.version) + 1 if before else 1,
            secret=self._encrypt(text, _context(pk)),
            language=language or (before.language if before else None),
            known=known | {f"{_FORMER}{fact}" for fact in former},
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

    def _encrypt(self, data: bytes, context: dict[str, str]) -> bytes:
        answer = self._kms().encrypt(KeyId=self._key_id, Plaintext=data, EncryptionContext=context)
        sealed: bytes = answer["CiphertextBlob"]
        return sealed

    def _decrypt(self, sealed: bytes, context: dict[str, str]) -> bytes:
        answer = self._kms().decrypt(
            KeyId=self._key_id, CiphertextBlob=sealed, EncryptionContext=context
        )
        data: bytes = answer["Plaintext"]
        return data


def _known(person: Person | None) -> set[str]:
    """Digests of what a person has given and not replaced."""
    return set(person.known or ()) if person else set()


def _place(fact: str) -> str:
    """The partition of a fact's pointers."""
    if fact.startswith(_EMAIL):
        return f"EMAIL#{fact.removeprefix(_EMAIL)}"
    return f"PHONE#{fact}"


def _context(pk: str) -> dict[str, str]:
    """What the ciphertext is bound to: one person's cannot be passed off as another's."""
    return {"person": pk}


def _part(context: str, part: int, parts: int) -> dict[str, str]:
    """What a piece of a text is bound to: neither its owner nor the order can be changed."""
    return {"sealed": context, "part": f"{part}/{parts}"}


def _pointer(table: str) -> type[Pointer]:
    """The pointers over the table's one connection."""
    meta = type("Meta", (), {"table_name": table})
    derive: Any = type(Pointer)
    bound = derive("Pointer", (Pointer,), {"Meta": meta, "_connection": connect(table).connection})
    return cast(type[Pointer], bound)
