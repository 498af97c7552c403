"""Links in letters: who has one may do the one thing it was made for, without signing in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Purpose(StrEnum):
    """What a link is for, and which page of the customers' site it leads to."""

    OFFER = "offers"
    PHONES = "phones"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link stands for.

    Args:
        subject: what of the booking it is about: the offer's id; empty for its numbers.
        until: how long it works, UTC, to the second.
    """

    purpose: Purpose
    booking_id: str
    subject: str
    until: datetime


class Links(Protocol):
    """Links that nobody but us can make."""

    def to(self, link: Link) -> str:
        """Its address on the customers' site."""
        ...

    def read(self, token: str, purpose: Purpose) -> Link:
        """What a token of such an address stands for.

        Raises:
            NotFound: "link_unknown": we did not make it, or not for this purpose.
            RuleBroken: "link_over": its time is over.
        """
        ...
