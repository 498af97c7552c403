"""What happened to a case: facts in the past tense, stored for good, folded into its state."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CaseKind(StrEnum):
    """What a person has to look at."""

    REFUND_REQUEST = "refund_request"
    DUPLICATE_UNANSWERED = "duplicate_unanswered"
    REFUND_FAILED = "refund_failed"
    REFUND_OVERDUE = "refund_overdue"
    REFUND_APPROVAL = "refund_approval"
    UNKNOWN_PAYMENT = "unknown_payment"
    LEDGER_DIFFERENCE = "ledger_difference"
    MISSED_CALL = "missed_call"
    OUTAGE_PROPOSED = "outage_proposed"


class Level(StrEnum):
    """Who must act."""

    AGENT = "agent"
    MANAGER = "manager"


class Outcome(StrEnum):
    """What a case came to."""

    REFUNDED = "refunded"
    REFUSED = "refused"
    CREDITED = "credited"
    EXPLAINED = "explained"
    NOTHING_TO_DO = "nothing_to_do"


@dataclass(frozen=True, slots=True)
class About:
    """What a case is about, as far as it is known; a request without login may name nothing."""

    payment_id: str | None = None
    booking_id: str | None = None
    customer_id: str | None = None


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """There is a case, and somebody has to act on it by a deadline.

    Args:
        number: twelve digits, the last a check digit (S3.2).
        level: who must act first.
        deadline: by when, UTC.
        escalation_step: seconds that are left from each passed deadline to the next one.
        language: of letters.
        facts: short texts for whoever works on it, by name; never a name, number or address.
        text_id: of what the customer wrote, which is sealed and kept elsewhere.
    """

    number: str
    kind: CaseKind
    about: About
    level: Level
    deadline: datetime
    escalation_step: int
    language: str
    facts: Mapping[str, str]
    text_id: str | None


@dataclass(frozen=True, slots=True)
class CaseTaken:
    """A person works on the case, instead of whoever did before.

    Args:
        by: "agent:<id>".
    """

    by: str


@dataclass(frozen=True, slots=True)
class CaseEscalated:
    """A manager must act: the deadline has passed, or an agent handed it over.

    The new deadline counts from this event and not from the old one, so that an outage of ours
    does not use up the manager's time.

    Args:
        by: "agent:<id>"; "system" where the deadline has passed.
    """

    by: str


@dataclass(frozen=True, slots=True)
class CaseClosed:
    """The case came to its end.

    Args:
        by: "agent:<id>" or "system".
    """

    by: str
    outcome: Outcome


Event = CaseOpened | CaseTaken | CaseEscalated | CaseClosed
