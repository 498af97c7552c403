"""Links in memory: they can be read by eye, and nobody signs them."""

from datetime import datetime

from shared.application.links import Link, Purpose
from shared.application.ports import Clock
from shared.domain.errors import NotFound, RuleBroken

_BASE = "https://redial.example/l#"


class MemoryLinks:
    """`shared.application.links.Links` in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def to(self, link: Link) -> str:
        parts = (link.purpose, link.booking_id, link.subject, link.until.isoformat())
        return _BASE + "|".join(parts)

    def read(self, token: str) -> Link:
        parts = token.removeprefix(_BASE).split("|")
        if len(parts) != 4 or parts[0] not in list(Purpose):
            raise NotFound("link_unknown", "This link is not ours.")
        purpose, booking_id, subject, until = parts
        link = Link(Purpose(purpose), booking_id, subject, datetime.fromisoformat(until))
        if self._clock.now() >= link.until:
            raise RuleBroken("link_over", "The time for this link is over.")
        return link
