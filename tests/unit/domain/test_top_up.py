"""How much may be put on a balance (S2.9)."""

import pytest

from shared.domain.errors import RuleBroken
from shared.domain.lots import Tariff
from shared.domain.money import Money
from shared.domain.policy import CURRENT
from shared.domain.top_up import require_top_up

CHEAP, DEAR = Tariff("cheap", Money(3000, "rub")), Tariff("dear", Money(9000, "rub"))
YEN = Tariff("yen", Money(90, "jpy"))
SMALLEST, LARGEST = 3000 * 5, 9000 * 60 * 20  # five minutes at least, twenty hours at most


@pytest.mark.parametrize("minor", [SMALLEST, LARGEST])
def test_from_five_minutes_at_the_lowest_to_twenty_hours_at_the_highest_price(minor: int) -> None:
    # S2.9: what is not refused raises nothing
    require_top_up(Money(minor, "rub"), [DEAR, CHEAP, YEN], CURRENT)


@pytest.mark.parametrize("minor", [SMALLEST - 1, LARGEST + 1, 0, -SMALLEST])
def test_less_or_more_is_refused_with_both_limits(minor: int) -> None:
    with pytest.raises(RuleBroken) as refused:
        require_top_up(Money(minor, "rub"), [DEAR, CHEAP, YEN], CURRENT)
    assert (refused.value.code, refused.value.field) == ("amount_out_of_range", "amount_minor")
    assert "150.00 RUB to 108000.00 RUB" in refused.value.detail


def test_each_currency_has_its_own_limits() -> None:
    # S2.8
    require_top_up(Money(450, "jpy"), [CHEAP, YEN], CURRENT)
    with pytest.raises(RuleBroken, match="450 JPY to 108000 JPY"):
        require_top_up(Money(449, "jpy"), [CHEAP, YEN], CURRENT)


def test_price_of_almost_nothing_still_needs_something_to_be_paid() -> None:
    with pytest.raises(RuleBroken, match="amount_out_of_range"):
        require_top_up(Money(0, "jpy"), [Tariff("gift", Money(0, "jpy"))], CURRENT)


@pytest.mark.parametrize("tariffs", [[], [CHEAP, YEN]])
def test_money_that_buys_nothing_is_not_taken(tariffs: list[Tariff]) -> None:
    # S2.9
    with pytest.raises(RuleBroken) as refused:
        require_top_up(Money(5000, "usd"), tariffs, CURRENT)
    assert (refused.value.code, refused.value.field) == ("currency_without_tariff", "currency")
