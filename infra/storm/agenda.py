"""What happens next in simulated time."""

import heapq
from collections.abc import Callable
from itertools import count


class Agenda:
    """What happens when."""

    def __init__(self) -> None:
        self.now = 0.0
        self._order = count()
        self._heap: list[tuple[float, int, Callable[..., None], tuple[object, ...]]] = []

    def at(self, moment: float, what: Callable[..., None], *arguments: object) -> None:
        """Let something happen at a moment."""
        heapq.heappush(self._heap, (moment, next(self._order), what, arguments))

    def run(self, until: float) -> None:
        """Let everything happen up to a moment."""
        heap = self._heap
        while heap and heap[0][0] <= until:
            self.now, _, what, arguments = heapq.heappop(heap)
            what(*arguments)
