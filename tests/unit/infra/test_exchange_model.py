"""The exchange's rules in virtual time, to the second."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.exchange.callbacks import Failure, Faults, FaultsInvalid, faults_from_json
from infra.local.exchange.calls import Call
from infra.local.exchange.model import CALL_LIMIT, Exchange
from infra.local.exchange.people import (
    Answer,
    Drop,
    DropAt,
    HangUp,
    NoAnswer,
    Person,
    Press,
    Star,
    Steps,
)
from infra.local.exchange.port import Driver, Reply
from shared.application.ports import CallStatus

OURS, ANN, BEN = "+12025550100", "+12025550101", "+12025550102"
START = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
STATUS = "https://api.example.com/status"


class World:
    """An exchange whose questions are answered from a table of the last part of their path."""

    def __init__(self, **documents: Reply) -> None:
        ids = itertools.count()
        self.exchange = Exchange(
            "AC" + "0" * 32, OURS, START, lambda prefix: f"{prefix}{next(ids):032x}"
        )
        self.documents = documents
        self.asked: list[tuple[datetime, str, Mapping[str, str]]] = []
        self._driver = Driver(self.exchange, self._answer)

    def _answer(self, url: str, params: Mapping[str, str]) -> Reply:
        what = url.rsplit("/", 1)[1]
        self.asked.append((self.exchange.now, what, params))
        return self.documents.get(what, "<Response/>")

    def call(self, to: str, retry: str = "", time_limit: int = CALL_LIMIT) -> Call:
        """Place a call that asks `/<last two digits>`, as +12025550101 asks `/01`."""
        return self.exchange.place_call(
            to,
            OURS,
            f"https://api.example.com/{to[-2:]}",
            status_callback=STATUS + retry,
            events=EVENTS,
            time_limit=time_limit,
        )

    def run(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self._driver.run(self.exchange.now + timedelta(seconds=seconds))

    def told(self, what: str, name: str) -> list[str]:
        """A form field of all requests to a path."""
        return [params[name] for _, path, params in self.asked if path == what and name in params]


def room(name: str = "room", dial: str = "", conference: str = "") -> str:
    """A document that joins a conference reported to `/<name>`."""
    return (
        f"<Response><Dial {dial}><Conference statusCallback='/{name}' {conference} "
        "statusCallbackEvent='start join leave end'>room</Conference></Dial></Response>"
    )


def test_only_the_first_participants_callback_counts() -> None:
    # S1.5; conference noun, statusCallback
    world = World(**{"01": room("first"), "02": room("second")})
    world.call(ANN)
    world.call(BEN)
    world.run(10)
    events = ["participant-join", "participant-join", "conference-start"]
    assert world.told("first", "StatusCallbackEvent") == events
    assert world.told("second", "StatusCallbackEvent") == []
    assert world.told("first", "SequenceNumber") == ["1", "2", "3"]


def test_the_end_of_a_conference_is_told_with_its_reason() -> None:
    # S1.5; conference noun, ReasonConferenceEnded
    world = World(**{"01": room("told")})
    world.exchange.meet(ANN, Person(((Answer(3), Drop(60)),)))
    call = world.call(ANN)
    world.run(120)
    assert world.told("told", "ReasonConferenceEnded") == ["last-participant-left"]
    assert world.told("told", "CallSidEndingConference") == [call.sid]


def test_a_participant_may_end_the_conference_for_all_by_leaving() -> None:
    # conference noun, endConferenceOnExit
    world = World(
        **{"01": room(conference='endConferenceOnExit="true"'), "02": room(dial='action="/left"')}
    )
    world.exchange.meet(ANN, Person(((Answer(3), Drop(30)),)))
    world.call(ANN)
    world.call(BEN)
    world.run(60)
    assert world.told("left", "CallStatus") == ["in-progress"]
    assert [c.status for c in world.exchange.conferences()] == ["completed"]


def test_a_leg_leaves_the_conference_on_the_second_of_its_limit() -> None:
    # S1.4a; dial, timeLimit
    world = World(**{"01": room("told", 'timeLimit="600" action="/left"')})
    world.call(ANN)
    world.run(1000)
    times = {p["StatusCallbackEvent"]: at for at, what, p in world.asked if what == "told"}
    assert times["participant-leave"] - times["participant-join"] == timedelta(seconds=600)
    assert world.told("left", "DialCallStatus") == ["answered"]


def test_a_call_ends_on_the_second_of_its_own_limit() -> None:
    # S1.4a; call resource, TimeLimit
    world = World(**{"01": room()})
    call = world.call(ANN, time_limit=90)
    world.run(1000)
    assert (call.status, call.duration) == (CallStatus.COMPLETED, 90)


def test_keys_in_a_conference_are_lost_and_star_is_not_where_it_was_not_asked_for() -> None:
    # S1.11; dial, hangupOnStar
    world = World(**{"01": room()})
    world.exchange.meet(ANN, Person(((Answer(3), Star(5), Press("1")),)))
    call = world.call(ANN)
    world.run(60)
    assert call.status is CallStatus.IN_PROGRESS
    assert world.told("01", "Digits") == []


def test_star_opens_the_menu_again_and_again_and_each_key_is_told() -> None:
    # S1.8, S1.11: a bad line is reported, then the session is put on hold
    world = World(**{"01": room("told", 'hangupOnStar="true" action="/menu"')})
    world.documents |= {
        "menu": "<Response><Gather numDigits='1' action='/key'/></Response>",
        "key": world.documents["01"],
    }
    steps = Answer(3), Star(60), Press("2", 1), Star(30), Press("1", 1), Drop(10)
    world.exchange.meet(ANN, Person((steps,)))
    world.call(ANN)
    world.run(600)
    assert world.told("key", "Digits") == ["2", "1"]
    moves = [(at, p["StatusCallbackEvent"]) for at, what, p in world.asked if what == "told"]
    joins, leaves = (
        [at for at, event in moves if event == f"participant-{move}"] for move in ("join", "leave")
    )
    stays = [left - joined for joined, left in zip(joins, leaves, strict=True)]
    assert stays == [timedelta(seconds=seconds) for seconds in (60, 30, 10)]


def test_an_announcement_is_not_heard_in_the_menu() -> None:
    # S1.11; conference resource, AnnounceUrl: spoken to those who are in
    world = World(
        **{
            "01": room(),
            "02": room(dial='hangupOnStar="true" action="/menu"'),
            "menu": "<Response><Gather timeout='60' action='/key'/></Response>",
            "words": "<Response><Say>Words</Say></Response>",
        }
    )
    world.exchange.meet(BEN, Person(((Answer(3), Star(10)),)))
    stays, away = world.call(ANN), world.call(BEN)
    world.run(30)
    assert world.told("menu", "CallSid") == [away.sid]
    (conference,) = world.exchange.conferences()
    world.exchange.announce(conference.sid, "https://api.example.com/words")
    world.run(1)
    assert (stays.heard, away.heard) == (["Words"], [])
    assert world.exchange.alerts == []


def test_a_wrong_person_hangs_up_without_a_key() -> None:
    # S1.4
    gather = "<Response><Gather timeout='30' numDigits='1'/></Response>"
    world = World(**{"01": gather})
    world.exchange.meet(ANN, Person(((Answer(3), HangUp(6)),)))
    call = world.call(ANN)
    world.run(60)
    assert call.duration == 6
    assert world.told("01", "Digits") == []


def test_a_person_loses_the_line_at_a_moment() -> None:
    # S1.5
    moment = START + timedelta(minutes=15)
    world = World(**{"01": room()})
    world.exchange.meet(ANN, Person(((Answer(3), DropAt(moment)),)))
    call = world.call(ANN)
    world.run(3600)
    assert call.ended == moment


def test_the_first_key_stops_the_speech_and_a_pause_after_keys_ends_the_question() -> None:
    # gather, timeout: counted after the last key
    long = "word " * 100
    gather = f"<Response><Gather timeout='4' action='/keys'><Say>{long}</Say></Gather></Response>"
    world = World(**{"01": gather})
    world.exchange.meet(ANN, Person(((Answer(3), Press("12", 2)),)))
    world.call(ANN)
    world.run(60)
    answered, asked = (
        next(at for at, what, _ in world.asked if what == path) for path in ("01", "keys")
    )
    # 2 s of listening, 0.5 s between the keys, 4 s of silence.
    assert asked - answered == timedelta(seconds=6.5)
    assert world.told("keys", "Digits") == ["12"]


def test_the_finishing_key_ends_the_question_and_is_not_counted() -> None:
    # gather, finishOnKey
    gather = "<Response><Gather action='/keys'/></Response>"
    world = World(**{"01": gather})
    world.exchange.meet(ANN, Person(((Answer(3), Press("42#7", 2)),)))
    world.call(ANN)
    world.run(30)
    assert world.told("keys", "Digits") == ["42"]


def test_silence_goes_on_in_the_document_unless_it_is_to_be_reported() -> None:
    # gather, timeout
    world = World(**{"01": "<Response><Gather action='/keys'/><Say>Bye</Say></Response>"})
    world.exchange.meet(ANN, Person(((Answer(3),),)))
    call = world.call(ANN)
    world.run(30)
    assert (call.heard, call.status) == (["Bye"], CallStatus.COMPLETED)
    assert world.told("keys", "Digits") == []


@pytest.mark.parametrize("steps", [(Answer(3),), (Answer(3), Press("#", 6))])
def test_silence_is_reported_as_no_digits_where_it_is_to_be(steps: Steps) -> None:
    # S1.4; gather, actionOnEmptyResult; the finishing key alone is silence too
    gather = "<Gather action='/keys' timeout='6' actionOnEmptyResult='true'/><Say>Never</Say>"
    world = World(**{"01": f"<Response>{gather}</Response>", "keys": "<Response/>"})
    world.exchange.meet(ANN, Person((steps,)))
    call = world.call(ANN)
    world.run(30)
    assert world.told("keys", "Digits") == [""]
    assert (call.heard, call.duration) == ([], 6)


def test_a_redirect_overtakes_a_document_that_is_still_on_its_way() -> None:
    # call resource, "Update a Call resource"
    world = World()
    exchange, call = world.exchange, world.call(ANN)
    exchange.advance(START + timedelta(seconds=10))
    (asked,) = (request for request in exchange.take_requests() if request.wants_twiml)
    exchange.update_call(call.sid, twiml="<Response><Say>New</Say></Response>")
    exchange.answered(asked.request_id, "<Response><Say>Old</Say></Response>")
    world.run(30)
    assert (call.heard, call.status) == (["New"], CallStatus.COMPLETED)


def test_progress_is_told_in_numbered_callbacks_and_the_last_has_the_seconds() -> None:
    # S1.4; call resource, StatusCallbackEvent
    world = World(**{"01": room()})
    world.exchange.meet(ANN, Person(((Answer(3), HangUp(2)),)))
    call = world.call(ANN)
    world.run(30)
    assert dict(
        zip(world.told("status", "SequenceNumber"), world.told("status", "CallStatus"), strict=True)
    ) == {"0": "initiated", "1": "ringing", "2": "in-progress", "3": "completed"}
    assert set(world.told("status", "CallSid")) == {call.sid}
    assert world.told("status", "CallDuration") == ["2"]


def test_a_canceled_call_in_the_queue_never_rings() -> None:
    # S1.5; call resource, Status=canceled
    world = World()
    world.call(BEN)
    call = world.call(ANN)
    world.exchange.update_call(call.sid, status="canceled")
    world.run(60)
    assert (call.status, call.started) == (CallStatus.CANCELED, None)


@pytest.mark.parametrize(
    ("asked_for", "attempts"),
    [("", 1), ("#rc=2", 1), ("#rc=2&rp=5xx", 3), ("#rc=2&rp=all", 3), ("#rc=9&rp=4xx,5xx", 6)],
)
def test_a_failed_callback_is_retried_only_as_the_url_asks(asked_for: str, attempts: int) -> None:
    # S1.5; webhooks connection overrides, rc and rp
    world = World(status=Failure.SERVER_ERROR)
    world.exchange.meet(ANN, Person(((NoAnswer(),),)))
    world.call(ANN, asked_for)
    world.run(15)
    assert world.told("status", "SequenceNumber").count("0") == attempts


def test_a_document_that_cannot_be_had_is_an_alert_and_an_apology() -> None:
    # twilio.com/docs/api/errors/11200
    world = World(**{"01": Failure.READ})
    call = world.call(ANN)
    world.run(60)
    assert call.status is CallStatus.COMPLETED
    assert [(sid, detail[:5]) for _, sid, detail in world.exchange.alerts] == [(call.sid, "11200")]


@pytest.mark.parametrize(
    ("faults", "numbers"),
    [
        (Faults(), ["0", "1", "2", "3"]),
        (Faults(drop_every=2), ["0", "2"]),
        (Faults(double_every=3), ["0", "1", "2", "2", "3"]),
        (Faults(delay_every=4, delay_seconds=60), ["0", "1", "2", "3"]),
        (Faults(drop_share=1.0), []),
    ],
)
def test_callbacks_meet_the_faults_they_are_to_meet(faults: Faults, numbers: list[str]) -> None:
    # S1.5: repeated, shuffled, every second one lost
    world = World()
    world.exchange.courier.meet(faults)
    world.call(ANN)
    world.run(120)
    assert world.told("status", "SequenceNumber") == numbers


def test_shuffled_callbacks_overtake_each_other_the_same_way_for_a_seed() -> None:
    # S1.5: shuffled
    def order(seed: int) -> list[str]:
        world = World()
        world.exchange.courier.meet(Faults(shuffle_seconds=600, seed=seed))
        world.call(ANN)
        world.run(1000)
        return world.told("status", "SequenceNumber")

    orders = [order(seed) for seed in range(5)]
    assert all(sorted(seen) == ["0", "1", "2", "3"] for seen in orders)
    assert any(seen != sorted(seen) for seen in orders)
    assert order(3) == orders[3]


@pytest.mark.parametrize(
    "document",
    [
        {"drop": 1},
        {"drop_every": -1},
        {"drop_every": 1.5},
        {"seed": True},
        {"delay_seconds": "1"},
        {"placing": ["404"]},
        {"placing": [[]]},
        {"placing": "429"},
    ],
)
def test_faults_that_are_none_are_refused(document: dict[str, object]) -> None:
    # issue 2, 3
    with pytest.raises(FaultsInvalid):
        faults_from_json(document)


def test_the_moment_is_delicate_until_everybody_is_joined() -> None:
    # design, One machine: slow while a leg rings
    world = World(**{"01": room()})
    assert not world.exchange.delicate
    world.call(ANN)
    seen = []
    for seconds in (0, 2, 3):
        world.run(seconds)
        seen.append(world.exchange.delicate)
    assert seen == [True, True, False]
