"""A payment: its state, how each event changes it; always the fold of its events (Never 5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from shared.domain.card import Card
from shared.domain.case.events import CaseKind
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.lots import Lot
from shared.domain.money import Money
from shared.domain.payment import dispute_events as de
from shared.domain.payment import events as e
from shared.domain.payment.claims import WITH_THE_PAYMENT, Dispute, Refund, RefundStatus
from shared.domain.pending import LOOK_UP, Pending, asked, settled


class Status(StrEnum):
    """Where a payment stands."""

    OPEN = "open"
    CAPTURED = "captured"
    ABANDONED = "abandoned"


# What moves a payment on; docs/payment-states.md is drawn from this (`make docs`).
TRANSITIONS: Mapping[tuple[Status | None, type[e.Event]], Status] = {
    (None, e.PaymentOpened): Status.OPEN,
    (Status.OPEN, e.PaymentCaptured): Status.CAPTURED,
    (Status.OPEN, e.PaymentAbandoned): Status.ABANDONED,
    (Status.ABANDONED, e.PaymentCaptured): Status.CAPTURED,
}
_MOVING = frozenset(event for _, event in TRANSITIONS)


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment by card, as the fold of its events. Times UTC.

    Args:
        captured: what the provider took.
        unallocated: of it, what belongs to no booking, balance or refund; minor units.
        unallocated_since: when that began; None while it is zero.
        regained: of the goodwill that refunds gave, what sessions gave back since; minor units.
        cases: case numbers by the matter they were opened for.
        letters: what was written already, by its id.
    """

    payment_id: str
    purpose: e.Purpose
    customer_id: str | None
    booking_id: str | None
    due: Money
    checkout: str | None
    language: str
    policy_version: int
    opened_at: datetime
    status: Status
    captured: Money
    unallocated: int = 0
    unallocated_since: datetime | None = None
    regained: int = 0
    charge_id: str | None = None
    card: Card | None = None
    captured_at: datetime | None = None
    decline_code: str | None = None
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    question: e.DuplicateSuspected | None = None
    wanted_both: bool | None = None
    question_over: bool = False
    shown_at: datetime | None = None
    cases: Mapping[str, str | None] = field(default_factory=dict)
    letters: Mapping[str, e.LetterDue] = field(default_factory=dict)
    pending: Mapping[str, Pending] = field(default_factory=dict)

    def refund(self, refund_id: str) -> Refund | None:
        """The refund of this id, ours or the provider's."""
        return next(
            (r for r in self.refunds if refund_id in (r.refund_id, r.provider_refund_id)), None
        )

    def dispute(self, dispute_id: str) -> Dispute | None:
        """The dispute of this id."""
        return next((d for d in self.disputes if d.dispute_id == dispute_id), None)

    def was_written(self, letter: PaymentLetter, about: str = "") -> bool:
        """Whether a letter of this kind about this matter was written already."""
        return any((x.letter, x.about) == (letter, about) for x in self.letters.values())

    @property
    def refunded(self) -> Money:
        """What has gone back or is on its way, by whomever."""
        back = sum(r.amount.minor for r in self.refunds if r.status.counts)
        return Money(back, self.captured.currency)

    @property
    def refundable(self) -> Money:
        """What may still go back: captured, less refunds and what banks have kept (Never 2)."""
        return self.captured - self.refunded - Money(self.kept, self.captured.currency)

    @property
    def asks(self) -> bool:
        """Whether the customer may still say if he wanted both; what is back needs no answer."""
        return self.question is not None and not self.question_over and self.refundable.minor > 0

    @property
    def kept(self) -> int:
        """What banks have kept of it, minor units."""
        return sum(d.withdrawn for d in self.disputes if d.lost)

    @property
    def goodwill(self) -> int:
        """What refunds gave beyond what was unused, and is not ours again; minor units."""
        return sum(r.given for r in self.refunds) - self.regained

    @property
    def locked(self) -> bool:
        """Whether a bank asks about it, so that nothing is paid out meanwhile (S2.7)."""
        return any(d.is_open for d in self.disputes)

    @property
    def contested(self) -> bool:
        """Whether a bank claims it back: what was bought with it waits; an inquiry only asks."""
        return any(d.claims for d in self.disputes)

    @property
    def frozen(self) -> tuple[Lot, ...]:
        """The lots that wait until no bank claims the payment any more."""
        return tuple(lot for dispute in self.disputes for lot in dispute.frozen)


