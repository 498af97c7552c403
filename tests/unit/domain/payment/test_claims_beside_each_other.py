"""Several claims on one payment, and refunds beside them: nothing is had twice (S2.7)."""

import pytest

from shared.domain.effects import Effect, EffectKind
from shared.domain.payment import commands as c
from shared.domain.payment import events as e
from shared.domain.payment.claims import RefundStatus
from shared.domain.payment.refund_sources import MOST_PARTS
from tests.unit.domain.payment.play import (
    MANAGER,
    PAYMENT_ID,
    PaymentPlay,
    many_lots,
    rub,
    top_up,
)

FEE = 1_500
FIRST = ("txn_1", -50_000, FEE)
SECOND = ("txn_2", -100_000, FEE)
FIRST_BACK = ("txn_3", 50_000, -FEE)
REGAIN = Effect(EffectKind.REGAIN_LOTS, PAYMENT_ID)
FREEZE = Effect(EffectKind.LOOK_UP_DISPUTE, PAYMENT_ID)


def twice_claimed() -> PaymentPlay:
    """Unused money that two claims of his bank are about."""
    play = top_up(200_000)
    play.dispute(FIRST)
    play.dispute(SECOND, dispute_id="dp_2")
    assert play.lots == {}
    return play


def regain(play: PaymentPlay) -> None:
    """What the payment asked for is done."""
    assert REGAIN in play.effects
    play.do(c.Regain(play.own_lots()))


def test_lots_stay_frozen_as_long_as_any_bank_claims_the_payment() -> None:
    # S2.7
    play = twice_claimed()
    play.dispute(FIRST, FIRST_BACK, lost=False)
    assert play.lots == {}
    play.dispute(SECOND, lost=True, dispute_id="dp_2")
    (lot,) = play.lots.values()
    assert (lot.value, play.held("losses")) == (rub(100_000), 0)
    assert play.payment.refundable == rub(100_000)


def test_a_lost_claim_is_covered_by_lots_that_another_one_froze() -> None:
    # S2.7
    play = twice_claimed()
    play.dispute(SECOND, lost=True, dispute_id="dp_2")
    assert (play.lots, play.held("losses")) == ({}, 0)
    assert sum(lot.value.minor for lot in play.payment.frozen) == 100_000
    play.dispute(FIRST, FIRST_BACK, lost=False)
    (lot,) = play.lots.values()
    assert lot.value == play.payment.refundable == rub(100_000)


def test_two_lost_claims_take_no_more_than_each_of_them_needs() -> None:
    # S2.7, S2.11
    play = twice_claimed()
    play.dispute(FIRST, lost=True)
    play.dispute(SECOND, lost=True, dispute_id="dp_2")
    (lot,) = play.lots.values()
    assert (lot.value, play.held("losses")) == (rub(50_000), 0)


def test_an_inquiry_beside_a_claim_keeps_nothing_frozen() -> None:
    # S2.7, S2.11: it only asks
    play = top_up(200_000)
    play.dispute(inquiry=True, dispute_id="dp_2")
    play.dispute(FIRST)
    play.dispute(FIRST, FIRST_BACK, lost=False)
    assert len(play.lots) == 1


def test_claims_together_freeze_no_more_lots_than_one_decision_can_thaw() -> None:
    # S2.7: a transaction has 25 items
    play = many_lots(2 * MOST_PARTS)
    play.dispute(FIRST)
    play.dispute(SECOND, dispute_id="dp_2")
    play.dispute(FIRST, FIRST_BACK, lost=False)
    play.dispute(SECOND, ("txn_4", 100_000, -FEE), lost=False, dispute_id="dp_2")
    assert len(play.lots) == 2 * MOST_PARTS


def test_what_a_bank_takes_after_a_lost_end_is_taken_from_what_had_thawed() -> None:
    # S2.7, S2.11: lost before the funds were withdrawn
    play = top_up(200_000)
    play.dispute()
    play.dispute(lost=True)
    assert len(play.lots) == 1
    play.effects.clear()
    play.dispute(("txn_1", -200_000, FEE), lost=True)
    regain(play)
    assert (play.lots, play.held("losses"), play.payment.refundable) == ({}, 0, rub(0))


def test_what_was_refunded_by_hand_while_the_lots_were_frozen_does_not_thaw() -> None:
    # S2.7, Never 2
    play = top_up(200_000)
    play.dispute(FIRST)
    play.see_refund(rub(100_000))
    assert play.held("goodwill") == 100_000
    play.dispute(FIRST, FIRST_BACK, lost=False)
    regain(play)
    (lot,) = play.lots.values()
    assert (lot.value, play.held("goodwill")) == (rub(100_000), 0)


def test_a_refund_that_had_reached_the_provider_is_paid_by_what_the_customer_has() -> None:
    # Never 2: it was denied as the dispute was lost, and had been made all the same
    play = top_up(200_000)
    play.ask(rub(150_000))
    play.dispute(FIRST)
    play.dispute(FIRST, lost=True)
    assert play.refund().status is RefundStatus.DENIED
    play.effects.clear()
    play.settled()
    regain(play)
    assert play.lots == {}
    assert play.payment.refundable == rub(0) == rub(play.held("goodwill"))


def test_what_a_denied_refund_gives_back_is_frozen_while_a_bank_claims_it() -> None:
    # S2.7
    play = top_up(2_000_000)
    play.ask(rub(2_000_000), by="agent:ann")
    play.dispute(FIRST)
    play.effects.clear()
    play.do(c.DenyRefund("r1", MANAGER))
    assert FREEZE in play.effects
    play.dispute(FIRST)
    assert play.lots == {}


@pytest.mark.parametrize("settled", [True, False])
def test_what_a_failed_refund_gives_back_is_frozen_while_a_bank_claims_it(settled: bool) -> None:
    # S2.2, S2.7
    play = top_up(200_000)
    play.ask()
    play.do(c.NoteRefund("r1", "re_1", settled=settled))
    play.dispute(FIRST)
    play.effects.clear()
    play.do(c.NoteRefundRefused("r1", "expired_or_canceled_card"))
    assert play.of(e.RefundFailed if settled else e.RefundRefused)
    assert FREEZE in play.effects
    play.dispute(FIRST)
    assert play.lots == {}


def test_what_a_failed_refund_gives_back_is_ours_where_the_bank_has_returned_it() -> None:
    # S2.2, Never 2
    play = top_up(200_000)
    play.ask()
    play.do(c.NoteRefund("r1", "re_1", settled=False))
    play.dispute(("txn_1", -200_000, FEE))
    play.dispute(("txn_1", -200_000, FEE), lost=True)
    assert play.held("losses") == 200_000
    play.effects.clear()
    play.do(c.NoteRefundRefused("r1", "charge_disputed"))
    regain(play)
    assert (play.lots, play.held("losses")) == ({}, 0)
