"""The e-mails we send, in Russian and English."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.events import Letter
from shared.domain.text import Text


@dataclass(frozen=True, slots=True)
class Facts:
    """What a letter may speak of.

    Args:
        booking_id: the number the customer may be asked for.
        starts_at: UTC.
        minutes: length of the session.
        delay_minutes: how much later the session starts.
    """

    booking_id: str
    starts_at: datetime
    minutes: int
    delay_minutes: int


_SUBJECTS = {
    Letter.REMINDER: {
        "en": "Your call on {day} at {time} UTC",
        "ru": "Ваш звонок {day} в {time} UTC",
    },
    Letter.SESSION_DELAYED: {
        "en": "Your call will start {delay} minutes later",
        "ru": "Ваш звонок начнётся на {delay} мин. позже",
    },
}

# The checklist is rule S1.3, point by point.
_BODIES = {
    Letter.REMINDER: {
        "en": """Hello,

we will call you on {day} at {time} UTC, booking {number}, {minutes} minutes. Pick up and press 1.

Please check before the call:
 1. Battery at 50 % or more, or the phone is charging.
 2. Good signal, or Wi-Fi calling is on.
 3. Call waiting is off (dial #43#).
 4. A quiet room where nobody disturbs you.
 5. Your number is correct, with its country code.
 6. A backup number is given, in case the first one fails.

If the line drops, stay near the phone: call us back within a minute, or we call you. Time without
a connection is not charged.
""",
        "ru": """Здравствуйте!

Мы позвоним вам {day} в {time} UTC, заказ {number}, {minutes} мин. Возьмите трубку и нажмите 1.

Пожалуйста, проверьте перед звонком:
 1. Заряд батареи не меньше 50 % или телефон заряжается.
 2. Хороший сигнал сети или включены звонки по Wi-Fi.
 3. Ожидание вызова отключено (наберите #43#).
 4. Тихая комната, где вас никто не потревожит.
 5. Ваш номер указан верно, с кодом страны.
 6. Указан запасной номер на случай, если первый не ответит.

Если связь прервётся, оставайтесь у телефона: перезвоните в течение минуты, или перезвоним мы.
Время без связи не оплачивается.
""",
    },
    Letter.SESSION_DELAYED: {
        "en": """Hello,

the call before yours was interrupted and takes a little longer. Your call, booking {number}, will
start about {delay} minutes later than booked, with all its {minutes} minutes. Thank you for your
patience.
""",
        "ru": """Здравствуйте!

Предыдущий разговор прерывался и продлится чуть дольше. Ваш звонок по заказу {number} начнётся
примерно на {delay} мин. позже, все {minutes} мин. сохранятся. Спасибо за терпение.
""",
    },
}


def write(letter: Letter, language: str, facts: Facts) -> Text:
    """A letter in the customer's language; English where it is not one of ours."""
    fields = {
        "number": facts.booking_id,
        "day": f"{facts.starts_at:%d.%m.%Y}",
        "time": f"{facts.starts_at:%H:%M}",
        "minutes": facts.minutes,
        "delay": facts.delay_minutes,
    }
    subject, body = _SUBJECTS[letter], _BODIES[letter]
    return Text(
        subject.get(language, subject["en"]).format(**fields),
        body.get(language, body["en"]).format(**fields),
    )
