"""What of a payment may go back, and from where: unused lots, fourteen days, our fault (S2.3)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import RuleBroken
from shared.domain.lots import BONUS, Lot, money_lot
from shared.domain.money import Money
from shared.domain.payment.refund_sources import (
    MOST_PARTS,
    Sources,
    refundable,
    sources,
    unused_of,
)
from shared.domain.policy import CURRENT
from tests.unit.domain.payment.play import (
    DAY,
    MONDAY,
    PAYMENT_ID,
    PRICE,
    PaymentPlay,
    booked,
    many_lots,
    nobodys,
    rub,
    top_up,
    unused,
)

WINDOW = CURRENT.refund_window_days * DAY
SECOND = timedelta(seconds=1)


def find(
    play: PaymentPlay,
    amount: Money | None = None,
    *,
    lots: list[Lot] | None = None,
    our_fault: bool = False,
) -> Sources:
    stands = list(play.lots.values()) if lots is None else lots
    return sources(play.payment, stands, amount, play.now, CURRENT, our_fault=our_fault)


def minutes(seconds: int, paid: int, lot_id: str = "l1") -> Lot:
    return Lot(lot_id, "standard", seconds, seconds, rub(paid), PAYMENT_ID, MONDAY)


# --- used, unused, bonus --------------------------------------------------------------------------


def test_all_that_is_unused_goes_back_and_used_minutes_never() -> None:
    # S2.3
    found = find(unused(used=50_000))
    assert (found.amount, found.goodwill) == (rub(100_000), 0)
    assert [part.seconds for part in found.taken] == [1200]
    with pytest.raises(RuleBroken, match="nothing_unused"):
        find(unused(used=150_000))


def test_more_than_is_unused_is_refused_with_the_fact() -> None:
    # S2.3
    with pytest.raises(RuleBroken, match=r"At most 1000\.00 RUB") as refused:
        find(unused(used=50_000), rub(100_001))
    assert (refused.value.code, refused.value.field) == ("refund_exceeds_unused", "amount_minor")


def test_bonus_minutes_have_no_price() -> None:
    # S2.3
    play = unused(used=150_000)
    bonus = Lot("gift", BONUS, 600, 600, rub(0), PAYMENT_ID, MONDAY, MONDAY, our_fault=True)
    assert not refundable(bonus, MONDAY, CURRENT)
    with pytest.raises(RuleBroken, match="nothing_unused"):
        find(play, lots=[bonus])


def test_lots_of_other_payments_and_of_none_stay_where_they_are() -> None:
    # S2.2: to the original payment method only
    play = unused()
    (own,) = play.lots.values()
    others = [
        replace(own, lot_id="other", payment_id="pi_9"),
        replace(own, lot_id="gift", payment_id=None),
    ]
    assert [part.lot.lot_id for part in find(play, lots=[*others, own]).taken] == ["lot-1"]


def test_money_that_belongs_to_nothing_is_taken_before_any_lot() -> None:
    # S2.5
    play = nobodys()
    found = find(play, rub(100_000), lots=[minutes(600, 50_000)])
    assert (found.taken, found.goodwill) == ((), 0)
    found = find(play, PRICE, lots=[])
    assert (found.amount, found.taken, found.goodwill) == (PRICE, (), 0)


def test_what_a_booking_holds_goes_back_by_its_cancellation_alone() -> None:
    # S2.3
    with pytest.raises(RuleBroken, match="nothing_unused"):
        find(booked())


# --- fourteen days --------------------------------------------------------------------------------


def test_unused_minutes_can_be_returned_for_fourteen_days_to_the_second() -> None:
    # S2.3
    play = top_up()
    play.now = MONDAY + WINDOW
    assert find(play).amount == PRICE
    play.now += SECOND
    with pytest.raises(RuleBroken, match="refund_window_over"):
        find(play)


def test_a_mishap_opens_the_window_anew() -> None:
    # S2.3: from the payment or from the return, whichever is later
    lot = minutes(600, 50_000)
    back = replace(lot, returned_at=MONDAY + 10 * DAY)
    assert not refundable(lot, MONDAY + WINDOW + SECOND, CURRENT)
    assert refundable(back, MONDAY + 10 * DAY + WINDOW, CURRENT)
    assert not refundable(back, MONDAY + 10 * DAY + WINDOW + SECOND, CURRENT)
    early = replace(lot, returned_at=MONDAY - DAY)
    assert refundable(early, MONDAY + WINDOW, CURRENT)


def test_our_own_fault_knows_no_window() -> None:
    # S2.3
    lot = replace(minutes(600, 50_000), our_fault=True)
    assert refundable(lot, MONDAY + 1000 * DAY, CURRENT)
    play = top_up()
    play.now = MONDAY + 100 * DAY
    assert find(play, our_fault=True).taken[0].lot.lot_id == "pi_1-top-up"


def test_of_old_and_new_lots_only_the_new_ones_go_back() -> None:
    # S2.3
    play = unused(used=150_000)
    play.now = MONDAY + WINDOW + DAY
    old, new = minutes(600, 50_000, "old"), replace(minutes(600, 50_000, "new"), returned_at=MONDAY)
    new = replace(new, returned_at=MONDAY + 2 * DAY)
    found = find(play, lots=[old, new])
    assert [part.lot.lot_id for part in found.taken] == ["new"]


# --- our fault ------------------------------------------------------------------------------------


def test_used_minutes_go_back_as_goodwill_for_our_fault_alone() -> None:
    # S2.3
    play = unused(used=50_000)
    found = find(play, our_fault=True)
    assert (found.amount, found.goodwill) == (PRICE, 50_000)
    assert sum(part.value.minor for part in found.taken) == 100_000
    assert find(play, rub(80_000), our_fault=True).goodwill == 0


def test_our_fault_gives_back_no_more_than_is_left_of_the_payment() -> None:
    # Never 2
    play = unused(used=50_000)
    play.ask(rub(100_000))
    assert find(play, our_fault=True).amount == rub(50_000)
    with pytest.raises(RuleBroken, match="refund_exceeds_unused"):
        find(play, rub(50_001), our_fault=True)


# --- rounding -------------------------------------------------------------------------------------


def test_what_cannot_be_cut_exactly_is_rounded_down_and_never_up() -> None:
    # S2.9: three seconds for 100 are worth 34, 33 and 33
    play = unused(used=150_000)
    found = find(play, rub(50), lots=[minutes(3, 100)])
    assert (found.amount, found.taken[0].seconds, found.goodwill) == (rub(34), 1, 0)
    whole = find(play, rub(100), lots=[minutes(3, 100)])
    assert (whole.amount, whole.taken[0].seconds) == (rub(100), 3)


def test_an_amount_too_small_to_cut_is_refused_and_not_given() -> None:
    # S2.9
    play = unused()
    with pytest.raises(RuleBroken, match="amount_not_positive"):
        play.ask(rub(10))  # a second costs more
    assert play.payment.refunds == ()


def test_money_is_cut_to_the_minor_unit() -> None:
    # S2.9
    play = unused(used=150_000)
    purse = money_lot("m", rub(100), PAYMENT_ID, MONDAY)
    assert find(play, rub(33), lots=[purse]).amount == rub(33)


def test_the_oldest_lots_go_first() -> None:
    # S2.9
    old, new = minutes(60, 5000, "b"), replace(minutes(60, 5000, "a"), paid_at=MONDAY + DAY)
    taken, covered = unused_of([new, old], 7500)
    assert [(part.lot.lot_id, part.seconds) for part in taken] == [("b", 60), ("a", 30)]
    assert covered == 7500


@given(
    lots=st.lists(st.tuples(st.integers(1, 7200), st.integers(0, 10**6)), max_size=30),
    wanted=st.integers(0, 10**7),
)
def test_never_more_is_taken_than_was_asked_for_or_is_there(
    lots: list[tuple[int, int]], wanted: int
) -> None:
    # Never 1, S2.9
    there = [minutes(seconds, paid, f"l{n}") for n, (seconds, paid) in enumerate(lots)]
    taken, covered = unused_of(there, wanted)
    assert covered == sum(part.value.minor for part in taken) <= wanted
    assert all(0 < part.seconds <= part.lot.left for part in taken)
    assert len({part.lot.lot_id for part in taken}) == len(taken) <= MOST_PARTS
    if len(there) <= MOST_PARTS and wanted >= sum(lot.value.minor for lot in there):
        assert covered == sum(lot.value.minor for lot in there)


def test_of_very_many_lots_as_many_go_back_as_one_decision_takes() -> None:
    # S2.9: the rest is asked for again, and is not given for nothing meanwhile
    play = many_lots(MOST_PARTS + 5)
    for our_fault in (False, True):
        found = find(play, our_fault=our_fault)
        assert (len(found.taken), found.goodwill) == (MOST_PARTS, 0)
        assert found.amount == rub(MOST_PARTS * 1000)
    play.ask()
    assert find(play).amount == rub(5000)
