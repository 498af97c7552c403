"""Deciding on a payment: its state, a command and the time in, events out. No I/O, no randomness.

Every command is safe to repeat: what is known already yields no event.
"""

from datetime import datetime, timedelta

from shared.domain.business_days import Calendar, add_business_days
from shared.domain.case.events import CaseKind
from shared.domain.duty import next_of, to_rest
from shared.domain.errors import NotFound, RuleBroken
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.lots import Lot, money_lot
from shared.domain.money import Money
from shared.domain.payment import commands as c
from shared.domain.payment import events as e
from shared.domain.payment.claims import NOT_PAID_OUT, REFUNDED_BY_HAND, Refund, RefundStatus
from shared.domain.payment.disputes import note_dispute
from shared.domain.payment.duties import (
    OWNER_UNKNOWN,
    approval_of,
    case_id,
    case_needed,
    duties,
    left_lot,
    letter,
)
from shared.domain.payment.payment import DUPLICATE, Payment, Status, evolve
from shared.domain.payment.refund_sources import unused_of
from shared.domain.policy import Policy

_SYSTEM = "system"
_AGENT = "agent:"


def decide(
    payment: Payment, command: c.Command, now: datetime, policy: Policy, calendar: Calendar
) -> tuple[tuple[e.Event, ...], Payment]:
    """What follows from a command, and everything else that is due by now.

    Args:
        payment: the present state.
        command: what is asked.
        now: business time, UTC.
        policy: the one the payment was made under.
        calendar: the tenant's business days.

    Returns:
        The events, in order, and the state after them.

    Raises:
        RuleBroken: the command breaks a rule; `field` names the input.
        NotFound: it names a refund that is not this payment's.
    """
    events = _answer(payment, command, now, policy, calendar)
    return to_rest(payment, events, now, lambda state: duties(state, policy), evolve)


def next_due(payment: Payment, now: datetime, policy: Policy) -> datetime | None:
    """When the payment must be looked at again if nothing else happens; None if never."""
    return next_of(duties(payment, policy), now)


def _answer(
    payment: Payment, command: c.Command, now: datetime, policy: Policy, calendar: Calendar
) -> tuple[e.Event, ...]:
    match command:
        case c.Tick():
            return ()
        case c.Capture():
            return _capture(payment, command, now, policy)
        case c.Decline():
            known = payment.status is not Status.OPEN or (
                payment.decline_code == command.decline_code
            )
            if known:
                return ()
            told = letter(payment, PaymentLetter.PAYMENT_DECLINED, command.decline_code)
            return e.PaymentDeclined(command.decline_code), *told
        case c.Abandon():
            return (e.PaymentAbandoned(),) if payment.status is Status.OPEN else ()
        case c.Allocate():
            return (e.PaymentAllocated(command.booking_id, command.amount),)
        case c.Credit():
            return _credit(payment, late=command.late)
        case c.AssignCustomer():
            return _assign(payment, command, now)
        case c.Return():
            return (_returned(payment, command.booking_id, command.amount),)
        case c.Regain():
            return _regain(payment, command)
        case c.RequestRefund():
            return _request_refund(payment, command, now, policy, calendar)
        case c.ApproveRefund() | c.DenyRefund():
            return _approve(payment, command, now)
        case c.NoteRefund() | c.RetryRefund() | c.NoteRefundRefused():
            return _note_refund(payment, command, now, policy)
        case c.SeeRefund():
            return _see_refund(payment, command)
        case c.NoteDispute():
            return note_dispute(payment, command, now)
        case c.SuspectDuplicate():
            if payment.question is not None:
                return ()
            answer_by = now + timedelta(seconds=policy.duplicate_question)
            question = e.DuplicateSuspected(command.of, command.why, answer_by)
            return question, *letter(payment, PaymentLetter.DUPLICATE_QUESTION, command.of)
        case c.AnswerDuplicate():
            return _answer_duplicate(payment, command)
        case c.KeepDuplicate():
            known = case_id(DUPLICATE) in payment.cases
            needed = case_needed(DUPLICATE, CaseKind.DUPLICATE_UNANSWERED, now, policy)
            return () if known else (needed,)
        case c.NoteCardSaved():
            return letter(payment, PaymentLetter.CARD_SAVED)
        case c.NoteShown():
            fresh = payment.status is Status.CAPTURED and payment.shown_at is None
            return (e.PaymentShown(),) if fresh else ()
        case c.NoteCase():
            known = payment.cases.get(command.effect_id, "unknown") is not None
            return () if known else (e.CaseGiven(command.effect_id, command.case_number),)
        case c.NoteLetterSent():
            known = command.letter_id not in payment.pending
            return () if known else (e.LetterSent(command.letter_id),)
        case c.NoteLetterRefused():
            known = command.letter_id not in payment.pending
            return () if known else (e.LetterRefused(command.letter_id, command.code),)


