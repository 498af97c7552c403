"""What is spoken on a line, in Russian and English. No name and no subject, ever (S1.4)."""

from shared.domain.instructions import Prompt

LANGUAGES = ("ru", "en")

_SPOKEN = {
    Prompt.PRESS_ONE: {
        "en": "This is your booked call. Press 1 to be connected.",
        "ru": "Это заказанный вами звонок. Нажмите 1, чтобы соединиться.",
    },
    Prompt.PRESS_ONE_OR_END: {
        "en": "Your call was cut off. Press 1 to go on, or 2 to end it.",
        "ru": "Ваш звонок прервался. Нажмите 1, чтобы продолжить, или 2, чтобы закончить.",
    },
    Prompt.WAIT_FOR_OTHER: {
        "en": "Please wait, the other side is being connected.",
        "ru": "Пожалуйста, подождите, мы соединяем вас.",
    },
    Prompt.ALREADY_JOINED: {
        "en": "You are already connected on another line. Goodbye.",
        "ru": "Вы уже соединены по другой линии. До свидания.",
    },
    Prompt.MENU: {
        "en": "Press 1 to go back, or 9 to end the call and keep the minutes that are left.",
        "ru": "Нажмите 1, чтобы вернуться, или 9, чтобы закончить. Остаток минут сохранится.",
    },
    Prompt.ENTER_BOOKING_NUMBER: {
        "en": "Please enter your twelve-digit booking number.",
        "ru": "Пожалуйста, введите двенадцать цифр номера вашего заказа.",
    },
    Prompt.NO_OPEN_SESSION: {
        "en": "There is no call to connect you to at the moment. Goodbye.",
        "ru": "Сейчас нет звонка, с которым вас можно соединить. До свидания.",
    },
    Prompt.OPERATOR_LOST: {
        "en": "The other side was cut off. We are calling again. These seconds are not charged.",
        "ru": "Связь с собеседником прервалась, мы перезваниваем. Эти секунды не оплачиваются.",
    },
    Prompt.CUSTOMER_LOST: {
        "en": "The customer was cut off. Please stay on the line.",
        "ru": "Связь с клиентом прервалась. Пожалуйста, оставайтесь на линии.",
    },
    Prompt.ONE_MINUTE_LEFT: {
        "en": "One minute is left.",
        "ru": "Осталась одна минута.",
    },
    Prompt.MINUTES_USED_UP: {
        "en": "Your minutes are used up. Thank you, goodbye.",
        "ru": "Ваши минуты закончились. Спасибо, до свидания.",
    },
    Prompt.SESSION_ENDED: {
        "en": "The call has ended. Minutes that are left stay on your balance. Goodbye.",
        "ru": "Разговор окончен. Оставшиеся минуты сохранены на балансе. До свидания.",
    },
    Prompt.GOODBYE: {"en": "Goodbye.", "ru": "До свидания."},
}


def spoken(prompt: Prompt, language: str) -> str:
    """The words of a prompt; English where the language is not one of ours."""
    words = _SPOKEN[prompt]
    return words.get(language, words["en"])