def fold(history: Iterable[tuple[datetime, e.Event]]) -> Payment | None:
    """The state that a history leads to; None for an empty one.

    Args:
        history: (business time of the decision, event) in order.
    """
    payment: Payment | None = None
    for at, event in history:
        payment = evolve(payment, event, at)
    return payment


def evolve(payment: Payment | None, event: e.Event, at: datetime) -> Payment:
    """The state after one event.

    Args:
        payment: the state before; None only for PaymentOpened.
        event: what happened.
        at: business time of the decision, UTC.

    Raises:
        LookupError: this event never happens to a payment of this status.
    """
    if payment is None:
        if not isinstance(event, e.PaymentOpened):
            raise LookupError(f"{type(event).__name__} without a payment")
        return _opened(event, at)
    after = _evolved(payment, event, at)
    since = (payment.unallocated_since or at) if after.unallocated > 0 else None
    return after if since == after.unallocated_since else replace(after, unallocated_since=since)


def _evolved(payment: Payment, event: e.Event, at: datetime) -> Payment:
    if type(event) in _MOVING:
        status = TRANSITIONS.get((payment.status, type(event)))
        if status is None:
            raise LookupError(f"{type(event).__name__} of a payment that is {payment.status}")
        payment = replace(payment, status=status)
    match event:
        case e.PaymentDeclined():
            return replace(payment, decline_code=event.decline_code)
        case e.PaymentAbandoned():
            return _settle(payment, LOOK_UP)
        case e.PaymentCaptured():
            return _settle(_captured(payment, event), LOOK_UP)
        case e.PaymentShown():
            return replace(payment, shown_at=at)
        case e.CustomerAssigned():
            return replace(payment, customer_id=event.customer_id)
        case e.PaymentAllocated():
            return _unallocated(payment, -event.amount.minor)
        case e.PaymentCredited():
            return _unallocated(payment, -event.lot.paid.minor)
        case e.PaymentReturned():
            ours = replace(payment, regained=payment.regained + event.regained)
            return _unallocated(ours, event.amount.minor - event.regained)
        case e.LotsRegained():
            return replace(payment, regained=payment.regained + event.goodwill)
        case (
            de.DisputeOpened()
            | de.LotsFrozen()
            | de.DisputeEscalated()
            | de.FundsMoved()
            | de.DisputeClosed()
        ):
            return _disputed(payment, event, at)
        case e.DuplicateSuspected():
            return replace(payment, question=event)
        case e.DuplicateAnswered():
            answered = replace(payment, wanted_both=event.wanted_both, question_over=True)
            keeps = event.wanted_both or answered.refundable.minor == 0
            return answered if keeps else _ask(answered, DUPLICATE, at)
        case e.DuplicateUnanswered():
            return replace(payment, question_over=True)
        case e.CaseNeeded():
            noted = replace(payment, cases={**payment.cases, event.effect_id: None})
            if event.kind is CaseKind.DUPLICATE_UNANSWERED:
                noted = _settle(noted, DUPLICATE)
            return _ask(noted, event.effect_id, at)
        case e.CaseGiven():
            cases = {**payment.cases, event.effect_id: event.case_number}
            return _settle(replace(payment, cases=cases), event.effect_id)
        case e.LetterDue():
            written = replace(payment, letters={**payment.letters, event.letter_id: event})
            return written if event.letter in UNWATCHED else _ask(written, event.letter_id, at)
        case e.LetterSent() | e.LetterRefused():
            return _settle(payment, event.letter_id)
        case e.EffectRedriven():
            return _ask(payment, event.effect_id, at)
        case _:
            return _refunded(payment, event, at)


