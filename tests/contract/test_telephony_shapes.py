"""The documents and callbacks of the exchange against the provider's published shapes.

The first tests read the provider's OpenAPI document where it lies beside the project; the others
hold to facts kept here, so that a clone alone still checks the essentials.
"""

import itertools
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from infra.local.exchange import rest
from infra.local.exchange.calls import rfc_2822
from infra.local.exchange.insights import summary_document
from infra.local.exchange.model import Exchange
from infra.local.exchange.people import Answer, Busy, Drop, Noise, Person, Press
from infra.local.exchange.port import Driver, Reply
from shared.application.ports import CallStatus
from shared.domain.session.instructions import AskKeys, HangUp, Join, Prompt

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
ACCOUNT = "AC" + "0" * 32
START = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
OPERATOR, CUSTOMER, ENGAGED = "+12025550101", "+12025550102", "+12025550103"


def published(name: str) -> Mapping[str, Any]:
    """The schemas of one of the provider's OpenAPI documents."""
    if not (REFERENCE / name).exists():
        pytest.skip("the provider's OpenAPI document is not beside the project")
    document: dict[str, Any] = json.loads((REFERENCE / name).read_text())
    found: Mapping[str, Any] = document["components"]["schemas"]
    return found


@pytest.fixture(scope="module")
def schemas() -> Mapping[str, Any]:
    """The provider's schemas of calls and conferences."""
    return published("twilio_api_v2010.json")


@pytest.fixture(scope="module")
def insights() -> Mapping[str, Any]:
    """The provider's schemas of what it measured."""
    return published("twilio_insights_v1.json")


class Session:
    """Two people joined for a while, one of them dropped on a bad line, a third one engaged.

    Everything that was told of it is kept.
    """

    def __init__(self) -> None:
        ids = itertools.count()
        self.told: dict[str, list[Mapping[str, str]]] = {}
        self.exchange = Exchange(
            ACCOUNT, "+12025550100", START, lambda prefix: f"{prefix}{next(ids):032x}"
        )
        self.exchange.meet(CUSTOMER, Person(((Answer(), Press("1"), Noise(), Drop(60)),)))
        self.exchange.meet(ENGAGED, Person(((Busy(),),)))
        for number in (OPERATOR, CUSTOMER, ENGAGED):
            self.exchange.place_call(
                number,
                self.exchange.number,
                "https://api.example.com/v1/voice/answer",
                status_callback="https://api.example.com/v1/voice/status",
                events=frozenset({"initiated", "ringing", "answered", "completed"}),
            )
        Driver(self.exchange, self._answer).run(START + timedelta(seconds=100))

    def _answer(self, url: str, params: Mapping[str, str]) -> Reply:
        what = url.split("?")[0].rsplit("/", 1)[1]
        self.told.setdefault(what, []).append(params)
        if what == "keys":
            return [Join("booking-1", params["CallSid"], 1800)]
        return [AskKeys(Prompt.PRESS_ONE, 1, 6, "confirm"), HangUp()]

    def documents(self) -> dict[str, list[dict[str, object]]]:
        """All REST documents, by the name of their schema."""
        conferences = self.exchange.conferences()
        return {
            "call": [rest.call_document(call) for call in self.exchange.calls()],
            "conference": [rest.conference_document(c, ACCOUNT) for c in conferences],
            "conference.participant": [
                rest.participant_document(p, c, ACCOUNT)
                for c in conferences
                for p in c.participants.values()
            ],
        }


@pytest.fixture(scope="module")
def session() -> Session:
    """One session for all."""
    return Session()


@pytest.mark.parametrize("name", ["call", "conference", "conference.participant"])
def test_documents_have_the_published_fields_and_types(
    schemas: Mapping[str, Any], session: Session, name: str
) -> None:
    # issue 2, 3: held to the official shapes
    properties = schemas[f"api.v2010.account.{name}"]["properties"]
    documents = session.documents()[name]
    assert documents
    kinds = {"string": str, "boolean": bool, "object": dict}
    for document in documents:
        assert document.keys() == properties.keys()
        for field, value in document.items():
            shape = properties[field]
            if "$ref" in shape:
                allowed = schemas[shape["$ref"].rsplit("/", 1)[1]]["enum"]
                assert value in allowed or (value is None and "reason" in field)
            elif value is None:
                assert shape["nullable"]
            else:
                assert isinstance(value, kinds[shape["type"]])
                if shape.get("format") == "date-time-rfc-2822":
                    assert parsedate_to_datetime(str(value)).tzinfo is not None


def test_summaries_have_the_published_properties_and_types(
    insights: Mapping[str, Any], session: Session
) -> None:
    # S1.8: held to the official shapes
    properties = insights["insights.v1.call.summary"]["properties"]
    summaries = [summary_document(c) for c in session.exchange.calls() if c.status.ended]
    assert {summary["call_state"] for summary in summaries} == {"completed", "busy"}
    kinds = {"string": str, "integer": int, "array": list}
    for summary in summaries:
        assert summary.keys() == properties.keys()
        for name, value in summary.items():
            shape = properties[name]
            if value is None:
                assert shape["nullable"]
            elif "$ref" in shape:
                assert value in insights[shape["$ref"].rsplit("/", 1)[1]]["enum"]
            elif "type" in shape:
                assert isinstance(value, kinds[shape["type"]])
                if shape.get("format") == "date-time":
                    assert datetime.fromisoformat(str(value)).tzinfo is not None


def test_our_statuses_are_the_published_ones_and_the_callbacks_initiated(
    schemas: Mapping[str, Any],
) -> None:
    # issue 2, 3; "initiated" is told in callbacks only
    assert set(CallStatus) == {*schemas["call_enum_status"]["enum"], "initiated"}


def test_status_callbacks_carry_what_the_documentation_lists(session: Session) -> None:
    # call-resource, "Parameters of the StatusCallback request"
    common = {
        *("CallSid", "AccountSid", "From", "To", "CallStatus", "ApiVersion", "Direction"),
        *("Caller", "Called", "CallbackSource", "SequenceNumber", "Timestamp"),
    }
    told = session.told["status"]
    statuses = {"initiated", "ringing", "in-progress", "completed", "busy"}
    assert {p["CallStatus"] for p in told} == statuses
    for params in told:
        ended = params["CallStatus"] in ("completed", "busy")
        last = {"CallDuration", "Duration", "SipResponseCode"} if ended else set()
        assert params.keys() == common | last
        assert params["CallbackSource"] == "call-progress-events"
        assert parsedate_to_datetime(params["Timestamp"]).tzinfo is not None


def test_conference_callbacks_carry_what_the_documentation_lists(session: Session) -> None:
    # conference-noun, "statusCallback request parameters"
    always = {
        *("ConferenceSid", "FriendlyName", "AccountSid", "SequenceNumber", "Timestamp"),
        "StatusCallbackEvent",
    }
    seen = [params["StatusCallbackEvent"] for params in session.told["conference"]]
    assert seen == ["participant-join", "participant-join", "participant-leave"]
    for params in session.told["conference"]:
        assert always | {"CallSid", "ParticipantLabel", "Muted", "Hold"} <= params.keys()


def test_dates_are_written_in_rfc_2822() -> None:
    # twilio.com/docs/usage/twilios-response, dates and times
    assert rfc_2822(START) == "Tue, 01 Jan 2030 12:00:00 +0000"
