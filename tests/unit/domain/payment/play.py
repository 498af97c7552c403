"""A payment played by hand: commands in, events out, and the books that follow from them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.domain import ledger
from shared.domain.business_days import Calendar
from shared.domain.card import Card
from shared.domain.effects import Consequences, Effect, EffectKind
from shared.domain.letters.payment_letters import PaymentLetter
from shared.domain.lots import Lot, Tariff
from shared.domain.money import Money
from shared.domain.payment import commands as c
from shared.domain.payment import events as e
from shared.domain.payment.claims import Refund
from shared.domain.payment.consequences import consequences
from shared.domain.payment.decide import decide, next_due
from shared.domain.payment.payment import Payment, evolve, fold
from shared.domain.payment.refund_sources import sources
from shared.domain.policy import CURRENT

# A Monday, noon in Moscow.
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CALENDAR = Calendar("Europe/Moscow", lambda day: day.weekday() < 5)
TARIFF = Tariff("standard", Money(5000, "rub"))
CARD = Card("visa", "4242", "fp_1")
PAYMENT_ID, BOOKING_ID = "pi_1", "100000000006"
PRICE = Money(150_000, "rub")
AGENT, MANAGER = "agent:ann", "agent:max"


def rub(minor: int) -> Money:
    """An amount in the payment's currency."""
    return Money(minor, "rub")


def opened(
    *,
    purpose: e.Purpose = e.Purpose.BOOKING,
    customer_id: str | None = "anna",
    amount: Money = PRICE,
) -> e.PaymentOpened:
    """A payment for a booking, for the balance, or by nobody we know."""
    return e.PaymentOpened(
        payment_id=PAYMENT_ID,
        purpose=purpose,
        customer_id=customer_id,
        booking_id=BOOKING_ID if purpose is e.Purpose.BOOKING else None,
        due=amount,
        checkout="page-1",
        language="en",
        policy_version=CURRENT.version,
    )


