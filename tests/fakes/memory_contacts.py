"""The contacts in memory: same promises, no I/O, the same result every time."""

import base64
from collections.abc import Sequence


class MemoryContacts:
    """`shared.application.store.Contacts` in memory; pseudonyms can be read by eye."""

    def __init__(self) -> None:
        self._emails: dict[str, str] = {}
        self._numbers: dict[tuple[str, str], str] = {}

    def phone_id(self, number: str) -> str:
        return f"phone{number.removeprefix('+')}"

    def remember(
        self,
        person_id: str,
        *,
        email: str | None = None,
        language: str | None = None,
        phones: Sequence[str] = (),
    ) -> None:
        if email is not None:
            self._emails[person_id] = email
        for number in phones:
            self._numbers[person_id, self.phone_id(number)] = number

    def email(self, person_id: str) -> str | None:
        return self._emails.get(person_id)

    def number(self, person_id: str, phone_id: str) -> str | None:
        return self._numbers.get((person_id, phone_id))

    def people_by_email(self, email: str) -> Sequence[str]:
        wanted = email.strip().casefold()
        return sorted(p for p, kept in self._emails.items() if kept.strip().casefold() == wanted)

    def people_by_phone(self, number: str) -> Sequence[str]:
        wanted = self.phone_id(number)
        return sorted(person for person, phone_id in self._numbers if phone_id == wanted)

    def forget(self, person_id: str) -> None:
        self._emails.pop(person_id, None)
        self._numbers = {key: n for key, n in self._numbers.items() if key[0] != person_id}

    def seal(self, text: str, context: str) -> str:
        return f"{_sealed(context)}.{_sealed(text)}"

    def open(self, sealed: str, context: str) -> str:
        owner, _, text = sealed.partition(".")
        if owner != _sealed(context):
            raise ValueError("this text was not sealed in this context")
        return base64.urlsafe_b64decode(text).decode()


def _sealed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()
