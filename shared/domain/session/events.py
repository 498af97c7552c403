"""What happened in a session: the call itself, from its start time to its settlement."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.lots import Holding, Lot
from shared.domain.money import Money
from shared.domain.session.billing import Bill
from shared.domain.session.legs import Mark, Route, Side
from shared.domain.session.turns import Turn


class EndReason(StrEnum):
    """Why a session came to its end."""

    CUSTOMER_ENDED = "customer_ended"
    MINUTES_USED = "minutes_used"
    NEXT_BOOKING = "next_booking"
    NOT_RESTORED = "not_restored"
    CUSTOMER_ABSENT = "customer_absent"
    OPERATOR_ABSENT = "operator_absent"
    START_MISSED = "start_missed"
    OVERTIME = "overtime"
    HOLD_LIMIT = "hold_limit"
    BAD_LINE = "bad_line"
    CALLBACK_PROMISED = "callback_promised"


class EscalationStep(StrEnum):
    """What is done, in this order, about an operator who does not come (S1.9)."""

    OPERATOR_AGAIN = "operator_again"
    BACKUP_ROUTE = "backup_route"
    OTHER_OPERATOR = "other_operator"
    SUPERVISOR = "supervisor"
    CASE = "case"


class LineRemedy(StrEnum):
    """What is tried against a bad line, in this order (S1.8)."""

    REDIAL = "redial"
    MOVE = "move"
    REDIAL_LATER = "redial_later"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """The start time has come; ringing begins."""


@dataclass(frozen=True, slots=True)
class LegRequested:
    """A number is to be rung."""

    leg_id: str
    side: Side
    party_id: str
    route: Route
    phone_id: str


@dataclass(frozen=True, slots=True)
class LegQueued:
    """The provider takes only so many calls a second: the leg is placed when its turn comes."""

    leg_id: str
    turn: Turn


@dataclass(frozen=True, slots=True)
class LegPlaced:
    """The provider rings it under this id."""

    leg_id: str
    call_id: str


@dataclass(frozen=True, slots=True)
class LegCalledIn:
    """The customer called back himself (S1.5)."""

    leg_id: str
    party_id: str
    phone_id: str | None
    call_id: str


@dataclass(frozen=True, slots=True)
class LegConfirmed:
    """1 was pressed: a person is there, not a voicemail (S1.4)."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class LegMoved:
    """The leg joined or left the conference."""

    leg_id: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class LegEnded:
    """The leg is over, at the provider's moment: its final status, or why it was not rung."""

    leg_id: str
    moment: datetime
    outcome: str


@dataclass(frozen=True, slots=True)
class LegDismissed:
    """The leg is not wanted any more: it never joins, and is hung up.

    Args:
        spoken: it hears why from our answer to it, and ends with that.
    """

    leg_id: str
    why: str
    spoken: bool = False


@dataclass(frozen=True, slots=True)
class LegLookedUp:
    """Nothing was heard of the leg for too long: the provider is asked."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class LineDropped:
    """Connected before, now not: the gap counts from the provider's moment (S1.5)."""

    moment: datetime
    lost: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class LineRestored:
    """Both are joined again; the session goes on with the seconds left of those bought (S1.6)."""

    moment: datetime
    left: int


@dataclass(frozen=True, slots=True)
class SidesJoined:
    """Both are joined for the first time: billing runs (S1.4)."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class ReplacementSought:
    """The operator stays away: another one is looked for (S1.5)."""


@dataclass(frozen=True, slots=True)
class OperatorReplaced:
    """Another operator takes over the rest of the session."""

    operator_id: str
    operator_phones: tuple[str, ...]
    before: str
    quarters: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class OverrunFound:
    """The session runs into the operator's next booking, whose customer is told (S1.6, S1.12).

    Args:
        next_booking_id: the booking that waits.
        next_starts_at: its booked start, UTC.
        until: how long this session may go on, UTC.
        delay_seconds: how much later the next one starts; 0 where there is no time to tell him.
    """

    next_booking_id: str
    next_starts_at: datetime
    until: datetime
    delay_seconds: int


@dataclass(frozen=True, slots=True)
class QuartersKept:
    """The session runs over, into quarters nobody had booked: they are claimed for it (S1.6)."""

    operator_id: str
    quarters: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Escalated:
    """The operator is still not there: the next step was taken (S1.9)."""

    step: EscalationStep


@dataclass(frozen=True, slots=True)
class HoldBegan:
    """The customer asked to wait; billing goes on (S1.11).

    Args:
        moment: from then on, UTC.
        how: "key", "api" or "operator".
    """

    moment: datetime
    how: str


@dataclass(frozen=True, slots=True)
class HoldNoticed:
    """Both were told that the wait goes on (S1.11)."""


@dataclass(frozen=True, slots=True)
class HoldEnded:
    """The customer is back (S1.11).

    Args:
        moment: UTC.
        how: "key", "api" or "operator".
    """

    moment: datetime
    how: str


@dataclass(frozen=True, slots=True)
class BadLineReported:
    """The customer says that the line is bad (S1.8).

    Args:
        how: "key" or "api".
        remedy: what is tried now.
    """

    how: str
    remedy: LineRemedy


@dataclass(frozen=True, slots=True)
class LineRenewed:
    """The customer's line is taken down, to be rung anew (S1.8).

    Args:
        at: when ringing begins, UTC.
        backup: whether the backup number is rung first.
    """

    at: datetime
    backup: bool


@dataclass(frozen=True, slots=True)
class PhonesChanged:
    """The customer corrected his numbers (S1.10); pseudonyms."""

    main_phone: str
    backup_phone: str | None


@dataclass(frozen=True, slots=True)
class SessionExtended:
    """The session has more minutes from now on (S1.12).

    Args:
        seconds: how many more.
        holdings: what pays for them, reserved.
        quarters: of the operator's time, claimed for them.
    """

    seconds: int
    holdings: tuple[Holding, ...]
    quarters: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class CallbackPromised:
    """A regular customer had to go: he is called back for the rest, once and free (S1.11).

    Args:
        starts_at: when, UTC.
        by: "operator:<id>" or "agent:<id>".
    """

    starts_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class WarningGiven:
    """One minute is left, and both were told (S1.4a)."""


@dataclass(frozen=True, slots=True)
class EndRequested:
    """The customer ended the session himself.

    Args:
        how: "key", "api" or "redial".
        leg_id: the leg it was said on, which hears a goodbye before it ends.
    """

    how: str
    leg_id: str | None


@dataclass(frozen=True, slots=True)
class SessionEnding:
    """The session is over; its legs are hung up and their last facts awaited."""

    reason: EndReason


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """The session is settled.

    Args:
        reason: why it ended.
        ended_at: the end of its wall time, UTC.
        bill: its seconds by category.
        earned: the price of the used minutes.
        returned: the lots that unused minutes became (S1.7).
        stand_by: seconds the operator was there for a customer who was not (S1.4b).
    """

    reason: EndReason
    ended_at: datetime
    bill: Bill
    earned: Money
    returned: tuple[Lot, ...]
    stand_by: int
