"""The bench counts capacity as the DynamoDB developer guide does; the pages are named."""

import json
from typing import Any

import pytest

from infra.bench import cost, template
from infra.bench.meter import Consumed, Meter, Write
from infra.bench.prices import Prices
from infra.bench.stage import Invocation
from infra.bench.units import (
    Index,
    Item,
    index_write_units,
    item_size,
    read_units,
    write_units,
)
from infra.bench.wire import Exchange
from infra.docs.measurements import mishap

KB = 1024
OWNER = Index("by_owner", ("owner", "at"), everything=False)
WHOLE = Index("ledger", ("day",), everything=True)


def item(size: int = 0, **attributes: str) -> Item:
    """An item of our keys and some attributes, filled up to a size in bytes."""
    made: dict[str, dict[str, Any]] = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    made |= {name: {"S": text} for name, text in attributes.items()}
    if size:
        made["fill"] = {"S": "x" * (size - item_size(made) - len("fill"))}
        assert item_size(made) == size
    return made


# --- "DynamoDB item sizes and formats" (CapacityUnitCalculations) ---------------------------------


def test_a_string_counts_its_name_and_its_utf_8_bytes() -> None:
    assert item_size({"shirt-color": {"S": "R"}, "shirt-size": {"S": "M"}}) == 23
    assert item_size({"имя": {"S": "Оля"}}) == 12


@pytest.mark.parametrize(("number", "size"), [("7", 2), ("27", 2), ("150000", 2), ("-1234.5", 4)])
def test_a_number_takes_a_byte_for_two_significant_digits_and_one_more(
    number: str, size: int
) -> None:
    assert item_size({"n": {"N": number}}) == len("n") + size


def test_binary_counts_raw_bytes_and_flags_one_byte() -> None:
    assert item_size({"b": {"B": b"12345"}, "t": {"BOOL": True}, "z": {"NULL": True}}) == 6 + 2 + 2


def test_a_list_or_map_has_three_bytes_of_overhead_and_one_for_each_element() -> None:
    assert item_size({"l": {"L": []}, "m": {"M": {}}}) == 4 + 4
    assert item_size({"l": {"L": [{"S": "ab"}]}, "m": {"M": {"k": {"S": "v"}}}}) == 7 + 7


# --- "DynamoDB read and write operations" (read-write-operations) ---------------------------------


@pytest.mark.parametrize(("size", "units"), [(500, 1), (KB, 1), (KB + 1, 2), (3 * KB + 512, 4)])
def test_a_write_is_rounded_up_to_the_next_kilobyte(size: int, units: int) -> None:
    assert write_units(None, item(size), transactional=False) == units


def test_the_larger_of_the_item_before_and_after_counts() -> None:
    small, large = item(100), item(2 * KB)
    assert write_units(large, small, transactional=False) == 2
    assert write_units(small, large, transactional=False) == 2


def test_deleting_what_is_not_there_costs_one_unit() -> None:
    assert write_units(None, None, transactional=False) == 1


@pytest.mark.parametrize(("kilobytes", "units"), [(3.5, 1), (10, 3)])
def test_a_consistent_read_is_rounded_up_to_the_next_four_kilobytes(
    kilobytes: float, units: int
) -> None:
    assert read_units(int(kilobytes * KB), consistent=True) == units


def test_an_eight_kilobyte_item_costs_two_units_or_one_if_it_may_be_stale() -> None:
    assert read_units(8 * KB, consistent=True) == 2
    assert read_units(8 * KB, consistent=False) == 1


def test_a_query_rounds_the_sum_of_its_items() -> None:
    # Ten items of 40.8 KB together are read as 44 KB, 1500 items of 64 bytes as 96 KB.
    assert read_units(int(40.8 * KB), consistent=True) == 44 / 4
    assert read_units(1500 * 64, consistent=True) == 96 / 4


def test_reading_what_is_not_there_costs_as_much_as_something_small() -> None:
    assert read_units(0, consistent=True) == 1
    assert read_units(0, consistent=False) == 0.5


# --- "Amazon DynamoDB Transactions: How it works" (transaction-apis) ------------------------------


def test_a_transaction_writes_every_item_twice() -> None:
    assert write_units(None, item(500), transactional=True) == 2
    assert write_units(None, item(2 * KB), transactional=True) == 4


# --- "Using Global Secondary Indexes" (GSI, write capacity units) ---------------------------------


