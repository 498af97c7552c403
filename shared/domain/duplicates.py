"""Charged twice, judged by what the customer meant, never by the amount alone (S1.14, S2.1).

One line of attempts stands for one thing wanted. It begins with an order form and ends when the
form has shown that the money was taken: whoever sends the form again before that cannot have meant
a second one, whoever sends it afterwards may have.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.money import Money


@dataclass(frozen=True, slots=True)
class AskedSession:
    """A session as it was asked for, before anybody chose the operator.

    Args:
        operator_id: None where any free operator would do.
        starts_at: UTC.
        seconds: length; of an extension, what is added, with `starts_at` where the old end was.
    """

    operator_id: str | None
    starts_at: datetime
    seconds: int

    def overlaps(self, other: "AskedSession") -> bool:
        """Whether one person would have to be in both at once."""
        return self.starts_at < other._ends_at and other.starts_at < self._ends_at

    @property
    def _ends_at(self) -> datetime:
        return self.starts_at + timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class AskedTopUp:
    """An amount to be put on the balance."""

    amount: Money


@dataclass(frozen=True, slots=True)
class Purchase:
    """A captured payment with all we know of how it came about. Times UTC.

    Args:
        payment_id: one per payment at the provider, however often it is delivered to us.
        customer_id: who asked.
        booking_id: what it paid for, None for a top-up.
        checkout: the order form it was sent from. A page that tries again keeps it; another tab,
            another visit and the form after a shown success have another. None: not told.
        item: as it was asked for, unchanged by a later move of the booking.
        amount: what was captured.
        due: what cards had to pay for the item in all; more than `amount` where several share it.
        card: the provider's fingerprint of the card, None where it gives none.
        requested_at: when the order reached us.
        paid_at: when the provider captured it.
        shown_at: when the customer's page first told us that it shows it as paid, None if never.
        used: its session has begun, or of its top-up something is spent.
        returned: cancelled or refunded, by whomever.
    """

    payment_id: str
    customer_id: str
    booking_id: str | None
    checkout: str | None
    item: AskedSession | AskedTopUp
    amount: Money
    due: Money
    card: str | None
    requested_at: datetime
    paid_at: datetime
    shown_at: datetime | None
    used: bool
    returned: bool


class Kind(StrEnum):
    """What follows: refunded at once, asked once, nothing."""

    CERTAIN = "certain"
    SUSPECTED = "suspected"
    NONE = "none"


class Reason(StrEnum):
    """Why two payments are taken for one."""

    SAME_BOOKING = "same_booking"  # one booking has received more than it costs
    SAME_LINE = "same_line"  # one form, the same item, sent again before it showed a success
    CHOSEN_ANEW = "chosen_anew"  # the same, but for another item
    FORM_SENT_AGAIN = "form_sent_again"  # one form, the same item, after a success or much later
    SAME_ITEM = "same_item"  # one customer or card, within minutes
    NEVER_SHOWN = "never_shown"  # one customer, who was not told that the first had worked
    OVERLAP = "overlap"  # one customer, in two sessions at once
    UNRELATED = "unrelated"


# Two different items on one form are most likely one wish too, but to cancel the wrong one of two
# valid bookings cannot be made good, and the page may have failed to tell of a success it showed.
_CERTAIN = frozenset({Reason.SAME_BOOKING, Reason.SAME_LINE})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a payment is, next to another one.

    Args:
        kind: what follows.
        of: the payment that stays, None where there is no duplicate.
        extra: the payment to give back alone; not always the later one.
        reason: why.
    """

    kind: Kind
    of: str | None
    extra: str | None
    reason: Reason


_UNRELATED = Verdict(Kind.NONE, None, None, Reason.UNRELATED)


def judge(
    new: Purchase, earlier: Sequence[Purchase], *, window: int, unseen_window: int
) -> Verdict:
    """Whether a payment and one of some others were meant as one (S2.1).

    The order in which payments come to be known does not matter: `earlier` may hold later ones.

    Args:
        new: the payment that was captured.
        earlier: payments of the same customer or the same card, in any order.
        window: seconds between two payments for the same item that raise suspicion.
        unseen_window: seconds for which a payment that was not shown as paid may be repeated in
            error; no line of attempts is longer.

    Returns:
        A certain verdict before a suspicion; of several, the one on the payment made first.
    """
    if new.returned:
        return _UNRELATED
    others = {each.payment_id: each for each in earlier if each.payment_id != new.payment_id}
    standing = [each for each in others.values() if not each.returned]
    over = _overpaid(new, standing)
    found = [
        (verdict, each)
        for each in standing
        if (verdict := _compare(new, each, over, window, unseen_window)).kind is not Kind.NONE
    ]
    if not found:
        return _UNRELATED
    return min(
        found,
        key=lambda pair: (pair[0].kind is not Kind.CERTAIN, in_order(pair[1])),
    )[0]


