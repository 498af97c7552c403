"""What the table and its due index take in a second, and what they were asked for."""

from collections import defaultdict

from infra.storm.limits import Limits
from infra.storm.units import Units
from shared.adapters.dynamodb.tables import DUE_SHARDS


class Capacity:
    """Counts write units by second; what is over a limit is refused.

    The table and each of its indexes have a throughput of their own; a write that finds an index
    without room is refused by the table.

    Attributes:
        refused: requests that were throttled.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._table: dict[int, int] = defaultdict(int)
        self._due: dict[int, int] = defaultdict(int)
        self._shards: dict[int, list[int]] = defaultdict(lambda: [0] * DUE_SHARDS)
        self._lines: dict[tuple[int, int], int] = defaultdict(int)
        self.refused = 0

    def decide(self, at: float, units: Units, shard: int) -> bool:
        """Write a decision whose due time stands in a shard; False where there is no room."""
        second, limits = int(at // 1), self._limits
        shards = self._shards[second]
        if (
            self._table[second] + units.table > limits.table_units
            or self._due[second] + units.due > limits.index_units
            or shards[shard] + units.due > limits.key_units
        ):
            self.refused += 1
            return False
        self._table[second] += units.table
        self._due[second] += units.due
        shards[shard] += units.due
        return True

    def move_on(self, at: float, units: int, line: int) -> bool:
        """Write a line of calls; False where there is no room."""
        second, limits = int(at // 1), self._limits
        over = self._table[second] + units > limits.table_units
        if over or self._lines[second, line] + units > limits.key_units:
            self.refused += 1
            return False
        self._table[second] += units
        self._lines[second, line] += units
        return True

    @property
    def peak(self) -> int:
        """Most units of the table in a second."""
        return max(self._table.values(), default=0)

    @property
    def peak_of_index(self) -> int:
        """Most units of the due index in a second."""
        return max(self._due.values(), default=0)

    @property
    def peak_of_shard(self) -> int:
        """Most units of one shard of the due index in a second."""
        return max((max(shards) for shards in self._shards.values()), default=0)

    @property
    def peak_of_line(self) -> int:
        """Most units of one line of calls in a second."""
        return max(self._lines.values(), default=0)
