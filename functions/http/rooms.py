"""What the routes need of the house; shared.bootstrap provides it, each part on first use."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.application.booking import BookingOffice
    from shared.application.bookings import Bookings
    from shared.application.case_records import CaseRecords
    from shared.application.choices import LateChoices
    from shared.application.contacts import Contacts
    from shared.application.duplicates import DuplicateWatch
    from shared.application.extension import Extensions
    from shared.application.intake import Intake
    from shared.application.links import Links
    from shared.application.money_desk import MoneyDesk
    from shared.application.offers import OfferDesk
    from shared.application.operators import Operators
    from shared.application.outage_records import OutageRecords
    from shared.application.payment_records import PaymentRecords
    from shared.application.payment_search import PaymentSearch
    from shared.application.payment_trail import PaymentTrails
    from shared.application.payments import CardPayments
    from shared.application.ports import Clock
    from shared.application.provider_books import ProviderBooks
    from shared.application.receipts import Receipts
    from shared.application.refund_desk import RefundDesk
    from shared.application.reliability import Reliability
    from shared.application.saved_cards import SavedCardPayments, SavedCards
    from shared.application.sessions import SessionDesk
    from shared.application.store import Store
    from shared.application.top_ups import TopUps
    from shared.application.uploads import Uploads


class Rooms(Protocol):
    """The use cases behind the API."""

    def bookings(self) -> "Bookings":
        """Loads and changes bookings."""
        ...

    def booking_office(self) -> "BookingOffice":
        """Takes bookings, moves and cancels them."""
        ...

    def session_desk(self) -> "SessionDesk":
        """What people ask for around a session."""
        ...

    def offer_desk(self) -> "OfferDesk":
        """Takes the customer's choice after a mishap."""
        ...

    def links(self) -> "Links":
        """Makes and reads the links in letters."""
        ...

    def card_payments(self) -> "CardPayments":
        """Money by card."""
        ...

    def payment_records(self) -> "PaymentRecords":
        """Loads and changes payments."""
        ...

    def refund_desk(self) -> "RefundDesk":
        """Refunds that people ask for."""
        ...

    def duplicate_watch(self) -> "DuplicateWatch":
        """Payments that were not meant."""
        ...

    def late_choices(self) -> "LateChoices":
        """What becomes of payments that came too late."""
        ...

    def receipts(self) -> "Receipts":
        """What was paid and returned, in words."""
        ...

    def payment_search(self) -> "PaymentSearch":
        """Finds payments for agents."""
        ...

    def payment_trails(self) -> "PaymentTrails":
        """Everything that is known of a payment."""
        ...

    def money_desk(self) -> "MoneyDesk":
        """What agents and managers do about money."""
        ...

    def case_records(self) -> "CaseRecords":
        """Loads and changes cases."""
        ...

    def outage_records(self) -> "OutageRecords":
        """Loads and changes outages."""
        ...

    def intake(self) -> "Intake":
        """Refund requests of anybody."""
        ...

    def reliability(self) -> "Reliability":
        """Publishes how sessions went."""
        ...

    def contacts(self) -> "Contacts":
        """Numbers, addresses and texts of people."""
        ...

    def uploads(self) -> "Uploads":
        """Pictures of cases."""
        ...

    def saved_cards(self) -> "SavedCards":
        """Cards kept for later payments."""
        ...

    def saved_card_payments(self) -> "SavedCardPayments":
        """Bookings paid with a saved card."""
        ...

    def extensions(self) -> "Extensions":
        """Extends running sessions."""
        ...

    def top_ups(self) -> "TopUps":
        """Takes top-ups of the balance."""
        ...

    def provider_books(self) -> "ProviderBooks":
        """The payment provider's own lists."""
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
