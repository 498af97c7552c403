"""The same world, as somebody sees it who fills a balance and saves his cards."""

from dataclasses import replace

from infra.local.payments.faults import RequestFault
from shared.application.payments import Checkout
from shared.application.top_ups import TopUp, TopUpRequest
from shared.domain.money import Money
from shared.domain.saved_card import CONSENT_VERSION, SavedCard
from tests.journeys.money_world import MoneyWorld
from tests.journeys.world import MORNING

TOP_UP = Money(200_000, "rub")
ASKED = TopUpRequest("anna", "anna@example.com", TOP_UP, "en", checkout="form-0001")
SAVING = replace(
    ASKED, save_card=True, consent_version=CONSENT_VERSION, consent_accepted=True, checkout=None
)
# Cards whose bank asks for their owner each time, and whose bank refuses them once they are saved.
ASKS = "pm_card_authenticationRequired"
FAILS = "pm_card_chargeCustomerFail"
CONFIRMING = "/v1/payment_intents/"
MISFORTUNES = [f for f in RequestFault if f not in (RequestFault.SLOW, RequestFault.LATE)]


class AccountWorld(MoneyWorld):
    """A world whose customers top up, and have their cards saved."""

    def start_top_up(self, request: TopUpRequest = ASKED, key: str | None = None) -> TopUp:
        """Begin a top-up; a saved card is charged, and everything follows that follows at once."""
        made = self.top_ups.start(request, self.replay(request.customer_id, key))
        self.settle()
        return made

    def topped_up(self, request: TopUpRequest = ASKED, card: str = "pm_card_visa") -> str:
        """A top-up that its customer confirms; returns the payment."""
        intent = self.start_top_up(request).intent
        self.provider.pay(intent.intent_id, card)
        self.settle()
        return intent.intent_id

    def saved(self, card: str = "pm_card_visa") -> SavedCard:
        """Anna's card, saved with a top-up and forgotten by nobody."""
        payment_id = self.topped_up(SAVING, card)
        if self.provider.intent(payment_id).status == "requires_action":
            self.provider.authenticate(payment_id, passed=True)
            self.settle()
        return self.cards.of("anna")[0]

    def charge(self, card: SavedCard, key: str | None = None) -> TopUp:
        """A top-up charged to a saved card."""
        return self.start_top_up(replace(ASKED, card_id=card.card_id, checkout=None), key)

    def pay_saved(self, booking_id: str, card: SavedCard, key: str = "pay") -> Checkout:
        """A booking paid with a saved card, and everything that follows at once."""
        paid = self.saved_card_payments.pay(booking_id, card.card_id, key)
        self.settle()
        return paid

    def captured(self) -> list[Money]:
        """What the provider took, each time it took something."""
        charges = self.provider.charges_created(MORNING, self.exchange.now)
        return [charge.captured for charge in charges if charge.captured.minor]

    def unreachable(self) -> None:
        """From now on nothing can be read of an intent."""
        fault = RequestFault.RATE_LIMIT
        self.provider.faults.order_request(fault, 9, method="GET", path=CONFIRMING)


def saved(card: str = "pm_card_visa") -> tuple[AccountWorld, SavedCard]:
    """A world in which Anna has a saved card and the money she saved it with."""
    world = AccountWorld()
    return world, world.saved(card)
