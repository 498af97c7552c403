"""Whatever is wrong with the books is found, with its reason; what is in the air is explained."""

from collections.abc import Callable, Sequence

import pytest

from shared.application.books import TrialBalance, trial_balance
from shared.application.differences import Explanation, Reason
from shared.application.provider_books import ProviderBooks
from shared.application.store import Cause
from shared.domain import ledger
from shared.domain.case import commands as case_commands
from shared.domain.case.events import Outcome
from shared.domain.ledger import Posting, StoredEntry, move
from shared.domain.lots import Lot
from shared.domain.money import Money
from shared.domain.payment import commands as pc
from shared.domain.payment.events import PaymentOpened, Purpose
from tests.journeys.money_world import DAY, HALF_HOUR, HOUR, MINUTE, MoneyWorld
from tests.journeys.world import MORNING

_TEST = Cause("Test", "test", {})


def report(world: MoneyWorld) -> TrialBalance:
    books = ProviderBooks(world.store, world.provider, world.driver)
    return trial_balance(world.store, MORNING, world.exchange.now, books)


def nobody_tells_us(world: MoneyWorld) -> None:
    """From now on webhooks are lost, and no sweep makes up for them."""
    world.webhooks, world.sweeping = 0, False


def slip(world: MoneyWorld, owner_id: str, *postings: Posting) -> None:
    """An entry that no decision has made."""
    journal = world.store._journal
    entry_id = f"slip-{len(journal)}"
    journal.append(StoredEntry(entry_id, world.exchange.now, owner_id, "Slip", postings))


# --- differences, each planted by one of these; they return what the report must name ------------


def an_entry_off_by_five(world: MoneyWorld) -> str:
    slip(world, "nobody", Posting(ledger.REVENUE, "rub", 5))
    return f"slip-{len(world.store._journal) - 1}"


def an_entry_of_an_unknown_payment(world: MoneyWorld) -> str:
    slip(world, "pi_none", *move("rub", ledger.REVENUE, ledger.payment_account("pi_none"), 5))
    return "payment:pi_none"


def an_entry_of_an_unknown_booking(world: MoneyWorld) -> str:
    slip(world, "none", *move("rub", ledger.REVENUE, ledger.booking_account("none"), 5))
    return "booking:none"


def a_lot_that_lost_a_second(world: MoneyWorld) -> str:
    world.top_up(HALF_HOUR)
    lots = world.store._lots["anna"]
    for lot_id, lot in list(lots.items()):
        lots[lot_id] = lot.without(1)
    return "balance:anna"


def a_lot_that_is_gone(world: MoneyWorld) -> str:
    world.top_up(HALF_HOUR)
    world.store._lots["anna"].clear()
    return "balance:anna"


def a_refund_asked_for_of_another_amount(world: MoneyWorld) -> str:
    payment_id = world.top_up(Money(2_000_000, "rub"))
    world.refund(payment_id, "big", by="agent:ann")  # waits for a manager
    slip(world, payment_id, *move("rub", ledger.REVENUE, ledger.refund_account("big"), 5))
    return "refund:big"


def money_nobody_works_on(world: MoneyWorld) -> str:
    payment_id = world.provider.pay_by_hand(HALF_HOUR).intent_id
    world.settle()
    (case,) = world.open_cases()
    close = case_commands.CloseCase("agent:ann", Outcome.NOTHING_TO_DO)
    world.case_records.apply(case.number, close, _TEST)
    return f"payment:{payment_id}"


def a_refund_that_is_over(world: MoneyWorld) -> str:
    payment_id = world.top_up(HALF_HOUR)
    world.refund(payment_id, "back")
    slip(world, payment_id, *move("rub", ledger.REVENUE, ledger.refund_account("back"), 5))
    return "refund:back"


def a_dispute_that_is_over(world: MoneyWorld) -> str:
    payment_id = world.top_up(HALF_HOUR)
    dispute = world.provider.open_dispute(payment_id)
    world.settle()
    world.provider.close_dispute(dispute.dispute_id, won=True)
    world.settle()
    account = ledger.dispute_account(dispute.dispute_id)
    slip(world, payment_id, *move("rub", ledger.LOSSES, account, 5))
    return account


def something_frozen_for_nothing(world: MoneyWorld) -> str:
    payment_id = world.top_up(HALF_HOUR)
    slip(world, payment_id, *move("rub", ledger.REVENUE, ledger.frozen_account(payment_id), 5))
    return f"frozen:{payment_id}"


def a_booking_that_is_over(world: MoneyWorld) -> str:
    booking_id, _ = world.booked_by_card()
    world.cancel(booking_id)
    slip(world, booking_id, *move("rub", ledger.REVENUE, ledger.booking_account(booking_id), 5))
    return f"booking:{booking_id}"


