"""The life of an outage, without a table: proposed, declared, run, stopped, finished."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.booking_number import with_check_digit
from shared.domain.effects import EffectKind
from shared.domain.errors import Conflict, NotFound, RuleBroken
from shared.domain.mishap.outcome import LONGEST, Grade
from shared.domain.outage import commands as c
from shared.domain.outage import events as e
from shared.domain.outage.consequences import consequences, shard_named, shard_subject
from shared.domain.outage.decide import decide, next_due
from shared.domain.outage.events import Extent
from shared.domain.outage.outage import TRANSITIONS, Outage, Status, evolve, fold
from shared.domain.outage.reach import SHARDS, step, steps, touches
from shared.domain.policy import CURRENT

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NUMBER = with_check_digit("30000000001")
EXTENT = Extent(NOON - HOUR, NOON - 10 * MINUTE)
MAX = "agent:max"


class Life:
    """One outage and its history."""

    def __init__(self, command: c.Command, now: datetime = NOON) -> None:
        self.now = now
        self.history: list[tuple[datetime, e.Event]] = []
        self.effects: list[tuple[EffectKind, str, bool]] = []
        self.state: Outage | None = None
        self.do(command)

    @property
    def outage(self) -> Outage:
        assert self.state is not None
        return self.state

    def do(self, command: c.Command) -> tuple[e.Event, ...]:
        before = self.state
        events, self.state = decide(before, command, self.now, CURRENT)
        done = []
        for event in events:
            before = evolve(before, event, self.now)
            done.append((event, before))
            self.history.append((self.now, event))
        assert fold(self.history) == self.state  # Never 5
        follows = consequences(done)
        self.effects = [(f.kind, f.subject, f.redriven) for f in follows.effects]
        return events

    def until(self, moment: datetime) -> None:
        while (due := next_due(self.outage, self.now, CURRENT)) is not None and due <= moment:
            self.now = max(self.now, due)
            self.do(c.Tick())
        self.now = moment

    def of[E: e.Event](self, kind: type[E]) -> list[E]:
        return [event for _, event in self.history if isinstance(event, kind)]


def declared(now: datetime = NOON, extent: Extent = EXTENT) -> Life:
    return Life(c.Declare(NUMBER, extent, MAX), now)


def proposed(until: datetime | None = NOON - MINUTE) -> Life:
    return Life(c.Propose(NUMBER, "drops", NOON - HOUR, until, {"rate": "0.3"}))


def finished() -> Life:
    life = declared()
    for number in itertools.count(1):
        life.do(c.FinishPass(number))
        due = next_due(life.outage, life.now, CURRENT)
        if due is None:
            return life
        life.until(due)
    raise AssertionError


ALL_SHARDS = [(EffectKind.RUN_OUTAGE, f"1-{shard:02d}", False) for shard in range(SHARDS)]


# --- declared -------------------------------------------------------------------------------------


def test_what_is_declared_runs_at_once_over_every_shard() -> None:  # S1.13
    life = declared()
    assert life.outage.status is Status.RUNNING
    assert life.effects == ALL_SHARDS
    assert life.outage.is_at(1) and not life.outage.is_at(2)
    assert life.outage.extent == EXTENT
    assert life.outage.decided_by == MAX


@pytest.mark.parametrize(
    ("extent", "code", "field"),
    [
        (Extent(NOON - HOUR, NOON - HOUR), "range_empty", "until"),
        (Extent(NOON - HOUR, NOON - 2 * HOUR), "range_empty", "until"),
        (Extent(NOON - HOUR, NOON + timedelta(seconds=1)), "time_in_the_future", "until"),
        (Extent(NOON - 7 * DAY - MINUTE, NOON), "range_too_long", "until"),
        (Extent(NOON - 365 * DAY, NOON), "range_too_long", "until"),
        (Extent(NOON - 90 * DAY - MINUTE, NOON - 89 * DAY), "range_too_old", "since"),
    ],
)
def test_a_range_that_cannot_have_been_is_refused_with_its_field(
    extent: Extent, code: str, field: str
) -> None:  # S1.13
    with pytest.raises(RuleBroken) as refused:
        declared(extent=extent)
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize(
    "extent",
    [
        Extent(NOON - timedelta(microseconds=1), NOON),
        Extent(NOON - 7 * DAY, NOON),
        Extent(NOON - 90 * DAY, NOON - 89 * DAY, frozenset({"boris"})),
    ],
)
def test_a_range_within_the_limits_is_taken(extent: Extent) -> None:  # S1.13
    assert declared(extent=extent).outage.extent == extent


def test_what_has_no_zone_or_number_is_no_outage() -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(ValueError, match="UTC"):
        declared(extent=Extent(naive, naive + HOUR))
    with pytest.raises(ValueError, match="UTC"):
        Life(c.Propose(NUMBER, "drops", naive, None, {}))
    with pytest.raises(ValueError, match="check digit"):
        Life(c.Declare("300000000010", EXTENT, MAX))


def test_a_number_is_given_once() -> None:
    life = declared()
    with pytest.raises(Conflict):
        life.do(c.Declare(NUMBER, EXTENT, MAX))
    with pytest.raises(NotFound):
        decide(None, c.Stop(MAX), NOON, CURRENT)


# --- passes ---------------------------------------------------------------------------------------


def test_a_fresh_outage_is_gone_through_again_when_the_sessions_it_hit_are_closed() -> None:
    # S1.13: a session has no outcome before its end
    life = declared()
    life.do(c.FinishPass(1))
    assert (life.outage.status, life.outage.pass_open) == (Status.RUNNING, False)
    life.until(EXTENT.until + 20 * MINUTE - timedelta(seconds=1))
    assert life.outage.passes == 1
    life.until(EXTENT.until + 20 * MINUTE)
    assert life.outage.is_at(2)
    life.do(c.FinishPass(2))
    life.until(EXTENT.until + 4 * HOUR)
    assert life.outage.is_at(3)
    life.do(c.FinishPass(3))
    assert life.outage.status is Status.FINISHED
    assert next_due(life.outage, life.now, CURRENT) is None


def test_the_last_look_comes_when_the_longest_session_it_hit_must_be_closed() -> None:  # S1.13
    longest = (
        CURRENT.session_longest
        + CURRENT.no_show_grace
        + CURRENT.overtime_longest
        + CURRENT.leg_given_up_after
    )
    clocks_apart = 5 * 60
    assert CURRENT.outage_looks[-1] > longest + clocks_apart
    assert list(CURRENT.outage_looks) == sorted(CURRENT.outage_looks)


def test_what_is_long_ago_needs_one_pass() -> None:  # S1.13
    life = declared(now=EXTENT.until + DAY)
    life.do(c.FinishPass(1))
    assert life.outage.status is Status.FINISHED


def test_a_pass_that_took_longer_than_to_the_next_look_is_followed_by_another() -> None:  # S1.13
    life = declared()
    life.now = EXTENT.until + 5 * HOUR
    life.do(c.FinishPass(1))
    assert life.outage.is_at(2)
    life.do(c.FinishPass(2))
    assert life.outage.status is Status.FINISHED


def test_a_pass_nobody_finishes_is_asked_for_again_at_growing_intervals() -> None:  # S4.2
    life = declared()
    life.until(NOON + timedelta(seconds=CURRENT.effect_redrive_after))
    assert life.effects == [(kind, subject, True) for kind, subject, _ in ALL_SHARDS]
    life.until(NOON + HOUR)
    gaps = [at for at, event in life.history if isinstance(event, e.EffectRedriven)]
    assert [at - NOON for at in gaps] == [5 * MINUTE, 15 * MINUTE, 35 * MINUTE]


def test_the_end_of_another_pass_says_nothing() -> None:
    life = declared()
    assert life.do(c.FinishPass(2)) == ()
    life.do(c.FinishPass(1))
    assert life.do(c.FinishPass(1)) == ()


# --- stopped, resumed, repeated -------------------------------------------------------------------


def test_what_is_stopped_rests_until_it_is_resumed_and_goes_on_with_the_same_pass() -> None:
    # S1.13
    life = declared()
    life.do(c.Stop(MAX))
    assert not life.outage.is_at(1)
    assert next_due(life.outage, life.now, CURRENT) is None
    assert life.do(c.Stop(MAX)) == ()
    assert life.do(c.FinishPass(1)) == ()
    life.until(NOON + DAY)
    life.do(c.Resume(MAX))
    assert life.outage.is_at(1)
    assert life.effects == ALL_SHARDS
    assert life.do(c.Resume(MAX)) == ()


def test_what_is_stopped_between_passes_waits_with_the_next_one_too() -> None:  # S1.13
    life = declared()
    life.do(c.FinishPass(1))
    life.do(c.Stop(MAX))
    life.until(EXTENT.until + 5 * HOUR)
    assert life.outage.passes == 1
    life.do(c.Resume(MAX))
    assert life.outage.is_at(2)


def test_what_is_finished_can_be_repeated_as_a_whole_new_pass() -> None:  # S1.13
    life = finished()
    passes = life.outage.passes
    life.now += DAY
    life.do(c.Repeat(MAX))
    assert life.outage.is_at(passes + 1)
    life.do(c.FinishPass(passes + 1))
    assert life.outage.status is Status.FINISHED


@pytest.mark.parametrize("command", [c.Stop(MAX), c.Resume(MAX), c.Dismiss(MAX)])
def test_what_is_finished_is_only_repeated(command: c.Command) -> None:
    with pytest.raises(RuleBroken, match="finished"):
        finished().do(command)


def test_what_runs_is_not_repeated() -> None:
    with pytest.raises(RuleBroken, match="running"):
        declared().do(c.Repeat(MAX))


# --- proposed -------------------------------------------------------------------------------------


def test_a_proposal_pays_nobody_and_asks_a_manager() -> None:  # S1.13
    life = proposed()
    assert life.outage.status is Status.PROPOSED
    assert life.effects == [(EffectKind.CARE_FOR_OUTAGE_CASE, "", False)]
    life.until(NOON + DAY)
    assert {type(event) for _, event in life.history[1:]} == {e.EffectRedriven}
    life.do(c.NoteCase("100000000006"))
    assert life.do(c.NoteCase("100000000006")) == ()
    assert next_due(life.outage, life.now, CURRENT) is None


def test_a_confirmed_proposal_runs_as_the_manager_says_it_was() -> None:  # S1.13
    life = proposed(until=None)
    life.do(c.NoteCase("100000000006"))
    with pytest.raises(RuleBroken) as refused:
        life.do(c.Confirm(MAX))
    assert refused.value.field == "until"
    scope = frozenset({"boris"})
    confirm = c.Confirm(MAX, until=NOON - MINUTE, operators=scope)
    life.do(confirm)
    assert life.outage.extent == Extent(NOON - HOUR, NOON - MINUTE, scope)
    assert life.outage.is_at(1)
    assert life.effects == [(EffectKind.CARE_FOR_OUTAGE_CASE, "", False), *ALL_SHARDS]
    assert life.do(confirm) == ()
    with pytest.raises(RuleBroken):
        life.do(c.Confirm(MAX, until=NOON))
    with pytest.raises(RuleBroken):
        life.do(c.Dismiss(MAX))


def test_the_end_of_a_proposal_is_noted_once_and_of_nothing_else() -> None:  # S1.13
    life = proposed(until=None)
    assert life.do(c.NoteEnd(NOON - MINUTE)) == (e.EndSeen(NOON - MINUTE),)
    assert life.do(c.NoteEnd(NOON)) == ()
    life.do(c.Confirm(MAX))
    assert life.outage.extent == Extent(NOON - HOUR, NOON - MINUTE)
    for other in (life, declared(), proposed()):
        assert other.do(c.NoteEnd(NOON)) == ()


def test_a_confirmed_proposal_must_be_as_sensible_as_a_declaration() -> None:
    with pytest.raises(RuleBroken, match="range_empty"):
        proposed().do(c.Confirm(MAX, until=NOON - HOUR))


def test_a_dismissed_proposal_is_over_and_its_case_too() -> None:  # S1.13
    life = proposed()
    life.do(c.Dismiss(MAX))
    assert life.effects == []
    assert life.do(c.Dismiss(MAX)) == ()
    assert next_due(life.outage, life.now, CURRENT) is None
    with pytest.raises(RuleBroken, match="dismissed"):
        life.do(c.Confirm(MAX))
    # The worker opened the case while the manager dismissed.
    life.do(c.NoteCase("100000000006"))
    assert life.effects == [(EffectKind.CARE_FOR_OUTAGE_CASE, "", False)]


# --- any order ------------------------------------------------------------------------------------


def test_commands_in_any_order_lead_to_a_state_of_the_table_or_a_refusal() -> None:  # Never 5
    commands = (
        c.Confirm(MAX),
        c.Dismiss(MAX),
        c.Stop(MAX),
        c.Resume(MAX),
        c.FinishPass(1),
        c.Repeat(MAX),
        c.NoteCase("100000000006"),
    )
    seen = set()
    for order in itertools.product(commands, repeat=4):
        for life in (proposed(), declared()):
            life.now = EXTENT.until + 5 * HOUR
            for command in order:
                try:
                    life.do(command)
                except RuleBroken:
                    pass
                else:
                    assert isinstance(command, c.Repeat) or life.do(command) == ()
                seen.add(life.outage.status)
                assert life.outage.passes == len(life.of(e.PassStarted))
                assert (life.outage.status is Status.DECLARED) is False
    assert seen == set(Status) - {Status.DECLARED}


def test_an_event_that_never_happens_to_a_status_is_not_folded() -> None:
    with pytest.raises(LookupError):
        fold([(NOON, e.RunStopped(MAX))])
    running = declared().outage
    for event in (e.OutageDeclared(NUMBER, EXTENT, MAX), e.RunResumed(MAX), e.RunRepeated(MAX)):
        with pytest.raises(LookupError):
            evolve(running, event, NOON)
    with pytest.raises(LookupError):
        _ = proposed(until=None).outage.extent
    assert {source for source, _ in TRANSITIONS} - {None} < set(Status)


# --- reach ----------------------------------------------------------------------------------------


def test_a_shard_is_named_by_its_pass_and_number() -> None:
    assert shard_named(shard_subject(12, 7)) == (12, 7)


@pytest.mark.parametrize(
    "extent",
    [
        Extent(NOON, NOON + timedelta(microseconds=1)),
        Extent(NOON - HOUR, NOON),
        Extent(NOON + 59 * MINUTE, NOON + 61 * MINUTE),
        Extent(NOON - 7 * DAY, NOON - MINUTE),
    ],
)
def test_the_steps_are_every_hour_in_which_a_trouble_that_touches_it_can_have_begun(
    extent: Extent,
) -> None:  # S1.13
    every = [step(extent, number) for number in range(steps(extent))]
    assert len(set(every)) == len(every)
    assert {grade for grade, _ in every} == {Grade.CRITICAL, Grade.PROBLEM}
    hours = sorted({hour for _, hour in every})
    assert hours[0] <= extent.since - LONGEST < hours[0] + HOUR
    assert hours[-1] <= extent.until < hours[-1] + HOUR
    assert all(b - a == HOUR for a, b in itertools.pairwise(hours))


@pytest.mark.parametrize(
    ("since", "until", "hit"),
    [
        (-2, -1, False),
        (-2, 0, True),
        (0, 0, True),
        (1, 2, True),
        (-1, 11, True),
        (10, 12, True),
        (11, 12, False),
    ],
)
def test_trouble_that_touches_a_border_counts_in_the_customer_s_favour(
    since: int, until: int, hit: bool
) -> None:  # S1.10
    extent = Extent(NOON, NOON + 10 * MINUTE)
    assert touches(extent, NOON + since * MINUTE, NOON + until * MINUTE) is hit
