"""What a phone leg is told to do next, in words no provider owns."""

from dataclasses import dataclass
from enum import StrEnum


class Prompt(StrEnum):
    """Everything Redial ever says on a line; its words: shared/domain/session/wording.py."""

    PRESS_ONE = "press_one"
    PRESS_ONE_OR_END = "press_one_or_end"
    WAIT_FOR_OTHER = "wait_for_other"
    ALREADY_JOINED = "already_joined"
    MENU = "menu"
    ENTER_BOOKING_NUMBER = "enter_booking_number"
    NO_OPEN_SESSION = "no_open_session"
    OPERATOR_LOST = "operator_lost"
    CUSTOMER_LOST = "customer_lost"
    ONE_MINUTE_LEFT = "one_minute_left"
    MINUTES_USED_UP = "minutes_used_up"
    SESSION_ENDED = "session_ended"
    GOODBYE = "goodbye"
    WAITING = "waiting"
    STILL_WAITING = "still_waiting"
    HOLD_LIMIT = "hold_limit"
    PLEASE_MOVE = "please_move"
    LINE_RENEWED = "line_renewed"
    LINE_RENEWED_LATER = "line_renewed_later"
    LINE_CHOICE = "line_choice"
    LINE_STOPPED = "line_stopped"
    EXTENDED = "extended"
    CALLED_BACK = "called_back"


@dataclass(frozen=True, slots=True)
class Say:
    """Speak one prompt."""

    prompt: Prompt


@dataclass(frozen=True, slots=True)
class AskKeys:
    """Speak a prompt and wait for keys; what was pressed, or nothing, is reported to `step`.

    Args:
        digits: how many keys end the question.
        timeout: seconds of silence after the prompt.
        step: which question this is, returned with the answer ("confirm", "menu", "number").
    """

    prompt: Prompt
    digits: int
    timeout: int
    step: str


@dataclass(frozen=True, slots=True)
class Join:
    """Join the conference of a booking; leaving it (star, limit, its end) is told to step "left".

    Args:
        conference: friendly name, one per booking.
        label: the participant's label, its attempt id (leg id).
        limit: seconds this leg may stay before it is taken out; None for the provider's own
            limit.
    """

    conference: str
    label: str
    limit: int | None


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the leg."""


Instruction = Say | AskKeys | Join | HangUp
