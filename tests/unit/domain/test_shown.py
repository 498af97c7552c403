"""How facts are shown to people."""

from datetime import UTC, datetime

import pytest

from shared.domain.card import Card
from shared.domain.letters.shown import card_text, masked_phone, moment_text, percent_text


def test_moment_says_which_clock_it_is_on() -> None:
    # S2.6
    assert moment_text(datetime(2026, 3, 2, 9, 5, 59, tzinfo=UTC)) == "02.03.2026 09:05 UTC"


@pytest.mark.parametrize(
    ("brand", "text"),
    [
        ("visa", "Visa •••• 0042"),
        ("mastercard", "Mastercard •••• 0042"),
        ("amex", "American Express •••• 0042"),
        ("unionpay", "UnionPay •••• 0042"),
        ("unknown", "•••• 0042"),
    ],
)
def test_card_is_shown_by_brand_and_last_digits(brand: str, text: str) -> None:
    # S2.10: never more of its number
    assert card_text(Card(brand, "0042", "fingerprint")) == text


@pytest.mark.parametrize(
    ("phone", "text"), [("+12025550123", "+120••••••23"), ("+74955550123", "+749••••••23")]
)
def test_phone_number_is_recognised_by_its_owner_alone(phone: str, text: str) -> None:
    # S2.6
    assert masked_phone(phone) == text


@pytest.mark.parametrize(
    ("basis_points", "text"),
    [(0, "0 %"), (2000, "20 %"), (750, "7.5 %"), (725, "7.25 %"), (5, "0.05 %")],
)
def test_rate_is_exact_and_short(basis_points: int, text: str) -> None:
    # S2.6, S2.8
    assert percent_text(basis_points) == text
