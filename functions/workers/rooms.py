"""What the workers for money need: the bootstrap, or a test's own world."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.application.disputes import Disputes
    from shared.application.duplicates import DuplicateWatch
    from shared.application.payments import CardPayments
    from shared.application.refunds import Refunds


class MoneyRooms(Protocol):
    """Made when they are first asked for."""

    def card_payments(self) -> "CardPayments":
        """Money coming in by card."""
        ...

    def refunds(self) -> "Refunds":
        """Money on its way back."""
        ...

    def disputes(self) -> "Disputes":
        """What banks claim."""
        ...

    def duplicate_watch(self) -> "DuplicateWatch":
        """Payments that were not meant."""
        ...
