"""The documented test cards, by PaymentMethod id (docs.stripe.com/testing)."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Decline:
    """How an attempt fails.

    Args:
        code: error code (docs.stripe.com/error-codes).
        decline_code: the issuer's reason (docs.stripe.com/declines/codes), or None where the
            testing page names none.
        message: the sentence meant for the cardholder.
    """

    code: str
    decline_code: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Contest:
    """How a cardholder questions a charge (docs.stripe.com/disputes/categories).

    Args:
        reason: such as "fraudulent".
        inquiry: whether the bank only asks, and moves no money.
    """

    reason: str = "fraudulent"
    inquiry: bool = False


class Asks(StrEnum):
    """When a card asks for 3-D Secure (docs.stripe.com/testing#regulatory-cards).

    never; always, without its owner too; unless_set_up: without him only where it was not set up
    for that; on_session: as if set up before, so only in front of him.
    """

    NEVER = "never"
    ALWAYS = "always"
    UNLESS_SET_UP = "unless_set_up"
    ON_SESSION = "on_session"


@dataclass(frozen=True, slots=True)
class Card:
    """A test card.

    Args:
        country: ISO 3166 code of the issuer, upper case.
        decline: what every attempt comes to, or None where the bank says yes.
        authenticate: when 3-D Secure is asked for before the bank is.
        refunds: how refunds to the card go: "succeed", "settle" (pending, then succeeded) or
            "fail" (succeeded, then failed).
        contest: how its owner disputes every charge, or None where he does not.
        fails_saved: whether the bank says no once the card is kept with a customer.
    """

    brand: str
    last4: str
    country: str = "US"
    funding: str = "credit"
    decline: Decline | None = None
    authenticate: Asks = Asks.NEVER
    refunds: str = "succeed"
    contest: Contest | None = None
    fails_saved: bool = False

    def asks(self, *, off_session: bool, set_up: bool) -> bool:
        """Whether 3-D Secure is asked for now.

        Args:
            off_session: whether the card is charged without its owner.
            set_up: whether its owner passed 3-D Secure when he let it be kept.
        """
        match self.authenticate:
            case Asks.UNLESS_SET_UP:
                return not (off_session and set_up)
            case Asks.ON_SESSION:
                return not off_session
        return self.authenticate is Asks.ALWAYS

    @property
    def fingerprint(self) -> str:
        """Sixteen characters that are the same wherever the same card number is used."""
        return hashlib.sha256(f"{self.brand}{self.last4}".encode()).hexdigest()[:16]

    def shown(self) -> dict[str, Any]:
        """The facts that PaymentMethod.card and Charge.payment_method_details.card share."""
        return {
            "brand": self.brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "pass",
            },
            "country": self.country,
            "exp_month": 12,
            "exp_year": 2040,
            "fingerprint": self.fingerprint,
            "funding": self.funding,
            "last4": self.last4,
            "regulated_status": "unregulated",
            "wallet": None,
        }


def _declined(decline_code: str, message: str = "Your card was declined.") -> Decline:
    return Decline("card_declined", decline_code, message)


_NO_FUNDS = _declined("insufficient_funds", "Your card has insufficient funds.")
_PROCESSING = Decline(
    "processing_error",
    None,
    "An error occurred while processing your card. Try again in a little bit.",
)

# docs.stripe.com/error-codes#authentication-required
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)

GENERIC_DECLINE = _declined("generic_decline")

CARDS = {
    "pm_card_visa": Card("visa", "4242"),
    "pm_card_visa_debit": Card("visa", "5556", funding="debit"),
    "pm_card_mastercard": Card("mastercard", "4444"),
    "pm_card_mastercard_debit": Card("mastercard", "8210", funding="debit"),
    "pm_card_amex": Card("amex", "8431"),
    "pm_card_de": Card("visa", "0016", country="DE"),
    "pm_card_gb": Card("visa", "0000", country="GB"),
    "pm_card_chargeDeclined": Card("visa", "0002", decline=GENERIC_DECLINE),
    "pm_card_chargeDeclinedInsufficientFunds": Card("visa", "9995", decline=_NO_FUNDS),
    "pm_card_chargeDeclinedLostCard": Card("visa", "9987", decline=_declined("lost_card")),
    "pm_card_chargeDeclinedStolenCard": Card("visa", "9979", decline=_declined("stolen_card")),
    "pm_card_chargeDeclinedVelocityLimitExceeded": Card(
        "visa", "6975", decline=_declined("card_velocity_exceeded")
    ),
    "pm_card_chargeDeclinedExpiredCard": Card(
        "visa", "0069", decline=Decline("expired_card", None, "Your card has expired.")
    ),
    "pm_card_chargeDeclinedIncorrectCvc": Card(
        "visa",
        "0127",
        decline=Decline("incorrect_cvc", None, "Your card's security code is incorrect."),
    ),
    "pm_card_chargeDeclinedProcessingError": Card("visa", "0119", decline=_PROCESSING),
    "pm_card_authenticationRequired": Card("visa", "3184", authenticate=Asks.ALWAYS),
    "pm_card_threeDSecure2Required": Card("visa", "3220", authenticate=Asks.ALWAYS),
    "pm_card_threeDSecureRequired": Card("visa", "3063", authenticate=Asks.ALWAYS),
    "pm_card_threeDSecureRequiredChargeDeclined": Card(
        "visa", "1629", decline=GENERIC_DECLINE, authenticate=Asks.ALWAYS
    ),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": Card(
        "visa", "3178", decline=_NO_FUNDS, authenticate=Asks.ALWAYS
    ),
    "pm_card_authenticationRequiredOnSetup": Card("visa", "3155", authenticate=Asks.UNLESS_SET_UP),
    "pm_card_authenticationRequiredSetupForOffSession": Card(
        "visa", "0446", authenticate=Asks.ON_SESSION
    ),
    "pm_card_chargeCustomerFail": Card("visa", "0341", fails_saved=True),
    "pm_card_createDispute": Card("visa", "0259", contest=Contest()),
    "pm_card_createDisputeProductNotReceived": Card(
        "visa", "2685", contest=Contest("product_not_received")
    ),
    "pm_card_createDisputeInquiry": Card("visa", "1976", contest=Contest(inquiry=True)),
    "pm_card_pendingRefund": Card("visa", "7726", refunds="settle"),
    "pm_card_refundFail": Card("visa", "5126", refunds="fail"),
}
# The testing page writes these with the brand in the name.
for _name in ("", "InsufficientFunds", "LostCard", "StolenCard", "VelocityLimitExceeded"):
    CARDS[f"pm_card_visa_chargeDeclined{_name}"] = CARDS[f"pm_card_chargeDeclined{_name}"]
