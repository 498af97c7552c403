"""Whatever customers, agents, banks and the provider do to a payment, and in whatever order.

After each step the play holds the state against the fold of its events, each account against the
state, and the refunds against what was captured (tests/unit/domain/payment/play.py).
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from hypothesis import event, given, settings
from hypothesis import strategies as st

from shared.domain import ledger
from shared.domain.effects import Effect, EffectKind
from shared.domain.errors import RuleBroken
from shared.domain.payment import commands as c
from shared.domain.payment.claims import Dispute, Refund, RefundStatus
from tests.unit.domain.payment.play import (
    AGENT,
    BOOKING_ID,
    MANAGER,
    PAYMENT_ID,
    TARIFF,
    PaymentPlay,
    booked,
    nobodys,
    rub,
    top_up,
    unused,
)

START: list[Callable[[], PaymentPlay]] = [
    booked,
    unused,
    lambda: unused(used=70_001),
    lambda: top_up(4_000_000),
    nobodys,
]
_WITH_PROVIDER = (RefundStatus.ACCEPTED, RefundStatus.SETTLED)


class Anybody:
    """Everybody who may do something to a payment; what no provider would do is left out."""

    def __init__(self, play: PaymentPlay) -> None:
        self.play = play
        self.moved: dict[str, list[tuple[str, int, int]]] = {}
        self.lost: dict[str, bool | None] = {}
        self.asking: set[str] = set()
        self._count = self._followed = 0

    def _fresh(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}_{self._count}"

    @property
    def _booked(self) -> int:
        return -self.play.held(ledger.booking_account(BOOKING_ID))

    @property
    def _room(self) -> int:
        """What the provider would still refund, or a bank withdraw."""
        payment = self.play.payment
        gone = sum(r.amount.minor for r in payment.refunds if r.status in _WITH_PROVIDER)
        return payment.captured.minor - gone - sum(d.withdrawn for d in payment.disputes)

    def _refund(self, n: int) -> Refund | None:
        refunds = self.play.payment.refunds
        return refunds[n % len(refunds)] if refunds else None

    # --- the customer, agents, time ---------------------------------------------------------------

    def ask(self, n: int, minor: int) -> None:
        by = ("customer", AGENT, "system")[n % 3]
        amount = None if minor == 0 else rub(minor)
        self.play.ask(amount, refund_id=self._fresh("r"), by=by, our_fault=n % 2 == 1)

    def approve(self, n: int, _: int) -> None:
        if refund := self._refund(n):
            self.play.do(c.ApproveRefund(refund.refund_id, MANAGER))

    def deny(self, n: int, _: int) -> None:
        if refund := self._refund(n):
            self.play.do(c.DenyRefund(refund.refund_id, MANAGER))

    def cancel(self, _: int, __: int) -> None:
        if self._booked and not self.play.payment.contested:
            self.play.cancel(self._fresh("r"))

    def session(self, _: int, minor: int) -> None:
        if self._booked:
            self.play.session(rub(minor % (self._booked + 1)), self._fresh("lot"))
            # As the booking's end does (shared/domain/consequences.py).
            for kind in (EffectKind.LOOK_UP_DISPUTE, EffectKind.REGAIN_LOTS):
                self.play.effects.append(Effect(kind, PAYMENT_ID))

    def spend(self, n: int, minor: int) -> None:
        if lots := sorted(self.play.lots):
            lot = self.play.lots[lots[n % len(lots)]]
            self.play.spend(lot.lot_id, 1 + minor % lot.left)

    def assign(self, _: int, __: int) -> None:
        self.play.do(c.AssignCustomer("anna", AGENT))

    def question(self, n: int, minor: int) -> None:
        self.play.do(c.SuspectDuplicate("pi_0", "same_item"))
        if minor % 2:
            self.play.do(c.AnswerDuplicate(wanted_both=n % 2 == 0))

    def wait(self, n: int, minor: int) -> None:
        self.play.now += timedelta(hours=n * 7, seconds=minor % 100_000)
        self.play.do(c.Tick())

    # --- the provider -----------------------------------------------------------------------------

    def note(self, n: int, minor: int) -> None:
        refund = self._refund(n)
        if refund is None or refund.reason is None or refund.status in _WITH_PROVIDER[1:]:
            return
        if refund.status is RefundStatus.ACCEPTED or refund.amount.minor <= self._room:
            re_id = refund.provider_refund_id or f"re-{refund.refund_id}"
            self.play.do(c.NoteRefund(refund.refund_id, re_id, settled=minor % 2 == 0))

    def refuse(self, n: int, _: int) -> None:
        if refund := self._refund(n):
            self.play.do(c.RetryRefund(refund.refund_id, refund.attempt))
            self.play.do(c.NoteRefundRefused(refund.refund_id, "expired_or_canceled_card"))

    def by_hand(self, _: int, minor: int) -> None:
        amount = min(minor, self._room)
        if amount <= 0:
            return
        in_full = self.play.payment.refunded.minor + amount == self.play.payment.captured.minor
        if in_full and self._booked:
            self._give_up()
        self.play.see_refund(rub(amount), self._fresh("re_hand"))

    # --- the bank ---------------------------------------------------------------------------------

    def inquire(self, _: int, __: int) -> None:
        dispute_id = self._fresh("dp")
        self.asking.add(dispute_id)
        self._tell(dispute_id)

    def claim(self, _: int, minor: int) -> None:
        amount = min(minor, self._room)
        known = [d.dispute_id for d in self.play.payment.disputes if d.is_open and d.inquiry]
        dispute_id = known[0] if known else self._fresh("dp")
        self.asking.discard(dispute_id)
        if amount > 0:
            moves = self.moved.setdefault(dispute_id, [])
            moves.append((self._fresh("txn"), -amount, 1500))
        self._tell(dispute_id)

    def give_up(self, _: int, __: int) -> None:
        """The booking's start comes while the bank claims its money."""
        if self._booked and self.play.payment.contested:
            self._give_up()

    def decide(self, n: int, minor: int) -> None:
        open_ = [d for d in self.play.payment.disputes if d.is_open]
        if open_:
            self.close(open_[n % len(open_)], lost=minor % 2 == 0)

    def close(self, dispute: Dispute, *, lost: bool) -> None:
        """The bank decides; what it does not keep comes back."""
        self.lost[dispute.dispute_id] = lost and not dispute.inquiry
        if lost and self._booked:
            self._give_up()
        if not self.lost[dispute.dispute_id] and dispute.withdrawn:
            back = (self._fresh("txn"), dispute.withdrawn, -1500)
            self.moved[dispute.dispute_id].append(back)
        self._tell(dispute.dispute_id)

    # --- our workers ------------------------------------------------------------------------------

    def follow(self) -> None:
        """What was asked for is done: lots are frozen, or ours again."""
        while self._followed < len(self.play.effects):
            effect = self.play.effects[self._followed]
            self._followed += 1
            if effect.kind is EffectKind.REGAIN_LOTS:
                self.play.do(c.Regain(self.play.own_lots()))
            elif effect.kind is EffectKind.LOOK_UP_DISPUTE and not effect.subject:
                for dispute in self.play.payment.disputes:
                    self._tell(dispute.dispute_id)

    def _give_up(self) -> None:
        self.play.do(c.Return(BOOKING_ID, rub(self._booked)))

    def _tell(self, dispute_id: str) -> None:
        self.play.dispute(
            *self.moved.get(dispute_id, []),
            lost=self.lost.get(dispute_id),
            inquiry=dispute_id in self.asking,
            dispute_id=dispute_id,
        )


