"""A case: opened once, watched until somebody closes it, and told in three words to the public."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.booking_number import with_check_digit
from shared.domain.case import commands as c
from shared.domain.case import events as e
from shared.domain.case.case import TRANSITIONS, Case, Status, evolve, fold
from shared.domain.case.decide import FIRST_LEVEL, decide, next_due
from shared.domain.errors import Conflict, NotFound, RuleBroken

NOW = datetime(2030, 3, 4, 12, tzinfo=UTC)
DEADLINE = NOW + timedelta(hours=4)
STEP = 3600
NUMBER = with_check_digit("12345678901")
OPEN = c.OpenCase(
    number=NUMBER,
    kind=e.CaseKind.REFUND_REQUEST,
    about=e.About(payment_id="pi_1"),
    deadline=DEADLINE,
    escalation_step=STEP,
    language="ru",
    facts={"transaction": "pi_1", "amount": "1500.00 RUB"},
    text_id="text-1",
)
AGENT = "agent:ann"


def play(*steps: tuple[datetime, c.Command]) -> tuple[list[tuple[datetime, e.Event]], Case]:
    """The history that commands lead to, and the case at its end."""
    case: Case | None = None
    history: list[tuple[datetime, e.Event]] = []
    for at, command in steps:
        events, case = decide(case, command, at)
        history.extend((at, event) for event in events)
    assert case is not None
    assert fold(history) == case  # Never 5
    return history, case


def names(history: Iterable[tuple[datetime, e.Event]]) -> list[str]:
    return [type(event).__name__ for _, event in history]


def later(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def test_a_new_case_is_received_and_has_a_number_and_a_deadline() -> None:  # S2.4 S3.2
    _, case = play((NOW, OPEN))
    assert (case.number, case.deadline, case.opened_at) == (NUMBER, DEADLINE, NOW)
    assert case.status is Status.RECEIVED
    assert (case.facts, case.about.payment_id, case.language) == (OPEN.facts, "pi_1", "ru")


@pytest.mark.parametrize(
    "number", ["123456789012", NUMBER[:-1], with_check_digit("1234567890"), "", "12345678901a"]
)
def test_a_number_that_cannot_be_read_out_safely_opens_no_case(number: str) -> None:  # S3.2
    with pytest.raises(ValueError, match="check digit"):
        decide(None, replace(OPEN, number=number), NOW)


def test_a_deadline_without_a_zone_opens_no_case() -> None:
    with pytest.raises(ValueError, match="deadline"):
        decide(None, replace(OPEN, deadline=DEADLINE.replace(tzinfo=None)), NOW)


@pytest.mark.parametrize("kind", e.CaseKind)
def test_every_kind_of_case_has_somebody_who_must_act(kind: e.CaseKind) -> None:  # S3.5
    _, case = play((NOW, replace(OPEN, kind=kind)))
    assert case.level is FIRST_LEVEL[kind]


def test_what_needs_approval_goes_to_a_manager_at_once() -> None:  # S2.2
    for kind in (e.CaseKind.REFUND_APPROVAL, e.CaseKind.REFUND_FAILED):
        assert play((NOW, replace(OPEN, kind=kind)))[1].level is e.Level.MANAGER


def test_every_command_may_be_repeated_and_changes_nothing_then() -> None:
    take, close = c.TakeCase(AGENT), c.CloseCase(AGENT, e.Outcome.REFUNDED)
    history, _ = play(*[(NOW, step) for step in (OPEN, take, close) for _ in range(3)])
    assert names(history) == ["CaseOpened", "CaseTaken", "CaseClosed"]


def test_an_opening_repeated_after_the_case_went_on_changes_nothing() -> None:
    _, taken = play((NOW, OPEN), (NOW, c.TakeCase(AGENT)))
    assert decide(taken, OPEN, NOW) == ((), taken)


def test_a_number_stands_for_one_case_only() -> None:
    _, case = play((NOW, OPEN))
    with pytest.raises(Conflict) as refused:
        decide(case, replace(OPEN, about=e.About(payment_id="pi_2")), NOW)
    assert refused.value.code == "case_number_used"


def test_a_case_that_is_taken_is_in_work_whoever_takes_it_next() -> None:  # S3.2
    history, case = play((NOW, OPEN), (NOW, c.TakeCase(AGENT)), (NOW, c.TakeCase("agent:bob")))
    assert (case.status, case.taken_by) == (Status.IN_WORK, "agent:bob")
    assert names(history) == ["CaseOpened", "CaseTaken", "CaseTaken"]


# --- the deadline ---------------------------------------------------------------------------------


def test_nothing_happens_before_the_deadline() -> None:  # S3.5
    _, case = play((NOW, OPEN))
    assert next_due(case, NOW) == DEADLINE
    assert decide(case, c.Tick(), DEADLINE - timedelta(seconds=1)) == ((), case)


@pytest.mark.parametrize("taken", [False, True])
def test_at_the_deadline_a_manager_must_act_once_and_soon(taken: bool) -> None:  # S3.5
    work: list[tuple[datetime, c.Command]] = [(NOW, c.TakeCase(AGENT))] if taken else []
    ticks: list[tuple[datetime, c.Command]] = [(DEADLINE, c.Tick())] * 3
    history, case = play((NOW, OPEN), *work, *ticks)
    assert names(history).count("CaseEscalated") == 1
    assert (case.level, case.escalations) == (e.Level.MANAGER, 1)
    assert case.deadline == DEADLINE + timedelta(seconds=STEP)
    assert case.status is (Status.IN_WORK if taken else Status.RECEIVED)


def test_a_manager_is_reminded_at_every_deadline_until_the_case_is_closed() -> None:  # S3.5
    _, case = play((NOW, OPEN), *((later(4 + n), c.Tick()) for n in range(5)))
    assert case.escalations == 5
    _, closed = decide(case, c.CloseCase("agent:mia", e.Outcome.EXPLAINED), later(8.5))
    assert next_due(closed, NOW) is None
    assert decide(closed, c.Tick(), later(100)) == ((), closed)


def test_after_an_outage_of_ours_the_manager_still_has_his_time() -> None:  # S3.5
    history, case = play((NOW, OPEN), (later(100), c.Tick()))
    assert names(history) == ["CaseOpened", "CaseEscalated"]
    assert case.deadline == later(101)


def test_whatever_is_asked_after_the_deadline_escalates_too() -> None:  # S3.5
    history, _ = play((NOW, OPEN), (later(5), c.TakeCase(AGENT)))
    assert names(history) == ["CaseOpened", "CaseTaken", "CaseEscalated"]


def test_closing_after_the_deadline_is_the_end_of_it() -> None:
    history, _ = play((NOW, OPEN), (later(5), c.CloseCase(AGENT, e.Outcome.REFUSED)))
    assert names(history) == ["CaseOpened", "CaseClosed"]


def test_an_agent_can_hand_it_to_a_manager_before_the_deadline() -> None:  # S3.5
    history, case = play((NOW, OPEN), (NOW, c.Escalate(AGENT)), (NOW, c.Escalate(AGENT)))
    assert names(history) == ["CaseOpened", "CaseEscalated"]
    assert (case.level, case.deadline) == (e.Level.MANAGER, NOW + timedelta(seconds=STEP))


# --- the end --------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", e.Outcome)
def test_a_closed_case_shows_what_it_came_to(outcome: e.Outcome) -> None:  # S3.2
    _, case = play((NOW, OPEN), (later(1), c.CloseCase(AGENT, outcome)))
    assert (case.status, case.outcome, case.closed_at) == (Status.CLOSED, outcome, later(1))


@pytest.mark.parametrize(
    "command",
    [
        c.TakeCase(AGENT),
        c.Escalate(AGENT),
        c.CloseCase(AGENT, e.Outcome.REFUSED),
    ],
)
def test_nothing_new_happens_to_a_closed_case(command: c.Command) -> None:
    _, case = play((NOW, OPEN), (NOW, c.CloseCase("system", e.Outcome.NOTHING_TO_DO)))
    with pytest.raises(RuleBroken) as refused:
        decide(case, command, NOW)
    assert refused.value.code == "case_closed"


def test_nothing_can_be_asked_of_a_case_that_is_not_there() -> None:
    with pytest.raises(NotFound):
        decide(None, c.TakeCase(AGENT), NOW)


# --- the table ------------------------------------------------------------------------------------


def test_every_state_can_be_reached_and_only_the_end_cannot_be_left() -> None:
    assert set(TRANSITIONS.values()) == set(Status)
    assert set(Status) - {source for source, _ in TRANSITIONS} == {Status.CLOSED}


def test_the_public_hears_one_of_three_words() -> None:  # S3.2
    assert {str(status) for status in Status} == {"received", "in_work", "closed"}


def test_an_event_that_never_happens_in_a_state_is_a_mistake_of_ours() -> None:
    with pytest.raises(LookupError, match="without"):
        evolve(None, e.CaseTaken(AGENT), NOW)
    _, case = play((NOW, OPEN), (NOW, c.CloseCase(AGENT, e.Outcome.REFUNDED)))
    with pytest.raises(LookupError, match="closed"):
        evolve(case, e.CaseTaken(AGENT), NOW)


def test_no_history_is_no_case() -> None:
    assert fold(()) is None
