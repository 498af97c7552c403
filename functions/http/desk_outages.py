"""The desk's outages: declared or confirmed by a manager, run, stopped, watched (S1.13)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, TypedDict

from functions.http import timelines, views
from functions.http.identity import Role
from functions.http.requests import OPERATOR_ID, Nothing, PageQuery
from functions.http.rooms import Rooms
from functions.http.routing import CREATED, Call, Route
from functions.http.shapes import Moment, Several
from shared.application.outage_store import Progress
from shared.application.store import Cause
from shared.application.summaries import OutageSummary
from shared.domain.booking_number import is_booking_number
from shared.domain.errors import NotFound
from shared.domain.outage import commands as c
from shared.domain.outage.events import Extent
from shared.domain.outage.outage import Outage
from shared.domain.outage.reach import SHARDS, steps

_MANAGER = frozenset({Role.MANAGER})
_PAGE = 50
_OPERATORS = Several(OPERATOR_ID, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageBody:
    """When we were out of order, and for whom; without operators, for everybody."""

    since: Annotated[datetime, Moment()]
    until: Annotated[datetime, Moment()]
    operators: Annotated[tuple[str, ...] | None, _OPERATORS] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmBody:
    """What a manager knows better than the proposal; without operators, it was for everybody.

    `until` is needed where the proposal has none.
    """

    since: Annotated[datetime | None, Moment()] = None
    until: Annotated[datetime | None, Moment()] = None
    operators: Annotated[tuple[str, ...] | None, _OPERATORS] = None


class OutageRow(TypedDict):
    """An outage in a list; `operators` is null where it was for everybody."""

    id: str
    status: str
    opened_at: str
    since: str
    until: str | None
    operators: list[str] | None


class OutageList(TypedDict):
    """Outages, the one opened last first."""

    items: list[OutageRow]
    cursor: str | None


class PassView(TypedDict):
    """How far one pass over the sessions is.

    `looked_at` are sessions seen in the index, `found` those whose trouble touches the outage,
    `compensated` those it broke, each made good now or before, `put_aside` those that failed and
    are tried by themselves.
    """

    number: int
    shards: int
    shards_done: int
    steps: int
    steps_done: int
    looked_at: int
    found: int
    compensated: int
    put_aside: int


class OutageView(OutageRow):
    """An outage with the progress of its passes and its history."""

    signal: str | None
    evidence: dict[str, str]
    case_number: str | None
    decided_by: str | None
    passes: list[PassView]
    timeline: list[timelines.EventView]


def declare(rooms: Rooms, call: Call, asked: OutageBody) -> OutageView:
    """Declare an outage."""
    extent = Extent(asked.since, asked.until, frozenset(asked.operators or ()))
    outage = rooms.outage_records().declare(extent, call.caller.as_agent, call.once)
    return _shown(rooms, outage)


def outages(rooms: Rooms, call: Call, asked: PageQuery) -> OutageList:
    """A page of outages and proposals."""
    page = rooms.outage_records().store.outages(asked.cursor, _PAGE)
    return {"items": [_row(one) for one in page.items], "cursor": page.cursor}


def outage(rooms: Rooms, call: Call, _: Nothing) -> OutageView:
    """An outage and how far its run is."""
    return _shown(rooms, rooms.outage_records().load(_number(call)).state)


def confirm(rooms: Rooms, call: Call, asked: ConfirmBody) -> OutageView:
    """Confirm a proposal; repeating it does no harm, so no key is stored."""
    operators = frozenset(asked.operators or ())
    command = c.Confirm(call.caller.as_agent, asked.since, asked.until, operators)
    return _shown(rooms, rooms.outage_records().confirm(_number(call), command))


def dismiss(rooms: Rooms, call: Call, _: Nothing) -> OutageView:
    """Reject a proposal; repeating it does no harm, so no key is stored."""
    return _ask(rooms, call, c.Dismiss(call.caller.as_agent))


def stop(rooms: Rooms, call: Call, _: Nothing) -> OutageView:
    """Stop a run; repeating it does no harm, so no key is stored."""
    return _ask(rooms, call, c.Stop(call.caller.as_agent))


def resume(rooms: Rooms, call: Call, _: Nothing) -> OutageView:
    """Resume a run; repeating it does no harm, so no key is stored."""
    return _ask(rooms, call, c.Resume(call.caller.as_agent))


def repeat(rooms: Rooms, call: Call, _: Nothing) -> OutageView:
    """Go through everything once more; a request that comes twice does so once."""
    number = _number(call)
    command, once = c.Repeat(call.caller.as_agent), replace(call.once, result=number)
    cause = Cause("Repeat", "desk", {"idempotency_key": once.key})
    return _shown(rooms, rooms.outage_records().apply(number, command, cause, replay=once))


def _ask(rooms: Rooms, call: Call, command: c.Command) -> OutageView:
    cause = Cause(type(command).__name__, "desk", {})
    return _shown(rooms, rooms.outage_records().apply(_number(call), command, cause))


def _number(call: Call) -> str:
    number = call.path["outage_id"]
    if not is_booking_number(number):
        raise NotFound("outage_unknown", "There is no such outage.", "outage_id")
    return number


def _row(one: Outage | OutageSummary) -> OutageRow:
    return {
        "id": one.number,
        "status": one.status.value,
        "opened_at": views.moment(one.opened_at),
        "since": views.moment(one.since),
        "until": views.moment(one.until) if one.until else None,
        "operators": sorted(one.operators) or None,
    }


def _shown(rooms: Rooms, one: Outage) -> OutageView:
    store = rooms.outage_records().store
    history = store.outage_history(one.number)
    return {
        **_row(one),
        "signal": one.signal,
        "evidence": dict(one.evidence),
        "case_number": one.case_number,
        "decided_by": one.decided_by,
        "passes": [
            _pass(number, steps(one.extent), store.progress(one.number, number))
            for number in range(1, one.passes + 1)
        ],
        "timeline": timelines.timeline(history, for_customer=False)["items"],
    }


def _pass(number: int, each: int, shards: Sequence[Progress]) -> PassView:
    return {
        "number": number,
        "shards": SHARDS,
        "shards_done": sum(shard.step >= each for shard in shards),
        "steps": SHARDS * each,
        "steps_done": sum(shard.step for shard in shards),
        "looked_at": sum(shard.looked for shard in shards),
        "found": sum(shard.found for shard in shards),
        "compensated": sum(shard.compensated for shard in shards),
        "put_aside": sum(shard.put_aside for shard in shards),
    }


_ALL = "/v1/desk/outages"
_ONE = f"{_ALL}/{{outage_id}}"
ROUTES = (
    Route(
        "POST",
        _ALL,
        "Declare an outage of ours: every session it broke is found and made good",
        _MANAGER,
        OutageBody,
        declare,
        OutageView,
        CREATED,
    ),
    Route(
        "GET",
        _ALL,
        "List outages, and what detection proposes, the one opened last first",
        _MANAGER,
        PageQuery,
        outages,
        OutageList,
    ),
    Route(
        "GET",
        _ONE,
        "Show an outage, how far its run is, and whom it reached",
        _MANAGER,
        Nothing,
        outage,
        OutageView,
    ),
    Route(
        "POST",
        f"{_ONE}/confirm",
        "Confirm a proposed outage, which declares it",
        _MANAGER,
        ConfirmBody,
        confirm,
        OutageView,
    ),
    Route(
        "POST",
        f"{_ONE}/dismiss",
        "Dismiss a proposed outage",
        _MANAGER,
        Nothing,
        dismiss,
        OutageView,
    ),
    Route(
        "POST",
        f"{_ONE}/stop",
        "Stop a run: after the pages begun nobody more is compensated",
        _MANAGER,
        Nothing,
        stop,
        OutageView,
    ),
    Route(
        "POST",
        f"{_ONE}/resume",
        "Resume a run that was stopped",
        _MANAGER,
        Nothing,
        resume,
        OutageView,
    ),
    Route(
        "POST",
        f"{_ONE}/repeat",
        "Go through a finished outage once more; nobody is compensated twice",
        _MANAGER,
        Nothing,
        repeat,
        OutageView,
    ),
)
