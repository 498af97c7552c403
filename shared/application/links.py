"""Links by which a customer answers without signing in: signed, and good until a moment."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Purpose(StrEnum):
    """What a link lets its holder do."""

    OFFER = "offer"
    PHONES = "phones"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link stands for.

    Args:
        subject: the offer it answers; empty where it is about the booking itself.
        until: it is of no use from then on, UTC.
    """

    purpose: Purpose
    booking_id: str
    subject: str
    until: datetime


class Links(Protocol):
    """Makes links, and tells whether one is ours."""

    def to(self, link: Link) -> str:
        """The address of a page of ours, for a letter to the customer alone."""
        ...

    def read(self, token: str) -> Link:
        """What a token stands for.

        Raises:
            NotFound: we never made it.
            RuleBroken: its time is over.
        """
        ...
