"""Letters, as whoever gets them reads them."""

from dataclasses import dataclass

from infra.local.demo.cast import Cast, wait_for


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail."""

    to: tuple[str, ...]
    subject: str
    text: str

    @property
    def token(self) -> str:
        """What its link carries: the fragment, which a browser sends to no server.

        Raises:
            LookupError: it has no link.
        """
        for line in self.text.splitlines():
            address, _, token = line.strip().partition("#")
            if address.startswith("http") and token:
                return token
        raise LookupError(f"no link in the letter '{self.subject}'")


def letters(cast: Cast, address: str) -> list[Letter]:
    """All letters to an address, oldest first."""
    sent = cast.aws.get("/_ministack/ses/messages")["messages"]
    found = (
        Letter(tuple(one["To"]), one["Subject"], one["BodyText"])
        for of_account in sent.values()
        for one in of_account
    )
    return [letter for letter in found if address in letter.to]


def letter(cast: Cast, address: str, words: str) -> Letter:
    """The latest letter to an address with such a subject, now or in a moment.

    Raises:
        StackError: it was not sent.
    """

    def look() -> Letter | None:
        found = [one for one in letters(cast, address) if words in one.subject]
        return found[-1] if found else None

    return wait_for(f"the letter '{words}'", look)
