"""Sessions that break, and what is offered for them, amid all that may happen to money."""

from datetime import timedelta
from random import Random

import pytest

from infra.local.exchange.people import Answer, Drop, NoAnswer, Press, Steps
from shared.domain import events as e
from shared.domain.booking import Status
from shared.domain.events import Choice
from shared.domain.money import Money
from shared.domain.outage.events import Extent
from shared.domain.payment.claims import RefundStatus
from shared.domain.policy import CURRENT
from tests.journeys.test_money_in_any_order import Walk
from tests.journeys.world import BACKUP, CUSTOMER, MORNING, OPERATOR, OTHER_OPERATOR, START

_COMES: Steps = (Answer(3), Press("1", 2))
_AWAY: Steps = (NoAnswer(),)
_MOODS = 20


class BrokenWalk(Walk):
    """Nobody can be relied upon to pick up, or to stay on the line."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        people = Random(seed)
        for number in (CUSTOMER, BACKUP, OPERATOR, OTHER_OPERATOR):
            calls = [call for _ in range(_MOODS) for call in self._mood(people)]
            self.world.person(number, *calls)
        self.steps += [*(self.paid,) * 4, *(self.broken,) * 6, *(self.tap,) * 9]
        self.steps += [*(self.refund,) * 2, *(self.decide,) * 2, self.outage]
        self.outages = 0

    def paid(self) -> None:
        """A session that is to come, by card and balance."""
        self.book()
        intent = self.world.payments.start(self.bookings[-1]).intent
        self.world.provider.pay(intent.intent_id, "pm_card_visa")

    def top_up(self) -> None:
        """So much that a manager is asked before it goes back."""
        self.world.top_up(Money(1_200_000, "rub"))

    def broken(self) -> None:
        """The next session begins, and goes as it goes."""
        waiting = [self.world.booking(booking_id) for booking_id in self.bookings]
        starts = [one.starts_at for one in waiting if one.status is Status.SCHEDULED]
        self.world.until(min(starts, default=self.world.exchange.now) + timedelta(minutes=15))

    @staticmethod
    def _mood(people: Random) -> tuple[Steps, ...]:
        """There, away for long, or gone in the middle of a talk."""
        drops: Steps = (*_COMES, Drop(people.choice([20, 200, 800])))
        return people.choice([(_COMES,), (_AWAY,) * 12, (drops, *(_AWAY,) * 8)])

    def tap(self) -> None:
        """A customer answers an offer, by whatever choice."""
        waiting = [
            (booking_id, offer)
            for booking_id in self.bookings
            for offer in self.world.booking(booking_id).offers
            if offer.is_open
        ]
        booking_id, offer = self.some(waiting)
        choice = self.random.choice(offer.choices)
        later = START + timedelta(hours=self.random.randint(1, 8))
        starts_at = later if choice is Choice.NEW_TIME and self.random.random() < 0.5 else None
        phone = "+12025550119" if self.random.random() < 0.5 else None
        made = self.world.offers.accept(
            booking_id, offer.offer_id, choice, how="link", starts_at=starts_at, main_phone=phone
        )
        if made.new_booking is not None:
            self.bookings.append(made.new_booking.booking_id)

    def decide(self) -> None:
        """A manager decides on a refund that waits for him."""
        payment = self.payment()
        waiting = [r for r in payment.refunds if r.status is RefundStatus.AWAITING_APPROVAL]
        refund, approve = self.some(waiting), self.random.random() < 0.5
        desk = self.world.refund_desk
        desk.decide(payment.payment_id, refund.refund_id, "agent:max", approve=approve)

    def finish(self) -> None:
        """Let every dispute, every session and every decision come to its end."""
        super().finish()
        charges = self.world.provider.charges_created(MORNING, self.world.exchange.now)
        for payment_id in sorted({str(c.intent_id) for c in charges if c.captured.minor}):
            for refund in self.world.payment(payment_id).refunds:
                if refund.status is RefundStatus.AWAITING_APPROVAL:
                    desk, approve = self.world.refund_desk, self.random.random() < 0.5
                    desk.decide(payment_id, refund.refund_id, "agent:max", approve=approve)
        self.world.days(1)

    def outage(self) -> None:
        """A manager declares that what was broken was broken by us."""
        self.outages += 1
        until = self.world.exchange.now
        extent = Extent(until - timedelta(hours=1), until)
        replay = self.world.replay("manager", f"outage-{self.outages}")
        self.world.outage_records.declare(extent, "agent:mona", replay)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_becomes_of_offers_and_their_money_the_books_are_right_in_the_end(
    seed: int,
) -> None:
    # Never 1 to 3, Never 5, S1.15
    walk = BrokenWalk(seed)
    walk.run()
    walk.finish()
    try:
        walk.world.assert_books_are_right()
        for booking_id in walk.bookings:
            booking = walk.world.booking(booking_id)
            assert booking.status in (Status.COMPLETED, Status.CANCELLED, Status.EXPIRED)
            assert not any(offer.is_open for offer in booking.offers)
            granted = walk.world.events(booking_id, e.BonusGranted)
            assert sum(one.lot.bought for one in granted) <= CURRENT.outage_bonus
    except AssertionError as wrong:
        raise AssertionError(f"{wrong} after {', '.join(walk.taken)}") from wrong
