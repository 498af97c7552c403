"""Search, a minute behind (docs.stripe.com/search)."""

import operator
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from infra.local.payments.errors import invalid
from infra.local.payments.model import PaymentsModel
from infra.local.payments.objects import Json, seconds
from infra.local.payments.parameters import Parameters
from infra.local.payments.shelf import Shelf

# "Under normal operating conditions, data is searchable in under 1 minute."
BEHIND = timedelta(minutes=1)
_DEFAULT, _MOST = 10, 100
_CLAUSE = re.compile(
    r"""(?P<field>\w+)(?:\[(?P<quote>['"])(?P<key>[^'"]+)(?P=quote)\])?"""
    r"""(?P<sign>:|>=|<=|>|<)(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<number>\d+))"""
)
_NUMBERS = {
    ":": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_WORDS = ("currency", "customer", "status")
_AMOUNTS = ("amount", "created")


def search(path: str, given: Parameters, shelf: Shelf, model: PaymentsModel, now: datetime) -> Json:
    """Answer a search: objects as they were a minute ago, newest first.

    Clauses on metadata, status, currency, customer, amount and created, joined by AND or by OR.

    Raises:
        ApiError: 400 for a query or a page that cannot be read.
    """
    query = given.required("query")
    limit = given.integer("limit", 1, _MOST) or _DEFAULT
    start = given.integer("page", 0) or 0
    given.done()
    fits = _read(query)
    horizon = seconds(now - BEHIND)
    seen = (_as_of(model, shelf.at(at)["id"], horizon) for at in reversed(range(len(shelf))))
    found = [each for each in seen if each is not None and fits(each)]
    shown, more = found[start : start + limit], len(found) > start + limit
    return {
        "object": "search_result",
        "data": shown,
        "has_more": more,
        "next_page": str(start + limit) if more else None,
        "url": path,
    }


def _as_of(model: PaymentsModel, identifier: str, horizon: int) -> Json | None:
    known = [each for at, each in model.snapshots[identifier] if at <= horizon]
    return known[-1] if known else None


def _read(query: str) -> Callable[[Json], bool]:
    joined = re.split(r"\s+(AND|OR)\s+", query.strip())
    clauses, joints = [_clause(text) for text in joined[::2]], set(joined[1::2])
    if len(joints) > 1:
        raise invalid("A query may not use both AND and OR.", param="query")
    every = all if joints != {"OR"} else any
    return lambda each: every(clause(each) for clause in clauses)


def _clause(text: str) -> Callable[[Json], bool]:
    match = _CLAUSE.fullmatch(text)
    if match is None:
        raise invalid(
            "We were unable to parse your search query. Try using the format "
            '`metadata["key"]:"value"` to query for metadata or key:"value" to query for other '
            "fields.",
            param="query",
        )
    field, key, sign, number = match["field"], match["key"], match["sign"], match["number"]
    text = match["single"] if match["single"] is not None else match["double"]
    if field == "metadata" and key is not None and sign == ":" and number is None:
        return lambda each: each["metadata"].get(key, "").lower() == text.lower()
    if key is None and field in _AMOUNTS and number is not None:
        return lambda each: _NUMBERS[sign](each[field], int(number))
    if key is None and field in _WORDS and sign == ":" and number is None:
        return lambda each: each[field] is not None and each[field].lower() == text.lower()
    raise invalid(f"Field `{field}` cannot be searched so.", param="query")
