"""What a decision writes beside its events: postings, lots, slots, effects, orders to payments."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain import ledger
from shared.domain.lots import Lot
from shared.domain.payment.commands import Order


class EffectKind(StrEnum):
    """What a worker is asked to do; the queue of each stands in shared/application/outbox.py."""

    PLACE_CALL = "place_call"
    PLACE_START = "place_start"  # before the sides were ever joined
    HANG_UP = "hang_up"
    REDIRECT = "redirect"
    ANNOUNCE = "announce"
    LOOK_UP_LEG = "look_up_leg"
    READ_QUALITY = "read_quality"
    SEEK_REPLACEMENT = "seek_replacement"
    CHECK_OVERRUN = "check_overrun"
    DELAY_NEXT = "delay_next"
    ARRANGE_CALLBACK = "arrange_callback"
    CANCEL_INTENT = "cancel_intent"
    REFUND = "refund"
    SEND_LETTER = "send_letter"
    LOOK_UP_INTENT = "look_up_intent"
    LOOK_UP_DISPUTE = "look_up_dispute"
    REGAIN_LOTS = "regain_lots"
    RETURN_DUPLICATE = "return_duplicate"
    OPEN_CASE = "open_case"
    OPEN_BOOKING_CASE = "open_booking_case"
    ASK_READINESS = "ask_readiness"
    SEND_PAYMENT_LETTER = "send_payment_letter"
    SEND_CASE_LETTER = "send_case_letter"
    RUN_OUTAGE = "run_outage"
    COMPENSATE = "compensate"
    CARE_FOR_OUTAGE_CASE = "care_for_outage_case"
    WAKE = "wake"
    WAKE_PAYMENT = "wake_payment"
    WAKE_CASE = "wake_case"
    WAKE_OUTAGE = "wake_outage"


@dataclass(frozen=True, slots=True)
class Effect:
    """Something to be done outside, stored before anybody is called.

    Args:
        kind: what.
        owner_id: the booking, payment, case or outage it belongs to.
        subject: which leg, letter, refund, prompt, booking or shard.
        at: not before this business moment, UTC; None for at once.
        redriven: asked for before, so that it may have happened already.
    """

    kind: EffectKind
    owner_id: str
    subject: str = ""
    at: datetime | None = None
    redriven: bool = False


@dataclass(frozen=True, slots=True)
class SlotChange:
    """A quarter of an operator's time is claimed for a booking, or given back."""

    operator_id: str
    quarter: datetime
    claim: bool


@dataclass(frozen=True, slots=True)
class LotTaken:
    """Seconds leave a lot, if it still holds what the decision saw.

    Args:
        seconds: taken from it; minor units where it is money.
        left: what it held when it was decided.
    """

    lot_id: str
    seconds: int
    left: int


@dataclass(frozen=True, slots=True)
class Consequences:
    """Everything one decision writes beside its events.

    Args:
        postings: of one balanced journal entry.
        new_lots: lots that come into being.
        taken: seconds that leave lots.
        lines: phone pseudonyms by which a customer's own call finds this booking.
        calls: (provider's call id, leg id) by which a call in the provider's lists is found.
        orders: what the booking's payments have to do, in the same transaction.
    """

    postings: tuple[ledger.Posting, ...] = ()
    new_lots: tuple[Lot, ...] = ()
    taken: tuple[LotTaken, ...] = ()
    slots: tuple[SlotChange, ...] = ()
    effects: tuple[Effect, ...] = ()
    lines: tuple[str, ...] = ()
    calls: tuple[tuple[str, str], ...] = ()
    orders: tuple[Order, ...] = ()
