"""Disputes and inquiries: what they freeze, what they cost, and that nothing is paid twice."""

from itertools import permutations

import pytest

from infra.local.payments.disputes import FEE
from infra.local.payments.faults import RequestFault
from shared.domain.booking import Status
from shared.domain.errors import RuleBroken
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.money import Money
from tests.journeys.money_world import DAY, HALF_HOUR, HOUR, MINUTE, MoneyWorld
from tests.journeys.world import OPERATOR, START

FIVE_HUNDRED = Money(50_000, "rub")
PRICE = HALF_HOUR.minor
SLOW_CARD = "pm_card_pendingRefund"


def disputed(*, inquiry: bool = False) -> tuple[MoneyWorld, str, str, str]:
    """A booked session whose payment the bank questions: booking, payment, dispute."""
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    dispute = world.provider.open_dispute(payment_id, inquiry=inquiry)
    world.settle()
    return world, booking_id, payment_id, dispute.dispute_id


def decide(world: MoneyWorld, dispute_id: str, *, won: bool) -> None:
    """The bank decides, and everything follows that follows at once."""
    world.provider.close_dispute(dispute_id, won=won)
    world.settle()


def assert_lost(world: MoneyWorld, losses: int) -> None:
    """What the bank kept and nothing covered is our loss, and the fee with it."""
    assert (world.account("losses"), world.account("fees")) == (losses, FEE)
    world.assert_books_are_right()


# --- a booked session ----------------------------------------------------------------------------


def test_disputed_booking_is_frozen_and_its_refunds_are_locked() -> None:
    # S2.7, S2.11
    world, booking_id, payment_id, dispute_id = disputed()
    with pytest.raises(RuleBroken, match="booking_frozen"):
        world.cancel(booking_id)
    with pytest.raises(RuleBroken, match="booking_frozen"):
        world.office.move(booking_id, START + HOUR, world.replay())
    with pytest.raises(RuleBroken, match="payment_disputed"):
        world.refund(payment_id, by="agent:olga", our_fault=True)
    assert world.provider.refunds_of(payment_id) == []
    (letter,) = world.told(PaymentLetter.DISPUTE_NOTICE)
    assert letter.to == "anna@example.com"
    assert world.account(f"dispute:{dispute_id}") == PRICE
    assert world.account("fees") == FEE
    world.assert_books_are_right(still_open=("dispute:",))


def test_disputed_session_is_not_held_at_its_start() -> None:
    # S2.7
    world, booking_id, payment_id, _ = disputed()
    world.until(START + MINUTE)
    booking = world.booking(booking_id)
    assert (booking.status, booking.session) == (Status.CANCELLED, None)
    assert world.provider.refunds_of(payment_id) == []
    world.assert_books_are_right(still_open=("dispute:", f"payment:{payment_id}"))


def test_dispute_won_before_the_start_lets_the_session_take_place() -> None:
    # S2.7
    world, booking_id, _, dispute_id = disputed()
    world.after(HOUR)
    decide(world, dispute_id, won=True)
    world.until(START + HOUR)
    assert world.closed(booking_id).bill.billed == 1800
    assert_lost(world, losses=0)


def test_dispute_won_after_the_start_leaves_the_money_on_the_balance() -> None:
    # S2.7, Never 3
    world, booking_id, payment_id, dispute_id = disputed()
    world.days(3)
    decide(world, dispute_id, won=True)
    assert world.booking(booking_id).status is Status.CANCELLED
    assert world.balance_money() == {"rub": PRICE}
    assert world.refund(payment_id).amount == HALF_HOUR
    assert_lost(world, losses=0)


def test_dispute_lost_before_the_start_gives_the_booking_up_and_refunds_nothing() -> None:
    # S2.7, S2.11: its own money covers the claim, the fee is ours
    world, booking_id, payment_id, dispute_id = disputed()
    decide(world, dispute_id, won=False)
    assert world.booking(booking_id).status is Status.CANCELLED
    assert world.provider.refunds_of(payment_id) == []
    assert world.balance_money() == {}
    world.book(customer_id="dora")
    assert_lost(world, losses=0)


def test_dispute_lost_after_the_session_was_held_is_our_loss() -> None:
    # S2.11: weeks later
    world = MoneyWorld()
    _, payment_id = world.booked_by_card()
    world.until(START + HOUR)
    world.days(30)
    dispute = world.provider.open_dispute(payment_id)
    world.after(HOUR)
    decide(world, dispute.dispute_id, won=False)
    with pytest.raises(RuleBroken):
        world.refund(payment_id, by="agent:olga", our_fault=True)
    assert world.account("revenue") == -PRICE
    assert_lost(world, losses=PRICE)


