"""More minutes for a session that runs: what they cost, and whether the next customer can wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.application.bookings import Bookings
from shared.application.operator_time import look_ahead
from shared.application.store import Cause, Replay
from shared.application.top_ups import TopUpRequest, TopUps
from shared.domain import commands as c
from shared.domain import events as e
from shared.domain.booking import Booking
from shared.domain.declines import advice_on, advice_text
from shared.domain.errors import Conflict, OutcomeUnknown, RuleBroken
from shared.domain.lots import MOST_HOLDINGS, MOST_LOTS, Funding, Lot, fund
from shared.domain.money import Money
from shared.domain.payment import commands as pc
from shared.domain.payment.payment import Payment, Status
from shared.domain.policy import CURRENT, policy_of
from shared.domain.session.extension import extend, longest, runs_until
from shared.domain.top_up import smallest_top_up


@dataclass(frozen=True, slots=True)
class Quote:
    """What an extension costs.

    Args:
        minutes: how many more.
        price: of these minutes.
        covered: seconds of them that the balance covers.
        from_balance: what was paid for those.
        card_due: what a saved card is charged for the others; not less than the smallest top-up,
            what is too much stays on the balance.
        longest_minutes: the most that can be added now.
        next_delay: seconds that the next customer starts later.
    """

    minutes: int
    price: Money
    covered: int
    from_balance: Money
    card_due: Money
    longest_minutes: int
    next_delay: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """An extension as it would be made now.

    Args:
        most: seconds that can be added at most.
        delay: seconds that the next customer starts later.
    """

    command: c.Extend
    funding: Funding
    most: int
    delay: int


class Extensions:
    """Extends sessions, from the balance and with a saved card (S1.12).

    Args:
        bookings: whose sessions run.
        top_ups: charge a saved card for what the balance does not cover.
    """

    def __init__(self, bookings: Bookings, top_ups: TopUps) -> None:
        self._bookings = bookings
        self._store = bookings.store
        self._top_ups = top_ups

    def quote(self, booking_id: str, minutes: int) -> Quote:
        """What an extension costs now; nothing is held for it.

        Raises:
            RuleBroken: it is not possible; says how many minutes would be.
        """
        booking = self._bookings.load(booking_id).state
        plan = self._plan(booking, minutes * 60, None)
        currency = booking.tariff.per_minute.currency
        paid = sum(holding.paid.minor for holding in plan.funding.holdings)
        return Quote(
            minutes=minutes,
            price=booking.tariff.price(minutes * 60),
            covered=minutes * 60 - plan.funding.card_seconds,
            from_balance=Money(paid, currency),
            card_due=self._charged(plan.funding),
            longest_minutes=plan.most // 60,
            next_delay=plan.delay,
        )

    def extend(self, booking_id: str, minutes: int, card_id: str | None, replay: Replay) -> Booking:
        """Add minutes: from the balance, and what is missing there from a saved card.

        The card is charged once per key, and only after the extension was found to be possible;
        where somebody books the operator's time meanwhile, the money stands on the balance.

        Args:
            booking_id: which session.
            minutes: how many more.
            card_id: of a saved card; None to pay from the balance alone.
            replay: the idempotency key of the request.

        Raises:
            RuleBroken: it is not possible, the balance does not cover it, or the bank refused.
            NotFound: he has no such saved card.
            Conflict: others were first, again and again.
            Upstream: the provider did not answer, or has the card no more; the same request goes
                on where this one stopped.
        """
        replay = Replay(replay.owner, replay.key, replay.fingerprint, booking_id)
        before = self._bookings.replayed(replay)
        if before is not None:
            return before
        booking = self._bookings.load(booking_id).state
        funding = self._plan(booking, minutes * 60, None).funding
        charged: Payment | None = None
        if funding.card_due.minor:
            if card_id is None:
                raise _balance_too_low(booking, minutes * 60, funding)
            charged = self._charge(booking, self._charged(funding), card_id, replay)
        try:
            return self._extend(booking_id, minutes * 60, charged, replay)
        except (RuleBroken, Conflict) as error:
            if charged is None:
                raise
            detail = f"{error.detail} {charged.captured} stand on your balance, refundable."
            raise type(error)(error.code, detail, error.field) from error

    def _extend(
        self, booking_id: str, seconds: int, charged: Payment | None, replay: Replay
    ) -> Booking:
        payment_id = charged.payment_id if charged else None

        def command(booking: Booking) -> c.Command:
            plan = self._plan(booking, seconds, payment_id)
            if plan.funding.card_due.minor:
                raise _balance_too_low(booking, seconds, plan.funding)
            return plan.command

        evidence = {"idempotency_key": replay.key}
        if payment_id is not None:
            evidence["payment"] = payment_id
        cause = Cause("Extend", "customer", evidence)
        extended = self._bookings.apply(booking_id, command, cause, replay=replay)
        if payment_id is not None:
            # Our answer tells him that it was paid: a further extension repeats nothing (S2.1).
            shown = Cause("NoteShown", "customer", {"booking": booking_id})
            self._bookings.payments.apply(payment_id, pc.NoteShown(), shown)
        return extended

    def _plan(self, booking: Booking, seconds: int, payment_id: str | None) -> _Plan:
        """The extension as it can be made now.

        Args:
            payment_id: of the card's charge for it.

        Raises:
            RuleBroken: it cannot.
        """
        now, policy = self._bookings.clock.now(), policy_of(booking.policy_version)
        session = booking.session
        over = runs_until(booking, session) if session else None
        if session is None or over is None:
            raise RuleBroken("not_connected", "A session can be extended while you are connected.")
        room = timedelta(seconds=max(0, policy.session_longest - booking.seconds))
        ahead = look_ahead(self._bookings, booking, over + room)
        funding = self._fund(booking, seconds, payment_id, now)
        command = c.Extend(seconds, funding.holdings, ahead)
        events = extend(booking, session, command, now, policy)
        delays = [found.delay_seconds for found in events if isinstance(found, e.OverrunFound)]
        most = longest(booking, session, ahead, now, policy)
        return _Plan(command, funding, most, sum(delays))

    def _fund(
        self, booking: Booking, seconds: int, payment_id: str | None, now: datetime
    ) -> Funding:
        """From the balance as always, the card's charge for it last; a place is kept for that."""
        lots = self._store.lots(booking.customer_id)
        fresh = [lot for lot in lots if payment_id and lot.payment_id == payment_id]
        others = [lot for lot in lots if lot not in fresh]
        most = min(MOST_LOTS, MOST_HOLDINGS - len(booking.holdings)) - 1
        if most < 0:
            raise RuleBroken("extended_too_often", "This session was extended too often.")
        return _joined(seconds, booking, others, fresh, most, now)

    def _charged(self, funding: Funding) -> Money:
        """What a card pays: what is missing, and not less than any card can be charged."""
        due = funding.card_due
        if due.minor == 0:
            return due
        prices = [t for t in self._store.tariffs() if t.per_minute.currency == due.currency]
        smallest = smallest_top_up(prices, CURRENT)
        return max(due, smallest, key=lambda amount: amount.minor)

    def _charge(self, booking: Booking, amount: Money, card_id: str, replay: Replay) -> Payment:
        request = TopUpRequest(
            customer_id=booking.customer_id,
            email=None,
            amount=amount,
            language=booking.language,
            card_id=card_id,
        )
        # The customer's own keys do not meet these: nobody's id reads like this owner.
        own = Replay(f"extension-{booking.booking_id}", replay.key, replay.fingerprint, "")
        made = self._top_ups.start(request, own)
        if made.payment.status is Status.CAPTURED:
            return made.payment
        if made.intent.decline_code is None:
            raise OutcomeUnknown("charge_unknown", "Nobody knows yet whether the card was charged.")
        advice = advice_text(advice_on(made.intent.decline_code), booking.language)
        raise RuleBroken("card_refused", advice, "card_id")


def _joined(
    seconds: int,
    booking: Booking,
    others: Sequence[Lot],
    fresh: Sequence[Lot],
    most: int,
    now: datetime,
) -> Funding:
    funding = fund(seconds, booking.tariff, others, now, most)
    if not fresh or not funding.card_seconds:
        return funding
    rest = fund(funding.card_seconds, booking.tariff, fresh, now, 1)
    holdings = (*funding.holdings, *rest.holdings)
    return Funding(holdings, rest.card_seconds, rest.card_due)


def _balance_too_low(booking: Booking, seconds: int, funding: Funding) -> RuleBroken:
    price, covered = booking.tariff.price(seconds), seconds - funding.card_seconds
    detail = (
        f"{seconds // 60} minutes cost {price}; your balance covers {covered // 60} of them. "
        "Name a saved card for the rest."
    )
    return RuleBroken("balance_too_low", detail, "minutes")
