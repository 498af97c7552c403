"""One leg at work: its ringing, the TwiML it runs, and the person who holds the phone."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from infra.local.exchange.agenda import Agenda, Entry
from infra.local.exchange.callbacks import Courier, Failure
from infra.local.exchange.calls import Call
from infra.local.exchange.conference import Conference, Conferences
from infra.local.exchange.people import (
    Answer,
    Busy,
    CallBack,
    Drop,
    DropAt,
    HangUp,
    NoAnswer,
    Noise,
    Press,
    Star,
    Steps,
    Unallocated,
    Unreachable,
    Voicemail,
)
from infra.local.exchange.twiml import (
    DialConference,
    Gather,
    Hangup,
    Redirect,
    Speech,
    TwimlInvalid,
    Verb,
    parse,
)
from shared.application.ports import CallStatus

# call-resource "Timeout": 5 s are added to what was asked for.
RING_BUFFER = 5
_SECONDS_TO_RING = 0.5
_SECONDS_BETWEEN_KEYS = 0.5
# RFC 3261, section 21: what the network answers to an INVITE. A call it cannot connect fails.
_SIP_RESPONSES = {
    CallStatus.COMPLETED: 200,
    CallStatus.BUSY: 486,
    CallStatus.NO_ANSWER: 487,
    CallStatus.CANCELED: 487,
    CallStatus.FAILED: 503,
}
_SIP_NOT_FOUND = 404
# What a caller hears when a document cannot be had or executed (twilio.com/docs/errors/11200).
APPLICATION_ERROR = Speech("We are sorry, an application error has occurred. Goodbye.", 4.0)


class Line:
    """A call in motion.

    Args:
        call: its record, kept up to date here.
        number: of the person, also where the record hides it.
        steps: what the person does; for a call of ours the first step is about the ringing.
        thrown_out: tells other legs that their conference is over.
        call_back: lets the person dial in later.
        alert: notes what the provider's debugger would show.
    """

    def __init__(
        self,
        call: Call,
        number: str,
        steps: Steps,
        agenda: Agenda,
        courier: Courier,
        conferences: Conferences,
        thrown_out: Callable[[tuple[str, ...]], None],
        call_back: Callable[[str, CallBack], None],
        alert: Callable[[str, str], None],
    ) -> None:
        self.call = call
        self.conference: Conference | None = None
        self.gather: Gather | None = None
        self.number = number
        self._steps = steps
        self._agenda = agenda
        self._courier = courier
        self._conferences = conferences
        self._thrown_out = thrown_out
        self._call_back = call_back
        self._alert = alert
        self._step_since = agenda.now
        self._context_since = agenda.now
        self._typing = False
        self._digits = ""
        self._document_url = ""
        self._program: list[Verb] = []
        self._asked = 0
        self._dial: DialConference | None = None
        self._running: list[Entry] = []
        self._deed: list[Entry] = []
        self._life: list[Entry] = []

    # --- ringing ------------------------------------------------------------------------------

    def dial(self) -> None:
        """Start an outgoing call, unless it was canceled in the queue."""
        if self.call.status.ended:
            return
        self._set(CallStatus.INITIATED, "initiated")
        self.call.started = self._agenda.now
        match self._steps[0]:
            case Unreachable(after):
                self._live(after, partial(self._end, CallStatus.FAILED))
            case Unallocated(after):
                self._live(after, partial(self._end, CallStatus.FAILED, _SIP_NOT_FOUND))
            case Busy(after):
                self._live(after, partial(self._end, CallStatus.BUSY))
            case _:
                self._live(_SECONDS_TO_RING, self._ring)

    def come_in(self, voice_url: str | None) -> None:
        """Start an incoming call; the document our number's voice URL gives answers it."""
        self.call.started = self._agenda.now
        self.call.status = CallStatus.RINGING
        if voice_url is None:
            self._alert(self.call.sid, "no voice URL is set for the number")
            self._end(CallStatus.FAILED)
        else:
            self._fetch(voice_url, {})

    def _ring(self) -> None:
        self._set(CallStatus.RINGING, "ringing")
        longest = self.call.ring_timeout + RING_BUFFER
        match self._steps[0]:
            case Answer(after) | Voicemail(after) if after < longest:
                self._live(after, self._answer)
            case Answer() | Voicemail() | NoAnswer():
                self._live(longest, partial(self._end, CallStatus.NO_ANSWER))

    def _answer(self) -> None:
        match self._steps[0]:
            case Voicemail(records=records):
                self._steps = (HangUp(records),)
            case _:
                self._steps = self._steps[1:]
        self._connect()
        if self.call.twiml is not None:
            self._run(self.call.twiml, "")
        elif self.call.url is not None:
            self._fetch(self.call.url, {})

    def _connect(self) -> None:
        self.call.answered = self._step_since = self._agenda.now
        self._set(CallStatus.IN_PROGRESS, "answered")
        self._live(self.call.time_limit, partial(self._end, CallStatus.COMPLETED))
        self._act()

    # --- what can be done to it ---------------------------------------------------------------

    def hang_up(self) -> None:
        """End it at our request: a call nobody has answered yet is canceled."""
        answered = self.call.status is CallStatus.IN_PROGRESS
        self._end(CallStatus.COMPLETED if answered else CallStatus.CANCELED)

    def person_hangs_up(self) -> None:
        """The person hangs up, or the line is lost: nobody can tell which."""
        if self.call.status is CallStatus.IN_PROGRESS:
            self._end(CallStatus.COMPLETED)
        elif self.call.direction == "inbound":
            self._end(CallStatus.NO_ANSWER)
        else:
            self._end(CallStatus.BUSY)

    def redirect(self, url: str | None, twiml: str | None) -> None:
        """Drop what a live leg runs and go on elsewhere; the action of a Dial is not asked."""
        self._leave_conference()
        self._dial = None
        # A document that is still on its way is no longer wanted.
        self._asked += 1
        if url is not None:
            self._fetch(url, {})
        elif twiml is not None:
            self._run(twiml, "")

    def key(self, key: str) -> None:
        """The person presses one key; outside a Gather only a conference with star listens."""
        if self.conference is not None:
            if key == "*" and self._dial is not None and self._dial.hangup_on_star:
                self._leave_conference()
                self._after_dial()
            return
        if self.gather is None:
            return
        if key in self.gather.finish_on_key:
            self._gathered()
            return
        self._digits += key
        if len(self._digits) == self.gather.num_digits:
            self._gathered()
        else:
            self._stop()
            self._work(self.gather.timeout, self._gathered)

    def put_out(self) -> None:
        """The conference this leg was in is over."""
        self.conference = None
        self._after_dial()

    # --- TwiML --------------------------------------------------------------------------------

    def _fetch(self, url: str, more: Mapping[str, str]) -> None:
        self._stop()
        self.gather = None
        self._asked += 1
        params = self.call.params() | dict(more)
        self._courier.ask(url, params, partial(self._document, url, self._asked))
        self._act()

    def _document(self, url: str, asked: int, answer: str | Failure) -> None:
        if self.call.status.ended or asked != self._asked:
            return
        if self.call.status is CallStatus.RINGING:
            self._connect()
        if isinstance(answer, Failure):
            self._application_error(f"11200 {url}: {answer.value}")
        else:
            self._run(answer, url)

    def _run(self, text: str, url: str) -> None:
        self._stop()
        self.gather = None
        self._document_url = url
        try:
            self._program = list(parse(text, url))
        except TwimlInvalid as invalid:
            self._application_error(str(invalid))
        else:
            self._next()

    def _application_error(self, detail: str) -> None:
        self._alert(self.call.sid, detail)
        self._program = [APPLICATION_ERROR, Hangup()]
        self._next()

    def _next(self) -> None:
        self._stop()
        self.gather = None
        verb = self._program.pop(0) if self._program else Hangup()
        match verb:
            case Speech(text, seconds):
                self._hear(text)
                self._work(seconds, self._next)
            case Gather(speeches, timeout=timeout):
                for speech in speeches:
                    self._hear(speech.text)
                self.gather, self._digits = verb, ""
                self._context_since = self._agenda.now
                self._work(sum(s.seconds for s in speeches) + timeout, self._gathered)
            case Redirect(url):
                self._fetch(url, {})
            case DialConference(time_limit=time_limit):
                self._dial = verb
                self._context_since = self._agenda.now
                self.conference = self._conferences.join(self.call.sid, verb)
                self._work(time_limit, self._limit_reached)
            case Hangup():
                self._end(CallStatus.COMPLETED)
        self._act()

    def _gathered(self) -> None:
        gather = self.gather
        if gather is None:
            return
        if self._digits or gather.action_on_empty:
            self._fetch(gather.action, {"Digits": self._digits, "msg": "Gather End"})
        else:
            self._next()

    def _limit_reached(self) -> None:
        self._leave_conference()
        self._after_dial()

    def _leave_conference(self) -> None:
        self._stop()
        conference, self.conference = self.conference, None
        if conference is not None:
            self._thrown_out(self._conferences.leave(conference, self.call.sid))

    def _after_dial(self) -> None:
        # twilio.com/docs/voice/twiml/dial#action: a Dial into a conference ends as "answered".
        dial, self._dial = self._dial, None
        if dial is not None and dial.action is not None:
            self._fetch(dial.action, {"DialCallStatus": "answered"})
        else:
            self._next()

    def _hear(self, text: str) -> None:
        if text:
            self.call.heard.append(text)

    # --- the person ---------------------------------------------------------------------------

    def _act(self) -> None:
        """Plan the person's next deed from the step that is due and from what the leg does now."""
        if self._typing:
            return
        self._cancel(self._deed)
        if self.call.status is not CallStatus.IN_PROGRESS or not self._steps:
            return
        since = max(self._step_since, self._context_since)
        match self._steps[0]:
            case Press(keys, after) if self.gather is not None:
                self._do(since, after, partial(self._type, keys))
            case Star(after) if self.conference is not None:
                self._do(since, after, partial(self._type, "*"))
            case Noise(after, lasts) if self.conference is not None:
                self._do(since, after, partial(self._turn_bad, lasts))
            case Drop(after) if self.conference is not None:
                self._do(since, after, self._lose)
            case HangUp(after):
                self._do(self._step_since, after, self._lose)
            case DropAt(moment):
                self._do(moment, 0, self._lose)

    def _do(self, since: datetime, after: float, act: Callable[[], None]) -> None:
        self._deed.append(self._agenda.at(since + timedelta(seconds=after), act))

    def _type(self, keys: str) -> None:
        if self.call.status.ended:
            return
        self._typing = len(keys) > 1
        if not self._typing:
            self._step_done()
        self.key(keys[0])
        if len(keys) > 1:
            self._live(_SECONDS_BETWEEN_KEYS, partial(self._type, keys[1:]))
        else:
            self._act()

    def _turn_bad(self, lasts: float | None) -> None:
        self._step_done()
        now = self._agenda.now
        self.call.noise.append((now, None if lasts is None else now + timedelta(seconds=lasts)))
        self._act()

    def _lose(self) -> None:
        self._step_done()
        self.person_hangs_up()

    def _step_done(self) -> None:
        self._steps = self._steps[1:]
        self._step_since = self._agenda.now

    # --- bookkeeping --------------------------------------------------------------------------

    def _set(self, status: CallStatus, event: str) -> None:
        self.call.status, self.call.updated = status, self._agenda.now
        if self.call.status_callback is not None and event in self.call.events:
            self._courier.tell(self.call.status_callback, self.call.progress(self._agenda.now))

    def _end(self, status: CallStatus, sip_response: int | None = None) -> None:
        if self.call.status.ended:
            return
        dial = self._dial if self.conference is not None else None
        self._leave_conference()
        self.gather = None
        self._cancel(self._life)
        self._cancel(self._deed)
        self.call.ended = self._agenda.now
        if self.call.direction != "inbound" and self.call.started is not None:
            self.call.sip_response = sip_response or _SIP_RESPONSES[status]
        self._set(status, "completed")
        if dial is not None and dial.action is not None:
            # The action is asked even when the caller is gone; its answer has nobody to hear it.
            params = self.call.params() | {"DialCallStatus": "answered"}
            self._courier.ask(dial.action, params, lambda _: None)
        unanswered = self.call.direction != "inbound" and self.call.answered is None
        next_steps = self._steps[1:] if unanswered else self._steps
        if next_steps and isinstance(next_steps[0], CallBack):
            self._call_back(self.number, next_steps[0])

    def _live(self, seconds: float, act: Callable[[], None]) -> None:
        self._life.append(self._agenda.after(seconds, act))

    def _work(self, seconds: float, act: Callable[[], None]) -> None:
        self._running.append(self._agenda.after(seconds, act))

    def _stop(self) -> None:
        self._cancel(self._running)

    @staticmethod
    def _cancel(entries: list[Entry]) -> None:
        for entry in entries:
            entry.cancelled = True
        entries.clear()
