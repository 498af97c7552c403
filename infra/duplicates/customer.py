"""A customer of the play: sends what a browser sends, and writes down apart what he meant."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from infra.duplicates.house import House, Json, Sender, after

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 60
SILENT = 0.25  # of the customers never answer a question
_FORMLESS = 0.05  # of the clients do not tell from which form they order
# Cost of a minute and usual top-ups, in minor units.
_PRICES = {"rub": (5000, (50000, 100000, 150000)), "usd": (75, (500, 1000)), "jpy": (90, (1000,))}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: a session, or with an amount a top-up."""

    operator_id: str | None = None
    starts_at: datetime = BEGIN
    minutes: int = 0
    amount: int = 0

    def later(self, minutes: int) -> "Wish":
        """The same session at a later time."""
        return replace(self, starts_at=self.starts_at + timedelta(minutes=minutes))


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment that was made.

    Args:
        payment_id: at the provider.
        order_id: the booking or top-up.
        asked: when it was ordered.
        at: when it was charged.
        done: when the page showed it, or would have.
    """

    payment_id: str
    order_id: str
    asked: datetime
    at: datetime
    done: datetime


class Customer:
    """One person with one account, as a rule with a card of his own.

    Args:
        house: where he buys.
        random: his own chance.
        kind: the class of the story he plays.
        truth: where what he meant is written down.
    """

    def __init__(self, house: House, random: Random, kind: str, truth: list[Json]) -> None:
        self.house, self.random, self.truth = house, random, truth
        self._kind = kind
        self.customer_id = house.name("cus")
        self.card = house.name("card")
        self.currency = random.choices(list(_PRICES), (8, 1, 1))[0]
        self._formless = random.random() < _FORMLESS
        self._silent = random.random() < SILENT
        self.start = BEGIN + timedelta(seconds=random.randrange(DAYS * 86400))

    def relative(self, *, card: str | None) -> "Customer":
        """Another account in the same story, with a card of the first or one of its own."""
        other = Customer(self.house, self.random, self._kind, self.truth)
        other.currency, other.start = self.currency, self.start
        other.card = card or other.card
        return other

    def form(self, *, told: bool = False) -> Sender:
        """A newly opened order form.

        Args:
            told: his client surely tells which form it is.
        """
        silent = self._formless and not told
        return Sender(self.customer_id, None if silent else self.house.name("form"))

    def between(self, low: float, high: float) -> float:
        """So many seconds, more often few than many."""
        return low * math.pow(high / low, self.random.random())

    def session(self, *, named: bool) -> Wish:
        """A session some hours or days ahead, with a certain operator or any."""
        quarter = self.start.replace(minute=0, second=0, microsecond=0)
        starts = quarter + timedelta(minutes=15 * self.random.randrange(12, 2000))
        operator = self.house.name("op") if named else None
        return Wish(operator, starts, self.random.choice((15, 30, 30, 45, 60)))

    def top_up(self) -> Wish:
        """One of the usual amounts."""
        return Wish(amount=self.random.choice(_PRICES[self.currency][1]))

    def anything(self) -> Wish:
        """Something that can be bought twice by mistake: any operator, or a top-up."""
        return self.top_up() if self.random.random() < 0.4 else self.session(named=False)

    def price(self, wish: Wish) -> int:
        """What a card has to pay for it, in minor units."""
        return wish.amount or wish.minutes * _PRICES[self.currency][0]

    def buy(
        self,
        at: datetime,
        wish: Wish,
        form: Sender,
        *,
        seen: bool = True,
        takes: float | None = None,
        card: str | None = None,
        key: str | None = None,
    ) -> Paid | None:
        """Order and pay; None where the operator is taken.

        Args:
            at: when the order arrives.
            wish: what.
            form: from which form.
            seen: the page gets to show that it worked.
            takes: seconds until the provider has the money.
            card: another one than usual.
            key: of an order that is sent again.
        """
        key = key or self.house.name("key")
        charged = after(at, takes or self.between(6, 40))
        if wish.amount:
            order = self.house.top_up(at, form, wish.amount, self.currency, key=key, lost=not seen)
        else:
            booked = self.order(at, wish, form, key=key)
            if booked is None:
                return None
            order = booked
            self.house.pay(after(at, (charged - at).total_seconds() / 2), form, order)
        return self.charged(charged, order, wish, form, asked=at, seen=seen, card=card)

    def order(self, at: datetime, wish: Wish, form: Sender, *, key: str = "") -> str | None:
        """Hold a session without paying yet."""
        asked = {
            "operator_id": wish.operator_id,
            "starts_at": wish.starts_at.isoformat(),
            "minutes": wish.minutes,
        }
        key = key or self.house.name("key")
        return self.house.book(at, form, asked, self.price(wish), key=key)

    def charged(
        self,
        at: datetime,
        order_id: str,
        wish: Wish,
        form: Sender,
        *,
        asked: datetime,
        seen: bool = True,
        card: str | None = None,
        part: int | None = None,
        again: str | None = None,
    ) -> Paid:
        """The provider takes the price of an order, or a part of it."""
        payment = self.house.charge(
            at,
            order_id,
            card or self.card,
            self.price(wish) if part is None else part,
            self.currency,
            again=again,
        )
        done = after(at, self.between(1, 4))
        if seen:
            self.house.shown(done, form, payment)
        return Paid(payment, order_id, asked, at, done)

    def spend(self, at: datetime) -> None:
        """Book a session from the balance alone."""
        wish = self.session(named=True)
        asked = {
            "operator_id": wish.operator_id,
            "starts_at": wish.starts_at.isoformat(),
            "minutes": wish.minutes,
            "use_balance": True,
        }
        self.house.book(at, self.form(), asked, 0, key=self.house.name("key"))

    def wanted(self, *payments: Paid | None) -> None:
        """Each of these was meant."""
        for paid in payments:
            if paid is not None:
                self._note(paid, None)

    def one_too_many(self, stays: Paid, *extra: Paid | None) -> None:
        """Only the first of these was meant."""
        self._note(stays, None)
        for paid in extra:
            if paid is not None:
                self._note(paid, stays)

    def one_of(self, payments: Sequence[Paid | None]) -> None:
        """The same thing several times, wanted once: the first that was charged will do."""
        made = [paid for paid in payments if paid is not None]
        made.sort(key=lambda paid: (int(paid.at.timestamp()), paid.asked))
        self.one_too_many(made[0], *made[1:])

    def _note(self, paid: Paid, stays: Paid | None) -> None:
        answer = "wanted" if stays is None else "not_wanted"
        self.truth.append(
            {
                "payment_id": paid.payment_id,
                "class": self._kind,
                "wanted": stays is None,
                "duplicate_of": stays.payment_id if stays else None,
                "answer": "silence" if self._silent else answer,
            }
        )
