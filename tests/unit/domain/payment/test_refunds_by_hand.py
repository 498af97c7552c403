"""Refunds that somebody makes in the provider's dashboard: found, booked, never paid twice."""

import pytest

from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.payment import commands as c
from shared.domain.payment import events as e
from shared.domain.payment.claims import RefundStatus
from tests.unit.domain.payment.play import (
    AGENT,
    BOOKING_ID,
    MONDAY,
    PAYMENT_ID,
    PRICE,
    PaymentPlay,
    booked,
    nobodys,
    rub,
    top_up,
    unused,
)


def test_a_refund_by_hand_takes_the_unused_lots_it_paid_back() -> None:
    # S2.5, S2.9
    play = unused()
    play.see_refund(rub(50_000))
    (lot,) = play.lots.values()
    assert lot.value == rub(100_000)
    assert (play.held("provider"), play.held("goodwill")) == (100_000, 0)
    assert play.refund("re_hand").status is RefundStatus.SETTLED
    assert (play.payment.refunded, play.payment.refundable) == (rub(50_000), rub(100_000))
    assert play.letters()[-1] is PaymentLetter.REFUND_RECEIPT


def test_what_nothing_unused_stands_for_was_given_by_us() -> None:
    # S2.3
    play = unused(used=100_000)
    play.see_refund(PRICE)
    assert play.lots == {}
    assert play.held("goodwill") == 100_000


def test_money_that_belongs_to_nothing_yet_pays_for_it_first() -> None:
    # S2.5
    play = nobodys()
    play.see_refund(rub(60_000))
    assert (play.payment.unallocated, play.held("goodwill")) == (90_000, 0)


@pytest.mark.parametrize("status", ["waiting", "requested"])
def test_a_refund_by_hand_of_the_same_amount_is_the_one_we_were_to_make(status: str) -> None:
    # Never 2: somebody was faster than we
    play = top_up(5_000_000)
    play.ask(rub(2_000_000), by=AGENT if status == "waiting" else "customer")
    play.see_refund(rub(2_000_000))
    assert play.refund().status is RefundStatus.SETTLED
    assert play.refund("re_hand").refund_id == "r1"
    assert play.payment.refunded == rub(2_000_000)
    assert play.letters().count(PaymentLetter.REFUND_RECEIPT) == 1
    assert "r1" not in play.payment.pending


def test_a_refund_by_hand_that_is_known_is_booked_once() -> None:
    # Never 2
    play = unused()
    play.see_refund(rub(50_000))
    count = len(play.history)
    play.see_refund(rub(50_000))
    assert len(play.history) == count
    play.ask(rub(50_000))
    play.do(c.NoteRefund("r1", "re_1", settled=False))
    play.see_refund(rub(50_000), "re_1")
    assert len(play.payment.refunds) == 2


def test_of_one_amount_the_refund_the_provider_is_on_is_another_one() -> None:
    # Never 2: ours is with the provider already, so this one is a second
    play = unused()
    play.ask(rub(50_000))
    play.do(c.NoteRefund("r1", "re_1", settled=False))
    play.see_refund(rub(50_000))
    assert play.payment.refunded == rub(100_000)


def test_our_refund_that_no_longer_fits_pays_for_the_one_made_by_hand() -> None:
    # Never 2: it cannot be made any more, and would stand on the balance beside the card's money
    play = unused()
    play.ask(rub(120_000))
    play.see_refund(PRICE)
    assert (play.refund().status, play.refund().code) == (RefundStatus.DENIED, "refunded_by_hand")
    assert play.payment.refunded == PRICE
    assert (play.lots, play.held("goodwill"), play.held("provider")) == ({}, 0, 0)
    assert play.do(c.NoteRefundRefused("r1", "charge_already_refunded")) == ()
    assert "r1" not in play.payment.pending


def test_what_is_left_of_it_stands_on_the_balance() -> None:
    # Never 3
    play = unused()
    play.ask(rub(120_000))
    play.see_refund(rub(50_000))
    assert play.payment.unallocated == 0
    money = [lot for lot in play.lots.values() if lot.is_money]
    assert [(lot.left, lot.our_fault, lot.payment_id) for lot in money] == [
        (70_000, True, PAYMENT_ID)
    ]
    assert play.payment.refundable == rub(100_000)


