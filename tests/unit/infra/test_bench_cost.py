"""The bench counts capacity as the DynamoDB developer guide does; the pages are named."""

from typing import Any

import pytest

from infra.bench import template
from infra.bench.meter import Meter
from infra.bench.units import (
    Index,
    Item,
    index_write_units,
    item_size,
    read_units,
    write_units,
)

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
