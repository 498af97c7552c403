"""What a payment needs next, and when: one list of duties gives both the actions and the timer."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.domain.case.events import CaseKind
from shared.domain.duty import Duty
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.lots import Lot, money_lot
from shared.domain.money import Money
from shared.domain.payment import events as e
from shared.domain.payment.claims import NOT_PAID_OUT, Refund, RefundStatus
from shared.domain.payment.payment import DUPLICATE, Payment
from shared.domain.policy import Policy

# The matter of money that nobody is known for.
OWNER_UNKNOWN = "unknown"


def duties(payment: Payment, policy: Policy) -> Iterator[Duty[e.Event]]:
    """Everything the payment will have to do if nothing else happens.

    Args:
        payment: its present state.
        policy: the one it was made under.
    """
    for effect_id, pending in payment.pending.items():
        at = pending.again_at(policy)
        if _is_with_the_provider(payment, effect_id):
            at = pending.since + timedelta(seconds=policy.provider_read_every)
        yield Duty(at, (e.EffectRedriven(effect_id),))
    for refund in payment.refunds:
        yield from _deadlines(payment, refund, policy)
    if payment.unallocated_since is not None and payment.customer_id and not payment.locked:
        # Whatever was to use it did not come, or came undone: it is the customer's.
        at = payment.unallocated_since + timedelta(seconds=policy.effect_redrive_after)
        what = f"left-{int(at.timestamp())}"
        yield Duty(at, (e.PaymentCredited(left_lot(payment, what)),))
    if payment.question is not None and payment.asks:
        at = payment.question.answer_by
        yield Duty(
            at,
            (
                e.DuplicateUnanswered(),
                case_needed(DUPLICATE, CaseKind.DUPLICATE_UNANSWERED, at, policy),
            ),
        )


def _is_with_the_provider(payment: Payment, effect_id: str) -> bool:
    """Whether only time will tell: the bank decides, or the refund is on its way."""
    refund = payment.refund(effect_id)
    waits = refund is not None and (refund.status is RefundStatus.ACCEPTED or payment.locked)
    return waits or payment.dispute(effect_id) is not None


def _deadlines(payment: Payment, refund: Refund, policy: Policy) -> Iterator[Duty[e.Event]]:
    """The provider must have taken it by the first, and paid it out by the second (S2.2)."""
    waits = refund.status in NOT_PAID_OUT
    open_until = {
        e.Stage.INITIATE: refund.initiate_by if waits else None,
        e.Stage.SETTLE: refund.settle_by if waits or refund.status.is_open else None,
    }
    for stage, at in open_until.items():
        if at is None or stage in refund.overdue:
            continue
        matter = f"overdue-{stage}-{refund.refund_id}"
        late: tuple[e.Event, ...] = (
            e.RefundOverdue(refund.refund_id, stage),
            case_needed(matter, CaseKind.REFUND_OVERDUE, at, policy),
        )
        yield Duty(at, (*late, *letter(payment, PaymentLetter.REFUND_DELAYED, refund.refund_id)))


def left_lot(payment: Payment, what: str) -> Lot:
    """What of a payment belongs to nothing, as money on its customer's balance.

    Args:
        what: makes the lot's id unique.
    """
    return money_lot(
        f"{payment.payment_id}-{what}",
        Money(payment.unallocated, payment.captured.currency),
        payment.payment_id,
        payment.captured_at or payment.opened_at,
        our_fault=True,
    )


def case_needed(matter: str, kind: CaseKind, now: datetime, policy: Policy) -> e.CaseNeeded:
    """A person has to look at a matter, within the time for payment problems (S1.14)."""
    deadline = now + timedelta(seconds=policy.payment_check)
    return e.CaseNeeded(case_id(matter), kind, deadline)


def case_id(matter: str) -> str:
    """The id under which a payment knows the case of a matter."""
    return f"case-{matter}"


def approval_of(refund_id: str) -> str:
    """The matter of a refund that waits for a manager."""
    return f"approval-{refund_id}"


def letter(payment: Payment, kind: PaymentLetter, about: str = "") -> tuple[e.LetterDue, ...]:
    """The letter under its own id, if there is somebody to write to and it was not written yet."""
    if payment.customer_id is None or payment.was_written(kind, about):
        return ()
    return (e.LetterDue(f"{payment.payment_id}-{kind}-{len(payment.letters)}", kind, about),)
