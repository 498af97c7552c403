"""An outage finds exactly the sessions it broke, and makes each good once."""

import itertools
import random
from datetime import datetime, timedelta

import pytest

from shared.application.outage_runs import OutageRuns
from shared.application.store import Operator
from shared.domain import events as e
from shared.domain.booking_number import with_check_digit
from shared.domain.effects import Effect, EffectKind
from shared.domain.errors import Conflict, RuleBroken
from shared.domain.outage import commands as c
from shared.domain.outage.events import Extent
from shared.domain.outage.outage import Outage, Status
from shared.domain.outage.reach import SHARDS, steps
from shared.domain.policy import CURRENT
from tests.contract.sessions import Over
from tests.unit.application.outage_town import EXTENT, HOUR, MAX, MINUTE, NOON, Moments, Town

SECOND = timedelta(seconds=1)
END = EXTENT.until
_numbers = itertools.count(1)


def number() -> str:
    return with_check_digit(f"1{next(_numbers):010d}")


def lost(dropped: datetime, ended: datetime | None = None, **changes: object) -> Over:
    """A session whose line dropped and was not restored."""
    over = ended or dropped + 3 * MINUTE
    starts = dropped - 10 * MINUTE
    reason = e.EndReason.NOT_RESTORED
    return Over(number(), starts, over, dropped, reason=reason, **changes)  # type: ignore[arg-type]


def mended(dropped: datetime) -> Over:
    """A session whose line dropped and came back."""
    return Over(number(), dropped - MINUTE, dropped + HOUR, dropped, dropped + MINUTE)


def fine(ended: datetime) -> Over:
    return Over(number(), ended - 30 * MINUTE, ended)


def hit_by_noon() -> list[Over]:
    """Sessions that were broken between twelve and one."""
    return [
        lost(NOON),
        lost(NOON - 3 * MINUTE, NOON),  # it ended with the outage's first moment
        lost(NOON - 90 * MINUTE, NOON + MINUTE),  # in trouble from long before
        lost(NOON - 90 * MINUTE, END + 30 * MINUTE),  # until long after
        lost(NOON + 30 * MINUTE),
        lost(END - SECOND),
        lost(END - SECOND, END + HOUR),
        lost(NOON + 59 * MINUTE + 59 * SECOND),
    ]


def not_hit_by_noon() -> list[Over]:
    return [
        lost(NOON - 3 * MINUTE, NOON - SECOND),
        lost(END),  # its end is left out
        lost(END + SECOND),
        lost(NOON - 24 * HOUR),
        lost(NOON + 24 * HOUR - HOUR),
        fine(NOON + 30 * MINUTE),
        fine(NOON),
        mended(NOON + 10 * MINUTE),  # found and looked at, but the customer got all he paid for
    ]


# --- exactly those --------------------------------------------------------------------------------


def test_exactly_the_sessions_it_broke_are_compensated_each_once() -> None:  # S1.13
    town = Town()
    broken, others = hit_by_noon(), not_hit_by_noon()
    town.plant([*broken, *others])
    outage = town.declare()
    town.finish(outage)
    assert town.outage(outage).status is Status.FINISHED
    assert town.compensated() == {session.booking_id: 1 for session in broken}


def test_of_many_sessions_on_many_pages_none_is_forgotten_and_none_too_many() -> None:  # S1.13
    town = Town()
    every = timedelta(seconds=3)
    sessions = [
        lost(NOON - HOUR + n * every, NOON - HOUR + n * every + SECOND) for n in range(3600)
    ]
    broken = {s.booking_id for s in sessions if s.ended >= NOON and (s.dropped or END) < END}
    town.plant(sessions)
    outage = town.declare()
    town.settle()
    assert town.compensated().keys() == broken
    # All whose first symptom fell between nine and two were looked at, on several pages each.
    looked, found, compensated, put_aside = town.counts(outage, 1)
    assert (looked, compensated, put_aside) == (3600, len(broken), 0)
    assert len(broken) <= found <= len(broken) + 1
    turns = [row.turn for row in town.store.progress(outage, 1)]
    assert len(turns) == SHARDS and min(turns) > 1