ACTIONS = sorted(
    name for name in vars(Anybody) if not name.startswith("_") and name not in ("close", "follow")
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(ACTIONS),
        st.integers(0, 11),
        st.one_of(st.integers(0, 200_000), st.sampled_from([0, 150_000, 2_000_000])),
    ),
    max_size=25,
)


@settings(max_examples=300, deadline=None)
@given(start=st.sampled_from(START), steps=STEPS)
def test_no_order_of_events_breaks_the_books_or_returns_more_than_was_captured(
    start: Callable[[], PaymentPlay], steps: list[tuple[str, int, int]]
) -> None:
    # Never 1, Never 2, Never 5, S2.7, S2.9, S2.11
    play = start()
    anybody = Anybody(play)
    for action, n, minor in steps:
        with suppress(RuleBroken):
            getattr(anybody, action)(n, minor)
        anybody.follow()
        assert_nothing_is_his_twice(play)
    for dispute in play.payment.disputes:
        if dispute.is_open:
            anybody.close(dispute, lost=False)
            anybody.follow()
    event(f"{len(play.payment.refunds)} refunds, {len(play.payment.disputes)} disputes")
    # Never 3: whoever is known has his money, the booking, the balance or the card.
    assert play.payment.unallocated == 0 or play.payment.customer_id is None
    play.now += timedelta(minutes=6)
    play.do(c.Tick())
    assert play.do(c.Tick()) == ()
    assert_nothing_is_his_twice(play)


def assert_nothing_is_his_twice(play: PaymentPlay) -> None:
    """What he may use, now or when the bank has decided, has not gone back to him besides."""
    payment, lots = play.payment, play.own_lots()
    free = sum(lot.value.minor for lot in lots) + payment.unallocated
    # A second has a price: what cannot be cut exactly stays with him, each time that some is taken.
    times = 1 + len(payment.refunds) + len(payment.disputes)
    uncut = times * (TARIFF.price(1).minor + 1) + len(lots)
    assert free <= max(0, payment.refundable.minor) + uncut
    assert not (payment.contested and lots), lots
