"""Lists a page at a time, newest first (docs.stripe.com/api/pagination)."""

from collections.abc import Callable, Iterable

from infra.local.payments.errors import no_such
from infra.local.payments.objects import Json
from infra.local.payments.parameters import Parameters

_DEFAULT, _MOST = 10, 100


def page(
    path: str, given: Parameters, entries: Iterable[Json], fits: Callable[[Json], bool]
) -> Json:
    """Answer a list request and refuse parameters nobody read.

    Args:
        path: the list's own address, repeated in the answer.
        given: `limit`, `starting_after`, `ending_before`, `created[gt|gte|lt|lte]` and whatever
            `fits` has not read before.
        entries: oldest first.
        fits: the request's own filters.

    Raises:
        ApiError: 400 for a bad parameter, 404 for a cursor that does not exist.
    """
    limit = given.integer("limit", 1, _MOST) or _DEFAULT
    after, before = given.text("starting_after"), given.text("ending_before")
    created = given.below("created")
    bounds = {name: created.integer(name, 0) for name in ("gt", "gte", "lt", "lte")}
    created.done()
    given.done()
    found = [each for each in reversed(list(entries)) if fits(each) and _within(each, bounds)]
    if after is not None:
        found = found[_position(found, after, "starting_after") + 1 :]
        shown, more = found[:limit], len(found) > limit
    elif before is not None:
        found = found[: _position(found, before, "ending_before")]
        shown, more = found[-limit:], len(found) > limit
    else:
        shown, more = found[:limit], len(found) > limit
    return {"object": "list", "data": shown, "has_more": more, "url": path}


def _position(found: list[Json], identifier: str, param: str) -> int:
    for index, each in enumerate(found):
        if each["id"] == identifier:
            return index
    raise no_such("object", identifier, param)


def _within(entry: Json, bounds: dict[str, int | None]) -> bool:
    created: int = entry["created"]
    gt, gte, lt, lte = bounds["gt"], bounds["gte"], bounds["lt"], bounds["lte"]
    return (
        (gt is None or created > gt)
        and (gte is None or created >= gte)
        and (lt is None or created < lt)
        and (lte is None or created <= lte)
    )
