"""Capacity units of real DynamoDB requests, counted from what each did to the table."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.bench import units
from infra.bench.units import TABLE_KEYS, Index, Item

type Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Write:
    """One item that was written.

    Args:
        kind: what sort of item, from its key, e.g. "BOOKING/HEAD".
        units: for the table.
        index_units: for each index that had to follow.
    """

    kind: str
    units: int
    index_units: dict[str, int]


@dataclass(frozen=True, slots=True)
class Consumed:
    """What one request consumed.

    Args:
        decision: the command that led to it, where it recorded one.
        inserted: new items, as the table's stream brings them.
        index: what was read, where it was an index.
    """

    writes: tuple[Write, ...] = ()
    read_units: float = 0
    decision: str | None = None
    inserted: tuple[Item, ...] = ()
    index: str | None = None

    @property
    def write_units(self) -> int:
        """For the table and its indexes."""
        return sum(write.units + sum(write.index_units.values()) for write in self.writes)


class Meter:
    """Watches one table.

    Args:
        indexes: of the table.
        fetch: an item as it now is, without being counted.
    """

    def __init__(self, indexes: Sequence[Index], fetch: Callable[[Key], Item | None]) -> None:
        self._indexes = {index.name: index for index in indexes}
        self._fetch = fetch
        self._items: dict[Key, Item] = {}

    def consumed(
        self, operation: str, request: Mapping[str, Any], response: Mapping[str, Any]
    ) -> Consumed:
        """Count a request that was just answered; requests must come in their order.

        Raises:
            ValueError: an operation the code did not use when this was written.
        """
        match operation:
            case "PutItem":
                return self._written([_key(request["Item"])], transactional=False)
            case "UpdateItem" | "DeleteItem":
                return self._written([_key(request["Key"])], transactional=False)
            case "TransactWriteItems":
                return self._written(_transacted(request), transactional=True)
            case "GetItem":
                found = self._items.get(_key(request["Key"]), {})
                return Consumed(read_units=_read(found, request))
            case "BatchGetItem":
                ((_, asked),) = request["RequestItems"].items()
                rows = [self._items.get(_key(key), {}) for key in asked["Keys"]]
                return Consumed(read_units=sum(_read(row, asked) for row in rows))
            case "Query":
                return self._queried(request, response)
        raise ValueError(f"the bench cannot count a {operation}")

    def _written(self, keys: Sequence[Key], *, transactional: bool) -> Consumed:
        writes: list[Write] = []
        inserted: list[Item] = []
        for key in keys:
            before, after = self._items.get(key), self._fetch(key)
            writes.append(
                Write(
                    _kind(key),
                    units.write_units(before, after, transactional=transactional),
                    {
                        name: cost
                        for name, index in self._indexes.items()
                        if (cost := units.index_write_units(before, after, index))
                    },
                )
            )
            if after is None:
                self._items.pop(key, None)
                continue
            self._items[key] = after
            if before is None:
                inserted.append(after)
        decisions = [json.loads(i["cause"]["S"])["command"] for i in inserted if "cause" in i]
        return Consumed(
            writes=tuple(writes),
            decision=decisions[0] if decisions else None,
            inserted=tuple(inserted),
        )

    def _queried(self, request: Mapping[str, Any], response: Mapping[str, Any]) -> Consumed:
        name = request.get("IndexName")
        index = self._indexes[name] if name else None
        # The partition is the first value of every condition; an answer may leave out pk.
        partition = request["ExpressionAttributeValues"][":0"]["S"]
        if request.get("Select") == "COUNT":
            items = self._partition(partition, index)
        else:
            keys = (
                (r["pk"]["S"] if "pk" in r else partition, r["sk"]["S"]) for r in response["Items"]
            )
            items = [self._items[key] for key in keys]
        rows = (units.projected(item, index) if index else item for item in items)
        size = sum(units.item_size(row or {}) for row in rows)
        consistent = bool(request.get("ConsistentRead"))
        return Consumed(read_units=units.read_units(size, consistent=consistent), index=name)

    def _partition(self, partition: str, index: Index | None) -> list[Item]:
        """All items of a partition: those that are only counted are read all the same."""
        hash_key = index.keys[0] if index else TABLE_KEYS[0]
        found = (item for item in self._items.values() if hash_key in item)
        return [item for item in found if item[hash_key]["S"] == partition]


def _key(item: Mapping[str, Any]) -> Key:
    pk, sk = (item[name]["S"] for name in TABLE_KEYS)
    return pk, sk


def _transacted(request: Mapping[str, Any]) -> list[Key]:
    return [
        _key(action.get("Key") or action["Item"])
        for entry in request["TransactItems"]
        for action in entry.values()
    ]


def _read(item: Item, request: Mapping[str, Any]) -> float:
    consistent = bool(request.get("ConsistentRead"))
    return units.read_units(units.item_size(item), consistent=consistent)


def _kind(key: Key) -> str:
    """BOOKING#1/EVENT#2 is a "BOOKING/EVENT"; the sort key of a used request key is the key."""
    family, sort = (part.partition("#")[0] for part in key)
    return family if family == "REPLAY" else f"{family}/{sort}"