# --- money comes in -------------------------------------------------------------------------------


def _capture(
    payment: Payment, command: c.Capture, now: datetime, policy: Policy
) -> tuple[e.Event, ...]:
    if payment.status is Status.CAPTURED:
        return ()
    captured = e.PaymentCaptured(
        command.amount, command.charge_id, command.card, command.captured_at
    )
    if payment.customer_id is None:
        # Nobody of ours: a person finds out whose money it is (S2.5).
        return captured, case_needed(OWNER_UNKNOWN, CaseKind.UNKNOWN_PAYMENT, now, policy)
    receipt = letter(payment, PaymentLetter.RECEIPT)
    if payment.purpose is e.Purpose.TOP_UP:
        lot = _lot(payment, "top-up", command.amount, command.captured_at, our_fault=False)
        return captured, e.PaymentCredited(lot), *receipt
    return captured, *receipt


def _credit(payment: Payment, *, late: bool) -> tuple[e.Event, ...]:
    if payment.unallocated <= 0 or payment.customer_id is None:
        return ()
    amount = Money(payment.unallocated, payment.captured.currency)
    paid_at = payment.captured_at or payment.opened_at
    lot = _lot(payment, "credit", amount, paid_at, our_fault=True)
    asked = letter(payment, PaymentLetter.LATE_PAYMENT_CHOICE) if late else ()
    return e.PaymentCredited(lot), *asked


def _assign(payment: Payment, command: c.AssignCustomer, now: datetime) -> tuple[e.Event, ...]:
    """What belonged to nobody goes to the balance of him whose it is; nothing changes owners."""
    if payment.customer_id == command.customer_id:
        return ()
    if payment.customer_id is not None:
        raise RuleBroken("payment_has_owner", "This payment is a customer's.", "customer_id")
    if payment.status is not Status.CAPTURED:
        raise RuleBroken("payment_not_captured", f"This payment is {payment.status}.")
    if payment.locked:
        raise disputed()
    assigned = e.CustomerAssigned(command.customer_id, command.by)
    owned = evolve(payment, assigned, now)
    return assigned, *_credit(owned, late=False), *letter(owned, PaymentLetter.RECEIPT)


def disputed() -> RuleBroken:
    """Nothing is paid out of a payment while a bank asks about it (S2.7)."""
    return RuleBroken(
        "payment_disputed", "The customer's bank asks about this payment; it decides first."
    )


def _lot(payment: Payment, what: str, amount: Money, paid_at: datetime, *, our_fault: bool) -> Lot:
    lot_id = f"{payment.payment_id}-{what}"
    return money_lot(lot_id, amount, payment.payment_id, paid_at, our_fault=our_fault)


def _answer_duplicate(payment: Payment, command: c.AnswerDuplicate) -> tuple[e.Event, ...]:
    if payment.question is None:
        raise RuleBroken("nothing_asked", "Nobody asked about this payment.")
    if payment.wanted_both == command.wanted_both:
        return ()
    if not command.wanted_both and payment.refundable.minor == 0:
        return ()  # it has gone back already, whoever asked for that
    if not payment.asks:
        raise RuleBroken("question_over", "This was answered or returned, or a person has it now.")
    return (e.DuplicateAnswered(command.wanted_both),)


# --- refunds --------------------------------------------------------------------------------------


