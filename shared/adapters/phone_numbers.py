"""Phone numbers as people give them, checked and stored as E.164 (S1.2)."""

import phonenumbers

from shared.domain.errors import RuleBroken


def e164(text: str, field: str) -> str:
    """The number in E.164.

    Args:
        text: with its country code, in any spacing.
        field: the input it came from, named in the answer.

    Raises:
        RuleBroken: no country code, or not a number of that country.
    """
    if not text.lstrip().startswith("+"):
        raise RuleBroken(
            "phone_no_country_code", "Start the number with + and its country code.", field
        )
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        raise RuleBroken("phone_invalid", "This is not a phone number.", field) from None
    if not phonenumbers.is_valid_number(number):
        raise RuleBroken(
            "phone_invalid", "This number does not exist in its country; check its digits.", field
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
