"""What we may know of a card: enough to name it to its owner, and to recognise it again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """A card as the provider shows it; its number never reaches us (S2.10).

    Args:
        brand: "visa".
        last4: the last four digits.
        fingerprint: the same wherever the same card number is used in one provider account.
    """

    brand: str
    last4: str
    fingerprint: str
