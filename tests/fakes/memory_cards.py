"""The saved cards in memory: same promises, no I/O, the same result every time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shared.domain.saved_card import KeptCard, SavedCard


class MemoryCards:
    """`shared.application.saved_cards.CardFile` in memory."""

    def __init__(self) -> None:
        self._cards: dict[tuple[str, str], SavedCard] = {}
        self._owners: dict[str, str] = {}

    def record(self, card: SavedCard) -> None:
        self._cards.setdefault((card.customer_id, card.card_id), card)

    def note_payment(self, customer_id: str, card_id: str, payment_id: str) -> None:
        card = self.card(customer_id, card_id)
        if card is not None and card.payment_id is None:
            self._cards[customer_id, card_id] = replace(card, payment_id=payment_id)

    def keep(self, customer_id: str, card_id: str, payment_id: str, kept: KeptCard) -> None:
        card = self.card(customer_id, card_id)
        if card is not None and card.kept is None and card.withdrawn_at is None:
            self._cards[customer_id, card_id] = replace(card, payment_id=payment_id, kept=kept)

    def withdraw(self, customer_id: str, card_id: str, at: datetime) -> None:
        card = self.card(customer_id, card_id)
        if card is not None and card.withdrawn_at is None:
            self._cards[customer_id, card_id] = replace(card, withdrawn_at=at)

    def card(self, customer_id: str, card_id: str) -> SavedCard | None:
        return self._cards.get((customer_id, card_id))

    def cards(self, customer_id: str) -> Sequence[SavedCard]:
        return [self._cards[key] for key in sorted(self._cards) if key[0] == customer_id]

    def provider_customer(self, customer_id: str) -> str | None:
        return self._owners.get(customer_id)

    def note_provider_customer(self, customer_id: str, provider_customer: str) -> str:
        return self._owners.setdefault(customer_id, provider_customer)
