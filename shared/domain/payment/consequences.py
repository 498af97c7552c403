"""What must follow from a payment's events, in the same transaction: postings, lots, effects.

One row per kind of event; an event that is not named here changes the state of its payment alone.
Money of a payment that belongs to nothing else stands on its own account, which is zero at rest.
"""

from collections.abc import Iterable
from dataclasses import replace

from shared.domain import ledger
from shared.domain.effects import Consequences, Effect, EffectKind, LotTaken
from shared.domain.lots import Lot, money_lot
from shared.domain.money import Money
from shared.domain.payment import dispute_events as de
from shared.domain.payment import events as e
from shared.domain.payment.claims import WITH_THE_PAYMENT, Refund
from shared.domain.payment.disputes import used_up
from shared.domain.payment.payment import DUPLICATE, Payment, owed_again
from shared.domain.pending import LOOK_UP

_NOTHING = Consequences()


def consequences(before: Payment | None, events: Iterable[tuple[e.Event, Payment]]) -> Consequences:
    """Everything that follows from the events of one decision, summed up.

    Args:
        before: the state before the first of them.
        events: each event with the state after it.
    """
    parts: list[Consequences] = []
    for event, after in events:
        parts.append(_of(event, before or after, after))
        before = after
    new_lots, taken = _net(
        {lot.lot_id: lot for part in parts for lot in part.new_lots},
        {t.lot_id: t for part in parts for t in part.taken},
    )
    return Consequences(
        postings=tuple(p for part in parts for p in part.postings),
        new_lots=new_lots,
        taken=taken,
        effects=tuple(dict.fromkeys(f for part in parts for f in part.effects)),
    )


def _net(
    new: dict[str, Lot], taken: dict[str, LotTaken]
) -> tuple[tuple[Lot, ...], tuple[LotTaken, ...]]:
    """A lot that is frozen and thawed in one decision is written once, if at all."""
    both = new.keys() & taken.keys()
    parts = (
        replace(part, seconds=part.left - new[part.lot_id].left) if part.lot_id in both else part
        for part in taken.values()
    )
    return (
        tuple(lot for lot_id, lot in new.items() if lot_id not in both),
        tuple(part for part in parts if part.seconds),
    )


def _of(event: e.Event, before: Payment, after: Payment) -> Consequences:
    own = ledger.payment_account(after.payment_id)
    match event:
        case e.PaymentCaptured():
            return Consequences(postings=_money(event.amount, ledger.PROVIDER, own))
        case e.PaymentAllocated():
            booking = ledger.booking_account(event.booking_id)
            return Consequences(postings=_money(event.amount, own, booking))
        case e.PaymentReturned():
            booking = ledger.booking_account(event.booking_id)
            regained = Money(event.regained, event.amount.currency)
            back = _money(event.amount, booking, own)
            return Consequences(postings=(*back, *_money(regained, own, ledger.GOODWILL)))
        case e.LotsRegained():
            return _regained(event, after, own)
        case e.PaymentCredited():
            return _to_balance(event.lot, own, after)
        case de.LotsFrozen():
            return _freeze(event, after)
        case de.FundsMoved():
            return _moved(event, before)
        case de.DisputeClosed():
            return _close(event, before, after)
        case e.CaseNeeded():
            return _effect(EffectKind.OPEN_CASE, after, event.effect_id)
        case e.DuplicateAnswered() if DUPLICATE in after.pending:
            return _effect(EffectKind.RETURN_DUPLICATE, after, DUPLICATE)
        case e.LetterDue():
            return _effect(EffectKind.SEND_PAYMENT_LETTER, after, event.letter_id)
        case e.EffectRedriven():
            return Consequences(effects=(_again(after, event.effect_id),))
        case _:
            return _refund(event, before, after, own)


def _effect(kind: EffectKind, payment: Payment, subject: str) -> Consequences:
    return Consequences(effects=(Effect(kind, payment.payment_id, subject),))


def _again(after: Payment, effect_id: str) -> Effect:
    kind = EffectKind.SEND_PAYMENT_LETTER
    if effect_id == LOOK_UP:
        kind = EffectKind.LOOK_UP_INTENT
    elif effect_id == DUPLICATE:
        kind = EffectKind.RETURN_DUPLICATE
    elif after.refund(effect_id):
        kind = EffectKind.REFUND
    elif after.dispute(effect_id):
        kind = EffectKind.LOOK_UP_DISPUTE
    elif effect_id in after.cases:
        kind = EffectKind.OPEN_CASE
    return Effect(kind, after.payment_id, effect_id, redriven=True)


# --- refunds --------------------------------------------------------------------------------------


