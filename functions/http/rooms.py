"""What the routes need of the house; shared.bootstrap provides it, each part on first use."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.application.booking import BookingOffice
    from shared.application.bookings import Bookings
    from shared.application.operators import Operators
    from shared.application.payments import CardPayments
    from shared.application.ports import Clock
    from shared.application.store import Store


class Rooms(Protocol):
    """The use cases behind the API."""

    def bookings(self) -> "Bookings":
        """Loads and changes bookings."""
        ...

    def booking_office(self) -> "BookingOffice":
        """Takes bookings, moves and cancels them."""
        ...

    def card_payments(self) -> "CardPayments":
        """Money by card."""
        ...

    def operators(self) -> "Operators":
        """Operators, tariffs and offered time."""
        ...

    def store(self) -> "Store":
        """The table."""
        ...

    def clock(self) -> "Clock":
        """Business time."""
        ...

    def phone_number(self, text: str, field: str) -> str:
        """A number in E.164; raises RuleBroken naming the field."""
        ...
