"""Stored values come back as they were, also across versions of the code."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.dynamodb.codec import (
    CASE_EVENTS,
    CAUSE,
    EFFECTS,
    EVENTS,
    PAYMENT_EVENTS,
    POSTINGS,
    Codec,
    codec,
)
from shared.adapters.dynamodb.stream import Received, read
from shared.application.store import Cause
from shared.domain import events as e
from shared.domain.case import events as case
from shared.domain.effects import Effect, EffectKind
from shared.domain.ledger import Posting
from shared.domain.money import Money
from shared.domain.payment import events as payment
from shared.domain.session.legs import Mark, Motion

MOMENT = datetime(2026, 11, 21, 12, 0, 0, 5, tzinfo=UTC)

st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(
    Money, st.builds(Money, st.integers(), st.sampled_from(["rub", "eur", "jpy"]))
)


KINDS = [
    pytest.param(events, kind, id=f"{owner}-{kind.__name__}")
    for owner, events, union in (
        ("booking", EVENTS, e.Event),
        ("payment", PAYMENT_EVENTS, payment.Event),
        ("case", CASE_EVENTS, case.Event),
    )
    for kind in get_args(union)
]


@pytest.mark.parametrize(("events", "kind"), KINDS)
@given(values=st.data())
def test_every_kind_of_event_comes_back_as_it_was(
    events: Codec[Any], kind: type[Any], values: st.DataObject
) -> None:
    event = values.draw(st.from_type(kind))
    [back] = events.loads(events.dumps((event,)))
    assert back == event
    assert type(back) is type(event)


@given(st.lists(st.from_type(Effect)), st.lists(st.from_type(Posting)), st.from_type(Cause))
def test_effects_postings_and_causes_come_back(
    effects: list[Effect], postings: list[Posting], cause: Cause
) -> None:
    assert EFFECTS.loads(EFFECTS.dumps(tuple(effects))) == tuple(effects)
    assert POSTINGS.loads(POSTINGS.dumps(tuple(postings))) == tuple(postings)
    assert CAUSE.loads(CAUSE.dumps(cause)) == cause


def test_values_are_of_their_own_types_again() -> None:
    mark = Mark(MOMENT, Motion.JOIN, seen=True)
    [back] = EVENTS.loads(EVENTS.dumps((e.LegMoved("l", mark),)))
    assert isinstance(back, e.LegMoved)
    assert type(back.mark.motion) is Motion
    assert back.mark.moment.tzinfo is UTC


@dataclass(frozen=True)
class _Then:
    name: str


@dataclass(frozen=True)
class _Now:
    name: str
    spans: tuple[tuple[datetime, datetime], ...] = ()
    letters: frozenset[e.Letter] = frozenset()
    amounts: Mapping[str, Money] | None = None


@given(st.from_type(_Now))
def test_tuples_sets_and_mappings_come_back(value: _Now) -> None:
    assert codec(_Now).loads(codec(_Now).dumps(value)) == value


def test_code_of_yesterday_reads_what_code_of_today_wrote() -> None:
    written = codec(_Now).dumps(_Now("a", ((MOMENT, MOMENT),), frozenset({e.Letter.REMINDER})))
    assert codec(_Then).loads(written) == _Then("a")


def test_code_of_today_reads_what_code_of_yesterday_wrote() -> None:
    assert codec(_Now).loads(codec(_Then).dumps(_Then("a"))) == _Now("a")


def test_an_event_nobody_knows_is_an_error_and_not_a_hole() -> None:
    with pytest.raises(LookupError):
        EVENTS.loads('[{"is":"BookingPainted"}]')


def test_a_field_that_must_be_there_is_missed() -> None:
    with pytest.raises(TypeError):
        EVENTS.loads('[{"is":"IntentMade"}]')


def test_a_moment_without_a_time_zone_is_refused() -> None:
    naive = MOMENT.replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        EVENTS.dumps((e.SidesJoined(naive),))


def test_the_text_is_compact() -> None:
    text = EVENTS.dumps((e.LegPlaced("leg", "CA1"), e.SessionStarted()))
    assert text == '[{"is":"LegPlaced","leg_id":"leg","call_id":"CA1"},{"is":"SessionStarted"}]'
    assert json.loads(text)[1] == {"is": "SessionStarted"}


def test_the_stream_brings_effects_and_messages_as_they_were_stored() -> None:
    effect = Effect(EffectKind.WAKE, "000000000017", at=MOMENT)
    outbox = {
        "pk": {"S": "BOOKING#000000000017"},
        "kind": {"S": "outbox"},
        "effects": {"S": EFFECTS.dumps((effect,))},
    }
    assert read(outbox) == (effect,)
    inbox = {
        "pk": {"S": "INBOX#stripe#evt#1"},
        "kind": {"S": "inbox"},
        "message_kind": {"S": "charge.refunded"},
        "body": {"S": "{}"},
    }
    assert read(inbox) == Received("stripe", "evt#1", "charge.refunded", "{}")
