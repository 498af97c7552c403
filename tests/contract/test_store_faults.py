"""What the network and the table may do to a commit, injected below the SDK."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from shared.adapters.dynamodb.commits import MOST_ITEMS
from shared.adapters.dynamodb.store import DynamoStore
from shared.adapters.dynamodb.tables import connect
from shared.application.store import Busy, Change, Replay, StaleRead
from shared.domain import commands as c
from shared.domain.lots import MOST_LOTS, money_lot
from shared.domain.money import Money
from shared.domain.payment import commands as pc
from shared.domain.payment.events import RefundReason
from shared.domain.payment.refund_sources import MOST_PARTS, sources
from shared.domain.policy import CURRENT
from shared.domain.slots import QUARTER
from tests.contract.decisions import (
    NOON,
    PRICE,
    and_then,
    cancelled,
    captured,
    granting,
    hold,
    lot,
    opened,
    paid,
    paid_by,
    paid_by_card,
    rubles,
    then,
)
from tests.fakes.memory_store import MemoryStore

A, B = "000000000017", "000000000024"
BEFORE = NOON - timedelta(days=1)
QUARTERS = tuple(NOON + n * QUARTER for n in range(8))

Answer = Callable[[AWSPreparedRequest], AWSResponse | None]


class Wire:
    """Stands between the SDK and the table, for the transactions of one store.

    Args:
        answers: what to do with each request in turn; those after the last go through.
    """

    def __init__(self, table: str, answers: list[Answer]) -> None:
        self._answers = answers
        self.requests: list[dict[str, Any]] = []
        events: Any = connect(table).connection.connection.client.meta.events
        events.register_first("before-send.dynamodb.TransactWriteItems", self)
        events.register_first("before-send.dynamodb.PutItem", self)

    def __call__(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        self.requests.append(json.loads(_text(request)))
        if not self._answers:
            return None
        return self._answers.pop(0)(request)


def _text(request: AWSPreparedRequest) -> bytes:
    assert isinstance(request.body, bytes)
    return request.body


class _Body(io.BytesIO):
    def stream(self, **_: object) -> list[bytes]:
        return [self.read()]


def refusal(code: str, reasons: tuple[str, ...] = (), status: int = 400) -> Answer:
    """An error as DynamoDB words it."""
    body = {
        "__type": f"com.amazonaws.dynamodb.v20120810#{code}",
        "message": code,
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }

    def answer(request: AWSPreparedRequest) -> AWSResponse:
        headers: Any = {"content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, status, headers, _Body(json.dumps(body).encode()))

    return answer


def lost_before(request: AWSPreparedRequest) -> AWSResponse:
    """The request never arrives."""
    raise ReadTimeoutError(endpoint_url=request.url)


def lost_after(request: AWSPreparedRequest) -> AWSResponse:
    """The request takes effect, its answer is lost."""
    URLLib3Session().send(request)
    raise ReadTimeoutError(endpoint_url=request.url)


# Over MiniStack: moto carries a request out even where a handler has answered it.
pytestmark = pytest.mark.xdist_group("ministack")


@pytest.fixture
def subject(ministack_store: DynamoStore) -> tuple[DynamoStore, str]:
    """A store and the name of its table."""
    return ministack_store, ministack_store._tables.connection.table_name


@pytest.mark.parametrize(
    ("code", "reasons"),
    [
        ("TransactionCanceledException", ("None", "TransactionConflict", "None", "None")),
        ("TransactionCanceledException", ("ThrottlingError", "None", "None", "None")),
        ("TransactionCanceledException", ("None", "ProvisionedThroughputExceeded", "None", "None")),
        (
            "TransactionCanceledException",
            ("None", "None", "ConditionalCheckFailed", "TransactionConflict"),
        ),
        ("ThrottlingException", ()),
        ("ProvisionedThroughputExceededException", ()),
        ("TransactionInProgressException", ()),
        ("InternalServerError", ()),
    ],
)
def test_what_may_pass_is_busy_and_the_same_change_again_succeeds(
    subject: tuple[DynamoStore, str], code: str, reasons: tuple[str, ...]
) -> None:
    store, table = subject
    store.publish("olga", QUARTERS)
    status = 500 if code == "InternalServerError" else 400
    attempts = 1 if reasons else 3  # what the SDK retries by itself
    wire = Wire(table, [refusal(code, reasons, status)] * attempts)
    with pytest.raises(Busy):
        store.commit(hold(A))
    assert len(wire.requests) == attempts
    assert store.booking(A) is None
    store.commit(hold(A))
    assert store.booking(A) is not None


def test_a_request_that_never_arrived_is_sent_again_by_the_sdk(
    subject: tuple[DynamoStore, str],
) -> None:
    store, table = subject
    store.publish("olga", QUARTERS)
    wire = Wire(table, [lost_before])
    store.commit(hold(A))
    assert len(wire.requests) == 2
    assert store.booking(A) is not None


def test_a_table_that_does_not_answer_is_busy(subject: tuple[DynamoStore, str]) -> None:
    store, table = subject
    store.publish("olga", QUARTERS)
    Wire(table, [lost_before] * 3)
    with pytest.raises(Busy):
        store.commit(hold(A))
    assert store.booking(A) is None


def test_a_retry_after_a_lost_answer_has_the_same_token_and_succeeds(
    subject: tuple[DynamoStore, str],
) -> None:
    store, table = subject
    store.publish("olga", QUARTERS)
    first = granting(hold(A, replay=Replay("anna", "k", "f", A)), money=500)
    wire = Wire(table, [lost_after])
    store.commit(first)
    tokens = [request["ClientRequestToken"] for request in wire.requests]
    assert len(tokens) == 2
    assert tokens[0] == tokens[1]
    assert rubles(store) == 500
    assert len(store.history(A)) == 1


def test_a_commit_whose_every_answer_was_lost_has_succeeded(
    subject: tuple[DynamoStore, str],
) -> None:
    store, table = subject
    store.publish("olga", QUARTERS)
    first = granting(hold(A), money=500)
    Wire(table, [lost_after] * 3)
    store.commit(first)
    assert rubles(store) == 500
    assert len(store.history(A)) == 1


def test_a_commit_done_before_is_known_by_its_token_when_others_built_on_it(
    subject: tuple[DynamoStore, str],
) -> None:
    store, _ = subject
    store.publish("olga", QUARTERS)
    first = hold(A)
    store.commit(first)
    mine = paid(first, BEFORE + timedelta(seconds=60))
    # Another decision on the same version, at the same moment, is not mine.
    theirs = then(first, c.Cancel(), BEFORE + timedelta(seconds=60))
    store.commit(mine)
    store.commit(then(mine, c.Cancel(), BEFORE + timedelta(seconds=70)))
    store.commit(mine)
    with pytest.raises(StaleRead):
        store.commit(theirs)
    assert len(store.history(A)) == 3


def test_two_decisions_that_differ_never_share_a_request_token(
    subject: tuple[DynamoStore, str],
) -> None:
    store, table = subject
    store.publish("olga", QUARTERS)
    wire = Wire(table, [])
    first = hold(A)
    store.commit(first)
    store.commit(paid(first, BEFORE + timedelta(seconds=60)))
    store.commit(hold(B, starts_at=NOON + 4 * QUARTER))
    assert len({request["ClientRequestToken"] for request in wire.requests}) == 3


def test_only_decisions_with_effects_reach_the_stream_as_outbox(
    subject: tuple[DynamoStore, str],
) -> None:
    store, table = subject
    store.publish("olga", QUARTERS)
    wire = Wire(table, [])
    first = hold(A)
    store.commit(first)
    quiet = then(first, c.NoteIntent("pi_1"), BEFORE + timedelta(seconds=1))
    assert not quiet.effects
    store.commit(quiet)
    loud = then(quiet, c.Cancel(), BEFORE + timedelta(seconds=2))
    assert loud.effects
    store.commit(loud)
    kinds = [_decision(request).get("kind") for request in wire.requests[1:]]
    assert kinds == [None, {"S": "outbox"}]
    assert [("ledger_day" in _decision(request)) for request in wire.requests] == [False] * 3


def _decision(request: dict[str, Any]) -> dict[str, Any]:
    items = request.get("TransactItems", [{"Put": request}])
    puts = [item["Put"]["Item"] for item in items if "Put" in item]
    decision: dict[str, Any]
    [decision] = [put for put in puts if put["sk"]["S"].startswith("EVENT#")]
    return decision


def test_the_largest_booking_with_many_lots_fits_one_transaction(
    subject: tuple[DynamoStore, str],
) -> None:
    """Two hours are eight quarters; head, decision and key are three items more."""
    store, table = subject
    store.publish("olga", QUARTERS)
    mine = [lot(f"{n:02d}", 60) for n in range(13)]
    store.publish("oleg", QUARTERS)
    store.commit(granting(hold(A, operator_id="oleg"), lots=mine, money=100_000_000))
    wire = Wire(table, [])
    replay = Replay("anna", "k", "f", B)
    store.commit(hold(B, minutes=120, lots=store.lots("anna"), replay=replay))
    assert len(wire.requests[0]["TransactItems"]) == 11 + MOST_LOTS
    with pytest.raises(AssertionError):
        store.commit(granting(hold("000000000031", minutes=120), lots=[lot("x", 1)] * 16))


def test_the_largest_booking_paid_after_its_release_fits_one_transaction(
    subject: tuple[DynamoStore, str],
) -> None:  # S2.10
    """Its lots and quarters are taken again with the payment's decision, head and pointers."""
    store, table = subject
    store.publish("oleg", QUARTERS)
    store.publish("olga", QUARTERS)
    mine = [lot(f"{n:02d}", 60) for n in range(13)]
    store.commit(granting(hold(A, operator_id="oleg"), lots=mine))
    first = hold(B, minutes=120, lots=store.lots("anna"))
    released = then(first, c.Tick(), first.at + timedelta(minutes=15))
    late = paid_by_card(released, first.at + timedelta(minutes=16), reinstate=True)
    assert len(late[0].consequences.taken) == MOST_LOTS
    wire = Wire(table, [])
    for changes in ((first,), (released,), late):
        store.commit(*changes)
    sizes = [len(request["TransactItems"]) for request in wire.requests]
    assert sizes == [10 + MOST_LOTS, 10 + MOST_LOTS, 14 + MOST_LOTS]
    assert max(sizes) < MOST_ITEMS, "an idempotency key would not find room"
    back = cancelled(*late, first.at + timedelta(minutes=20))
    store.commit(*back)
    assert len(wire.requests[-1]["TransactItems"]) < MOST_ITEMS