def test_the_scope_names_operators_and_one_who_was_replaced_counts() -> None:  # S1.13
    town = Town()
    by_olga = lost(NOON + MINUTE, operator_id="olga")
    taken_over = lost(NOON + MINUTE, operator_id="olga", replaced_by="pavel")
    by_pavel = lost(NOON + MINUTE, operator_id="pavel")
    town.plant([by_olga, taken_over, by_pavel])
    town.store.put_operator(Operator("olga", "Olga", "standard", ()))
    outage = town.declare(Extent(NOON, END, frozenset({"olga"})))
    town.finish(outage)
    assert town.compensated().keys() == {by_olga.booking_id, taken_over.booking_id}


def test_an_operator_nobody_knows_is_refused_by_name() -> None:
    with pytest.raises(RuleBroken) as refused:
        Town().declare(Extent(NOON, END, frozenset({"olag"})))
    assert (refused.value.code, refused.value.field) == ("operator_unknown", "operators")
    assert "olag" in refused.value.detail


def test_a_week_long_outage_is_gone_through_hour_by_hour() -> None:  # S1.13
    town = Town()
    first, last = lost(NOON - 7 * 24 * HOUR + HOUR), lost(NOON + 30 * MINUTE)
    town.plant([first, last, lost(NOON - 7 * 24 * HOUR - HOUR)])
    extent = Extent(NOON - 7 * 24 * HOUR + HOUR, END)
    outage = town.declare(extent)
    town.settle()
    assert town.compensated().keys() == {first.booking_id, last.booking_id}
    rows = town.store.progress(outage, 1)
    assert {row.step for row in rows} == {steps(extent)} == {2 * (7 * 24 + 4)}
    # Quiet hours are passed over many at a time.
    assert max(row.turn for row in rows) < 15


def test_a_start_that_we_missed_because_we_were_down_is_found_by_its_booked_time() -> None:
    # S1.13: its ringing began when the outage was over
    town = Town()
    missed = Over(number(), NOON + MINUTE, END, reason=e.EndReason.START_MISSED, came=END)
    later = Over(
        number(), END + SECOND, END + HOUR, reason=e.EndReason.START_MISSED, came=END + HOUR
    )
    town.plant([missed, later])
    outage = town.declare()
    town.finish(outage)
    assert town.compensated().keys() == {missed.booking_id}


# --- what is closed late --------------------------------------------------------------------------


def test_a_session_that_was_still_going_on_is_found_when_it_is_closed() -> None:  # S1.13
    town = Town()
    outage = town.declare()
    town.settle()
    assert town.counts(outage, 1)[0] == 0
    soon, late = lost(END - MINUTE), lost(END - SECOND, END + 3 * HOUR)
    town.plant([soon])
    town.until(outage, END + timedelta(seconds=CURRENT.outage_looks[0]))
    assert town.compensated().keys() == {soon.booking_id}
    town.plant([late])
    town.finish(outage)
    assert town.compensated() == {soon.booking_id: 1, late.booking_id: 1}
    assert town.outage(outage).passes == 3


def test_a_repetition_finds_the_late_ones_and_pays_nobody_twice() -> None:  # S1.15
    town = Town()
    early = hit_by_noon()
    town.plant(early)
    outage = town.declare()
    town.finish(outage)
    late = lost(NOON + 5 * MINUTE)
    town.plant([late])
    town.ask(outage, c.Repeat(MAX))
    town.settle()
    assert town.compensated() == {s.booking_id: 1 for s in (*early, late)}
    passes = town.outage(outage).passes
    assert town.counts(outage, passes)[2] == len(early) + 1
    assert town.outage(outage).status is Status.FINISHED


# --- twice ----------------------------------------------------------------------------------------


def test_the_same_request_again_is_the_same_outage() -> None:  # S1.15
    town = Town()
    assert town.declare(key="k") == town.declare(key="k")
    with pytest.raises(RuleBroken, match="different request"):
        town.declare(Extent(NOON, END - MINUTE), key="k")


def test_the_same_outage_declared_twice_is_refused_by_its_number_while_it_runs() -> None:  # S1.15
    town = Town()
    first = town.declare()
    with pytest.raises(Conflict, match=first):
        town.declare()
    town.ask(first, c.Stop(MAX))
    with pytest.raises(Conflict, match="stopped"):
        town.declare()
    town.declare(Extent(NOON, END - MINUTE))


