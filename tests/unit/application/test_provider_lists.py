"""What of the provider's lists is news to us, and what is not (S2.5)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.application.ports import (
    DisputeStatus,
    ProviderCharge,
    ProviderDispute,
    ProviderRefund,
    RefundStatus,
)
from shared.application.provider_lists import in_charges, in_disputes, in_refunds
from shared.application.store import PaymentSummary
from shared.domain.money import Money
from shared.domain.payment.payment import Status

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PRICE, SOME, NOTHING = (Money(minor, "rub") for minor in (150_000, 50_000, 0))

CHARGE = ProviderCharge("ch_1", "pi_1", PRICE, NOTHING, False, {}, None, NOW)
OURS = PaymentSummary(
    payment_id="pi_1",
    customer_id="anna",
    booking_id=None,
    status=Status.CAPTURED,
    captured=PRICE,
    refunded=0,
    charge_id="ch_1",
    captured_at=NOW,
    provider_refunds=frozenset(),
    closed_disputes=frozenset(),
    open_disputes=frozenset(),
)
MADE = ProviderRefund(
    "re_1", "pi_1", "ch_1", SOME, RefundStatus.SUCCEEDED, {"refund_id": "r-1"}, None, NOW
)
BY_HAND = replace(MADE, metadata={})
CLAIM = ProviderDispute(
    "du_1", "pi_1", "ch_1", PRICE, DisputeStatus.NEEDS_RESPONSE, "fraudulent", (), NOW
)
COUNTED = replace(OURS, refunded=SOME.minor, provider_refunds=frozenset({"re_1"}))
OPEN = replace(OURS, open_disputes=frozenset({"du_1"}))
CLOSED = replace(OURS, closed_disputes=frozenset({"du_1"}))


@pytest.mark.parametrize(
    ("charge", "ours", "kinds"),
    [
        (CHARGE, OURS, []),
        (CHARGE, None, ["payment_intent.succeeded"]),
        (CHARGE, replace(OURS, status=Status.OPEN), ["payment_intent.succeeded"]),
        (CHARGE, replace(OURS, status=Status.ABANDONED), ["payment_intent.succeeded"]),
        (replace(CHARGE, captured=NOTHING), None, []),
        (replace(CHARGE, refunded=SOME), OURS, ["charge.refunded"]),
        (replace(CHARGE, refunded=SOME), COUNTED, []),
        (CHARGE, COUNTED, ["charge.refunded"]),
        (replace(CHARGE, refunded=SOME), None, ["payment_intent.succeeded"]),
    ],
)
def test_charge_is_news_where_we_do_not_hold_it_or_another_sum_went_back(
    charge: ProviderCharge, ours: PaymentSummary | None, kinds: list[str]
) -> None:
    found = list(in_charges([charge], {"pi_1": ours} if ours else {}))
    assert [each.kind for each in found] == kinds


def test_charge_without_an_intent_is_known_by_its_own_id() -> None:
    by_hand = replace(CHARGE, intent_id=None)
    (found,) = in_charges([by_hand], {})
    assert (found.kind, found.subject) == ("charge.succeeded", "ch_1")
    assert list(in_charges([by_hand], {"ch_1": replace(OURS, payment_id="ch_1")})) == []


@pytest.mark.parametrize(
    ("refund", "ours", "news"),
    [
        (MADE, COUNTED, False),
        (MADE, OURS, True),
        (MADE, None, True),
        (BY_HAND, COUNTED, False),
        (BY_HAND, OURS, True),
        (replace(BY_HAND, status=RefundStatus.PENDING), OURS, True),
        (replace(BY_HAND, status=RefundStatus.PENDING), COUNTED, False),
        (replace(MADE, status=RefundStatus.PENDING), OURS, False),
        (replace(MADE, status=RefundStatus.REQUIRES_ACTION), OURS, False),
        (replace(MADE, status=RefundStatus.PENDING), None, True),
        (replace(MADE, status=RefundStatus.FAILED), COUNTED, True),
        (replace(MADE, status=RefundStatus.CANCELED), COUNTED, True),
        (replace(MADE, status=RefundStatus.FAILED), OURS, False),
        (replace(BY_HAND, status=RefundStatus.FAILED), None, False),
    ],
)
def test_refund_is_news_where_one_side_alone_counts_it(
    refund: ProviderRefund, ours: PaymentSummary | None, news: bool
) -> None:
    found = list(in_refunds([refund], {"pi_1": ours} if ours else {}))
    assert [(each.kind, each.subject) for each in found] == [("refund.updated", "re_1")] * news


@pytest.mark.parametrize("status", list(DisputeStatus))
def test_dispute_is_news_where_it_is_unknown_or_open_at_one_side_alone(
    status: DisputeStatus,
) -> None:
    dispute = replace(CLAIM, status=status)
    over = status in ("won", "lost", "warning_closed", "prevented")
    assert len(list(in_disputes([dispute], {}))) == 1
    assert len(list(in_disputes([dispute], {"pi_1": OURS}))) == 1
    assert len(list(in_disputes([dispute], {"pi_1": OPEN}))) == over
    assert len(list(in_disputes([dispute], {"pi_1": CLOSED}))) == (not over)