def _request_refund(
    payment: Payment, command: c.RequestRefund, now: datetime, policy: Policy, calendar: Calendar
) -> tuple[e.Event, ...]:
    if payment.refund(command.refund_id) is not None:
        return ()
    amount = command.amount
    returned: tuple[e.Event, ...] = ()
    if command.returned_by is not None:
        back = _returned(payment, command.returned_by, amount)
        returned, amount = (back,), amount - Money(back.regained, amount.currency)
        if amount.minor == 0:
            return returned
    _require_refundable(payment, amount)
    if payment.locked and command.by != _SYSTEM and command.returned_by is None:
        raise disputed()
    requested = e.RefundRequested(
        refund_id=command.refund_id,
        amount=amount,
        reason=command.reason,
        by=command.by,
        taken=command.taken,
        goodwill=command.goodwill,
        initiate_by=add_business_days(now, policy.refund_initiate_days, calendar),
        settle_by=add_business_days(now, policy.refund_settle_days, calendar),
        needs_approval=_needs_approval(payment, command, policy),
    )
    told: tuple[e.Event, ...] = ()
    if requested.needs_approval:
        matter = approval_of(command.refund_id)
        told = (case_needed(matter, CaseKind.REFUND_APPROVAL, now, policy),)
    elif command.reason is e.RefundReason.DUPLICATE:
        told = letter(payment, PaymentLetter.DUPLICATE_REFUNDED, command.refund_id)
    return *returned, requested, *told


def _returned(payment: Payment, booking_id: str, amount: Money) -> e.PaymentReturned:
    """What a booking gives back; of it, what was refunded by hand meanwhile is ours again."""
    beyond = payment.unallocated + amount.minor - payment.refundable.minor
    return e.PaymentReturned(booking_id, amount, min(max(0, beyond), amount.minor))


def _regain(payment: Payment, command: c.Regain) -> tuple[e.Event, ...]:
    """What is the customer's beyond what may still go back was given to him before (S2.7)."""
    here = sum(lot.value.minor for lot in command.lots) + max(0, payment.unallocated)
    here += sum(lot.value.minor for lot in payment.frozen)
    beyond = min(here - payment.refundable.minor, payment.goodwill + payment.kept)
    taken, covered = unused_of(command.lots, max(0, beyond))
    if not taken:
        return ()
    return (e.LotsRegained(taken, min(covered, max(0, payment.goodwill))),)


def _require_refundable(payment: Payment, amount: Money) -> None:
    """Refuse an amount that cannot go back on a payment, with the fact (Never 2).

    Raises:
        RuleBroken: it is not above zero, in another currency, or more than is left.
    """
    if amount.minor <= 0:
        raise RuleBroken("amount_not_positive", "A refund is above zero.", "amount_minor")
    if amount.currency != payment.captured.currency:
        raise RuleBroken(
            "currency_mismatch",
            f"This payment was made in {payment.captured.currency.upper()}.",
            "currency",
        )
    if amount.minor > payment.refundable.minor:
        raise RuleBroken(
            "refund_exceeds_charge",
            f"Of {payment.captured}, {payment.refunded} went back or is on its way; "
            f"at most {payment.refundable} can follow.",
            "amount_minor",
        )


def _needs_approval(payment: Payment, command: c.RequestRefund, policy: Policy) -> bool:
    """Above the limit a manager decides what agents asked for; rules decide all else.

    What agents had returned of this payment before counts along: many small ones are a large one.
    """
    if not command.by.startswith(_AGENT):
        return False
    before = sum(
        refund.amount.minor
        for refund in payment.refunds
        if refund.by.startswith(_AGENT) and refund.status.counts
    )
    limit = dict(policy.refund_approval_above).get(command.amount.currency, 0)
    return before + command.amount.minor > limit


def _approve(
    payment: Payment, command: c.ApproveRefund | c.DenyRefund, now: datetime
) -> tuple[e.Event, ...]:
    refund = _known(payment, command.refund_id)
    if refund.status is not RefundStatus.AWAITING_APPROVAL:
        already = RefundStatus.DENIED if isinstance(command, c.DenyRefund) else None
        if refund.status is already or (already is None and refund.status.counts):
            return ()
        raise RuleBroken("refund_not_waiting", f"This refund is {refund.status}.")
    if isinstance(command, c.ApproveRefund):
        if refund.by == command.by:
            raise RuleBroken("four_eyes", "Somebody else must approve what you asked for.")
        return (e.RefundApproved(refund.refund_id, command.by),)
    denied = e.RefundDenied(refund.refund_id, command.by, "manager")
    kept = evolve(payment, denied, now)
    if kept.unallocated <= 0 or kept.customer_id is None or kept.locked:
        return (denied,)
    return denied, e.PaymentCredited(left_lot(kept, refund.refund_id))


