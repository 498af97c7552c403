"""Minutes with a price: how a booking is funded, and what becomes of the rest."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.lots import (
    BONUS,
    MONEY,
    MOST_LOTS,
    Lot,
    Source,
    Tariff,
    fund,
    money_lot,
    money_of,
    restore,
    retake,
    unused,
)
from shared.domain.money import Money
from tests.unit.domain.play import START, TARIFF

NOTHING = Money(0, "rub")


def purse(minor: int, age: int = 0) -> list[Lot]:
    if not minor:
        return []
    paid_at = START - timedelta(days=age)
    return [money_lot(f"m{age}", Money(minor, "rub"), "pi_2", paid_at)]


def lot(
    name: str, left: int, *, paid: int | None = None, tariff: str = "standard", age: int = 0
) -> Lot:
    price = TARIFF.price(left).minor if paid is None else paid
    return Lot(name, tariff, left, left, Money(price, "rub"), "pi_1", START - timedelta(days=age))


def test_bonus_then_the_oldest_lots_then_money_then_a_card() -> None:
    # S2.9
    lots = [lot("new", 300, age=1), lot("old", 300, age=9), lot("gift", 120, paid=0, tariff=BONUS)]
    funding = fund(1800, TARIFF, [*purse(20000), *lots], START)
    assert [(h.source, h.seconds) for h in funding.holdings] == [
        (Source.BONUS, 120),
        (Source.LOT, 300),
        (Source.LOT, 300),
        (Source.BALANCE, 240),
    ]
    assert [h.lot_id for h in funding.holdings] == ["gift", "old", "new", "m0"]
    assert (funding.card_seconds, funding.card_due) == (840, Money(70000, "rub"))


def test_minute_of_another_tariff_counts_at_the_price_paid_for_it() -> None:
    # S2.9: ten minutes bought at 25 pay for five at 50
    cheap = lot("cheap", 600, paid=25000, tariff="evening")
    funding = fund(1800, TARIFF, [cheap], START)
    assert [(h.seconds, h.lot_seconds, h.paid) for h in funding.holdings] == [
        (300, 600, Money(25000, "rub"))
    ]
    dear = lot("dear", 600, paid=100000, tariff="night")
    funding = fund(300, TARIFF, [dear], START)
    assert [(h.seconds, h.lot_seconds) for h in funding.holdings] == [(300, 150)]
    assert funding.card_due == NOTHING


def test_minutes_in_another_currency_are_left_alone() -> None:
    # S2.8
    other = Lot("usd", "evening", 600, 600, Money(1000, "usd"), None, START)
    assert fund(600, TARIFF, [other], START).holdings == ()


def test_a_booking_takes_from_no_more_lots_than_fit_one_transaction() -> None:
    # S2.9
    lots = [lot(f"{n:02}", 60, age=n) for n in range(30)]
    assert len(fund(7200, TARIFF, lots, START).holdings) == MOST_LOTS


def test_used_seconds_are_spent_in_the_order_of_the_holdings() -> None:
    # S2.9
    holdings = fund(900, TARIFF, [lot("a", 300, age=2), lot("b", 600, age=1)], START).holdings
    assert unused(holdings, 0) == (300, 600)
    assert unused(holdings, 400) == (0, 500)
    assert unused(holdings, 900) == (0, 0)


LOTS = st.lists(
    st.builds(
        lambda name, left, paid, tariff, age: lot(
            f"l{name}", left, paid=0 if tariff == BONUS else paid, tariff=tariff, age=age
        ),
        st.integers(0, 10**6),
        st.integers(1, 7200),
        st.integers(0, 10**6),
        st.sampled_from(["standard", "evening", BONUS]),
        st.integers(0, 30),
    ),
    max_size=6,
    unique_by=lambda each: each.lot_id,
)


@given(
    seconds=st.integers(5, 120).map(lambda m: m * 60),
    lots=LOTS,
    money=st.integers(0, 10**6),
    per_minute=st.integers(1, 10**5),
)
def test_every_second_is_covered_once_and_no_lot_gives_more_than_it_has(
    seconds: int, lots: list[Lot], money: int, per_minute: int
) -> None:
    # S2.9, Never 1
    tariff = Tariff("standard", Money(per_minute, "rub"))
    funding = fund(seconds, tariff, [*lots, *purse(money)], START)
    assert sum(h.seconds for h in funding.holdings) + funding.card_seconds == seconds
    assert funding.card_due == tariff.price(funding.card_seconds)
    by_id = {each.lot_id: each for each in [*lots, *purse(money)]}
    for holding in funding.holdings:
        assert holding.seconds > 0
        if holding.lot_id is not None:
            source = by_id[holding.lot_id]
            assert 0 < holding.lot_seconds <= source.left
            assert source.value == holding.paid + source.without(holding.lot_seconds).value
    spent = sum(h.paid.minor for h in funding.holdings if h.source is Source.BALANCE)
    assert spent <= money


@given(paid=st.integers(0, 10**7), bought=st.integers(1, 7200), cuts=st.lists(st.integers(0, 7200)))
def test_the_parts_of_a_price_add_up_to_it_however_it_is_cut(
    paid: int, bought: int, cuts: list[int]
) -> None:
    # S2.9: floor(paid x unused / bought) on cumulative totals, the last takes the remainder
    whole = Lot("l", "standard", bought, bought, Money(paid, "rub"), None, START)
    marks = sorted({min(cut, bought) for cut in cuts} | {0, bought})
    parts = [
        whole.without(start).value.minor - whole.without(end).value.minor
        for start, end in pairwise(marks)
    ]
    assert sum(parts) == paid
    assert all(part >= 0 for part in parts)


def test_what_a_cancelled_booking_held_goes_back_as_it_was() -> None:
    # S2.3
    mixed = [lot("cheap", 600, paid=25000, tariff="evening"), lot("gift", 60, paid=0, tariff=BONUS)]
    holdings = fund(1800, TARIFF, [*mixed, *purse(5000)], START).holdings
    back = restore(holdings, "b-c", START)
    assert [(r.tariff_id, r.left, r.paid.minor) for r in back] == [
        (BONUS, 60, 0),
        ("evening", 600, 25000),
        (MONEY, 5000, 5000),
    ]
    assert {r.payment_id for r in back} == {"pi_1", "pi_2"}


def test_what_was_taken_by_our_fault_or_long_ago_stays_so_when_it_goes_back() -> None:
    # S2.3: a held booking starts no window anew, and closes none
    faulty = replace(purse(5000, age=20)[0], our_fault=True)
    old = lot("old", 300, age=30)
    holdings = fund(1800, TARIFF, [faulty, old], START).holdings
    back = restore(holdings, "b-c", START)
    assert [(r.our_fault, r.paid_at) for r in back] == [
        (False, old.paid_at),
        (True, faulty.paid_at),
    ]
    assert [h.our_fault for h in fund(1800, TARIFF, back, START).holdings] == [False, True]


def test_a_booking_taken_up_again_takes_the_very_lots_it_was_given_back_as() -> None:
    # S2.10
    holdings = fund(1800, TARIFF, [lot("old", 300, age=9), *purse(5000)], START).holdings
    back = restore(holdings, "b-c", START)
    again = retake(holdings, back)
    assert [(h.lot_id, h.lot_left) for h in again] == [("b-c1", 300), ("b-c2", 5000)]
    assert [(h.seconds, h.paid) for h in again] == [(h.seconds, h.paid) for h in holdings]


def test_money_is_counted_by_its_currency_and_minutes_are_no_money() -> None:
    # S2.8, S2.9
    euros = money_lot("e", Money(7, "eur"), None, START)
    mine = [*purse(100), *purse(23, age=1), euros, lot("minutes", 600)]
    assert money_of(mine) == {"rub": 123, "eur": 7}
    assert fund(1800, TARIFF, [euros], START).holdings == ()


def test_money_that_buys_not_a_second_stays_where_it_is() -> None:
    # S2.9: no lot is emptied for nothing
    dear = Tariff("dear", Money(600000, "rub"))
    assert fund(1800, dear, purse(9_999), START).holdings == ()
    (holding,) = fund(1800, dear, purse(10_050), START).holdings
    assert (holding.seconds, holding.paid.minor, holding.lot_seconds) == (1, 10_000, 10_000)


@given(st.integers(1, 7200), st.integers(1, 10**6))
def test_money_of_exactly_the_price_covers_all_of_it(seconds: int, per_minute: int) -> None:
    # S2.9: whatever is lost in rounding; what is charged for an extension pays for it
    tariff = Tariff("any", Money(per_minute, "rub"))
    price = tariff.price(seconds)
    funding = fund(seconds, tariff, purse(price.minor), START)
    assert (funding.card_seconds, sum(h.seconds for h in funding.holdings)) == (0, seconds)
    assert sum(h.paid.minor for h in funding.holdings) == price.minor
