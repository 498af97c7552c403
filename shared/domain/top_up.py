"""What may be put on a balance: enough to buy something with, and not more than is sensible."""

from collections.abc import Iterable

from shared.domain.errors import RuleBroken
from shared.domain.lots import Tariff
from shared.domain.money import Money
from shared.domain.policy import Policy


def require_top_up(amount: Money, tariffs: Iterable[Tariff], policy: Policy) -> None:
    """Refuse an amount that cannot be put on a balance, with the fact.

    Args:
        amount: what is to be paid.
        tariffs: all of them: money in a currency without any would buy nothing.
        policy: in force.

    Raises:
        RuleBroken: nothing has a price in this currency, or it is too little or too much.
    """
    prices = [t for t in tariffs if t.per_minute.currency == amount.currency]
    if not prices:
        raise RuleBroken(
            "currency_without_tariff",
            f"Nothing can be bought for {amount.currency.upper()} here.",
            "currency",
        )
    dearest = max(prices, key=lambda tariff: tariff.per_minute.minor)
    smallest = smallest_top_up(prices, policy)
    largest = dearest.price(policy.top_up_largest)
    if not smallest.minor <= amount.minor <= largest.minor:
        raise RuleBroken(
            "amount_out_of_range",
            f"A balance can be topped up by {smallest} to {largest} at a time.",
            "amount_minor",
        )


def smallest_top_up(prices: Iterable[Tariff], policy: Policy) -> Money:
    """The least that can be put on a balance.

    Args:
        prices: the tariffs of one currency, at least one.
        policy: in force.
    """
    cheapest = min(prices, key=lambda tariff: tariff.per_minute.minor)
    smallest = cheapest.price(policy.top_up_smallest)
    return max(smallest, Money(1, smallest.currency), key=lambda amount: amount.minor)
