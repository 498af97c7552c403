"""The e-mails we send, in Russian and English."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.events import Letter
from shared.domain.letters import mishap_letters
from shared.domain.letters.shown import moment_text
from shared.domain.letters.text import Text


@dataclass(frozen=True, slots=True)
class Facts:
    """What a letter may speak of.

    Args:
        booking_id: the number the customer may be asked for.
        starts_at: UTC.
        minutes: length of the session.
        delay_minutes: how much later the session starts.
        why: what happened, in one sentence.
        returned_seconds: unused ones that are on the balance.
        bonus_seconds: that were granted, or come with a choice.
        choices: what may be chosen, in words; each with whether it brings the bonus.
        until: when the choice ends, UTC.
        link: where to choose, or to correct a number.
        callback_at: when he is called back, UTC; None where nobody is free.
    """

    booking_id: str
    starts_at: datetime
    minutes: int
    delay_minutes: int
    why: str = ""
    returned_seconds: int = 0
    bonus_seconds: int = 0
    choices: tuple[tuple[str, bool], ...] = ()
    until: datetime | None = None
    link: str = ""
    callback_at: datetime | None = None


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

the call before yours takes a little longer. Your call, booking {number}, will start about {delay}
minutes later than booked, with all its {minutes} minutes. Thank you for your patience.
""",
        "ru": """Здравствуйте!

Предыдущий разговор продлится чуть дольше. Ваш звонок по заказу {number} начнётся примерно на
{delay} мин. позже, все {minutes} мин. сохранятся. Спасибо за терпение.
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
        "why": facts.why,
        "returned": f"{facts.returned_seconds // 60}:{facts.returned_seconds % 60:02d}",
        "bonus": facts.bonus_seconds // 60,
        "bonus_line": _bonus_line(facts, language),
        "choices": _choices(facts, language),
        "until": moment_text(facts.until) if facts.until else "",
        "link": facts.link,
        "callback": _callback(facts, language),
    }
    subject = (_SUBJECTS | mishap_letters.SUBJECTS)[letter]
    body = (_BODIES | mishap_letters.BODIES)[letter]
    return Text(
        subject.get(language, subject["en"]).format(**fields),
        body.get(language, body["en"]).format(**fields),
    )


def _bonus_line(facts: Facts, language: str) -> str:
    """That the bonus is his whatever he chooses, where it is."""
    if not facts.bonus_seconds or any(with_bonus for _, with_bonus in facts.choices):
        return ""
    minutes = facts.bonus_seconds // 60
    if language == "ru":
        return f" К ним добавлены бонусные минуты: {minutes}."
    return f" With them are {minutes} bonus minutes."


def _choices(facts: Facts, language: str) -> str:
    minutes = facts.bonus_seconds // 60
    bonus = f" + {minutes} бонусных минут" if language == "ru" else f" + {minutes} bonus minutes"
    return "".join(
        f" - {words}{bonus if with_bonus else ''}\n" for words, with_bonus in facts.choices
    )


def _callback(facts: Facts, language: str) -> str:
    if facts.callback_at is None:
        if language == "ru":
            return "В это время никто не свободен; ваши минуты на балансе, выберите любое время."
        return "Nobody is free then; your minutes are on your balance: choose any time."
    moment = moment_text(facts.callback_at)
    if language == "ru":
        return f"Мы перезвоним вам {moment}, и вы договорите оставшиеся минуты."
    return f"We call you again on {moment}, for the minutes that are left."
