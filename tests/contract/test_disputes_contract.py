"""Inquiries and disputes as Redial relies on them, held against every face."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.application.ports import (
    DisputeStatus,
    Intent,
    Movement,
    ProviderDispute,
    RefundStatus,
)
from shared.domain.errors import Declined, NotFound
from shared.domain.money import Money
from tests.contract.payments_subjects import FACES, Subject, face

PRICE = Money(100_000, "usd")
FEE = 1500


@pytest.fixture(params=FACES)
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    with face(request.param) as found:
        yield found


def paid(subject: Subject, card: str = "pm_card_visa") -> Intent:
    made = subject.payments.create_intent(PRICE, {}, subject.key("intent:p1"))
    return subject.pay(made, card)


def refund(subject: Subject, intent: Intent, minor: int, key: str = "refund:r1:1") -> str:
    made = subject.payments.create_refund(
        intent.intent_id, Money(minor, "usd"), {"refund_id": "r1"}, subject.key(key)
    )
    return made.provider_refund_id


def the_dispute(subject: Subject, intent: Intent, movements: int) -> ProviderDispute:
    [found] = subject.eventually(
        lambda: list(subject.payments.disputes_of(intent.intent_id)),
        lambda found: len(found) == 1 and len(found[0].movements) == movements,
    )
    return found


def moved(dispute: ProviderDispute) -> list[tuple[int, int]]:
    return [(each.amount, each.fee) for each in dispute.movements]


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("pm_card_createDispute", "fraudulent"),
        ("pm_card_createDisputeProductNotReceived", "product_not_received"),
    ],
)
def test_dispute_takes_the_money_and_a_fee(subject: Subject, card: str, reason: str) -> None:
    # S2.11; docs.stripe.com/testing#disputes, docs.stripe.com/disputes/how-disputes-work
    intent = paid(subject, card)
    dispute = the_dispute(subject, intent, movements=1)
    assert (dispute.status, dispute.reason) == (DisputeStatus.NEEDS_RESPONSE, reason)
    assert (dispute.intent_id, dispute.charge_id) == (intent.intent_id, intent.charge_id)
    assert dispute.amount == PRICE
    [movement] = dispute.movements
    assert movement == Movement(movement.transaction_id, -PRICE.minor, FEE, "usd")
    assert subject.payments.dispute(dispute.dispute_id) == dispute
    assert subject.payments.charge(dispute.charge_id).disputed


def test_disputed_charge_is_not_refunded(subject: Subject) -> None:
    # S2.7; docs.stripe.com/error-codes#charge-disputed
    intent = paid(subject, "pm_card_createDispute")
    the_dispute(subject, intent, movements=1)
    with pytest.raises(Declined) as refusal:
        refund(subject, intent, 1)
    assert refusal.value.code == "charge_disputed"


def test_inquiry_moves_no_money(subject: Subject) -> None:
    # S2.11; docs.stripe.com/testing#disputes, docs.stripe.com/disputes/how-disputes-work
    dispute = the_dispute(subject, paid(subject, "pm_card_createDisputeInquiry"), movements=0)
    assert dispute.status is DisputeStatus.WARNING_NEEDS_RESPONSE
    assert dispute.status.is_inquiry


def test_full_refund_ends_an_inquiry_and_a_partial_one_does_not(subject: Subject) -> None:
    # docs.stripe.com/disputes: a refund in full resolves the inquiry.
    intent = paid(subject, "pm_card_createDisputeInquiry")
    the_dispute(subject, intent, movements=0)
    refund(subject, intent, 1)
    open_still = the_dispute(subject, intent, movements=0)
    assert open_still.status is DisputeStatus.WARNING_NEEDS_RESPONSE
    refund(subject, intent, PRICE.minor - 1, "refund:r2:1")
    [over] = subject.eventually(
        lambda: subject.payments.disputes_of(intent.intent_id),
        lambda found: found[0].status is DisputeStatus.WARNING_CLOSED,
    )
    assert moved(over) == []


def test_won_dispute_gives_the_money_back_without_the_fee(subject: Subject) -> None:
    # S2.11; docs.stripe.com/disputes/how-disputes-work; the fee stays paid.
    intent = paid(subject)
    opened = subject.open_dispute(intent.intent_id)
    won = subject.close_dispute(opened.dispute_id, won=True)
    assert won.status is DisputeStatus.WON
    assert moved(won) == [(-PRICE.minor, FEE), (PRICE.minor, 0)]
    assert refund(subject, intent, 1)


def test_lost_dispute_keeps_the_money_and_forbids_refunds_for_good(subject: Subject) -> None:
    # S2.7; docs.stripe.com/disputes/how-disputes-work
    intent = paid(subject)
    opened = subject.open_dispute(intent.intent_id)
    lost = subject.close_dispute(opened.dispute_id, won=False)
    assert (lost.status, moved(lost)) == (DisputeStatus.LOST, [(-PRICE.minor, FEE)])
    with pytest.raises(Declined, match="charge_disputed"):
        refund(subject, intent, 1)
    with pytest.raises(Declined):
        subject.close_dispute(opened.dispute_id, won=True)


def test_inquiry_escalates_to_a_dispute_that_takes_the_money(subject: Subject) -> None:
    # docs.stripe.com/disputes/how-disputes-work
    intent = paid(subject)
    inquiry = subject.open_dispute(intent.intent_id, inquiry=True)
    assert inquiry.status is DisputeStatus.WARNING_NEEDS_RESPONSE
    dispute = subject.escalate_dispute(inquiry.dispute_id)
    assert (dispute.dispute_id, dispute.status) == (
        inquiry.dispute_id,
        DisputeStatus.NEEDS_RESPONSE,
    )
    assert moved(dispute) == [(-PRICE.minor, FEE)]
    with pytest.raises(Declined):
        subject.escalate_dispute(inquiry.dispute_id)


def test_inquiry_may_just_be_over(subject: Subject) -> None:
    # docs.stripe.com/disputes/how-disputes-work
    inquiry = subject.open_dispute(paid(subject).intent_id, inquiry=True)
    closed = subject.close_dispute(inquiry.dispute_id, won=True)
    assert (closed.status, closed.movements) == (DisputeStatus.WARNING_CLOSED, ())


def test_funds_may_be_withdrawn_later_than_the_dispute_is_opened(subject: Subject) -> None:
    # S2.11; docs.stripe.com/api/events/types#event_types-charge.dispute.funds_withdrawn
    intent = paid(subject)
    opened = subject.open_dispute(intent.intent_id, delay=timedelta(days=2))
    assert (opened.status, opened.movements) == (DisputeStatus.NEEDS_RESPONSE, ())
    with pytest.raises(Declined, match="charge_disputed"):
        refund(subject, intent, 1)
    subject.advance(timedelta(days=2))
    assert moved(subject.payments.dispute(opened.dispute_id)) == [(-PRICE.minor, FEE)]


def test_dispute_won_before_the_funds_are_withdrawn_moves_nothing(subject: Subject) -> None:
    # S2.11
    opened = subject.open_dispute(paid(subject).intent_id, delay=timedelta(days=2))
    subject.close_dispute(opened.dispute_id, won=True)
    subject.advance(timedelta(days=3))
    assert subject.payments.dispute(opened.dispute_id).movements == ()


def test_part_of_a_charge_may_be_disputed(subject: Subject) -> None:
    # docs.stripe.com/api/disputes/object#dispute_object-amount
    intent = paid(subject)
    opened = subject.open_dispute(intent.intent_id, 30_000)
    assert (opened.amount, moved(opened)) == (Money(30_000, "usd"), [(-30_000, FEE)])


def test_refund_on_its_way_is_stopped_by_a_dispute(subject: Subject) -> None:
    # S2.7; docs.stripe.com/api/refunds/object#refund_object-failure_reason
    intent = paid(subject, "pm_card_pendingRefund")
    made = refund(subject, intent, 400)
    subject.open_dispute(intent.intent_id)
    subject.advance(timedelta(days=1))
    stopped = subject.payments.refund(made)
    assert (stopped.status, stopped.failure_reason) == (
        RefundStatus.FAILED,
        "charge_for_pending_refund_disputed",
    )


def test_what_took_no_money_cannot_be_disputed(subject: Subject) -> None:
    # docs.stripe.com/disputes
    intent = paid(subject, "pm_card_chargeDeclined")
    with pytest.raises(Declined):
        subject.open_dispute(intent.intent_id)


def test_unknown_dispute_is_not_found_and_an_undisputed_payment_has_none(
    subject: Subject,
) -> None:
    # docs.stripe.com/error-codes#resource-missing
    with pytest.raises(NotFound):
        subject.payments.dispute("du_unknown")
    assert list(subject.payments.disputes_of(paid(subject).intent_id)) == []
