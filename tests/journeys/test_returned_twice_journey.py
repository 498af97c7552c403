"""Money is the customer's once: not on the card and on the balance, and never on neither."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.application.money_desk import MoneyDesk
from shared.application.store import Change
from shared.domain.booking import Status
from shared.domain.money import Money
from shared.domain.payment.claims import RefundStatus
from tests.journeys.crashes import Died
from tests.journeys.money_world import HALF_HOUR, HOUR, MINUTE, MoneyWorld
from tests.journeys.world import OPERATOR, START

TOP_UP = Money(200_000, "rub")
LARGE = Money(1_200_000, "rub")
# A booking's minutes come back in whole seconds, so that their price may be a little less.
ONE_SECOND = 84


class DyingWorld(MoneyWorld):
    """A world in which a process can be made to die before it commits."""

    def __init__(self) -> None:
        self.dies: Callable[[Change], bool] = lambda change: False
        super().__init__(fault=self._die)

    def _die(self, when: str, change: Change) -> None:
        if when == "before" and self.dies(change):
            raise Died(change.cause.command)

    def assert_nothing_is_left(self, payment_id: str) -> None:
        """All of a payment is its customer's, who has not got it back yet."""
        payment = self.payment(payment_id)
        assert payment.unallocated == 0
        assert self.balance_money() == {"rub": payment.refundable.minor}
        self.assert_books_are_right()


def balance_session(amount: Money = TOP_UP) -> tuple[DyingWorld, str, str]:
    """A session that a top-up pays for; returns the booking and the top-up."""
    world = DyingWorld()
    world.operator("boris", OPERATOR)
    payment_id = world.top_up(amount)
    world.after(MINUTE)
    booking_id = world.book(use_balance=True)
    assert world.booking(booking_id).status is Status.SCHEDULED
    return world, booking_id, payment_id


# --- never on neither ----------------------------------------------------------------------------


def test_denied_refund_of_what_was_nobodys_is_on_the_balance_of_whose_it_was() -> None:
    # S2.5: the customer became known while the refund waited for a manager.
    world = DyingWorld()
    paid = world.provider.charge_by_hand(LARGE)
    world.after(10 * MINUTE)
    amount = Money(1_100_000, "rub")
    refund = world.refund(paid.charge_id, amount=amount, by="agent:olga", our_fault=True)
    assert refund.status is RefundStatus.AWAITING_APPROVAL
    world.contacts.remember("anna", email="anna@example.com")
    desk = MoneyDesk(world.records, world.case_records, world.refund_desk, world.contacts)
    desk.assign(paid.charge_id, "anna", "agent:olga")
    desk.decide(paid.charge_id, refund.refund_id, "agent:max", approve=False)
    world.settle()
    world.assert_nothing_is_left(paid.charge_id)


def test_money_of_a_booking_that_never_heard_of_the_won_dispute_is_on_the_balance() -> None:
    # S2.7: the process died between the end of the dispute and the thaw, and then it was time.
    world = DyingWorld()
    booking_id, payment_id = world.booked_by_card()
    dispute = world.provider.open_dispute(payment_id)
    world.settle()
    world.until(START - MINUTE)
    world.dies = lambda change: (
        change.cause.command == "Thaw" and world.exchange.now < START + MINUTE
    )
    world.provider.close_dispute(dispute.dispute_id, won=True)
    world.days(1)
    assert world.booking(booking_id).status is Status.CANCELLED
    world.assert_nothing_is_left(payment_id)


def test_money_of_a_booking_given_up_for_a_refund_that_failed_is_on_the_balance() -> None:
    # S2.2: it failed before we had taken note of it.
    world = DyingWorld()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    payment_id = world.pay(booking_id, "pm_card_refundFail")
    world.provider.settle_refunds_after(MINUTE)
    world.dies = lambda change: (
        change.cause.command == "SeeRefund"
        and world.provider.refunds_of(payment_id)[0].status == "succeeded"
    )
    world.provider.refund_by_hand(payment_id)
    world.days(1)
    assert world.booking(booking_id).status is Status.CANCELLED
    world.assert_nothing_is_left(payment_id)


# --- never twice ---------------------------------------------------------------------------------


