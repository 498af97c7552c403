"""The lines of calls: one small item each, moved on by one conditional update for each call."""

from datetime import UTC, datetime, timedelta

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shared.adapters.dynamodb.commits import PASSING
from shared.adapters.dynamodb.tables import Tables, TurnLine, connect
from shared.application.store import Busy
from shared.domain.session.turns import LANES, Lane, Line, Turn

_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)
# Between a look and the update others may have found the line free, or the end of it passed.
_TRIES = 10


class DynamoTurns:
    """`shared.application.pace.Turns` over DynamoDB.

    An update adds to the moments it finds, whatever they are: it names only which lanes are busy,
    not until when, so that many who come at once do not refuse each other.

    Args:
        table: its name.
    """

    def __init__(self, table: str) -> None:
        self._tables = connect(table)
        self._lines: dict[int, Line] = {}

    def take_turn(
        self, line: int, lane: Lane, now: datetime, every: timedelta, latest: datetime
    ) -> Turn | None:
        """Take the next turn of a lane; None where it would come after `latest`."""
        # A lane is never free earlier than it was: what was seen last is enough to refuse.
        known = self._lines.get(line, Line())
        for _ in range(_TRIES):
            if max(now, known.free[lane.place]) > latest:
                return None
            row = _row(self._tables, line)
            try:
                row.update(
                    actions=_actions(self._tables, known, lane, now, every),
                    condition=_condition(self._tables, known, lane, now, latest),
                )
            except UpdateError as error:
                if error.cause_response_code in PASSING:
                    raise Busy("busy", "The table was busy; please try again.") from error
                if error.cause_response_code != "ConditionalCheckFailedException":
                    raise
                known = self._lines[line] = self._line(line)
                continue
            after = self._lines[line] = _line(row)
            at = max(now, after.free[lane.place] - every)
            return Turn(at, lane, after.passed(lane))
        raise Busy("busy", "Too many calls at once; please try again.")

    def turns_passed(self, line: int, lane: Lane) -> int:
        """How many have ever taken a turn in the lanes before one."""
        return self._line(line).passed(lane) if lane.place else 0

    def _line(self, line: int) -> Line:
        row = _row(self._tables, line)
        try:
            return _line(self._tables.turn_line.get(row.pk, row.sk, consistent_read=True))
        except self._tables.turn_line.DoesNotExist:
            return Line()


def _row(tables: Tables, line: int) -> TurnLine:
    return tables.turn_line(f"CALLS#{line:02d}", "TURNS")


def _line(row: TurnLine) -> Line:
    free = tuple(_EPOCH + int(getattr(row, f"{lane}_free") or 0) * _MICROSECOND for lane in LANES)
    return Line(free, tuple(int(getattr(row, f"{lane}_taken") or 0) for lane in LANES))


def _count(moment: datetime) -> int:
    """Microseconds since the epoch, without a rounding."""
    return (moment - _EPOCH) // _MICROSECOND


def _waiting(known: Line, lane: Lane, now: datetime) -> int:
    """The first lane, from one on, in which somebody waits: so it is in all behind it."""
    places = range(lane.place, len(LANES))
    return next((n for n in places if known.free[n] > now), len(LANES))


def _actions(
    tables: Tables, known: Line, lane: Lane, now: datetime, every: timedelta
) -> list[Action]:
    kind, waiting, step = tables.turn_line, _waiting(known, lane, now), every // _MICROSECOND
    actions: list[Action] = [getattr(kind, f"{lane}_taken").add(1)]
    for n in range(lane.place, len(LANES)):
        free = getattr(kind, f"{LANES[n]}_free")
        actions.append(free.add(step) if n >= waiting else free.set(_count(now + every)))
    return actions


def _condition(
    tables: Tables, known: Line, lane: Lane, now: datetime, latest: datetime
) -> Condition:
    """The same lanes are busy as were when it was looked at, and the turn is in time."""
    kind, waiting = tables.turn_line, _waiting(known, lane, now)
    free = [getattr(kind, f"{one}_free") for one in LANES]
    parts: list[Condition] = []
    if waiting > lane.place:
        before = free[waiting - 1]
        parts.append(before.does_not_exist() | (before <= _count(now)))
    if waiting < len(LANES):
        parts.append(free[waiting] > _count(now))
    if waiting == lane.place:
        parts.append(free[waiting] <= _count(latest))
    first, *more = parts
    for part in more:
        first &= part
    return first
