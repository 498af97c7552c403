"""Minutes on a balance stand in lots with the price paid; a booking is funded from them (S2.9)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.domain.money import Money

BONUS = "bonus"
# A booking writes one item per lot it takes from, and a decision is one transaction of 25 items.
MOST_LOTS = 12


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a minute costs; the price of a tariff never changes, a new price is a new tariff.

    Args:
        tariff_id: short name, part of ledger units.
        per_minute: price of one minute.
    """

    tariff_id: str
    per_minute: Money

    def price(self, seconds: int) -> Money:
        """The price of some seconds, rounded down to the minor unit."""
        return self.per_minute.share(seconds, 60)

    def seconds(self, money: Money) -> int:
        """How many whole seconds an amount buys; a tariff always has a price."""
        return money.minor * 60 // self.per_minute.minor


@dataclass(frozen=True, slots=True)
class Lot:
    """Minutes of one purchase that a customer may still use.

    Args:
        lot_id: unique per customer.
        tariff_id: the tariff they were bought on, or BONUS.
        bought: seconds the price was paid for.
        left: seconds not used yet.
        paid: price of `bought`; zero for bonus minutes.
        payment_id: the card payment they came from, where there was one.
        paid_at: when they were paid: the oldest are spent first.
        returned_at: when a mishap returned them, which starts the refund window anew (S2.3).
    """

    lot_id: str
    tariff_id: str
    bought: int
    left: int
    paid: Money
    payment_id: str | None
    paid_at: datetime
    returned_at: datetime | None = None

    @property
    def value(self) -> Money:
        """The price of what is left, floor(paid x left / bought), on cumulative totals."""
        return self.paid.share(self.left, self.bought)

    def without(self, seconds: int) -> "Lot":
        """The lot after some of its seconds were taken."""
        return replace(self, left=self.left - seconds)


class Source(StrEnum):
    """Where minutes of a booking came from, in the order in which they are spent (S2.9)."""

    BONUS = "bonus"
    LOT = "lot"
    BALANCE = "balance"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Holding:
    """Minutes held for one booking, from one source.

    Args:
        source: what paid for them.
        seconds: how much of the session they cover.
        paid: their price.
        paid_at: when that price was paid.
        lot_id: the lot they were taken from, where there was one.
        lot_tariff_id: the tariff of that lot.
        lot_seconds: what was taken from it: more or fewer than `seconds` where tariffs differ.
        lot_left: what it held then: `paid` is right for that alone, because of the rounding.
        payment_id: the card payment behind them, where there was one.
    """

    source: Source
    seconds: int
    paid: Money
    paid_at: datetime
    lot_id: str | None = None
    lot_tariff_id: str | None = None
    lot_seconds: int = 0
    lot_left: int = 0
    payment_id: str | None = None

    def returned(self, lot_id: str, tariff_id: str, seconds: int, now: datetime) -> Lot:
        """The lot that unused seconds of this holding become."""
        return Lot(
            lot_id=lot_id,
            tariff_id=BONUS if self.source is Source.BONUS else tariff_id,
            bought=self.seconds,
            left=seconds,
            paid=self.paid,
            payment_id=self.payment_id,
            paid_at=self.paid_at,
            returned_at=now,
        )


@dataclass(frozen=True, slots=True)
class Funding:
    """How a booking is paid.

    Args:
        holdings: what the balance covers, in the order of spending.
        card_seconds: what is left for a card.
        card_due: its price.
    """

    holdings: tuple[Holding, ...]
    card_seconds: int
    card_due: Money


