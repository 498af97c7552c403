"""Money put on the balance by card, for later bookings (S1.1, S2.9)."""

from dataclasses import dataclass
from hashlib import sha256

from shared.application.bookings import replayed
from shared.application.contacts import Contacts
from shared.application.payment_records import PaymentRecords
from shared.application.payments import CardPayments, under_fresh_keys
from shared.application.ports import Intent, Payments
from shared.application.saved_cards import SavedCards
from shared.application.store import Cause, Replay
from shared.domain.errors import RuleBroken
from shared.domain.money import Money
from shared.domain.payment.events import PaymentOpened, Purpose
from shared.domain.payment.payment import Payment
from shared.domain.policy import CURRENT
from shared.domain.saved_card import SavedCard, agreed
from shared.domain.top_up import require_top_up


@dataclass(frozen=True, slots=True)
class TopUpRequest:
    """What a customer asks for.

    Args:
        customer_id: who asks.
        email: where his letters go.
        amount: to be paid by card.
        language: "ru" or "en".
        checkout: the order form it was sent from; a page that tries again keeps it (S2.1).
        card_id: of a saved card that is charged at once; None where he confirms himself.
        save_card: keep the card he confirms with.
        consent_version: of the text that he was shown, where the card is to be kept.
        consent_accepted: what he said to it.
    """

    customer_id: str
    email: str | None
    amount: Money
    language: str
    checkout: str | None = None
    card_id: str | None = None
    save_card: bool = False
    consent_version: str | None = None
    consent_accepted: bool = False


@dataclass(frozen=True, slots=True)
class TopUp:
    """A top-up as it stands here and at the provider."""

    payment: Payment
    intent: Intent


class TopUps:
    """Takes top-ups of the balance.

    Args:
        payments: records them.
        card_payments: decides on what the provider says of them.
        provider: who takes the money.
        cards: the customers' saved cards.
        contacts: where receipts go.
    """

    def __init__(
        self,
        payments: PaymentRecords,
        card_payments: CardPayments,
        provider: Payments,
        cards: SavedCards,
        contacts: Contacts,
    ) -> None:
        self._payments = payments
        self._card_payments = card_payments
        self._provider = provider
        self._cards = cards
        self._contacts = contacts

    def start(self, request: TopUpRequest, replay: Replay) -> TopUp:
        """Begin a top-up, and charge the saved card where one is named: once per key.

        Raises:
            RuleBroken: the request breaks a rule; `field` names the input.
            NotFound: he has no such saved card.
            Upstream: the provider did not answer, or has the saved card no more; the same request
                goes on where this one stopped.
        """
        known = replayed(self._payments.store, replay)
        intent = self._provider.intent(known) if known else self._open(request, replay)
        if request.card_id is not None and intent.can_be_paid:
            card = self._cards.card(request.customer_id, request.card_id)
            intent = self._cards.charge(card, intent, f"confirm:{intent.intent_id}:{replay.key}")
        self._card_payments.found(intent)
        return TopUp(self._payments.load(intent.intent_id).state, intent)

    def _open(self, request: TopUpRequest, replay: Replay) -> Intent:
        require_top_up(request.amount, self._payments.store.tariffs(), CURRENT)
        consent = self._consent(request, replay)
        owner = None
        if request.card_id is not None:
            self._cards.card(request.customer_id, request.card_id)
        self._contacts.remember(request.customer_id, email=request.email, language=request.language)
        if consent is not None:
            self._cards.record(consent)
        if consent is not None or request.card_id is not None:
            owner = self._cards.owner(request.customer_id)
        intent = self._make_intent(request, replay, owner, consent)
        opened = PaymentOpened(
            payment_id=intent.intent_id,
            purpose=Purpose.TOP_UP,
            customer_id=request.customer_id,
            booking_id=None,
            due=request.amount,
            checkout=request.checkout,
            language=request.language,
            policy_version=CURRENT.version,
        )
        cause = Cause("TopUp", "customer", {"idempotency_key": replay.key})
        used = Replay(replay.owner, replay.key, replay.fingerprint, intent.intent_id)
        self._payments.open(opened, (), cause, used)
        if consent is not None:
            self._cards.note_payment(consent, intent.intent_id)
        return intent

    def _make_intent(
        self, request: TopUpRequest, replay: Replay, owner: str | None, consent: SavedCard | None
    ) -> Intent:
        """Make the intent, or get the one made under the same key.

        One that a lost answer left behind takes no money: nobody was ever given its secret.
        """
        metadata = {
            "purpose": Purpose.TOP_UP.value,
            "customer_id": request.customer_id,
            "language": request.language,
        }
        if request.checkout is not None:
            metadata["checkout"] = request.checkout
        if consent is not None:
            metadata["consent"] = consent.card_id
        return under_fresh_keys(
            f"top-up:{_digest(replay.owner)}:{replay.key}",
            self._payments.clock.now(),
            lambda key: self._provider.create_intent(
                request.amount,
                metadata,
                key,
                provider_customer=owner,
                save_card=consent is not None,
            ),
        )

    def _consent(self, request: TopUpRequest, replay: Replay) -> SavedCard | None:
        """The consent that the request carries, under an id of its own; None without saving."""
        if not request.save_card:
            return None
        if request.card_id is not None:
            raise RuleBroken("card_saved_already", "This card is saved already.", "save_card")
        consent = agreed(
            request.consent_version,
            accepted=request.consent_accepted,
            language=request.language,
            now=self._payments.clock.now(),
        )
        return SavedCard(_digest(f"{replay.owner}:{replay.key}"), request.customer_id, consent)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:24]