def test_outages_that_overlap_pay_nobody_twice() -> None:  # S1.15
    town = Town()
    broken = hit_by_noon()
    town.plant(broken)
    first = town.declare()
    second = town.declare(Extent(NOON - HOUR, END))
    town.finish(first)
    town.finish(second)
    again = town.declare()
    town.finish(again)
    assert {town.outage(one).status for one in (first, second, again)} == {Status.FINISHED}
    paid = town.compensated()
    assert {s.booking_id for s in broken} <= paid.keys()
    assert set(paid.values()) == {1}


# --- stopped and resumed --------------------------------------------------------------------------


def test_a_stop_takes_effect_at_the_next_page_and_resuming_leaves_nobody_out() -> None:  # S1.13
    town = Town()
    broken = [lost(NOON + n * SECOND) for n in range(900)]
    town.plant(broken)
    outage = town.declare()
    town.relay()
    for _ in range(5):
        town.work()
    reached = len(town.compensated())
    assert 0 < reached < 900
    town.ask(outage, c.Stop(MAX))
    town.until(outage, town.now + HOUR)
    assert len(town.compensated()) == reached
    town.ask(outage, c.Resume(MAX))
    town.finish(outage)
    assert town.compensated() == {s.booking_id: 1 for s in broken}
    assert town.counts(outage, 1)[2] == 900


def test_what_was_put_aside_waits_while_the_run_is_stopped() -> None:  # S1.13
    town = Town()
    broken = lost(NOON + MINUTE)
    town.plant([broken])
    outage = town.declare()
    town.ask(outage, c.Stop(MAX))
    town.relay()
    town.queue.clear()
    aside = Effect(EffectKind.COMPENSATE, outage, broken.booking_id)
    town.perform(aside)
    assert town.compensated() == {}
    (again,) = town.queue
    assert (again.kind, again.subject) == (aside.kind, aside.subject)
    assert again.at is not None and town.now < again.at <= town.now + 15 * MINUTE
    town.ask(outage, c.Resume(MAX))
    town.perform(again)
    assert town.compensated() == {broken.booking_id: 1}


# --- at once, late, twice, in any order -----------------------------------------------------------


def test_two_workers_on_one_shard_with_clocks_five_minutes_apart_count_each_once() -> None:
    # S1.15
    town = Town()
    broken = [lost(NOON + n * SECOND) for n in range(600)]
    town.plant(broken)
    outage = town.declare()
    town.relay()
    _, slow = town.machine(-5 * MINUTE)
    _, fast = town.machine(5 * MINUTE)
    town.queue += list(town.queue)  # each message twice
    for runs in itertools.cycle((slow, fast)):
        if not town.queue:
            break
        town.work(runs)
        town.relay()
    assert town.compensated() == {s.booking_id: 1 for s in broken}
    assert town.counts(outage, 1) == (600, 600, 600, 0)
    assert not town.outage(outage).pass_open


def test_a_worker_that_is_overtaken_in_the_middle_of_its_page_adds_nothing() -> None:  # S1.15
    town = Town()
    broken = [lost(NOON + n * SECOND) for n in range(200)]
    town.plant(broken)
    outage = town.declare()
    town.relay()
    message = town.queue[0]
    inner = OutageRuns(town.records, _Compensated(), town.queue.append)

    class Overtaken:
        """Another worker does the whole page before this one's first booking."""

        def __init__(self) -> None:
            self.before = True

        def __call__(self, booking_id: str, outage: Outage) -> bool:
            if self.before:
                self.before = False
                inner.work(message.owner_id, message.subject)
            return True

    noted = len(town.queue)
    OutageRuns(town.records, Overtaken(), town.queue.append).work(message.owner_id, message.subject)
    assert len(town.queue) == noted + 1  # one of the two asked for the next page
    (row,) = town.store.progress(outage, 1)
    assert (row.turn, row.looked, row.compensated) == (1, row.found, row.found)


class _Compensated:
    """Everybody is compensated."""

    def __call__(self, booking_id: str, outage: Outage) -> bool:
        return True


def test_messages_of_a_pass_that_is_over_or_of_nothing_do_no_harm() -> None:
    town = Town()
    outage = town.declare()
    town.relay()
    old = list(town.queue)
    town.finish(outage)
    before = town.store.outage_history(outage)
    for message in old:
        town.perform(message)
    assert town.store.outage_history(outage) == before
    assert not town.queue