class PaymentPlay:
    """One payment, its history, the customer's balance, and the books.

    Args:
        event: how it was opened.

    Attributes:
        lots: what stands on the customer's balance, by lot id.
        books: what each account holds, per unit; what we owe is negative.
        effects: all that was asked for, in order.
    """

    def __init__(self, event: e.PaymentOpened | None = None) -> None:
        self.now = MONDAY
        start = event or opened()
        self.payment = evolve(None, start, self.now)
        self.history: list[tuple[datetime, e.Event]] = [(self.now, start)]
        self.lots: dict[str, Lot] = {}
        self.books: Counter[tuple[str, str]] = Counter()
        self.effects: list[Effect] = []
        self._answered = 0

    # --- what happens -----------------------------------------------------------------------------

    def do(self, command: c.Command) -> tuple[e.Event, ...]:
        """Carry out a command now, and hold what follows against every promise."""
        before = self.payment
        events, self.payment = decide(before, command, self.now, CURRENT, CALENDAR)
        self.history += [(self.now, event) for event in events]
        assert fold(self.history) == self.payment  # Never 5
        self._write(consequences(before, self._steps(before, events)))
        self.assert_right()
        return events

    def _steps(self, state: Payment, events: Sequence[e.Event]) -> list[tuple[e.Event, Payment]]:
        steps = []
        for event in events:
            state = evolve(state, event, self.now)
            steps.append((event, state))
        return steps

    def _write(self, follows: Consequences) -> None:
        """As the store does: a lot is taken as it was seen, and comes into being once."""
        self.post(*follows.postings)
        ids = [*(t.lot_id for t in follows.taken), *(lot.lot_id for lot in follows.new_lots)]
        assert len(ids) == len(set(ids)), "a transaction writes an item once"
        assert len(ids) <= 22, "a transaction has 25 items"
        for taken in follows.taken:
            lot = self.lots.pop(taken.lot_id)
            assert lot.left == taken.left
            if lot.left > taken.seconds:
                self.lots[lot.lot_id] = lot.without(taken.seconds)
        for lot in follows.new_lots:
            assert lot.lot_id not in self.lots and lot.left > 0
            self.lots[lot.lot_id] = lot
        self.effects += follows.effects

    def post(self, *postings: ledger.Posting) -> None:
        """One journal entry; it cannot be made where it does not sum to zero (Never 1)."""
        ledger.JournalEntry("entry", self.now, PAYMENT_ID, "test", postings)
        for posting in postings:
            self.books[posting.account, posting.unit] += posting.amount

    def until(self, moment: datetime, *, silent: bool = False) -> None:
        """Let time pass; every timer fires at its moment.

        Args:
            silent: nobody sends letters and opens cases meanwhile.
        """
        if not silent:
            self.answer_all()
        while (due := next_due(self.payment, self.now, CURRENT)) is not None and due <= moment:
            self.now = max(self.now, due)
            self.do(c.Tick())
            if not silent:
                self.answer_all()
        self.now = moment

    # --- shorthand --------------------------------------------------------------------------------

    def capture(self, amount: Money | None = None) -> "PaymentPlay":
        """The provider took the money."""
        self.do(c.Capture(amount or self.payment.due, "ch_1", CARD, self.now))
        return self

    def paid(self) -> "PaymentPlay":
        """Captured, and with its booking."""
        self.capture()
        self.do(c.Allocate(BOOKING_ID, self.payment.captured))
        return self

    def session(self, used: Money, lot_id: str = "lot-1") -> "PaymentPlay":
        """The booking's session: some of its money is earned, the rest is minutes on the balance.

        Args:
            used: the price of the minutes that were used.
        """
        held, customer = ledger.booking_account(BOOKING_ID), ledger.minutes_account("anna")
        paid = rub(-self.held(held))
        seconds = TARIFF.seconds(paid)
        left = seconds - seconds * used.minor // paid.minor
        lot = Lot(
            lot_id=lot_id,
            tariff_id=TARIFF.tariff_id,
            bought=seconds,
            left=left,
            paid=paid,
            payment_id=PAYMENT_ID,
            paid_at=self.now,
            returned_at=self.now,
        )
        earned = paid - lot.value
        self.post(
            *ledger.move("sec:standard", ledger.MINUTES_SOLD, held, seconds),
            *ledger.move("rub", held, ledger.REVENUE, earned.minor),
            *ledger.move("sec:standard", held, ledger.MINUTES_USED, seconds - left),
            *ledger.move("rub", held, customer, lot.value.minor),
            *ledger.move("sec:standard", held, customer, left),
        )
        if left:
            self.lots[lot_id] = lot
        return self

    def spend(self, lot_id: str, seconds: int) -> None:
        """The customer uses some of a lot: it is earned."""
        lot = self.lots.pop(lot_id)
        rest = lot.without(seconds)
        worth = (lot.value - rest.value).minor
        account = ledger.balance_account if lot.is_money else ledger.minutes_account
        self.post(*ledger.move("rub", account("anna"), ledger.REVENUE, worth))
        if not lot.is_money:
            unit = f"sec:{lot.tariff_id}"
            self.post(*ledger.move(unit, account("anna"), ledger.MINUTES_USED, seconds))
        if rest.left:
            self.lots[lot_id] = rest

    def ask(
        self,
        amount: Money | None = None,
        *,
        refund_id: str = "r1",
        by: str = "customer",
        our_fault: bool = False,
    ) -> Refund:
        """Somebody asks for a refund, by the rules of what may go back."""
        found = sources(
            self.payment, self.own_lots(), amount, self.now, CURRENT, our_fault=our_fault
        )
        reason = e.RefundReason.OUR_FAULT if our_fault else e.RefundReason.CHANGE_OF_MIND
        self.do(
            c.RequestRefund(
                refund_id, found.amount, reason, by, taken=found.taken, goodwill=found.goodwill
            )
        )
        return self.refund(refund_id)

    def cancelled(self, refund_id: str = "r1") -> Refund:
        """The booking is cancelled, and what was not given back before goes back."""
        self.cancel(refund_id)
        return self.refund(refund_id)

    def cancel(self, refund_id: str) -> None:
        """The booking is cancelled."""
        amount = rub(-self.held(ledger.booking_account(BOOKING_ID)))
        self.do(
            c.RequestRefund(
                refund_id, amount, e.RefundReason.CANCELLED, "customer", returned_by=BOOKING_ID
            )
        )

    def settled(self, refund_id: str = "r1", provider_refund_id: str = "re_1") -> None:
        """The provider paid a refund out."""
        self.do(c.NoteRefund(refund_id, provider_refund_id, settled=True))

    def see_refund(self, amount: Money, provider_refund_id: str = "re_hand") -> None:
        """Somebody refunded by hand."""
        self.do(c.SeeRefund(provider_refund_id, amount, self.own_lots()))

    def dispute(
        self,
        *movements: tuple[str, int, int],
        lost: bool | None = None,
        inquiry: bool = False,
        dispute_id: str = "dp_1",
    ) -> tuple[e.Event, ...]:
        """What the provider says of a dispute over the whole payment, as it stands."""
        return self.do(
            c.NoteDispute(
                dispute_id=dispute_id,
                amount=self.payment.captured,
                inquiry=inquiry,
                reason="fraudulent",
                lost=lost,
                movements=movements,
                lots=self.own_lots(),
            )
        )

    # --- what there is ----------------------------------------------------------------------------

    def own_lots(self) -> tuple[Lot, ...]:
        """The customer's lots that came from this payment."""
        return tuple(lot for lot in self.lots.values() if lot.payment_id == PAYMENT_ID)

    def refund(self, refund_id: str = "r1") -> Refund:
        """One of its refunds."""
        refund = self.payment.refund(refund_id)
        assert refund is not None, f"no refund {refund_id}"
        return refund

    def held(self, account: str, unit: str | None = None) -> int:
        """What an account holds, in the payment's currency where no other unit is named."""
        return self.books[account, unit or self.payment.captured.currency]

    def of[E](self, kind: type[E]) -> list[E]:
        """All events of a kind, in order."""
        return [event for _, event in self.history if isinstance(event, kind)]

    def letters(self) -> list[PaymentLetter]:
        """The letters that were to be sent, in order."""
        return [event.letter for event in self.of(e.LetterDue)]

    def cases(self) -> list[str]:
        """The matters a person was asked to look at."""
        return [event.effect_id for event in self.of(e.CaseNeeded)]

    def asked(self, kind: EffectKind) -> list[Effect]:
        """All effects of a kind, in order."""
        return [effect for effect in self.effects if effect.kind is kind]

    def answer_all(self) -> None:
        """Every letter is sent and every case opened."""
        for effect in self.effects[self._answered :]:
            if effect.kind is EffectKind.SEND_PAYMENT_LETTER:
                self.do(c.NoteLetterSent(effect.subject))
            elif effect.kind is EffectKind.OPEN_CASE:
                self.do(c.NoteCase(effect.subject, "500000000000"))
        self._answered = len(self.effects)

    def assert_right(self) -> None:
        """Accounts agree with the state and with the balance, and none goes the wrong way."""
        payment, held = self.payment, self.held
        assert held(ledger.payment_account(PAYMENT_ID)) == -payment.unallocated <= 0
        assert payment.refunded.minor <= payment.captured.minor  # Never 2
        for refund in payment.refunds:
            waits = refund.status.is_open or refund.status.value == "awaiting_approval"
            expected = -refund.amount.minor if waits else 0
            assert held(ledger.refund_account(refund.refund_id)) == expected, refund
        frozen = [lot for dispute in payment.disputes for lot in dispute.frozen]
        assert held(ledger.frozen_account(PAYMENT_ID)) == -_worth(frozen)
        self._assert_balance(frozen)
        for dispute in payment.disputes:
            expected = 0 if dispute.lost else dispute.withdrawn
            assert held(ledger.dispute_account(dispute.dispute_id)) == expected
        assert held(ledger.GOODWILL) >= 0 and held(ledger.REVENUE) <= 0
        for unit in {unit for _, unit in self.books}:
            assert sum(n for (_, u), n in self.books.items() if u == unit) == 0  # Never 1

    def _assert_balance(self, frozen: list[Lot]) -> None:
        lots = list(self.lots.values())
        minutes = [lot for lot in lots if not lot.is_money]
        money = [lot for lot in lots if lot.is_money]
        assert self.held(ledger.balance_account("anna")) == -_worth(money)
        assert self.held(ledger.minutes_account("anna")) == -_worth(minutes)
        for account, there in (
            (ledger.minutes_account("anna"), minutes),
            (ledger.frozen_account(PAYMENT_ID), [lot for lot in frozen if not lot.is_money]),
        ):
            assert self.held(account, "sec:standard") == -sum(lot.left for lot in there)


def _worth(lots: Sequence[Lot]) -> int:
    return sum(lot.value.minor for lot in lots)


def top_up(minor: int = 150_000) -> PaymentPlay:
    """Money put on the balance by card."""
    return PaymentPlay(opened(purpose=e.Purpose.TOP_UP, amount=rub(minor))).capture()


def booked() -> PaymentPlay:
    """A booking of thirty minutes, paid by card."""
    return PaymentPlay().paid()


def unused(used: int = 0) -> PaymentPlay:
    """A booking that is over: what was not used of it stands on the balance."""
    return booked().session(rub(used))


def nobodys() -> PaymentPlay:
    """Money of somebody we do not know."""
    play = PaymentPlay(opened(purpose=e.Purpose.UNKNOWN, customer_id=None)).capture()
    play.do(c.NoteCase("case-unknown", "500000000000"))
    return play


def many_lots(count: int) -> PaymentPlay:
    """A top-up that stands on the balance in many pieces."""
    play = top_up(count * 1000)
    (whole,) = play.lots.values()
    play.lots = {
        f"piece-{n:03}": replace(
            whole, lot_id=f"piece-{n:03}", bought=1000, left=1000, paid=rub(1000)
        )
        for n in range(count)
    }
    return play
