"""Saved cards: kept with a recorded consent, charged without their owner, forgotten on request."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from shared.application.bookings import Bookings
from shared.application.payment_records import PaymentRecords
from shared.application.payments import PROVIDER, CardPayments, Checkout, under_fresh_keys
from shared.application.ports import Clock, Intent, Payments
from shared.application.store import Cause
from shared.domain.errors import Declined, NotFound, OutcomeUnknown
from shared.domain.payment import commands as c
from shared.domain.saved_card import KeptCard, SavedCard, same_card, shown

_MOST_ATTEMPTS = 2


class CardFile(Protocol):
    """Where consents and their cards are kept, for good. Reads are strongly consistent."""

    def record(self, card: SavedCard) -> None:
        """Keep a consent; one of that id stays as it is."""
        ...

    def note_payment(self, customer_id: str, card_id: str, payment_id: str) -> None:
        """Note which payment a consent was given with."""
        ...

    def keep(self, customer_id: str, card_id: str, payment_id: str, kept: KeptCard) -> None:
        """Add the card to its consent; nothing happens where it has one or is withdrawn."""
        ...

    def withdraw(self, customer_id: str, card_id: str, at: datetime) -> None:
        """Note that a consent was taken back; the first time stays."""
        ...

    def card(self, customer_id: str, card_id: str) -> SavedCard | None:
        """One consent, with its card where it has one."""
        ...

    def cards(self, customer_id: str) -> Sequence[SavedCard]:
        """All of a customer's consents, withdrawn ones too, by id."""
        ...

    def provider_customer(self, customer_id: str) -> str | None:
        """The provider's id of a customer; None where he has none yet."""
        ...

    def note_provider_customer(self, customer_id: str, provider_customer: str) -> str:
        """Note the provider's id of a customer; returns the one that was noted first."""
        ...