def test_the_largest_refund_and_the_largest_dispute_fit_one_transaction(
    subject: tuple[DynamoStore, str],
) -> None:  # S2.7
    store, table = subject
    payment = captured(opened(customer_id=None, amount=Money(180_000, "rub")), BEFORE)
    store.commit(payment)
    given = and_then(payment, pc.AssignCustomer("anna", "agent:ann"), BEFORE)
    pieces = [
        money_lot(f"{n:02d}", Money(6000, "rub"), "pi_1", BEFORE) for n in range(MOST_PARTS + 10)
    ]
    half = len(pieces) // 2
    for n, part in enumerate((pieces[:half], pieces[half:])):
        store.publish(f"operator{n}", QUARTERS)
        store.commit(granting(hold(f"{n:012d}", operator_id=f"operator{n}"), lots=part))
    store.commit(replace(given, consequences=replace(given.consequences, new_lots=())))
    found = sources(paid_by(given), pieces, None, BEFORE, CURRENT, our_fault=False)
    request = pc.RequestRefund(
        "r1", found.amount, RefundReason.CHANGE_OF_MIND, "customer", taken=found.taken
    )
    wire = Wire(table, [])
    replay = Replay("anna", "k", "f", "r1")
    store.commit(and_then(given, request, BEFORE, replay))
    assert len(wire.requests[-1]["TransactItems"]) == 3 + MOST_PARTS <= MOST_ITEMS
    other = captured(opened("pi_2", customer_id=None), BEFORE)
    store.commit(other)
    owned = and_then(other, pc.AssignCustomer("anna", "agent:ann"), BEFORE)
    store.commit(owned)
    (credit,) = owned.consequences.new_lots
    many = tuple(
        money_lot(f"x{n:02d}", Money(6000, "rub"), "pi_2", BEFORE) for n in range(MOST_PARTS)
    )
    store.publish("operator9", QUARTERS)
    half = len(many) // 2
    for n, piece in enumerate((many[:half], many[half:])):
        number, start = f"{90 + n:012d}", NOON + 2 * n * QUARTER
        held = hold(number, operator_id="operator9", starts_at=start)
        store.commit(granting(held, lots=piece))
    claim = pc.NoteDispute("dp_1", PRICE, False, "fraudulent", None, (), (*many, credit))
    frozen = and_then(owned, claim, BEFORE)
    store.commit(frozen)
    store.commit(and_then(frozen, replace(claim, lost=False), BEFORE))
    assert [len(request["TransactItems"]) for request in wire.requests[-2:]] == [
        2 + MOST_PARTS,
        2 + MOST_PARTS,
    ]


