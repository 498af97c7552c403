"""What a payment holds that belongs to nothing: on the balance soon, and nothing to do without."""

from datetime import timedelta

from shared.domain.effects import EffectKind
from shared.domain.payment import commands as c
from shared.domain.payment import events as e
from shared.domain.payment.decide import next_due
from shared.domain.policy import CURRENT
from tests.unit.domain.payment.play import (
    AGENT,
    BOOKING_ID,
    MONDAY,
    PAYMENT_ID,
    PRICE,
    PaymentPlay,
    nobodys,
    rub,
    unused,
)

SOON = timedelta(seconds=CURRENT.effect_redrive_after)


def given_back(play: PaymentPlay) -> PaymentPlay:
    """The booking gave its money back, and whoever wanted it did not come."""
    play.do(c.Return(BOOKING_ID, PRICE))
    return play


def test_money_that_nobody_comes_for_is_credited_after_a_while() -> None:
    # S2.2
    play = given_back(PaymentPlay().paid())
    play.until(MONDAY + SOON - timedelta(seconds=1))
    assert play.payment.unallocated == PRICE.minor
    play.until(MONDAY + SOON)
    (lot,) = play.lots.values()
    assert (lot.value, lot.is_money, lot.our_fault) == (PRICE, True, True)
    assert (play.payment.unallocated, play.payment.unallocated_since) == (0, None)


def test_each_time_it_is_a_lot_of_its_own() -> None:
    # Never 5: what was credited before is not overwritten.
    play = PaymentPlay().paid()
    for hours, amount in enumerate((rub(50_000), rub(100_000)), start=1):
        play.do(c.Return(BOOKING_ID, amount))
        play.until(MONDAY + timedelta(hours=hours))
    assert sorted(lot.value.minor for lot in play.lots.values()) == [50_000, 100_000]


def test_money_waits_while_a_bank_asks() -> None:
    # S2.7
    play = PaymentPlay().paid()
    play.do(c.NoteDispute("dp_1", PRICE, False, "fraudulent", None, (), ()))
    given_back(play)
    play.until(MONDAY + timedelta(hours=12))
    assert play.payment.unallocated == PRICE.minor
    assert play.lots == {}


def test_money_of_nobody_known_waits_for_a_person() -> None:
    # S2.5
    play = nobodys()
    held = play.payment.unallocated
    play.until(MONDAY + timedelta(days=1))
    assert play.payment.unallocated == held > 0


def test_a_payment_that_is_with_its_booking_has_nothing_to_do() -> None:
    # S2.5: no due time, so that the usual payment costs no look.
    play = PaymentPlay().paid()
    assert play.payment.unallocated_since is None
    assert next_due(play.payment, play.now, CURRENT) is None


def test_what_came_back_beyond_the_payment_is_taken_once() -> None:
    # S2.7, Never 2
    play = PaymentPlay().paid()
    play.ask(PRICE, by=AGENT, our_fault=True)
    assert play.held("goodwill") == PRICE.minor
    play.session(used=rub(50_000))
    (event,) = play.do(c.Regain(play.own_lots()))
    assert event == e.LotsRegained(event.taken, 100_000)
    assert (play.lots, play.held("goodwill")) == ({}, 50_000)
    assert play.do(c.Regain(play.own_lots())) == ()


def test_what_came_back_within_the_payment_is_the_customers() -> None:
    # S2.9
    play = PaymentPlay().paid().session(used=rub(50_000))
    assert play.do(c.Regain(play.own_lots())) == ()
    play.ask(rub(30_000))
    assert play.do(c.Regain(play.own_lots())) == ()


def test_refund_that_failed_is_whole_again_though_its_goodwill_was_taken_back() -> None:
    # S2.2: the balance has what the refund was, once.
    play = PaymentPlay().paid()
    play.ask(PRICE, by=AGENT, our_fault=True)
    play.session(used=rub(50_000))
    play.do(c.Regain(play.own_lots()))
    play.do(c.NoteRefundRefused("r1", "expired_or_canceled_card"))
    assert [lot.value for lot in play.lots.values()] == [PRICE]
    assert play.do(c.Regain(play.own_lots())) == ()


def test_dispute_that_is_won_looks_once_more_at_the_lots_it_thaws() -> None:
    # S2.7
    play = unused()
    play.do(c.NoteDispute("dp_1", PRICE, False, "fraudulent", None, (), play.own_lots()))
    assert play.lots == {}
    play.do(c.NoteDispute("dp_1", PRICE, False, "fraudulent", False, (), ()))
    assert [f.owner_id for f in play.asked(EffectKind.REGAIN_LOTS)] == [PAYMENT_ID]
    assert play.do(c.Regain(play.own_lots())) == ()
