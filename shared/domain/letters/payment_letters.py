"""The e-mails about money, in Russian and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from string import Formatter

from shared.domain.card import Card
from shared.domain.letters import payment_letters_en as english
from shared.domain.letters import payment_letters_ru as russian
from shared.domain.letters.shown import card_text, moment_text
from shared.domain.letters.text import Text
from shared.domain.money import Money


class PaymentLetter(StrEnum):
    """The letters about a payment, a refund, a dispute or a saved card."""

    PAYMENT_DECLINED = "payment_declined"
    RECEIPT = "receipt"
    REFUND_RECEIPT = "refund_receipt"
    DUPLICATE_REFUNDED = "duplicate_refunded"
    DUPLICATE_QUESTION = "duplicate_question"
    LATE_PAYMENT_CHOICE = "late_payment_choice"
    REFUND_ON_BALANCE = "refund_on_balance"
    REFUND_DELAYED = "refund_delayed"
    DISPUTE_NOTICE = "dispute_notice"
    REFUND_REQUEST_RECEIVED = "refund_request_received"
    CARD_SAVED = "card_saved"


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """What a letter about money may speak of; None and () where there is no such fact.

    Args:
        payment_id: shown as the transaction number.
        amount: of the payment.
        moment: of what the letter reports, UTC.
        booking_id: the booking it paid for; None for a top-up of the balance.
        refund: what goes back; None means all of the amount.
        card: the card it was paid with.
        reason: why money goes back, a RefundReason.
        deadline: until when the slot is held, an answer counts, or we have to act; UTC.
        case_number: digits with a check digit (S2.4).
        answer_url: the page where the customer chooses, or sees the receipt.
        advice: what helps against a decline, in the customer's language.
        slots: free times near the one that was lost, UTC.
    """

    payment_id: str
    amount: Money
    moment: datetime
    booking_id: str | None = None
    refund: Money | None = None
    card: Card | None = None
    reason: str | None = None
    deadline: datetime | None = None
    case_number: str | None = None
    answer_url: str | None = None
    advice: str | None = None
    slots: tuple[datetime, ...] = ()


_WORDING = {"en": english, "ru": russian}


def write_payment(letter: PaymentLetter, language: str, facts: PaymentFacts) -> Text:
    """A letter about money in the customer's language; English where it is not one of ours.

    Raises:
        ValueError: the letter speaks of a fact that is not given.
    """
    wording = _WORDING.get(language, english)
    phrases, given = wording.PHRASES, _given(facts, wording.REASONS)
    subject, body = wording.LETTERS[letter]
    try:
        return Text(_filled(subject, phrases, given), _filled(body, phrases, given))
    except KeyError as missing:
        raise ValueError(f"the letter {letter} needs {missing}") from None


def _given(facts: PaymentFacts, reasons: Mapping[str, str]) -> dict[str, str]:
    values = {
        "payment": facts.payment_id,
        "amount": str(facts.amount),
        "moment": moment_text(facts.moment),
        "refund": str(facts.amount if facts.refund is None else facts.refund),
        "booking": facts.booking_id,
        "card": card_text(facts.card) if facts.card else None,
        "reason": reasons.get(facts.reason) if facts.reason else None,
        "deadline": moment_text(facts.deadline) if facts.deadline else None,
        "case": facts.case_number,
        "url": facts.answer_url,
        "advice": facts.advice,
        "slots": "\n".join(f"    {moment_text(slot)}" for slot in facts.slots) or None,
    }
    return {name: value for name, value in values.items() if value is not None}


def _filled(template: str, phrases: Mapping[str, tuple[str, str]], given: Mapping[str, str]) -> str:
    chosen = {}
    for name in _names(template) & phrases.keys():
        with_facts, without = phrases[name]
        phrase = with_facts if _names(with_facts) <= given.keys() else without
        chosen[name] = phrase.format(**given)
    return template.format(**given, **chosen)


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}
