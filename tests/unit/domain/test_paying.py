"""Holding a slot, paying for it, and what happens when money and time miss each other."""

from datetime import timedelta

import pytest

from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import CANCEL_INTENT, Status
from shared.domain.errors import RuleBroken
from shared.domain.lots import Holding, Source
from shared.domain.money import Money
from shared.domain.payment.commands import Allocate, Credit, Order, RequestRefund, Return
from shared.domain.payment.events import RefundReason
from tests.unit.domain.play import BOOKING_ID, START, TARIFF, Play, held


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
        # The payment asks him what he wants instead (tests/unit/domain/payment/test_taking.py).
        assert play.orders == [Order("pi_1", Credit(late=True))]
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
    card = TARIFF.price(1200)
    assert play.orders == [
        Order("pi_1", Allocate(BOOKING_ID, card)),
        Order(
            "pi_1",
            RequestRefund(
                f"{BOOKING_ID}-refund-1",
                card,
                RefundReason.CANCELLED,
                "customer",
                returned_by=BOOKING_ID,
            ),
        ),
    ]
    assert play.do(c.Cancel()) == ()


def test_money_that_arrives_after_a_cancellation_goes_back_to_the_card() -> None:
    # S2.3
    play = Play()
    due = play.booking.card_due
    play.do(c.Cancel())
    arrived = c.ConfirmPayment("pi_1", "ch_1", due, reinstate=True)
    play.do(arrived)
    assert play.orders == [
        Order(
            "pi_1",
            RequestRefund(f"{BOOKING_ID}-refund-1", due, RefundReason.CANCELLED, "system"),
        )
    ]
    assert play.do(arrived) == ()


def test_a_second_payment_of_the_same_booking_goes_back_and_the_booking_stays() -> None:
    # S1.14, S2.1
    play = Play().scheduled()
    extra = c.ConfirmPayment("pi_2", "ch_2", play.booking.card_due, reinstate=True)
    play.do(extra)
    assert play.booking.status is Status.SCHEDULED
    assert play.orders[1:] == [
        Order(
            "pi_2",
            RequestRefund(
                f"{BOOKING_ID}-refund-1", TARIFF.price(1800), RefundReason.DUPLICATE, "system"
            ),
        )
    ]
    assert play.do(extra) == ()


def test_every_refund_of_a_booking_has_an_id_of_its_own() -> None:
    # Never 2
    play = Play().scheduled()
    for intent_id in ("pi_2", "pi_3"):
        play.do(c.ConfirmPayment(intent_id, None, play.booking.card_due, reinstate=True))
    play.do(c.Cancel())
    asked = [o.command.refund_id for o in play.orders if isinstance(o.command, RequestRefund)]
    assert len(set(asked)) == len(asked) == 3


def test_a_booking_whose_payment_is_gone_is_given_up_and_asks_for_no_refund() -> None:
    # S2.7: refunded by hand, or lost to the bank
    play = Play().scheduled()
    play.do(c.GiveUp("pi_1"))
    assert play.booking.status is Status.CANCELLED
    assert play.orders[1:] == [Order("pi_1", Return(BOOKING_ID, TARIFF.price(1800)))]
    assert play.do(c.GiveUp("pi_1")) == ()


def test_while_the_bank_asks_a_booking_stands_still_and_goes_on_when_it_has_decided() -> None:
    # S2.7
    play = Play().scheduled()
    play.do(c.Freeze("pi_1"))
    assert play.do(c.Freeze("pi_1")) == ()
    for command in (c.Cancel(), c.Move(START + timedelta(hours=1))):
        with pytest.raises(RuleBroken, match="booking_frozen"):
            play.do(command)
    play.do(c.Thaw("pi_1"))
    assert play.do(c.Thaw("pi_1")) == ()
    play.until(START)
    assert play.booking.status is Status.LIVE


def test_a_booking_still_disputed_at_its_start_does_not_take_place() -> None:
    # S2.7: its money stays with the payment until the bank has decided
    play = Play().scheduled()
    play.do(c.Freeze("pi_1"))
    play.until(START)
    assert play.booking.status is Status.CANCELLED
    assert play.orders[1:] == [Order("pi_1", Return(BOOKING_ID, TARIFF.price(1800)))]


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
    assert play.of(e.SessionStarted) == []
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


def test_another_intent_s_money_leaves_our_own_to_be_cancelled() -> None:
    # S2.10
    play = Play()
    play.do(c.NoteIntent("pi_1"))
    play.until(play.now + timedelta(minutes=15))
    play.do(c.ConfirmPayment("pi_2", "ch_2", play.booking.card_due, reinstate=False))
    assert CANCEL_INTENT in play.booking.pending
    play.do(c.NoteIntentCancelled("pi_1"))
    assert not play.booking.pending


def test_a_slot_that_is_taken_again_is_not_frozen_by_what_was_given_back() -> None:
    # S2.7, S2.10
    play = Play()
    play.do(c.NoteIntent("pi_1"))
    play.do(c.Freeze("pi_0"))
    play.until(play.now + timedelta(minutes=15))
    play.do(c.ConfirmPayment("pi_1", "ch_1", play.booking.card_due, reinstate=True))
    assert (play.booking.status, play.booking.frozen) == (Status.SCHEDULED, frozenset())
