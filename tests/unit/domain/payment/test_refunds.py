"""Money goes back to the card: how much may, who decides, and what the provider makes of it."""

from datetime import timedelta

import pytest

from shared.domain.effects import EffectKind
from shared.domain.errors import NotFound, RuleBroken
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.money import Money
from shared.domain.payment import commands as c
from shared.domain.payment import events as e
from shared.domain.payment.claims import RefundStatus
from shared.domain.policy import CURRENT
from tests.unit.domain.payment.play import (
    AGENT,
    BOOKING_ID,
    DAY,
    MANAGER,
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

LIMIT = dict(CURRENT.refund_approval_above)["rub"]


def plain(refund_id: str, amount: Money, by: str = "system") -> c.RequestRefund:
    """A refund of what the payment itself holds."""
    return c.RequestRefund(refund_id, amount, e.RefundReason.OUR_FAULT, by)


# --- how much -------------------------------------------------------------------------------------


def test_a_cancelled_booking_gives_its_whole_price_back_to_the_card() -> None:
    # S2.3
    play = booked()
    refund = play.cancelled()
    assert (refund.amount, refund.status) == (PRICE, RefundStatus.REQUESTED)
    assert play.held(f"booking:{BOOKING_ID}") == 0
    assert [(f.owner_id, f.subject) for f in play.asked(EffectKind.REFUND)] == [(PAYMENT_ID, "r1")]
    play.settled()
    assert (play.held("provider"), play.payment.refundable) == (0, rub(0))
    assert play.letters() == [PaymentLetter.RECEIPT, PaymentLetter.REFUND_RECEIPT]


def test_a_refund_is_asked_for_once_under_its_id() -> None:
    # Never 2
    play = unused()
    play.ask(rub(50_000))
    assert play.do(plain("r1", rub(99_900))) == ()
    assert play.payment.refunded == rub(50_000)


def test_a_partial_refund_leaves_the_rest_on_the_balance() -> None:
    # S2.9
    play = unused()
    play.ask(rub(50_000))
    (lot,) = play.lots.values()
    assert (lot.left, lot.value) == (1200, rub(100_000))
    assert play.payment.refundable == rub(100_000)
    play.ask(None, refund_id="r2")
    assert play.lots == {}
    assert play.payment.refundable == rub(0)


def test_refunds_of_one_payment_at_once_never_exceed_what_was_captured() -> None:
    # Never 2: customer, agent and sweep together
    play = nobodys()
    play.do(plain("r1", rub(100_000), "customer"))
    play.do(plain("r2", rub(40_000), AGENT))
    with pytest.raises(RuleBroken, match=r"at most 100.00 RUB can follow") as refused:
        play.do(plain("r3", rub(10_001)))
    assert (refused.value.code, refused.value.field) == ("refund_exceeds_charge", "amount_minor")
    play.do(plain("r4", rub(10_000)))
    assert play.payment.refundable == rub(0)


def test_a_refund_larger_than_what_was_captured_is_refused_with_the_fact() -> None:
    # Never 2
    with pytest.raises(RuleBroken, match=r"Of 1500.00 RUB, 0.00 RUB went back") as refused:
        nobodys().do(plain("r1", rub(150_001)))
    assert refused.value.code == "refund_exceeds_charge"


@pytest.mark.parametrize("minor", [0, -1, -150_000])
def test_a_refund_is_above_zero(minor: int) -> None:
    # Never 2
    for play in (nobodys(), unused()):
        with pytest.raises(RuleBroken, match="amount_not_positive") as refused:
            play.ask(rub(minor))
        assert refused.value.field == "amount_minor"
        assert not play.payment.refunds


def test_a_refund_in_another_currency_is_refused_however_little_of_it_would_fit() -> None:
    # S2.8
    for play in (nobodys(), unused(used=149_000), booked()):
        for our_fault in (False, True):
            with pytest.raises(RuleBroken, match="currency_mismatch") as refused:
                play.ask(Money(100, "usd"), our_fault=our_fault)
            assert refused.value.field == "currency"
    with pytest.raises(RuleBroken, match="currency_mismatch"):
        nobodys().do(plain("r1", Money(100, "eur")))


def test_nothing_goes_back_of_what_was_never_captured() -> None:
    # Never 2
    with pytest.raises(RuleBroken, match="refund_exceeds_charge"):
        PaymentPlay().do(plain("r1", rub(1)))


# --- who decides ----------------------------------------------------------------------------------


def test_an_agent_refunds_up_to_the_limit_and_a_manager_decides_above_it() -> None:
    # P: approval limit for refunds
    play = top_up(3 * LIMIT)
    assert play.ask(rub(LIMIT), by=AGENT).status is RefundStatus.REQUESTED
    refund = play.ask(rub(LIMIT + 1), refund_id="r2", by=AGENT)
    assert refund.status is RefundStatus.AWAITING_APPROVAL
    assert [f.subject for f in play.asked(EffectKind.REFUND)] == ["r1"]
    assert play.cases() == ["case-approval-r2"]
    assert play.ask(rub(1), refund_id="r3", by="customer").status is RefundStatus.REQUESTED


def test_many_small_refunds_of_agents_are_one_large_one() -> None:
    # P: approval limit for refunds
    play = top_up(3 * LIMIT)
    assert play.ask(rub(LIMIT), by=AGENT).status is RefundStatus.REQUESTED
    refund = play.ask(rub(1), refund_id="r2", by="agent:bob")
    assert refund.status is RefundStatus.AWAITING_APPROVAL


def test_a_refund_that_waits_for_a_bank_is_asked_about_as_seldom_as_the_bank() -> None:
    # S2.7
    play = top_up()
    play.ask(rub(100))
    play.dispute()
    play.until(MONDAY + timedelta(days=1), silent=True)
    looks = [event for event in play.of(e.EffectRedriven) if event.effect_id == "r1"]
    assert len(looks) == 24 * 3600 // CURRENT.provider_read_every


@pytest.mark.parametrize("by", ["customer", "system"])
def test_what_the_rules_give_needs_no_manager(by: str) -> None:
    # P: approval limit for refunds
    assert top_up(2 * LIMIT).ask(by=by).status is RefundStatus.REQUESTED


def test_an_agent_asks_a_manager_in_a_currency_that_has_no_limit() -> None:
    # P, S2.8
    play = PaymentPlay()
    play.do(c.Capture(Money(500, "jpy"), None, None, MONDAY))
    play.do(plain("r1", Money(1, "jpy"), AGENT))
    assert play.refund().status is RefundStatus.AWAITING_APPROVAL


def test_an_approved_refund_is_sent_once() -> None:
    # P: approval limit for refunds
    play = top_up(2 * LIMIT)
    play.ask(rub(LIMIT + 1), by=AGENT)
    play.do(c.ApproveRefund("r1", MANAGER))
    assert play.refund().status is RefundStatus.REQUESTED
    assert play.do(c.ApproveRefund("r1", MANAGER)) == ()
    assert [f.subject for f in play.asked(EffectKind.REFUND)] == ["r1"]
    with pytest.raises(RuleBroken, match="refund_not_waiting"):
        play.do(c.DenyRefund("r1", MANAGER))


def test_nobody_approves_what_he_asked_for_himself() -> None:
    # P: approval limit for refunds
    play = top_up(2 * LIMIT)
    play.ask(rub(LIMIT + 1), by=MANAGER)
    with pytest.raises(RuleBroken, match="four_eyes"):
        play.do(c.ApproveRefund("r1", MANAGER))
    play.do(c.DenyRefund("r1", MANAGER))
    assert play.refund().status is RefundStatus.DENIED


def test_a_denied_refund_gives_money_back_as_it_was_taken() -> None:
    # S2.9
    play = top_up(2 * LIMIT)
    (before,) = play.lots.values()
    play.ask(rub(LIMIT + 1), by=AGENT)
    play.do(c.DenyRefund("r1", MANAGER))
    lots = sorted(play.lots.values(), key=lambda lot: lot.left)
    assert [lot.left for lot in lots] == [LIMIT - 1, LIMIT + 1]
    assert {(lot.payment_id, lot.paid_at, lot.our_fault) for lot in lots} == {
        (PAYMENT_ID, before.paid_at, False)
    }
    assert play.payment.refundable == rub(2 * LIMIT)
    assert play.do(c.DenyRefund("r1", MANAGER)) == ()
    with pytest.raises(RuleBroken, match="This refund is denied"):
        play.do(c.ApproveRefund("r1", MANAGER))


def test_a_denied_refund_gives_minutes_back_at_their_price_and_takes_goodwill_back() -> None:
    # S2.3, S2.9
    play = PaymentPlay()
    play.capture(rub(2 * LIMIT))
    play.do(c.Allocate(BOOKING_ID, rub(2 * LIMIT)))
    play.session(rub(LIMIT))
    play.ask(rub(2 * LIMIT), by=AGENT, our_fault=True)
    assert (play.lots, play.held("goodwill")) == ({}, LIMIT)
    play.do(c.DenyRefund("r1", MANAGER))
    (lot,) = play.lots.values()
    assert (lot.tariff_id, lot.value, lot.left) == ("standard", rub(LIMIT), 12_000)
    assert (lot.lot_id, play.held("goodwill")) == ("r1-1", 0)


def test_a_denied_refund_of_nobodys_money_leaves_it_with_the_payment() -> None:
    # S2.5
    play = PaymentPlay(nobodys().history[0][1])  # type: ignore[arg-type]
    play.capture(rub(2 * LIMIT))
    play.do(plain("r1", rub(2 * LIMIT), AGENT))
    assert play.payment.unallocated == 0
    play.do(c.DenyRefund("r1", MANAGER))
    assert play.payment.unallocated == 2 * LIMIT


@pytest.mark.parametrize(
    "command",
    [
        c.ApproveRefund("r9", MANAGER),
        c.DenyRefund("r9", MANAGER),
        c.NoteRefund("r9", "re_9", settled=True),
        c.RetryRefund("r9", 1),
        c.NoteRefundRefused("r9", "x"),
    ],
)
def test_a_refund_that_is_not_this_payments_is_not_found(command: c.Command) -> None:
    # Never 7
    with pytest.raises(NotFound, match="refund_unknown"):
        booked().do(command)


# --- what the provider makes of it ----------------------------------------------------------------


def test_a_refund_on_its_way_settles_once_and_is_receipted_once() -> None:
    # S2.2, S2.6
    play = unused()
    play.ask()
    play.do(c.NoteRefund("r1", "re_1", settled=False))
    assert play.refund().status is RefundStatus.ACCEPTED
    assert play.do(c.NoteRefund("r1", "re_1", settled=False)) == ()
    assert play.held("refund:r1") == -150_000
    play.settled()
    assert (play.refund().status, play.refund().provider_refund_id) == (
        RefundStatus.SETTLED,
        "re_1",
    )
    for settled in (True, False):
        assert play.do(c.NoteRefund("r1", "re_1", settled=settled)) == ()
    assert play.letters().count(PaymentLetter.REFUND_RECEIPT) == 1


def test_a_refund_waiting_for_a_manager_is_not_the_providers_to_settle() -> None:
    # P: approval limit for refunds
    play = top_up(2 * LIMIT)
    play.ask(rub(LIMIT + 1), by=AGENT)
    assert play.do(c.NoteRefund("r1", "re_1", settled=True)) == ()
    assert play.do(c.RetryRefund("r1", 1)) == ()
    assert play.do(c.NoteRefundRefused("r1", "x")) == ()


def test_an_attempt_rises_only_after_a_look_up_of_that_very_attempt() -> None:
    # Never 2
    play = unused()
    play.ask()
    play.do(c.RetryRefund("r1", 1))
    assert play.do(c.RetryRefund("r1", 1)) == ()
    assert play.refund().attempt == 2
    play.do(c.NoteRefund("r1", "re_1", settled=False))
    assert play.do(c.RetryRefund("r1", 2)) == ()


def test_a_refund_nobody_answers_for_is_asked_for_again_later_each_time() -> None:
    # S4.2
    play = unused()
    play.ask()
    play.until(MONDAY + timedelta(minutes=80))
    assert [f.redriven for f in play.asked(EffectKind.REFUND)] == [False, True, True, True, True]
    redriven = [at - MONDAY for at, event in play.history if isinstance(event, e.EffectRedriven)]
    assert [at.total_seconds() // 60 for at in redriven] == [5, 15, 35, 75]


def test_a_refund_the_provider_is_on_is_read_again_until_it_has_settled() -> None:
    # S2.2
    play = unused()
    play.ask()
    play.do(c.NoteRefund("r1", "re_1", settled=False))
    play.until(MONDAY + DAY)
    every = timedelta(seconds=CURRENT.provider_read_every)
    redriven = [at - MONDAY for at, event in play.history if isinstance(event, e.EffectRedriven)]
    assert redriven == [every, 2 * every, 3 * every, 4 * every]
    play.settled()
    assert "r1" not in play.payment.pending


def test_a_refund_the_card_does_not_take_stands_on_the_balance_and_is_told() -> None:
    # S2.2
    play = booked()
    play.cancelled()
    refused = c.NoteRefundRefused("r1", "expired_or_canceled_card")
    play.do(refused)
    assert play.do(refused) == ()
    (lot,) = play.lots.values()
    assert (lot.left, lot.our_fault, lot.payment_id) == (150_000, True, PAYMENT_ID)
    assert (play.refund().status, play.refund().code) == (
        RefundStatus.REFUSED,
        "expired_or_canceled_card",
    )
    assert play.letters()[-1] is PaymentLetter.REFUND_ON_BALANCE
    assert play.payment.refundable == PRICE
    assert "r1" not in play.payment.pending


def test_a_settled_refund_that_comes_back_days_later_stands_on_the_balance() -> None:
    # S2.2
    play = booked()
    play.cancelled()
    play.settled()
    play.until(MONDAY + 9 * DAY)
    play.do(c.NoteRefundRefused("r1", "expired_or_canceled_card"))
    assert play.refund().status is RefundStatus.FAILED
    assert (play.held("provider"), play.held("balance:anna")) == (150_000, -150_000)
    assert play.letters()[-1] is PaymentLetter.REFUND_ON_BALANCE
    again = play.ask(refund_id="r2", amount=rub(150_000))
    assert again.amount == PRICE


@pytest.mark.parametrize("settled", [True, False])
def test_nobodys_refund_that_does_not_arrive_is_a_managers_task(settled: bool) -> None:
    # S2.2: never silence
    play = nobodys()
    play.do(plain("r1", rub(150_000)))
    if settled:
        play.settled()
    play.do(c.NoteRefundRefused("r1", "lost_or_stolen_card"))
    assert play.payment.unallocated == 150_000
    assert play.cases() == ["case-unknown", "case-failed-r1"]
    assert play.letters() == []


def test_goodwill_that_does_not_arrive_on_the_card_is_the_customers_all_the_same() -> None:
    # S2.3, S2.2
    play = unused(used=150_000)
    play.ask(our_fault=True)
    assert play.held("goodwill") == 150_000
    play.do(c.NoteRefundRefused("r1", "expired_or_canceled_card"))
    assert play.held("balance:anna") == -150_000
