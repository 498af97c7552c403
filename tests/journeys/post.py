"""The mail service and the source of numbers, as the journeys have them."""

import itertools
from dataclasses import dataclass, field

from shared.domain.booking_number import with_check_digit
from shared.domain.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter as it was sent."""

    to: str
    subject: str
    text: str
    message_id: str


@dataclass
class Post:
    """The mail service: keeps what it was given, and refuses as often as it is told to."""

    sent: list[Mail] = field(default_factory=list)
    refuse: int = 0

    def send(self, to: str, subject: str, text: str, message_id: str) -> None:
        """Take a letter."""
        if self.refuse:
            self.refuse -= 1
            raise Unavailable("throttled", "The mail service did not take the message.")
        self.sent.append(Mail(to, subject, text, message_id))


class CountedIds:
    """Booking numbers in order."""

    def __init__(self, first: int = 10000000001) -> None:
        self._next = itertools.count(first)

    def booking_id(self) -> str:
        """The next number."""
        return with_check_digit(str(next(self._next)))