def test_an_item_that_enters_or_leaves_an_index_costs_one_write() -> None:
    inside, outside = item(owner="anna", at="1"), item()
    assert index_write_units(None, inside, OWNER) == 1
    assert index_write_units(outside, inside, OWNER) == 1
    assert index_write_units(inside, outside, OWNER) == 1
    assert index_write_units(inside, None, OWNER) == 1


def test_a_changed_index_key_costs_two_writes() -> None:
    before, after = item(owner="anna", at="1"), item(owner="anna", at="2")
    assert index_write_units(before, after, OWNER) == 2


def test_an_item_that_is_in_no_index_before_and_after_costs_nothing_there() -> None:
    assert index_write_units(item(), item(500), OWNER) == 0
    assert index_write_units(item(owner="anna"), item(owner="boris"), OWNER) == 0


def test_only_a_change_of_what_is_projected_costs_a_write() -> None:
    before, after = (
        item(100, owner="anna", at="1", day="1"),
        item(3 * KB, owner="anna", at="1", day="1"),
    )
    assert index_write_units(before, after, OWNER) == 0
    assert index_write_units(before, after, WHOLE) == 3


# --- requests as they are sent --------------------------------------------------------------------


def test_one_transaction_is_counted_item_by_item_with_its_indexes() -> None:
    head = item(200, owner="anna", at="2")
    event = {**item(1500), "sk": {"S": "e"}, "cause": {"S": '{"command":"Book"}'}}
    table = {("p", "s"): head, ("p", "e"): event}
    meter = Meter([OWNER], table.get)
    consumed = meter.consumed(
        "TransactWriteItems",
        {"TransactItems": [{"Put": {"Item": head}}, {"Put": {"Item": event}}]},
        {},
    )
    assert [write.units for write in consumed.writes] == [2, 4]
    assert consumed.write_units == 2 + 1 + 4
    assert consumed.decision == "Book"
    assert consumed.inserted == (head, event)


def test_a_query_is_counted_by_whole_items_whatever_attributes_were_asked_for() -> None:
    rows = [{**item(3 * KB), "sk": {"S": name}} for name in "ab"]
    table = {("p", row["sk"]["S"]): row for row in rows}
    meter = Meter([], table.get)
    for row in rows:
        meter.consumed("PutItem", {"Item": row}, {})
    asked = {"ExpressionAttributeValues": {":0": {"S": "p"}}, "ConsistentRead": True}
    found = {"Items": [{"sk": row["sk"]} for row in rows]}
    assert meter.consumed("Query", asked, found).read_units == 2


def test_rows_that_are_only_counted_are_read_all_the_same() -> None:
    rows = [{**item(200, owner=owner, at="1"), "sk": {"S": owner}} for owner in ("anna", "boris")]
    table = {("p", row["sk"]["S"]): row for row in rows}
    big = Index("by_owner", ("owner",), everything=True)
    meter = Meter([big], table.get)
    for row in rows:
        row["fill"] = {"S": "x" * 6 * KB}
        meter.consumed("PutItem", {"Item": row}, {})
    asked = {"IndexName": "by_owner", "ExpressionAttributeValues": {":0": {"S": "anna"}}}
    counted = meter.consumed("Query", {**asked, "Select": "COUNT"}, {"Count": 1})
    assert counted.read_units == 1


def test_an_operation_nobody_taught_the_bench_is_refused_not_forgotten() -> None:
    with pytest.raises(ValueError, match="Scan"):
        Meter([], lambda key: None).consumed("Scan", {}, {})


# --- what the figures are taken from --------------------------------------------------------------


def test_every_entry_point_and_index_is_read_from_the_template() -> None:
    functions = {one.name: one for one in template.functions()}
    assert functions["CallsWorker"].layers == ("CoreLayer", "VoiceLayer")
    assert {"TABLE", "PUBLIC_BASE_URL"} <= functions["CallsWorker"].variables
    assert {index.name for index in template.indexes() if index.everything} == {"ledger"}
    assert template.workers()["Calls"] == "CallsWorker"
    assert template.streamed() == {"outbox", "inbox"}


# --- what a mishap costs beside an undisturbed session --------------------------------------------

PRICES = Prices(
    dollars=dict.fromkeys(
        (
            "write_unit",
            "read_unit",
            "lambda_request",
            "lambda_gb_second",
            "api_request",
            "sqs_request",
            "kms_request",
            "email",
            "log_byte",
        ),
        0.000001,
    ),
    billed_seconds=0.1,
    source={"date": "2026-11-21", "region": "us-east-1"},
)


def asked(
    service: str, operation: str, body: object = None, units: Consumed | None = None
) -> Exchange:
    request = json.dumps(body).encode()
    return Exchange(service, operation, request, 200, {}, b"{}", units)


