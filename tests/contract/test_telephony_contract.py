"""One suite for both faces of the telephony provider's double; each case names its source.

`call-resource` is twilio.com/docs/voice/api/call-resource, `conference-noun`
twilio.com/docs/voice/twiml/conference, `gather` twilio.com/docs/voice/twiml/gather, `dial`
twilio.com/docs/voice/twiml/dial, `overrides`
twilio.com/docs/usage/webhooks/webhooks-connection-overrides, `call-summary`
twilio.com/docs/voice/voice-insights/api/call/call-summary-resource.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from shared.application.ports import CallStatus, ProviderCall
from shared.domain.errors import Declined, NotFound, OutcomeUnknown, RedialError, Unavailable
from shared.domain.mishap.quality import is_bad
from shared.domain.policy import CURRENT
from shared.domain.session.instructions import Prompt
from tests.contract.exchange_faces import (
    NUMBER,
    START,
    SUMMARY_AFTER,
    Face,
    PortFace,
    server_face,
)

OPERATOR, CUSTOMER = "+12025550101", "+12025550102"
UNKNOWN_CALL = "CA" + "f" * 32


@pytest.fixture(params=["server", "port"])
def face(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Face]:
    """Each face in turn."""
    if request.param == "port":
        yield PortFace()
    else:
        with server_face(tmp_path) as served:
            yield served


def ended(face: Face, call_id: str) -> Callable[[], bool]:
    """Whether a call has ended."""
    return lambda: face.telephony.call(call_id).status.ended


def drops_after(seconds: int) -> list[dict[str, object]]:
    """A person who joins and is lost after a while."""
    return [{"do": "answer"}, {"do": "press", "keys": "1"}, {"do": "drop", "after": seconds}]


def place(face: Face, to: str, leg: str = "leg-1", ring: int = 30) -> str:
    """Place a call of booking 1."""
    return face.telephony.place_call(to, leg, "1", ring)


def joined(face: Face, *numbers: str) -> list[str]:
    """Call numbers one after the other until each has joined; labels are leg-1, leg-2, ..."""
    sids = []
    for n, number in enumerate(numbers, 1):
        sids.append(place(face, number, f"leg-{n}"))
        face.until(partial(face.application.has_joined, f"leg-{n}"))
    return sids


def conference_events(face: Face) -> list[str]:
    """The names of all conference callbacks so far."""
    return face.application.told("conference", "StatusCallbackEvent")


def test_of_an_answered_calls_progress_the_end_alone_is_reported(face: Face) -> None:
    # S1.4; call-resource, "StatusCallback" and "StatusCallbackEvent"
    face.meet(CUSTOMER, [{"do": "answer", "after": 3}, {"do": "hang_up", "after": 2}])
    sid = place(face, CUSTOMER)
    face.until(lambda: bool(face.application.told("status", "CallStatus")))
    status = partial(face.application.told, "status", leg="leg-1", booking="1")
    assert (status("CallStatus"), status("CallSid")) == (["completed"], [sid])
    assert (status("SequenceNumber"), status("CallDuration")) == (["0"], ["2"])


def test_an_answered_call_asks_what_to_do_with_its_leg_and_booking(face: Face) -> None:
    # S1.4; call-resource, "Url"
    place(face, CUSTOMER, "leg-9")
    face.until(lambda: bool(face.application.told("answer", "CallSid", leg="leg-9", booking="1")))
    assert face.application.told("answer", "To") == [CUSTOMER]
    assert face.application.told("answer", "From") == [NUMBER]


def test_the_record_of_a_completed_call_has_its_times_and_seconds(face: Face) -> None:
    # S1.6; call-resource, "Call properties"
    face.meet(CUSTOMER, [{"do": "answer", "after": 3}, {"do": "hang_up", "after": 5}])
    sid = place(face, CUSTOMER)
    face.until(ended(face, sid))
    call = face.telephony.call(sid)
    assert (call.to, call.sender, call.status) == (CUSTOMER, NUMBER, CallStatus.COMPLETED)
    assert call.duration == 5
    assert call.started is not None
    assert call.ended is not None
    assert timedelta(seconds=8) <= call.ended - call.started <= timedelta(seconds=9)


def test_a_call_rings_five_seconds_longer_than_asked(face: Face) -> None:
    # S1.5; call-resource, "Timeout"
    face.meet(CUSTOMER, [{"do": "no_answer"}])
    sid = place(face, CUSTOMER, ring=10)
    face.until(ended(face, sid))
    call = face.telephony.call(sid)
    assert call.status is CallStatus.NO_ANSWER
    assert call.started is not None
    assert call.ended is not None
    assert timedelta(seconds=15) <= call.ended - call.started <= timedelta(seconds=16)


@pytest.mark.parametrize(
    ("step", "status", "sip_response"),
    [
        ("busy", CallStatus.BUSY, "486"),
        ("unreachable", CallStatus.FAILED, "503"),
        ("unallocated", CallStatus.FAILED, "404"),
        ("no_answer", CallStatus.NO_ANSWER, "487"),
    ],
)
def test_a_call_nobody_takes_ends_with_its_reason_and_no_seconds(
    face: Face, step: str, status: CallStatus, sip_response: str
) -> None:
    # S1.4b, S1.10; call-resource, "Call Status values"; "completed" is the event of every end
    face.meet(CUSTOMER, [{"do": step}])
    sid = place(face, CUSTOMER, ring=10)
    face.until(ended(face, sid))
    call = face.telephony.call(sid)
    assert (call.status, call.duration) == (status, 0)
    face.until(lambda: face.application.told("status", "CallStatus") == [status.value])
    assert face.application.told("status", "SipResponseCode") == [sip_response]


def test_outgoing_calls_leave_one_a_second(face: Face) -> None:
    # S1.4; call-resource, "Queueing": one call per second by default
    sids = [place(face, number) for number in (OPERATOR, CUSTOMER, OPERATOR)]
    face.until(lambda: all(face.telephony.call(sid).started for sid in sids))
    starts = [face.telephony.call(sid).started for sid in sids]
    assert starts == sorted(set(starts), key=starts.index)
    assert len(set(starts)) == 3


def test_hanging_up_ends_a_call_and_again_is_no_error(face: Face) -> None:
    # S1.5; call-resource, "Update a Call resource"
    sid = place(face, CUSTOMER)
    face.until(lambda: face.telephony.call(sid).status is CallStatus.IN_PROGRESS)
    face.telephony.hang_up(sid)
    assert face.telephony.call(sid).status is CallStatus.COMPLETED
    face.telephony.hang_up(sid)


def test_hanging_up_a_call_that_rings_cancels_it(face: Face) -> None:
    # S1.5: the other leg is cancelled; call-resource, "Update a Call resource"
    face.meet(CUSTOMER, [{"do": "no_answer"}])
    sid = place(face, CUSTOMER, ring=600)
    face.until(lambda: face.telephony.call(sid).status is CallStatus.RINGING)
    face.telephony.hang_up(sid)
    assert face.telephony.call(sid).status is CallStatus.CANCELED
    face.until(lambda: face.application.told("status", "CallStatus") == ["canceled"])


def test_an_unknown_call_is_not_found(face: Face) -> None:
    # twilio.com/docs/api/errors/20404
    with pytest.raises(NotFound):
        face.telephony.call(UNKNOWN_CALL)
    with pytest.raises(NotFound):
        face.telephony.hang_up(UNKNOWN_CALL)


def test_a_number_that_is_none_is_declined_with_the_providers_code(face: Face) -> None:
    # twilio.com/docs/api/errors/21211
    with pytest.raises(Declined) as declined:
        place(face, "not-a-number")
    assert declined.value.code == "21211"


@pytest.mark.parametrize(
    ("fault", "error", "placed"),
    [("429", Unavailable, 0), ("500", OutcomeUnknown, 1), ("timeout", OutcomeUnknown, 1)],
)
def test_a_call_of_unknown_outcome_can_be_looked_up(
    face: Face, fault: str, error: type[RedialError], placed: int
) -> None:
    # S1.5; twilio.com/docs/api/errors/20429, twilio.com/docs/usage/twilios-response
    face.faults(placing=[fault])
    with pytest.raises(error):
        place(face, CUSTOMER)
    if placed:
        face.until(lambda: len(face.telephony.calls_to(CUSTOMER, START)) == placed)
    else:
        assert face.telephony.calls_to(CUSTOMER, START) == []
    place(face, CUSTOMER)


def test_calls_to_a_number_leave_out_other_numbers_and_earlier_calls(face: Face) -> None:
    # S1.5; call-resource, "Read multiple Call resources": the provider compares whole days
    first, other, second = (place(face, number) for number in (CUSTOMER, OPERATOR, CUSTOMER))
    face.until(lambda: face.telephony.call(second).started is not None)
    assert _ids(face.telephony.calls_to(CUSTOMER, START)) == {first, second}
    assert _ids(face.telephony.calls_to(OPERATOR, START)) == {other}
    since = face.telephony.call(second).started
    assert since is not None
    assert _ids(face.telephony.calls_to(CUSTOMER, since)) == {second}


def test_ended_calls_are_listed_whether_anybody_answered_or_not(face: Face) -> None:
    # S1.5, lost callbacks; call-resource, "EndTime": empty if the call was not completed
    face.meet(CUSTOMER, [{"do": "answer"}, {"do": "hang_up", "after": 1}], [{"do": "busy"}])
    face.meet(OPERATOR, [{"do": "no_answer"}])
    talked, busy = place(face, CUSTOMER), place(face, CUSTOMER)
    ringing = place(face, OPERATOR, ring=600)
    face.until(lambda: ended(face, talked)() and ended(face, busy)())
    assert _ids(face.telephony.calls_ended(START)) == {talked, busy}
    last = max(call.ended for call in face.telephony.calls_ended(START) if call.ended)
    assert face.telephony.calls_ended(last + timedelta(seconds=1)) == []
    assert face.telephony.call(ringing).ended is None


def test_a_lost_callback_leaves_the_call_to_be_found(face: Face) -> None:
    # S1.5; overrides: a callback that is not delivered is not sent again later
    face.faults(drop_every=1)
    face.meet(CUSTOMER, drops_after(5))
    sid = place(face, CUSTOMER)
    face.until(ended(face, sid))
    assert face.application.told("status", "CallSid") == []
    assert conference_events(face) == []
    assert _ids(face.telephony.calls_ended(START)) == {sid}


def test_silence_is_reported_to_the_step_that_asked_and_its_answer_is_carried_out(
    face: Face,
) -> None:
    # S1.4, a voicemail has not answered; gather, "timeout" and "actionOnEmptyResult"
    face.meet(CUSTOMER, [{"do": "voicemail", "after": 2, "records": 300}])
    sid = place(face, CUSTOMER)
    face.until(ended(face, sid))
    assert face.application.told("keys", "Digits", step="confirm", leg="leg-1") == [""]
    assert face.application.told("keys", "CallStatus") == ["in-progress"]
    assert face.heard(CUSTOMER) == [Prompt.PRESS_ONE, Prompt.GOODBYE]
    assert face.conferences() == []


def test_pressing_one_joins_the_conference_under_the_legs_label(face: Face) -> None:
    # S1.4; conference-noun, "statusCallbackEvent" and "participantLabel"
    joined(face, OPERATOR, CUSTOMER)
    assert face.application.told("keys", "Digits", step="confirm") == ["1", "1"]
    assert conference_events(face) == ["participant-join", "participant-join"]
    assert face.application.told("conference", "FriendlyName", booking="1") == ["booking-1"] * 2
    (conference,) = face.conferences()
    assert conference["participants"] == ["leg-1", "leg-2"]
    assert conference["status"] == "in-progress"


def test_a_lost_line_leaves_the_conference_and_completes_the_call(face: Face) -> None:
    # S1.5; call-resource: hanging up and losing the line are both "completed"
    face.meet(CUSTOMER, drops_after(9))
    _, customer = joined(face, OPERATOR, CUSTOMER)
    face.until(lambda: "participant-leave" in conference_events(face))
    left = [
        request.params
        for request in face.application.received
        if request.params.get("StatusCallbackEvent") == "participant-leave"
    ]
    assert [(p["ParticipantLabel"], p["CallSid"]) for p in left] == [("leg-2", customer)]
    assert face.telephony.call(customer).status is CallStatus.COMPLETED
    face.until(lambda: face.application.told("left", "CallStatus") == ["completed"])


def test_a_conference_entered_after_its_end_is_another_one(face: Face) -> None:
    # S1.5, both lost; twilio.com/docs/voice/api/conference-resource: SID and status
    (operator,) = joined(face, OPERATOR)
    face.telephony.hang_up(operator)
    face.until(lambda: face.conferences()[0]["status"] == "completed")
    face.until(lambda: conference_events(face) == ["participant-join", "participant-leave"])
    place(face, OPERATOR, "leg-2")
    face.until(lambda: len(face.conferences()) == 2)
    assert [c["name"] for c in face.conferences()] == ["booking-1", "booking-1"]
    assert [c["status"] for c in face.conferences()] == ["init", "completed"]
    assert len({c["sid"] for c in face.conferences()}) == 2


def test_star_leaves_to_the_menu_and_other_keys_are_not_reported(face: Face) -> None:
    # S1.11; dial, "hangupOnStar" and "action"
    face.meet(
        CUSTOMER,
        [
            {"do": "answer"},
            {"do": "press", "keys": "1"},
            {"do": "star", "after": 5},
            {"do": "press", "keys": "7", "after": 1},
        ],
    )
    joined(face, OPERATOR, CUSTOMER)
    face.until(lambda: face.application.told("keys", "Digits", step="menu") == ["7"])
    assert face.application.told("left", "DialCallStatus", leg="leg-2") == ["answered"]
    assert face.application.told("left", "CallStatus", leg="leg-2") == ["in-progress"]
    assert "*" not in face.application.told("keys", "Digits")


def test_a_redirected_leg_leaves_and_asks_at_its_step(face: Face) -> None:
    # S1.5; call-resource, "Update a Call resource"; dial: the action is not asked
    operator, customer = joined(face, OPERATOR, CUSTOMER)
    face.telephony.redirect(customer, "leg-2", "1", "ended")
    face.until(ended(face, customer))
    assert face.application.told("answer", "CallSid", step="ended", leg="leg-2") == [customer]
    assert face.heard(CUSTOMER)[-1] == Prompt.SESSION_ENDED
    assert face.application.told("left", "CallSid", leg="leg-2") == []
    assert face.telephony.call(operator).status is CallStatus.IN_PROGRESS
    face.telephony.redirect(customer, "leg-2", "1", "ended")


def test_a_leg_that_rings_cannot_be_redirected(face: Face) -> None:
    # twilio.com/docs/api/errors/21220
    face.meet(CUSTOMER, [{"do": "no_answer"}])
    sid = place(face, CUSTOMER, ring=600)
    with pytest.raises(Declined) as declined:
        face.telephony.redirect(sid, "leg-1", "1", "ended")
    assert declined.value.code == "21220"


def test_an_announcement_is_heard_by_everybody_in_the_conference(face: Face) -> None:
    # S1.4a; twilio.com/docs/voice/api/conference-resource, "AnnounceUrl"
    joined(face, OPERATOR, CUSTOMER)
    face.telephony.announce("booking-1", Prompt.ONE_MINUTE_LEFT, "en")
    face.until(lambda: Prompt.ONE_MINUTE_LEFT in face.heard(OPERATOR))
    assert face.heard(CUSTOMER)[-1] == Prompt.ONE_MINUTE_LEFT
    assert [r.query for r in face.application.received if r.what == "announce"] == [
        {"prompt": "one_minute_left", "lang": "en"}
    ]


def test_an_announcement_to_nobody_is_no_error(face: Face) -> None:
    # twilio.com/docs/voice/api/conference-resource: a completed conference cannot be changed
    face.telephony.announce("booking-1", Prompt.ONE_MINUTE_LEFT, "en")
    (operator,) = joined(face, OPERATOR)
    face.telephony.hang_up(operator)
    face.telephony.announce("booking-1", Prompt.ONE_MINUTE_LEFT, "en")
    assert face.application.told("announce", "ConferenceSid") == []


def test_a_caller_may_hide_his_number_and_type_the_bookings(face: Face) -> None:
    # S1.5; twilio.com/docs/voice/twiml, request parameters of an inbound call
    face.dial_in(CUSTOMER, True, [{"do": "press", "keys": "123456789015", "after": 1}])
    face.until(lambda: face.application.told("keys", "Digits", step="number") == ["123456789015"])
    assert face.application.told("inbound", "From") == ["anonymous"]
    assert face.application.told("inbound", "CallStatus") == ["ringing"]
    assert face.application.told("inbound", "Direction") == ["inbound"]


def test_a_dropped_customer_calls_back(face: Face) -> None:
    # S1.5; call-resource, "direction"
    face.meet(
        CUSTOMER,
        [
            {"do": "answer"},
            {"do": "press", "keys": "1"},
            {"do": "drop", "after": 3},
            {"do": "call_back", "after": 20, "steps": []},
        ],
    )
    _, customer = joined(face, OPERATOR, CUSTOMER)
    face.until(lambda: face.application.told("inbound", "From") == [CUSTOMER])
    (inbound,) = face.application.told("inbound", "CallSid")
    first, again = face.telephony.call(customer), face.telephony.call(inbound)
    assert first.ended is not None
    assert again.started is not None
    assert again.started - first.ended == timedelta(seconds=20)
    assert (again.to, again.sender) == (NUMBER, CUSTOMER)


def test_a_callback_that_failed_comes_again_where_the_url_asks_for_it(face: Face) -> None:
    # S1.5; overrides, "rc" and "rp"; the fragment itself is never sent
    face.application.failing = {"status": 1}
    face.meet(CUSTOMER, [{"do": "answer"}, {"do": "hang_up", "after": 1}])
    place(face, CUSTOMER)
    face.until(lambda: face.application.told("status", "SequenceNumber") == ["0", "0"])
    assert face.application.told("status", "CallStatus") == ["completed", "completed"]
    assert all("rc" not in str(request.query) for request in face.application.received)


def test_a_document_that_is_none_ends_the_call_with_an_apology(face: Face) -> None:
    # twilio.com/docs/api/errors/12100
    face.application.instead = "no TwiML"
    sid = place(face, CUSTOMER)
    face.until(ended(face, sid))
    assert face.telephony.call(sid).status is CallStatus.COMPLETED
    assert "application error" in face.heard(CUSTOMER)[0]


@pytest.mark.parametrize("noise", [[], [{"do": "noise"}]])
def test_what_was_measured_on_a_call_is_known_a_while_after_its_end(
    face: Face, noise: list[dict[str, object]]
) -> None:
    # S1.8; call-summary: partial, which we do not ask for, until it is complete
    answers, drops = drops_after(20)[:2], drops_after(20)[2:]
    face.meet(CUSTOMER, [*answers, *noise, *drops])
    face.meet(OPERATOR, drops_after(SUMMARY_AFTER + 60))
    operator, customer = joined(face, OPERATOR, CUSTOMER)
    assert face.telephony.quality(customer) is None
    face.until(ended(face, customer))
    assert face.telephony.quality(customer) is None
    face.until(ended(face, operator))
    measured = face.telephony.quality(customer)
    assert measured is not None
    assert None not in (measured.packet_loss, measured.jitter, measured.latency)
    assert is_bad(measured, CURRENT) is bool(noise)
    assert face.telephony.quality(operator) is None


def test_nothing_is_known_of_the_quality_of_an_unknown_call(face: Face) -> None:
    # S1.8; twilio.com/docs/api/errors/20404: the provider's answer is the same as "not yet"
    assert face.telephony.quality(UNKNOWN_CALL) is None


def _ids(calls: Sequence[ProviderCall]) -> set[str]:
    return {call.call_id for call in calls}