def fund(seconds: int, tariff: Tariff, lots: Iterable[Lot], money: Money, now: datetime) -> Funding:
    """Cover a session from bonus minutes, then the oldest lots, then balance money, then a card.

    A bonus minute counts as a minute on any tariff; a bought one on another tariff counts at the
    price paid for it, in the same currency. At most MOST_LOTS lots go into one booking.

    Args:
        seconds: length of the session.
        tariff: the operator's.
        lots: the customer's, in any order.
        money: on the customer's balance, in the tariff's currency.
        now: UTC.
    """
    holdings: list[Holding] = []
    rest = seconds
    for lot in sorted(lots, key=lambda lot: (lot.tariff_id != BONUS, lot.paid_at, lot.lot_id)):
        taken = _take(lot, rest, tariff)
        if taken is not None and len(holdings) < MOST_LOTS:
            holdings.append(taken)
            rest -= taken.seconds
    covered = min(rest, tariff.seconds(money))
    if covered:
        holdings.append(Holding(Source.BALANCE, covered, tariff.price(covered), now))
        rest -= covered
    if rest and tariff.price(rest).minor == 0:
        # Too short to have a price: given.
        holdings.append(Holding(Source.BONUS, rest, tariff.price(rest), now))
        rest = 0
    return Funding(tuple(holdings), rest, tariff.price(rest))


def _take(lot: Lot, rest: int, tariff: Tariff) -> Holding | None:
    if rest == 0 or lot.left == 0:
        return None
    if lot.tariff_id in (BONUS, tariff.tariff_id):
        covers = taken = min(rest, lot.left)
    elif lot.paid.currency == tariff.per_minute.currency:
        taken = _seconds_worth(lot, tariff.price(rest).minor)
        if taken == 0:
            return None
        worth = lot.value.minor - lot.without(taken).value.minor
        covers = (
            rest
            if worth >= tariff.price(rest).minor
            else tariff.seconds(Money(worth, lot.paid.currency))
        )
        if covers == 0:
            return None
    else:
        return None
    return Holding(
        source=Source.BONUS if lot.tariff_id == BONUS else Source.LOT,
        seconds=covers,
        paid=lot.value - lot.without(taken).value,
        paid_at=lot.paid_at,
        lot_id=lot.lot_id,
        lot_tariff_id=lot.tariff_id,
        lot_seconds=taken,
        lot_left=lot.left,
        payment_id=lot.payment_id,
    )


def _seconds_worth(lot: Lot, minor: int) -> int:
    """The fewest seconds of a lot that are worth an amount, or all of them."""
    low, high = 0, lot.left
    while low < high:
        middle = (low + high) // 2
        if lot.value.minor - lot.without(middle).value.minor >= minor:
            high = middle
        else:
            low = middle + 1
    return low


def unused(holdings: tuple[Holding, ...], used: int) -> tuple[int, ...]:
    """How many seconds of each holding are left when `used` were spent in their order."""
    left: list[int] = []
    for holding in holdings:
        spent = min(used, holding.seconds)
        used -= spent
        left.append(holding.seconds - spent)
    return tuple(left)


def restore(holdings: tuple[Holding, ...], lot_prefix: str, now: datetime) -> tuple[Lot, ...]:
    """The lots that a booking's holdings were, given back whole and as they were paid (S2.3).

    Money goes back as money, and a card payment to its card; neither is a lot.

    Args:
        holdings: of the booking.
        lot_prefix: makes the new lots' ids unique.
        now: UTC.
    """
    return tuple(
        Lot(
            lot_id=f"{lot_prefix}{n}",
            tariff_id=holding.lot_tariff_id,
            bought=holding.lot_seconds,
            left=holding.lot_seconds,
            paid=holding.paid,
            payment_id=holding.payment_id,
            paid_at=holding.paid_at,
            returned_at=now,
        )
        for n, holding in enumerate(holdings, start=1)
        if holding.lot_tariff_id is not None
    )


def retake(holdings: tuple[Holding, ...], restored: tuple[Lot, ...]) -> tuple[Holding, ...]:
    """The same holdings, taken again from the lots they had been given back as."""
    lots = iter(restored)
    return tuple(
        replace(holding, lot_id=(lot := next(lots)).lot_id, lot_left=lot.left)
        if holding.lot_tariff_id
        else holding
        for holding in holdings
    )
