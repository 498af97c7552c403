"""A case and what happened to it are read as they were written (Never 5)."""

from datetime import UTC, datetime, timedelta

from shared.adapters.dynamodb.codec import codec
from shared.domain.booking_number import with_check_digit
from shared.domain.case import events as e
from shared.domain.case.case import Case, fold

NOW = datetime(2030, 3, 4, 12, tzinfo=UTC)
EVENTS: tuple[e.Event, ...] = (
    e.CaseOpened(
        number=with_check_digit("12345678901"),
        kind=e.CaseKind.REFUND_REQUEST,
        about=e.About(payment_id="pi_1"),
        level=e.Level.AGENT,
        deadline=NOW + timedelta(hours=4),
        escalation_step=3600,
        language="ru",
        facts={"transaction": "pi_1"},
        text_id="text-1",
    ),
    e.CaseTaken("agent:ann"),
    e.CaseEscalated("system"),
    e.CaseClosed("agent:ann", e.Outcome.CREDITED),
)


def test_every_event_of_a_case_is_read_as_it_was_written() -> None:
    assert {type(event) for event in EVENTS} == set(e.Event.__args__)
    events = codec(tuple[e.Event, ...])
    assert events.loads(events.dumps(EVENTS)) == EVENTS


def test_the_state_of_a_case_is_read_as_it_was_written() -> None:
    case = fold((NOW, event) for event in EVENTS)
    states = codec(Case)
    assert states.loads(states.dumps(case)) == case
