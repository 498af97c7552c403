"""What a customer has on his balance stands in lots with the price paid; bookings take from them.

Minutes and money alike: every lot knows the payment it came from, so that a refund knows how much
goes to which card (S2.9).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.domain.money import Money

BONUS = "bonus"
MONEY = "money"
# A decision is one transaction of 25 items. A booking of two hours that is paid when its slot had
# been released writes, beside a lot each: eight quarters, two decisions and their heads, the two
# pointers by which its payment is found, and a key.
MOST_LOTS = 10
# Each holding of a booking may come back as a lot when its session is settled, in one transaction
# too: beside the decision and its head, a bonus, a key, and the nine quarters that two hours may
# touch.
MOST_HOLDINGS = 12


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
    """Minutes, or money, of one purchase that a customer may still use.

    Args:
        lot_id: unique per customer.
        tariff_id: the tariff they were bought on, BONUS, or MONEY.
        bought: seconds the price was paid for; minor units where it is money.
        left: seconds or minor units not used yet.
        paid: price of `bought`; zero for bonus minutes.
        payment_id: the card payment they came from, where there was one.
        paid_at: when they were paid: the oldest are spent first.
        returned_at: when a mishap returned them, which starts the refund window anew (S2.3).
        our_fault: returned by our own fault, so that no window closes (S2.3).
        left_of: the booking whose session left it unused, whatever was booked with it and given
            back since.
    """

    lot_id: str
    tariff_id: str
    bought: int
    left: int
    paid: Money
    payment_id: str | None
    paid_at: datetime
    returned_at: datetime | None = None
    our_fault: bool = False
    left_of: str | None = None

    @property
    def is_money(self) -> bool:
        """Whether it is money rather than minutes."""
        return self.tariff_id == MONEY

    @property
    def value(self) -> Money:
        """The price of what is left, floor(paid x left / bought), on cumulative totals."""
        return self.paid.share(self.left, self.bought)

    def without(self, taken: int) -> "Lot":
        """The lot after some of its seconds or minor units were taken."""
        return replace(self, left=self.left - taken)


def money_lot(
    lot_id: str,
    amount: Money,
    payment_id: str | None,
    paid_at: datetime,
    *,
    returned_at: datetime | None = None,
    our_fault: bool = False,
) -> Lot:
    """Money on a balance, with the payment it came from."""
    return Lot(
        lot_id,
        MONEY,
        amount.minor,
        amount.minor,
        amount,
        payment_id,
        paid_at,
        returned_at,
        our_fault,
    )


def money_of(lots: Iterable[Lot]) -> dict[str, int]:
    """The money among some lots, minor units by currency."""
    totals: dict[str, int] = {}
    for lot in lots:
        if lot.is_money:
            totals[lot.paid.currency] = totals.get(lot.paid.currency, 0) + lot.left
    return totals


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
        lot_tariff_id: the tariff of that lot, or MONEY.
        lot_seconds: what was taken from it: more or fewer than `seconds` where tariffs differ,
            minor units where it was money.
        lot_left: what it held then: `paid` is right for that alone, because of the rounding.
        payment_id: the card payment behind them, where there was one.
        our_fault: the lot had been returned by our own fault.
        left_of: as of the lot.
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
    our_fault: bool = False
    left_of: str | None = None

    def returned(
        self,
        lot_id: str,
        tariff_id: str,
        seconds: int,
        now: datetime,
        *,
        our_fault: bool,
        left_of: str,
    ) -> Lot:
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
            our_fault=our_fault or self.our_fault,
            left_of=left_of,
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


def fund(
    seconds: int, tariff: Tariff, lots: Iterable[Lot], now: datetime, most: int = MOST_LOTS
) -> Funding:
    """Cover a session from bonus minutes, the oldest lots, balance money, and last a card.

    A bonus minute counts as a minute on any tariff; a bought one on another tariff counts at the
    price paid for it, in the same currency.

    Args:
        seconds: length of the session.
        tariff: the operator's.
        lots: the customer's minutes and money, in any order.
        now: UTC.
        most: so many lots go into one decision at most.
    """
    holdings: list[Holding] = []
    rest = seconds
    for lot in sorted(lots, key=_spending_order):
        taken = _take(lot, rest, tariff)
        if taken is not None and len(holdings) < most:
            holdings.append(taken)
            rest -= taken.seconds
    if rest and tariff.price(rest).minor == 0:
        # Too short to have a price: given.
        holdings.append(Holding(Source.BONUS, rest, tariff.price(rest), now))
        rest = 0
    return Funding(tuple(holdings), rest, tariff.price(rest))


_SPENT_FIRST = {BONUS: 0, MONEY: 2}


def _spending_order(lot: Lot) -> tuple[int, datetime, str]:
    return _SPENT_FIRST.get(lot.tariff_id, 1), lot.paid_at, lot.lot_id


def _take(lot: Lot, rest: int, tariff: Tariff) -> Holding | None:
    if rest == 0 or lot.left == 0:
        return None
    if lot.tariff_id in (BONUS, tariff.tariff_id):
        covers = taken = min(rest, lot.left)
    elif lot.paid.currency != tariff.per_minute.currency:
        return None
    elif lot.is_money:
        enough = lot.value.minor >= tariff.price(rest).minor
        covers = rest if enough else tariff.seconds(lot.value)
        taken = tariff.price(covers).minor
        if taken == 0:
            return None
    else:
        taken = seconds_worth(lot, tariff.price(rest).minor)
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
    return Holding(
        source=_SOURCE.get(lot.tariff_id, Source.LOT),
        seconds=covers,
        paid=lot.value - lot.without(taken).value,
        paid_at=lot.paid_at,
        lot_id=lot.lot_id,
        lot_tariff_id=lot.tariff_id,
        lot_seconds=taken,
        lot_left=lot.left,
        payment_id=lot.payment_id,
        our_fault=lot.our_fault,
        left_of=lot.left_of,
    )


_SOURCE = {BONUS: Source.BONUS, MONEY: Source.BALANCE}


def seconds_worth(lot: Lot, minor: int) -> int:
    """The fewest seconds of a lot that are worth an amount, or all of them."""
    low, high = 0, lot.left
    while low < high:
        middle = (low + high) // 2
        if lot.value.minor - lot.without(middle).value.minor >= minor:
            high = middle
        else:
            low = middle + 1
    return low


_SOURCES_SPENT = (Source.BONUS, Source.LOT, Source.BALANCE, Source.CARD)


def spent_first(holding: Holding) -> int:
    """A key by which holdings are sorted into the order in which they are spent (S2.9)."""
    return _SOURCES_SPENT.index(holding.source)


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

    A card payment goes back to its card and is no lot.

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
            our_fault=holding.our_fault,
            left_of=holding.left_of,
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