def test_two_decisions_of_which_only_the_answer_was_lost_have_succeeded(
    subject: tuple[DynamoStore, str],
) -> None:
    store, table = subject
    store.publish("olga", QUARTERS)
    first = hold(A)
    store.commit(first)
    pair = paid_by_card(first, BEFORE + timedelta(seconds=60))
    Wire(table, [lost_after] * 3)
    store.commit(*pair)
    store.commit(*pair)
    assert len(store.history(A)) == 2
    assert len(store.payment_history("pi_1")) == 1


# --- the same faults, over the store in memory --------------------------------------------------


def test_a_fault_before_the_commit_leaves_nothing_behind() -> None:
    store = MemoryStore()
    store.publish("olga", QUARTERS)

    def busy(moment: str, change: Change) -> None:
        if moment == "before":
            raise Busy("busy", "injected")

    store.fault = busy
    with pytest.raises(Busy):
        store.commit(hold(A))
    store.fault = None
    assert store.booking(A) is None
    store.commit(hold(A))
    assert store.booking(A) is not None


def test_a_fault_after_the_commit_is_a_lost_answer() -> None:
    store = MemoryStore()
    store.publish("olga", QUARTERS)

    def lost(moment: str, change: Change) -> None:
        if moment == "after":
            raise ConnectionError("injected")

    store.fault = lost
    with pytest.raises(ConnectionError):
        store.commit(granting(hold(A), money=500))
    store.fault = None
    store.commit(granting(hold(A), money=500))
    assert rubles(store) == 500
    assert len(store.history(A)) == 1
