"""The one place where things are wired together.

Every part is made when it is first asked for and kept for the life of the process. Adapters are
imported here, inside the functions, so that no Lambda loads a provider's package that it does not
call.
"""

import json
import os
import random
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.adapters.clock import BusinessClock, SystemClock
from shared.application.bookings import Bookings
from shared.application.outbox import Message, Queue, Queues, message_of
from shared.application.payment_records import PaymentRecords
from shared.domain.business_days import Calendar
from shared.domain.effects import Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.application.booking import BookingOffice
    from shared.application.calls import CallRoom
    from shared.application.case_letters import CaseLetters
    from shared.application.case_records import CaseRecords
    from shared.application.cases import PaymentCases
    from shared.application.choices import LateChoices
    from shared.application.contacts import Contacts
    from shared.application.day_closing import DayClosing
    from shared.application.disputes import Disputes
    from shared.application.duplicates import DuplicateWatch
    from shared.application.intake import Intake
    from shared.application.messages import Letters
    from shared.application.money_desk import MoneyDesk
    from shared.application.operators import Operators
    from shared.application.payment_letters import PaymentLetters
    from shared.application.payment_search import PaymentSearch
    from shared.application.payment_trail import PaymentTrails
    from shared.application.payments import CardPayments
    from shared.application.ports import Mail, Payments, Telephony
    from shared.application.provider_books import ProviderBooks
    from shared.application.receipts import Receipts
    from shared.application.reconciliation import Reconciliation
    from shared.application.refund_desk import RefundDesk
    from shared.application.refunds import Refunds
    from shared.application.saved_cards import SavedCardPayments, SavedCards
    from shared.application.store import Store
    from shared.application.timers import Timers
    from shared.application.top_ups import TopUps
    from shared.application.uploads import Uploads
    from shared.application.voice import Reply, VoiceDesk
    from shared.domain.instructions import Prompt

# The first retry of a decision waits up to this long, each further one up to twice as long.
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5


@cache
def clock() -> SystemClock | BusinessClock:
    """Business time: the system's, or a local stack's own."""
    path = os.environ.get("BUSINESS_CLOCK_FILE")
    return BusinessClock(Path(path)) if path else SystemClock()


@cache
def store() -> "Store":
    """The table."""
    from shared.adapters.dynamodb.store import DynamoStore

    return DynamoStore(os.environ["TABLE"], time.time)


@cache
def contacts() -> "Contacts":
    """Numbers and addresses of people, encrypted."""
    from shared.adapters.dynamodb.contacts import KmsContacts

    return KmsContacts(
        os.environ["TABLE"],
        lambda: client("kms"),
        os.environ["CONTACTS_KEY"],
        lambda: provider_secrets()["phone_key"].encode(),
    )


@cache
def bookings() -> Bookings:
    """The way every change of a booking takes."""
    return Bookings(store(), clock(), _pause, payment_records())


@cache
def payment_records() -> PaymentRecords:
    """The way every change of a payment takes."""
    return PaymentRecords(store(), clock(), _pause, calendar())


@cache
def calendar() -> Calendar:
    """The tenant's business days."""
    from shared.adapters.calendar import tenant_calendar

    return tenant_calendar(os.environ["TENANT_COUNTRY"], os.environ["TENANT_TIME_ZONE"])


@cache
def case_records() -> "CaseRecords":
    """The way every change of a case takes."""
    from shared.adapters.ids import RandomIds
    from shared.application.case_records import CaseRecords

    return CaseRecords(store(), clock(), RandomIds(), _pause)


@cache
def booking_office() -> "BookingOffice":
    """Takes bookings, moves and cancels them."""
    from shared.adapters.ids import RandomIds
    from shared.application.booking import BookingOffice

    return BookingOffice(bookings(), contacts(), RandomIds())


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
    from shared.domain.receipts import Seller

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

    return PaymentLetters(bookings(), contacts(), _mail(), os.environ["SITE"], receipts())


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

    return CaseLetters(case_records(), contacts(), _mail())


@cache
def uploads() -> "Uploads":
    """Pictures of cases."""
    from shared.adapters.uploads import S3Uploads

    return S3Uploads(_session(), os.environ["UPLOADS"])


@cache
def operators() -> "Operators":
    """Operators, tariffs and offered time."""
    from shared.application.operators import Operators

    return Operators(store(), contacts(), clock())


