"""A bank asks or claims: refunds are locked, unused lots wait, each movement is booked once."""

from datetime import timedelta

import pytest

from shared.domain.effects import EffectKind
from shared.domain.errors import RuleBroken
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.payment import commands as c
from shared.domain.payment import dispute_events as de
from shared.domain.payment import events as e
from shared.domain.payment.claims import RefundStatus
from shared.domain.payment.refund_sources import MOST_PARTS
from shared.domain.policy import CURRENT
from tests.unit.domain.payment.play import (
    BOOKING_ID,
    DAY,
    MONDAY,
    PRICE,
    booked,
    many_lots,
    nobodys,
    rub,
    top_up,
    unused,
)

FEE = 1_500
WITHDRAWN = ("txn_1", -150_000, FEE)
RETURNED = ("txn_2", 150_000, -FEE)


def test_a_dispute_locks_refunds_and_freezes_what_is_unused() -> None:
    # S2.7
    play = unused(used=50_000)
    play.dispute(WITHDRAWN)
    assert play.payment.locked and play.payment.contested
    assert play.lots == {}
    assert play.held("frozen:pi_1") == -100_000
    assert (play.held("dispute:dp_1"), play.held("fees")) == (150_000, FEE)
    with pytest.raises(RuleBroken, match="payment_disputed"):
        play.do(c.RequestRefund("r1", rub(1), e.RefundReason.CHANGE_OF_MIND, "customer"))
    assert play.letters()[-1] is PaymentLetter.DISPUTE_NOTICE


@pytest.mark.parametrize("by", ["customer", "agent:ann"])
def test_an_inquiry_locks_refunds_and_moves_and_freezes_nothing(by: str) -> None:
    # S2.11
    play = unused()
    play.dispute(inquiry=True)
    assert (play.payment.locked, play.payment.contested) == (True, False)
    assert len(play.lots) == 1
    with pytest.raises(RuleBroken, match="payment_disputed"):
        play.ask(by=by)
    play.dispute(inquiry=True, lost=False)
    assert play.ask(by=by).status is RefundStatus.REQUESTED


def test_an_inquiry_that_becomes_a_dispute_freezes_what_is_unused() -> None:
    # S2.7, S2.11
    play = unused()
    play.dispute(inquiry=True)
    play.dispute(WITHDRAWN)
    assert play.of(de.DisputeEscalated) == [de.DisputeEscalated("dp_1")]
    assert play.lots == {}
    assert play.letters().count(PaymentLetter.DISPUTE_NOTICE) == 1


def test_what_is_known_of_a_dispute_is_noted_once() -> None:
    # S2.11: movements known twice are posted once
    play = unused()
    play.dispute(WITHDRAWN)
    assert play.dispute(WITHDRAWN) == ()
    assert play.held("provider") == 150_000 - 150_000 - FEE


def test_a_won_dispute_gives_back_what_was_frozen_as_it_stood() -> None:
    # S2.7
    play = unused(used=50_000)
    before = dict(play.lots)
    play.dispute(WITHDRAWN)
    play.now += 20 * DAY
    play.dispute(WITHDRAWN, RETURNED, lost=False)
    assert play.lots == before
    assert (play.held("dispute:dp_1"), play.held("losses"), play.held("fees")) == (0, 0, 0)
    assert not play.payment.locked
    assert play.dispute(WITHDRAWN, RETURNED, lost=False) == ()


def test_what_the_provider_returns_long_after_a_won_dispute_closes_its_account() -> None:
    # S2.11: no gain of ours
    play = unused()
    play.dispute(WITHDRAWN)
    play.dispute(WITHDRAWN, lost=False)
    assert play.held("dispute:dp_1") == 150_000
    play.dispute(WITHDRAWN, RETURNED, lost=False)
    assert (play.held("dispute:dp_1"), play.held("losses"), play.held("provider")) == (
        0,
        0,
        150_000,
    )


def test_a_lost_dispute_is_covered_by_what_was_frozen_and_the_rest_is_our_loss() -> None:
    # S2.7
    play = unused(used=50_000)
    play.dispute(WITHDRAWN)
    play.dispute(WITHDRAWN, lost=True)
    assert play.lots == {}
    assert (play.held("frozen:pi_1"), play.held("dispute:dp_1")) == (0, 0)
    assert (play.held("losses"), play.held("fees")) == (50_000, FEE)
    assert play.held("frozen:pi_1", "sec:standard") == 0
    assert play.payment.refundable == rub(0)
    with pytest.raises(RuleBroken, match="refund_exceeds_charge"):
        play.do(c.RequestRefund("r1", rub(1), e.RefundReason.OUR_FAULT, "agent:ann"))


def test_a_partly_lost_payment_thaws_what_the_claim_does_not_need() -> None:
    # S2.7, S2.9
    play = unused()
    play.dispute(("txn_1", -50_000, FEE))
    assert play.lots == {}
    play.dispute(("txn_1", -50_000, FEE), lost=True)
    (lot,) = play.lots.values()
    assert lot.value == rub(100_000)
    assert (play.held("losses"), play.payment.refundable) == (0, rub(100_000))
    assert play.ask().amount == rub(100_000)


def test_money_with_the_payment_covers_a_lost_dispute_first() -> None:
    # S2.7
    play = nobodys()
    play.dispute(WITHDRAWN, lost=True)
    assert (play.payment.unallocated, play.held("losses")) == (0, 0)


def test_a_dispute_first_heard_of_at_its_end_takes_only_what_it_needs() -> None:
    # S2.7: weeks later, every webhook lost
    play = unused()
    play.dispute(("txn_1", -50_000, FEE), lost=True)
    (lot,) = play.lots.values()
    assert lot.value == rub(100_000)
    won = unused()
    before = dict(won.lots)
    won.dispute(WITHDRAWN, RETURNED, lost=False)
    assert won.lots == before


