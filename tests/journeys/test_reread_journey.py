"""What is not final is read again, although the provider shows nothing by itself (S2.5)."""

from datetime import timedelta

import pytest

from infra.local.payments.faults import RequestFault, WebhookFault
from shared.domain.booking import Status
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.money import Money
from shared.domain.payment.claims import RefundStatus
from shared.domain.payment.payment import Status as PaymentStatus
from tests.journeys.account_world import TOP_UP, AccountWorld
from tests.journeys.money_world import DAY, HALF_HOUR, HOUR, MINUTE
from tests.journeys.silence import no_feed, no_lists, nothing_by_itself
from tests.journeys.world import MORNING, OPERATOR, START

PROMISED = 15 * MINUTE
READ_EVERY = 6 * HOUR


def silent() -> AccountWorld:
    """No webhook, no event in the feed, no list: only answers about what we ask for by its id."""
    world = AccountWorld(wire=nothing_by_itself)
    world.provider.faults.order_webhooks(WebhookFault.DROP, None)
    return world


@pytest.mark.parametrize("minutes", [0, 1, 7, 14])
def test_payment_of_a_held_booking_is_found_at_the_end_of_the_hold(minutes: int) -> None:
    # S2.10: cancelling the intent answers "succeeded"
    world = silent()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    intent_id = world.payments.start(booking_id).intent.intent_id
    world.after(minutes * MINUTE)
    world.provider.pay(intent_id)
    charged = world.exchange.now
    world.until(MORNING + PROMISED - timedelta(seconds=1))
    assert world.booking(booking_id).status is Status.HELD
    world.until(charged + PROMISED)
    assert world.booking(booking_id).status is Status.SCHEDULED
    assert len(world.told(PaymentLetter.RECEIPT)) == 1
    world.assert_books_are_right()


def test_unpaid_intent_is_cancelled_with_its_slot_and_the_provider_is_asked_no_more() -> None:
    # S2.10
    world = silent()
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    intent_id = world.payments.start(booking_id).intent.intent_id
    world.after(HOUR)
    assert world.provider.intent(intent_id).status == "canceled"
    assert world.booking(booking_id).pending == {}


@pytest.mark.parametrize("wire", [nothing_by_itself, no_feed, no_lists])
def test_top_up_that_succeeded_at_the_provider_and_is_pending_here_is_credited(
    wire: object,
) -> None:
    # S2.5
    world = AccountWorld(wire=wire)  # type: ignore[arg-type]
    world.provider.faults.order_webhooks(WebhookFault.DROP, None)
    payment_id = world.topped_up()
    assert world.payment(payment_id).status is PaymentStatus.OPEN
    world.after(PROMISED)
    assert world.payment(payment_id).status is PaymentStatus.CAPTURED
    assert world.balance_money() == {"rub": TOP_UP.minor}
    world.assert_books_are_right()


def test_top_up_that_nobody_pays_is_given_up_and_no_money_can_come() -> None:
    # S2.10
    world = silent()
    payment_id = world.start_top_up().intent.intent_id
    world.after(HOUR)
    assert world.payment(payment_id).status is PaymentStatus.ABANDONED
    assert world.provider.intent(payment_id).status == "canceled"
    assert world.payment(payment_id).pending == {}


def paid_booking(world: AccountWorld, card: str = "pm_card_visa") -> tuple[str, str]:
    """A booking for next month that the end of its hold has found to be paid."""
    world.operators.register("boris", "Boris", "standard", (OPERATOR,))
    far = START + 40 * DAY
    world.operators.publish("boris", far, far + HOUR)
    booking_id = world.book(starts_at=far)
    intent_id = world.pay(booking_id, card)
    world.after(PROMISED + MINUTE)
    assert world.booking(booking_id).status is Status.SCHEDULED
    return booking_id, intent_id


@pytest.mark.parametrize("fails", [False, True])
def test_refund_on_its_way_is_read_until_it_has_an_end(fails: bool) -> None:
    # S2.2
    world = silent()
    booking_id, intent_id = paid_booking(world, "pm_card_pendingRefund")
    world.provider.settle_refunds_after(DAY)
    world.cancel(booking_id)
    assert world.refund_of(intent_id).status is RefundStatus.ACCEPTED
    if fails:
        # docs.stripe.com/refunds#failed-refunds: a dispute stops a refund on its way
        world.provider.open_dispute(intent_id, 10_000)
    world.after(DAY + READ_EVERY + MINUTE)
    wanted = RefundStatus.REFUSED if fails else RefundStatus.SETTLED
    assert world.refund_of(intent_id).status is wanted
    assert world.back_on_card(intent_id) == (0 if fails else HALF_HOUR.minor)


def test_refund_whose_answer_was_lost_is_looked_up_and_settled_once() -> None:
    # Never 2
    world = silent()
    booking_id, intent_id = paid_booking(world)
    world.provider.faults.order_request(RequestFault.TIMEOUT, 1, "POST", "/v1/refunds")
    world.cancel(booking_id)
    world.after(HOUR)
    assert world.refund_of(intent_id).status is RefundStatus.SETTLED
    assert [r.amount for r in world.provider.refunds_of(intent_id)] == [HALF_HOUR]
    world.assert_books_are_right()


@pytest.mark.parametrize("won", [False, True])
def test_open_dispute_is_read_until_the_bank_has_decided(won: bool) -> None:
    # S2.7, S2.11
    world = silent()
    booking_id, intent_id = paid_booking(world)
    dispute = world.provider.open_dispute(intent_id)
    world.dispute_room.check(intent_id)
    assert world.payment(intent_id).contested
    world.after(DAY)
    world.provider.close_dispute(dispute.dispute_id, won=won)
    world.after(READ_EVERY + MINUTE)
    assert not world.payment(intent_id).locked
    wanted = Status.SCHEDULED if won else Status.CANCELLED
    assert world.booking(booking_id).status is wanted
    world.assert_books_are_right()


def test_inquiry_that_becomes_a_dispute_is_seen_to() -> None:
    # S2.11: an inquiry only freezes refunds; the dispute moves money
    world = silent()
    booking_id, intent_id = paid_booking(world)
    inquiry = world.provider.open_dispute(intent_id, inquiry=True)
    world.dispute_room.check(intent_id)
    assert world.payment(intent_id).locked
    assert not world.payment(intent_id).contested
    world.after(DAY)
    world.provider.escalate_dispute(inquiry.dispute_id)
    world.after(READ_EVERY + MINUTE)
    assert world.payment(intent_id).contested
    assert world.booking(booking_id).frozen == {intent_id}
    world.assert_books_are_right(still_open=("dispute:", "frozen:"))


def test_refund_request_of_a_payment_nobody_reads_again_ends_all_the_same() -> None:
    # S2.2: the provider's own refusal is an answer too
    world = silent()
    payment_id = world.topped_up()
    world.after(PROMISED)
    world.provider.refund_by_hand(payment_id, TOP_UP.minor)
    world.refund(payment_id, amount=Money(50_000, "rub"))
    world.after(HOUR)
    assert world.payment(payment_id).refunded == TOP_UP
    assert world.back_on_card(payment_id) == TOP_UP.minor
    world.assert_books_are_right()