def test_a_chain_that_was_lost_is_asked_for_again() -> None:  # S4.2
    town = Town()
    broken = [lost(NOON + n * SECOND) for n in range(100)]
    town.plant(broken)
    outage = town.declare()
    town.relay()
    town.queue.clear()
    town.until(outage, town.now + timedelta(seconds=CURRENT.effect_redrive_after))
    assert town.compensated() == {s.booking_id: 1 for s in broken}


@pytest.mark.parametrize("seed", range(5))
def test_messages_in_any_order_and_repeated_lead_to_the_same(seed: int) -> None:  # Never 5
    chance = random.Random(seed)
    town = Town()
    broken = [lost(NOON + n * SECOND) for n in range(300)]
    town.plant([*broken, *not_hit_by_noon()])
    outage = town.declare()
    town.relay()
    while town.queue:
        place = chance.randrange(len(town.queue))
        town.queue.rotate(-place)
        if chance.random() < 0.2:
            town.perform(town.queue[0])
        town.work()
        town.relay()
    assert town.compensated() == {s.booking_id: 1 for s in broken}
    assert town.counts(outage, 1)[2] == 300
    assert not town.outage(outage).pass_open


# --- misfortune -----------------------------------------------------------------------------------


def _story(moments: Moments) -> Town:
    """Few sessions on several shards, an outage, a stop, and a repetition."""
    town = Town(moments)
    town.plant(_PLANTED)
    outage = town.declare(key="once")
    town.relay()
    for _ in range(3):
        town.work()
        town.relay()
    town.ask(outage, c.Stop(MAX))
    town.ask(outage, c.Resume(MAX))
    town.finish(outage)
    return town


_HIT = hit_by_noon()
_PLANTED = [*_HIT, *not_hit_by_noon()]
_BROKEN = {session.booking_id: 1 for session in _HIT}


def test_whatever_moment_a_worker_dies_at_everybody_is_compensated_once() -> None:  # S4.2
    calm = Moments()
    town = _story(calm)
    assert town.compensated() == _BROKEN
    (outage,) = town.store.outages(None, 9).items
    counts = town.counts(outage.number, 1)
    assert len(calm.passed) > 100
    for fatal, moment in enumerate(calm.passed):
        town = _story(Moments(fatal))
        assert town.moments.passed[fatal] == moment
        assert town.compensated() == _BROKEN, moment
        (outage,) = town.store.outages(None, 9).items
        assert outage.status is Status.FINISHED, moment
        assert town.counts(outage.number, 1) == counts, moment


def test_one_booking_that_always_fails_keeps_nobody_waiting_and_is_not_forgotten() -> None:
    # S4.2
    town = Town()
    broken = [lost(NOON + n * SECOND) for n in range(64)]
    town.plant(broken)
    outage = town.declare()
    town.relay()
    poison = broken[7].booking_id
    real = town.runs

    class Failing:
        """One of them fails."""

        def __call__(self, booking_id: str, outage: Outage) -> bool:
            if booking_id == poison:
                raise Conflict("busy", "Too many changes at once; please try again.")
            return True

    runs = OutageRuns(town.records, Failing(), town.queue.append)
    failures: dict[str, Exception] = {}
    aside: list[Effect] = []
    while town.queue:
        effect = town.queue.popleft()
        if effect.kind is EffectKind.COMPENSATE:
            aside.append(effect)
        else:
            failures |= runs.work(effect.owner_id, effect.subject)
    assert failures.keys() == {poison}
    assert town.counts(outage, 1) == (64, 64, 63, 1)
    assert not town.outage(outage).pass_open
    (message,) = aside
    assert (message.owner_id, message.subject) == (outage, poison)
    with pytest.raises(Conflict):  # the queue tries again, and in the end an alarm tells
        town.perform(message, runs)
    town.perform(message, real)
    assert town.compensated() == {poison: 1}


def test_a_row_of_the_index_whose_booking_is_gone_is_passed_over() -> None:
    town = Town()
    town.plant([lost(NOON + MINUTE)])
    outage = town.declare()
    town.relay()

    class Gone:
        """There is no such booking."""

        def __call__(self, booking_id: str, outage: Outage) -> bool:
            town.records.load("000000000000")
            raise AssertionError

    runs = OutageRuns(town.records, Gone(), town.queue.append)
    while town.queue:
        town.work(runs)
    assert town.counts(outage, 1) == (1, 1, 0, 0)
