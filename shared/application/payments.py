"""Money coming in by card: the intent, and what the provider reports of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.application.bookings import Bookings
from shared.application.payment_records import Opening
from shared.application.ports import Intent, IntentStatus, Payments
from shared.application.store import Cause, FundsSpent, SlotTaken
from shared.domain import commands as c
from shared.domain.booking import CANCEL_INTENT, Booking, Status
from shared.domain.errors import OutcomeUnknown, RuleBroken
from shared.domain.money import Money
from shared.domain.payment import commands as pc
from shared.domain.payment import payment as paid
from shared.domain.payment.events import PaymentOpened, Purpose
from shared.domain.payment.payment import Payment
from shared.domain.policy import CURRENT, policy_of

PROVIDER = "payment provider"


@dataclass(frozen=True, slots=True)
class Checkout:
    """What the customer's browser needs to confirm a payment at the provider."""

    booking: Booking
    intent: Intent


class CardPayments:
    """The one way money comes in by card.

    Args:
        bookings: what is paid for.
        provider: who takes the money.
        watch: looks at a captured payment for duplicates; asked again, it does no harm.
        keep_card: saves the card of a captured payment where its owner agreed; repeatable too.
    """

    def __init__(
        self,
        bookings: Bookings,
        provider: Payments,
        watch: Callable[[Payment], None],
        keep_card: Callable[[Intent], None],
    ) -> None:
        self._bookings = bookings
        self._payments = bookings.payments
        self._provider = provider
        self._watch = watch
        self._keep_card = keep_card

    def start(self, booking_id: str) -> Checkout:
        """The payment intent of a held booking: one for life, however often asked for (S2.10).

        Raises:
            RuleBroken: there is nothing to pay, or not any more.
            Upstream: the provider did not answer.
        """
        booking = self._bookings.load(booking_id).state
        if booking.status is not Status.HELD or booking.card_due.minor == 0:
            raise RuleBroken("nothing_to_pay", f"This booking is {booking.status}.")
        if booking.hold_until <= self._bookings.clock.now():
            raise RuleBroken("hold_over", "The slot was held until then and is free again.")
        if booking.intent_id is not None:
            return Checkout(booking, self._provider.intent(booking.intent_id))
        intent = self._make_intent(booking)
        cause = Cause("StartPayment", "customer", {"payment_intent": intent.intent_id})
        booking = self._bookings.apply(booking_id, c.NoteIntent(intent.intent_id), cause)
        if booking.intent_id not in (None, intent.intent_id):
            # Another request was first; only the secret of the intent we noted is ever handed out.
            intent = self._provider.intent(str(booking.intent_id))
        return Checkout(booking, intent)

    def reported(self, intent_id: str, evidence: dict[str, str]) -> None:
        """Something happened to an intent: ask the provider what, and decide on that alone.

        Args:
            intent_id: from a webhook or a list, which is not trusted further than this.
            evidence: ids for the timeline.
        """
        self._decide(self._provider.intent(intent_id), evidence)

    def charged(self, charge_id: str, evidence: dict[str, str]) -> None:
        """The provider holds a charge that nobody told us of: ask for it, and record it (S2.5).

        Args:
            charge_id: of one that may have been made by hand, without an intent.
            evidence: ids for the timeline.
        """
        charge = self._provider.charge(charge_id)
        if charge.intent_id is not None:
            self.reported(charge.intent_id, evidence)
        elif charge.captured.minor:
            capture = pc.Capture(charge.captured, charge_id, charge.card, charge.created)
            cause = {**evidence, "charge": charge_id}
            self._take(charge_id, charge.metadata, charge.captured, capture, cause)
            self._watch(self._payments.load(charge_id).state)

    def payment_of(
        self, intent_id: str | None, charge_id: str | None, evidence: dict[str, str]
    ) -> Payment | None:
        """The payment that a refund or a dispute is about, recorded first where we missed it.

        Args:
            intent_id: None for a charge made without an intent.
            charge_id: names the payment where there is no intent.
            evidence: ids for the timeline.
        """
        payment_id = intent_id or charge_id
        if payment_id is None:
            return None
        known = self._payments.store.payment(payment_id)
        if known is not None and known.state.status is paid.Status.CAPTURED:
            return known.state
        record = self.reported if intent_id else self.charged
        record(payment_id, evidence)
        return self._payments.load(payment_id).state

    def found(self, intent: Intent) -> None:
        """Decide on what the provider has just answered."""
        self._decide(intent, {})

    def cancel_intent(self, booking_id: str) -> None:
        """The slot is released: no money must come any more; what came is settled (S2.10)."""
        booking = self._bookings.load(booking_id).state
        if CANCEL_INTENT not in booking.pending:
            return
        # Where we do not know the id, an intent may have been made all the same: its key finds it.
        intent_id = booking.intent_id or self._make_intent(booking).intent_id
        self._decide(self._provider.cancel_intent(intent_id), {})

    def look_up(self, payment_id: str) -> None:
        """Nobody told us how a payment ended: ask; one that waits for too long is cancelled."""
        payment = self._payments.load(payment_id).state
        if payment.status is not paid.Status.OPEN:
            return
        hold = timedelta(seconds=policy_of(payment.policy_version).payment_hold)
        over = payment.opened_at + hold <= self._bookings.clock.now()
        ask = self._provider.cancel_intent if over else self._provider.intent
        self._decide(ask(payment_id), {})

    def _decide(self, intent: Intent, evidence: dict[str, str]) -> None:
        """What the provider says of an intent, turned into what it means here."""
        evidence = {**evidence, "payment_intent": intent.intent_id}
        booking_id = intent.metadata.get("booking_id")
        if intent.status is IntentStatus.SUCCEEDED:
            self._captured(intent, {**evidence, "charge": intent.charge_id or ""})
        elif intent.status is IntentStatus.CANCELED:
            cause = Cause("NoteIntentCancelled", PROVIDER, evidence)
            if booking_id is not None:
                self._bookings.apply(booking_id, c.NoteIntentCancelled(intent.intent_id), cause)
            elif self._is_known(intent):
                self._payments.apply(intent.intent_id, pc.Abandon(), cause)
        elif intent.decline_code is not None:
            cause = Cause("DeclinePayment", PROVIDER, evidence)
            if booking_id is not None:
                declined = c.DeclinePayment(intent.intent_id, intent.decline_code)
                self._bookings.apply(booking_id, declined, cause)
            elif self._is_known(intent):
                self._payments.apply(intent.intent_id, pc.Decline(intent.decline_code), cause)

    def _is_known(self, intent: Intent) -> bool:
        return self._payments.store.payment(intent.intent_id) is not None

    # --- captured --------------------------------------------------------------------------------

    def _captured(self, intent: Intent, evidence: dict[str, str]) -> None:
        """The provider holds the money: to its booking, to the balance, or to a person (S2.5)."""
        known = self._payments.store.payment(intent.intent_id)
        if known is None or known.state.status is not paid.Status.CAPTURED:
            booking_id = intent.metadata.get("booking_id")
            booking = self._bookings.store.booking(booking_id) if booking_id else None
            if booking is not None:
                self._pay_booking(booking.state, intent, evidence)
            else:
                capture = _capture(intent)
                self._take(intent.intent_id, intent.metadata, intent.amount, capture, evidence)
        self._keep_card(intent)
        self._watch(self._payments.load(intent.intent_id).state)

    def _pay_booking(self, booking: Booking, intent: Intent, evidence: dict[str, str]) -> None:
        cause = Cause("ConfirmPayment", PROVIDER, evidence)
        opened = PaymentOpened(
            payment_id=intent.intent_id,
            purpose=Purpose.BOOKING,
            customer_id=booking.customer_id,
            booking_id=booking.booking_id,
            due=intent.amount,
            checkout=intent.metadata.get("checkout"),
            language=booking.language,
            policy_version=booking.policy_version,
        )

        def confirm(*, reinstate: bool) -> None:
            command = c.ConfirmPayment(
                intent.intent_id, intent.charge_id, intent.received, reinstate
            )
            opening = Opening(opened, _capture(intent))
            self._bookings.apply(booking.booking_id, command, cause, opening=opening)

        try:
            confirm(reinstate=True)
        except (SlotTaken, FundsSpent):
            confirm(reinstate=False)

    def _take(
        self,
        payment_id: str,
        metadata: Mapping[str, str],
        due: Money,
        capture: pc.Capture,
        evidence: dict[str, str],
    ) -> None:
        """Money for no booking we have: a top-up, or somebody's, or nobody's we know."""
        customer_id = metadata.get("customer_id")
        top_up = metadata.get("purpose") == Purpose.TOP_UP and customer_id is not None
        opened = PaymentOpened(
            payment_id=payment_id,
            purpose=Purpose.TOP_UP if top_up else Purpose.UNKNOWN,
            customer_id=customer_id,
            booking_id=None,
            due=due,
            checkout=metadata.get("checkout"),
            language=metadata.get("language", "en"),
            policy_version=CURRENT.version,
        )
        then: tuple[pc.Command, ...] = (capture,)
        if customer_id is not None and not top_up:
            then = (*then, pc.Credit(late=False))
        self._payments.open(opened, then, Cause("Capture", PROVIDER, evidence), None)

    # --- intents ---------------------------------------------------------------------------------

    def _make_intent(self, booking: Booking) -> Intent:
        """Make the intent, or get the one made under the same key.

        An intent that a lost answer left behind takes no money: nobody was ever given its secret.
        """
        metadata = {"booking_id": booking.booking_id, "customer_id": booking.customer_id}
        return under_fresh_keys(
            f"intent:{booking.booking_id}",
            self._bookings.clock.now(),
            lambda key: self._provider.create_intent(booking.card_due, metadata, key),
        )


def under_fresh_keys[Made](name: str, now: datetime, make: Callable[[str], Made]) -> Made:
    """Ask the provider under a key, and under another where its answer to the first is unknown.

    A key replays even a stored failure for a day (docs.stripe.com/api/idempotent_requests), so
    the other one changes with the minute: an outage keeps nobody from paying once it is over.

    Args:
        name: of the key; the same for every attempt at the same thing.
        now: UTC.
        make: is given the key.
    """
    try:
        return make(f"{name}:1")
    except OutcomeUnknown:
        return make(f"{name}:{now:%Y%m%d%H%M}")


def _capture(intent: Intent) -> pc.Capture:
    charged_at = intent.charged_at or intent.created
    return pc.Capture(intent.received, intent.charge_id, intent.card, charged_at)
