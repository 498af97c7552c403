"""What only the server shows: the provider's protocol as its own SDK speaks it, and /_control."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import requests
from twilio.rest import Client

from shared.adapters.twilio.telephony import ElsewhereClient, TwilioTelephony
from shared.application.ports import CallStatus
from shared.domain.errors import Declined, Unavailable
from tests.contract.exchange_faces import (
    ACCOUNT,
    NUMBER,
    START,
    TOKEN,
    ServerFace,
    clock_file,
    free_port,
    server_face,
)

CUSTOMER = "+12025550102"


@pytest.fixture
def face(tmp_path: Path) -> Iterator[ServerFace]:
    """The server with the production adapter."""
    with server_face(tmp_path) as served:
        yield served


def get(face: ServerFace, path: str, **query: str) -> requests.Response:
    """Ask for a document of our account."""
    url = f"{face.api}/2010-04-01/Accounts/{ACCOUNT}/{path}.json"
    return requests.get(url, params=query, auth=(ACCOUNT, TOKEN), timeout=5)


def test_a_list_is_read_to_its_last_page(face: ServerFace) -> None:
    # twilio.com/docs/usage/twilios-response, pagination
    placed = [face.telephony.place_call(CUSTOMER, f"leg-{n}", "1", 30) for n in range(5)]
    client = Client(ACCOUNT, TOKEN, http_client=ElsewhereClient(face.api))
    assert [call.sid for call in client.calls.list(page_size=2)] == placed[::-1]
    first = get(face, "Calls", PageSize="2").json()
    assert (len(first["calls"]), first["page_size"], first["page"]) == (2, 2, 0)
    assert first["next_page_uri"].startswith(f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json?")


def test_participants_are_those_who_are_in_now(face: ServerFace) -> None:
    # S1.5; twilio.com/docs/voice/api/conference-participant-resource: those who left are forgotten
    sids = []
    for number, leg in (("+12025550101", "leg-1"), (CUSTOMER, "leg-2")):
        sids.append(face.telephony.place_call(number, leg, "1", 30))
        face.until(partial(face.application.has_joined, leg))
    (conference,) = get(face, "Conferences", FriendlyName="booking-1").json()["conferences"]
    inside = f"Conferences/{conference['sid']}/Participants"
    assert [p["label"] for p in get(face, inside).json()["participants"]] == ["leg-1", "leg-2"]
    assert get(face, f"{inside}/leg-2").json()["call_sid"] == sids[1]
    face.telephony.hang_up(sids[1])
    assert [p["label"] for p in get(face, inside).json()["participants"]] == ["leg-1"]
    assert get(face, f"{inside}/leg-2").status_code == 404


def test_errors_have_the_providers_form(face: ServerFace) -> None:
    # twilio.com/docs/usage/twilios-response, error responses
    answer = get(face, "Calls/CA" + "f" * 32)
    assert answer.status_code == 404
    assert answer.json().keys() == {"code", "message", "more_info", "status"}
    assert (answer.json()["code"], answer.json()["status"]) == (20404, 404)


def test_a_wrong_token_or_account_is_turned_away(face: ServerFace) -> None:
    # twilio.com/docs/api/errors/20003
    stranger = TwilioTelephony(ACCOUNT, "wrong", NUMBER, "https://api.example.com", face.api)
    with pytest.raises(Declined) as declined:
        stranger.place_call(CUSTOMER, "leg-1", "1", 30)
    assert declined.value.code == "20003"
    with pytest.raises(Declined) as declined:
        stranger.calls_ended(START)
    assert declined.value.code == "20003"
    with pytest.raises(Declined) as declined:
        stranger.quality("CA" + "f" * 32)
    assert declined.value.code == "20003"
    other = f"{face.api}/2010-04-01/Accounts/AC{'1' * 32}/Calls.json"
    assert requests.get(other, auth=(ACCOUNT, TOKEN), timeout=5).status_code == 404


@pytest.mark.parametrize("wrong", [{"Record": "true"}, {"Timeout": "soon"}, {"From": CUSTOMER}])
def test_a_call_the_exchange_does_not_know_how_to_place_is_refused(
    face: ServerFace, wrong: dict[str, str]
) -> None:
    # call-resource, "Create a Call resource"
    form = {"To": CUSTOMER, "From": NUMBER, "Url": "https://api.example.com/"} | wrong
    url = f"{face.api}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    answer = requests.post(url, data=form, auth=(ACCOUNT, TOKEN), timeout=5)
    assert answer.status_code == 400
    assert face.telephony.calls_to(CUSTOMER, START) == []


def test_a_summary_is_shown_only_to_whoever_asks_for_a_complete_one(face: ServerFace) -> None:
    # S1.8; call-summary, "ProcessingState": what the provider gives otherwise is not played here
    url = f"{face.api}/v1/Voice/CA{'f' * 32}/Summary"
    asked = {
        state: requests.get(
            url, params={"ProcessingState": state}, auth=(ACCOUNT, TOKEN), timeout=5
        ).status_code
        for state in ("complete", "partial")
    }
    assert asked == {"complete": 404, "partial": 400}


def test_progress_is_reported_as_far_as_it_was_asked_for(face: ServerFace) -> None:
    # call-resource, "StatusCallbackEvent": one field for each event
    face.meet(CUSTOMER, [{"do": "answer", "after": 3}, {"do": "hang_up", "after": 2}])
    client = Client(ACCOUNT, TOKEN, http_client=ElsewhereClient(face.api))
    client.calls.create(
        to=CUSTOMER,
        from_=NUMBER,
        url=f"{face.base}/v1/voice/answer",
        status_callback=f"{face.base}/v1/voice/status",
        status_callback_event=["ringing", "answered", "completed"],
    )
    face.until(lambda: len(face.application.told("status", "SequenceNumber")) == 3)
    numbers, statuses = (
        face.application.told("status", name) for name in ("SequenceNumber", "CallStatus")
    )
    assert sorted(zip(numbers, statuses, strict=True)) == [
        ("0", "ringing"),
        ("1", "in-progress"),
        ("2", "completed"),
    ]


def test_a_provider_that_cannot_be_reached_did_nothing() -> None:
    # design, Errors: Unavailable may be retried
    nowhere = f"http://127.0.0.1:{free_port()}"
    telephony = TwilioTelephony(ACCOUNT, TOKEN, NUMBER, "https://api.example.com", nowhere)
    with pytest.raises(Unavailable):
        telephony.place_call(CUSTOMER, "leg-1", "1", 30)
    with pytest.raises(Unavailable):
        telephony.calls_ended(START)
    with pytest.raises(Unavailable):
        telephony.quality("CA" + "f" * 32)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("people", "not json"),
        ("people", "[]"),
        ("people", '{"+12025550101": {"calls": []}}'),
        ("inbound-url", "{}"),
        ("dial-in", '{"number": 7}'),
        ("dial-in", '{"number": "+12025550101", "steps": [{"do": "answer"}]}'),
        ("press", '{"number": "+12025550101"}'),
        ("drop", '{"number": "+12025550199"}'),
        ("faults", '{"drop": 1}'),
    ],
)
def test_control_refuses_what_it_cannot_do_and_says_why(
    face: ServerFace, path: str, body: str
) -> None:
    # issue 2, bad input
    answer = requests.post(f"{face.api}/_control/{path}", data=body, timeout=5)
    assert answer.status_code in (400, 404)
    assert answer.json()["message"]


def test_keys_and_drops_can_be_made_by_hand(face: ServerFace) -> None:
    # issue 2, 3: scripted people
    face.application.instead = (
        "<Response><Gather action='keys' timeout='3600' numDigits='1'><Say>Hello</Say></Gather>"
        "</Response>"
    )
    face.meet(CUSTOMER, [{"do": "answer"}])
    sid = face.telephony.place_call(CUSTOMER, "leg-1", "1", 30)
    face.until(lambda: bool(face.heard(CUSTOMER)))
    assert face.state()["ringing"] == []
    for path, body in (
        ("press", {"number": CUSTOMER, "keys": "1"}),
        ("drop", {"number": CUSTOMER}),
    ):
        answer = requests.post(f"{face.api}/_control/{path}", json=body, timeout=5)
        assert answer.json() == {"call_sids": [sid]}
        face.until(lambda: bool(face.application.told("keys", "Digits")))
    assert face.telephony.call(sid).status.ended


def test_waits_follow_the_business_clock_when_its_pace_changes(
    face: ServerFace, tmp_path: Path
) -> None:
    # design, One machine: the clock hurries through quiet stretches
    face.application.instead = "<Response><Pause length='10000'/></Response>"
    face.meet(CUSTOMER, [{"do": "answer", "after": 20}, {"do": "hang_up", "after": 7000}])
    sid = face.telephony.place_call(CUSTOMER, "leg-1", "1", 30)
    face.until(lambda: face.telephony.call(sid).status is CallStatus.RINGING)
    assert face.state()["delicate"] is True
    clock_file(tmp_path, factor=1e-6)
    due = datetime.fromisoformat(face.state()["quiet_until"])
    assert face.telephony.call(sid).status is CallStatus.RINGING
    clock_file(tmp_path, factor=1e5)
    face.until(lambda: face.telephony.call(sid).status.ended)
    call = face.telephony.call(sid)
    assert call.duration == 7000
    assert call.ended == (due + timedelta(seconds=7000)).replace(microsecond=0)


def test_the_server_ends_cleanly_when_told_to(tmp_path: Path) -> None:
    # issue 2, 2: every process started is ended
    port = free_port()
    arguments = {
        "--port": str(port),
        "--clock-file": str(clock_file(tmp_path)),
        "--account-sid": ACCOUNT,
        "--auth-token": TOKEN,
        "--number": NUMBER,
    }
    command = [sys.executable, "-m", "infra.local.exchange.server"]
    with subprocess.Popen(
        command + [part for pair in arguments.items() for part in pair], stderr=subprocess.PIPE
    ) as process:
        face = ServerFace.__new__(ServerFace)
        face.api = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            try:
                return not face.state()["legs"]
            except requests.ConnectionError:
                return False

        face.until(answers)
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=10)
    assert (process.returncode, complaints) == (0, b"")
