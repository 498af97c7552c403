"""How moments, cards, numbers and rates are shown to people."""

from datetime import datetime

from shared.domain.card import Card

# Brands whose name is not their code with a capital letter (docs.stripe.com/api: card.brand).
_BRANDS = {
    "amex": "American Express",
    "diners": "Diners Club",
    "eftpos_au": "eftpos",
    "jcb": "JCB",
    "unionpay": "UnionPay",
    "unknown": "",
}
_KEPT_IN_FRONT = 4  # "+" and a country code
_KEPT_BEHIND = 2


def moment_text(moment: datetime) -> str:
    """A moment to the minute, in UTC, and saying so.

    Args:
        moment: UTC.
    """
    return f"{moment:%d.%m.%Y %H:%M} UTC"


def card_text(card: Card) -> str:
    """A card as its owner knows it: "Visa •••• 4242"."""
    name = _BRANDS.get(card.brand, card.brand.capitalize())
    return f"{name} •••• {card.last4}".lstrip()


def masked_phone(phone: str) -> str:
    """A number that its owner recognises and nobody can dial.

    Args:
        phone: E.164.
    """
    hidden = len(phone) - _KEPT_IN_FRONT - _KEPT_BEHIND
    return phone[:_KEPT_IN_FRONT] + "•" * hidden + phone[-_KEPT_BEHIND:]


def percent_text(basis_points: int) -> str:
    """A rate in per cent, without zeros that say nothing: "20 %", "7.25 %"."""
    whole, rest = divmod(basis_points, 100)
    decimals = f".{rest:02d}".rstrip("0") if rest else ""
    return f"{whole}{decimals} %"
