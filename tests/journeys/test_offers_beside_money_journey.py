"""An open offer while its minutes and its payment go other ways: rebooked, refunded, disputed."""

from datetime import timedelta

import pytest

from infra.local.exchange.people import Answer, NoAnswer, Press
from shared.domain.booking import Status
from shared.domain.errors import RuleBroken
from shared.domain.events import Choice
from shared.domain.money import Money
from shared.domain.payment.claims import RefundStatus
from tests.journeys.money_world import HALF_HOUR, MoneyWorld
from tests.journeys.world import OPERATOR, OTHER_OPERATOR, START

LARGE, MUCH = Money(1_200_000, "rub"), Money(1_100_000, "rub")
COMES = (Answer(3), Press("1", 2))
EVENING = START + timedelta(hours=3)


def offered() -> tuple[MoneyWorld, str, str]:
    """Boris did not come to Anna's session; she has an open offer, and Clara is free."""
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    world.person(OPERATOR, (NoAnswer(),))
    world.until(START + timedelta(minutes=15))
    world.operator("clara", OTHER_OPERATOR)
    world.person(OTHER_OPERATOR, COMES)
    return world, booking_id, payment_id


def tap(world: MoneyWorld, booking_id: str, choice: Choice, **said: object) -> str | None:
    """Anna chooses; the new booking, where one was made."""
    offer = world.booking(booking_id).offers[0]
    made = world.offers.accept(booking_id, offer.offer_id, choice, how="link", **said)  # type: ignore[arg-type]
    world.settle()
    return made.new_booking.booking_id if made.new_booking else None


def rebooked_and_cancelled(world: MoneyWorld, minutes: int) -> None:
    """She books with her minutes herself, and thinks better of it."""
    again = world.book(
        operator_id="clara", minutes=minutes, starts_at=EVENING, use_balance=True, backup=None
    )
    assert world.booking(again).status is Status.SCHEDULED
    world.cancel(again)


@pytest.mark.parametrize("minutes", [30, 20])
def test_minutes_that_were_booked_and_cancelled_meanwhile_are_refunded_in_full(
    minutes: int,
) -> None:
    # S1.10
    world, booking_id, payment_id = offered()
    rebooked_and_cancelled(world, minutes)
    tap(world, booking_id, Choice.REFUND)
    world.days(2)
    assert world.back_on_card(payment_id) == HALF_HOUR.minor
    assert world.balance_seconds() == 0
    world.assert_books_are_right()


@pytest.mark.parametrize("choice", [Choice.CALL_NOW, Choice.NEW_TIME])
@pytest.mark.parametrize("minutes", [30, 20])
def test_minutes_that_were_booked_and_cancelled_meanwhile_are_arranged_in_full(
    minutes: int, choice: Choice
) -> None:
    # S1.10
    world, booking_id, _ = offered()
    rebooked_and_cancelled(world, minutes)
    said = {"starts_at": EVENING} if choice is Choice.NEW_TIME else {}
    new = tap(world, booking_id, choice, **said)
    assert new is not None
    world.until(EVENING + timedelta(hours=1))
    assert world.closed(new).bill.billed == 1800
    world.assert_books_are_right()


def test_a_refund_that_a_manager_denied_leaves_the_full_refund_of_the_offer() -> None:
    # S1.10, S2.3: while it waits the offer is not spent on less
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    payment_id = world.top_up(LARGE)
    booking_id = world.book(use_balance=True)
    world.person(OPERATOR, (NoAnswer(),))
    world.until(START + timedelta(minutes=15))
    asked = world.refund(payment_id, amount=MUCH, by="agent:ann", our_fault=True)
    assert asked.status is RefundStatus.AWAITING_APPROVAL
    with pytest.raises(RuleBroken) as refused:
        tap(world, booking_id, Choice.REFUND)
    assert refused.value.code == "refund_waits"
    world.refund_desk.decide(payment_id, asked.refund_id, "agent:max", approve=False)
    tap(world, booking_id, Choice.REFUND)
    world.days(2)
    assert world.back_on_card(payment_id) == HALF_HOUR.minor
    assert world.balance_money() == {"rub": LARGE.minor - HALF_HOUR.minor}
    world.assert_books_are_right()


def test_a_refund_that_a_manager_approved_is_not_given_again_by_the_offer() -> None:
    # S1.15
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    payment_id = world.top_up(LARGE)
    booking_id = world.book(use_balance=True)
    world.person(OPERATOR, (NoAnswer(),))
    world.until(START + timedelta(minutes=15))
    asked = world.refund(payment_id, amount=MUCH, by="agent:ann", our_fault=True)
    world.refund_desk.decide(payment_id, asked.refund_id, "agent:max", approve=True)
    world.settle()
    with pytest.raises(RuleBroken) as refused:
        tap(world, booking_id, Choice.REFUND)
    assert refused.value.code == "nothing_to_refund"
    world.days(2)
    assert world.back_on_card(payment_id) == MUCH.minor
    world.assert_books_are_right()
