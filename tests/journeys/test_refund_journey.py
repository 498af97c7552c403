"""Money on its way back: what may go, from where, and to where it came from."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import pytest

from infra.local.exchange.people import NoAnswer
from shared.application.store import Change
from shared.domain.booking import Status
from shared.domain.case.events import CaseKind
from shared.domain.errors import Declined, RuleBroken
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.lots import BONUS, Lot
from shared.domain.money import Money
from shared.domain.payment.payment import Payment
from shared.domain.payment.refund_sources import sources
from shared.domain.policy import CURRENT
from tests.journeys.money_world import DAY, HALF_HOUR, MINUTE, MoneyWorld
from tests.journeys.world import OPERATOR, START

FIVE_HUNDRED = Money(50_000, "rub")
MUCH = Money(1_500_000, "rub")


def back_on_balance(world: MoneyWorld, used_minutes: int = 0) -> str:
    """A session that ended early: its unused minutes are on the balance; returns the payment."""
    booking_id, payment_id = world.booked_by_card()
    world.until(START + used_minutes * MINUTE)
    world.office.end(booking_id, world.replay())
    world.after(5 * MINUTE)
    return payment_id


# --- cancelled before the start ------------------------------------------------------------------


def test_cancelled_booking_goes_back_to_the_card_it_was_paid_with_and_is_receipted() -> None:
    # S2.3, S2.6
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card("pm_card_mastercard")
    world.cancel(booking_id)
    assert world.refund_of(payment_id).status == "settled"
    assert world.back_on_card(payment_id) == HALF_HOUR.minor
    (letter,) = world.told(PaymentLetter.REFUND_RECEIPT)
    assert "MASTERCARD •••• 4444" in letter.text.upper()
    world.assert_books_are_right()


def test_booking_paid_by_two_cards_lots_and_a_third_card_gives_each_part_back() -> None:
    # S2.3, S2.9: each part to where it came from
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    visa = world.top_up(Money(40_000, "rub"))
    master = world.top_up(FIVE_HUNDRED, "pm_card_mastercard")
    booking_id = world.book(use_balance=True)
    assert world.booking(booking_id).card_due == Money(60_000, "rub")
    amex = world.pay(booking_id, "pm_card_amex")
    assert world.balance_money() == {}
    world.cancel(booking_id)
    assert world.back_on_card(amex) == 60_000
    assert world.balance_money() == {"rub": 90_000}
    world.assert_books_are_right()
    for payment_id, part in ((visa, 40_000), (master, 50_000)):
        assert world.refund(payment_id, f"back-{part}").amount.minor == part
        assert world.back_on_card(payment_id) == part
    assert world.balance_money() == {}
    world.assert_books_are_right()


def test_booking_paid_from_the_balance_gives_its_lots_back_and_asks_no_provider() -> None:
    # S2.3
    world = MoneyWorld()
    world.operator("boris", OPERATOR)
    payment_id = world.top_up(HALF_HOUR)
    booking_id = world.book(use_balance=True)
    world.cancel(booking_id)
    assert world.balance_money() == {"rub": HALF_HOUR.minor}
    assert world.payment(payment_id).refunds == ()
    world.assert_books_are_right()


# --- unused minutes and money --------------------------------------------------------------------


def test_unused_minutes_go_back_until_the_fourteenth_day() -> None:
    # S2.3
    world = MoneyWorld()
    payment_id = back_on_balance(world)
    (lot,) = world.store.lots("anna")
    world.sweep_every = DAY
    world.until(lot.returned_at + 14 * DAY)
    refund = world.refund(payment_id)
    assert (refund.amount, refund.status) == (HALF_HOUR, "settled")
    assert world.back_on_card(payment_id) == HALF_HOUR.minor
    assert world.store.lots("anna") == []
    world.assert_books_are_right()


def test_unused_minutes_stay_from_the_fifteenth_day_on() -> None:
    # S2.3
    world = MoneyWorld()
    payment_id = back_on_balance(world)
    (lot,) = world.store.lots("anna")
    world.sweep_every = DAY
    world.until(lot.returned_at + 14 * DAY + timedelta(seconds=1))
    with pytest.raises(RuleBroken, match="refund_window_over"):
        world.refund(payment_id)
    assert world.balance_seconds() == 1800
    world.assert_books_are_right()


def test_used_minutes_never_go_back_and_unused_ones_at_the_price_paid() -> None:
    # S2.3, S2.9
    world = MoneyWorld()
    payment_id = back_on_balance(world, used_minutes=15)
    (lot,) = world.store.lots("anna")
    assert 0 < lot.left < 1800
    with pytest.raises(RuleBroken, match="refund_exceeds_unused"):
        world.refund(payment_id, amount=lot.value + Money(1, "rub"))
    assert world.refund(payment_id).amount == HALF_HOUR.share(lot.left, 1800)
    with pytest.raises(RuleBroken, match="nothing_unused"):
        world.refund(payment_id, "again")
    assert world.account("revenue") == -(HALF_HOUR - lot.value).minor
    world.assert_books_are_right()


def test_our_fault_knows_no_window() -> None:
    # S2.3: the operator never came
    world = MoneyWorld()
    world.person(OPERATOR, (NoAnswer(),))
    _, payment_id = world.booked_by_card()
    world.until(START + timedelta(hours=1))
    assert world.balance_seconds() == 1800
    world.sweep_every = DAY
    world.after(60 * DAY)
    assert world.refund(payment_id).amount == HALF_HOUR
    assert world.back_on_card(payment_id) == HALF_HOUR.minor
    world.assert_books_are_right()


def test_our_fault_returns_used_minutes_too_and_we_bear_them() -> None:
    # S2.3, S1.15
    world = MoneyWorld()
    payment_id = back_on_balance(world, used_minutes=20)
    (lot,) = world.store.lots("anna")
    used = HALF_HOUR - lot.value
    refund = world.refund(payment_id, by="agent:olga", our_fault=True)
    assert (refund.amount, refund.goodwill) == (HALF_HOUR, used.minor)
    assert world.account("goodwill") == used.minor
    assert world.store.lots("anna") == []
    with pytest.raises(RuleBroken):
        world.refund(payment_id, "again", by="agent:olga", our_fault=True)
    world.assert_books_are_right()


def test_bonus_minutes_have_no_price() -> None:
    # S2.3
    world = MoneyWorld()
    payment_id = back_on_balance(world, used_minutes=31)
    now, nothing = world.exchange.now, Money.zero("rub")
    gift = Lot("gift", BONUS, 600, 600, nothing, payment_id, now)
    with pytest.raises(RuleBroken, match="nothing_unused"):
        sources(world.payment(payment_id), [gift], None, now, CURRENT, our_fault=False)


# --- how much ------------------------------------------------------------------------------------


def test_partial_refunds_add_up_to_the_charge_and_no_further() -> None:
    # S2.9, Never 2
    world = MoneyWorld()
    payment_id = world.top_up(HALF_HOUR)
    for n in range(3):
        assert world.refund(payment_id, f"part-{n}", amount=FIVE_HUNDRED).status == "settled"
    with pytest.raises(RuleBroken):
        world.refund(payment_id, "more", amount=Money(1, "rub"))
    assert [r.amount.minor for r in world.provider.refunds_of(payment_id)] == [50_000] * 3
    world.assert_books_are_right()


@pytest.mark.parametrize(
    ("amount", "fact"),
    [
        (Money(150_001, "rub"), "At most 1500.00 RUB"),
        (Money(0, "rub"), "amount_not_positive"),
        (Money(-50_000, "rub"), "amount_not_positive"),
        (Money(100, "eur"), "made in RUB"),
    ],
)
@pytest.mark.parametrize("our_fault", [False, True])
def test_impossible_amount_is_refused_with_the_fact(
    amount: Money, fact: str, our_fault: bool
) -> None:
    # S2.9, Never 2
    world = MoneyWorld()
    payment_id = world.top_up(HALF_HOUR)
    with pytest.raises(RuleBroken, match=fact):
        world.refund(payment_id, amount=amount, our_fault=our_fault, by="agent:olga")
    assert world.payment(payment_id).refunds == ()
    assert world.balance_money() == {"rub": HALF_HOUR.minor}
    world.assert_books_are_right()


@pytest.mark.parametrize("order", list(permutations(["customer", "agent", "sweep"])), ids="-".join)
def test_customer_agent_and_sweep_at_once_never_return_more_than_was_captured(
    order: tuple[str, ...],
) -> None:
    # S2.7, Never 2: each begins while the one before has decided and not yet written
    waiting: list[Callable[[], object]] = []

    def meanwhile(when: str, change: Change) -> None:
        if when == "before" and waiting and isinstance(change.state, Payment):
            attempt(waiting.pop())

    def attempt(action: Callable[[], object]) -> None:
        try:
            action()
        except (RuleBroken, Declined) as refused:
            refusals.append(refused.code)

    refusals: list[str] = []
    world = MoneyWorld(fault=meanwhile)
    payment_id = world.top_up(HALF_HOUR)
    by_hand = world.provider.refund_by_hand
    actions: dict[str, Callable[[], object]] = {
        "customer": lambda: world.refund_desk.request(payment_id, "c", None, "customer", None),
        "agent": lambda: world.refund_desk.request(
            payment_id, "a", None, "agent:olga", None, our_fault=True
        ),
        "sweep": lambda: world.refund_room.reported(by_hand(payment_id).provider_refund_id),
    }
    waiting[:] = [actions[name] for name in reversed(order[1:])]
    attempt(actions[order[0]])
    world.settle()
    assert world.back_on_card(payment_id) == HALF_HOUR.minor
    assert world.payment(payment_id).refunded == HALF_HOUR
    assert world.balance_money() == {}
    world.assert_books_are_right()


# --- above the limit -----------------------------------------------------------------------------


def test_large_refund_of_an_agent_waits_for_a_manager() -> None:
    # S2.2
    world = MoneyWorld()
    payment_id = world.top_up(MUCH)
    assert world.refund(payment_id, by="agent:olga").status == "awaiting_approval"
    assert world.provider.refunds_of(payment_id) == []
    (case,) = world.open_cases()
    assert (case.kind, case.about.payment_id) == (CaseKind.REFUND_APPROVAL, payment_id)
    world.refund_desk.decide(payment_id, "back", "agent:boss", approve=True)
    world.settle()
    assert world.back_on_card(payment_id) == MUCH.minor
    world.assert_books_are_right()


def test_denied_refund_leaves_the_customer_what_he_had() -> None:
    # S2.2, Never 1
    world = MoneyWorld()
    payment_id = world.top_up(MUCH)
    world.refund(payment_id, by="agent:olga")
    assert world.balance_money() == {}
    world.refund_desk.decide(payment_id, "back", "agent:boss", approve=False)
    world.settle()
    assert world.provider.refunds_of(payment_id) == []
    assert world.balance_money() == {"rub": MUCH.minor}
    with pytest.raises(RuleBroken, match="refund_not_waiting"):
        world.refund_desk.decide(payment_id, "back", "agent:boss", approve=True)
    assert world.refund(payment_id, "asked himself").status == "settled"
    world.assert_books_are_right()


def test_customer_who_cancels_a_dear_booking_waits_for_nobody() -> None:
    # S2.3: rules decide, whatever the amount
    world = MoneyWorld()
    booking_id, payment_id = world.booked_by_card()
    world.cancel(booking_id)
    assert world.booking(booking_id).status is Status.CANCELLED
    assert world.open_cases() == []
    assert world.back_on_card(payment_id) == HALF_HOUR.minor
    world.assert_books_are_right()
