"""A Lambda dies before or after any request or commit: in the end it is as if it had lived."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from infra.local.payments.faults import RequestFault
from tests.journeys.crashes import MortalWorld
from tests.journeys.money_world import HALF_HOUR, HOUR, MINUTE
from tests.journeys.world import OPERATOR

# What failed has come again by then.
TRIED_AGAIN = 4 * MINUTE

Story = Callable[[MortalWorld], tuple[str, ...]]


def booked(world: MortalWorld, customer_id: str = "anna") -> str:
    world.operator("boris", OPERATOR)
    key = f"book-{customer_id}"
    return world.insist(lambda: world.book(customer_id=customer_id, key=key))


def paid(world: MortalWorld, booking_id: str, card: str = "pm_card_visa") -> str:
    intent_id = world.insist(lambda: world.payments.start(booking_id)).intent.intent_id
    world.provider.pay(intent_id, card)
    world.after(TRIED_AGAIN)
    return intent_id


def cancelled(world: MortalWorld, booking_id: str) -> None:
    world.insist(lambda: world.office.cancel(booking_id, world.replay(key="cancel")))
    world.settle()


def pay(world: MortalWorld) -> tuple[str, ...]:
    """Booked and paid."""
    booking_id = booked(world)
    paid(world, booking_id)
    return (booking_id,)


def decline_and_pay(world: MortalWorld) -> tuple[str, ...]:
    """One card is declined, another pays."""
    booking_id = booked(world)
    paid(world, booking_id, "pm_card_chargeDeclined")
    paid(world, booking_id)
    return (booking_id,)


def pay_late(world: MortalWorld, *, taken: bool = True) -> tuple[str, ...]:
    """The money comes when the time belongs to somebody else."""
    late = booked(world)
    intent_id = world.insist(lambda: world.payments.start(late)).intent.intent_id
    path = f"/v1/payment_intents/{intent_id}/cancel"
    world.provider.faults.order_request(RequestFault.RATE_LIMIT, count=2, path=path)
    world.after(15 * MINUTE + timedelta(seconds=1))
    others = (booked(world, "dora"),) if taken else ()
    world.provider.pay(intent_id)
    world.settle()
    return late, *others


def pay_late_and_free(world: MortalWorld) -> tuple[str, ...]:
    """The money comes late, and the time is still free."""
    return pay_late(world, taken=False)


def cancel(world: MortalWorld) -> tuple[str, ...]:
    """Paid, cancelled, refunded."""
    (booking_id,) = pay(world)
    cancelled(world, booking_id)
    return (booking_id,)


def cancel_and_card_is_dead(world: MortalWorld) -> tuple[str, ...]:
    """Paid, cancelled, and the refund comes back."""
    booking_id = booked(world)
    paid(world, booking_id, "pm_card_refundFail")
    cancelled(world, booking_id)
    return (booking_id,)


def pay_twice(world: MortalWorld) -> tuple[str, ...]:
    """One booking, paid by two intents."""
    booking_id = booked(world)
    beside = world.intent_beside(booking_id)
    paid(world, booking_id)
    world.provider.pay(beside)
    world.settle()
    return (booking_id,)


def refund_by_hand(world: MortalWorld) -> tuple[str, ...]:
    """A colleague refunds in the dashboard."""
    booking_id = booked(world)
    world.provider.refund_by_hand(paid(world, booking_id))
    world.settle()
    return (booking_id,)


def dispute_and_lose(world: MortalWorld) -> tuple[str, ...]:
    """The bank claims a booked session back, and gets it."""
    booking_id = booked(world)
    dispute = world.provider.open_dispute(paid(world, booking_id))
    world.after(HOUR)
    world.provider.close_dispute(dispute.dispute_id, won=False)
    world.settle()
    return (booking_id,)


def pay_by_nobody(world: MortalWorld) -> tuple[str, ...]:
    """Money of somebody we do not know."""
    world.provider.pay_by_hand(HALF_HOUR)
    world.settle()
    return ()


STORIES: list[Story] = [
    pay,
    decline_and_pay,
    pay_late,
    pay_late_and_free,
    cancel,
    cancel_and_card_is_dead,
    pay_twice,
    refund_by_hand,
    dispute_and_lose,
    pay_by_nobody,
]


def told(story: Story, fatal: int | None) -> tuple[MortalWorld, dict[str, object]]:
    world = MortalWorld(fatal)
    bookings = story(world)
    world.after(20 * MINUTE)
    world.assert_books_are_right(still_open=("payment:",) if story is pay_by_nobody else ())
    return world, world.end_state(*bookings)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_death_at_any_moment_changes_nothing_in_the_end(story: Story) -> None:
    # S4.2, Never 1 to 3
    undisturbed, expected = told(story, None)
    moments = undisturbed.moments.passed
    assert len(moments) >= 8
    for fatal, moment in enumerate(moments):
        world, state = told(story, fatal)
        assert state == expected, f"died {moment} ({fatal})"
        copies = len(world.post.sent) - len(undisturbed.post.sent)
        assert copies <= 1, f"died {moment} ({fatal})"
