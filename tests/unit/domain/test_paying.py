"""Holding a slot, paying for it, and what happens when money and time miss each other."""

from datetime import timedelta

import pytest

from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import CANCEL_INTENT, Status
from shared.domain.errors import RuleBroken
from shared.domain.lots import Holding, Source
from shared.domain.money import Money
from tests.unit.domain.play import START, TARIFF, Play, held


def test_unpaid_slot_is_released_after_fifteen_minutes_and_its_intent_cancelled() -> None:
    # S1.2, S2.10
    play = Play()
    play.do(c.NoteIntent("pi_1"))
    play.until(play.now + timedelta(minutes=15))
    assert play.booking.status is Status.EXPIRED
    assert CANCEL_INTENT in play.booking.pending
    play.do(c.NoteIntentCancelled("pi_1"))
    assert not play.booking.pending


def test_only_the_full_amount_makes_a_booking_scheduled() -> None:
    # S2.10
    play = Play()
    play.do(c.ConfirmPayment("pi_1", "ch_1", Money(1, "rub"), reinstate=True))
    assert play.booking.status is Status.HELD
    assert play.of(e.PaymentCredited)[0].amount == Money(1, "rub")


def test_payment_confirmed_twice_counts_once() -> None:
    # Never 1
    play = Play().scheduled()
    assert play.do(c.ConfirmPayment("pi_1", "ch_1", play.booking.card_due, reinstate=True)) == ()


def test_decline_keeps_the_slot_until_its_deadline_and_can_be_paid_again() -> None:
    # S1.14, S2.10
    play = Play()
    play.do(c.DeclinePayment("pi_1", "insufficient_funds"))
    assert (play.booking.status, play.booking.decline_code) == (Status.HELD, "insufficient_funds")
    play.pay()
    assert (play.booking.status, play.booking.decline_code) == (Status.SCHEDULED, None)


@pytest.mark.parametrize("reinstate", [True, False])
def test_money_after_the_release_takes_the_slot_again_or_is_credited(reinstate: bool) -> None:
    # S2.10
    play = Play()
    due = play.booking.card_due
    play.until(play.now + timedelta(minutes=20))
    play.do(c.ConfirmPayment("pi_1", "ch_1", due, reinstate=reinstate))
    if reinstate:
        assert play.booking.status is Status.SCHEDULED
    else:
        assert play.booking.status is Status.EXPIRED
        assert play.of(e.PaymentCredited)[0].amount == due
        assert play.of(e.LetterDue)[0].letter is e.Letter.MONEY_CREDITED
    assert CANCEL_INTENT not in play.booking.pending


def test_cancelled_before_its_start_the_price_goes_back_as_it_was_paid() -> None:
    # S2.3
    lot = Holding(
        Source.LOT, 600, Money(40000, "rub"), START, lot_id="l1", lot_tariff_id="standard",
        lot_seconds=600, payment_id="pi_0",
    )  # fmt: skip
    play = Play(held(holdings=(lot,))).scheduled()
    play.until(START - timedelta(seconds=1))
    play.do(c.Cancel())
    assert play.booking.status is Status.CANCELLED
    assert [(x.left, x.paid, x.payment_id) for x in play.of(e.BookingCancelled)[0].restored] == [
        (600, Money(40000, "rub"), "pi_0")
    ]
    refund = play.of(e.RefundRequested)[0]
    assert (refund.amount, refund.intent_id) == (TARIFF.price(1200), "pi_1")
    assert play.do(c.Cancel()) == ()


def test_money_that_arrives_after_a_cancellation_goes_back_to_the_card() -> None:
    # S2.3
    play = Play()
    due = play.booking.card_due
    play.do(c.Cancel())
    play.do(c.ConfirmPayment("pi_1", "ch_1", due, reinstate=True))
    assert play.of(e.RefundRequested)[0].amount == due


def test_session_that_began_cannot_be_cancelled_or_moved() -> None:
    # S2.3
    play = Play().scheduled()
    play.until(START)
    with pytest.raises(RuleBroken, match="booking_not_open"):
        play.do(c.Cancel())
    with pytest.raises(RuleBroken, match="booking_not_open"):
        play.do(c.Move(START + timedelta(hours=1)))


def test_moved_booking_starts_at_its_new_time_and_is_reminded_of_it() -> None:
    # S2.3, S1.3
    play = Play().scheduled()
    play.until(START - timedelta(minutes=50))
    play.do(c.Move(START + timedelta(hours=3)))
    play.until(START + timedelta(hours=2))
    letters = play.of(e.LetterDue)
    assert [letter.letter for letter in letters] == [e.Letter.REMINDER, e.Letter.REMINDER]
    assert letters[0].letter_id != letters[1].letter_id
    assert play.booking.status is Status.SCHEDULED
    play.until(START + timedelta(hours=3))
    assert play.booking.status is Status.LIVE


def test_reminder_is_due_once_an_hour_before_the_start() -> None:
    # S1.3
    play = Play().scheduled()
    play.until(START - timedelta(minutes=61))
    assert play.of(e.LetterDue) == []
    play.until(START - timedelta(minutes=60))
    letter = play.of(e.LetterDue)[0]
    play.do(c.NoteLetterSent(letter.letter_id))
    play.until(START - timedelta(seconds=1))
    assert len(play.of(e.LetterDue)) == 1
    assert play.of(e.EffectRedriven) == []


def test_letter_nobody_answers_for_is_asked_for_again_under_its_id() -> None:
    # S4.2
    play = Play().scheduled()
    play.until(START - timedelta(minutes=20))
    letter = play.of(e.LetterDue)[0]
    again = play.of(e.EffectRedriven)
    assert [event.effect_id for event in again] == [letter.letter_id] * len(again)
    assert len(again) == 3  # after 5, then 10, then 20 minutes


def test_refund_attempt_rises_only_after_a_look_up_of_that_very_attempt() -> None:
    # Never 2
    play = Play().scheduled()
    play.do(c.Cancel())
    refund_id = play.of(e.RefundRequested)[0].refund_id
    play.do(c.RetryRefund(refund_id, 1))
    play.do(c.RetryRefund(refund_id, 1))
    assert play.booking.refunds[0].attempt == 2
    play.do(c.NoteRefund(refund_id, "re_1"))
    assert play.do(c.NoteRefund(refund_id, "re_1")) == ()


def test_refund_that_fails_after_it_was_accepted_leaves_the_money_on_the_balance() -> None:
    # S2.2
    play = Play().scheduled()
    play.do(c.Cancel())
    refund_id = play.of(e.RefundRequested)[0].refund_id
    play.do(c.NoteRefund(refund_id, "re_1"))
    play.do(c.NoteRefundRefused(refund_id, "expired_or_canceled_card"))
    (failed,) = play.of(e.RefundFailed)
    assert failed.amount == TARIFF.price(1800)
    assert play.do(c.NoteRefundRefused(refund_id, "expired_or_canceled_card")) == ()
