"""Disputes and inquiries: what the provider says of one, turned into what is new (S2.7, S2.11)."""

from dataclasses import replace
from datetime import datetime

from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.lots import Lot, money_lot
from shared.domain.money import Money
from shared.domain.payment import commands as c
from shared.domain.payment import dispute_events as de
from shared.domain.payment import events as e
from shared.domain.payment.claims import DISPUTE_LOST, NOT_PAID_OUT, Dispute
from shared.domain.payment.duties import letter
from shared.domain.payment.payment import Payment
from shared.domain.payment.refund_sources import MOST_PARTS, most_worth, unused_of


def note_dispute(payment: Payment, command: c.NoteDispute, now: datetime) -> tuple[e.Event, ...]:
    """Whatever of a dispute is not known yet, in the order in which it must have happened."""
    known = payment.dispute(command.dispute_id)
    events: list[e.Event] = []
    if known is None:
        opened = de.DisputeOpened(
            command.dispute_id, command.amount, command.inquiry, command.reason
        )
        events += [opened, *letter(payment, PaymentLetter.DISPUTE_NOTICE, command.dispute_id)]
        known = Dispute(
            command.dispute_id, command.amount, command.inquiry, command.reason, payment.opened_at
        )
    elif known.inquiry and not command.inquiry:
        events.append(de.DisputeEscalated(command.dispute_id))
    unused = most_worth(
        (lot for lot in command.lots if lot.payment_id == payment.payment_id),
        MOST_PARTS - len(payment.frozen),
    )
    if known.is_open and unused and not command.inquiry:
        events.append(de.LotsFrozen(command.dispute_id, unused))
        known = replace(known, frozen=(*known.frozen, *unused))
    moved = [m for m in command.movements if m[0] not in known.movements]
    events += [de.FundsMoved(command.dispute_id, *movement) for movement in moved]
    if command.lost is not None and known.lost is None:
        withdrawn = known.withdrawn - sum(amount for _, amount, _ in moved)
        events += _close(payment, known, withdrawn, now, lost=command.lost)
    return tuple(events)


def _close(
    payment: Payment, dispute: Dispute, withdrawn: int, now: datetime, *, lost: bool
) -> list[e.Event]:
    """Won: all is as before. Lost: what was frozen and not paid out covers it, never twice.

    Lots wait for the payment, whichever claim froze them, as long as any bank claims it.
    """
    beside = [d for d in payment.disputes if d.dispute_id != dispute.dispute_id]
    frozen = (*(lot for d in beside for lot in d.frozen), *dispute.frozen)
    claimed = any(d.claims for d in beside)
    if not lost:
        won = _closed(dispute, 0, frozen, lost=False, claimed=claimed)
        return [won, *_left_over(payment, dispute, payment.unallocated, now)]
    unpaid = [r for r in payment.refunds if r.status in NOT_PAID_OUT]
    denied: list[e.Event] = [e.RefundDenied(r.refund_id, "system", DISPUTE_LOST) for r in unpaid]
    here = payment.unallocated + sum(r.amount.minor for r in unpaid)
    from_here = max(0, min(here, withdrawn))
    taken, from_lots = unused_of(frozen, withdrawn - from_here)
    gone = {part.lot.lot_id: part.seconds for part in taken}
    rest = (lot.without(gone.get(lot.lot_id, 0)) for lot in frozen)
    kept = tuple(lot for lot in rest if lot.left)
    closed = _closed(dispute, from_here + from_lots, kept, lost=True, claimed=claimed)
    return [*denied, closed, *_left_over(payment, dispute, here - from_here, now)]


def _closed(
    dispute: Dispute, covered: int, kept: tuple[Lot, ...], *, lost: bool, claimed: bool
) -> de.DisputeClosed:
    thawed, waiting = ((), kept) if claimed else (kept, ())
    return de.DisputeClosed(dispute.dispute_id, lost, covered, thawed, waiting)


def _left_over(
    payment: Payment, dispute: Dispute, left: int, now: datetime
) -> tuple[e.PaymentCredited, ...]:
    """Money of a booking that did not outlast the dispute, and that no bank claims any more."""
    asked = any(d.is_open for d in payment.disputes if d.dispute_id != dispute.dispute_id)
    if left <= 0 or asked or payment.customer_id is None:
        return ()
    lot = money_lot(
        f"{dispute.dispute_id}-left",
        Money(left, payment.captured.currency),
        payment.payment_id,
        payment.captured_at or payment.opened_at,
        returned_at=now,
    )
    return (e.PaymentCredited(lot),)


def used_up(before: tuple[Lot, ...], kept: tuple[Lot, ...]) -> tuple[e.Taken, ...]:
    """What of the frozen lots went into a lost dispute."""
    left = {lot.lot_id: lot.left for lot in kept}
    parts = tuple(e.Taken(lot, lot.left - left.get(lot.lot_id, 0)) for lot in before)
    return tuple(part for part in parts if part.seconds)
