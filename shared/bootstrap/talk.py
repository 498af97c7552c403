"""Bookings and calls: the office, the operators, the phone, letters, timers, the relay."""

import os
from functools import cache
from typing import TYPE_CHECKING

from shared.application.outbox import Message, Queue, message_of
from shared.bootstrap.foundation import (
    bookings,
    case_records,
    client,
    clock,
    contacts,
    outage_records,
    provider_secrets,
    send_all,
    store,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.application.arrangements import Arrangements
    from shared.application.booking import BookingOffice
    from shared.application.callbacks import Callbacks
    from shared.application.calls import CallRoom
    from shared.application.cases import BookingCases
    from shared.application.links import Links
    from shared.application.messages import Letters
    from shared.application.offers import OfferDesk
    from shared.application.operators import Operators
    from shared.application.ports import Mail, Telephony
    from shared.application.readiness import ReadinessDesk
    from shared.application.sessions import SessionDesk
    from shared.application.timers import Timers
    from shared.application.voice import Reply, VoiceDesk
    from shared.domain.session.instructions import Prompt
    from shared.domain.watch.pulse import Counts


@cache
def booking_office() -> "BookingOffice":
    """Takes bookings, moves and cancels them."""
    from shared.adapters.ids import RandomIds
    from shared.application.booking import BookingOffice

    return BookingOffice(bookings(), contacts(), RandomIds())


@cache
def session_desk() -> "SessionDesk":
    """What people ask for around a session."""
    from shared.application.sessions import SessionDesk

    return SessionDesk(bookings(), contacts())


@cache
def links() -> "Links":
    """Makes and reads the links in letters."""
    from shared.adapters.links import SignedLinks

    return SignedLinks(os.environ["SITE"], _link_key, clock())


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
    from shared.adapters.dynamodb.turns import DynamoTurns
    from shared.application.calls import CallRoom
    from shared.application.pace import CallPace

    pace = CallPace(DynamoTurns(os.environ["TABLE"]), float(os.environ["CALLS_PER_SECOND"]))
    return CallRoom(bookings(), contacts(), _telephony(), pace)


@cache
def letters() -> "Letters":
    """Sends e-mail."""
    from shared.application.messages import Letters

    return Letters(bookings(), contacts(), mail(), links(), os.environ["SUPERVISOR_EMAIL"])


@cache
def readiness_desk() -> "ReadinessDesk":
    """Asks operators whether they will be there."""
    from shared.application.readiness import ReadinessDesk

    return ReadinessDesk(bookings(), contacts(), mail(), os.environ["SITE"])


@cache
def arrangements() -> "Arrangements":
    """Books anew what a mishap left."""
    from shared.adapters.ids import RandomIds
    from shared.application.arrangements import Arrangements

    return Arrangements(store(), RandomIds())


@cache
def offer_desk() -> "OfferDesk":
    """Takes answers to offers."""
    from shared.application.offers import OfferDesk

    return OfferDesk(bookings(), contacts(), arrangements())


@cache
def callbacks() -> "Callbacks":
    """Keeps the promise of a call back."""
    from shared.application.callbacks import Callbacks

    return Callbacks(bookings(), arrangements())


@cache
def booking_cases() -> "BookingCases":
    """Opens the cases that bookings need."""
    from shared.application.cases import BookingCases

    return BookingCases(bookings(), case_records())


@cache
def timers() -> "Timers":
    """Wakes bookings, payments, cases and outages."""
    from shared.application.timers import Timers

    return Timers(bookings(), case_records(), outage_records(), send_all)


def phone_number(text: str, field: str) -> str:
    """A phone number in E.164; raises RuleBroken naming the field."""
    from shared.adapters.phone_numbers import e164

    return e164(text, field)


def verify_voice_request(url: str, form: "Mapping[str, str]", signature: str | None) -> None:
    """Raise RuleBroken where the telephony provider did not sign this request."""
    from shared.adapters.twilio.signature import verify

    verify(url, form, signature, provider_secrets()["twilio_auth_token"])


def twiml(reply: "Reply", base: str) -> str:
    """What a leg is to do, in the telephony provider's language."""
    from shared.adapters.twilio.twiml import render
    from shared.domain.session.wording import spoken

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
    from shared.domain.session.instructions import Say

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


def _link_key() -> str:
    """The links' own secret, which few functions may read."""
    answer = client("secretsmanager").get_secret_value(SecretId=os.environ["LINK_KEY"])
    key: str = answer["SecretString"]
    return key


def pulsed(image: "Mapping[str, Mapping[str, str]]") -> "tuple[int, Counts]":
    """The minute of a new item of the table, and what it adds to the counts of the minute."""
    from shared.adapters.dynamodb.stream import pulse

    return pulse(image)


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


def mail() -> "Mail":
    """Sends e-mail."""
    from shared.adapters.mail import SesMail

    return SesMail(client("ses"), os.environ["MAIL_FROM"])
