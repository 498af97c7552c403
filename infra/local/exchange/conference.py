"""Conferences: who is in, when one begins and ends, and what is reported of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from infra.local.exchange.agenda import Agenda
from infra.local.exchange.calls import rfc_2822
from infra.local.exchange.twiml import DialConference

LAST_LEFT = "last-participant-left"
EXIT_ENDED = "participant-with-end-conference-on-exit-left"
ENDED_BY_API = "conference-ended-via-api"


@dataclass(frozen=True, slots=True)
class Participant:
    """A leg that is in a conference now; those who left are forgotten."""

    call_sid: str
    label: str | None
    start_on_enter: bool
    end_on_exit: bool
    joined: datetime


@dataclass(slots=True)
class Conference:
    """One life of a conference; the same name entered again after its end is another one.

    Args:
        status: init until a second one joins, then in-progress, then completed.
        callback: of the first participant; nobody else's counts
            (twilio.com/docs/voice/twiml/conference#attributes-statusCallback).
        sequence: number of the last callback.
        said: announcements, with the moment of each.
    """

    sid: str
    name: str
    created: datetime
    updated: datetime
    callback: str | None
    events: frozenset[str]
    status: str = "init"
    sequence: int = 0
    reason_ended: str | None = None
    call_sid_ending: str | None = None
    participants: dict[str, Participant] = field(default_factory=dict)
    said: list[tuple[datetime, str]] = field(default_factory=list)


class Conferences:
    """All conferences of the account.

    Args:
        agenda: virtual time.
        new_sid: a fresh CF id.
        account_sid: reported with every event.
        tell: carries a callback to a URL of ours.
    """

    def __init__(
        self,
        agenda: Agenda,
        new_sid: Callable[[], str],
        account_sid: str,
        tell: Callable[[str, Mapping[str, str]], None],
    ) -> None:
        self._agenda = agenda
        self._new_sid = new_sid
        self._account_sid = account_sid
        self._tell = tell
        self.all: list[Conference] = []

    def named(self, name: str) -> Conference | None:
        """The living conference of a name."""
        return next((c for c in self.all if c.name == name and c.status != "completed"), None)

    def join(self, call_sid: str, dial: DialConference) -> Conference:
        """Let a leg in; the first one creates the conference and decides where it is reported."""
        now = self._agenda.now
        conference = self.named(dial.name)
        if conference is None:
            conference = Conference(
                self._new_sid(), dial.name, now, now, dial.status_callback, dial.events
            )
            self.all.append(conference)
        conference.participants[call_sid] = Participant(
            call_sid, dial.label, dial.start_on_enter, dial.end_on_exit, now
        )
        self._report_participant(conference, call_sid, "join")
        everybody = conference.participants.values()
        starts = len(everybody) > 1 and any(p.start_on_enter for p in everybody)
        if conference.status == "init" and starts:
            conference.status, conference.updated = "in-progress", now
            self._report(conference, "start", "conference-start", {})
        return conference

    def leave(self, conference: Conference, call_sid: str) -> tuple[str, ...]:
        """Let a leg out and return the legs that have to follow; the last one ends it."""
        self._report_participant(conference, call_sid, "leave")
        left = conference.participants.pop(call_sid)
        if left.end_on_exit or not conference.participants:
            reason = EXIT_ENDED if left.end_on_exit else LAST_LEFT
            return self._end(conference, reason, call_sid)
        return ()

    def end(self, conference: Conference) -> tuple[str, ...]:
        """End a living conference from outside and return the legs that have to leave it."""
        return self._end(conference, ENDED_BY_API, None)

    def _end(self, conference: Conference, reason: str, ended_by: str | None) -> tuple[str, ...]:
        others = tuple(conference.participants)
        for call_sid in others:
            self._report_participant(conference, call_sid, "leave")
        conference.participants.clear()
        conference.status, conference.updated = "completed", self._agenda.now
        conference.reason_ended, conference.call_sid_ending = reason, ended_by
        ending = {"ReasonConferenceEnded": reason}
        if ended_by is not None:
            ending["CallSidEndingConference"] = ended_by
        self._report(conference, "end", "conference-end", ending)
        return others

    def _report_participant(self, conference: Conference, call_sid: str, event: str) -> None:
        participant = conference.participants[call_sid]
        params = {
            "CallSid": call_sid,
            "Muted": "false",
            "Hold": "false",
            "Coaching": "false",
            "StartConferenceOnEnter": str(participant.start_on_enter).lower(),
            "EndConferenceOnExit": str(participant.end_on_exit).lower(),
        }
        if participant.label is not None:
            params["ParticipantLabel"] = participant.label
        self._report(conference, event, f"participant-{event}", params)

    def _report(
        self, conference: Conference, event: str, name: str, params: Mapping[str, str]
    ) -> None:
        # twilio.com/docs/voice/twiml/conference#attributes-statusCallbackEvent: "join" is what one
        # asks for, "participant-join" what is reported.
        if conference.callback is None or event not in conference.events:
            return
        conference.sequence += 1
        self._tell(
            conference.callback,
            {
                "AccountSid": self._account_sid,
                "ConferenceSid": conference.sid,
                "FriendlyName": conference.name,
                "StatusCallbackEvent": name,
                "SequenceNumber": str(conference.sequence),
                "Timestamp": rfc_2822(self._agenda.now),
                **params,
            },
        )
