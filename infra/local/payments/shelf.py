"""Objects of one kind in the order they were made, found by id, by time and by what they name."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from infra.local.payments.objects import Json


class Shelf:
    """Grows at its end only: business time never goes back, and nothing is thrown away.

    Args:
        named: fields by whose value objects are looked up; they must not change.
    """

    def __init__(self, *named: str) -> None:
        self._objects: list[Json] = []
        self._created: list[int] = []
        self._positions: dict[str, int] = {}
        self._named: dict[str, dict[str, list[int]]] = {name: {} for name in named}

    def add(self, document: Json) -> None:
        """Put a new object at the end."""
        position = len(self._objects)
        self._positions[document["id"]] = position
        self._created.append(document["created"])
        self._objects.append(document)
        for name, places in self._named.items():
            if document[name] is not None:
                places.setdefault(document[name], []).append(position)

    def get(self, identifier: str) -> Json | None:
        """The object of an id, where there is one."""
        position = self._positions.get(identifier)
        return None if position is None else self._objects[position]

    def __getitem__(self, identifier: str) -> Json:
        """The object of an id; KeyError where there is none."""
        return self._objects[self._positions[identifier]]

    def __len__(self) -> int:
        """How many there are."""
        return len(self._objects)

    def values(self) -> Iterator[Json]:
        """All of them, oldest first."""
        return iter(self._objects)

    def position(self, identifier: str) -> int | None:
        """Where the object of an id stands, counted from the oldest."""
        return self._positions.get(identifier)

    def span(self, since: int, before: int | None) -> tuple[int, int]:
        """First position and the one after the last of those created in [since, before).

        Args:
            since: seconds since 1970.
            before: seconds since 1970, or None where there is no such bound.
        """
        low = bisect_left(self._created, since)
        return low, len(self) if before is None else bisect_left(self._created, before)

    def among(self, low: int, high: int, names: dict[str, str]) -> Sequence[int]:
        """Positions from low to before high, oldest first, of objects that name these values.

        Args:
            names: value by one of the fields the shelf is looked up by; none gives all.
        """
        places: Sequence[int] | None = None
        for name, value in names.items():
            found = self._named[name].get(value, [])
            if places is None:
                places = found[bisect_left(found, low) : bisect_right(found, high - 1)]
            else:
                kept = set(found)
                places = [position for position in places if position in kept]
        return range(low, max(low, high)) if places is None else places

    def at(self, position: int) -> Json:
        """The object that stands there."""
        return self._objects[position]
