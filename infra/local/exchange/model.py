"""The exchange: calls, conferences and people in virtual time, without input or output."""

from collections.abc import Callable
from datetime import datetime, timedelta

from infra.local.exchange.agenda import Agenda
from infra.local.exchange.callbacks import Courier, Failure, Request
from infra.local.exchange.calls import WITHHELD, Call
from infra.local.exchange.conference import Conference, Conferences
from infra.local.exchange.line import Line
from infra.local.exchange.people import EASY_GOING, PRESSES_ONE, CallBack, Person, Steps, in_call
from infra.local.exchange.twiml import Speech, TwimlInvalid, parse
from shared.application.ports import CallStatus

# twilio.com/docs/voice/api/call-resource: four hours unless the account is allowed more.
CALL_LIMIT = 14_400
_LONGEST_RING = 600


class Refused(Exception):
    """The provider says no.

    Args:
        status: HTTP status.
        code: the provider's error code (twilio.com/docs/api/errors).
    """

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class Exchange:
    """A deterministic model of the provider and of everybody with a phone.

    It is driven from outside: `advance` to `next_at`, carry out what `take_requests` gives, bring
    the answers back through `answered`.

    Args:
        account_sid: our account, AC and 32 hexadecimal digits.
        number: our number, E.164.
        now: where time starts, UTC.
        new_sid: a fresh id for a prefix ("CA", "CF", "RQ").
        calls_per_second: how fast outgoing calls leave the queue.
        summary_after: seconds from the end of a call until its summary is complete; about half an
            hour (twilio.com/docs/voice/voice-insights/api/call/call-summary-resource).
    """

    def __init__(
        self,
        account_sid: str,
        number: str,
        now: datetime,
        new_sid: Callable[[str], str],
        calls_per_second: float = 1.0,
        summary_after: float = 1800.0,
    ) -> None:
        self.account_sid = account_sid
        self.number = number
        self.voice_url: str | None = None
        self.status_callback: str | None = None
        self.alerts: list[tuple[datetime, str, str]] = []
        self._agenda = Agenda(now)
        self._new_sid = new_sid
        self.courier = Courier(self._agenda, lambda: new_sid("RQ"))
        self._conferences = Conferences(
            self._agenda, lambda: new_sid("CF"), account_sid, self.courier.tell
        )
        self._lines: dict[str, Line] = {}
        self._people: dict[str, Person] = {}
        self._calls_to: dict[str, int] = {}
        self._pace = timedelta(seconds=1 / calls_per_second)
        self._summary_after = timedelta(seconds=summary_after)
        self._next_slot = now

    # --- time ---------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The moment the model has reached."""
        return self._agenda.now

    def next_at(self) -> datetime | None:
        """When something happens next by itself, or None."""
        return self._agenda.next_at()

    def advance(self, to: datetime) -> None:
        """Let happen what is due by `to`."""
        self._agenda.advance(to)

    def take_requests(self) -> list[Request]:
        """Requests to our URLs that have to be carried out now."""
        return self.courier.take()

    def answered(self, request_id: str, answer: str | Failure) -> None:
        """Bring back the body, or the failure, of a request."""
        self.courier.answered(request_id, answer)

    # --- people -------------------------------------------------------------------------------

    def meet(self, number: str, person: Person) -> None:
        """Put a person at a number; calls to it are counted afresh."""
        self._people[number] = person
        self._calls_to.pop(number, None)

    def dial_in(self, number: str, withheld: bool = False, steps: Steps = PRESSES_ONE) -> Call:
        """Somebody dials our number now."""
        now = self._agenda.now
        call = Call(
            sid=self._new_sid("CA"),
            account_sid=self.account_sid,
            to=self.number,
            sender=WITHHELD if withheld else number,
            direction="inbound",
            created=now,
            updated=now,
            url=None,
            twiml=None,
            ring_timeout=_LONGEST_RING,
            time_limit=CALL_LIMIT,
            status_callback=self.status_callback,
            events=frozenset({"completed"}),
        )
        self._line(call, number, in_call(steps)).come_in(self.voice_url)
        return call

    def line(self, sid: str) -> Line:
        """A call in motion; Refused where there is none."""
        if sid not in self._lines:
            raise not_found(sid)
        return self._lines[sid]

    # --- calls --------------------------------------------------------------------------------

    def place_call(
        self,
        to: str,
        sender: str,
        url: str | None,
        twiml: str | None = None,
        ring_timeout: int = 60,
        time_limit: int = CALL_LIMIT,
        status_callback: str | None = None,
        events: frozenset[str] = frozenset({"completed"}),
    ) -> Call:
        """Queue an outgoing call; the arguments are those of the provider's Calls resource.

        Raises:
            Refused: 21211 no such number, 21210 not our number, 21205 no instructions.
        """
        if not (to.startswith("+") and to[1:].isascii() and to[1:].isdigit() and len(to) > 7):
            raise Refused(400, 21211, f"The number to call, {to}, is not valid.")
        if sender != self.number:
            raise Refused(400, 21210, f"The number {sender} is not ours to call from.")
        if (url is None) == (twiml is None):
            raise Refused(400, 21205, "Either Url or Twiml is required.")
        now = self._agenda.now
        call = Call(
            sid=self._new_sid("CA"),
            account_sid=self.account_sid,
            to=to,
            sender=sender,
            direction="outbound-api",
            created=now,
            updated=now,
            url=url,
            twiml=twiml,
            ring_timeout=min(ring_timeout, _LONGEST_RING),
            time_limit=time_limit,
            status_callback=status_callback,
            events=events,
        )
        earlier = self._calls_to.get(to, 0)
        self._calls_to[to] = earlier + 1
        line = self._line(call, to, self._people.get(to, EASY_GOING).steps(earlier))
        slot = max(now, self._next_slot)
        self._next_slot = slot + self._pace
        self._agenda.at(slot, line.dial)
        return call

    def update_call(
        self,
        sid: str,
        status: str | None = None,
        url: str | None = None,
        twiml: str | None = None,
    ) -> Call:
        """Hang up or redirect a call.

        Raises:
            Refused: 20404 unknown; 21220 it has ended, or cannot be redirected before an answer.
        """
        line = self.line(sid)
        call = line.call
        if call.status.ended:
            raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
        if status == "completed" or (
            status == "canceled" and call.status is not CallStatus.IN_PROGRESS
        ):
            line.hang_up()
        elif url is not None or twiml is not None:
            if call.status is not CallStatus.IN_PROGRESS:
                raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
            line.redirect(url, twiml)
        return call

    def call(self, sid: str) -> Call:
        """One call; Refused where there is none."""
        return self.line(sid).call

    def calls(self) -> list[Call]:
        """All calls, newest first."""
        return [line.call for line in reversed(self._lines.values())]

    def summarised(self, sid: str) -> Call:
        """One call whose summary is complete; Refused where there is none, or it is not yet."""
        call = self.call(sid)
        if call.ended is None or self.now < call.ended + self._summary_after:
            raise not_found(sid)
        return call

    # --- conferences --------------------------------------------------------------------------

    def conferences(self) -> list[Conference]:
        """All conferences, newest first."""
        return list(reversed(self._conferences.all))

    def conference(self, sid: str) -> Conference:
        """One conference; Refused where there is none."""
        for conference in self._conferences.all:
            if conference.sid == sid:
                return conference
        raise not_found(sid)

    def announce(self, sid: str, url: str) -> Conference:
        """Ask a URL of ours for TwiML and speak it to everybody in a living conference."""
        conference = self._living(sid)
        params = {"AccountSid": self.account_sid, "ConferenceSid": sid}
        self.courier.ask(url, params, lambda answer: self._announced(conference, url, answer))
        return conference

    def end_conference(self, sid: str) -> Conference:
        """End a living conference; its legs go on after their Dial."""
        conference = self._living(sid)
        self._throw_out(self._conferences.end(conference))
        return conference

    # --- for those who watch ------------------------------------------------------------------

    @property
    def delicate(self) -> bool:
        """Whether seconds count: a leg is not in a conference yet, or an answer is due."""
        return bool(self.courier.waiting) or any(line.conference is None for line in self.living())

    def lines(self) -> list[Line]:
        """All legs, oldest first."""
        return list(self._lines.values())

    def living(self) -> list[Line]:
        """Legs that have not ended, oldest first."""
        return [line for line in self._lines.values() if not line.call.status.ended]

    # --- inside -------------------------------------------------------------------------------

    def _line(self, call: Call, number: str, steps: Steps) -> Line:
        line = Line(
            call,
            number,
            steps,
            self._agenda,
            self.courier,
            self._conferences,
            self._throw_out,
            self._call_back,
            self._alert,
        )
        self._lines[call.sid] = line
        return line

    def _living(self, sid: str) -> Conference:
        conference = self.conference(sid)
        if conference.status == "completed":
            raise not_found(sid)
        return conference

    def _announced(self, conference: Conference, url: str, answer: str | Failure) -> None:
        if isinstance(answer, Failure):
            self._alert(conference.sid, f"11200 {url}: {answer.value}")
            return
        try:
            verbs = parse(answer, url)
        except TwimlInvalid as invalid:
            self._alert(conference.sid, str(invalid))
            return
        for verb in verbs:
            if isinstance(verb, Speech):
                conference.said.append((self.now, verb.text))
                for sid in conference.participants:
                    self._lines[sid].call.heard.append(verb.text)
            else:
                self._alert(conference.sid, f"{type(verb).__name__} cannot be announced")

    def _throw_out(self, sids: tuple[str, ...]) -> None:
        for sid in sids:
            self._lines[sid].put_out()

    def _call_back(self, number: str, step: CallBack) -> None:
        self._agenda.after(step.after, lambda: self._dial_back(number, step))

    def _dial_back(self, number: str, step: CallBack) -> None:
        self.dial_in(number, step.withheld, step.steps)

    def _alert(self, sid: str, detail: str) -> None:
        self.alerts.append((self.now, sid, detail))


def not_found(what: str) -> Refused:
    """The provider's answer for something it does not have."""
    return Refused(404, 20404, f"The requested resource {what} was not found")
