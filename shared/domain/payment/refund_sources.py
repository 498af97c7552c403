"""What of a payment may go back, and from where: unused lots first, then goodwill (S2.3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.errors import RuleBroken
from shared.domain.lots import Lot, seconds_worth
from shared.domain.money import Money
from shared.domain.payment.events import Taken
from shared.domain.payment.payment import Payment
from shared.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the money of a refund comes from.

    Args:
        amount: in all.
        taken: what leaves the customer's balance.
        goodwill: minor units given for our fault although the minutes were used.
    """

    amount: Money
    taken: tuple[Taken, ...]
    goodwill: int


# A decision is one transaction of 25 items: itself, its head, a key, a credit, and these lots.
MOST_PARTS = 20


def most_worth(lots: Iterable[Lot], count: int) -> tuple[Lot, ...]:
    """The lots with a price, those of the highest first, as many as are asked for at most."""
    priced = (lot for lot in lots if lot.value.minor)
    ranked = sorted(priced, key=lambda lot: (-lot.value.minor, lot.lot_id))
    return tuple(ranked[: max(0, count)])


def unused_of(lots: Iterable[Lot], minor: int) -> tuple[tuple[Taken, ...], int]:
    """The fewest seconds of some lots that are worth an amount, oldest first.

    Returns:
        What is taken, and its worth in minor units: never more than was asked for.
    """
    parts: list[Taken] = []
    rest = minor
    for lot in sorted(lots, key=lambda lot: (lot.paid_at, lot.lot_id)):
        taken = Taken(lot, lot.left if lot.value.minor <= rest else _within(lot, rest))
        if rest and taken.seconds and taken.value.minor and len(parts) < MOST_PARTS:
            parts.append(taken)
            rest -= taken.value.minor
    return tuple(parts), minor - rest


def _within(lot: Lot, minor: int) -> int:
    """The most seconds whose worth does not pass an amount."""
    seconds = seconds_worth(lot, minor)
    while seconds and Taken(lot, seconds).value.minor > minor:
        seconds -= 1
    return seconds


def refundable(lot: Lot, now: datetime, policy: Policy) -> bool:
    """Whether the price of a lot may still go back: 14 days, or for ever by our fault (S2.3)."""
    if lot.value.minor == 0:
        return False
    since = max(lot.paid_at, lot.returned_at or lot.paid_at)
    return lot.our_fault or now <= since + timedelta(days=policy.refund_window_days)


def sources(
    payment: Payment,
    lots: Iterable[Lot],
    amount: Money | None,
    now: datetime,
    policy: Policy,
    *,
    our_fault: bool,
) -> Sources:
    """Where a refund asked for by a customer or an agent takes its money from.

    Args:
        payment: to whose card it goes.
        lots: the customer's, those of other payments are passed over.
        amount: None for all that may go back by the rules.
        now: UTC.
        policy: in force when it was paid.
        our_fault: used minutes may go back too, and no window counts (S2.3).

    Raises:
        RuleBroken: nothing of it may go back, or less than was asked for; with the fact.
    """
    bought = [lot for lot in lots if lot.payment_id == payment.payment_id and lot.value.minor]
    own = most_worth(bought, MOST_PARTS)
    # Lots that one decision cannot take are not given for nothing either: they are asked for again.
    beyond = sum(lot.value.minor for lot in bought) - sum(lot.value.minor for lot in own)
    open_lots = [lot for lot in own if our_fault or refundable(lot, now, policy)]
    unused = sum(lot.value.minor for lot in open_lots)
    currency = payment.captured.currency
    if amount is not None and amount.currency != currency:
        raise RuleBroken(
            "currency_mismatch", f"This payment was made in {currency.upper()}.", "currency"
        )
    most = payment.refundable.minor - beyond if our_fault else unused + max(payment.unallocated, 0)
    most = min(most, payment.refundable.minor)
    wanted = Money(most, currency) if amount is None else amount
    if wanted.minor <= 0 and amount is None:
        raise _nothing(own, policy)
    if wanted.minor > most:
        raise RuleBroken(
            "refund_exceeds_unused",
            f"At most {Money(most, currency)} of this payment is unused and may go back.",
            "amount_minor",
        )
    need = max(0, wanted.minor - max(payment.unallocated, 0))
    taken, covered = unused_of(open_lots, need)
    if covered < need and not our_fault:
        # A second has a price: what cannot be cut exactly is rounded down, never up.
        wanted = Money(wanted.minor - (need - covered), currency)
        need = covered
    return Sources(wanted, taken, need - covered)


def _nothing(own: tuple[Lot, ...], policy: Policy) -> RuleBroken:
    if own:
        return RuleBroken(
            "refund_window_over",
            f"Unused minutes can be returned for {policy.refund_window_days} days.",
        )
    return RuleBroken("nothing_unused", "Nothing of this payment is unused; used minutes stay.")
