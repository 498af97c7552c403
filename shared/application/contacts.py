"""What the use cases need of the people: numbers, addresses and sealed texts."""

from collections.abc import Sequence
from typing import Protocol


class Contacts(Protocol):
    """Numbers and addresses of people, encrypted, one erasable item per person."""

    def phone_id(self, number: str) -> str:
        """The pseudonym of an E.164 number: always the same, not to be turned back."""
        ...

    def remember(
        self,
        person_id: str,
        *,
        email: str | None = None,
        language: str | None = None,
        phones: Sequence[str] = (),
    ) -> None:
        """Add to what is known of a person; phones are E.164."""
        ...

    def email(self, person_id: str) -> str | None:
        """Where to write to."""
        ...

    def number(self, person_id: str, phone_id: str) -> str | None:
        """The E.164 number behind a pseudonym."""
        ...

    def people_by_email(self, email: str) -> Sequence[str]:
        """Everybody whose present address this is, whatever its case; by id."""
        ...

    def people_by_phone(self, number: str) -> Sequence[str]:
        """Everybody who gave this E.164 number; by id."""
        ...

    def forget(self, person_id: str) -> None:
        """Erase what is known of a person, and every way to find him by it."""
        ...

    def seal(self, text: str, context: str) -> str:
        """A personal text as it may be stored; it opens in its own context only."""
        ...

    def open(self, sealed: str, context: str) -> str:
        """The text that was sealed; raises ValueError in any other context."""
        ...
