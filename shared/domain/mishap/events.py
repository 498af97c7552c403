"""What followed from a mishap: judged, compensated, offered, chosen (S1.8 to S1.15)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.case.events import CaseKind
from shared.domain.lots import Lot
from shared.domain.mishap.incident import Cause, Mishap
from shared.domain.mishap.quality import CallQuality
from shared.domain.money import Money
from shared.domain.payment.events import Taken


class Choice(StrEnum):
    """What a customer may choose after a mishap."""

    CALL_NOW = "call_now"
    NEW_TIME = "new_time"
    REFUND = "refund"
    OTHER_PHONE = "other_phone"


@dataclass(frozen=True, slots=True)
class OfferRefund:
    """What of an accepted refund goes back to one payment's card.

    Args:
        taken: returned minutes that leave the balance for it.
        goodwill: minor units of minutes that were used.
    """

    refund_id: str
    payment_id: str
    amount: Money
    taken: tuple[Taken, ...]
    goodwill: int


@dataclass(frozen=True, slots=True)
class IncidentJudged:
    """The cause of an incident was judged from the evidence (S1.10).

    Args:
        mishaps: what it is made of.
        evidence: what the judgement rests on, in short texts without personal data.
        rules: by which the remedies are granted.
    """

    mishaps: tuple[Mishap, ...]
    cause: Cause
    evidence: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QualityAsked:
    """The provider is asked how good the line was (S1.8)."""


@dataclass(frozen=True, slots=True)
class QualityMeasured:
    """How good the line of a leg was, by the provider's figures.

    Args:
        crossed: the thresholds it crossed, in words; none for a good line.
    """

    leg_id: str
    quality: CallQuality
    crossed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BonusGranted:
    """Bonus minutes stand on the balance.

    Args:
        lot: they are a lot without a price.
        rule: by which they are granted.
    """

    lot: Lot
    rule: str


@dataclass(frozen=True, slots=True)
class OfferMade:
    """The customer is asked what he wants, once (S1.10).

    Args:
        choices: what he may choose.
        with_bonus: of them, those that bring the bonus.
        bonus: seconds that come with his choice, or with his silence; zero where they were granted
            at once.
        rule: by which the bonus is granted.
        until: UTC; then the minutes stay on his balance, with the bonus.
        needs_number: of the choices, those that call a number that must be given first.
    """

    offer_id: str
    choices: tuple[Choice, ...]
    with_bonus: frozenset[Choice]
    bonus: int
    rule: str
    until: datetime
    needs_number: frozenset[Choice] = frozenset()


@dataclass(frozen=True, slots=True)
class OfferWidened:
    """Another rule applies to the same incident: every choice of either (S1.15).

    Args:
        choices: all that he may choose now.
        until: UTC.
        needs_number: as of the offer.
    """

    offer_id: str
    choices: tuple[Choice, ...]
    with_bonus: frozenset[Choice]
    bonus: int
    rule: str
    until: datetime
    needs_number: frozenset[Choice] = frozenset()


@dataclass(frozen=True, slots=True)
class OfferAccepted:
    """The customer has chosen.

    Args:
        how: "link" or "api".
        booking_id: the new booking, where one was made with it.
        refunds: what goes back to his cards.
    """

    offer_id: str
    choice: Choice
    how: str
    booking_id: str | None
    refunds: tuple[OfferRefund, ...]


@dataclass(frozen=True, slots=True)
class OfferLapsed:
    """He did not choose in time: everything stays on his balance."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class OutageFound:
    """An outage of ours broke this session (S1.13)."""

    outage_id: str


@dataclass(frozen=True, slots=True)
class CaseNeeded:
    """A person has to look at it (S1.9).

    Args:
        effect_id: of the matter, unique for the booking.
        deadline: by when, UTC.
    """

    effect_id: str
    kind: CaseKind
    deadline: datetime


@dataclass(frozen=True, slots=True)
class CaseGiven:
    """The case has this number."""

    effect_id: str
    case_number: str


@dataclass(frozen=True, slots=True)
class CallbackArranged:
    """The promised call back is a booking now; None where nobody is free (S1.11)."""

    booking_id: str | None
