"""The desk's cases: listed by urgency, read with what the customer wrote, taken and closed."""

from typing import TypedDict

from functions.http import desk_views, timelines, views
from functions.http.desk_requests import CasesQuery, OutcomeBody
from functions.http.identity import Role
from functions.http.requests import Nothing
from functions.http.rooms import Rooms
from functions.http.routing import Call, Route
from functions.problems import Forbidden
from shared.application.intake import Asked, asked_in
from shared.application.payment_search import Matches
from shared.application.store import Cause
from shared.domain.booking_number import is_booking_number
from shared.domain.case import commands as c
from shared.domain.case.case import Case
from shared.domain.case.events import Level, Outcome
from shared.domain.errors import NotFound

_DESK = frozenset({Role.AGENT, Role.MANAGER})
_PAGE = 50


class CaseList(TypedDict):
    """Open cases, the most urgent first."""

    items: list[desk_views.CaseRow]
    cursor: str | None


class RequestView(TypedDict):
    """What somebody wrote who was not signed in; nothing of it is proved.

    `picture_url` is good for five minutes, and leads nowhere if the picture was never sent.
    """

    email: str | None
    phone: str | None
    transaction: str
    paid_on: str
    amount: views.MoneyView
    reason: str
    picture_type: str | None
    picture_url: str | None


class MatchView(TypedDict):
    """A payment that a request may mean, and which of what was written leads to it."""

    customer_id: str | None
    payment: desk_views.DeskPaymentRow
    by: list[str]


class MatchesView(TypedDict):
    """What a request may mean, the best first; not complete where the provider did not answer."""

    items: list[MatchView]
    complete: bool


class DeskCaseView(desk_views.CaseRow):
    """A case with its history; `request` and `matches` of a refund request alone."""

    opened_at: str
    language: str
    payment_id: str | None
    booking_id: str | None
    customer_id: str | None
    facts: dict[str, str]
    taken_by: str | None
    escalations: int
    outcome: str | None
    closed_at: str | None
    request: RequestView | None
    matches: MatchesView | None
    timeline: list[timelines.EventView]


def cases(rooms: Rooms, call: Call, asked: CasesQuery) -> CaseList:
    """A page of the cases that wait for agents or managers."""
    page = rooms.store().open_cases(Level(asked.level), asked.cursor, _PAGE)
    return {"items": [desk_views.case_row(one) for one in page.items], "cursor": page.cursor}


def case(rooms: Rooms, call: Call, _: Nothing) -> DeskCaseView:
    """A case, with what was written in it and what it may mean."""
    return _shown(rooms, _case(rooms, call))


def take(rooms: Rooms, call: Call, _: Nothing) -> DeskCaseView:
    """Begin to work on a case; repeating it does no harm, so no key is stored."""
    return _ask(rooms, call, c.TakeCase(call.caller.as_agent))


def escalate(rooms: Rooms, call: Call, _: Nothing) -> DeskCaseView:
    """Hand a case to the managers; repeating it does no harm, so no key is stored."""
    return _ask(rooms, call, c.Escalate(call.caller.as_agent))


def close(rooms: Rooms, call: Call, asked: OutcomeBody) -> DeskCaseView:
    """Close a case; repeating it does no harm, so no key is stored."""
    return _ask(rooms, call, c.CloseCase(call.caller.as_agent, Outcome(asked.outcome)))


def _ask(rooms: Rooms, call: Call, command: c.Command) -> DeskCaseView:
    """Carry out a command, by a manager where the case is one for managers (S3.5)."""
    found = _case(rooms, call)
    if found.level is Level.MANAGER and Role.MANAGER not in call.caller.roles:
        raise Forbidden("role_missing", "This case is for the role manager.")
    cause = Cause(type(command).__name__, "desk", {})
    return _shown(rooms, rooms.case_records().apply(found.number, command, cause))


def _case(rooms: Rooms, call: Call) -> Case:
    number = call.path["case_number"]
    if not is_booking_number(number):
        raise NotFound("case_unknown", "There is no such case.", "case_number")
    return rooms.case_records().load(number).state


def _shown(rooms: Rooms, one: Case) -> DeskCaseView:
    asked = asked_in(one.number, rooms.store(), rooms.contacts())
    matches = rooms.payment_search().matches(asked.form) if asked else None
    history = rooms.store().case_history(one.number)
    return {
        **desk_views.case_row(one),
        "opened_at": views.moment(one.opened_at),
        "language": one.language,
        "payment_id": one.about.payment_id,
        "booking_id": one.about.booking_id,
        "customer_id": one.about.customer_id,
        "facts": dict(one.facts),
        "taken_by": one.taken_by,
        "escalations": one.escalations,
        "outcome": one.outcome.value if one.outcome else None,
        "closed_at": views.moment(one.closed_at) if one.closed_at else None,
        "request": _request(rooms, asked) if asked else None,
        "matches": _matches(matches) if matches else None,
        "timeline": timelines.timeline(history, for_customer=False)["items"],
    }


def _request(rooms: Rooms, asked: Asked) -> RequestView:
    form, key = asked.form, asked.picture_key
    return {
        "email": form.email,
        "phone": form.phone,
        "transaction": form.transaction,
        "paid_on": form.paid_on.isoformat(),
        "amount": views.money(form.amount),
        "reason": form.reason,
        "picture_type": form.picture.content_type if form.picture else None,
        "picture_url": rooms.uploads().download_url(key) if key else None,
    }


def _matches(matches: Matches) -> MatchesView:
    items: list[MatchView] = [
        {
            "customer_id": match.payment.customer_id,
            "payment": desk_views.payment_row(match.payment),
            "by": list(match.by),
        }
        for match in matches.found
    ]
    return {"items": items, "complete": matches.complete}


_ONE = "/v1/desk/cases/{case_number}"
ROUTES = (
    Route(
        "GET",
        "/v1/desk/cases",
        "List the open cases of agents or managers, the most urgent first",
        _DESK,
        CasesQuery,
        cases,
        CaseList,
    ),
    Route(
        "GET",
        _ONE,
        "Show a case, what was written in it, and which payments it may mean",
        _DESK,
        Nothing,
        case,
        DeskCaseView,
    ),
    Route("POST", f"{_ONE}/take", "Take a case", _DESK, Nothing, take, DeskCaseView),
    Route(
        "POST",
        f"{_ONE}/escalate",
        "Hand a case to the managers",
        _DESK,
        Nothing,
        escalate,
        DeskCaseView,
    ),
    Route("POST", f"{_ONE}/close", "Close a case", _DESK, OutcomeBody, close, DeskCaseView),
)
