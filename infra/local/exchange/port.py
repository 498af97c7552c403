"""The exchange inside one process: the Telephony port on the model, and time driven by hand."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from infra.local.exchange.callbacks import Failure
from infra.local.exchange.calls import Call
from infra.local.exchange.insights import summary_document
from infra.local.exchange.model import Exchange, Refused
from shared.adapters.twilio.addresses import announce_url, answer_url, status_url
from shared.adapters.twilio.failures import NOT_IN_PROGRESS, failure
from shared.adapters.twilio.insights import quality_from
from shared.adapters.twilio.twiml import render
from shared.application.ports import CallStatus, ProviderCall
from shared.domain.errors import Declined, NotFound, OutcomeUnknown
from shared.domain.mishap.quality import CallQuality
from shared.domain.session.instructions import Instruction, Prompt

Reply = str | Failure | Sequence[Instruction]
_EVENTS = frozenset({"completed"})


class ExchangePort:
    """Telephony on the model; it behaves as the production adapter does on the server.

    Args:
        exchange: the model.
        public_base_url: of the URLs that are asked and told, without a slash at the end.
    """

    def __init__(self, exchange: Exchange, public_base_url: str) -> None:
        self._exchange = exchange
        self._base = public_base_url

    def place_call(self, to: str, leg_id: str, booking_id: str, ring_timeout: int) -> str:
        """See Telephony."""
        fault = self._exchange.courier.placing_fault()
        if fault == "429":
            raise failure(429, 20429, "Too Many Requests", changing=True)
        call = _run(
            lambda: self._exchange.place_call(
                to=to,
                sender=self._exchange.number,
                url=answer_url(self._base, leg_id, booking_id),
                ring_timeout=ring_timeout,
                status_callback=status_url(self._base, leg_id, booking_id),
                events=_EVENTS,
            )
        )
        if fault == "500":
            raise failure(500, 20500, "Internal Server Error", changing=True)
        if fault == "timeout":
            raise OutcomeUnknown("no_answer", "The provider did not answer.")
        return call.sid

    def hang_up(self, call_id: str) -> None:
        """See Telephony."""
        try:
            _run(lambda: self._exchange.update_call(call_id, status="completed"))
        except Declined as declined:
            if declined.code != NOT_IN_PROGRESS:
                raise

    def redirect(self, call_id: str, leg_id: str, booking_id: str, step: str) -> None:
        """See Telephony."""
        url = answer_url(self._base, leg_id, booking_id, step)
        try:
            _run(lambda: self._exchange.update_call(call_id, url=url))
        except Declined as declined:
            if declined.code != NOT_IN_PROGRESS or not self.call(call_id).status.ended:
                raise

    def announce(self, conference: str, prompt: Prompt, language: str) -> None:
        """See Telephony."""
        url = announce_url(self._base, prompt.value, language)
        for found in self._exchange.conferences():
            if found.name == conference and found.status != "completed":
                self._exchange.announce(found.sid, url)

    def call(self, call_id: str) -> ProviderCall:
        """See Telephony."""
        return _record(_run(lambda: self._exchange.call(call_id)))

    def calls_to(self, to: str, since: datetime) -> Sequence[ProviderCall]:
        """See Telephony."""
        return [
            _record(call)
            for call in self._exchange.calls()
            if (call.to, call.sender) == (to, self._exchange.number)
            and call.started is not None
            and _second(call.started) >= since
        ]

    def calls_ended(self, since: datetime) -> Sequence[ProviderCall]:
        """See Telephony."""
        return [
            _record(call)
            for call in self._exchange.calls()
            if call.ended is not None and _second(call.ended) >= since
        ]

    def quality(self, call_id: str) -> CallQuality | None:
        """See Telephony."""
        try:
            call = _run(lambda: self._exchange.summarised(call_id))
        except NotFound:
            return None
        summary = summary_document(call)
        return quality_from(summary["processing_state"], summary["carrier_edge"])


class Driver:
    """Lets virtual time pass and answers the exchange's requests at once.

    Args:
        exchange: the model.
        answer: called with the URL and the form of each request; gives TwiML, instructions (spoken
            as the names of their prompts), or the failure the exchange is to see. What it gives
            for a callback is ignored, except a failure.
    """

    def __init__(
        self, exchange: Exchange, answer: Callable[[str, Mapping[str, str]], Reply]
    ) -> None:
        self._exchange = exchange
        self._answer = answer

    def now(self) -> datetime:
        """The moment reached, UTC: this is a Clock."""
        return self._exchange.now

    def next_at(self) -> datetime | None:
        """When the exchange has something to do next by itself, or None."""
        return self._exchange.next_at()

    def settle(self) -> None:
        """Answer every request that is out now, and those that follow from the answers."""
        while requests := self._exchange.take_requests():
            for request in requests:
                reply = self._answer(request.url, request.params)
                self._exchange.answered(request.request_id, _body(reply, request.url))

    def run(self, until: datetime) -> None:
        """Let time pass event by event up to a moment."""
        self.settle()
        while (due := self._exchange.next_at()) is not None and due <= until:
            self._exchange.advance(due)
            self.settle()
        self._exchange.advance(until)


def _body(reply: Reply, url: str) -> str | Failure:
    if isinstance(reply, str):
        return reply
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return render(
        reply,
        language="en",
        base_url=f"{parts.scheme}://{parts.netloc}",
        leg_id=query.get("leg", [""])[0],
        booking_id=query.get("booking", [""])[0],
        wording=lambda prompt, _: prompt.value,
    )


def _record(call: Call) -> ProviderCall:
    initiated = call.status is CallStatus.INITIATED
    return ProviderCall(
        call_id=call.sid,
        to=call.to,
        sender=call.sender,
        # The provider's record says "queued" until the phone rings.
        status=CallStatus.QUEUED if initiated else call.status,
        started=None if call.started is None else _second(call.started),
        ended=None if call.ended is None else _second(call.ended),
        duration=(call.duration or 0) if call.status.ended else None,
    )


def _second(moment: datetime) -> datetime:
    """The provider writes whole seconds."""
    return moment.astimezone(UTC).replace(microsecond=0)


def _run[Result](ask: Callable[[], Result]) -> Result:
    try:
        return ask()
    except Refused as refused:
        raise failure(refused.status, refused.code, refused.message, changing=True) from refused
