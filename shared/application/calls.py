"""Carrying out what sessions ask of the telephony provider, and finding out what it left out."""

from datetime import datetime, timedelta

from shared.application.booking import after_last, all_open
from shared.application.bookings import Bookings
from shared.application.contacts import Contacts
from shared.application.operator_time import look_ahead
from shared.application.pace import AT_ONCE, CallPace
from shared.application.ports import ProviderCall, Telephony
from shared.application.store import Cause, SlotTaken
from shared.domain import commands as c
from shared.domain.booking import Booking, Status
from shared.domain.errors import Declined, OutcomeUnknown, RedialError, Unavailable
from shared.domain.mishap.judge import BUSY_BEFORE
from shared.domain.mishap.quality_credit import unmeasured
from shared.domain.policy import policy_of
from shared.domain.session.extension import may_run_until
from shared.domain.session.instructions import Prompt
from shared.domain.session.legs import NO_TURN, Leg, Side
from shared.domain.slots import quarter_of, quarters

_PROVIDER = "telephony provider"
# The sweep of ended calls runs every minute and reads twice as far back.
ENDED_WINDOW = timedelta(minutes=2)
# Our clock and the provider's may differ by this much when a call is looked up by its time.
_CLOCK_TOLERANCE = timedelta(seconds=5)
# A session before this one may have begun so long ago and still run over.
_LONGEST_SESSION = timedelta(hours=3)
_SWEEP = "calls"


