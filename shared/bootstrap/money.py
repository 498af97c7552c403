"""Money: payments, refunds, disputes, duplicates, books, cases, cards, receipts."""

import os
from functools import cache
from typing import TYPE_CHECKING

from shared.adapters.clock import SystemClock
from shared.bootstrap.foundation import (
    bookings,
    case_records,
    clock,
    contacts,
    payment_records,
    provider_secrets,
    session,
    store,
)
from shared.bootstrap.talk import booking_office, mail

if TYPE_CHECKING:
    from shared.application.case_letters import CaseLetters
    from shared.application.cases import PaymentCases
    from shared.application.choices import LateChoices
    from shared.application.day_closing import DayClosing
    from shared.application.disputes import Disputes
    from shared.application.duplicates import DuplicateWatch
    from shared.application.extension import Extensions
    from shared.application.intake import Intake
    from shared.application.money_desk import MoneyDesk
    from shared.application.payment_letters import PaymentLetters
    from shared.application.payment_search import PaymentSearch
    from shared.application.payment_trail import PaymentTrails
    from shared.application.payments import CardPayments
    from shared.application.ports import Payments
    from shared.application.provider_books import ProviderBooks
    from shared.application.receipts import Receipts
    from shared.application.reconciliation import Reconciliation
    from shared.application.refund_desk import RefundDesk
    from shared.application.refunds import Refunds
    from shared.application.saved_cards import SavedCardPayments, SavedCards
    from shared.application.top_ups import TopUps
    from shared.application.uploads import Uploads


@cache
def card_payments() -> "CardPayments":
    """Money coming in by card."""
    from shared.application.payments import CardPayments

    watch, cards = duplicate_watch(), saved_cards()
    return CardPayments(bookings(), payment_provider(), watch.look, cards.keep)


@cache
def saved_cards() -> "SavedCards":
    """Cards kept for later payments."""
    from shared.adapters.dynamodb.saved_cards import DynamoCardFile
    from shared.application.saved_cards import SavedCards

    file = DynamoCardFile(os.environ["TABLE"])
    return SavedCards(file, payment_provider(), payment_records(), clock())


@cache
def saved_card_payments() -> "SavedCardPayments":
    """Bookings paid with a saved card."""
    from shared.application.saved_cards import SavedCardPayments

    return SavedCardPayments(bookings(), card_payments(), payment_provider(), saved_cards())


@cache
def top_ups() -> "TopUps":
    """Takes top-ups of the balance."""
    from shared.application.top_ups import TopUps

    records, provider = payment_records(), payment_provider()
    return TopUps(records, card_payments(), provider, saved_cards(), contacts())


@cache
def extensions() -> "Extensions":
    """Extends running sessions."""
    from shared.application.extension import Extensions

    return Extensions(bookings(), top_ups())


@cache
def payment_provider() -> "Payments":
    """Who takes the money."""
    from shared.adapters.stripe.payments import StripePayments

    key, address = provider_secrets()["stripe_api_key"], os.environ.get("STRIPE_API_BASE")
    return StripePayments(key, address) if address else StripePayments(key)


@cache
def refunds() -> "Refunds":
    """Money on its way back."""
    from shared.application.refunds import Refunds

    return Refunds(bookings(), payment_provider(), card_payments(), disputes().check)


@cache
def refund_desk() -> "RefundDesk":
    """Refunds that people ask for."""
    from shared.application.refund_desk import RefundDesk

    return RefundDesk(payment_records())


@cache
def disputes() -> "Disputes":
    """What banks claim."""
    from shared.application.disputes import Disputes

    return Disputes(bookings(), payment_provider(), card_payments())


@cache
def reconciliation() -> "Reconciliation":
    """Looks at the payment provider instead of waiting for it to speak."""
    from shared.application.reconciliation import Reconciliation

    return Reconciliation(store(), clock(), payment_provider())


@cache
def provider_books() -> "ProviderBooks":
    """The payment provider's own lists, against ours."""
    from shared.application.provider_books import ProviderBooks

    return ProviderBooks(store(), payment_provider(), clock())


@cache
def day_closing() -> "DayClosing":
    """Closes days and checks the books."""
    from shared.application.day_closing import DayClosing

    return DayClosing(store(), provider_books(), case_records(), clock())


@cache
def duplicate_watch() -> "DuplicateWatch":
    """Payments that were not meant."""
    from shared.application.duplicates import DuplicateWatch

    return DuplicateWatch(bookings(), refund_desk())


@cache
def payment_cases() -> "PaymentCases":
    """Opens the cases that payments need."""
    from shared.application.cases import PaymentCases

    return PaymentCases(payment_records(), case_records())


@cache
def late_choices() -> "LateChoices":
    """What becomes of payments that came too late."""
    from shared.application.choices import LateChoices

    return LateChoices(bookings(), booking_office(), refund_desk(), contacts())


@cache
def receipts() -> "Receipts":
    """What was paid and returned, in words."""
    from shared.application.receipts import Receipts
    from shared.domain.letters.receipts import Seller

    seller = Seller(
        name=os.environ["SELLER_NAME"],
        address=os.environ["SELLER_ADDRESS"],
        tax_number=os.environ["SELLER_TAX_NUMBER"],
        contact=os.environ["SELLER_CONTACT"],
    )
    return Receipts(bookings(), contacts(), seller)


@cache
def payment_letters() -> "PaymentLetters":
    """Sends e-mail about money."""
    from shared.application.payment_letters import PaymentLetters

    return PaymentLetters(bookings(), contacts(), mail(), os.environ["SITE"], receipts())


@cache
def payment_search() -> "PaymentSearch":
    """Finds payments for agents."""
    from shared.application.payment_search import PaymentSearch

    return PaymentSearch(bookings(), contacts(), payment_provider, card_payments())


@cache
def payment_trails() -> "PaymentTrails":
    """Everything that is known of a payment."""
    from shared.application.payment_trail import PaymentTrails

    return PaymentTrails(payment_records(), contacts())


@cache
def money_desk() -> "MoneyDesk":
    """What agents and managers do about money."""
    from shared.application.money_desk import MoneyDesk

    return MoneyDesk(payment_records(), case_records(), refund_desk(), contacts())


@cache
def intake() -> "Intake":
    """Refund requests of anybody."""
    from shared.application.intake import Intake

    return Intake(case_records(), contacts(), uploads)


@cache
def case_letters() -> "CaseLetters":
    """Confirms refund requests by e-mail."""
    from shared.application.case_letters import CaseLetters

    return CaseLetters(case_records(), contacts(), mail())


@cache
def uploads() -> "Uploads":
    """Pictures of cases."""
    from shared.adapters.uploads import S3Uploads

    return S3Uploads(session(), os.environ["UPLOADS"])


def verify_payment_webhook(raw: bytes, signature: str) -> None:
    """Raise RuleBroken where the payment provider did not sign these bytes just now (real time)."""
    from shared.adapters.stripe.signature import verify

    secret = provider_secrets()["stripe_webhook_secret"]
    verify(raw, signature, [secret], SystemClock().now())
