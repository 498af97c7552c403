"""What a customer may choose after a mishap, in Russian and English (S1.10)."""

from shared.domain.policy import Policy
from shared.domain.remedy_events import Choice

_WORDS = {
    Choice.CALL_NOW: {
        "en": "A call now, from whoever is free",
        "ru": "Звонок прямо сейчас от любого свободного специалиста",
    },
    Choice.NEW_TIME: {
        "en": "A new time; until then your minutes stay on your balance",
        "ru": "Другое время; до него минуты остаются на вашем балансе",
    },
    Choice.REFUND: {
        "en": "Your money back to your card, on its way within {days} business days",
        "ru": "Деньги обратно на карту, отправим в течение {days} рабочих дней",
    },
    Choice.OTHER_PHONE: {
        "en": "A call to another phone of yours",
        "ru": "Звонок на другой ваш номер",
    },
}


def choice_text(choice: Choice, language: str, policy: Policy) -> str:
    """A choice in words; English where the language is not one of ours.

    Args:
        policy: the one the booking was bought under.
    """
    words = _WORDS[choice]
    text = words.get(language, words["en"])
    return text.format(days=policy.refund_initiate_days)