@cache
def voice_desk() -> "VoiceDesk":
    """Answers the telephony provider."""
    from shared.application.voice import VoiceDesk

    return VoiceDesk(bookings(), contacts())


@cache
def call_room() -> "CallRoom":
    """Asks the telephony provider."""
    from shared.application.calls import CallRoom

    return CallRoom(bookings(), contacts(), _telephony())


@cache
def letters() -> "Letters":
    """Sends e-mail."""
    from shared.application.messages import Letters

    return Letters(bookings(), contacts(), _mail())


@cache
def timers() -> "Timers":
    """Wakes bookings, payments and cases."""
    from shared.application.timers import Timers

    return Timers(bookings(), case_records(), _wake)


@cache
def queues() -> Queues:
    """The effect queues this function may send to."""
    from shared.adapters.queues import SqsQueues

    urls = {
        queue: url for queue in Queue if (url := os.environ.get(f"{queue.name}_QUEUE")) is not None
    }
    return SqsQueues(client("sqs"), urls, clock())


@cache
def provider_secrets() -> dict[str, str]:
    """The providers' keys, read once per process."""
    answer = client("secretsmanager").get_secret_value(SecretId=os.environ["PROVIDERS_SECRET"])
    secrets: dict[str, str] = json.loads(answer["SecretString"])
    return secrets


@cache
def client(service: str) -> Any:
    """A botocore client; boto3's resource layer would double its import."""
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "max_attempts": 3}, connect_timeout=2, read_timeout=5
    )
    return _session().create_client(service, config=config)


def verify_payment_webhook(raw: bytes, signature: str) -> None:
    """Raise RuleBroken where the payment provider did not sign these bytes just now (real time)."""
    from shared.adapters.stripe.signature import verify

    secret = provider_secrets()["stripe_webhook_secret"]
    verify(raw, signature, [secret], SystemClock().now())


def verify_voice_request(url: str, form: "Mapping[str, str]", signature: str | None) -> None:
    """Raise RuleBroken where the telephony provider did not sign this request."""
    from shared.adapters.twilio.signature import verify

    verify(url, form, signature, provider_secrets()["twilio_auth_token"])


def twiml(reply: "Reply", base: str) -> str:
    """What a leg is to do, in the telephony provider's language."""
    from shared.adapters.twilio.twiml import render
    from shared.domain.wording import spoken

    return render(
        reply.instructions,
        language=reply.language,
        base_url=base,
        leg_id=reply.leg_id,
        booking_id=reply.booking_id,
        wording=spoken,
    )


def announcement(prompt: "Prompt", language: str) -> str:
    """One prompt for everybody in a conference."""
    from shared.application.voice import Reply
    from shared.domain.instructions import Say

    return twiml(Reply((Say(prompt),), language, "", ""), "")


def public_base(api_id: str) -> str:
    """The address of our API as the providers know it; its id is known only to a request."""
    return os.environ["PUBLIC_BASE_URL"].replace("{api_id}", api_id)


def streamed(image: "Mapping[str, Mapping[str, str]]") -> tuple[Message, ...]:
    """The messages that a new item of the table asks for."""
    from shared.adapters.dynamodb.stream import Received, read

    asked = read(image)
    if isinstance(asked, Received):
        return (Message(Queue.INBOX, asked.body),)
    return tuple(message_of(effect) for effect in asked)


def phone_number(text: str, field: str) -> str:
    """A phone number in E.164; raises RuleBroken naming the field."""
    from shared.adapters.phone_numbers import e164

    return e164(text, field)


def _telephony() -> "Telephony":
    from shared.adapters.twilio.telephony import TwilioTelephony

    secrets = provider_secrets()
    return TwilioTelephony(
        secrets["twilio_account_sid"],
        secrets["twilio_auth_token"],
        os.environ["TWILIO_NUMBER"],
        os.environ["PUBLIC_BASE_URL"],
        os.environ.get("TWILIO_API_BASE") or None,
    )


@cache
def _session() -> Any:
    from botocore.session import get_session

    return get_session()


def _pause(attempt: int) -> None:
    # Full jitter: retries of a contended booking must not march in step.
    time.sleep(random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)))


def _mail() -> "Mail":
    from shared.adapters.mail import SesMail

    return SesMail(client("ses"), os.environ["MAIL_FROM"])


def _wake(wake: Effect) -> None:
    if queues().send([message_of(wake)]):
        raise ConnectionError("the timers queue did not take a wake-up")