def test_session_cancelled_after_its_top_up_was_refunded_gives_nothing_back() -> None:
    # S2.7, Never 2
    world, booking_id, payment_id = balance_session()
    world.refund(payment_id, amount=TOP_UP, by="agent:olga", our_fault=True)
    assert world.account("goodwill") == HALF_HOUR.minor
    world.cancel(booking_id)
    assert world.back_on_card(payment_id) == TOP_UP.minor
    assert world.balance_money() == {}
    assert world.account("goodwill") == 0
    world.assert_books_are_right()


def test_only_what_is_beyond_the_payment_is_taken_off_the_balance() -> None:
    # S2.7: of 2000.00 half went back, so that half is the customer's.
    world, booking_id, payment_id = balance_session()
    half = Money(100_000, "rub")
    world.refund(payment_id, amount=half, by="agent:olga", our_fault=True)
    world.cancel(booking_id)
    assert world.balance_money() == {"rub": TOP_UP.minor - half.minor}
    world.assert_books_are_right()


def test_session_whose_top_up_was_refunded_by_hand_is_given_up() -> None:
    # S2.5, S2.7: as one that this payment had paid for by card.
    world, booking_id, payment_id = balance_session()
    world.provider.refund_by_hand(payment_id)
    world.settle()
    assert world.booking(booking_id).status is Status.CANCELLED
    assert world.balance_money() == {}
    assert world.account("goodwill") == 0
    world.assert_books_are_right()


def test_refund_denied_after_the_session_was_cancelled_leaves_all_of_it_on_the_balance() -> None:
    # S2.3: what had been taken off the balance for that refund is the customer's after all.
    world, booking_id, payment_id = balance_session(LARGE)
    refund = world.refund(payment_id, amount=LARGE, by="agent:olga", our_fault=True)
    assert refund.status is RefundStatus.AWAITING_APPROVAL
    world.cancel(booking_id)
    assert world.balance_money() == {}
    world.refund_desk.decide(payment_id, refund.refund_id, "agent:max", approve=False)
    world.settle()
    assert world.account("goodwill") == 0
    world.assert_nothing_is_left(payment_id)


@pytest.mark.parametrize("how", ["lost", "hand", "agent"])
def test_minutes_left_of_a_session_whose_money_went_back_meanwhile_are_not_kept(how: str) -> None:
    # S2.7, Never 2
    world = DyingWorld()
    booking_id, payment_id = world.booked_by_card()
    world.until(START + MINUTE)
    assert world.booking(booking_id).status is Status.LIVE
    if how == "lost":
        dispute = world.provider.open_dispute(payment_id)
        world.settle()
        world.provider.close_dispute(dispute.dispute_id, won=False)
    elif how == "hand":
        world.provider.refund_by_hand(payment_id)
    else:
        world.refund(payment_id, amount=HALF_HOUR, by="agent:olga", our_fault=True)
    world.after(2 * MINUTE)
    world.office.end(booking_id, world.replay())
    world.after(HOUR)
    session = world.booking(booking_id)
    assert session.status is Status.COMPLETED
    left = sum(lot.value.minor for lot in world.store.lots("anna"))
    assert left < ONE_SECOND
    given = world.account("losses" if how == "lost" else "goodwill")
    assert 0 < given < timedelta(minutes=5) / timedelta(minutes=30) * HALF_HOUR.minor
    world.assert_books_are_right()


def test_a_lost_claim_takes_back_however_many_lots_its_payment_was_split_into() -> None:
    # S2.7: one decision freezes and takes only as many lots as one transaction can hold
    world = DyingWorld()
    world.operator("boris", OPERATOR, hours=10)
    payment_id = world.top_up(Money(750_000, "rub"))
    world.after(MINUTE)
    quarter = timedelta(minutes=15)
    bookings = [
        world.book(minutes=5, starts_at=START + quarter * n, use_balance=True) for n in range(30)
    ]
    for booking_id in bookings:
        world.office.cancel(booking_id, world.replay())
    assert len(world.store.lots("anna")) == len(bookings)
    dispute = world.provider.open_dispute(payment_id)
    world.after(HOUR)
    world.provider.close_dispute(dispute.dispute_id, won=False)
    world.after(HOUR)
    assert world.balance_money().get("rub", 0) == 0
    world.assert_books_are_right()
