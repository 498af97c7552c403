"""What a letter is in the end: a subject and a body."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One message, ready to be sent."""

    subject: str
    body: str
