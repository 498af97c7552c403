"""Money comes in: captured, declined, abandoned; where it goes, and what the customer is told."""

from datetime import timedelta

import pytest

from shared.domain.effects import EffectKind
from shared.domain.errors import RuleBroken
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.money import Money
from shared.domain.payment import commands as c
from shared.domain.payment import events as e
from shared.domain.payment.payment import Status, evolve
from shared.domain.pending import LOOK_UP
from shared.domain.policy import CURRENT
from tests.unit.domain.payment.play import (
    AGENT,
    BOOKING_ID,
    CARD,
    MONDAY,
    PAYMENT_ID,
    PRICE,
    PaymentPlay,
    booked,
    nobodys,
    opened,
    top_up,
)


def test_a_captured_payment_goes_to_its_booking_and_yields_a_receipt() -> None:
    # S2.6, Never 3
    play = booked()
    assert play.payment.status is Status.CAPTURED
    assert (play.payment.captured, play.payment.card) == (PRICE, CARD)
    assert play.held("provider") == 150_000
    assert play.held(f"booking:{BOOKING_ID}") == -150_000
    assert play.letters() == [PaymentLetter.RECEIPT]
    assert LOOK_UP not in play.payment.pending


def test_a_capture_that_is_told_twice_counts_once() -> None:
    # Never 1
    play = booked()
    again = c.Capture(PRICE, "ch_1", CARD, MONDAY)
    assert play.do(again) == ()
    assert play.held("provider") == 150_000


def test_a_top_up_stands_on_the_balance_as_money_of_this_payment() -> None:
    # S2.9
    play = top_up(50_000)
    (lot,) = play.lots.values()
    assert (lot.is_money, lot.left, lot.payment_id) == (True, 50_000, PAYMENT_ID)
    assert (lot.paid_at, lot.our_fault) == (MONDAY, False)
    assert play.held("balance:anna") == -50_000
    assert play.letters() == [PaymentLetter.RECEIPT]


def test_money_that_came_too_late_is_credited_and_the_customer_is_asked_once() -> None:
    # S1.14, S2.10
    play = PaymentPlay().capture()
    play.do(c.Credit(late=True))
    (lot,) = play.lots.values()
    assert (lot.left, lot.our_fault, lot.paid_at) == (150_000, True, MONDAY)
    assert play.letters() == [PaymentLetter.RECEIPT, PaymentLetter.LATE_PAYMENT_CHOICE]
    assert play.do(c.Credit(late=True)) == ()


def test_money_of_nobody_we_know_waits_for_a_person() -> None:
    # S2.5
    play = PaymentPlay(opened(purpose=e.Purpose.UNKNOWN, customer_id=None)).capture()
    assert play.payment.unallocated == 150_000
    assert play.letters() == []
    assert play.cases() == ["case-unknown"]
    (case,) = play.asked(EffectKind.OPEN_CASE)
    assert (case.owner_id, case.subject) == (PAYMENT_ID, "case-unknown")
    deadline = play.of(e.CaseNeeded)[0].deadline
    assert deadline == MONDAY + timedelta(seconds=CURRENT.payment_check)
    assert play.do(c.Credit(late=True)) == ()


def test_whoever_it_belongs_to_gets_it_once_a_person_has_found_him() -> None:
    # S2.5
    play = nobodys()
    play.do(c.AssignCustomer("anna", AGENT))
    assert (play.payment.customer_id, play.payment.unallocated) == ("anna", 0)
    assert play.held("balance:anna") == -150_000
    assert play.letters() == [PaymentLetter.RECEIPT]
    assert play.do(c.AssignCustomer("anna", AGENT)) == ()
    with pytest.raises(RuleBroken, match="payment_has_owner"):
        play.do(c.AssignCustomer("boris", AGENT))


def test_what_was_not_captured_or_is_disputed_belongs_to_nobody_yet() -> None:
    # S2.5, S2.7
    play = PaymentPlay(opened(purpose=e.Purpose.UNKNOWN, customer_id=None))
    with pytest.raises(RuleBroken, match="payment_not_captured"):
        play.do(c.AssignCustomer("anna", AGENT))
    play.capture()
    play.dispute(inquiry=True)
    with pytest.raises(RuleBroken, match="payment_disputed"):
        play.do(c.AssignCustomer("anna", AGENT))


def test_a_decline_is_told_once_per_reason_and_the_same_payment_can_be_paid_again() -> None:
    # S1.14, S2.10
    play = PaymentPlay(opened(purpose=e.Purpose.TOP_UP))
    for code in ("insufficient_funds", "insufficient_funds", "do_not_honor", "insufficient_funds"):
        play.do(c.Decline(code))
    assert [event.about for event in play.of(e.LetterDue)] == ["insufficient_funds", "do_not_honor"]
    assert (play.payment.status, play.payment.decline_code) == (Status.OPEN, "insufficient_funds")
    play.capture()
    assert (play.payment.status, play.payment.decline_code) == (Status.CAPTURED, None)
    assert play.do(c.Decline("expired_card")) == ()