def _refund(event: e.Event, before: Payment, after: Payment, own: str) -> Consequences:
    match event:
        case e.RefundRequested():
            back = ledger.refund_account(event.refund_id)
            asked = () if event.needs_approval else (_send(after, event.refund_id),)
            return Consequences(
                postings=_gather(event, after, own, back),
                taken=_lots_taken(event.taken),
                effects=(*asked, *(_regain(after) if after.goodwill or after.kept else ())),
            )
        case e.RefundApproved():
            return Consequences(effects=(_send(after, event.refund_id),))
        case e.RefundDenied():
            return _denied(event, before, after, own)
        case e.RefundSettled():
            amount = _known(after, event.refund_id).amount
            back = ledger.refund_account(event.refund_id)
            return Consequences(postings=_money(amount, back, ledger.PROVIDER))
        case e.RefundRefused() | e.RefundFailed():
            settled = isinstance(event, e.RefundFailed)
            source = ledger.PROVIDER if settled else ledger.refund_account(event.refund_id)
            return _come_back(_known(after, event.refund_id), after, source, own)
        case e.RefundSeen():
            return Consequences(
                postings=_gather(event, after, own, ledger.PROVIDER),
                taken=_lots_taken(event.taken),
                # What we gave may stand on his balance beside it: then it is ours again.
                effects=_regain(after) if event.goodwill else (),
            )
        case e.RefundUndone():
            refund = _known(after, event.provider_refund_id)
            return _come_back(refund, after, ledger.PROVIDER, own)
        case _:
            return _NOTHING


def _send(after: Payment, refund_id: str) -> Effect:
    return Effect(EffectKind.REFUND, after.payment_id, refund_id)


def _gather(
    event: e.RefundRequested | e.RefundSeen, after: Payment, own: str, back: str
) -> tuple[ledger.Posting, ...]:
    """The parts of a refund, from where each of them stands."""
    currency = event.amount.currency
    postings: list[ledger.Posting] = []
    rest = event.amount.minor - event.goodwill
    for part in event.taken:
        postings += _from_balance(part, after, back)
        rest -= part.value.minor
    postings += ledger.move(currency, own, back, rest)
    postings += ledger.move(currency, ledger.GOODWILL, back, event.goodwill)
    return tuple(postings)


def _denied(event: e.RefundDenied, before: Payment, after: Payment, own: str) -> Consequences:
    refund = _known(before, event.refund_id)
    back = ledger.refund_account(event.refund_id)
    currency = refund.amount.currency
    if event.why in WITH_THE_PAYMENT:
        return Consequences(postings=_money(refund.amount, back, own))
    lots = tuple(
        replace(
            part.lot,
            lot_id=f"{refund.refund_id}-{n}",
            bought=part.seconds,
            left=part.seconds,
            paid=part.value,
        )
        for n, part in enumerate(refund.taken, start=1)
    )
    postings = [p for lot in lots for p in _to_balance(lot, back, after).postings]
    rest = refund.amount.minor - refund.goodwill - sum(lot.paid.minor for lot in lots)
    again = owed_again(before, event)
    postings += ledger.move(currency, back, own, rest + again)
    postings += ledger.move(currency, back, ledger.GOODWILL, refund.goodwill - again)
    return Consequences(postings=tuple(postings), new_lots=lots, effects=_claimed(after))


def _claimed(after: Payment) -> tuple[Effect, ...]:
    """What came back may be claimed by a bank, or its price went back before (S2.7)."""
    frozen = _effect(EffectKind.LOOK_UP_DISPUTE, after, "").effects if after.contested else ()
    return (*frozen, *(_regain(after) if after.kept or after.goodwill else ()))


def _regain(payment: Payment) -> tuple[Effect, ...]:
    return _effect(EffectKind.REGAIN_LOTS, payment, "").effects


def _come_back(refund: Refund, after: Payment, source: str, own: str) -> Consequences:
    """A refund that did not arrive: to the balance, or to the payment where nobody is known."""
    if after.customer_id is None:
        return Consequences(postings=_money(refund.amount, source, own))
    lot = money_lot(
        f"{refund.refund_id}-back",
        refund.amount,
        after.payment_id,
        after.captured_at or after.opened_at,
        our_fault=True,
    )
    return replace(_to_balance(lot, source, after), effects=_claimed(after))


def _known(payment: Payment, refund_id: str) -> Refund:
    refund = payment.refund(refund_id)
    if refund is None:
        raise LookupError(f"payment {payment.payment_id} has no refund {refund_id}")
    return refund


def _regained(event: e.LotsRegained, after: Payment, own: str) -> Consequences:
    currency = after.captured.currency
    postings = [p for part in event.taken for p in _from_balance(part, after, own)]
    worth = sum(part.value.minor for part in event.taken)
    postings += ledger.move(currency, own, ledger.GOODWILL, event.goodwill)
    postings += ledger.move(currency, own, ledger.LOSSES, worth - event.goodwill)
    return Consequences(postings=tuple(postings), taken=_lots_taken(event.taken))


# --- disputes -------------------------------------------------------------------------------------


