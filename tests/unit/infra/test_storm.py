"""A small storm: nothing is missed, doubled or done after a cancel; and the check would notice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from infra.storm.__main__ import main
from infra.storm.limits import of_template
from infra.storm.play import Storm
from infra.storm.report import failures, lines, perform
from infra.storm.units import Measured, Units, Work, measure
from infra.storm.world import DueIndex, Ledger
from shared.adapters.dynamodb.tables import DUE_SHARDS
from shared.application.store import Page
from shared.domain.effects import Effect
from shared.domain.session.turns import Lane

FEW = 3000
MEASURED = Measured(dict.fromkeys(Work, Units(6, 2, 0)), 1)


def waits(storm: Storm, lane: Lane) -> Sequence[float]:
    return sorted(
        leg.rung - leg.asked
        for leg in storm.calls.legs
        if leg.lane is lane and leg.rung is not None
    )


def test_every_timer_takes_effect_once_or_was_cancelled() -> None:
    # S1.4
    storm = perform(FEW, 1, 1000, MEASURED)
    assert list(failures(storm)) == []
    fate = storm.ledger.fate()
    assert (fate.missed, fate.doubled, fate.after_cancel) == (0, 0, 0)
    effects, cancelled = sum(storm.ledger.effects), sum(storm.ledger.cancelled_first)
    assert cancelled > 0
    assert effects + cancelled == FEW
    assert storm.messages > FEW, "nothing was handed over twice, so nothing was proved"


def test_the_same_seed_is_the_same_storm() -> None:
    one, other, third = (perform(FEW, seed, 1000, MEASURED) for seed in (7, 7, 8))
    assert list(lines(one, MEASURED)) == list(lines(other, MEASURED))
    assert one.drained != third.drained


class Forgetful(DueIndex):
    """A reader loses the second page of one shard for good."""

    def due(self, shard: int, since: datetime, until: datetime, cursor: str | None) -> Page[Effect]:
        page = super().due(shard, since, until, cursor)
        return Page([], page.cursor) if shard == 5 else page


def test_a_page_that_is_lost_is_noticed() -> None:
    storm = perform(FEW, 1, 1000, MEASURED, index=Forgetful)
    assert storm.ledger.fate().missed > 0
    assert any("missed" in line for line in failures(storm))


class Credulous(Ledger):
    """Commands believe their timer, and never look at the booking."""

    def waits(self, timer: int) -> bool:
        return True

    def commit(self, timer: int) -> bool:
        self.take_effect(timer)
        return True


def test_a_command_that_does_not_look_again_is_noticed() -> None:
    storm = perform(FEW, 1, 1000, MEASURED, ledger=Credulous)
    fate = storm.ledger.fate()
    assert fate.doubled > 0
    assert fate.after_cancel > 0
    said = " ".join(failures(storm))
    assert "more than once" in said and "cancelled" in said


class Unversioned(Ledger):
    """Two deliveries at once: both load, both write, neither sees the other."""

    def commit(self, timer: int) -> bool:
        self.take_effect(timer)
        return True


def test_a_decision_that_is_written_whatever_the_version_is_noticed() -> None:
    storm = perform(4 * FEW, 1, 1000, MEASURED, ledger=Unversioned)
    assert storm.ledger.fate().doubled > 0


def test_a_shard_that_is_never_swept_is_noticed() -> None:
    limits = replace(of_template(), groups=(tuple(range(DUE_SHARDS - 1)),))
    storm = perform(FEW, 1, 1000, MEASURED, limits)
    assert storm.ledger.fate().missed > 0


def test_a_table_that_takes_too_little_misses_the_target() -> None:
    limits = replace(of_template(), table_units=50)
    storm = perform(FEW, 1, 1000, MEASURED, limits)
    assert storm.capacity.refused > 0
    assert storm.capacity.peak <= 50
    assert any("not 300" in line for line in failures(storm))


def test_no_shard_is_written_faster_than_a_key_may_be() -> None:
    limits = replace(of_template(), key_units=4)
    storm = perform(FEW, 1, 1000, MEASURED, limits)
    assert storm.capacity.peak_of_shard == 4
    assert storm.ledger.fate().missed == 0


def test_redials_go_before_starts_where_the_provider_is_slow() -> None:
    # S1.5
    storm = perform(FEW, 1, 2, MEASURED)
    redials, starts = waits(storm, Lane.REDIALS), waits(storm, Lane.STARTS)
    assert len(redials) > 50
    assert redials[-1] < starts[len(starts) // 2]
    refused = sum(leg.refused for leg in storm.calls.legs)
    assert refused > 0
    rung = sorted(leg.rung for leg in storm.calls.legs if leg.rung is not None)
    # Over any minute the provider is asked for no more than it takes, give or take a few.
    for first, later in zip(rung, rung[120 + 10 :], strict=False):
        assert later - first >= 60


def test_units_are_those_of_the_real_adapters() -> None:
    measured = measure()
    assert set(measured.decisions) == set(Work)
    assert measured.turn == 1
    for units in measured.decisions.values():
        assert units.table > 0
    # A head that moves within the due index is taken out of one place and put into another.
    assert measured.decisions[Work.START].due == 2


def test_the_command_says_what_came_of_it_and_fails_where_the_target_is_missed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--timers", "500"]) == 0
    told = capsys.readouterr().out
    for word in ("missed 0", "drained in", "index shard", "write units", "redials", "starts"):
        assert word in told
    assert "WRONG" not in told
