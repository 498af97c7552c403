"""What a caller hears next, from the state of his session (S1.4, S1.5)."""

from datetime import datetime
from enum import StrEnum

from shared.domain.booking import Booking, Status
from shared.domain.events import EndReason, LineRemedy
from shared.domain.policy import Policy
from shared.domain.session.instructions import AskKeys, HangUp, Instruction, Join, Prompt, Say
from shared.domain.session.legs import Leg, Side
from shared.domain.session.session import Session

CONFIRM_KEY = "1"
END_KEY = "2"
MENU_END_KEY = "9"
HOLD_KEY, BAD_LINE_KEY = "2", "3"
STOP_KEY, OTHER_PHONE_KEY = "2", "3"


class Step(StrEnum):
    """At which point of a leg we are asked; part of the callback's address."""

    ANSWER = "answer"
    CONFIRM = "confirm"
    LEFT = "left"
    MENU = "menu"
    WAIT = "wait"
    LINE = "line"
    NUMBER = "number"


def answered(booking: Booking, leg: Leg, policy: Policy) -> tuple[Instruction, ...]:
    """Ask for the key press before anything else is said: a voicemail never presses (S1.4)."""
    if not leg.wanted or booking.status is not Status.LIVE:
        return (HangUp(),)
    redial = leg.side is Side.CUSTOMER and booking.live_session.joined
    prompt = Prompt.PRESS_ONE_OR_END if redial else Prompt.PRESS_ONE
    return AskKeys(prompt, 1, policy.key_timeout, Step.CONFIRM), HangUp()


def on_the_line(
    booking: Booking,
    leg: Leg,
    now: datetime,
    policy: Policy,
    *,
    menu: bool,
    told: Prompt | None,
) -> tuple[Instruction, ...]:
    """Into the conference, or a goodbye where the session is over.

    Args:
        booking: after the decision.
        leg: who asks.
        now: UTC.
        policy: the booking's.
        menu: he left by star, so that the menu is offered first.
        told: a prompt to speak before he joins.
    """
    session = booking.live_session
    if booking.status is not Status.LIVE:
        reason = session.reason or EndReason.CUSTOMER_ENDED
        return Say(_FAREWELLS.get(reason, Prompt.SESSION_ENDED)), HangUp()
    if not leg.on_the_line:
        if session.renewed is not None and leg.side is Side.CUSTOMER:
            later = session.line_reports[-1][1] is LineRemedy.REDIAL_LATER
            return Say(Prompt.LINE_RENEWED_LATER if later else Prompt.LINE_RENEWED), HangUp()
        here = session.on_the_line(leg.side) is not None
        return Say(Prompt.ALREADY_JOINED if here else Prompt.GOODBYE), HangUp()
    join = Join(f"booking-{booking.booking_id}", leg.leg_id, _limit(booking, leg, now))
    if menu and leg.side is Side.CUSTOMER:
        return AskKeys(Prompt.MENU, 1, policy.key_timeout, Step.MENU), join
    alone = session.on_the_line(_other(leg.side)) is None
    wait = Say(told or Prompt.WAIT_FOR_OTHER)
    return (wait, join) if told or alone else (join,)


_FAREWELLS = {
    EndReason.MINUTES_USED: Prompt.MINUTES_USED_UP,
    EndReason.HOLD_LIMIT: Prompt.HOLD_LIMIT,
    EndReason.BAD_LINE: Prompt.LINE_STOPPED,
    EndReason.CALLBACK_PROMISED: Prompt.CALLED_BACK,
}


def learns_of_extension(session: Session, leg: Leg) -> bool:
    """Whether a leg that was taken out has been in since before the session was extended."""
    at = session.extended_at
    return at is not None and bool(leg.stays) and leg.stays[-1][0] <= at


def line_choice(
    booking: Booking, leg: Leg, now: datetime, policy: Policy
) -> tuple[Instruction, ...]:
    """Every remedy was tried: he may stop, or be called on his other phone (S1.8)."""
    join = Join(f"booking-{booking.booking_id}", leg.leg_id, _limit(booking, leg, now))
    return AskKeys(Prompt.LINE_CHOICE, 1, policy.key_timeout, Step.LINE), join


def _limit(booking: Booking, leg: Leg, now: datetime) -> int | None:
    """The minutes end by the limit of the leg that completes the connection (S1.4a).

    A leg that waits for the other side has none: the gap would eat up minutes that are not billed.
    """
    other = booking.live_session.on_the_line(_other(leg.side))
    if other is None:
        return None
    # From when he went in: where a second begins between that and this answer, it is not missing.
    left = booking.left(leg.stays[-1][0] if leg.inside else now)
    until = booking.live_session.until
    if until is not None:
        left = min(left, int((until - now).total_seconds()))
    return max(left, 1)


def _other(side: Side) -> Side:
    return Side.OPERATOR if side is Side.CUSTOMER else Side.CUSTOMER


def called_in(leg: Leg | None, policy: Policy) -> tuple[Instruction, ...]:
    """A customer who calls back presses 1 like everybody else; others give their booking number."""
    if leg is None:
        return AskKeys(Prompt.ENTER_BOOKING_NUMBER, 12, policy.key_timeout, Step.NUMBER), HangUp()
    if not leg.wanted:
        return not_found()
    return AskKeys(Prompt.PRESS_ONE_OR_END, 1, policy.key_timeout, Step.CONFIRM), HangUp()


def not_found() -> tuple[Instruction, ...]:
    """There is no open session for this caller."""
    return Say(Prompt.NO_OPEN_SESSION), HangUp()
