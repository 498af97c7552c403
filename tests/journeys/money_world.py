"""The same world, as somebody sees it who follows the money."""

from collections.abc import Callable
from datetime import timedelta

from shared.domain.case.case import Case
from shared.domain.case.events import Level
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.lots import money_of
from shared.domain.money import Money
from shared.domain.payment.claims import Refund
from shared.domain.payment.events import RefundReason
from shared.domain.payment.payment import Payment
from tests.journeys.bookkeeping import accounts_of
from tests.journeys.post import Mail
from tests.journeys.world import MORNING, World

HALF_HOUR = Money(150_000, "rub")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class MoneyWorld(World):
    """A world whose customers pay, and whose banks and colleagues do as they please."""

    def after(self, time: timedelta) -> None:
        """Let some time pass, and everything happen in it."""
        self.until(self.exchange.now + time)

    def days(self, number: float) -> None:
        """Let quiet days pass, in which the sweeps run once an hour."""
        self.sweep_every = HOUR
        self.after(number * DAY)
        self.sweep_every = MINUTE

    # --- paying ----------------------------------------------------------------------------------

    def booked_by_card(self, card: str = "pm_card_visa") -> tuple[str, str]:
        """A booking of Anna's with Boris, and the payment behind it."""
        self.operator("boris", "+12025550121")
        booking_id = self.book()
        return booking_id, self.pay(booking_id, card)

    def intent_beside(self, booking_id: str) -> str:
        """Another intent for the same booking, as a lost answer leaves one behind."""
        booking = self.booking(booking_id)
        facts = {"booking_id": booking_id, "customer_id": booking.customer_id}
        return self.provider.create_intent(booking.card_due, facts, f"{booking_id}-b").intent_id

    def top_up(
        self,
        amount: Money,
        card: str = "pm_card_visa",
        customer_id: str = "anna",
        checkout: str | None = None,
    ) -> str:
        """Money put on a balance; returns the payment."""
        email = f"{customer_id}@example.com"
        self.contacts.remember(customer_id, email=email, language="en", phones=())
        facts = {"purpose": "top_up", "customer_id": customer_id, "language": "en"}
        if checkout is not None:
            facts["checkout"] = checkout
        paid = self.provider.pay_by_hand(amount, facts, card)
        self.settle()
        return paid.intent_id

    # --- going back ------------------------------------------------------------------------------

    def cancel(self, booking_id: str) -> None:
        """The customer cancels, and everything follows that follows at once."""
        self.office.cancel(booking_id, self.replay())
        self.settle()

    def refund(
        self,
        payment_id: str,
        refund_id: str = "back",
        *,
        amount: Money | None = None,
        by: str = "customer",
        our_fault: bool = False,
        reason: RefundReason | None = None,
    ) -> Refund:
        """A refund that somebody asks for, as it stands when all that follows at once is done."""
        self.refund_desk.request(
            payment_id, refund_id, amount, by, None, our_fault=our_fault, reason=reason
        )
        self.settle()
        return self.refund_of(payment_id, refund_id)

    def refund_of(self, payment_id: str, refund_id: str | None = None) -> Refund:
        """One refund of a payment; its only one where no id is given."""
        refunds = self.payment(payment_id).refunds
        if refund_id is not None:
            refunds = tuple(r for r in refunds if r.refund_id == refund_id)
        (refund,) = refunds
        return refund

    def back_on_card(self, payment_id: str) -> int:
        """What the provider has returned of a payment, minor units."""
        made = self.provider.refunds_of(payment_id)
        return sum(refund.amount.minor for refund in made if refund.status == "succeeded")

    # --- what became of it -----------------------------------------------------------------------

    def payment(self, payment_id: str) -> Payment:
        """A payment as it stands."""
        return self.records.load(payment_id).state

    def balance_money(self, customer_id: str = "anna") -> dict[str, int]:
        """The money on a balance, minor units by currency."""
        return money_of(self.store.lots(customer_id))

    def account(self, name: str, unit: str = "rub") -> int:
        """What an account of the ledger holds; what we owe is negative."""
        return accounts_of(self.store, MORNING, self.exchange.now).get((name, unit), 0)

    def told(self, letter: PaymentLetter) -> list[Mail]:
        """The letters of a kind that went out, each once however often it was sent."""
        found = {m.message_id: m for m in self.post.sent if f"-{letter}-" in m.message_id}
        return list(found.values())

    def open_cases(self) -> list[Case]:
        """The cases that wait for a person."""
        numbers = [
            summary.number
            for level in Level
            for summary in self.store.open_cases(level, None, 100).items
        ]
        return [self.case_records.load(number).state for number in numbers]

    def in_between(self, action: Callable[[], None]) -> None:
        """Let something happen between the next request to the provider and its answer."""
        self.provider.before_next_answer(action)
