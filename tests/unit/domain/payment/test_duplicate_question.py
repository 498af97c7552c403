"""A payment that may be a duplicate: the customer is asked once, one answer settles it (S2.1)."""

from datetime import timedelta

import pytest

from shared.domain.case.events import CaseKind
from shared.domain.effects import EffectKind
from shared.domain.errors import RuleBroken
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.payment import commands as c
from shared.domain.payment import events as e
from shared.domain.payment.payment import DUPLICATE
from shared.domain.policy import CURRENT
from tests.unit.domain.payment.play import (
    BOOKING_ID,
    DAY,
    MONDAY,
    PRICE,
    PaymentPlay,
    booked,
    rub,
    unused,
)

SUSPECT = c.SuspectDuplicate("pi_0", "same_item")
ANSWER_BY = MONDAY + timedelta(seconds=CURRENT.duplicate_question)


def asked() -> PaymentPlay:
    play = unused()
    play.do(SUSPECT)
    return play


def test_the_customer_is_asked_once_and_has_a_day() -> None:
    # S2.1
    play = asked()
    assert play.do(SUSPECT) == ()
    assert play.do(c.SuspectDuplicate("pi_9", "other")) == ()
    (question,) = play.of(e.DuplicateSuspected)
    assert (question.of, question.answer_by) == ("pi_0", ANSWER_BY)
    assert play.letters().count(PaymentLetter.DUPLICATE_QUESTION) == 1


def test_who_wanted_both_keeps_both() -> None:
    # S2.1
    play = asked()
    play.do(c.AnswerDuplicate(wanted_both=True))
    assert play.do(c.AnswerDuplicate(wanted_both=True)) == ()
    assert play.asked(EffectKind.RETURN_DUPLICATE) == []
    play.until(ANSWER_BY + DAY)
    assert (play.cases(), play.payment.refunds) == ([], ())
    with pytest.raises(RuleBroken, match="question_over"):
        play.do(c.AnswerDuplicate(wanted_both=False))


def test_who_wanted_one_gets_the_other_back() -> None:
    # S2.1
    play = asked()
    play.do(c.AnswerDuplicate(wanted_both=False))
    (effect,) = play.asked(EffectKind.RETURN_DUPLICATE)
    assert (effect.owner_id, effect.subject, effect.redriven) == ("pi_1", DUPLICATE, False)
    assert play.do(c.AnswerDuplicate(wanted_both=False)) == ()
    with pytest.raises(RuleBroken, match="question_over"):
        play.do(c.AnswerDuplicate(wanted_both=True))


def test_its_return_is_asked_for_until_the_refund_is_there() -> None:
    # S2.1, S4.2
    play = asked()
    play.do(c.AnswerDuplicate(wanted_both=False))
    play.until(MONDAY + timedelta(minutes=16))
    assert [f.redriven for f in play.asked(EffectKind.RETURN_DUPLICATE)] == [False, True, True]
    (lot,) = play.lots.values()
    refund = c.RequestRefund(
        "d1", PRICE, e.RefundReason.DUPLICATE, "system", taken=(e.Taken(lot, lot.left),)
    )
    play.do(refund)
    assert DUPLICATE not in play.payment.pending
    assert play.letters()[-1] is PaymentLetter.DUPLICATE_REFUNDED


def test_another_refund_or_case_does_not_make_us_forget_it() -> None:
    # S2.1
    play = asked()
    play.ask(rub(50_000))
    play.do(c.AnswerDuplicate(wanted_both=False))
    play.ask(rub(10_000), refund_id="r2")
    assert DUPLICATE in play.payment.pending
    play.now += 5 * DAY
    play.do(c.Tick())
    assert "case-overdue-initiate-r1" in play.payment.cases
    assert DUPLICATE in play.payment.pending


def test_what_cannot_be_returned_any_more_is_a_persons_to_decide() -> None:
    # S2.1: its minutes were used meanwhile
    play = asked()
    play.do(c.AnswerDuplicate(wanted_both=False))
    play.do(c.KeepDuplicate())
    assert play.do(c.KeepDuplicate()) == ()
    assert play.cases() == ["case-duplicate"]
    assert play.of(e.CaseNeeded)[0].kind is CaseKind.DUPLICATE_UNANSWERED
    assert DUPLICATE not in play.payment.pending


def test_silence_refunds_nothing_and_opens_one_case() -> None:
    # S2.1
    play = asked()
    play.until(ANSWER_BY - timedelta(seconds=1))
    assert play.cases() == []
    play.until(ANSWER_BY)
    assert play.cases() == ["case-duplicate"]
    assert play.payment.refunds == ()
    play.until(ANSWER_BY + 3 * DAY)
    assert play.cases() == ["case-duplicate"]
    assert play.do(c.KeepDuplicate()) == ()
    with pytest.raises(RuleBroken, match="question_over"):
        play.do(c.AnswerDuplicate(wanted_both=True))


def test_nobody_answers_what_nobody_asked() -> None:
    # S2.1
    with pytest.raises(RuleBroken, match="nothing_asked"):
        booked().do(c.AnswerDuplicate(wanted_both=True))


def test_a_certain_duplicate_is_refunded_and_the_customer_is_told_once() -> None:
    # S1.14, S2.1
    play = PaymentPlay().capture()
    refund = c.RequestRefund(f"{BOOKING_ID}-refund-1", PRICE, e.RefundReason.DUPLICATE, "system")
    play.do(refund)
    assert play.do(refund) == ()
    assert play.letters() == [PaymentLetter.RECEIPT, PaymentLetter.DUPLICATE_REFUNDED]
    assert play.payment.unallocated == 0


def test_what_has_gone_back_is_asked_about_no_more() -> None:
    # S2.1
    play = asked()
    play.ask()
    play.settled()
    assert not play.payment.asks
    with pytest.raises(RuleBroken, match="question_over"):
        play.do(c.AnswerDuplicate(wanted_both=True))
    play.until(ANSWER_BY + timedelta(hours=1))
    assert play.of(e.DuplicateUnanswered) == []