def a_payment_we_never_heard_of(world: MoneyWorld) -> str:
    nobody_tells_us(world)
    paid = world.provider.pay_by_hand(HALF_HOUR)
    world.after(HOUR)
    return paid.intent_id


def a_charge_without_an_intent(world: MoneyWorld) -> str:
    nobody_tells_us(world)
    charge = world.provider.charge_by_hand(HALF_HOUR)
    world.after(HOUR)
    return charge.charge_id


def noted(world: MoneyWorld, payment_id: str, amount: Money) -> None:
    opened = PaymentOpened(payment_id, Purpose.TOP_UP, "anna", None, amount, None, "en", 1)
    capture = pc.Capture(amount, None, None, world.exchange.now)
    world.records.open(opened, (capture,), _TEST, None)


def a_payment_the_provider_never_took(world: MoneyWorld) -> str:
    noted(world, "pi_ghost", HALF_HOUR)
    return "pi_ghost"


def a_payment_of_another_amount(world: MoneyWorld) -> str:
    nobody_tells_us(world)
    paid = world.provider.pay_by_hand(HALF_HOUR)
    noted(world, paid.intent_id, HALF_HOUR - Money(100, "rub"))
    return paid.intent_id


def a_refund_by_hand_we_never_heard_of(world: MoneyWorld) -> str:
    payment_id = world.top_up(HALF_HOUR)
    nobody_tells_us(world)
    refund = world.provider.refund_by_hand(payment_id, 500)
    world.after(HOUR)
    return refund.provider_refund_id


def a_refund_whose_failure_we_never_heard_of(world: MoneyWorld) -> str:
    world.provider.settle_refunds_after(DAY)
    payment_id = world.top_up(HALF_HOUR, "pm_card_refundFail")
    refund = world.refund(payment_id)
    nobody_tells_us(world)
    world.after(2 * DAY)
    return str(refund.provider_refund_id)


def a_dispute_we_never_heard_of(world: MoneyWorld) -> str:
    payment_id = world.top_up(HALF_HOUR)
    nobody_tells_us(world)
    dispute = world.provider.open_dispute(payment_id)
    world.after(HOUR)
    return dispute.dispute_id


def a_withdrawal_we_never_heard_of(world: MoneyWorld) -> str:
    payment_id = world.top_up(HALF_HOUR)
    inquiry = world.provider.open_dispute(payment_id, inquiry=True)
    world.settle()
    nobody_tells_us(world)
    world.after(HOUR)
    (moved,) = world.provider.escalate_dispute(inquiry.dispute_id).movements
    return moved.transaction_id


def a_fee_that_is_not_posted(world: MoneyWorld) -> str:
    payment_id = world.top_up(HALF_HOUR)
    (moved,) = world.provider.open_dispute(payment_id).movements
    world.settle()
    slip(world, payment_id, *move("rub", ledger.PROVIDER, ledger.FEES, moved.fee))
    return payment_id


def a_posting_the_provider_knows_nothing_of(world: MoneyWorld) -> str:
    payment_id = world.top_up(HALF_HOUR)
    slip(world, payment_id, *move("rub", ledger.PROVIDER, ledger.REVENUE, 5))
    return payment_id


PLANTED: list[tuple[Callable[[MoneyWorld], str], Reason]] = [
    (an_entry_off_by_five, Reason.ENTRY_UNBALANCED),
    (an_entry_of_an_unknown_payment, Reason.OWNER_MISSING),
    (an_entry_of_an_unknown_booking, Reason.OWNER_MISSING),
    (a_lot_that_lost_a_second, Reason.STORED_BALANCE_DIFFERS),
    (a_lot_that_is_gone, Reason.STORED_BALANCE_DIFFERS),
    (a_refund_asked_for_of_another_amount, Reason.STATE_DIFFERS),
    (money_nobody_works_on, Reason.PAYMENT_UNCLAIMED),
    (a_refund_that_is_over, Reason.REFUND_LEFT_OVER),
    (a_dispute_that_is_over, Reason.DISPUTE_LEFT_OVER),
    (something_frozen_for_nothing, Reason.FROZEN_LEFT_OVER),
    (a_booking_that_is_over, Reason.BOOKING_LEFT_OVER),
    (a_payment_we_never_heard_of, Reason.UNKNOWN_HERE),
    (a_charge_without_an_intent, Reason.UNKNOWN_HERE),
    (a_payment_the_provider_never_took, Reason.UNKNOWN_THERE),
    (a_payment_of_another_amount, Reason.AMOUNT_DIFFERS),
    (a_refund_by_hand_we_never_heard_of, Reason.REFUNDED_DIFFERS),
    (a_refund_whose_failure_we_never_heard_of, Reason.FAILED_REFUND_COUNTED),
    (a_dispute_we_never_heard_of, Reason.DISPUTE_UNKNOWN_HERE),
    (a_withdrawal_we_never_heard_of, Reason.MOVEMENT_NOT_POSTED),
    (a_fee_that_is_not_posted, Reason.FEE_NOT_POSTED),
    (a_posting_the_provider_knows_nothing_of, Reason.POSTING_DIFFERS),
]


