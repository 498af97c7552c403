"""The e-mails about money."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from shared.domain.card import Card
from shared.domain.declines import Advice, advice_text
from shared.domain.letters import payment_letters_en as english
from shared.domain.letters import payment_letters_ru as russian
from shared.domain.letters.payment_letters import PaymentFacts, PaymentLetter, write_payment
from shared.domain.money import Money
from shared.domain.payment.events import RefundReason
from shared.domain.session.wording import LANGUAGES

FULL = PaymentFacts(
    payment_id="pi_3Made1Up",
    amount=Money(150000, "rub"),
    moment=datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
    booking_id="123456789015",
    refund=Money(50000, "rub"),
    card=Card("visa", "4242", "fingerprint"),
    reason="duplicate",
    deadline=datetime(2026, 3, 16, 20, 59, 59, tzinfo=UTC),
    case_number="700000000017",
    answer_url="https://example.com/answer",
    advice="Advice to the customer.",
    slots=(
        datetime(2026, 3, 3, 9, 15, tzinfo=UTC),
        datetime(2026, 3, 3, 17, 30, tzinfo=UTC),
    ),
)
OPTIONAL: dict[str, Any] = {
    "booking_id": None,
    "refund": None,
    "card": None,
    "reason": None,
    "deadline": None,
    "case_number": None,
    "answer_url": None,
    "advice": None,
    "slots": (),
}
# What a letter makes no sense without.
NEEDED = {
    PaymentLetter.PAYMENT_DECLINED: {"advice"},
    PaymentLetter.DUPLICATE_QUESTION: {"deadline"},
    PaymentLetter.LATE_PAYMENT_CHOICE: {"booking_id"},
    PaymentLetter.REFUND_DELAYED: {"deadline"},
    PaymentLetter.REFUND_REQUEST_RECEIVED: {"case_number", "deadline"},
}
# What a letter has to say in every language, when it is known.
SAID = {
    PaymentLetter.PAYMENT_DECLINED: ("1500.00 RUB", "Advice to", "16.03.2026 20:59 UTC"),
    PaymentLetter.RECEIPT: ("1500.00 RUB", "•••• 4242", "123456789015", "02.03.2026 12:00 UTC"),
    PaymentLetter.REFUND_RECEIPT: ("500.00 RUB", "1500.00 RUB", "•••• 4242", "16.03.2026"),
    PaymentLetter.DUPLICATE_REFUNDED: ("500.00 RUB", "123456789015", "•••• 4242"),
    PaymentLetter.DUPLICATE_QUESTION: ("1500.00 RUB", "example.com/answer", "16.03.2026 20:59"),
    PaymentLetter.LATE_PAYMENT_CHOICE: ("03.03.2026 09:15", "03.03.2026 17:30", "/answer"),
    PaymentLetter.REFUND_ON_BALANCE: ("500.00 RUB", "•••• 4242"),
    PaymentLetter.REFUND_DELAYED: ("500.00 RUB", "16.03.2026 20:59 UTC"),
    PaymentLetter.DISPUTE_NOTICE: ("1500.00 RUB", "123456789015"),
    PaymentLetter.REFUND_REQUEST_RECEIVED: ("700000000017", "16.03.2026 20:59 UTC"),
    PaymentLetter.CARD_SAVED: ("•••• 4242", "02.03.2026 12:00 UTC"),
}


def whole(letter: PaymentLetter, language: str, facts: PaymentFacts) -> str:
    text = write_payment(letter, language, facts)
    assert "\n" not in text.subject
    return f"{text.subject}\n{text.body}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", PaymentLetter)
def test_letter_says_what_it_is_for(letter: PaymentLetter, language: str) -> None:
    # S2.2, S2.4, S2.6, S1.14: whatever happens to money, the customer hears of it
    text = whole(letter, language, FULL)
    assert [fact for fact in SAID[letter] if fact not in text] == []
    unnamed = (PaymentLetter.CARD_SAVED, PaymentLetter.REFUND_REQUEST_RECEIVED)
    assert (FULL.payment_id in text) is (letter not in unnamed)
    assert bool(re.search("[а-яё]", text)) is (language == "ru")


@pytest.mark.parametrize(("letter", "language"), list(product(PaymentLetter, LANGUAGES)))
def test_letter_is_whole_whichever_facts_are_missing(letter: PaymentLetter, language: str) -> None:
    # S2.6
    free = [name for name in OPTIONAL if name not in NEEDED.get(letter, ())]
    for bits in product((True, False), repeat=len(free)):
        left_out = {name: OPTIONAL[name] for name, out in zip(free, bits, strict=True) if out}
        text = whole(letter, language, replace(FULL, **left_out))
        assert not re.search(r"[{}]|None|\(\)|\S  |\S [.,]|\n\n\n|^\s|,\.|\.\.", text), text


@pytest.mark.parametrize(
    ("letter", "fact"),
    [(letter, fact) for letter, facts in NEEDED.items() for fact in sorted(facts)],
)
def test_letter_without_its_fact_is_not_written(letter: PaymentLetter, fact: str) -> None:
    # S2.4: a case without a number, a promise without a date
    missing = {fact: OPTIONAL[fact]}
    with pytest.raises(ValueError, match=f"{letter} needs"):
        write_payment(letter, "en", replace(FULL, **missing))


@pytest.mark.parametrize("letter", PaymentLetter)
def test_letter_in_another_language_is_english(letter: PaymentLetter) -> None:
    assert write_payment(letter, "de", FULL) == write_payment(letter, "en", FULL)


def test_both_languages_know_the_same_letters_phrases_and_reasons() -> None:
    assert list(english.LETTERS) == list(russian.LETTERS) == list(PaymentLetter)
    assert list(english.PHRASES) == list(russian.PHRASES)
    assert list(english.REASONS) == list(russian.REASONS)
    assert set(english.REASONS) == set(RefundReason)
    for letter in PaymentLetter:
        fields = [
            set(re.findall(r"\{(\w+)\}", " ".join(words.LETTERS[letter])))
            for words in (english, russian)
        ]
        assert fields[0] == fields[1]


def test_duplicate_letter_returns_the_extra_charge_alone_and_keeps_the_booking() -> None:
    # S1.14
    body = write_payment(PaymentLetter.DUPLICATE_REFUNDED, "en", FULL).body
    assert "returning the extra charge, 500.00 RUB" in body
    assert "Booking 123456789015 stays as it is" in body


def test_refund_of_the_whole_payment_names_the_whole_amount() -> None:
    # S2.2
    body = write_payment(PaymentLetter.REFUND_RECEIPT, "en", replace(FULL, refund=None)).body
    assert "we sent 1500.00 RUB back to your card Visa •••• 4242" in body


def test_reason_is_said_in_words_and_an_unknown_one_not_at_all() -> None:
    # S2.6
    known = write_payment(PaymentLetter.REFUND_RECEIPT, "ru", FULL).body
    unknown = write_payment(PaymentLetter.REFUND_RECEIPT, "ru", replace(FULL, reason="x_y")).body
    assert "Причина: оплата прошла дважды." in known
    assert "Причина" not in unknown and "x_y" not in unknown


def test_decline_of_a_top_up_speaks_of_no_slot() -> None:
    # S1.14
    facts = replace(FULL, booking_id=None, deadline=None)
    body = write_payment(PaymentLetter.PAYMENT_DECLINED, "en", facts).body
    assert "topping up your balance" in body and "We keep your time" not in body


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_a_stranger_are_not_sent_to_others(language: str) -> None:
    # S2.4: what was typed into a request without login may be meant for whoever gets the letter
    facts = replace(FULL, payment_id="CALL-202-555-0199", amount=Money(99999900, "usd"))
    letter = whole(PaymentLetter.REFUND_REQUEST_RECEIVED, language, facts)
    assert "CALL" not in letter
    assert "999" not in letter


@pytest.mark.parametrize(("advice", "language"), list(product(Advice, LANGUAGES)))
def test_every_advice_fits_the_letter(advice: Advice, language: str) -> None:
    # S1.14
    facts = replace(FULL, advice=advice_text(advice, language))
    assert advice_text(advice, language) in whole(PaymentLetter.PAYMENT_DECLINED, language, facts)
