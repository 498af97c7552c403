"""Charges that were made without an intent: refunded, and asked about, by their own id (S2.5)."""

from collections.abc import Iterator

import pytest

from shared.domain.errors import Declined
from shared.domain.money import Money
from tests.contract.payments_subjects import FACES, Subject, face

PRICE = Money(100_000, "usd")


@pytest.fixture(params=FACES)
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    with face(request.param) as found:
        yield found


def test_charge_is_shown_with_what_it_took(subject: Subject) -> None:
    # docs.stripe.com/api/charges/object: payment_intent is null
    charge = subject.payments.charge(subject.charge_by_hand(PRICE))
    assert (charge.intent_id, charge.captured, charge.refunded.minor) == (None, PRICE, 0)


def test_charge_is_refunded_by_its_own_id_once(subject: Subject) -> None:
    # docs.stripe.com/api/refunds/create: charge instead of payment_intent
    charge_id, part = subject.charge_by_hand(PRICE), Money(40_000, "usd")
    key = subject.key("refund:r1:1")
    made = [subject.payments.create_refund(charge_id, part, {"r": "1"}, key) for _ in range(2)]
    assert made[0] == made[1]
    assert (made[0].intent_id, made[0].charge_id) == (None, charge_id)
    assert [each.amount for each in subject.payments.refunds_of(charge_id)] == [part]
    assert subject.payments.charge(charge_id).refunded == part
    with pytest.raises(Declined):
        subject.payments.create_refund(charge_id, PRICE, {}, subject.key("refund:r2:1"))


def test_disputes_are_found_by_the_charge(subject: Subject) -> None:
    # docs.stripe.com/api/disputes/list: charge
    charge_id = subject.charge_by_hand(PRICE)
    assert list(subject.payments.disputes_of(charge_id)) == []
    dispute = subject.open_dispute(charge_id)
    (found,) = subject.eventually(
        lambda: list(subject.payments.disputes_of(charge_id)), lambda found: len(found) == 1
    )
    assert (found.dispute_id, found.intent_id) == (dispute.dispute_id, None)