def baseline(new: Purchase, earlier: Sequence[Purchase], window: int) -> str | None:
    """The plain rule that `judge` is measured against: the same item within some minutes.

    Args:
        new: the payment that was captured.
        earlier: payments of the same customer or the same card.
        window: seconds.

    Returns:
        The payment that `new` repeats; None where the rule sees nothing wrong.
    """
    repeated = [
        each
        for each in earlier
        if each.payment_id != new.payment_id
        and not each.returned
        and (each.customer_id == new.customer_id or _one_card(each, new))
        and each.item == new.item
        and _apart(each.paid_at, new.paid_at) <= window
    ]
    return min(repeated, key=in_order).payment_id if repeated else None


def _compare(new: Purchase, other: Purchase, over: int, window: int, unseen_window: int) -> Verdict:
    first, second = sorted((new, other), key=in_order)
    reason = _reason(first, second, over, window, unseen_window)
    if reason is Reason.UNRELATED:
        return _UNRELATED
    if reason is Reason.SAME_BOOKING:
        # A booking is used once, so the extra charge has bought nothing; but what stays must
        # still pay for it where several cards share the price.
        extra = first if first.amount.minor <= over < second.amount.minor else second
        certain = extra.amount.minor <= over
    else:
        extra = _extra(first, second)
        certain = reason in _CERTAIN and not extra.used
    stays = first if extra is second else second
    kind = Kind.CERTAIN if certain else Kind.SUSPECTED
    return Verdict(kind, stays.payment_id, extra.payment_id, reason)


def _reason(
    first: Purchase, second: Purchase, over: int, window: int, unseen_window: int
) -> Reason:
    same_item = first.item == second.item
    apart = _apart(first.paid_at, second.paid_at)
    if first.booking_id is not None and first.booking_id == second.booking_id:
        return Reason.SAME_BOOKING if same_item and over > 0 else Reason.UNRELATED
    if first.customer_id != second.customer_id:
        # The form's name is the client's own choice, so it links nobody to another's money.
        shared = same_item and apart <= window and _one_card(first, second)
        return Reason.SAME_ITEM if shared else Reason.UNRELATED
    same_form = first.checkout is not None and first.checkout == second.checkout
    unseen = _unseen(first, second)
    if same_form and unseen and apart <= unseen_window:
        return Reason.SAME_LINE if same_item else Reason.CHOSEN_ANEW
    if same_form and same_item:
        return Reason.FORM_SENT_AGAIN
    if same_item and apart <= window:
        return Reason.SAME_ITEM
    if same_item and unseen and apart <= unseen_window:
        return Reason.NEVER_SHOWN
    return Reason.OVERLAP if _overlap(first, second) else Reason.UNRELATED


def _extra(first: Purchase, second: Purchase) -> Purchase:
    if first.used != second.used:
        return first if second.used else second
    if first.item != second.item and _unseen(first, second):
        # He took the first for failed and chose anew: what he chose last is what he wants.
        return first
    return second


def _overpaid(new: Purchase, others: Sequence[Purchase]) -> int:
    """What the booking of a payment has received above its price, in minor units."""
    parts = (
        each.amount.minor
        for each in (new, *others)
        if each.booking_id == new.booking_id and each.item == new.item
    )
    return sum(parts) - new.due.minor


def _overlap(first: Purchase, second: Purchase) -> bool:
    one, other = first.item, second.item
    if isinstance(one, AskedSession) and isinstance(other, AskedSession):
        return one.overlaps(other)
    return False


def _unseen(first: Purchase, second: Purchase) -> bool:
    return first.shown_at is None or first.shown_at > second.requested_at


def _one_card(one: Purchase, other: Purchase) -> bool:
    return one.card is not None and one.card == other.card


def _apart(one: datetime, other: datetime) -> float:
    return abs(one - other).total_seconds()


def in_order(purchase: Purchase) -> tuple[datetime, datetime, str]:
    """Sorts payments by when they were made; of one second, by when they were asked for."""
    return purchase.paid_at, purchase.requested_at, purchase.payment_id
