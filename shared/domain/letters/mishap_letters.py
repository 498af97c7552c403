"""The e-mails about mishaps, in Russian and English: what happened, what it brings, what to do."""

from datetime import datetime

from shared.domain.booking_events import Letter
from shared.domain.letters.shown import moment_text
from shared.domain.letters.text import Text
from shared.domain.mishap.events import Choice
from shared.domain.mishap.incident import Cause, Mishap

SUBJECTS = {
    Letter.PLEASE_WAIT: {
        "en": "Please stay near your phone: we are getting your operator",
        "ru": "Пожалуйста, оставайтесь у телефона: мы ищем вашего собеседника",
    },
    Letter.SUPERVISOR: {
        "en": "Nobody answers for booking {number}",
        "ru": "По заказу {number} никто не отвечает",
    },
    Letter.NUMBER_WRONG: {
        "en": "We cannot reach your number: please correct it",
        "ru": "Мы не можем дозвониться: пожалуйста, исправьте номер",
    },
    Letter.OFFER: {
        "en": "Your call did not go as promised: please choose",
        "ru": "Ваш звонок прошёл не так, как обещано: пожалуйста, выберите",
    },
    Letter.BONUS: {
        "en": "{bonus} bonus minutes for you",
        "ru": "Вам начислено бонусных минут: {bonus}",
    },
    Letter.MINUTES_RETURNED: {
        "en": "Your minutes are on your balance",
        "ru": "Ваши минуты на балансе",
    },
    Letter.CALLBACK: {
        "en": "We call you back",
        "ru": "Мы вам перезвоним",
    },
}

BODIES = {
    Letter.PLEASE_WAIT: {
        "en": """Hello,

your operator does not pick up yet. We keep calling, and look for another one at the same time.
Please stay near your phone for ten minutes at most; booking {number}. If nobody comes by then, you
choose: a call at once, a new time, or your money back.
""",
        "ru": """Здравствуйте!

Ваш собеседник пока не берёт трубку. Мы продолжаем звонить и одновременно ищем другого.
Пожалуйста, оставайтесь у телефона не больше десяти минут; заказ {number}. Если никто не ответит, вы
выберете: звонок сразу, новое время или деньги назад.
""",
    },
    Letter.SUPERVISOR: {
        "en": """The operator of booking {number} ({day} {time} UTC) does not answer on any number,
and nobody else is free. The customer is waiting. Please find somebody within minutes.
""",
        "ru": """Оператор заказа {number} ({day} {time} UTC) не отвечает ни по одному номеру, и
свободных нет. Клиент ждёт. Пожалуйста, найдите кого-нибудь в ближайшие минуты.
""",
    },
    Letter.NUMBER_WRONG: {
        "en": """Hello,

the network says that the number you gave for booking {number} does not exist. Please correct it
here; we then arrange your call anew, with all its minutes:

{link}
""",
        "ru": """Здравствуйте!

Сеть сообщает, что номера, указанного в заказе {number}, не существует. Пожалуйста, исправьте его по
ссылке; мы сразу организуем звонок заново, все минуты сохранятся:

{link}
""",
    },
    Letter.OFFER: {
        "en": """Hello,

{why} We are sorry. It is booking {number} of {day} at {time} UTC.

Your unused minutes ({returned}) are on your balance.{bonus_line} Please choose what you want:

{choices}
Choose here, until {until}; no sign-in is needed:

{link}

If you do nothing, your minutes stay on your balance, with the bonus.
""",
        "ru": """Здравствуйте!

{why} Приносим извинения. Речь о заказе {number}, {day} в {time} UTC.

Неиспользованные минуты ({returned}) на вашем балансе.{bonus_line} Пожалуйста, выберите:

{choices}
Выберите здесь до {until}, вход не нужен:

{link}

Если ничего не делать, минуты останутся на балансе вместе с бонусом.
""",
    },
    Letter.BONUS: {
        "en": """Hello,

{why} We are sorry: {bonus} bonus minutes stand on your balance, for any session. It is booking
{number} of {day} at {time} UTC; you need not do anything.
""",
        "ru": """Здравствуйте!

{why} Приносим извинения: на вашем балансе бонусные минуты ({bonus}) для любого разговора. Речь о
заказе {number}, {day} в {time} UTC; делать ничего не нужно.
""",
    },
    Letter.MINUTES_RETURNED: {
        "en": """Hello,

your call of {day} at {time} UTC, booking {number}, ended before its minutes were used up. The
unused minutes ({returned}) are on your balance, for any later session.
""",
        "ru": """Здравствуйте!

Ваш звонок {day} в {time} UTC, заказ {number}, закончился раньше, чем истекли минуты. Остаток
({returned}) на вашем балансе для любого следующего разговора.
""",
    },
    Letter.CALLBACK: {
        "en": """Hello,

you had to interrupt your call, booking {number}. {callback}
""",
        "ru": """Здравствуйте!

Вам пришлось прервать звонок, заказ {number}. {callback}
""",
    },
}

