"""What the telephony provider asks and reports while a call is on, decided at once.

Each method may be called twice, late, or never: what is known already changes nothing, and what
never comes is looked up when it is overdue.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.application.bookings import Bookings
from shared.application.contacts import Contacts
from shared.application.ports import CallStatus
from shared.application.store import Cause
from shared.domain import commands as c
from shared.domain.booking import Booking, Status
from shared.domain.booking_number import is_booking_number
from shared.domain.errors import NotFound, RuleBroken
from shared.domain.events import LineRemedy
from shared.domain.policy import CURRENT, Policy, policy_of
from shared.domain.session import voice
from shared.domain.session.instructions import HangUp, Instruction, Prompt
from shared.domain.session.legs import Leg, Mark, Motion, Side
from shared.domain.session.on_air import inbound_leg_id

_PROVIDER = "telephony provider"
# Nobody talks longer than this after the first ring; older lines are not asked.
_LINE_OPEN = timedelta(hours=6)


class CallSuperseded(NotFound):
    """The call is not the one its leg stands for."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a leg is told, and what the provider needs to ask us again about it."""

    instructions: Sequence[Instruction]
    language: str
    booking_id: str
    leg_id: str


class VoiceDesk:
    """Answers the telephony provider."""

    def __init__(self, bookings: Bookings, contacts: Contacts) -> None:
        self._bookings = bookings
        self._contacts = contacts

    def answered(self, booking_id: str, leg_id: str, call_id: str) -> Reply:
        """Somebody, or something, picked up.

        Raises:
            NotFound: no such booking or leg.
        """
        try:
            booking, leg = self._known(booking_id, leg_id, call_id)
        except CallSuperseded:
            return _reply(None, leg_id, (HangUp(),))
        return _reply(booking, leg_id, voice.answered(booking, leg, _policy(booking)))

    def keys(self, booking_id: str, leg_id: str, call_id: str, step: str, digits: str) -> Reply:
        """Keys were pressed, or the time for them ran out (`digits` empty)."""
        booking, leg = self._known(booking_id, leg_id, call_id)
        ends = voice.MENU_END_KEY if step == voice.Step.MENU else voice.END_KEY
        redial = leg.side is Side.CUSTOMER and booking.live_session.joined
        may_end = leg.wanted and (
            step == voice.Step.MENU or (step == voice.Step.CONFIRM and redial)
        )
        if digits == ends and may_end:
            how = "key" if step == voice.Step.MENU else "redial"
            booking = self._apply(booking_id, c.EndSession(how, leg_id), leg_id, call_id)
            return self._line(booking, leg_id)
        if step == voice.Step.MENU:
            return self._menu(booking_id, leg_id, call_id, digits)
        if step == voice.Step.LINE:
            return self._line_chosen(booking_id, leg_id, call_id, digits)
        if digits == voice.CONFIRM_KEY:
            booking = self._apply(booking_id, c.ConfirmLeg(leg_id), leg_id, call_id)
            return self._line(booking, leg_id)
        return _reply(booking, leg_id, (HangUp(),))

    def left(self, booking_id: str, leg_id: str, call_id: str, *, call_live: bool) -> Reply:
        """The leg is out of the conference: by star, by its limit, or because the call ended."""
        _, leg = self._known(booking_id, leg_id, call_id)
        booking = self._mark(booking_id, leg_id, call_id, Motion.LEAVE)
        if not call_live:
            return _reply(booking, leg_id, (HangUp(),))
        if leg.side is Side.OPERATOR and booking.status is Status.LIVE:
            return self._back_in(booking_id, leg_id, call_id)
        return self._line(booking, leg_id, menu=True)

    def waits(self, booking_id: str, leg_id: str, call_id: str) -> Reply:
        """The leg was taken out to hear why, and goes back in, or ends with that."""
        _, leg = self._known(booking_id, leg_id, call_id)
        booking = self._mark(booking_id, leg_id, call_id, Motion.LEAVE)
        session = booking.live_session
        if booking.status is not Status.LIVE:
            return self._line(booking, leg_id)
        if session.renewed is not None and leg.side is Side.CUSTOMER:
            booking = self._apply(booking_id, c.ReleaseLeg(leg_id), leg_id, call_id)
            return self._line(booking, leg_id)
        if session.dropped_at is None:
            told = Prompt.EXTENDED if voice.learns_of_extension(session, leg) else None
            return self._back_in(booking_id, leg_id, call_id, told)
        operator = leg.side is Side.OPERATOR
        told = Prompt.CUSTOMER_LOST if operator else Prompt.OPERATOR_LOST
        return self._back_in(booking_id, leg_id, call_id, told)

    def _menu(self, booking_id: str, leg_id: str, call_id: str, digits: str) -> Reply:
        """A key of the menu, or none: whatever cannot be done now leads back to the call."""
        told: Prompt | None = None
        match digits:
            case voice.HOLD_KEY:
                done = self._wish(booking_id, c.Hold("key"), leg_id, call_id)
                told = Prompt.WAITING if done else None
            case voice.BAD_LINE_KEY:
                done = self._wish(booking_id, c.ReportBadLine("key", leg_id), leg_id, call_id)
                if done is not None and done.live_session.renewed is not None:
                    return self._line(done, leg_id)
                reports = done.live_session.line_reports if done is not None else ()
                if done is not None and reports and reports[-1][1] is LineRemedy.CHOICE:
                    leg, now = _leg(done, leg_id), self._bookings.clock.now()
                    return _reply(done, leg_id, voice.line_choice(done, leg, now, _policy(done)))
                told = Prompt.PLEASE_MOVE if reports else None
            case voice.CONFIRM_KEY:
                self._wish(booking_id, c.Resume("key"), leg_id, call_id)
        return self._back_in(booking_id, leg_id, call_id, told)

    def _line_chosen(self, booking_id: str, leg_id: str, call_id: str, digits: str) -> Reply:
        """What he chose on a line that stays bad."""
        chosen = {
            voice.STOP_KEY: c.LineChoice.STOP,
            voice.OTHER_PHONE_KEY: c.LineChoice.OTHER_PHONE,
        }.get(digits)
        done: Booking | None = None
        if chosen is not None:
            done = self._wish(booking_id, c.ChooseLine(chosen, leg_id), leg_id, call_id)
        if done is None:
            return self._back_in(booking_id, leg_id, call_id)
        return self._line(done, leg_id)

    def _wish(
        self, booking_id: str, command: c.Command, leg_id: str, call_id: str
    ) -> Booking | None:
        """Carry out a wish; None where it cannot be had now."""
        try:
            return self._apply(booking_id, command, leg_id, call_id)
        except RuleBroken:
            return None

    def status(
        self,
        booking_id: str,
        leg_id: str,
        call_id: str,
        status: CallStatus,
        moment: datetime,
        sip_response: str | None,
    ) -> None:
        """The provider reports on a call of ours.

        Args:
            moment: the provider's time stamp, UTC.
            sip_response: why it ended, where the network said so (404: nobody has this number);
                evidence only, for a lost callback is made up for without it.
        """
        self._known(booking_id, leg_id, call_id)
        if status.ended:
            said = {} if sip_response is None else {"sip_response": sip_response}
            self._apply(booking_id, c.EndLeg(leg_id, moment, status), leg_id, call_id, **said)

    def inbound_ended(self, call_id: str, status: CallStatus, moment: datetime) -> None:
        """The provider reports on a call that came in.

        Raises:
            NotFound: the call belongs to no session.
        """
        found = self._bookings.store.booking_of_call(call_id)
        if found is None:
            raise NotFound("call_unknown", "This call belongs to no session.", "CallSid")
        if status.ended:
            booking_id, leg_id = found
            self._apply(booking_id, c.EndLeg(leg_id, moment, status), leg_id, call_id)

    def moved(
        self, booking_id: str, leg_id: str, call_id: str, motion: Motion, moment: datetime
    ) -> None:
        """A leg joined or left the conference, at the provider's moment (UTC)."""
        self._known(booking_id, leg_id, call_id)
        mark = Mark(moment, motion, seen=False)
        self._apply(booking_id, c.MoveLeg(leg_id, mark), leg_id, call_id)

    def called_in(self, number: str | None, call_id: str) -> Reply:
        """Somebody calls our number: a customer whose line dropped (S1.5).

        Args:
            number: E.164, None where it is withheld.
        """
        if number is not None:
            phone_id = self._contacts.phone_id(number)
            live = self._live_on(phone_id)
            if len(live) == 1:
                return self._take(live[0], call_id, phone_id)
        return _reply(None, inbound_leg_id(call_id), voice.called_in(None, _policy(None)))

    def gave_number(self, call_id: str, digits: str) -> Reply:
        """A caller whose number says nothing entered his booking number."""
        leg_id = inbound_leg_id(call_id)
        loaded = self._bookings.store.booking(digits) if is_booking_number(digits) else None
        if loaded is None:
            return _reply(None, leg_id, voice.not_found())
        return self._take(loaded.state, call_id, None)

    def _live_on(self, phone_id: str) -> list[Booking]:
        since = self._bookings.clock.now() - _LINE_OPEN
        ids = self._bookings.store.bookings_on_line(phone_id, since)
        bookings = [self._bookings.load(booking_id).state for booking_id in ids]
        return [booking for booking in bookings if booking.status is Status.LIVE]

    def _take(self, booking: Booking, call_id: str, phone_id: str | None) -> Reply:
        leg_id = inbound_leg_id(call_id)
        command = c.TakeCall(call_id, phone_id)
        booking = self._apply(booking.booking_id, command, leg_id, call_id)
        leg = booking.session.leg(leg_id) if booking.session else None
        if leg is None:
            return _reply(booking, leg_id, voice.not_found())
        return _reply(booking, leg_id, voice.called_in(leg, _policy(booking)))

    def _known(self, booking_id: str, leg_id: str, call_id: str) -> tuple[Booking, Leg]:
        """The leg, if this call is the one it stands for.

        A queue may deliver a request to ring twice, and then two calls ring for one leg: only the
        one whose id was noted counts, the other is told to hang up and never joins (S1.4).
        """
        booking = self._bookings.load(booking_id).state
        leg = _leg(booking, leg_id)
        if leg.call_id is None:
            # Our own request to place it never came back: this is the first we hear of its id.
            booking = self._apply(booking_id, c.NotePlaced(leg_id, call_id), leg_id, call_id)
            leg = _leg(booking, leg_id)
        if leg.call_id not in (None, call_id):
            raise CallSuperseded("call_superseded", "Another call is this leg.", "CallSid")
        return booking, leg

    def _back_in(
        self, booking_id: str, leg_id: str, call_id: str, told: Prompt | None = None
    ) -> Reply:
        booking = self._mark(booking_id, leg_id, call_id, Motion.JOIN)
        return self._line(booking, leg_id, told=told)

    def _mark(self, booking_id: str, leg_id: str, call_id: str, motion: Motion) -> Booking:
        mark = Mark(self._bookings.clock.now().replace(microsecond=0), motion, seen=True)
        return self._apply(booking_id, c.MoveLeg(leg_id, mark), leg_id, call_id)

    def _line(
        self, booking: Booking, leg_id: str, *, menu: bool = False, told: Prompt | None = None
    ) -> Reply:
        leg, now = _leg(booking, leg_id), self._bookings.clock.now()
        instructions = voice.on_the_line(booking, leg, now, _policy(booking), menu=menu, told=told)
        return _reply(booking, leg_id, instructions)

    def _apply(
        self, booking_id: str, command: c.Command, leg_id: str, call_id: str, **said: str
    ) -> Booking:
        evidence = {"leg": leg_id, "call": call_id, **said}
        cause = Cause(type(command).__name__, _PROVIDER, evidence)
        return self._bookings.apply(booking_id, command, cause)


def _leg(booking: Booking, leg_id: str) -> Leg:
    leg = booking.session.leg(leg_id) if booking.session else None
    if leg is None:
        raise NotFound("leg_unknown", "This session has no such leg.", "leg")
    return leg


def _policy(booking: Booking | None) -> Policy:
    return policy_of(booking.policy_version) if booking else CURRENT


def _reply(booking: Booking | None, leg_id: str, instructions: Sequence[Instruction]) -> Reply:
    if booking is None:
        return Reply(instructions, "en", "", leg_id)
    return Reply(instructions, booking.language, booking.booking_id, leg_id)