def _opened(event: e.PaymentOpened, at: datetime) -> Payment:
    payment = Payment(
        payment_id=event.payment_id,
        purpose=event.purpose,
        customer_id=event.customer_id,
        booking_id=event.booking_id,
        due=event.due,
        checkout=event.checkout,
        language=event.language,
        policy_version=event.policy_version,
        opened_at=at,
        status=TRANSITIONS[None, e.PaymentOpened],
        captured=Money.zero(event.due.currency),
    )
    return _ask(payment, LOOK_UP, at)


def _captured(payment: Payment, event: e.PaymentCaptured) -> Payment:
    return replace(
        payment,
        captured=event.amount,
        unallocated=event.amount.minor,
        charge_id=event.charge_id,
        card=event.card,
        captured_at=event.captured_at,
        decline_code=None,
    )


# --- refunds --------------------------------------------------------------------------------------


def _refunded(payment: Payment, event: e.Event, at: datetime) -> Payment:
    match event:
        case e.RefundRequested():
            return _requested(payment, event, at)
        case e.RefundSeen():
            seen = Refund(
                refund_id=event.provider_refund_id,
                amount=event.amount,
                reason=None,
                by="hand",
                status=RefundStatus.SETTLED,
                requested_at=at,
                taken=event.taken,
                goodwill=event.goodwill,
                provider_refund_id=event.provider_refund_id,
            )
            from_here = event.amount.minor - _elsewhere(event)
            return _unallocated(replace(payment, refunds=(*payment.refunds, seen)), -from_here)
        case e.RefundUndone():
            undone = _with(payment, event.provider_refund_id, status=RefundStatus.UNDONE)
            return _with_the_payment(undone, event.provider_refund_id)
        case e.RefundApproved():
            approved = _with(payment, event.refund_id, status=RefundStatus.REQUESTED)
            return _ask(approved, event.refund_id, at)
        case e.RefundDenied():
            denied = _with(payment, event.refund_id, status=RefundStatus.DENIED, code=event.why)
            again = owed_again(payment, event)
            denied = replace(denied, regained=denied.regained - again)
            kept = _kept(payment, event) + again
            return _settle(_unallocated(denied, kept), event.refund_id)
        case e.RefundAttempted():
            tried = _with(payment, event.refund_id, attempt=event.attempt)
            return _ask(tried, event.refund_id, at)
        case e.RefundAccepted():
            accepted = _with(
                payment,
                event.refund_id,
                status=RefundStatus.ACCEPTED,
                provider_refund_id=event.provider_refund_id,
            )
            return _ask(_settle(accepted, event.refund_id), event.refund_id, at)
        case e.RefundSettled():
            done = _with(
                payment,
                event.refund_id,
                status=RefundStatus.SETTLED,
                provider_refund_id=event.provider_refund_id,
            )
            return _settle(done, event.refund_id)
        case e.RefundRefused():
            return _settle(_back(payment, event, RefundStatus.REFUSED), event.refund_id)
        case e.RefundFailed():
            return _back(payment, event, RefundStatus.FAILED)
        case e.RefundOverdue():
            refund = payment.refund(event.refund_id)
            overdue = (refund.overdue if refund else frozenset()) | {event.stage}
            return _with(payment, event.refund_id, overdue=overdue)
        case _:
            return payment


# Its queue delivers it at least once and its page is always there: to watch over it as over the
# others would cost every payment some more writes.
UNWATCHED = frozenset({PaymentLetter.RECEIPT})
# What is done about a payment the customer did not mean, until a refund or a case has come of it.
DUPLICATE = "duplicate"


def _requested(payment: Payment, event: e.RefundRequested, at: datetime) -> Payment:
    waits = event.needs_approval
    refund = Refund(
        refund_id=event.refund_id,
        amount=event.amount,
        reason=event.reason,
        by=event.by,
        status=RefundStatus.AWAITING_APPROVAL if waits else RefundStatus.REQUESTED,
        requested_at=at,
        initiate_by=event.initiate_by,
        settle_by=event.settle_by,
        taken=event.taken,
        goodwill=event.goodwill,
    )
    noted = replace(payment, refunds=(*payment.refunds, refund))
    if event.reason is e.RefundReason.DUPLICATE:
        noted = _settle(noted, DUPLICATE)
    noted = _unallocated(noted, _elsewhere(event) - event.amount.minor)
    return noted if waits else _ask(noted, event.refund_id, at)