def test_partly_disputed_and_lost_returns_the_rest_of_a_given_up_booking() -> None:
    # S2.7, Never 3
    world = MoneyWorld()
    _, payment_id = world.booked_by_card()
    dispute = world.provider.open_dispute(payment_id, FIVE_HUNDRED.minor)
    world.settle()
    decide(world, dispute.dispute_id, won=False)
    assert world.balance_money() == {"rub": PRICE - FIVE_HUNDRED.minor}
    assert world.refund(payment_id).status == "refused"  # that card takes no refund any more
    assert world.balance_money() == {"rub": PRICE - FIVE_HUNDRED.minor}
    assert world.payment(payment_id).pending == {}
    assert_lost(world, losses=0)


def test_booking_paid_by_a_disputed_lot_and_an_own_card_returns_the_cards_part() -> None:
    # S2.7: the other card has nothing to do with the dispute
    for won in (True, False):
        world = MoneyWorld()
        world.operator("boris", OPERATOR)
        lot = world.top_up(FIVE_HUNDRED, "pm_card_mastercard")
        booking_id = world.book(use_balance=True)
        card = world.pay(booking_id)
        dispute = world.provider.open_dispute(lot)
        world.settle()
        assert world.booking(booking_id).frozen == {lot}
        if won:
            world.until(START + MINUTE)
        decide(world, dispute.dispute_id, won=won)
        assert world.booking(booking_id).status is Status.CANCELLED
        assert world.back_on_card(card) == PRICE - FIVE_HUNDRED.minor
        assert world.balance_money() == ({"rub": FIVE_HUNDRED.minor} if won else {})
        assert_lost(world, losses=0)


# --- minutes and money on the balance ------------------------------------------------------------


@pytest.mark.parametrize("won", [True, False])
def test_money_bought_with_a_disputed_payment_is_frozen_and_thawed_or_gone(won: bool) -> None:
    # S2.7
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    payment_id = world.top_up(HALF_HOUR)
    dispute = world.provider.open_dispute(payment_id)
    world.settle()
    assert world.balance_money() == {}
    assert world.booking(world.book(use_balance=True)).card_due == HALF_HOUR
    world.assert_books_are_right(still_open=("dispute:", "frozen:"))
    decide(world, dispute.dispute_id, won=won)
    assert world.balance_money() == ({"rub": PRICE} if won else {})
    assert_lost(world, losses=0)


@pytest.mark.parametrize("won", [True, False])
def test_unused_minutes_of_a_disputed_payment_are_frozen_and_thawed_or_gone(won: bool) -> None:
    # S2.7
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    world.until(START + 15 * MINUTE)
    world.office.end(booking_id, world.replay())
    world.after(5 * MINUTE)
    (lot,) = world.store.lots("anna")
    dispute = world.provider.open_dispute(payment_id)
    world.settle()
    assert world.balance_seconds() == 0
    decide(world, dispute.dispute_id, won=won)
    assert list(world.store.lots("anna")) == ([lot] if won else [])
    assert_lost(world, losses=0 if won else PRICE - lot.value.minor)


def test_minutes_that_come_back_while_the_bank_decides_are_frozen_at_once() -> None:
    # S2.7: the dispute came while they talked
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    world.until(START + 5 * MINUTE)
    dispute = world.provider.open_dispute(payment_id)
    world.until(START + 10 * MINUTE)
    assert world.booking(booking_id).status is Status.LIVE
    world.office.end(booking_id, world.replay())
    world.after(5 * MINUTE)
    assert world.closed(booking_id).bill.unused > 0
    assert world.balance_seconds() == 0
    decide(world, dispute.dispute_id, won=True)
    assert world.balance_seconds() == world.closed(booking_id).bill.unused
    world.assert_books_are_right()


def test_lots_of_a_frozen_booking_do_not_thaw_by_its_being_given_up() -> None:
    # S2.7
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    payment_id = world.top_up(HALF_HOUR)
    world.book(use_balance=True)
    dispute = world.provider.open_dispute(payment_id)
    world.until(START + MINUTE)
    assert world.balance_money() == {}
    decide(world, dispute.dispute_id, won=False)
    assert_lost(world, losses=0)


# --- inquiries -----------------------------------------------------------------------------------


def test_inquiry_moves_no_money_and_locks_refunds_alone() -> None:
    # S2.11
    world, booking_id, payment_id, dispute_id = disputed(inquiry=True)
    world.cancel(booking_id)
    assert world.refund_of(payment_id).status == "requested"
    world.after(3 * HOUR)
    assert world.provider.refunds_of(payment_id) == []
    assert world.account("fees") == 0
    decide(world, dispute_id, won=True)
    world.after(HOUR)
    assert world.back_on_card(payment_id) == PRICE
    world.assert_books_are_right()


def test_session_under_inquiry_takes_place() -> None:
    # S2.11
    world, booking_id, _, dispute_id = disputed(inquiry=True)
    world.until(START + HOUR)
    assert world.closed(booking_id).bill.billed == 1800
    decide(world, dispute_id, won=False)
    world.assert_books_are_right()


def test_inquiry_that_becomes_a_dispute_freezes_the_booking() -> None:
    # S2.11
    world, booking_id, payment_id, dispute_id = disputed(inquiry=True)
    assert world.booking(booking_id).frozen == frozenset()
    world.provider.escalate_dispute(dispute_id)
    world.settle()
    assert world.booking(booking_id).frozen == {payment_id}
    assert len(world.told(PaymentLetter.DISPUTE_NOTICE)) == 1
    decide(world, dispute_id, won=False)
    assert_lost(world, losses=0)