@pytest.mark.parametrize(("plant", "reason"), PLANTED)
def test_every_difference_is_found_alone_and_with_its_reason(
    plant: Callable[[MoneyWorld], str], reason: Reason
) -> None:
    # Never 1, S2.5
    world = MoneyWorld()
    subject = plant(world)
    found = report(world)
    assert not found.zero
    assert {(one.reason, one.subject) for one in found.differences} == {(reason, subject)}


def test_every_reason_is_planted_and_explained_in_a_line() -> None:
    assert {reason for _, reason in PLANTED} == set(Reason)
    assert all(reason.why for reason in Reason)


# --- what is in the air -----------------------------------------------------------------------


def nothing_special(world: MoneyWorld) -> None:
    booking_id, _ = world.booked_by_card()
    world.cancel(booking_id)
    world.top_up(HALF_HOUR)


def a_booking_ahead(world: MoneyWorld) -> None:
    world.booked_by_card()


def an_open_dispute(world: MoneyWorld) -> None:
    world.provider.open_dispute(world.top_up(HALF_HOUR))


def a_refund_that_awaits_approval(world: MoneyWorld) -> None:
    world.refund(world.top_up(Money(2_000_000, "rub")), by="agent:ann")


def a_refund_on_its_way(world: MoneyWorld) -> None:
    world.provider.settle_refunds_after(DAY)
    world.refund(world.top_up(HALF_HOUR, "pm_card_pendingRefund"))


def a_payment_of_somebody_unknown(world: MoneyWorld) -> None:
    world.provider.pay_by_hand(HALF_HOUR)


def a_payment_just_now(world: MoneyWorld) -> None:
    nobody_tells_us(world)
    world.provider.pay_by_hand(HALF_HOUR)
    world.after(10 * MINUTE)


@pytest.mark.parametrize(
    ("happening", "explanations"),
    [
        (nothing_special, set()),
        (a_booking_ahead, {Explanation.BOOKING_AHEAD}),
        (an_open_dispute, {Explanation.DISPUTE_OPEN}),
        (a_refund_that_awaits_approval, {Explanation.REFUND_AWAITS_APPROVAL}),
        (a_refund_on_its_way, {Explanation.REFUND_ON_ITS_WAY}),
        (a_payment_of_somebody_unknown, {Explanation.UNCLAIMED}),
        (a_payment_just_now, {Explanation.PROVIDER_JUST_NOW}),
    ],
)
def test_what_is_in_the_air_is_explained_and_no_difference(
    happening: Callable[[MoneyWorld], None], explanations: set[Explanation]
) -> None:
    # S2.7, S2.11
    world = MoneyWorld()
    happening(world)
    world.settle()
    found = report(world)
    assert found.zero, found.differences
    assert set(found.explained) == explanations


def test_a_dispute_lost_weeks_later_leaves_nothing_over() -> None:
    # S2.11: money, fee and loss are posted, and the accounts are at rest again
    world = MoneyWorld()
    payment_id = world.top_up(HALF_HOUR)
    dispute = world.provider.open_dispute(payment_id)
    world.days(20)
    world.provider.close_dispute(dispute.dispute_id, won=False)
    world.days(1)
    found = report(world)
    assert found.zero, found.differences
    assert found.kinds["provider", "rub"] == -1500
    assert not found.explained


def test_what_is_put_right_between_two_looks_is_no_difference() -> None:
    # people go on booking while the entries are read
    world = MoneyWorld()
    world.top_up(HALF_HOUR)
    store, looks = world.store, []
    whole = store.lots

    def lots(customer_id: str) -> Sequence[Lot]:
        looks.append(customer_id)
        return () if len(looks) == 1 else whole(customer_id)

    store.lots = lots  # type: ignore[method-assign]
    assert report(world).zero
    assert len(looks) == 2


class Asked:
    """The provider, and what it was asked for one by one."""

    def __init__(self, world: MoneyWorld) -> None:
        self._provider, self.singly = world.provider, list[str]()

    def __getattr__(self, name: str) -> object:
        if not name.endswith("_created"):
            self.singly.append(name)
        return getattr(self._provider, name)


def test_payments_that_are_right_are_read_in_pages_alone() -> None:
    # the price of a report is a request per hundred objects of the provider
    world = MoneyWorld()
    for n in range(120):
        world.top_up(HALF_HOUR, customer_id=f"c{n}")
    world.refund(world.top_up(HALF_HOUR), "back")
    asked = Asked(world)
    books = ProviderBooks(world.store, asked, world.driver)  # type: ignore[arg-type]
    assert trial_balance(world.store, MORNING, world.exchange.now, books).zero
    assert asked.singly == []