def _elsewhere(event: e.RefundRequested | e.RefundSeen | Refund) -> int:
    """The part of a refund that does not come from what the payment still holds."""
    return sum(part.value.minor for part in event.taken) + event.goodwill


def _back(
    payment: Payment, event: e.RefundRefused | e.RefundFailed, status: RefundStatus
) -> Payment:
    """The money is here again: on the balance, or with the payment where nobody knows whose."""
    back = _with(payment, event.refund_id, status=status, code=event.code)
    return _with_the_payment(back, event.refund_id)


def _with_the_payment(payment: Payment, refund_id: str) -> Payment:
    refund = payment.refund(refund_id)
    if payment.customer_id is not None or refund is None:
        return payment
    return _unallocated(payment, refund.amount.minor)


def _kept(payment: Payment, event: e.RefundDenied) -> int:
    """What of a refund that is not paid out stays with the payment."""
    refund = payment.refund(event.refund_id)
    if refund is None:
        return 0
    if event.why in WITH_THE_PAYMENT:
        return refund.amount.minor
    return refund.amount.minor - _elsewhere(refund)


def owed_again(payment: Payment, event: e.RefundDenied) -> int:
    """What sessions gave back because of a refund that is now denied: the customer's after all.

    Args:
        payment: as it stood before.
    """
    refund = payment.refund(event.refund_id)
    if refund is None or event.why in WITH_THE_PAYMENT:
        return 0
    return min(refund.goodwill, max(0, refund.goodwill - payment.goodwill))


def _with(payment: Payment, refund_id: str, **changes: object) -> Payment:
    refunds = tuple(
        replace(r, **changes) if r.refund_id == refund_id else r  # type: ignore[arg-type]
        for r in payment.refunds
    )
    return replace(payment, refunds=refunds)


# --- disputes -------------------------------------------------------------------------------------


def _disputed(
    payment: Payment,
    event: de.DisputeOpened
    | de.LotsFrozen
    | de.DisputeEscalated
    | de.FundsMoved
    | de.DisputeClosed,
    at: datetime,
) -> Payment:
    if isinstance(event, de.DisputeOpened):
        dispute = Dispute(event.dispute_id, event.amount, event.inquiry, event.reason, at)
        noted = replace(payment, disputes=(*payment.disputes, dispute))
        return _ask(noted, event.dispute_id, at)
    disputes = tuple(
        d.after(event) if d.dispute_id == event.dispute_id else d for d in payment.disputes
    )
    noted = replace(payment, disputes=disputes)
    if isinstance(event, de.DisputeClosed):
        noted = _waiting(noted, event.waiting)
        if event.lost:
            frozen = sum(lot.value.minor for lot in payment.frozen)
            kept = sum(lot.value.minor for lot in (*event.thawed, *event.waiting))
            noted = _unallocated(noted, -(event.covered - (frozen - kept)))
        return _settle(noted, event.dispute_id)
    return noted


def _waiting(payment: Payment, lots: tuple[Lot, ...]) -> Payment:
    """What is frozen on waits for the first of the claims that are left."""
    heir = next((d.dispute_id for d in payment.disputes if d.claims), None)
    disputes = tuple(
        replace(d, frozen=lots if d.dispute_id == heir else ()) for d in payment.disputes
    )
    return replace(payment, disputes=disputes)


# --- what both need -------------------------------------------------------------------------------


def _unallocated(payment: Payment, change: int) -> Payment:
    return replace(payment, unallocated=payment.unallocated + change)


def _ask(payment: Payment, effect_id: str, at: datetime) -> Payment:
    return replace(payment, pending=asked(payment.pending, effect_id, at))


def _settle(payment: Payment, effect_id: str) -> Payment:
    return replace(payment, pending=settled(payment.pending, effect_id))
