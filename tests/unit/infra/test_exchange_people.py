"""Scripts of people: what can be said in JSON, and what is refused."""

from datetime import UTC, datetime

import pytest

from infra.local.exchange.people import (
    Answer,
    Busy,
    CallBack,
    Drop,
    DropAt,
    HangUp,
    NoAnswer,
    Noise,
    Person,
    Press,
    ScriptInvalid,
    Star,
    Unallocated,
    Unreachable,
    Voicemail,
    person_from_json,
)


def test_every_step_can_be_written_in_json() -> None:
    # issue 2, 3: scripted people
    steps = [
        {"do": "answer", "after": 4},
        {"do": "press", "keys": "12#", "after": 1.5},
        {"do": "star", "after": 60},
        {"do": "noise"},
        {"do": "noise", "after": 5, "lasts": 60},
        {"do": "drop", "after": 900},
        {"do": "drop_at", "moment": "2030-01-01T15:00:00+03:00"},
        {"do": "hang_up", "after": 2},
        {"do": "call_back", "after": 20, "withheld": True, "steps": [{"do": "press", "keys": "1"}]},
    ]
    rings = ("voicemail", "no_answer", "busy", "unreachable", "unallocated")
    others = [[{"do": kind}] for kind in rings]
    assert person_from_json({"calls": [steps, *others]}) == Person(
        (
            (
                Answer(4),
                Press("12#", 1.5),
                Star(60),
                Noise(),
                Noise(5, 60),
                Drop(900),
                DropAt(datetime(2030, 1, 1, 12, tzinfo=UTC)),
                HangUp(2),
                CallBack(20, True, (Press("1"),)),
            ),
            (Voicemail(),),
            (NoAnswer(),),
            (Busy(),),
            (Unreachable(),),
            (Unallocated(),),
        )
    )


def test_the_last_script_serves_all_later_calls() -> None:
    # issue 2, 3: different behaviour for the first, the second call
    person = Person(((Busy(),), (Answer(),)))
    assert [person.steps(n) for n in range(4)] == [(Busy(),), *[(Answer(),)] * 3]


@pytest.mark.parametrize(
    "script",
    [
        None,
        {},
        {"calls": []},
        {"calls": [[]]},
        {"calls": ["answer"]},
        {"calls": [[{"do": "dance"}]]},
        {"calls": [[{"do": "press", "keys": "1"}]]},
        {"calls": [[{"do": "answer"}, {"do": "busy"}]]},
        {"calls": [[{"do": "answer", "after": -1}]]},
        {"calls": [[{"do": "answer", "after": True}]]},
        {"calls": [[{"do": "answer", "before": 1}]]},
        {"calls": [[{"do": "answer"}, {"do": "star"}]]},
        {"calls": [[{"do": "answer"}, {"do": "noise", "lasts": "long"}]]},
        {"calls": [[{"do": "answer"}, {"do": "press", "keys": "one"}]]},
        {"calls": [[{"do": "answer"}, {"do": "press", "keys": ""}]]},
        {"calls": [[{"do": "answer"}, {"do": "drop_at", "moment": "noon"}]]},
        {
            "calls": [
                [{"do": "no_answer"}, {"do": "call_back", "after": 1, "steps": [{"do": "busy"}]}]
            ]
        },
    ],
)
def test_a_script_nobody_could_act_out_is_refused(script: object) -> None:
    # issue 2, 3
    with pytest.raises(ScriptInvalid):
        person_from_json(script)