_CHOICES = {
    Choice.CALL_NOW: {
        "en": "a call at once, with the next free operator",
        "ru": "звонок сразу, со следующим свободным собеседником",
    },
    Choice.NEW_TIME: {
        "en": "any new time you like",
        "ru": "любое удобное вам новое время",
    },
    Choice.REFUND: {
        "en": "all your money back, no questions asked",
        "ru": "возврат всех денег без вопросов",
    },
    Choice.OTHER_PHONE: {
        "en": "a call at once on another phone of yours",
        "ru": "звонок сразу на другой ваш телефон",
    },
}

_WHY = {
    Mishap.OUTAGE: {
        "en": "A fault of ours broke your call.",
        "ru": "Ваш звонок сорвался из-за сбоя на нашей стороне.",
    },
    Mishap.START_MISSED: {
        "en": "We did not call you at the time you booked; the fault is ours.",
        "ru": "Мы не позвонили вам в назначенное время, это наша вина.",
    },
    Mishap.CUSTOMER_ABSENT: {
        "en": "We could not get through to you, and the fault seems to be ours.",
        "ru": "Мы не смогли до вас дозвониться, и, судя по всему, по нашей вине.",
    },
    Mishap.OPERATOR_ABSENT: {
        "en": "Your operator did not come to the phone.",
        "ru": "Ваш собеседник не подошёл к телефону.",
    },
    Mishap.DROPPED: {
        "en": "The line dropped, and we could not bring it back.",
        "ru": "Связь прервалась, и восстановить её не удалось.",
    },
    Mishap.BAD_LINE: {
        "en": "The line was bad, and stayed bad whatever we tried.",
        "ru": "Связь была плохой, и исправить её не удалось.",
    },
}
_BUSY = {
    "en": "The call before yours took longer, and nobody else was free.",
    "ru": "Предыдущий разговор затянулся, а других свободных не нашлось.",
}


def why(mishaps: tuple[Mishap, ...], cause: Cause, language: str) -> str:
    """What happened, in one sentence: the heaviest of what an incident is made of."""
    if cause is Cause.PREVIOUS_SESSION and Mishap.OUTAGE not in mishaps:
        return _BUSY.get(language, _BUSY["en"])
    words = next(words for mishap, words in _WHY.items() if mishap in mishaps)
    return words.get(language, words["en"])


def choice_text(choice: Choice, language: str) -> str:
    """A choice in words."""
    return _CHOICES[choice].get(language, _CHOICES[choice]["en"])


def readiness_text(booking_id: str, starts_at: datetime, minutes: int, link: str) -> Text:
    """What an operator is asked before a session; staff read English.

    Args:
        starts_at: UTC.
        link: where he answers.
    """
    return Text(
        f"Will you be there on {moment_text(starts_at)}?",
        f"""Hello,

your session {booking_id} begins on {moment_text(starts_at)} and takes {minutes} minutes. Your phone
rings then. Please say now whether you will be there:

{link}

If you cannot, say so: another operator is called at once, and the customer does not wait.
""",
    )
