"""Customers, banks and colleagues doing anything in any order: the books are right in the end."""

from collections.abc import Callable
from random import Random

import pytest

from infra.local.payments.faults import RequestFault
from shared.application.store import Busy, Change, StaleRead
from shared.domain.booking import Status
from shared.domain.errors import RedialError
from shared.domain.money import Money
from shared.domain.payment.payment import Payment
from tests.journeys.money_world import HOUR, MINUTE, MoneyWorld
from tests.journeys.world import MORNING, OPERATOR, OTHER_OPERATOR, START

CARDS = (
    "pm_card_visa",
    "pm_card_mastercard",
    "pm_card_amex",
    "pm_card_chargeDeclined",
    "pm_card_pendingRefund",
    "pm_card_refundFail",
)
STEPS = 30


class Walk:
    """One world, and the steps that anybody may take next.

    Args:
        seed: chooses the steps.
    """

    def __init__(self, seed: int) -> None:
        self.random, self.lucky = Random(seed), True
        webhooks = self.random.choice([0, 1, 1, 2])
        self.world = MoneyWorld(webhooks=webhooks, fault=self.commit_fails)
        self.world.operator("boris", OPERATOR, hours=12)
        self.world.operator("vera", OTHER_OPERATOR, hours=12)
        self.world.until(START - 90 * MINUTE)
        self.bookings: list[str] = []
        self.disputes: list[str] = []
        self.taken: list[str] = []
        self.steps: list[Callable[[], object]] = [
            *(self.book, self.pay, self.pay, self.pay, self.pay_beside, self.top_up),
            *(self.cancel, self.end, self.refund, self.refund, self.refund_by_hand),
            *(self.open_dispute, self.close_dispute, self.answer, self.wait, self.wait),
            *(self.meanwhile, self.bad_luck),
        ]

    def run(self) -> None:
        """Some steps; what a rule forbids is refused, and nothing else is."""
        for begin in (self.book, self.pay, self.top_up, self.book, self.pay):
            self.take(begin)
        for _ in range(STEPS):
            self.take(self.random.choice(self.steps))
            self.world.settle()

    def take(self, step: Callable[[], object]) -> None:
        """One step, which a rule may forbid."""
        self.taken.append(step.__name__)
        try:
            step()
        except RedialError as refused:
            self.taken.append(f"({refused.code})")

    def meanwhile(self) -> None:
        """Something happens while the provider is being asked next."""
        step = self.random.choice(self.steps[:-2])
        self.world.provider.before_next_answer(lambda: self.take(step))

    def finish(self) -> None:
        """Let every dispute and every session come to its end."""
        self.world.provider.faults.clear()
        self.lucky = True
        self.world.after(HOUR)  # what was to happen meanwhile has happened
        for dispute_id in self.disputes:
            try:
                self.world.provider.close_dispute(dispute_id, won=self.random.random() < 0.5)
            except RedialError:
                continue
        self.world.days(2)

    def bad_luck(self) -> None:
        """A request to the provider fails, and from now on some commits do."""
        fault = self.random.choice([f for f in RequestFault if f is not RequestFault.SLOW])
        self.world.provider.faults.order_request(fault, count=self.random.randint(1, 3))
        self.lucky = False

    def commit_fails(self, when: str, change: Change) -> None:
        if not self.lucky and self.random.random() < 0.05:
            raise self.random.choice([Busy, StaleRead])("injected", f"{when} the commit.")

    def book(self) -> None:
        minutes, hours = self.random.choice([15, 30, 60]), self.random.choice([-1, 0, 1, 2, 5, 8])
        starts_at = START + hours * HOUR
        balance = self.random.random() < 0.5
        booking_id = self.world.book(
            operator_id=None, minutes=minutes, starts_at=starts_at, use_balance=balance
        )
        self.bookings.append(booking_id)

    def pay(self) -> None:
        intent = self.world.payments.start(self.some(self.bookings)).intent
        self.world.provider.pay(intent.intent_id, self.random.choice(CARDS))

    def pay_beside(self) -> None:
        booking_id = self.some(self.bookings)
        intent_id = self.world.intent_beside(booking_id)
        self.world.provider.pay(intent_id, self.random.choice(CARDS))

    def top_up(self) -> None:
        amount = Money(self.random.choice([10_001, 60_000, 200_000]), "rub")
        self.world.top_up(amount, self.random.choice(CARDS[:3]))

    def cancel(self) -> None:
        self.world.cancel(self.some(self.bookings))

    def end(self) -> None:
        self.world.office.end(self.some(self.bookings), self.world.replay())

    def refund(self) -> None:
        payment = self.payment()
        by, fault = self.random.choice([("customer", False), ("agent:olga", True)])
        amount = self.part(payment)
        refund_id = f"back-{len(self.taken)}"
        self.world.refund(payment.payment_id, refund_id, amount=amount, by=by, our_fault=fault)

    def refund_by_hand(self) -> None:
        payment = self.payment()
        part = self.part(payment)
        self.world.provider.refund_by_hand(payment.payment_id, part.minor if part else None)

    def open_dispute(self) -> None:
        payment = self.payment()
        part, inquiry = self.part(payment), self.random.random() < 0.3
        opened = self.world.provider.open_dispute(
            payment.payment_id, part.minor if part else None, inquiry=inquiry
        )
        self.disputes.append(opened.dispute_id)

    def close_dispute(self) -> None:
        won = self.random.random() < 0.5
        self.world.provider.close_dispute(self.some(self.disputes), won=won)

    def answer(self) -> None:
        wanted_both = self.random.random() < 0.5
        self.world.watch.answer(self.payment().payment_id, wanted_both=wanted_both)

    def wait(self) -> None:
        self.world.after(self.random.choice([MINUTE, 10 * MINUTE, 40 * MINUTE, HOUR]))

    def some[Thing](self, things: list[Thing]) -> Thing:
        if not things:
            raise RedialError("nothing_yet", "There is nothing of this kind yet.")
        return self.random.choice(things)

    def payment(self) -> Payment:
        now = self.world.exchange.now
        charged = self.world.provider.charges_created(MORNING, now)
        known = [str(c.intent_id) for c in charged if c.captured.minor]
        return self.world.payment(self.some(known))

    def part(self, payment: Payment) -> Money | None:
        """Some of a payment; None for all of it."""
        if self.random.random() < 0.5:
            return None
        return payment.captured.share(self.random.randint(1, 9), 10)


@pytest.mark.parametrize("seed", range(30))
def test_whatever_happens_the_books_are_right_in_the_end(seed: int) -> None:
    # Never 1 to 3, Never 5
    walk = Walk(seed)
    walk.run()
    walk.finish()
    try:
        walk.world.assert_books_are_right()
        ends = {walk.world.booking(booking_id).status for booking_id in walk.bookings}
        assert ends <= {Status.COMPLETED, Status.CANCELLED, Status.EXPIRED}
    except AssertionError as wrong:
        raise AssertionError(f"{wrong} after {', '.join(walk.taken)}") from wrong
