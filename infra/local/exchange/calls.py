"""The record of one call, as twilio.com/docs/voice/api/call-resource describes it."""

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from shared.application.ports import CallStatus

WITHHELD = "anonymous"
_UNANSWERED = frozenset(
    {CallStatus.BUSY, CallStatus.FAILED, CallStatus.NO_ANSWER, CallStatus.CANCELED}
)


@dataclass(slots=True)
class Call:
    """One leg.

    Args:
        direction: "outbound-api" or "inbound".
        updated: of the last change of status.
        started: when it was dialled, or came in.
        answered: when the person, or for an inbound call our document, took it.
        url: where its first document is asked for, or None where `twiml` was given.
        ring_timeout: seconds asked for.
        time_limit: seconds from answer to a forced end.
        status_callback: told of `events`.
        sequence: number of the next status callback.
        sip_response: the network's last word on a call of ours, once it has ended.
        heard: everything the exchange said on this leg, in order.
        noise: stretches in which the line was bad, from and until; None for the end of the call.
    """

    sid: str
    account_sid: str
    to: str
    sender: str
    direction: str
    created: datetime
    updated: datetime
    url: str | None
    twiml: str | None
    ring_timeout: int
    time_limit: int
    status_callback: str | None
    events: frozenset[str]
    status: CallStatus = CallStatus.QUEUED
    started: datetime | None = None
    answered: datetime | None = None
    ended: datetime | None = None
    sequence: int = 0
    sip_response: int | None = None
    heard: list[str] = field(default_factory=list)
    noise: list[tuple[datetime, datetime | None]] = field(default_factory=list)

    @property
    def duration(self) -> int | None:
        """Whole seconds from answer to end; None while it lives and where nobody answered."""
        if self.answered is None or self.ended is None or self.status in _UNANSWERED:
            return None
        return round((self.ended - self.answered).total_seconds())

    def params(self) -> dict[str, str]:
        """What every request about this call carries: twilio.com/docs/voice/twiml."""
        return {
            "CallSid": self.sid,
            "AccountSid": self.account_sid,
            "From": self.sender,
            "To": self.to,
            "Caller": self.sender,
            "Called": self.to,
            "CallStatus": self.status.value,
            "Direction": self.direction,
            "ApiVersion": "2010-04-01",
        }

    def progress(self, now: datetime) -> dict[str, str]:
        """What the next status callback carries, numbered and dated."""
        params = self.params() | {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self.sequence),
            "Timestamp": rfc_2822(now),
        }
        if self.status.ended:
            seconds = self.duration or 0
            params |= {"CallDuration": str(seconds), "Duration": str(-(-seconds // 60))}
        if self.sip_response is not None:
            params["SipResponseCode"] = str(self.sip_response)
        self.sequence += 1
        return params


def rfc_2822(moment: datetime) -> str:
    """The provider's way to write a moment, whole seconds, UTC."""
    return format_datetime(moment.replace(microsecond=0))
