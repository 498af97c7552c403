"""Reading the decisions on a booking, payment, case or outage, and folding them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from shared.adapters.dynamodb.codec import CAUSE, POSTINGS, Codec
from shared.adapters.dynamodb.tables import Tables, moment
from shared.application.store import Decision, Loaded, State


class Decisions:
    """One item per decision (docs/decisions/0002)."""

    _tables: Tables

    def _load[S: State, E](
        self,
        room: str,
        number: str,
        events: Codec[tuple[E, ...]],
        fold: Callable[[Iterable[tuple[datetime, E]]], S | None],
    ) -> Loaded[S] | None:
        """The fold of its events; None where there is nothing of this number."""
        decisions = self._commits(room, number, "events", "due_next")
        folded = fold(
            (moment(row.at), event) for row in decisions for event in events.loads(row.events)
        )
        if folded is None:
            return None
        last = decisions[-1]
        return Loaded(folded, _version(last.sk), moment(last.due_next) if last.due_next else None)

    def _history(self, room: str, number: str, events: Codec[Any]) -> Sequence[Decision]:
        """Every decision, oldest first."""
        return [
            Decision(
                _version(row.sk),
                moment(row.at),
                CAUSE.loads(row.cause),
                events.loads(row.events),
                POSTINGS.loads(row.postings or "[]"),
            )
            for row in self._commits(room, number, "events", "cause", "postings")
        ]

    def _commits(self, room: str, number: str, *attributes: str) -> list[Any]:
        commit = self._tables.commit
        return list(
            commit.query(
                f"{room}#{number}",
                commit.sk.startswith("EVENT#"),
                consistent_read=True,
                attributes_to_get=["sk", "at", *attributes],
            )
        )


def _version(sort: str) -> int:
    return int(sort.partition("#")[2])