class CallRoom:
    """One method per kind of effect."""

    def __init__(
        self, bookings: Bookings, contacts: Contacts, provider: Telephony, pace: CallPace
    ) -> None:
        self._bookings = bookings
        self._store = bookings.store
        self._contacts = contacts
        self._provider = provider
        self._pace = pace

    def place(
        self, booking_id: str, leg_id: str, *, asked_before: bool, turn_at: datetime | None = None
    ) -> None:
        """Ring a leg that is still wanted; a call is never placed twice for one leg on purpose.

        Args:
            turn_at: the moment of the turn it was given; None where it has yet to take one.
            asked_before: an earlier delivery may have placed it, so it is looked for first.
        """
        booking, leg = self._wanted(booking_id, leg_id)
        if leg is None or leg.call_id is not None:
            return
        number = self._number(leg)
        if number is None:
            self._failed(booking_id, leg_id, "number erased")
            return
        if leg.side is Side.OPERATOR and self._talks_still(booking, leg.party_id):
            self._failed(booking_id, leg_id, BUSY_BEFORE)
            return
        if asked_before and self._adopt(booking, leg, number):
            return
        if not self._in_turn(booking, leg, turn_at):
            return
        ring = policy_of(booking.policy_version).ring_timeout
        try:
            call_id = self._provider.place_call(number, leg_id, booking_id, ring)
        except OutcomeUnknown:
            if not self._adopt(booking, leg, number):
                self._failed(booking_id, leg_id, "outcome unknown")
        except (Declined, Unavailable) as refused:
            self._failed(booking_id, leg_id, refused.code)
        else:
            after = self._apply(booking_id, c.NotePlaced(leg_id, call_id), "NotePlaced", leg_id)
            leg = after.session.leg(leg_id) if after.session else None
            if leg is not None and leg.call_id != call_id:
                # The request to ring was delivered twice at once, and the other call was first.
                self._provider.hang_up(call_id)

    def _in_turn(self, booking: Booking, leg: Leg, turn_at: datetime | None) -> bool:
        """Whether the leg may be rung now; where it may not, its turn is noted and comes back."""
        now, before = self._bookings.clock.now(), leg.turn
        if before is not None and before.at != turn_at:
            return False  # the message that brings its turn is still on its way
        if before is None:
            turn = self._pace.take(booking, leg, now)
        else:
            turn = self._pace.standing(before, booking, leg)
        if turn is None:
            self._failed(booking.booking_id, leg.leg_id, NO_TURN)
            return False
        if turn == before or turn.at - now <= AT_ONCE:
            return True
        self._apply(booking.booking_id, c.QueueLeg(leg.leg_id, turn), "QueueLeg", leg.leg_id)
        return False

    def _talks_still(self, booking: Booking, operator_id: str) -> bool:
        """Whether another session of the operator's is not over (Never 6)."""
        start = booking.starts_at
        # Who stands in has had sessions since this one began.
        until = max(start, self._bookings.clock.now())
        earlier = self._store.slots(operator_id, start - _LONGEST_SESSION, until)
        ids = {slot.booking_id for slot in earlier} - {None, booking.booking_id}
        others = [self._bookings.load(str(other)).state for other in ids]
        on_air = (Status.LIVE, Status.ENDING)
        return any(o.operator_id == operator_id and o.status in on_air for o in others)

    def hang_up(self, booking_id: str, leg_id: str) -> None:
        """End a leg that is not wanted any more; one not placed yet is hung up once it is."""
        _, leg = self._load(booking_id, leg_id)
        if leg is not None and leg.call_id is not None and leg.ended_at is None:
            self._provider.hang_up(leg.call_id)

    def redirect(self, booking_id: str, leg_id: str) -> None:
        """Take a leg out of the conference so that it hears why it waits, or why it ends."""
        booking, leg = self._load(booking_id, leg_id)
        on_air = booking.status in (Status.LIVE, Status.ENDING)
        if on_air and leg is not None and leg.on_the_line and leg.call_id is not None:
            self._provider.redirect(leg.call_id, leg_id, booking_id, "wait")

    def announce(self, booking_id: str, prompt: str) -> None:
        """Speak to both sides."""
        booking = self._bookings.load(booking_id).state
        if booking.status is Status.LIVE:
            self._provider.announce(f"booking-{booking_id}", Prompt(prompt), booking.language)

    def look_up(self, booking_id: str, leg_id: str) -> None:
        """Ask the provider about a leg that is silent for too long."""
        booking, leg = self._load(booking_id, leg_id)
        if leg is None or leg.ended_at is not None:
            return
        if leg.call_id is None:
            number = self._number(leg)
            if number is None or not self._adopt(booking, leg, number):
                self._failed(booking_id, leg_id, "never placed")
            return
        call = self._provider.call(leg.call_id)
        unwanted = not leg.wanted or booking.status is not Status.LIVE
        if not self._ended(booking_id, leg_id, call) and unwanted:
            self._provider.hang_up(leg.call_id)

    def read_quality(self, booking_id: str) -> None:
        """Ask the provider how good the lines of a session were; what it has not yet, it may have
        when it is asked again (S1.8).
        """
        booking = self._bookings.load(booking_id).state
        figures = tuple(
            (leg.leg_id, quality)
            for leg in unmeasured(booking)
            if (quality := self._provider.quality(str(leg.call_id))) is not None
        )
        if figures:
            self._apply(booking_id, c.NoteQuality(figures), "NoteQuality", "")

    def seek_replacement(self, booking_id: str) -> None:
        """Find an operator who is free for the rest of the session (S1.5)."""
        booking = self._bookings.load(booking_id).state
        if booking.status is not Status.LIVE:
            return
        now = self._bookings.clock.now()
        wanted = quarters(quarter_of(now), booking.left(now) + now.minute % 15 * 60)
        away = booking.operator_id
        for operator_id in self._store.open_operators(wanted[0]):
            if operator_id == away:
                continue
            slots = self._store.slots(operator_id, wanted[0], after_last(wanted))
            operator = self._store.operator(operator_id)
            if operator is None or not all_open(slots, wanted):
                continue
            command = c.ReplaceOperator(operator_id, operator.phones, away, wanted)
            try:
                self._apply(booking_id, command, "ReplaceOperator", operator_id)
            except SlotTaken:
                continue
            return

    def check_overrun(self, booking_id: str) -> None:
        """The session may reach into the operator's next booking: he is told, or it ends (S1.6)."""
        booking = self._bookings.load(booking_id).state
        if booking.status is not Status.LIVE:
            return
        policy = policy_of(booking.policy_version)
        over = may_run_until(booking, booking.live_session, policy)
        if over is None:
            return
        found = look_ahead(self._bookings, booking, over)
        if found.next is not None:
            command = c.NoteNextBooking(booking.operator_id, found.next)
            self._apply(booking_id, command, "NoteNextBooking", found.next.booking_id)
        if found.free:
            # Nobody may book time that this session will need; SlotTaken is retried by the queue.
            keep = c.KeepQuarters(booking.operator_id, found.free)
            self._apply(booking_id, keep, "KeepQuarters", booking.operator_id)

    def delay_next(self, booking_id: str, next_booking_id: str, seconds: int) -> None:
        """Tell the next customer beforehand; where he does not wait any more, look who does."""
        session = self._bookings.load(booking_id).state.session
        waits = session.next if session else None
        if waits is None or waits.booking_id != next_booking_id:
            return
        cause = Cause("DelayStart", "worker", {"because_of": booking_id})
        command = c.DelayStart(seconds, waits.starts_at)
        told = self._bookings.apply(next_booking_id, command, cause)
        if told.starts_at != waits.starts_at or told.delay < seconds:
            self.check_overrun(booking_id)

    def sweep_ended(self) -> int:
        """Calls that ended at the provider, whether it told us or not.

        Returns:
            How many belonged to sessions of ours.
        """
        now = self._bookings.clock.now()
        swept = self._store.swept_until(_SWEEP)
        since = now - ENDED_WINDOW
        if swept is not None:
            # After a pause of the sweep, or a failure, it goes on where it had come to.
            since = min(since, swept - _CLOCK_TOLERANCE)
        ours, failed = 0, 0
        for call in self._provider.calls_ended(since):
            found = self._store.booking_of_call(call.call_id)
            if found is None:
                continue
            ours += 1
            try:
                self._ended(*found, call)
            except RedialError:
                failed += 1
        if not failed:
            self._store.note_swept(_SWEEP, now)
        return ours

    def _ended(self, booking_id: str, leg_id: str, call: ProviderCall) -> bool:
        if not call.status.ended:
            return False
        moment = call.ended or self._bookings.clock.now()
        self._apply(booking_id, c.EndLeg(leg_id, moment, call.status), "EndLeg", leg_id)
        return True

    def _adopt(self, booking: Booking, leg: Leg, number: str) -> bool:
        """Find the call of an attempt whose outcome is unknown, by number and time."""
        known = {other.call_id for other in booking.live_session.legs}
        for call in self._provider.calls_to(number, leg.requested_at - _CLOCK_TOLERANCE):
            if call.call_id in known or self._store.booking_of_call(call.call_id) is not None:
                continue
            command = c.NotePlaced(leg.leg_id, call.call_id)
            self._apply(booking.booking_id, command, "NotePlaced", leg.leg_id)
            self._ended(booking.booking_id, leg.leg_id, call)
            return True
        return False

    def _failed(self, booking_id: str, leg_id: str, outcome: str) -> None:
        command = c.EndLeg(leg_id, self._bookings.clock.now(), outcome)
        self._apply(booking_id, command, "EndLeg", leg_id)

    def _number(self, leg: Leg) -> str | None:
        return self._contacts.number(leg.party_id, leg.phone_id) if leg.phone_id else None

    def _load(self, booking_id: str, leg_id: str) -> tuple[Booking, Leg | None]:
        booking = self._bookings.load(booking_id).state
        return booking, booking.session.leg(leg_id) if booking.session else None

    def _wanted(self, booking_id: str, leg_id: str) -> tuple[Booking, Leg | None]:
        booking, leg = self._load(booking_id, leg_id)
        live = booking.status is Status.LIVE and leg is not None and leg.wanted
        return booking, leg if live else None

    def _apply(self, booking_id: str, command: c.Command, name: str, subject: str) -> Booking:
        cause = Cause(name, _PROVIDER, {"subject": subject})
        return self._bookings.apply(booking_id, command, cause)