def test_a_refund_that_waits_is_denied_when_the_bank_has_returned_the_money() -> None:
    # S2.7: never paid twice
    play = unused()
    play.ask(rub(100_000))
    play.dispute(WITHDRAWN)
    play.dispute(WITHDRAWN, lost=True)
    assert (play.refund().status, play.refund().code) == (RefundStatus.DENIED, "dispute_lost")
    assert (play.held("refund:r1"), play.held("losses"), play.payment.unallocated) == (0, 0, 0)
    assert "r1" not in play.payment.pending


def test_a_refund_the_provider_is_on_is_paid_out_and_the_claim_is_our_loss() -> None:
    # S2.7: what cannot be stopped is booked as it is
    play = unused()
    play.ask()
    play.do(c.NoteRefund("r1", "re_1", settled=False))
    play.dispute(WITHDRAWN)
    play.dispute(WITHDRAWN, lost=True)
    play.settled()
    assert play.refund().status is RefundStatus.SETTLED
    assert (play.held("losses"), play.held("provider")) == (150_000, -150_000 - FEE)


def test_a_refund_that_waits_is_asked_for_again_when_the_dispute_is_won() -> None:
    # S2.7
    play = unused()
    play.ask(rub(50_000))
    play.dispute(WITHDRAWN)
    count = len(play.asked(EffectKind.REFUND))
    play.dispute(WITHDRAWN, RETURNED, lost=False)
    again = play.asked(EffectKind.REFUND)[count:]
    assert [(f.subject, f.redriven) for f in again] == [("r1", True)]
    assert play.refund().status is RefundStatus.REQUESTED


def test_what_a_denied_refund_leaves_stands_on_the_balance() -> None:
    # Never 3
    play = unused()
    play.ask(rub(100_000))
    play.dispute(("txn_1", -60_000, FEE), lost=True)
    assert (play.payment.unallocated, play.held("losses")) == (0, 0)
    assert play.held("balance:anna") == -40_000
    assert play.payment.refundable == rub(90_000)


@pytest.mark.parametrize("lost", [True, False])
def test_a_booking_that_did_not_outlast_the_dispute_gives_its_money_to_whose_it_is(
    lost: bool,
) -> None:
    # Never 3, S2.7
    play = booked()
    play.dispute(WITHDRAWN)
    play.do(c.Return(BOOKING_ID, PRICE))
    movements = (WITHDRAWN,) if lost else (WITHDRAWN, RETURNED)
    play.dispute(*movements, lost=lost)
    assert play.payment.unallocated == 0
    assert play.held("balance:anna") == (0 if lost else -150_000)
    assert play.held("losses") == 0


def test_lots_that_come_back_during_a_dispute_are_frozen_in_their_turn() -> None:
    # S2.7
    play = booked()
    play.dispute(WITHDRAWN)
    assert play.payment.dispute("dp_1").frozen == ()  # type: ignore[union-attr]
    play.session(rub(50_000))
    play.dispute(WITHDRAWN)
    assert play.lots == {}
    play.dispute(WITHDRAWN, lost=True)
    assert play.held("losses") == 50_000


def test_what_comes_after_a_lost_end_is_our_loss_or_gain() -> None:
    # S2.11
    play = unused()
    play.dispute(lost=True)
    assert play.held("losses") == 0
    play.dispute(WITHDRAWN, lost=True)
    assert (play.held("losses"), play.held("dispute:dp_1"), play.held("fees")) == (150_000, 0, FEE)
    assert play.dispute(WITHDRAWN, lost=True) == ()


def test_two_disputes_of_one_payment_have_accounts_of_their_own() -> None:
    # S2.11
    play = unused()
    play.dispute(("txn_1", -50_000, FEE))
    play.dispute(("txn_2", -100_000, FEE), dispute_id="dp_2")
    play.dispute(("txn_1", -50_000, FEE), ("txn_3", 50_000, 0), lost=False)
    assert play.payment.locked
    assert (play.held("dispute:dp_1"), play.held("dispute:dp_2")) == (0, 100_000)
    play.dispute(("txn_2", -100_000, FEE), lost=True, dispute_id="dp_2")
    assert (play.held("dispute:dp_2"), play.payment.refundable) == (0, rub(50_000))


def test_the_end_of_a_dispute_is_looked_up_until_the_bank_has_decided() -> None:
    # S2.11
    play = unused()
    play.answer_all()
    play.dispute(WITHDRAWN)
    play.until(MONDAY + DAY)
    every = timedelta(seconds=CURRENT.provider_read_every)
    redriven = [at - MONDAY for at, event in play.history if isinstance(event, e.EffectRedriven)]
    assert redriven == [every, 2 * every, 3 * every, 4 * every]
    assert {f.subject for f in play.asked(EffectKind.LOOK_UP_DISPUTE)} == {"dp_1"}
    play.dispute(WITHDRAWN, lost=True)
    play.answer_all()
    assert not play.payment.pending


def test_the_system_may_ask_while_the_bank_does_and_a_person_may_not() -> None:
    # S2.7: what is certain is not forgotten; it is sent when the bank has decided
    play = top_up()
    play.dispute(inquiry=True)
    play.ask(by="system")
    assert play.refund().status is RefundStatus.REQUESTED


def test_of_very_many_lots_the_dearest_are_frozen_as_far_as_a_decision_reaches() -> None:
    # S2.7
    play = many_lots(MOST_PARTS + 10)
    play.dispute(("txn_1", -(MOST_PARTS + 10) * 1000, FEE))
    assert len(play.lots) == 10
    play.dispute(("txn_1", -(MOST_PARTS + 10) * 1000, FEE), lost=True)
    assert play.held("losses") == 10_000
