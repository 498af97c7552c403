"""What people may ask for around a session: to wait, a better line, other numbers, a call back."""

from shared.application.bookings import Bookings
from shared.application.contacts import Contacts
from shared.application.store import Cause, Replay
from shared.domain import commands as c
from shared.domain.booking import Booking, Status
from shared.domain.decide import decide
from shared.domain.errors import RuleBroken
from shared.domain.events import EndReason
from shared.domain.policy import policy_of

_PAGE = 25
# Of somebody's latest hundred bookings we know whether he is a regular customer.
_MOST_PAGES = 4
# Who asked, as the timeline names it.
_CUSTOMER, _OPERATOR, _DESK = "customer", "operator", "desk"


class SessionDesk:
    """Takes the wishes of customers, operators and agents; asked twice, each is had once."""

    def __init__(self, bookings: Bookings, contacts: Contacts) -> None:
        self._bookings = bookings
        self._contacts = contacts

    def hold(self, booking_id: str, how: str, replay: Replay) -> Booking:
        """The customer asks to wait; waiting is billed (S1.11).

        Args:
            how: "api" where he asks himself, "operator" where he said so on the phone.

        Raises:
            RuleBroken: the session is not live, or nobody has been connected yet.
        """
        return self._while_live(booking_id, c.Hold(how), _asker(how), replay)

    def resume(self, booking_id: str, how: str, replay: Replay) -> Booking:
        """He is back (S1.11); args and errors as of `hold`."""
        return self._while_live(booking_id, c.Resume(how), _asker(how), replay)

    def report_bad_line(self, booking_id: str, replay: Replay) -> Booking:
        """The line is bad: the next remedy is tried (S1.8).

        Raises:
            RuleBroken: the session is not live, or nobody has been connected yet.
        """
        return self._while_live(booking_id, c.ReportBadLine("api", None), _CUSTOMER, replay)

    def choose_line(self, booking_id: str, choice: c.LineChoice, replay: Replay) -> Booking:
        """Every remedy was tried: he stops, or is called on his other phone (S1.8).

        Raises:
            RuleBroken: the session is not live, remedies are left, or there is no other phone.
        """
        before = self._bookings.replayed(replay)
        if before is not None:
            return before
        done = self._apply(booking_id, c.ChooseLine(choice, None), _CUSTOMER, replay)
        stopped = done.session is not None and done.session.reason is EndReason.BAD_LINE
        if done.status is Status.LIVE or (stopped and choice is c.LineChoice.STOP):
            return done
        raise _not_live(done)

    def change_phones(
        self, booking_id: str, main_phone: str, backup_phone: str | None, replay: Replay | None
    ) -> Booking:
        """The customer corrects his numbers, until his session is over (S1.10).

        Args:
            main_phone: E.164.
            backup_phone: E.164; None for none any more.
            replay: None where it does no harm to take the same request again.

        Raises:
            RuleBroken: the backup is the main number, or the session is over.
            NotFound: there is no such booking.
        """
        before = self._bookings.replayed(replay)
        if before is not None:
            return before
        if backup_phone == main_phone:
            raise RuleBroken(
                "backup_is_main", "Give another number, or none, as the backup.", "backup_phone"
            )
        booking, contacts = self._bookings.load(booking_id).state, self._contacts
        backup = contacts.phone_id(backup_phone) if backup_phone else None
        command = c.ChangePhones(contacts.phone_id(main_phone), backup)
        # A change that is refused leaves no number behind; one that is made finds it stored.
        decide(booking, command, self._bookings.clock.now(), policy_of(booking.policy_version))
        phones = tuple(number for number in (main_phone, backup_phone) if number)
        contacts.remember(booking.customer_id, phones=phones)
        return self._apply(booking_id, command, _CUSTOMER, replay)

    def answer_readiness(
        self, booking_id: str, operator_id: str, *, ready: bool, replay: Replay
    ) -> Booking:
        """The operator says whether he will be there (S1.9).

        Raises:
            RuleBroken: another operator has the session, or it has begun.
        """
        before = self._bookings.replayed(replay)
        if before is not None:
            return before
        return self._apply(booking_id, c.AnswerReadiness(operator_id, ready), _OPERATOR, replay)

    def promise_callback(self, booking_id: str, by: str, replay: Replay) -> Booking:
        """A regular customer has to go, and is called back for the rest, once and free (S1.11).

        Args:
            by: "operator:<id>" or "agent:<id>".

        Raises:
            RuleBroken: the session is not live, he is no regular customer, or nothing is left.
        """
        before = self._bookings.replayed(replay)
        if before is not None:
            return before
        booking = self._bookings.load(booking_id).state
        if booking.session is not None and booking.session.callback is not None:
            return booking
        if booking.status is not Status.LIVE:
            raise _not_live(booking)
        wanted = policy_of(booking.policy_version).goodwill_sessions
        command = c.PromiseCallback(by, self._completed(booking.customer_id, wanted))
        source = _OPERATOR if by.startswith("operator:") else _DESK
        done = self._apply(booking_id, command, source, replay)
        if done.session is None or done.session.callback is None:
            raise _not_live(done)
        return done

    def _completed(self, customer_id: str, wanted: int) -> int:
        """How many sessions a customer has completed, counted no further than is wanted."""
        found, cursor = 0, None
        for _ in range(_MOST_PAGES):
            page = self._bookings.store.bookings_of(customer_id, cursor, _PAGE)
            found += sum(one.status is Status.COMPLETED for one in page.items)
            cursor = page.cursor
            if found >= wanted or cursor is None:
                break
        return min(found, wanted)

    def _while_live(
        self, booking_id: str, command: c.Command, source: str, replay: Replay
    ) -> Booking:
        before = self._bookings.replayed(replay)
        if before is not None:
            return before
        done = self._apply(booking_id, command, source, replay)
        if done.status is not Status.LIVE:
            raise _not_live(done)
        return done

    def _apply(
        self, booking_id: str, command: c.Command, source: str, replay: Replay | None
    ) -> Booking:
        cause = Cause(type(command).__name__, source, {})
        return self._bookings.apply(booking_id, command, cause, replay=replay)


def _asker(how: str) -> str:
    return _OPERATOR if how == "operator" else _CUSTOMER


def _not_live(booking: Booking) -> RuleBroken:
    """The domain passes over what comes too early or too late; who asked is told."""
    return RuleBroken("session_not_live", f"This booking is {booking.status}.")
