"""What a customer is told about a declined card."""

import re

import pytest

from shared.domain.declines import Advice, advice_on, advice_text, blocked_by_bank
from shared.domain.session.wording import LANGUAGES

# docs.stripe.com/declines/codes, "Card decline codes": each code with the next step it advises,
# "generic" where the page asks for the presentation of generic_decline.
DOCUMENTED = {
    "issuer": """
        call_issuer card_not_supported card_velocity_exceeded currency_not_supported do_not_honor
        do_not_try_again generic_decline invalid_account invalid_amount
        new_account_information_available no_action_taken not_permitted pickup_card restricted_card
        revocation_of_all_authorizations revocation_of_authorization security_violation
        service_not_allowed stop_payment_order transaction_not_allowed
    """,
    "generic": "fraudulent lost_card merchant_blacklist stolen_card",
    "again": """
        approve_with_id issuer_not_available processing_error reenter_transaction try_again_later
    """,
    "correct": """
        incorrect_address incorrect_cvc incorrect_number incorrect_pin incorrect_zip invalid_cvc
        invalid_expiry_month invalid_expiry_year invalid_number invalid_pin
    """,
    "authenticate": """
        authentication_not_handled authentication_required mobile_device_authentication_required
    """,
    "other": """
        expired_card insufficient_funds offline_pin_required online_or_offline_pin_required
        pin_try_exceeded testmode_decline withdrawal_count_limit_exceeded
    """,
    "recent": "duplicate_transaction",
}
FOLLOWED = {
    "issuer": {Advice.CALL_BANK, Advice.RAISE_LIMIT},
    "generic": {Advice.CALL_BANK},
    "again": {Advice.TRY_AGAIN},
    "correct": {Advice.CORRECT_DETAILS},
    "authenticate": {Advice.AUTHENTICATE},
    "other": {Advice.OTHER_CARD, Advice.MORE_FUNDS},
    "recent": {Advice.CHECK_STATEMENT},
}
CARD_CODES = [(code, step) for step, codes in DOCUMENTED.items() for code in codes.split()]


def test_all_documented_card_codes_are_listed() -> None:
    assert len({code for code, _ in CARD_CODES}) == 50


@pytest.mark.parametrize(("code", "step"), CARD_CODES)
def test_advice_follows_the_providers_next_step(code: str, step: str) -> None:
    # S1.14
    assert advice_on(code) in FOLLOWED[step]


@pytest.mark.parametrize("code", [*DOCUMENTED["generic"].split(), "pickup_card", "restricted_card"])
def test_holder_of_a_lost_or_stolen_card_sees_a_plain_decline(code: str) -> None:
    # S1.14: docs.stripe.com/declines/codes: "present it in the same manner as generic_decline"
    assert advice_on(code) is advice_on("generic_decline")
    assert blocked_by_bank(code) is blocked_by_bank("generic_decline")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("advice", Advice)
def test_advice_says_nothing_of_loss_theft_or_fraud(advice: Advice, language: str) -> None:
    # S1.14
    text = advice_text(advice, language)
    assert not re.search(r"lost|stolen|fraud|block|краж|украд|утер|потер|мошен|блок", text, re.I)


@pytest.mark.parametrize("advice", Advice)
def test_advice_is_one_or_two_sentences_in_either_language(advice: Advice) -> None:
    # S1.14: plain words in Russian and English
    english, russian = advice_text(advice, "en"), advice_text(advice, "ru")
    for text in (english, russian):
        assert 1 <= len(re.findall(r"[.!?](?:\s|$)", text)) <= 2
    assert re.search("[а-яё]", russian) and not re.search("[а-яё]", english)
    assert advice_text(advice, "fr") == english


@pytest.mark.parametrize(
    ("code", "blocked"),
    [
        ("do_not_honor", True),
        ("card_declined", True),
        ("card_velocity_exceeded", True),
        ("insufficient_funds", False),
        ("expired_card", False),
        ("incorrect_cvc", False),
        ("authentication_required", False),
        ("processing_error", False),
        ("a_code_of_next_year", True),
    ],
)
def test_bank_block_is_what_a_call_to_the_bank_can_lift(code: str, blocked: bool) -> None:
    # S1.14: the slot is held 15 min longer, once; what nobody knows is judged for the customer
    assert blocked_by_bank(code) is blocked


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        # docs.stripe.com/error-codes: what a payment ends with where there is no decline code
        ("payment_intent_authentication_failure", Advice.AUTHENTICATE),
        ("payment_method_provider_decline", Advice.CALL_BANK),
        ("card_decline_rate_limit_exceeded", Advice.OTHER_CARD),
        ("postal_code_invalid", Advice.CORRECT_DETAILS),
        ("amount_too_large", Advice.RAISE_LIMIT),
        # docs.stripe.com/declines/codes, "Local payment method decline codes"
        ("partner_generic_decline", Advice.CALL_BANK),
        ("payment_limit_exceeded", Advice.MORE_FUNDS),
        ("expired_payment_information", Advice.OTHER_CARD),
    ],
)
def test_error_codes_and_other_payment_methods_have_advice_too(code: str, advice: Advice) -> None:
    # S1.14
    assert advice_on(code) is advice