def test_an_abandoned_payment_is_not_looked_up_any_more_and_takes_no_declines() -> None:
    # S2.10
    play = PaymentPlay()
    play.do(c.Abandon())
    assert play.payment.status is Status.ABANDONED
    assert not play.payment.pending
    assert play.do(c.Abandon()) == play.do(c.Decline("x")) == ()


def test_money_the_provider_took_after_all_counts_on_an_abandoned_payment() -> None:
    # S2.10: the cancel may answer "succeeded"
    play = PaymentPlay()
    play.do(c.Abandon())
    play.paid()
    assert play.payment.status is Status.CAPTURED
    assert play.do(c.Abandon()) == ()


def test_a_payment_nobody_reports_on_is_looked_up_later_each_time() -> None:
    # S2.5, S4.2: found without any webhook
    play = PaymentPlay()
    play.until(MONDAY + timedelta(hours=5))
    looks = [at - MONDAY for at, event in play.history if isinstance(event, e.EffectRedriven)]
    minutes = [int(look.total_seconds() // 60) for look in looks]
    assert minutes == [5, 15, 35, 75, 135, 195, 255]  # an hour at most between two
    assert {f.kind for f in play.effects} == {EffectKind.LOOK_UP_INTENT}
    assert all(effect.redriven for effect in play.effects)
    play.paid()
    count = len(play.effects)
    play.until(play.now + timedelta(days=2))
    assert len(play.effects) == count


def test_a_page_that_shows_the_payment_is_noted_once() -> None:
    # S2.1
    play = PaymentPlay()
    assert play.do(c.NoteShown()) == ()
    play.paid()
    play.now += timedelta(seconds=3)
    play.do(c.NoteShown())
    assert play.payment.shown_at == play.now
    assert play.do(c.NoteShown()) == ()


def test_a_letter_is_sent_again_under_its_id_until_the_mail_service_took_it() -> None:
    # S4.2
    play = booked()
    play.do(c.NoteCardSaved())
    letter = play.of(e.LetterDue)[-1]
    play.until(MONDAY + timedelta(minutes=16), silent=True)
    asked = play.asked(EffectKind.SEND_PAYMENT_LETTER)
    assert [f.redriven for f in asked if f.subject == letter.letter_id] == [False, True, True]
    play.do(c.NoteLetterSent(letter.letter_id))
    assert play.do(c.NoteLetterSent(letter.letter_id)) == ()
    assert not play.payment.pending


def test_a_letter_that_will_never_arrive_is_given_up() -> None:
    # S2.6
    play = booked()
    play.do(c.NoteCardSaved())
    letter = play.of(e.LetterDue)[-1]
    play.do(c.NoteLetterRefused(letter.letter_id, "no_address"))
    assert not play.payment.pending
    assert play.do(c.NoteLetterRefused(letter.letter_id, "no_address")) == ()


def test_a_saved_card_is_told_of_once() -> None:
    # S2.6
    play = booked()
    play.do(c.NoteCardSaved())
    assert play.do(c.NoteCardSaved()) == ()
    assert play.letters() == [PaymentLetter.RECEIPT, PaymentLetter.CARD_SAVED]


def test_every_letter_of_a_payment_has_an_id_of_its_own() -> None:
    # S2.6
    play = booked()
    play.do(c.NoteCardSaved())
    play.cancelled()
    play.settled()
    ids = [event.letter_id for event in play.of(e.LetterDue)]
    assert len(set(ids)) == len(ids) == 3


def test_a_case_is_opened_once_and_asked_for_until_it_has_a_number() -> None:
    # S1.14
    play = PaymentPlay(opened(purpose=e.Purpose.UNKNOWN, customer_id=None)).capture()
    play.until(MONDAY + timedelta(minutes=6), silent=True)
    assert [f.redriven for f in play.asked(EffectKind.OPEN_CASE)] == [False, True]
    play.do(c.NoteCase("case-unknown", "500000000017"))
    assert play.do(c.NoteCase("case-unknown", "500000000024")) == ()
    assert play.do(c.NoteCase("case-of-another", "500000000024")) == ()
    assert play.payment.cases == {"case-unknown": "500000000017"}
    assert not play.payment.pending


def test_an_event_that_never_happens_in_a_state_is_a_mistake_of_ours() -> None:
    # Never 5
    play = booked()
    with pytest.raises(LookupError, match="captured"):
        evolve(play.payment, e.PaymentAbandoned(), MONDAY)
    with pytest.raises(LookupError, match="without a payment"):
        evolve(None, e.PaymentShown(), MONDAY)


def test_money_in_another_currency_is_kept_in_it() -> None:
    # S2.8: yen have no decimals
    yen = Money(1500, "jpy")
    play = PaymentPlay(opened(purpose=e.Purpose.TOP_UP, amount=yen))
    events = play.do(c.Capture(yen, None, None, MONDAY))
    (lot,) = [event.lot for event in events if isinstance(event, e.PaymentCredited)]
    assert lot.paid == yen
    assert play.held("provider", "jpy") == 1500
