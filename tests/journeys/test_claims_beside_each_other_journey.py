"""Claims beside claims, refunds and sessions: nobody has the same money twice (S2.7, Never 2)."""

from infra.local.payments.disputes import FEE
from infra.local.payments.faults import RequestFault
from shared.domain.booking import Status
from shared.domain.money import Money
from tests.journeys.money_world import HOUR, MINUTE, MoneyWorld
from tests.journeys.world import OPERATOR, START

PAID = Money(200_000, "rub")
HALF = 100_000


def with_a_balance() -> tuple[MoneyWorld, str]:
    """Money on a balance, and the payment it came from."""
    world = MoneyWorld()
    world.operator("boris", OPERATOR, hours=12)
    payment_id = world.top_up(PAID)
    world.after(MINUTE)
    return world, payment_id


def test_a_claim_that_is_over_does_not_thaw_what_another_is_about() -> None:
    # S2.7
    world, payment_id = with_a_balance()
    first = world.provider.open_dispute(payment_id, HALF)
    second = world.provider.open_dispute(payment_id, HALF)
    world.settle()
    world.provider.close_dispute(first.dispute_id, won=True)
    world.after(HOUR)
    assert world.balance_money() == {}
    world.provider.close_dispute(second.dispute_id, won=False)
    world.days(1)
    assert (world.balance_money(), world.account("losses")) == ({"rub": HALF}, 0)
    world.assert_books_are_right()


def test_a_lost_claim_takes_from_what_another_froze_and_the_rest_thaws_when_that_is_won() -> None:
    # S2.7
    world, payment_id = with_a_balance()
    first = world.provider.open_dispute(payment_id, HALF)
    second = world.provider.open_dispute(payment_id, HALF)
    world.settle()
    world.provider.close_dispute(second.dispute_id, won=False)
    world.settle()
    assert (world.balance_money(), world.account("losses")) == ({}, 0)
    world.provider.close_dispute(first.dispute_id, won=True)
    world.days(1)
    assert world.balance_money() == {"rub": HALF}
    world.assert_books_are_right()


def test_minutes_of_a_session_that_outlasts_a_lost_dispute_cover_it_at_its_end() -> None:
    # S2.7: the bank has their price already
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    world.until(START + MINUTE)
    dispute = world.provider.open_dispute(payment_id)
    world.settle()
    world.provider.close_dispute(dispute.dispute_id, won=False)
    world.settle()
    assert world.booking(booking_id).status is Status.LIVE
    world.after(2 * MINUTE)
    world.office.end(booking_id, world.replay())
    world.after(HOUR)
    assert world.closed(booking_id).bill.unused > 0
    assert world.balance_seconds() == 0
    assert world.account("losses") == -world.account("revenue") > 0
    world.assert_books_are_right()


def test_a_dispute_lost_before_the_funds_are_withdrawn_takes_them_from_the_balance() -> None:
    # S2.7, S2.11
    world, payment_id = with_a_balance()
    dispute = world.provider.open_dispute(payment_id, delay=5 * HOUR)
    world.settle()
    world.provider.close_dispute(dispute.dispute_id, won=False)
    world.after(8 * HOUR)
    assert (world.balance_money(), world.account("losses")) == ({}, 0)
    assert world.account("fees") == FEE
    world.assert_books_are_right()


def test_a_refund_by_hand_that_is_heard_of_after_the_dispute_does_not_thaw() -> None:
    # S2.7, Never 2
    world, payment_id = with_a_balance()
    world.webhooks = 0
    refund = world.provider.refund_by_hand(payment_id, HALF)
    dispute = world.provider.open_dispute(payment_id, HALF)
    world.disputes().reported(dispute.dispute_id)
    world.settle()
    world.refunds().reported(refund.provider_refund_id)
    world.settle()
    world.provider.close_dispute(dispute.dispute_id, won=True)
    world.days(1)
    assert (world.balance_money(), world.account("goodwill")) == ({"rub": HALF}, 0)
    world.assert_books_are_right()


def test_a_refund_that_is_denied_during_a_dispute_gives_back_nothing_to_spend() -> None:
    # S2.7
    world = MoneyWorld()
    payment_id = world.top_up(Money(1_200_000, "rub"))
    refund = world.refund(payment_id, by="agent:olga")
    assert refund.status == "awaiting_approval"
    dispute = world.provider.open_dispute(payment_id)
    world.settle()
    world.refund_desk.decide(payment_id, refund.refund_id, "agent:max", approve=False)
    world.settle()
    assert world.balance_money() == {}
    world.provider.close_dispute(dispute.dispute_id, won=True)
    world.days(1)
    assert world.balance_money() == {"rub": 1_200_000}
    world.assert_books_are_right()


def test_a_refund_that_was_made_after_all_is_paid_by_what_is_on_the_balance() -> None:
    # Never 2: denied for a lost dispute, though its lost answer had been yes
    world = MoneyWorld(webhooks=0)
    booking_id, payment_id = world.booked_by_card()
    world.sweeping = False
    world.provider.faults.order_request(RequestFault.TIMEOUT, method="POST", path="/v1/refunds")
    world.cancel(booking_id)
    dispute = world.provider.open_dispute(payment_id, 10_000)
    world.provider.close_dispute(dispute.dispute_id, won=False)
    world.disputes().reported(dispute.dispute_id)
    world.settle()
    assert world.refund_of(payment_id).status == "denied"
    world.sweeping = True
    world.after(2 * HOUR)
    assert world.back_on_card(payment_id) == 150_000
    # The bank had its part besides, which is all that is not covered.
    assert (world.balance_money(), world.account("goodwill")) == ({}, 10_000)
    world.assert_books_are_right()
