"""What to tell a customer whose card was declined (S1.14).

The codes and what may be said about each are the payment provider's: docs.stripe.com/declines/codes
(cards and other payment methods) and docs.stripe.com/error-codes (those a card payment can end
with). A card reported lost or stolen, suspected of fraud or on a block list is presented in every
respect as a plain decline, the slot's hold included: whoever holds the card learns nothing.
"""

from enum import StrEnum


class Advice(StrEnum):
    """What the customer can do about a decline."""

    CALL_BANK = "call_bank"
    OTHER_CARD = "other_card"
    CORRECT_DETAILS = "correct_details"
    AUTHENTICATE = "authenticate"
    TRY_AGAIN = "try_again"
    MORE_FUNDS = "more_funds"
    RAISE_LIMIT = "raise_limit"
    CHECK_STATEMENT = "check_statement"


_CODES = {
    Advice.CALL_BANK: """
        call_issuer card_declined card_not_supported currency_not_supported do_not_honor
        do_not_try_again fraudulent generic_decline invalid_account lost_card
        merchant_blacklist new_account_information_available no_action_taken not_permitted
        pickup_card restricted_card revocation_of_all_authorizations revocation_of_authorization
        security_violation service_not_allowed stolen_card stop_payment_order
        transaction_not_allowed
        partner_generic_decline partner_high_risk_customer compliance_violation
        payment_method_provider_decline
    """,
    Advice.OTHER_CARD: """
        expired_card offline_pin_required online_or_offline_pin_required pin_try_exceeded
        testmode_decline withdrawal_count_limit_exceeded
        expired_payment_information invalid_authorization invalid_billing_agreement
        invalid_business_account invalid_customer_account payment_disputed
        card_decline_rate_limit_exceeded expired_payment_method invalid_card_type
        payment_intent_incompatible_payment_method payment_intent_mandate_invalid
        payment_method_currency_mismatch payment_method_invalid_parameter
        payment_method_not_available payment_method_restricted payment_method_unactivated
        payment_method_unexpected_state payment_method_unsupported_type
        three_d_secure_authentication_not_supported
    """,
    Advice.CORRECT_DETAILS: """
        incorrect_address incorrect_cvc incorrect_number incorrect_pin incorrect_zip invalid_cvc
        invalid_expiry_month invalid_expiry_year invalid_number invalid_pin
        invalid_payment_information
        incorrect_postal_code invalid_characters payment_method_billing_details_address_missing
        postal_code_invalid
    """,
    Advice.AUTHENTICATE: """
        authentication_not_handled authentication_required mobile_device_authentication_required
        authentication_failure payment_intent_action_required payment_intent_authentication_failure
        payment_intent_payment_attempt_expired payment_method_customer_decline
    """,
    Advice.TRY_AGAIN: """
        approve_with_id issuer_not_available processing_error reenter_transaction try_again_later
        partner_payment_not_found
        lock_timeout payment_intent_payment_attempt_failed payment_intent_rate_limit_exceeded
        payment_method_provider_timeout rate_limit three_d_secure_authentication_upstream_error
        token_already_used
    """,
    Advice.MORE_FUNDS: "insufficient_funds payment_limit_exceeded",
    Advice.RAISE_LIMIT: """
        card_velocity_exceeded invalid_amount
        amount_too_large charge_exceeds_source_limit charge_exceeds_transaction_limit
        invalid_charge_amount
    """,
    Advice.CHECK_STATEMENT: "duplicate_transaction",
}
_ADVICE = {code: advice for advice, codes in _CODES.items() for code in codes.split()}

_TEXTS = {
    Advice.CALL_BANK: {
        "en": "Your bank did not let this payment through. Call the number on the back of your "
        "card, confirm the payment and pay again, or use another card.",
        "ru": "Банк не пропустил этот платёж. Позвоните по номеру на обороте карты, подтвердите "
        "платёж и оплатите снова или возьмите другую карту.",
    },
    Advice.OTHER_CARD: {
        "en": "This card cannot be used for this payment. Please pay with another card.",
        "ru": "Этой картой такой платёж провести нельзя. Пожалуйста, оплатите другой картой.",
    },
    Advice.CORRECT_DETAILS: {
        "en": "Something in the card's details is not right. Check the number, the expiry date, "
        "the security code and the address, and pay again.",
        "ru": "В данных карты есть ошибка. Проверьте номер, срок действия, код безопасности и "
        "адрес и оплатите снова.",
    },
    Advice.AUTHENTICATE: {
        "en": "Your bank wants to be sure that it is you. Pay again and confirm the payment in "
        "your bank's app or with the code it sends you (3-D Secure).",
        "ru": "Банк хочет убедиться, что платите вы. Оплатите снова и подтвердите платёж в "
        "приложении банка или кодом из сообщения (3-D Secure).",
    },
    Advice.TRY_AGAIN: {
        "en": "Your bank could not answer just now. Wait a minute and pay again; if that fails "
        "too, use another card.",
        "ru": "Банк сейчас не смог ответить. Подождите минуту и оплатите снова; если не "
        "получится, возьмите другую карту.",
    },
    Advice.MORE_FUNDS: {
        "en": "There is not enough money on the card, or its limit is reached. Top it up and pay "
        "again, or use another card.",
        "ru": "На карте не хватает денег или исчерпан её лимит. Пополните её и оплатите снова или "
        "возьмите другую карту.",
    },
    Advice.RAISE_LIMIT: {
        "en": "This payment goes over a limit that your bank has set for the card. Ask the bank to "
        "raise it and pay again, or use another card.",
        "ru": "Платёж превышает лимит, который банк установил для карты. Попросите банк поднять "
        "его и оплатите снова или возьмите другую карту.",
    },
    Advice.CHECK_STATEMENT: {
        "en": "Your bank has just seen the same payment. If that one was for this order, nothing "
        "more is needed; if not, wait a few minutes and pay again.",
        "ru": "Банк только что видел такой же платёж. Если он был за этот же заказ, больше ничего "
        "не нужно; если нет, подождите несколько минут и оплатите снова.",
    },
}


def advice_on(code: str) -> Advice:
    """What helps against a decline; a code nobody knows is treated as the bank's refusal.

    Args:
        code: the provider's decline code, or its error code where there is none.
    """
    return _ADVICE.get(code, Advice.CALL_BANK)


def blocked_by_bank(code: str) -> bool:
    """Whether the bank may let the same card pay after a call, which takes time (S1.14)."""
    return advice_on(code) in (Advice.CALL_BANK, Advice.RAISE_LIMIT)


def advice_text(advice: Advice, language: str) -> str:
    """The advice in plain words; English where the language is not one of ours."""
    words = _TEXTS[advice]
    return words.get(language, words["en"])


# Whoever holds such a card is not told why (docs.stripe.com/declines/codes: "present as you would
# generic_decline").
_SECRET = frozenset({"fraudulent", "lost_card", "merchant_blacklist", "stolen_card"})


def told_code(code: str | None) -> str | None:
    """The reason of a decline, as far as whoever holds the card may know it."""
    return "generic_decline" if code in _SECRET else code