def test_of_several_refunds_that_wait_the_last_ones_make_room() -> None:
    # Never 2
    play = unused()
    for n in (1, 2, 3):
        play.ask(rub(40_000), refund_id=f"r{n}")
    play.see_refund(rub(65_000))
    statuses = [refund.status for refund in play.payment.refunds]
    assert statuses == [
        RefundStatus.REQUESTED,
        RefundStatus.REQUESTED,
        RefundStatus.DENIED,
        RefundStatus.SETTLED,
    ]


def test_where_another_one_than_we_thought_had_reached_the_provider_it_makes_room_too() -> None:
    # Never 2: of two that wait, the last was given up, and was the one the provider had
    play = unused()
    play.ask(rub(50_000))
    play.ask(rub(100_000), refund_id="r2")
    play.see_refund(rub(25_000))
    assert play.refund("r2").status is RefundStatus.DENIED
    play.do(c.NoteRefund("r2", "re_2", settled=True))
    assert play.refund("r1").status is RefundStatus.DENIED
    assert play.payment.refunded == rub(125_000)


def test_a_refund_by_hand_that_fails_is_the_customers_again_and_he_is_told() -> None:
    # S2.2
    play = unused()
    play.see_refund(PRICE)
    play.do(c.NoteRefundRefused("re_hand", "expired_or_canceled_card"))
    assert play.refund("re_hand").status is RefundStatus.UNDONE
    (lot,) = play.lots.values()
    assert (lot.left, lot.our_fault) == (150_000, True)
    assert play.letters()[-1] is PaymentLetter.REFUND_ON_BALANCE
    assert play.do(c.NoteRefundRefused("re_hand", "expired_or_canceled_card")) == ()


def test_nobodys_refund_by_hand_that_fails_is_with_the_payment_again() -> None:
    # S2.2, S2.5
    play = nobodys()
    play.see_refund(PRICE)
    play.do(c.NoteRefundRefused("re_hand", "expired_or_canceled_card"))
    assert play.payment.unallocated == 150_000
    assert play.cases()[-1] == "case-failed-re_hand"


def test_a_booking_given_up_after_its_refund_by_hand_leaves_nothing_behind() -> None:
    # Never 3: it may come in either order
    play = booked()
    play.do(c.Return(BOOKING_ID, PRICE))
    play.see_refund(PRICE)
    assert (play.payment.unallocated, play.held("goodwill"), play.held("provider")) == (0, 0, 0)


def test_a_cancelled_booking_gives_back_only_what_was_not_refunded_by_hand() -> None:
    # Never 2: what was given as goodwill is goodwill no longer
    play = booked()
    play.see_refund(rub(50_000))
    assert play.held("goodwill") == 50_000
    refund = play.cancelled()
    assert refund.amount == rub(100_000)
    assert (play.held("goodwill"), play.payment.unallocated) == (0, 0)
    play.settled()
    assert play.held("provider") == 0


def test_a_booking_whose_price_was_given_back_already_can_still_be_cancelled() -> None:
    # S2.3, Never 2
    play = booked()
    play.ask(our_fault=True, by="system")
    play.settled()
    assert play.held("goodwill") == 150_000
    play.cancel("r2")
    assert [refund.refund_id for refund in play.payment.refunds] == ["r1"]
    assert (play.held("goodwill"), play.payment.unallocated, play.held("provider")) == (0, 0, 0)


def test_a_refund_that_was_given_up_and_reached_the_provider_all_the_same_is_booked() -> None:
    # Never 1: what the provider paid out is never passed over
    play = unused(used=150_000)
    play.ask(rub(100_000), our_fault=True)
    play.dispute(("txn_1", -150_000, 1500), lost=True)
    assert play.refund().status is RefundStatus.DENIED
    found = c.NoteRefund("r1", "re_1", settled=True)
    assert [type(event) for event in play.do(found)] == [e.RefundSeen, e.LetterDue]
    assert play.do(found) == ()
    assert play.held("provider") == 150_000 - 150_000 - 1500 - 100_000


def test_money_of_a_top_up_refunded_by_hand_leaves_the_balance() -> None:
    # S2.9
    play = top_up()
    assert play.now == MONDAY
    play.see_refund(PRICE)
    assert play.held("balance:anna") == 0


def test_a_refund_by_hand_of_a_payment_without_a_customer_is_told_to_nobody() -> None:
    # S2.5
    play: PaymentPlay = nobodys()
    play.see_refund(PRICE)
    assert play.letters() == []
