"""The provider's feed and its lists by time, which settle payments without any webhook."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from infra.local.payments.faults import RequestFault
from shared.application.ports import Intent, ProviderEvent
from shared.domain.errors import Declined, NotFound, Unavailable
from shared.domain.money import Money
from tests.contract.payments_subjects import FACES, Subject, face

PRICE = Money(100_000, "usd")
PAID = "payment_intent.succeeded"
_HOUR = timedelta(hours=1)


@pytest.fixture(params=FACES)
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    with face(request.param) as found:
        yield found


def paid(subject: Subject, name: str = "p1", card: str = "pm_card_visa") -> Intent:
    made = subject.payments.create_intent(
        PRICE, {"payment_id": name}, subject.key(f"intent:{name}")
    )
    return subject.pay(made, card)


def feed(subject: Subject, since: datetime, *kinds: str) -> list[ProviderEvent]:
    return list(subject.payments.events(since, subject.clock.now(), kinds))


# --- events: docs.stripe.com/api/events/list ------------------------------------------------------


def test_feed_names_what_happened_newest_first(subject: Subject) -> None:
    # S2.5
    since = subject.clock.now()
    ours = {paid(subject, name).intent_id for name in ("p1", "p2")}
    found = subject.eventually(
        lambda: [each for each in feed(subject, since, PAID) if each.object_id in ours],
        lambda events: len(events) == 2,
    )
    assert {each.object_id for each in found} == ours
    assert {each.kind for each in found} == {PAID}
    assert [each.created for each in found] == sorted(
        (each.created for each in found), reverse=True
    )
    assert all(each.event_id.startswith("evt_") for each in found)


def test_feed_tells_the_kinds_asked_for_and_no_others(subject: Subject) -> None:
    # docs.stripe.com/api/events/types
    intent = paid(subject)
    subject.payments.create_refund(intent.intent_id, Money(1, "usd"), {}, subject.key("r1"))
    dispute = subject.open_dispute(intent.intent_id)
    subject.close_dispute(dispute.dispute_id, won=True)
    kinds = (
        "payment_intent.created",
        "charge.succeeded",
        PAID,
        "refund.created",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    )
    found = feed(subject, subject.clock.now(), *kinds)
    assert [each.kind for each in found] == list(reversed(kinds))
    assert {each.object_id for each in found if "dispute" in each.kind} == {dispute.dispute_id}
    assert [each.kind for each in feed(subject, subject.clock.now(), PAID)] == [PAID]


def test_feed_ends_at_both_moments(subject: Subject) -> None:
    # docs.stripe.com/api/events/list#list_events-created
    start = subject.clock.now()
    subject.advance(_HOUR)
    intent = paid(subject)
    at = subject.clock.now()
    subject.advance(_HOUR)
    events = subject.payments.events

    def between(since: datetime, until: datetime) -> list[str]:
        return [each.object_id for each in events(since, until, [PAID])]

    assert between(start, at) == between(at, at + _HOUR) == [intent.intent_id]
    assert between(start, at - timedelta(seconds=1)) == []
    assert between(at + timedelta(seconds=1), at + _HOUR) == []


def test_feed_is_kept_for_30_days(subject: Subject) -> None:
    # docs.stripe.com/api/events
    since = subject.clock.now()
    paid(subject)
    subject.advance(timedelta(days=30))
    assert len(feed(subject, since, PAID)) == 1
    subject.advance(timedelta(seconds=1))
    assert feed(subject, since, PAID) == []


def test_more_than_twenty_kinds_at_once_are_refused(subject: Subject) -> None:
    # docs.stripe.com/api/events/list#list_events-types
    kinds = [f"charge.kind_{number}" for number in range(21)]
    with pytest.raises(Declined):
        feed(subject, subject.clock.now(), *kinds)


# --- lists by time: docs.stripe.com/api/pagination ------------------------------------------------


def test_charges_are_listed_failed_ones_too(subject: Subject) -> None:
    # S2.5; docs.stripe.com/api/charges/list
    since = subject.clock.now() - timedelta(minutes=1)
    intent = paid(subject, card="pm_card_chargeDeclined")
    subject.pay(intent, "pm_card_mastercard")
    found = [
        each
        for each in subject.payments.charges_created(since, subject.clock.now())
        if each.intent_id == intent.intent_id
    ]
    latest, failed = found
    assert (latest.captured, failed.captured) == (PRICE, Money(0, "usd"))
    assert latest.metadata == {"payment_id": "p1"}
    assert latest.card is not None
    assert latest.card.brand == "mastercard"
    assert (latest.refunded.minor, latest.disputed) == (0, False)
    assert subject.payments.charge(latest.charge_id) == latest


def test_charge_and_refund_made_by_hand_are_listed_though_we_never_knew_them(
    subject: Subject,
) -> None:
    # S2.5
    now = subject.clock.now()
    known, unknown = paid(subject), subject.pay_by_hand(Money(500, "usd"), {})
    tagged = subject.pay_by_hand(Money(700, "usd"), {"booking_id": "123456789012"})
    charge_id = subject.charge_by_hand(Money(900, "usd"))
    by_hand = subject.refund_by_hand(known.intent_id, 300)
    bare = subject.refund_by_hand(charge_id)
    charges = list(subject.payments.charges_created(now, now))
    assert [each.intent_id for each in charges] == [
        None,
        tagged.intent_id,
        unknown.intent_id,
        known.intent_id,
    ]
    assert [each.metadata.get("booking_id") for each in charges[1:3]] == ["123456789012", None]
    assert [each.refunded.minor for each in charges] == [900, 0, 0, 300]
    refunds = list(subject.payments.refunds_created(now, now))
    assert refunds == [bare, by_hand]
    assert (by_hand.intent_id, by_hand.metadata) == (known.intent_id, {})
    assert (bare.intent_id, bare.charge_id, bare.amount.minor) == (None, charge_id, 900)


def test_disputes_and_inquiries_are_listed_by_when_they_came(subject: Subject) -> None:
    # S2.11; docs.stripe.com/api/disputes/list
    intent = paid(subject)
    inquiry = subject.open_dispute(intent.intent_id, inquiry=True)
    subject.advance(_HOUR)
    dispute = subject.open_dispute(intent.intent_id)
    now = subject.clock.now()
    assert list(subject.payments.disputes_created(now, now)) == [dispute]
    assert list(subject.payments.disputes_created(now - _HOUR, now)) == [dispute, inquiry]


def test_lists_go_on_beyond_one_page(subject: Subject) -> None:
    # docs.stripe.com/api/pagination
    now = subject.clock.now()
    made = [subject.charge_by_hand(Money(100, "usd")) for _ in range(201)]
    found = [each.charge_id for each in subject.payments.charges_created(now, now)]
    assert found == made[::-1]


def test_page_is_read_when_it_is_needed_and_may_then_fail(subject: Subject) -> None:
    # docs.stripe.com/api/pagination
    now = subject.clock.now()
    for _ in range(101):
        subject.charge_by_hand(Money(100, "usd"))
    listed = subject.payments.charges_created(now, now)
    for _ in range(100):
        next(listed)
    subject.spoil(RequestFault.RATE_LIMIT, "/v1/charges", count=9)
    with pytest.raises(Unavailable):
        next(listed)


def test_unknown_charge_is_not_found(subject: Subject) -> None:
    # docs.stripe.com/error-codes#resource-missing
    with pytest.raises(NotFound):
        subject.payments.charge("ch_unknown")
