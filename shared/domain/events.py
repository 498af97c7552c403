"""What happens to a booking: facts in the past tense, stored for good, folded into its state.

No event holds a name, a number or an address: people are ids, phone numbers pseudonyms.
"""

from shared.domain.booking_events import (
    BookingCancelled,
    BookingExpired,
    BookingFrozen,
    BookingHeld,
    BookingMoved,
    BookingReinstated,
    BookingScheduled,
    BookingThawed,
    CardReturned,
    EffectRedriven,
    HoldExtended,
    IntentCancelled,
    IntentMade,
    Letter,
    LetterDue,
    LetterRefused,
    LetterSent,
    PaymentConfirmed,
    PaymentCredited,
    PaymentDeclined,
    PaymentUnwanted,
    ReadinessAsked,
    ReadinessGiven,
)
from shared.domain.mishap.events import (
    BonusGranted,
    CallbackArranged,
    CaseGiven,
    CaseNeeded,
    Choice,
    IncidentJudged,
    OfferAccepted,
    OfferLapsed,
    OfferMade,
    OfferRefund,
    OfferWidened,
    OutageFound,
    QualityAsked,
    QualityMeasured,
)
from shared.domain.session.events import (
    BadLineReported,
    CallbackPromised,
    EndReason,
    EndRequested,
    Escalated,
    EscalationStep,
    HoldBegan,
    HoldEnded,
    HoldNoticed,
    LegCalledIn,
    LegConfirmed,
    LegDismissed,
    LegEnded,
    LegLookedUp,
    LegMoved,
    LegPlaced,
    LegQueued,
    LegRequested,
    LineDropped,
    LineRemedy,
    LineRenewed,
    LineRestored,
    OperatorReplaced,
    OverrunFound,
    PhonesChanged,
    QuartersKept,
    ReplacementSought,
    SessionClosed,
    SessionEnding,
    SessionExtended,
    SessionStarted,
    SidesJoined,
    WarningGiven,
)

Event = (
    BookingHeld
    | IntentMade
    | PaymentDeclined
    | PaymentConfirmed
    | BookingScheduled
    | BookingExpired
    | IntentCancelled
    | PaymentCredited
    | BookingReinstated
    | BookingCancelled
    | BookingMoved
    | CardReturned
    | PaymentUnwanted
    | HoldExtended
    | BookingFrozen
    | BookingThawed
    | ReadinessAsked
    | ReadinessGiven
    | LetterDue
    | LetterSent
    | LetterRefused
    | EffectRedriven
    | SessionStarted
    | LegRequested
    | LegQueued
    | LegPlaced
    | LegCalledIn
    | LegConfirmed
    | LegMoved
    | LegEnded
    | LegDismissed
    | LegLookedUp
    | LineDropped
    | LineRestored
    | SidesJoined
    | ReplacementSought
    | OperatorReplaced
    | OverrunFound
    | QuartersKept
    | Escalated
    | HoldBegan
    | HoldNoticed
    | HoldEnded
    | BadLineReported
    | LineRenewed
    | PhonesChanged
    | SessionExtended
    | CallbackPromised
    | WarningGiven
    | EndRequested
    | SessionEnding
    | SessionClosed
    | IncidentJudged
    | QualityAsked
    | QualityMeasured
    | BonusGranted
    | OfferMade
    | OfferWidened
    | OfferAccepted
    | OfferLapsed
    | OutageFound
    | CaseNeeded
    | CaseGiven
    | CallbackArranged
)

__all__ = [
    "BadLineReported",
    "BonusGranted",
    "BookingCancelled",
    "BookingExpired",
    "BookingFrozen",
    "BookingHeld",
    "BookingMoved",
    "BookingReinstated",
    "BookingScheduled",
    "BookingThawed",
    "CallbackArranged",
    "CallbackPromised",
    "CardReturned",
    "CaseGiven",
    "CaseNeeded",
    "Choice",
    "EffectRedriven",
    "EndReason",
    "EndRequested",
    "Escalated",
    "EscalationStep",
    "Event",
    "HoldBegan",
    "HoldEnded",
    "HoldExtended",
    "HoldNoticed",
    "IncidentJudged",
    "IntentCancelled",
    "IntentMade",
    "LegCalledIn",
    "LegConfirmed",
    "LegDismissed",
    "LegEnded",
    "LegLookedUp",
    "LegMoved",
    "LegPlaced",
    "LegQueued",
    "LegRequested",
    "Letter",
    "LetterDue",
    "LetterRefused",
    "LetterSent",
    "LineDropped",
    "LineRemedy",
    "LineRenewed",
    "LineRestored",
    "OfferAccepted",
    "OfferLapsed",
    "OfferMade",
    "OfferRefund",
    "OfferWidened",
    "OperatorReplaced",
    "OutageFound",
    "OverrunFound",
    "PaymentConfirmed",
    "PaymentCredited",
    "PaymentDeclined",
    "PaymentUnwanted",
    "PhonesChanged",
    "QualityAsked",
    "QualityMeasured",
    "QuartersKept",
    "ReadinessAsked",
    "ReadinessGiven",
    "ReplacementSought",
    "SessionClosed",
    "SessionEnding",
    "SessionExtended",
    "SessionStarted",
    "SidesJoined",
    "WarningGiven",
]
