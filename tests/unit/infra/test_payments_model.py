"""The payment double's model where no wire and no adapter is needed."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.payments.cards import CARDS
from infra.local.payments.errors import ApiError
from infra.local.payments.faults import Faults, RequestFault, WebhookFault
from infra.local.payments.parameters import Parameters, parse
from infra.local.payments.port import InProcessPayments
from infra.local.payments.shelf import Shelf
from infra.local.payments.webhooks import Outbox
from shared.domain.errors import Declined, NotFound
from shared.domain.money import Money

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Clock:
    """Time that a case sets."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        """The moment set."""
        return self.moment


def account() -> tuple[InProcessPayments, Clock]:
    clock, numbers = Clock(), iter(range(1000))
    return InProcessPayments(clock, lambda prefix: f"{prefix}_{next(numbers)}"), clock


def test_bracketed_names_nest() -> None:
    pairs = [("metadata[booking_id]", "1"), ("types[]", "a"), ("types[]", "b"), ("x[0][y]", "2")]
    assert parse(pairs) == {
        "metadata": {"booking_id": "1"},
        "types": {"0": "a", "1": "b"},
        "x": {"0": {"y": "2"}},
    }


@pytest.mark.parametrize(
    "metadata",
    [
        {f"k{number}": "v" for number in range(51)},
        {"k" * 41: "v"},
        {"k": "v" * 501},
    ],
)
def test_metadata_has_limits(metadata: dict[str, str]) -> None:
    # docs.stripe.com/api/metadata
    with pytest.raises(ApiError) as refusal:
        Parameters({"metadata": dict(metadata)}).metadata()
    assert refusal.value.status == 400


def test_same_card_has_the_same_fingerprint_and_another_has_another() -> None:
    visa = CARDS["pm_card_visa"]
    assert visa.fingerprint == CARDS["pm_card_visa"].fingerprint
    assert visa.fingerprint != CARDS["pm_card_visa_debit"].fingerprint


def test_events_keep_the_object_as_it_was_and_come_in_the_order_of_the_work() -> None:
    payments, _ = account()
    intent = payments.create_intent(Money(1000, "usd"), {}, "k1")
    payments.pay(intent.intent_id, "pm_card_chargeDeclined")
    payments.pay(intent.intent_id)
    seen = [(each["type"], each["data"]["object"]["status"]) for each in payments.undelivered()]
    assert seen == [
        ("payment_intent.created", "requires_payment_method"),
        ("charge.failed", "failed"),
        ("payment_intent.payment_failed", "requires_payment_method"),
        ("charge.succeeded", "succeeded"),
        ("payment_intent.succeeded", "succeeded"),
    ]


def test_taken_event_is_gone_and_a_refused_one_comes_again() -> None:
    payments, clock = account()
    payments.create_intent(Money(1000, "usd"), {}, "k1")
    [event] = payments.undelivered()
    payments.delivered(event["id"], accepted=False)
    assert payments.undelivered() == []
    clock.moment += timedelta(minutes=1)
    assert [each["id"] for each in payments.undelivered()] == [event["id"]]
    payments.delivered(event["id"])
    clock.moment += timedelta(days=1)
    assert payments.undelivered() == []


def test_late_refund_results_are_told_by_events() -> None:
    payments, clock = account()
    intent = payments.create_intent(Money(1000, "usd"), {}, "k1")
    payments.pay(intent.intent_id, "pm_card_refundFail")
    payments.create_refund(intent.intent_id, Money(1000, "usd"), {}, "k2")
    clock.moment += timedelta(minutes=1)
    assert [each["type"] for each in payments.undelivered()][-2:] == [
        "refund.failed",
        "refund.updated",
    ]


def test_what_was_due_meanwhile_has_the_time_at_which_it_was_due() -> None:
    payments, clock = account()
    payments.settle_refunds_after(timedelta(days=3))
    intent = payments.create_intent(Money(1000, "usd"), {}, "k1")
    payments.pay(intent.intent_id, "pm_card_refundFail")
    payments.create_refund(intent.intent_id, Money(1000, "usd"), {}, "k2")
    payments.open_dispute(payments.pay_by_hand(Money(500, "usd")).intent_id, delay=DAY)
    clock.moment += 10 * DAY
    kinds = ["refund.failed", "charge.dispute.funds_withdrawn"]
    found = [(each.kind, each.created) for each in payments.events(NOW, clock.moment, kinds)]
    assert found == [
        ("refund.failed", NOW + 3 * DAY),
        ("charge.dispute.funds_withdrawn", NOW + DAY),
    ]


def test_webhook_may_come_before_our_own_call_is_answered() -> None:
    # Issue 3, bad luck.
    payments, _ = account()
    seen: list[str] = []
    payments.before_next_answer(
        lambda: seen.extend(each["data"]["object"]["id"] for each in payments.undelivered())
    )
    intent = payments.create_intent(Money(1000, "usd"), {}, "k1")
    assert seen == [intent.intent_id]
    payments.create_intent(Money(1000, "usd"), {}, "k2")
    assert seen == [intent.intent_id]


def test_by_hand_stripe_refuses_as_it_refuses_us() -> None:
    payments, _ = account()
    intent = payments.pay_by_hand(Money(1000, "usd"), {"note": "telephone"})
    assert intent.metadata == {"note": "telephone"}
    with pytest.raises(Declined, match="amount_too_large"):
        payments.refund_by_hand(intent.intent_id, 1001)
    with pytest.raises(Declined, match="lost_card"):
        payments.pay_by_hand(Money(1000, "usd"), card="pm_card_chargeDeclinedLostCard")
    with pytest.raises(NotFound):
        payments.open_dispute("pi_unknown")


def documents(shelf: Shelf, places: Iterable[int]) -> list[str]:
    return [shelf.at(place)["id"] for place in places]


def test_shelf_finds_by_time_and_by_what_objects_name() -> None:
    shelf = Shelf("payment_intent", "charge")
    for number in range(6):
        shelf.add(
            {
                "id": f"re_{number}",
                "created": number // 2,
                "payment_intent": f"pi_{number % 2}",
                "charge": None if number == 5 else f"ch_{number % 3}",
            }
        )
    assert shelf.span(1, 2) == (2, 4)
    assert shelf.span(2, None) == (4, 6)
    assert documents(shelf, shelf.among(2, 6, {"payment_intent": "pi_1"})) == ["re_3", "re_5"]
    both = {"payment_intent": "pi_1", "charge": "ch_1"}
    assert documents(shelf, shelf.among(0, 6, both)) == ["re_1"]
    assert documents(shelf, shelf.among(0, 6, {"charge": "ch_9"})) == []
    assert documents(shelf, shelf.among(5, 2, {})) == []


def test_webhook_is_given_up_after_three_days() -> None:
    # docs.stripe.com/webhooks#automatic-retries
    outbox, now = Outbox(Faults()), NOW
    outbox.add("evt_1", now)
    waits = []
    while outbox.waiting:
        [delivery] = outbox.waiting
        waits.append(delivery.due - now)
        now = delivery.due
        outbox.tried(delivery, accepted=False, now=now)
    assert waits[:4] == [timedelta(minutes=minutes) for minutes in (0, 1, 2, 4)]
    assert timedelta(days=1) < now - NOW <= timedelta(days=3)


def test_shuffled_events_come_in_reverse() -> None:
    faults = Faults()
    faults.order_webhooks(WebhookFault.SHUFFLE, 3)
    outbox = Outbox(faults)
    for name in ("evt_1", "evt_2", "evt_3", "evt_4"):
        outbox.add(name, NOW)
    due = [each.event_id for each in outbox.due(NOW + timedelta(minutes=1))]
    assert due == ["evt_3", "evt_4", "evt_2", "evt_1"]


def test_orders_without_an_end_last_until_they_are_cleared() -> None:
    faults = Faults()
    faults.order_webhooks(WebhookFault.DROP, None)
    outbox = Outbox(faults)
    for number in range(5):
        outbox.add(f"evt_{number}", NOW)
    assert outbox.waiting == []
    faults.clear()
    outbox.add("evt_5", NOW)
    assert [each.event_id for each in outbox.waiting] == ["evt_5"]


def test_fault_meets_only_the_requests_it_was_ordered_for() -> None:
    faults = Faults()
    faults.order_request(RequestFault.TIMEOUT, 1, "POST", "/v1/refunds")
    assert faults.for_request("GET", "/v1/refunds") is None
    assert faults.for_request("POST", "/v1/payment_intents") is None
    assert faults.for_request("POST", "/v1/refunds") is RequestFault.TIMEOUT
    assert faults.for_request("POST", "/v1/refunds") is None