def _freeze(event: de.LotsFrozen, after: Payment) -> Consequences:
    frozen = ledger.frozen_account(after.payment_id)
    whole = tuple(e.Taken(lot, lot.left) for lot in event.lots)
    return Consequences(
        postings=tuple(p for part in whole for p in _kept_units(part, after, frozen)),
        taken=_lots_taken(whole),
    )


def _moved(event: de.FundsMoved, before: Payment) -> Consequences:
    """What the provider took or gave, and its fee; once it is lost, it is our loss or gain."""
    currency = before.captured.currency
    dispute = before.dispute(event.dispute_id)
    lost = dispute is not None and dispute.lost
    other = ledger.LOSSES if lost else ledger.dispute_account(event.dispute_id)
    return Consequences(
        postings=(
            *ledger.move(currency, ledger.PROVIDER, other, event.amount),
            *ledger.move(currency, ledger.FEES, ledger.PROVIDER, event.fee),
        ),
        # What the bank keeps of it is not the customer's any more, though it had thawed.
        effects=_regain(before) if lost else (),
    )


def _close(event: de.DisputeClosed, before: Payment, after: Payment) -> Consequences:
    """Thawed lots return; a lost claim is paid from what was frozen, and the rest is our loss."""
    dispute = before.dispute(event.dispute_id)
    if dispute is None:
        return _NOTHING
    frozen, claim = (
        ledger.frozen_account(after.payment_id),
        ledger.dispute_account(event.dispute_id),
    )
    currency = after.captured.currency
    postings = [p for lot in event.thawed for p in _thaw(lot, after, frozen)]
    if event.lost:
        used = used_up(before.frozen, (*event.thawed, *event.waiting))
        for part in used:
            postings += _money(part.value, frozen, claim)
            if not part.lot.is_money:
                unit = f"sec:{part.lot.tariff_id}"
                postings += ledger.move(unit, frozen, ledger.MINUTES_SOLD, part.seconds)
        from_here = event.covered - sum(part.value.minor for part in used)
        own = ledger.payment_account(after.payment_id)
        postings += ledger.move(currency, own, claim, from_here)
        postings += ledger.move(currency, ledger.LOSSES, claim, dispute.withdrawn - event.covered)
    again = tuple(
        Effect(EffectKind.REFUND, after.payment_id, refund.refund_id, redriven=True)
        for refund in after.refunds
        if refund.status.is_open and not event.lost
    )
    if event.thawed or event.lost:
        again = (*again, *_regain(after))
    return Consequences(postings=tuple(postings), new_lots=event.thawed, effects=again)


# --- balances -------------------------------------------------------------------------------------


def _money(amount: Money, debit: str, credit: str) -> tuple[ledger.Posting, ...]:
    return ledger.move(amount.currency, debit, credit, amount.minor)


def _held_by(lot: Lot, customer_id: str | None) -> str:
    account = ledger.balance_account if lot.is_money else ledger.minutes_account
    return account(str(customer_id))


def _from_balance(part: e.Taken, after: Payment, to: str) -> tuple[ledger.Posting, ...]:
    """Minutes are taken back at their price: they were sold, and are not any more."""
    account = _held_by(part.lot, after.customer_id)
    postings = _money(part.value, account, to)
    if part.lot.is_money:
        return postings
    unit = f"sec:{part.lot.tariff_id}"
    return (*postings, *ledger.move(unit, account, ledger.MINUTES_SOLD, part.seconds))


def _kept_units(part: e.Taken, after: Payment, to: str) -> tuple[ledger.Posting, ...]:
    """Minutes stay minutes, on another account."""
    account = _held_by(part.lot, after.customer_id)
    postings = _money(part.value, account, to)
    if part.lot.is_money:
        return postings
    return (*postings, *ledger.move(f"sec:{part.lot.tariff_id}", account, to, part.seconds))


def _thaw(lot: Lot, after: Payment, frozen: str) -> tuple[ledger.Posting, ...]:
    account = _held_by(lot, after.customer_id)
    postings = _money(lot.value, frozen, account)
    if lot.is_money:
        return postings
    return (*postings, *ledger.move(f"sec:{lot.tariff_id}", frozen, account, lot.left))


def _to_balance(lot: Lot, source: str, after: Payment) -> Consequences:
    """A lot comes to stand on the balance again, at its price."""
    account = _held_by(lot, after.customer_id)
    postings = _money(lot.value, source, account)
    if not lot.is_money:
        unit = f"sec:{lot.tariff_id}"
        postings = (*postings, *ledger.move(unit, ledger.MINUTES_SOLD, account, lot.left))
    return Consequences(postings=postings, new_lots=(lot,))


def _lots_taken(parts: tuple[e.Taken, ...]) -> tuple[LotTaken, ...]:
    return tuple(LotTaken(part.lot.lot_id, part.seconds, part.lot.left) for part in parts)
