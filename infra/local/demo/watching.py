"""A booking whose timeline is told as it happens."""

import time
from collections.abc import Callable

from infra.local.caller import Caller
from infra.local.demo import telling
from infra.local.demo.cast import Answer, Cast
from infra.local.settings import StackError

_LAST_STATES = frozenset({"completed", "cancelled", "expired"})
_LOOK = 0.7  # real seconds between two looks at the timeline
_PATIENCE = 400.0  # real seconds a story may wait for one thing


class Watch:
    """Looks at a booking with its customer's eyes.

    Args:
        customer: whose booking it is.

    Attributes:
        booking: as it was at the last look.
        events: its timeline then.
    """

    def __init__(
        self, cast: Cast, customer: Caller, booking_id: str, screen: telling.Screen
    ) -> None:
        self._cast = cast
        self._customer = customer
        self._path = f"/v1/bookings/{booking_id}"
        self._screen = screen
        self.booking: Answer = {}
        self.events: list[Answer] = []

    def until_over(self) -> None:
        """Tell what happens until the booking is at its end."""
        self.until("the end of the booking", lambda: self.booking["status"] in _LAST_STATES)

    def until_happened(self, event: str) -> None:
        """Tell what happens until such an event was among it."""
        self.until(event, lambda: bool(self.of(event)))

    def until(self, what: str, done: Callable[[], bool]) -> None:
        """Tell what happens until something is so.

        Raises:
            StackError: it never was.
        """
        give_up = time.monotonic() + _PATIENCE
        while True:
            self._look()
            if done():
                return
            if time.monotonic() > give_up:
                state = self.booking["status"]
                raise StackError(f"The story waited in vain for {what}; the booking is {state}.")
            clock = self._cast.control.get("/clock")
            self._screen.bottom(telling.progress(self._cast.now(), clock, self.booking))
            time.sleep(_LOOK)

    def of(self, event: str) -> list[Answer]:
        """What is known of every event of a kind, oldest first."""
        return [one["fields"] for one in self.events if one["type"] == event]

    def at(self, event: str) -> list[str]:
        """When every event of a kind was, RFC 3339."""
        return [one["at"] for one in self.events if one["type"] == event]

    def _look(self) -> None:
        self.booking = self._customer.get(self._path)
        told, self.events = len(self.events), self._customer.get(f"{self._path}/timeline")["items"]
        for event in self.events[told:]:
            self._screen.say(telling.line(event))
