"""What the workers for money and calls need: the bootstrap, or a test's own world."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.application.callbacks import Callbacks
    from shared.application.calls import CallRoom
    from shared.application.disputes import Disputes
    from shared.application.duplicates import DuplicateWatch
    from shared.application.payments import CardPayments
    from shared.application.refunds import Refunds


class CallRooms(Protocol):
    """Made when they are first asked for."""

    def call_room(self) -> "CallRoom":
        """Asks the telephony provider."""
        ...

    def callbacks(self) -> "Callbacks":
        """Keeps the promise of a call back."""
        ...


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
