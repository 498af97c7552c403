"""The provider never calls: what it knows is found all the same, and every story ends well."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

import pytest

from infra.local.payments.faults import RequestFault, WebhookFault
from shared.domain.booking import Status
from shared.domain.case.events import CaseKind
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.money import Money
from shared.domain.payment.claims import RefundStatus
from tests.journeys.money_world import DAY, HALF_HOUR, HOUR, MINUTE, MoneyWorld
from tests.journeys.silence import Wire, no_feed, no_lists
from tests.journeys.world import MORNING, OPERATOR, START

# What the issue promises, and what each net needs by its own pace.
PROMISED = 15 * MINUTE
BY_FEED = 2 * MINUTE
BY_LISTS = 10 * MINUTE
BOTH: Wire = lambda provider: provider  # noqa: E731

either_net = pytest.mark.parametrize(
    ("wire", "within"),
    [(BOTH, BY_FEED), (no_lists, BY_FEED), (no_feed, BY_LISTS)],
    ids=["both nets", "the feed alone", "the lists alone"],
)


def silent(wire: Wire = BOTH) -> MoneyWorld:
    """A world in which the provider sends no webhook at all."""
    world = MoneyWorld(wire=wire)
    world.provider.faults.order_webhooks(WebhookFault.DROP, None)
    return world


def quiet(world: MoneyWorld, time: timedelta) -> None:
    """Days in which nothing happens, and no sweep finds anything."""
    world.sweeping = False
    world.after(time)
    world.sweeping = True
    world.after(BY_LISTS)


# --- fifteen minutes ------------------------------------------------------------------------------


@either_net
@pytest.mark.parametrize("seed", range(3))
def test_every_payment_is_settled_within_fifteen_minutes_of_the_provider_knowing_it(
    wire: Wire, within: timedelta, seed: int
) -> None:
    # S2.5
    chance = random.Random(seed)
    world = silent(wire)
    told: list[tuple[datetime, Callable[[], object]]] = []
    paid: dict[str, str] = {}

    def customer(number: int, held: datetime, pays: datetime) -> None:
        def hold() -> None:
            slot = START + 30 * MINUTE * (number // 5)
            name, operator = f"customer-{number}", f"operator-{number % 5}"
            booking_id = world.book(customer_id=name, operator_id=operator, starts_at=slot)
            intent_id = world.payments.start(booking_id).intent.intent_id
            told.append((pays, lambda: pay(booking_id, intent_id)))

        told.append((held, hold))

    def pay(booking_id: str, intent_id: str) -> None:
        world.provider.pay(intent_id)
        paid[booking_id] = intent_id

    for number in range(5):
        world.operator(f"operator-{number}", OPERATOR)
    for number in range(40):
        held = MORNING + timedelta(seconds=chance.uniform(0, 7200))
        customer(number, held, held + timedelta(seconds=chance.uniform(0, 890)))
    while told:
        told.sort(key=lambda each: each[0], reverse=True)
        moment, act = told.pop()
        world.until(moment)
        act()
    world.after(PROMISED)
    waited = []
    for booking_id, intent_id in paid.items():
        assert world.booking(booking_id).status is Status.SCHEDULED
        charged = world.payment(intent_id).captured_at
        assert charged is not None
        waited.append(world.store.payment_history(intent_id)[0].at - charged)
    assert len(waited) == 40
    assert max(waited) <= within <= PROMISED, max(waited)
    world.assert_books_are_right()


# --- payments -------------------------------------------------------------------------------------


@either_net
def test_paid_but_no_booking_is_made_good_where_the_slot_is_free(
    wire: Wire, within: timedelta
) -> None:
    # S2.5, S2.10: paid fourteen minutes after the intent was made
    world = silent(wire)
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    intent_id = world.payments.start(booking_id).intent.intent_id
    world.after(14 * MINUTE)
    world.provider.pay(intent_id)
    world.after(within)
    assert world.booking(booking_id).status is Status.SCHEDULED
    assert len(world.told(PaymentLetter.RECEIPT)) == 1
    world.assert_books_are_right()


def paid_late(wire: Wire, *, taken: bool) -> tuple[MoneyWorld, str, str]:
    """Paid after the slot was released: the intent could not be cancelled in time."""
    world = silent(wire)
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    intent_id = world.payments.start(booking_id).intent.intent_id
    path = f"/v1/payment_intents/{intent_id}/cancel"
    world.provider.faults.order_request(RequestFault.ERROR_BEFORE, 3, "POST", path)
    world.after(16 * MINUTE)
    assert world.booking(booking_id).status is Status.EXPIRED
    if taken:
        world.pay(world.book(customer_id="dora"))
    world.provider.pay(intent_id)
    return world, booking_id, intent_id


@either_net
def test_paid_late_takes_the_slot_again_where_it_is_free(wire: Wire, within: timedelta) -> None:
    # S2.10
    world, booking_id, _ = paid_late(wire, taken=False)
    world.after(within)
    assert world.booking(booking_id).status is Status.SCHEDULED
    world.assert_books_are_right()


@either_net
def test_paid_late_for_a_slot_that_is_gone_is_on_the_balance_and_the_customer_is_asked(
    wire: Wire, within: timedelta
) -> None:
    # S2.10, S1.14: nearest slot, balance or refund
    world, booking_id, intent_id = paid_late(wire, taken=True)
    world.after(within)
    assert world.booking(booking_id).status is Status.EXPIRED
    assert world.balance_money() == {"rub": HALF_HOUR.minor}
    assert len(world.told(PaymentLetter.LATE_PAYMENT_CHOICE)) == 1
    world.refund(intent_id, our_fault=True)
    world.after(HOUR)
    assert world.back_on_card(intent_id) == HALF_HOUR.minor
    world.assert_books_are_right()


@either_net
def test_money_taken_in_the_dashboard_goes_to_a_person(wire: Wire, within: timedelta) -> None:
    # S2.5: it names nobody
    world = silent(wire)
    intent_id = world.provider.pay_by_hand(HALF_HOUR).intent_id
    world.after(within)
    assert world.payment(intent_id).customer_id is None
    assert [case.kind for case in world.open_cases()] == [CaseKind.UNKNOWN_PAYMENT]
    world.assert_books_are_right(still_open=(f"payment:{intent_id}",))


@pytest.mark.parametrize("wire", [BOTH, no_feed])
def test_charge_without_an_intent_goes_to_a_person_and_can_be_refunded_and_disputed(
    wire: Wire,
) -> None:
    # S2.5, S2.7: as old software makes them; only the lists show such a charge
    world = silent(wire)
    charge_id = world.provider.charge_by_hand(Money(90_000, "rub")).charge_id
    world.after(BY_LISTS)
    payment = world.payment(charge_id)
    assert (payment.captured.minor, payment.charge_id) == (90_000, charge_id)
    assert [case.kind for case in world.open_cases()] == [CaseKind.UNKNOWN_PAYMENT]
    refund = world.refund(charge_id, amount=Money(30_000, "rub"), by="agent:olga")
    world.after(HOUR)
    if refund.status is RefundStatus.AWAITING_APPROVAL:
        world.refund_desk.decide(charge_id, refund.refund_id, "manager:ivan", approve=True)
        world.after(HOUR)
    assert world.refund_of(charge_id, refund.refund_id).status is RefundStatus.SETTLED
    world.provider.refund_by_hand(charge_id, 10_000)
    world.after(BY_LISTS)
    assert world.payment(charge_id).refunded.minor == 40_000
    world.provider.open_dispute(charge_id, 50_000)
    world.after(BY_LISTS)
    assert world.payment(charge_id).contested
    world.assert_books_are_right(still_open=(f"payment:{charge_id}", "dispute:"))


def test_failed_attempts_in_the_lists_are_nobodys_money() -> None:
    # S2.10
    world = silent(no_feed)
    world.operator("boris", OPERATOR)
    booking_id = world.book()
    world.pay(booking_id, "pm_card_chargeDeclined")
    world.after(BY_LISTS)
    assert world.booking(booking_id).status is Status.HELD
    world.assert_books_are_right()


# --- refunds and disputes -------------------------------------------------------------------------


def long_paid(wire: Wire, card: str = "pm_card_visa") -> tuple[MoneyWorld, str, str]:
    """A booking for next month, paid today and found without any webhook."""
    world = silent(wire)
    world.operators.register("boris", "Boris", "standard", (OPERATOR,))
    far = START + 60 * DAY
    world.operators.publish("boris", far, far + HOUR)
    booking_id = world.book(starts_at=far)
    intent_id = world.pay(booking_id, card)
    world.after(PROMISED)
    assert world.booking(booking_id).status is Status.SCHEDULED
    return world, booking_id, intent_id


@either_net
def test_refund_made_by_hand_gives_up_what_was_paid_with_it(wire: Wire, within: timedelta) -> None:
    # S2.5, Never 2
    world, booking_id, intent_id = long_paid(wire)
    quiet(world, 5 * DAY)
    world.provider.refund_by_hand(intent_id)
    world.after(within)
    assert world.booking(booking_id).status is Status.CANCELLED
    assert world.back_on_card(intent_id) == HALF_HOUR.minor
    assert world.payment(intent_id).refunded == HALF_HOUR
    world.assert_books_are_right()


@pytest.mark.parametrize(
    ("wire", "within"),
    [(BOTH, BY_FEED), (no_lists, BY_FEED), (no_feed, 2 * DAY + BY_LISTS)],
    ids=["both nets", "the feed alone", "the lists alone"],
)
@pytest.mark.parametrize("by_hand", [False, True])
def test_refund_that_fails_days_later_comes_to_the_balance(
    wire: Wire, within: timedelta, by_hand: bool
) -> None:
    # S2.2: never silence; the lists look at a refund again when it is a day and a week old
    world, booking_id, intent_id = long_paid(wire, "pm_card_refundFail")
    world.provider.settle_refunds_after(5 * DAY)
    if by_hand:
        world.provider.refund_by_hand(intent_id)
    else:
        world.cancel(booking_id)
    quiet(world, 5 * DAY - HOUR)
    assert world.payment(intent_id).refunded == HALF_HOUR
    world.after(HOUR - BY_LISTS + within)
    assert world.balance_money() == {"rub": HALF_HOUR.minor}
    assert len(world.told(PaymentLetter.REFUND_ON_BALANCE)) == 1
    world.assert_books_are_right()


@either_net
def test_dispute_weeks_later_freezes_what_it_paid_for(wire: Wire, within: timedelta) -> None:
    # S2.7, S2.11
    world, booking_id, intent_id = long_paid(wire)
    quiet(world, 21 * DAY)
    dispute = world.provider.open_dispute(intent_id)
    world.after(within)
    assert world.payment(intent_id).contested
    assert world.booking(booking_id).frozen == {intent_id}
    world.provider.close_dispute(dispute.dispute_id, won=True)
    world.after(6 * HOUR + within)
    assert not world.booking(booking_id).frozen
    world.assert_books_are_right()


@either_net
def test_refund_and_dispute_of_a_payment_we_never_knew_bring_it_with_them(
    wire: Wire, within: timedelta
) -> None:
    # S2.5: the oldest news comes last
    world = silent(wire)
    intent_id = world.provider.pay_by_hand(HALF_HOUR, {"customer_id": "anna"}).intent_id
    world.provider.refund_by_hand(intent_id, 50_000)
    world.provider.open_dispute(intent_id, 60_000)
    world.after(within)
    payment = world.payment(intent_id)
    assert (payment.captured, payment.refunded.minor) == (HALF_HOUR, 50_000)
    assert payment.contested
    world.assert_books_are_right(still_open=("dispute:", "frozen:"))


# --- sweeps that are late, doubled or dead --------------------------------------------------------


def a_month_unseen(wire: Wire) -> tuple[MoneyWorld, str, str, str]:
    """Twenty-nine days in which nobody swept: a payment, a refund by hand and a dispute."""
    world, _, intent_id = long_paid(wire)
    world.sweeping = False
    world.after(DAY)
    top_up = world.top_up(Money(70_000, "rub"))
    refunded = world.top_up(Money(80_000, "rub"))
    world.after(DAY)
    world.provider.refund_by_hand(refunded)
    world.provider.open_dispute(intent_id)
    world.after(27 * DAY)
    assert world.store.payment(top_up) is None
    return world, intent_id, top_up, refunded


def assert_caught_up(world: MoneyWorld, intent_id: str, top_up: str, refunded: str) -> None:
    assert world.payment(top_up).captured.minor == 70_000
    assert world.payment(refunded).refunded.minor == 80_000
    assert world.payment(intent_id).contested
    assert world.balance_money() == {"rub": 70_000}
    world.assert_books_are_right(still_open=("dispute:", "frozen:"))


@either_net
def test_sweeps_that_stood_still_for_29_days_catch_up(wire: Wire, within: timedelta) -> None:
    # S2.5, S4.2
    world, *payments = a_month_unseen(wire)
    world.sweeping = True
    world.after(within)
    assert_caught_up(world, *payments)


@either_net
def test_watermarks_that_are_lost_cost_nothing_but_requests(wire: Wire, within: timedelta) -> None:
    # S2.5, S4.2: the first look goes thirty days back
    world, *payments = a_month_unseen(wire)
    world.store._swept.clear()
    world.sweeping = True
    world.after(within)
    assert_caught_up(world, *payments)


def test_two_sweeps_at_once_find_everything_once() -> None:
    # Never 1
    world, *payments = a_month_unseen(BOTH)

    def meanwhile() -> bool:
        world.reconciliation.sweep(lambda: True)
        return True

    world.reconciliation.sweep(meanwhile)
    inbox = [message.message_id for message in world.store.inbox]
    assert len(inbox) == len(set(inbox)) > 0
    world.after(MINUTE)
    assert_caught_up(world, *payments)


class Killed(BaseException):
    """The function is gone."""


@pytest.mark.parametrize("page", [*range(1, 9), 13, 21, 34, 55])
def test_sweep_that_is_killed_at_any_page_is_finished_by_the_next(page: int) -> None:
    # S4.2
    world, *payments = a_month_unseen(BOTH)
    left = count(page - 1, -1)

    def until_killed() -> bool:
        if next(left) == 0:
            raise Killed
        return True

    with pytest.raises(Killed):
        world.reconciliation.sweep(until_killed)
    world.settle()
    world.sweeping = True
    world.after(BY_FEED)
    assert_caught_up(world, *payments)