def invoked(function: str, phase: str, *exchanges: Exchange, event: Any = None) -> Invocation:
    return Invocation(function, phase, False, 0.0, event or {}, None, exchanges, 0)


def written(kind: str, units: int) -> Exchange:
    consumed = Consumed(writes=(Write(kind, units, {}),))
    return asked("dynamodb", "PutItem", {}, consumed)


def counted(*invocations: Invocation) -> dict[str, Any]:
    schedules = template.scheduled_every_minute().items()
    sweeps = [invoked(name, "setup", event=one) for name, inputs in schedules for one in inputs]
    return cost.count([*sweeps, *invocations], template.functions(), PRICES)


CALL = asked("twilio", "POST /2010-04-01/Accounts/AC1/Calls.json")
LETTER = asked("ses", "SendEmail")
TWO_MESSAGES = asked("sqs", "SendMessageBatch", {"Entries": [{}, {}]})


def test_a_booking_is_counted_to_its_end_and_its_session_from_paid_on() -> None:
    found = counted(
        invoked("Customer", "booking", written("BOOKING/EVENT", 14)),
        invoked("CallsWorker", "session", CALL, written("BOOKING/EVENT", 2)),
        invoked("CallsWorker", "aside", CALL, written("BOOKING/EVENT", 100)),
    )
    assert found["booking"]["quantities"]["write_unit"] == 16
    assert found["session"]["quantities"]["write_unit"] == 2
    assert found["booking"]["invocations"] == {"Customer": 1, "CallsWorker": 1}
    assert found["session"]["twilio_requests"] == 1


@pytest.mark.parametrize("name", ["drop", "missed_call"])
def test_what_a_mishap_costs_more_is_told_beside_the_session_without_it(name: str) -> None:
    found = counted(
        invoked("CallsWorker", "session", CALL, written("BOOKING/EVENT", 2)),
        invoked("CallsWorker", name, CALL, CALL, written("BOOKING/EVENT", 5)),
        invoked("Relay", name, TWO_MESSAGES),
        invoked("MessagesWorker", name, LETTER),
    )
    assert found[name]["twilio_requests"] == 2
    assert found[name]["messages"] == 2
    more = found[name]["more_than_session"]
    whole, usual = (found[story]["dollars_per_million"]["total"] for story in (name, "session"))
    assert more == {
        "twilio_requests": 1,
        "messages": 2,
        "write_unit": 3,
        "read_unit": 0,
        "lambda_request": 2,
        "email": 1,
        "dollars_per_million": round(whole - usual, 2),
    }
    assert whole > usual


def test_what_a_sweep_asks_for_in_any_case_is_no_cost_of_a_mishap() -> None:
    looks = asked("dynamodb", "Query", {"key": "SWEEP#calls"}, Consumed(read_units=1))
    repairs = asked("dynamodb", "GetItem", {"key": "CALL#1"}, Consumed(read_units=4))
    found = counted(invoked("CallsSweep", "drop", looks, repairs))
    assert found["drop"]["quantities"]["read_unit"] == 4
    assert found["drop"]["quantities"]["lambda_request"] == 0


def test_every_schedule_of_a_sweep_runs_every_minute_of_an_empty_month() -> None:
    schedules = template.scheduled_every_minute()
    runs = sum(map(len, schedules.values()))
    assert len(schedules["DueSweep"]) > 1
    looks = asked("dynamodb", "Query", {}, Consumed(read_units=0.5, index="due"))
    of_one = invoked("DueSweep", "setup", looks, event=schedules["DueSweep"][-1])
    fixed = counted(of_one)["fixed_per_month"]["quantities"]
    assert fixed["lambda_request"] == runs * 60 * 730
    assert fixed["read_unit"] == 0.5 * 60 * 730


def test_mishaps_are_told_in_plain_sentences() -> None:
    found = counted(
        invoked("CallsWorker", "session", CALL),
        invoked("CallsWorker", "drop", CALL, CALL, written("BOOKING/EVENT", 5)),
        invoked("MessagesWorker", "drop", LETTER),
    )
    told = " ".join(" ".join(mishap("A dropped line", found["drop"])).split())
    assert told.startswith(
        "- A dropped line takes, from paid on, 2 requests to the telephony provider, 5 write and "
        "0 read units, 2 invocations, 0 messages and 1 letter; that is more than a session "
        "without a mishap takes by 1 request, 5 write and 0 read units, 1 invocation, 0 messages "
        "and 1 letter, and $"
    )