# --- a refund and a dispute together -------------------------------------------------------------


def test_refund_that_was_faster_leaves_the_rest_to_the_bank() -> None:
    # S2.7, Never 2
    world = MoneyWorld()
    payment_id = world.top_up(HALF_HOUR)
    world.refund(payment_id, amount=FIVE_HUNDRED)
    dispute = world.provider.open_dispute(payment_id, PRICE - FIVE_HUNDRED.minor)
    world.settle()
    decide(world, dispute.dispute_id, won=False)
    assert world.back_on_card(payment_id) == FIVE_HUNDRED.minor
    assert world.balance_money() == {}
    assert_lost(world, losses=0)


@pytest.mark.parametrize("won", [True, False])
def test_dispute_that_was_faster_makes_the_refund_wait(won: bool) -> None:
    # S2.7, Never 2: the provider refuses, and we have heard of nothing yet
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    dispute = world.provider.open_dispute(payment_id)
    world.cancel(booking_id)
    assert world.refund_of(payment_id).status == "requested"
    world.after(5 * HOUR)
    assert world.provider.refunds_of(payment_id) == []
    decide(world, dispute.dispute_id, won=won)
    world.after(HOUR)
    assert world.back_on_card(payment_id) == (PRICE if won else 0)
    assert world.refund_of(payment_id).status == ("settled" if won else "denied")
    assert world.balance_money() == {}
    assert_lost(world, losses=0)


@pytest.mark.parametrize("won", [True, False])
def test_dispute_stops_a_refund_on_its_way_and_nothing_is_paid_twice(won: bool) -> None:
    # S2.7, Never 2: docs.stripe.com/refunds#failed-refunds
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card(SLOW_CARD)
    world.cancel(booking_id)
    assert world.refund_of(payment_id).status == "accepted"
    dispute = world.provider.open_dispute(payment_id)
    world.after(HOUR)
    assert world.back_on_card(payment_id) == 0
    assert world.balance_money() == {}
    decide(world, dispute.dispute_id, won=won)
    assert world.balance_money() == ({"rub": PRICE} if won else {})
    assert_lost(world, losses=0)


@pytest.mark.parametrize("won", [True, False])
def test_dispute_that_comes_while_the_refund_is_being_asked_for_pays_once(won: bool) -> None:
    # S2.7, Never 2: the provider had done it, its answer was lost, and the dispute came between
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    world.provider.faults.order_request(RequestFault.TIMEOUT, method="POST", path="/v1/refunds")
    opened = []
    world.provider.before_next_answer(
        lambda: opened.append(world.provider.open_dispute(payment_id).dispute_id)
    )
    world.cancel(booking_id)
    world.after(HOUR)
    assert world.back_on_card(payment_id) == PRICE
    assert world.refund_of(payment_id).status == "settled"
    decide(world, opened[0], won=won)
    assert world.balance_money() == {}
    assert_lost(world, losses=0 if won else PRICE)


# --- webhooks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("won", [True, False])
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_what_is_heard_of_a_dispute_in_any_order_comes_to_the_same(
    order: tuple[int, ...], won: bool
) -> None:
    # S2.11, Never 5
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    dispute = world.provider.open_dispute(payment_id)
    world.provider.close_dispute(dispute.dispute_id, won=won)
    events = world.provider.undelivered()
    for place in (*order, *range(3, len(events))):
        world.provider.delivered(events[place]["id"])
        world.webhook(events[place])
        world.settle()
    world.until(START + HOUR)
    expected = Status.COMPLETED if won else Status.CANCELLED
    assert world.booking(booking_id).status is expected
    assert_lost(world, losses=0)


@pytest.mark.parametrize("won", [True, False])
def test_dispute_that_nobody_tells_us_of_is_read_again_until_it_is_over(won: bool) -> None:
    # S2.7: the webhooks of its end are lost
    world, _, payment_id, dispute_id = disputed()
    world.webhooks = 0
    world.days(1)
    world.provider.close_dispute(dispute_id, won=won)
    world.days(0.5)
    assert not world.payment(payment_id).locked
    assert world.balance_money() == ({"rub": PRICE} if won else {})
    assert_lost(world, losses=0)


def test_funds_that_come_back_a_day_after_the_dispute_was_won_are_no_gain() -> None:
    # S2.11: posted when the provider moves them
    world = MoneyWorld()
    payment_id = world.top_up(HALF_HOUR)
    dispute = world.provider.open_dispute(payment_id, delay=DAY)
    world.after(HOUR)
    assert world.account(f"dispute:{dispute.dispute_id}") == 0
    world.days(2)
    assert world.account(f"dispute:{dispute.dispute_id}") == PRICE
    decide(world, dispute.dispute_id, won=True)
    assert_lost(world, losses=0)
