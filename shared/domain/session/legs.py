"""One leg of a session: one attempt to have one party on the line, and what is known of it.

Facts about a leg only ever accumulate, so that callbacks may come twice, late, or in any order and
still mean the same (Never 5).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from shared.domain.session.turns import Turn

# The outcome of a leg for which there was no turn among the provider's calls while it was of use.
NO_TURN = "no_turn"


class Side(StrEnum):
    """Which end of the session a leg belongs to."""

    CUSTOMER = "customer"
    OPERATOR = "operator"


class Route(StrEnum):
    """How a leg came about: the number we rang, or the party's own call."""

    MAIN = "main"
    BACKUP = "backup"
    INBOUND = "inbound"


class Motion(StrEnum):
    """Into or out of the conference."""

    JOIN = "join"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Mark:
    """A leg joined or left the conference.

    Args:
        moment: UTC; the provider's where `seen` is false.
        motion: which of the two.
        seen: our own clock at a request of the provider that carries no time; it stands in where
            the provider's own callback never comes. In whole seconds, like the provider's.
    """

    moment: datetime
    motion: Motion
    seen: bool


@dataclass(frozen=True, slots=True)
class Leg:
    """One attempt, under its own id, to have one party on the line.

    Args:
        leg_id: our attempt id, the participant's label at the provider.
        side: whose leg.
        party_id: the customer or operator it rings.
        route: the number it goes to.
        phone_id: the number's pseudonym.
        requested_at: when we decided on it, UTC.
        call_id: the provider's id, once known.
        confirmed_at: when 1 was pressed, our clock.
        marks: joins and leaves, in order of time, each once.
        ended_at: the provider's time of its end.
        outcome: the provider's final status.
        dismissed: no longer wanted; never joins, and is hung up.
        looked_up_at: when we last asked the provider about it.
        turn: when it is to be placed, where it had to wait for the provider's pace.
    """

    leg_id: str
    side: Side
    party_id: str
    route: Route
    phone_id: str | None
    requested_at: datetime
    call_id: str | None = None
    confirmed_at: datetime | None = None
    marks: tuple[Mark, ...] = ()
    ended_at: datetime | None = None
    outcome: str | None = None
    dismissed: bool = False
    looked_up_at: datetime | None = None
    turn: Turn | None = None

    @property
    def rung_at(self) -> datetime:
        """When it is rung: at once, or when its turn comes."""
        return max(self.requested_at, self.turn.at) if self.turn else self.requested_at

    @property
    def wanted(self) -> bool:
        """Whether it may still reach or keep its party."""
        return self.ended_at is None and not self.dismissed

    @property
    def on_the_line(self) -> bool:
        """Whether the party pressed 1 and the call lives, in the conference or in a menu."""
        return self.wanted and self.confirmed_at is not None

    @property
    def in_conference(self) -> bool:
        """Whether the party can hear the other side."""
        return self.wanted and self.inside

    @property
    def inside(self) -> bool:
        """Whether the last that is known of the leg is that it joined the conference."""
        stays = self.stays
        return bool(stays) and stays[-1][1] is None

    @property
    def has_left(self) -> bool:
        """Whether the provider's own facts say when the leg was last in the conference."""
        if self.confirmed_at is None or self.ended_at is not None:
            return True
        return not self.inside and any(
            mark.motion is Motion.LEAVE and not mark.seen and mark.moment >= self.stays[-1][0]
            for mark in self.marks
        )

    @property
    def stays(self) -> tuple[tuple[datetime, datetime | None], ...]:
        """When the leg was in the conference: (from, until), until None while it still is.

        The provider's moments are taken where they are known; of several in a row, the first.
        """
        out: list[tuple[datetime, datetime | None]] = []
        for motion, run in groupby(_in_order(self.marks), key=lambda mark: mark.motion):
            marks = list(run)
            mark = next((mark for mark in marks if _of_one_moment(marks[0], mark)), marks[0])
            if motion is Motion.JOIN:
                out.append((mark.moment, None))
            elif out:
                out[-1] = (out[-1][0], mark.moment)
        if out and self.ended_at is not None:
            start, end = out[-1]
            out[-1] = (start, max(start, min(end or self.ended_at, self.ended_at)))
        return tuple(out)

    def with_mark(self, mark: Mark) -> "Leg":
        """The leg with one more mark; the same leg where it is known already."""
        if mark in self.marks:
            return self
        marks = sorted((*self.marks, mark), key=lambda m: (m.moment, m.motion, m.seen))
        return replace(self, marks=tuple(marks))


# From our answer "join" to the join itself a prompt may be spoken.
_ONE_MOMENT = timedelta(seconds=15)


def _of_one_moment(first: Mark, mark: Mark) -> bool:
    """Whether a mark is the provider's own word for what the first of its run says."""
    return not mark.seen and mark.moment - first.moment <= _ONE_MOMENT


def _in_order(marks: tuple[Mark, ...]) -> list[Mark]:
    """Marks in the order in which they happened.

    The provider counts in seconds. A leg that joins and leaves within one was taken out and put
    back if it was inside before, and came and went if it was not.
    """
    out: list[Mark] = []
    for _, same in groupby(marks, key=lambda mark: mark.moment):
        inside = bool(out) and out[-1].motion is Motion.JOIN
        first = Motion.LEAVE if inside else Motion.JOIN
        out += sorted(same, key=lambda mark: mark.motion is not first)
    return out