def _note_refund(
    payment: Payment,
    command: c.NoteRefund | c.RetryRefund | c.NoteRefundRefused,
    now: datetime,
    policy: Policy,
) -> tuple[e.Event, ...]:
    refund = _known(payment, command.refund_id)
    match command:
        case c.NoteRefund() if refund.status.is_open:
            if command.settled:
                told = letter(payment, PaymentLetter.REFUND_RECEIPT, refund.refund_id)
                return e.RefundSettled(refund.refund_id, command.provider_refund_id), *told
            if refund.status is RefundStatus.ACCEPTED:
                return ()
            return (e.RefundAccepted(refund.refund_id, command.provider_refund_id),)
        case c.NoteRefund() if refund.status is RefundStatus.DENIED:
            if payment.refund(command.provider_refund_id) is not None:
                return ()
            # It had reached the provider before it was given up: what is paid out is booked.
            return _seen(payment, command.provider_refund_id, refund.amount, ())
        case c.RetryRefund() if refund.status is RefundStatus.REQUESTED:
            if command.attempt != refund.attempt:
                return ()
            return (e.RefundAttempted(refund.refund_id, refund.attempt + 1),)
        case c.NoteRefundRefused():
            return _refused(payment, refund, command.code, now, policy)
        case _:
            return ()


def _refused(
    payment: Payment, refund: Refund, code: str, now: datetime, policy: Policy
) -> tuple[e.Event, ...]:
    """To the balance, or to a manager where nobody knows whose balance: never silence (S2.2)."""
    told: tuple[e.Event, ...] = letter(payment, PaymentLetter.REFUND_ON_BALANCE, refund.refund_id)
    if payment.customer_id is None:
        matter = f"failed-{refund.refund_id}"
        told = (case_needed(matter, CaseKind.REFUND_FAILED, now, policy),)
    if refund.status.is_open:
        return e.RefundRefused(refund.refund_id, code), *told
    if refund.status is not RefundStatus.SETTLED:
        return ()
    if refund.reason is None:
        return e.RefundUndone(refund.refund_id), *told
    return e.RefundFailed(refund.refund_id, code), *told


def _see_refund(payment: Payment, command: c.SeeRefund) -> tuple[e.Event, ...]:
    """What was refunded by hand is paid by what is left of the payment, then by us."""
    if payment.refund(command.provider_refund_id) is not None:
        return ()
    waiting = next((r for r in payment.refunds if _is_the_same(r, command)), None)
    if waiting is not None:
        # Somebody was faster than we: it is the refund we were to make, and is made once.
        told = letter(payment, PaymentLetter.REFUND_RECEIPT, waiting.refund_id)
        return e.RefundSettled(waiting.refund_id, command.provider_refund_id), *told
    return _seen(payment, command.provider_refund_id, command.amount, command.lots)


def _seen(
    payment: Payment, refund_id: str, amount: Money, lots: tuple[Lot, ...]
) -> tuple[e.Event, ...]:
    """A refund that the provider made: from what is with the payment, from lots, last from us."""
    shut_out = _shut_out(payment, amount)
    here = max(0, payment.unallocated + sum(refund.amount.minor for refund in shut_out))
    from_here = min(here, amount.minor)
    taken, covered = unused_of(lots, amount.minor - from_here)
    seen = e.RefundSeen(refund_id, amount, taken, amount.minor - from_here - covered)
    left = here - from_here
    credited: tuple[e.Event, ...] = ()
    if shut_out and left and payment.customer_id is not None and not payment.locked:
        paid_at = payment.captured_at or payment.opened_at
        rest = Money(left, amount.currency)
        credited = (e.PaymentCredited(_lot(payment, refund_id, rest, paid_at, our_fault=True)),)
    denied = (e.RefundDenied(r.refund_id, _SYSTEM, REFUNDED_BY_HAND) for r in shut_out)
    return *denied, seen, *credited, *letter(payment, PaymentLetter.REFUND_RECEIPT, refund_id)


def _shut_out(payment: Payment, amount: Money) -> list[Refund]:
    """Refunds of ours that the provider cannot make any more, as another took their room."""
    room, out = payment.refundable.minor, []
    for refund in reversed(payment.refunds):
        if room < amount.minor and refund.status in NOT_PAID_OUT:
            out.append(refund)
            room += refund.amount.minor
    return out


def _is_the_same(refund: Refund, command: c.SeeRefund) -> bool:
    return refund.status in NOT_PAID_OUT and refund.amount == command.amount


def _known(payment: Payment, refund_id: str) -> Refund:
    refund = payment.refund(refund_id)
    if refund is None:
        raise NotFound("refund_unknown", "This payment has no such refund.", "refund_id")
    return refund