class SavedCards:
    """The customers' saved cards.

    Args:
        file: consents and cards.
        provider: who keeps the cards themselves.
        payments: tell the customer that his card was saved.
        clock: business time.
    """

    def __init__(
        self, file: CardFile, provider: Payments, payments: PaymentRecords, clock: Clock
    ) -> None:
        self._file = file
        self._provider = provider
        self._payments = payments
        self._clock = clock

    def owner(self, customer_id: str) -> str:
        """The provider's id of a customer, to whom cards are saved: one for life.

        Raises:
            Upstream: the provider did not make one.
        """
        known = self._file.provider_customer(customer_id)
        if known is not None:
            return known
        # Two of a lost answer do no harm: the one that is noted is the one that is used.
        made = under_fresh_keys(
            f"customer:{sha256(customer_id.encode()).hexdigest()[:32]}",
            self._clock.now(),
            lambda key: self._provider.create_customer({"customer_id": customer_id}, key),
        )
        return self._file.note_provider_customer(customer_id, made)

    def record(self, consent: SavedCard) -> None:
        """Keep a consent, before the provider is asked for anything."""
        self._file.record(consent)

    def note_payment(self, consent: SavedCard, payment_id: str) -> None:
        """The payment that the consent was given with."""
        self._file.note_payment(consent.customer_id, consent.card_id, payment_id)

    def keep(self, intent: Intent) -> None:
        """A payment was captured: its card is saved where consent was given; repeatable.

        Args:
            intent: as the provider shows it; `consent` among its metadata is the consent's id.
        """
        card_id, customer_id = intent.metadata.get("consent"), intent.metadata.get("customer_id")
        if card_id is None or customer_id is None:
            return
        given = self._file.card(customer_id, card_id)
        if given is None or given.withdrawn_at is not None:
            return
        if given.kept is None:
            if not (intent.payment_method and intent.provider_customer and intent.card):
                return  # not a card, or one that the provider cannot tell from others
            kept = KeptCard(intent.payment_method, intent.provider_customer, intent.card)
            self._file.keep(customer_id, card_id, intent.intent_id, kept)
        cause = Cause("NoteCardSaved", PROVIDER, {"payment_intent": intent.intent_id})
        self._payments.apply(intent.intent_id, c.NoteCardSaved(), cause)

    def of(self, customer_id: str) -> tuple[SavedCard, ...]:
        """The cards that a customer can pay with, the latest first."""
        return shown(self._file.cards(customer_id))

    def card(self, customer_id: str, card_id: str) -> SavedCard:
        """A card that may be charged.

        Raises:
            NotFound: he has none of this id, or has it no more.
        """
        found = self._file.card(customer_id, card_id)
        if found is None or found.chargeable is None:
            raise _unknown()
        return found

    def forget(self, customer_id: str, card_id: str) -> None:
        """Charge a card no more, and have the provider forget it; the consents stay on record.

        The consent ends first: nothing is charged from then on, even if the provider cannot be
        reached; asked again, it is told again.

        Raises:
            NotFound: the customer never had such a card.
            Upstream: the provider may still have it.
        """
        found = self._file.card(customer_id, card_id)
        if found is None or found.kept is None:
            raise _unknown()
        every = same_card(self._file.cards(customer_id), found)
        now = self._clock.now()
        for one in every:
            self._file.withdraw(customer_id, one.card_id, now)
        for one in every:
            if one.kept is not None:
                self._provider.forget_card(one.kept.payment_method)

    def charge(self, card: SavedCard, intent: Intent, key: str) -> Intent:
        """Charge a saved card without its owner, once: an intent takes money once.

        The intent is noted before this is called, so that whatever becomes of the attempt, one who
        asks for the intent learns it, and no second intent is ever needed.

        Args:
            card: whose.
            intent: what is to be paid, as it stands.
            key: of this wish to pay; the same for every attempt at it.

        Returns:
            The intent: paid; or refused, with the bank's reason, and open to the customer himself.

        Raises:
            NotFound: the card was forgotten.
            Declined: the provider does not have the card any more.
            OutcomeUnknown, Unavailable: ask again, with the same key.
        """
        kept = card.chargeable
        if kept is None:
            raise _unknown()
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            if not intent.can_be_paid:
                return intent
            before = intent
            try:
                return self._provider.pay_with_saved_card(
                    intent,
                    kept.payment_method,
                    f"{key}:{attempt}",
                    provider_customer=kept.provider_customer,
                )
            except OutcomeUnknown:
                intent = self._provider.intent(before.intent_id)
                if intent.charge_id != before.charge_id:
                    return intent  # the attempt has come to an end all the same
            except (Declined, NotFound):
                raise Declined(
                    "saved_card_gone", "The payment provider does not have this card any more."
                ) from None
        raise OutcomeUnknown("charge_unknown", "Nobody knows yet whether the card was charged.")


class SavedCardPayments:
    """Bookings paid with a saved card.

    Args:
        bookings: what is paid for.
        card_payments: the one way money comes in by card.
        provider: who takes it.
        cards: the customers' saved cards.
    """

    def __init__(
        self,
        bookings: Bookings,
        card_payments: CardPayments,
        provider: Payments,
        cards: SavedCards,
    ) -> None:
        self._bookings = bookings
        self._card_payments = card_payments
        self._provider = provider
        self._cards = cards

    def pay(self, booking_id: str, card_id: str, key: str) -> Checkout:
        """Pay a held booking with a saved card, on the booking's one intent (S2.10).

        Args:
            booking_id: which booking.
            card_id: of its customer's saved card.
            key: the idempotency key of the request.

        Returns:
            The booking and its intent as they then are, also where it was paid before; where the
            bank refused or asks for the customer, he can confirm the same intent himself.

        Raises:
            RuleBroken: there is nothing to pay, or not any more.
            NotFound: he has no such card.
            Upstream: the provider did not answer, or has the card no more.
        """
        booking = self._bookings.load(booking_id).state
        if booking.paid_by_card and booking.intent_id is not None:
            return Checkout(booking, self._provider.intent(booking.intent_id))
        card = self._cards.card(booking.customer_id, card_id)
        checkout = self._card_payments.start(booking_id)
        name = f"confirm:{checkout.intent.intent_id}:{key}"
        intent = self._cards.charge(card, checkout.intent, name)
        self._card_payments.found(intent)
        return Checkout(self._bookings.load(booking_id).state, intent)


def _unknown() -> NotFound:
    return NotFound("card_unknown", "You have no such card.", "card_id")
