"""What is spoken on a line, in Russian and English. No name and no subject, ever (S1.4)."""

from shared.domain.session.instructions import Prompt

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
        "en": (
            "Press 1 to go back, 2 to have the other side wait, 3 if the line is bad, or 9 to end "
            "the call and keep the minutes that are left."
        ),
        "ru": (
            "Нажмите 1, чтобы вернуться, 2, чтобы вас подождали, 3, если плохо слышно, или 9, "
            "чтобы закончить. Остаток минут сохранится."
        ),
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
    Prompt.WAITING: {
        "en": "The other side waits for you. Waiting is charged. When back, press star and 1.",
        "ru": "Вас ждут. Ожидание оплачивается. Когда вернётесь, нажмите звёздочку и 1.",
    },
    Prompt.STILL_WAITING: {
        "en": "The wait goes on and is charged. After ten minutes of waiting the call is closed.",
        "ru": "Ожидание продолжается и оплачивается. После десяти минут звонок завершится.",
    },
    Prompt.HOLD_LIMIT: {
        "en": "The wait was too long, so we end the call here. Your minutes are kept. Goodbye.",
        "ru": "Ожидание затянулось, мы завершаем звонок. Ваши минуты сохранены. До свидания.",
    },
    Prompt.PLEASE_MOVE: {
        "en": "We are sorry for the bad line. Please move to a place with better reception.",
        "ru": "Извините за плохую связь. Пожалуйста, перейдите туда, где приём лучше.",
    },
    Prompt.LINE_RENEWED: {
        "en": "We are sorry for the bad line. Hang up, we call you again at once.",
        "ru": "Извините за плохую связь. Положите трубку, мы сразу перезвоним.",
    },
    Prompt.LINE_RENEWED_LATER: {
        "en": "The line is still bad. We call you again in five minutes. They are not charged.",
        "ru": "Связь всё ещё плохая. Мы перезвоним через пять минут. Они не оплачиваются.",
    },
    Prompt.LINE_CHOICE: {
        "en": (
            "We are sorry, the line stays bad. Press 1 to go on, 2 to stop and get your minutes "
            "back with a bonus, or 3 to be called on your other phone."
        ),
        "ru": (
            "Извините, связь не улучшается. Нажмите 1, чтобы продолжить, 2, чтобы закончить и "
            "получить минуты обратно с бонусом, или 3, чтобы мы позвонили на другой номер."
        ),
    },
    Prompt.LINE_STOPPED: {
        "en": "Your unused minutes and bonus minutes are on your balance. We are sorry. Goodbye.",
        "ru": "Остаток минут и бонусные минуты на вашем балансе. Извините нас. До свидания.",
    },
    Prompt.EXTENDED: {
        "en": "The call is extended.",
        "ru": "Звонок продлён.",
    },
    Prompt.CALLED_BACK: {
        "en": "The call pauses here. We will call again for the minutes that are left. Goodbye.",
        "ru": "Мы прерываем звонок и перезвоним, чтобы продолжить. Минуты сохранены. До свидания.",
    },
    Prompt.GOODBYE: {"en": "Goodbye.", "ru": "До свидания."},
}


def spoken(prompt: Prompt, language: str) -> str:
    """The words of a prompt; English where the language is not one of ours."""
    words = _SPOKEN[prompt]
    return words.get(language, words["en"])
