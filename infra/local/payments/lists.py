"""Lists a page at a time, newest first (docs.stripe.com/api/pagination)."""

from collections.abc import Callable
from itertools import islice

from infra.local.payments.errors import no_such
from infra.local.payments.objects import Json
from infra.local.payments.parameters import Parameters
from infra.local.payments.shelf import Shelf

_DEFAULT, _MOST = 10, 100


def page(
    path: str,
    given: Parameters,
    shelf: Shelf,
    *,
    names: dict[str, str | None] | None = None,
    fits: Callable[[Json], bool] = lambda each: True,
    since: int = 0,
) -> Json:
    """Answer a list request and refuse parameters nobody read.

    What a page costs does not grow with the list.

    Args:
        path: the list's own address, repeated in the answer.
        given: `limit`, `starting_after`, `ending_before`, `created[gt|gte|lt|lte]` and whatever
            has been read before.
        shelf: what is listed.
        names: filters by fields the shelf is looked up by; None filters nothing.
        fits: the request's other filters.
        since: seconds since 1970; what is older cannot be read any more.

    Raises:
        ApiError: 400 for a bad parameter, 404 for a cursor that does not exist.
    """
    limit = given.integer("limit", 1, _MOST) or _DEFAULT
    after, before = given.text("starting_after"), given.text("ending_before")
    low, high = shelf.span(*_bounds(given, since))
    given.done()
    if after is not None:
        high = min(high, _position(shelf, after, "starting_after"))
    elif before is not None:
        low = max(low, _position(shelf, before, "ending_before") + 1)
    wanted = {name: value for name, value in (names or {}).items() if value is not None}
    places = shelf.among(low, high, wanted)
    backwards = after is None and before is not None
    objects = map(shelf.at, places if backwards else reversed(places))
    found = list(islice(filter(fits, objects), limit + 1))
    shown, more = found[:limit], len(found) > limit
    if backwards:
        shown.reverse()
    return {"object": "list", "data": shown, "has_more": more, "url": path}


def _bounds(given: Parameters, since: int) -> tuple[int, int | None]:
    """`created` as [since, before)."""
    created = given.below("created")
    gt, gte, lt, lte = (created.integer(name, 0) for name in ("gt", "gte", "lt", "lte"))
    created.done()
    first = max(since, gte or 0, 0 if gt is None else gt + 1)
    ends = [end for end in (lt, None if lte is None else lte + 1) if end is not None]
    return first, min(ends, default=None)


def _position(shelf: Shelf, identifier: str, param: str) -> int:
    found = shelf.position(identifier)
    if found is None:
        raise no_such("object", identifier, param)
    return found
