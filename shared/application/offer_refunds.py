"""A full refund after a mishap: what a session cost, back to the cards that paid (S1.10, S1.15).

Minutes that went back to the balance and were used since are not given twice.
"""

from collections.abc import Callable, Iterator, Sequence

from shared.domain.booking import Booking
from shared.domain.errors import RuleBroken
from shared.domain.lots import Lot
from shared.domain.mishap.events import OfferRefund
from shared.domain.money import Money
from shared.domain.payment.claims import Refund, RefundStatus
from shared.domain.payment.decide import disputed
from shared.domain.payment.events import Taken
from shared.domain.payment.payment import Payment

# A decision is one transaction of 25 items: two of the booking, and of each payment two and its
# lots. What does not fit stays on the balance, refundable without limit (S2.3).
_MOST_ITEMS = 22


def offer_refunds(
    booking: Booking, offer_id: str, lots: Sequence[Lot], load: Callable[[str], Payment]
) -> tuple[OfferRefund, ...]:
    """What goes back to each card.

    Args:
        booking: its session is closed.
        lots: of those it gave back, what is still on the balance.
        load: a payment by its id.

    Raises:
        RuleBroken: nothing was paid by card, a bank asks about a payment, or a refund of the same
            minutes waits for a manager.
    """
    found: list[OfferRefund] = []
    items = 0
    for payment_id in _cards(booking):
        payment = load(payment_id)
        if payment.locked:
            raise disputed()
        if any(_waits_with(refund, booking) for refund in payment.refunds):
            # Answered now, the offer would be spent on the rest, and a denial give nothing more.
            raise RuleBroken(
                "refund_waits", "We are deciding on a refund of this session; choose again then."
            )
        taken = tuple(
            Taken(lot, lot.left) for lot in lots if lot.payment_id == payment_id and lot.value.minor
        )
        refund = _refund(booking, f"{offer_id}-{len(found) + 1}", payment, taken)
        needed = 2 + len(taken)
        if refund is not None and items + needed <= _MOST_ITEMS:
            found.append(refund)
            items += needed
    if not found:
        raise RuleBroken("nothing_to_refund", "Nothing of this session is left to refund.")
    return tuple(found)


def _waits_with(refund: Refund, booking: Booking) -> bool:
    """Whether a manager has yet to decide on money that may be of this session."""
    waiting = refund.status is RefundStatus.AWAITING_APPROVAL
    of_it = any(part.lot.left_of == booking.booking_id for part in refund.taken)
    return waiting and (of_it or refund.goodwill > 0)


def _cards(booking: Booking) -> Iterator[str]:
    """The payments that a booking's minutes came from, those of the highest price first."""
    paid: dict[str, int] = {}
    for holding in booking.holdings:
        if holding.payment_id is not None and holding.paid.minor:
            paid[holding.payment_id] = paid.get(holding.payment_id, 0) + holding.paid.minor
    yield from sorted(paid, key=lambda payment_id: (-paid[payment_id], payment_id))


def _refund(
    booking: Booking, refund_id: str, payment: Payment, taken: tuple[Taken, ...]
) -> OfferRefund | None:
    closed = booking.live_session.closed
    returned = closed.returned if closed else ()
    paid = sum(h.paid.minor for h in booking.holdings if h.payment_id == payment.payment_id)
    back = sum(lot.value.minor for lot in returned if lot.payment_id == payment.payment_id)
    unused = sum(part.value.minor for part in taken)
    # What was talked before it broke is given for our fault, as far as the payment reaches.
    goodwill = max(0, min(paid - back, payment.refundable.minor - unused))
    amount = Money(unused + goodwill, payment.captured.currency)
    if amount.minor == 0 or unused > payment.refundable.minor:
        return None
    return OfferRefund(refund_id, payment.payment_id, amount, taken, goodwill)
