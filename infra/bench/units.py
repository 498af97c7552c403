"""What DynamoDB charges for, by the rules of its developer guide.

Sources, under docs.aws.amazon.com/amazondynamodb/latest/developerguide: "DynamoDB item sizes and
formats" (CapacityUnitCalculations), "DynamoDB read and write operations" (read-write-operations),
"Using Global Secondary Indexes" (GSI, write capacity units), "Amazon DynamoDB Transactions: How it
works" (transaction-apis, capacity management).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

# An attribute value as the API writes it: {"S": "text"}, {"N": "12"}, {"B": b"..."}.
type Item = Mapping[str, Mapping[str, Any]]

TABLE_KEYS = ("pk", "sk")
_WRITE_BLOCK = 1024
_READ_BLOCK = 4096
# Every item of a transaction is written, or read, twice: to prepare and to commit.
_TRANSACTION = 2


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index; only items that carry all its keys stand in it.

    Args:
        keys: its own, one or two.
        everything: all attributes are projected, not the keys alone.
    """

    name: str
    keys: tuple[str, ...]
    everything: bool


def item_size(item: Item) -> int:
    """Bytes of an item: names and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_size(content)
        case "B":
            return len(content)
        case "BOOL" | "NULL":
            return 1
        case "SS" | "NS" | "BS":
            return sum(_value_size({kind[0]: one}) for one in content)
        case "L":
            return 3 + sum(1 + _value_size(one) for one in content)
        case "M":
            return 3 + len(content) + item_size(content)
        case _:
            raise ValueError(f"{kind} is no type of an attribute")


def _number_size(text: str) -> int:
    digits = "".join(map(str, Decimal(text).as_tuple().digits)).strip("0")
    return 1 + math.ceil(len(digits) / 2)


def write_units(before: Item | None, after: Item | None, *, transactional: bool) -> int:
    """Of one item written, replaced, changed, deleted, or left alone by a condition that failed."""
    size = max(item_size(item) for item in (before or {}, after or {}))
    blocks = max(1, math.ceil(size / _WRITE_BLOCK))
    return blocks * _TRANSACTION if transactional else blocks


def index_write_units(before: Item | None, after: Item | None, index: Index) -> int:
    """Of bringing an index up to date after an item was written.

    Indexes follow once the write, or the transaction, is done: what they cost is not doubled.
    """
    old, new = projected(before, index), projected(after, index)
    if old == new:
        return 0
    if old is None or new is None or any(old[key] != new[key] for key in index.keys):
        return sum(_index_blocks(item) for item in (old, new) if item is not None)
    return max(_index_blocks(old), _index_blocks(new))


def _index_blocks(item: Item) -> int:
    return max(1, math.ceil(item_size(item) / _WRITE_BLOCK))


def projected(item: Item | None, index: Index) -> Item | None:
    """What of an item stands in an index, if anything does."""
    if item is None or any(key not in item for key in index.keys):
        return None
    if index.everything:
        return item
    return {name: item[name] for name in dict.fromkeys((*TABLE_KEYS, *index.keys))}


def read_units(size: int, *, consistent: bool) -> float:
    """Of one read of so many bytes: one GetItem, or all that one Query went through.

    Finding nothing costs as much as finding something small.
    """
    blocks = max(1, math.ceil(size / _READ_BLOCK))
    return blocks if consistent else blocks / 2
