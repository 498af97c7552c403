"""Planted outages are found, what only looks so is left in peace, the scoring is honest (S4.1)."""

import json
import shutil
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from infra.outages.__main__ import main
from infra.outages.plan import SIGNALS, Outage, Planted, Trap, plan
from infra.outages.report import TRUTH, perform, put_on, table
from infra.outages.scoring import Score, score
from infra.outages.traffic import play
from infra.outages.watching import PULSES, Alarm, Json, read_lines, watched
from shared.domain.watch.detection import Signal
from shared.domain.watch.norms import MINUTES_A_DAY
from shared.domain.watch.pulse import Count, begin_of, minute_of

# The days of a seed are played once, for all tests on them.
pytestmark = pytest.mark.xdist_group("outages")

DAYS = 3
T = minute_of(datetime.fromisoformat("2026-03-16T12:00Z"))


@pytest.fixture(scope="module", params=[1, 2])
def medium(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Score:
    folder = tmp_path_factory.mktemp("medium")
    return perform(folder, request.param, "medium", DAYS)


# --- what the watch achieves ----------------------------------------------------------------------


def test_with_an_order_a_minute_every_outage_is_found_and_nothing_else(medium: Score) -> None:
    # S4.1: precision and recall of the alarms
    assert medium.precision.value == 1
    assert medium.recall.value is not None and medium.recall.value >= 5 / 6


def test_with_an_order_a_minute_half_of_the_outages_are_found_in_20_minutes(
    medium: Score,
) -> None:
    # S4.1: delay
    assert medium.delays[len(medium.delays) // 2] <= 20
    assert medium.delays[-1] <= 60


def test_most_of_the_sessions_an_outage_broke_are_known_and_few_others(medium: Score) -> None:
    # S1.13: the affected set
    assert medium.reached.value is not None and medium.reached.value >= 0.85
    assert medium.chosen.value is not None and medium.chosen.value >= 0.9


# --- the watch sees the counts alone --------------------------------------------------------------


def test_without_the_truth_the_alarms_are_the_same(tmp_path: Path) -> None:
    put_on(tmp_path / "played", 1, "medium", DAYS)
    (tmp_path / "bare").mkdir()
    shutil.copy(tmp_path / "played" / PULSES, tmp_path / "bare" / PULSES)
    truth = read_lines(tmp_path / "played" / TRUTH)
    (down,) = [line["since"] for line in truth if line["what"] == Outage.TELEPHONY_DOWN]
    hour = range(down - 10, down + 50)
    alarms = watched(tmp_path / "bare", hour)
    assert alarms and alarms == watched(tmp_path / "played", hour)
    words = {*Outage, *Trap, "sessions"}
    counts = (tmp_path / "played" / PULSES).read_text()
    assert [word for word in words if word in counts] == []


# --- the play -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_every_outage_is_planted_once_and_far_from_the_others(seed: int) -> None:
    planted = plan(Random(seed), T, DAYS)
    assert sorted(one.what for one in planted) == sorted([*Outage, *Trap])
    outages = sorted((one.since, one.until) for one in planted if one.what in set(Outage))
    gaps = [later[0] - earlier[1] for earlier, later in pairwise(outages)]
    assert min(gaps) > 4 * 60
    assert {one.what for one in planted if isinstance(one.what, Outage)} == SIGNALS.keys()


def counted(what: Outage | None, count: Count) -> int:
    """Of an hour at noon, in which something is broken."""
    day = T // MINUTES_A_DAY
    planted = [Planted(what, T, T + 60)] if what else []
    played = play(Random(5), 1500, range(day, day + 1), planted)
    return sum(played.counts[minute][count] for minute in range(T, T + 60))


@pytest.mark.parametrize(
    ("what", "silent"),
    [
        (Outage.PLATFORM_DOWN, {Count.ORDERS, Count.STARTED, Count.WEBHOOKS}),
        (Outage.TIMERS_STUCK, {Count.STARTED}),
        (Outage.SITE_DOWN, {Count.ORDERS}),
        (Outage.WEBHOOKS_LOST, {Count.WEBHOOKS}),
    ],
)
def test_what_is_broken_is_silent_and_the_rest_goes_on(what: Outage, silent: set[Count]) -> None:
    for count in (Count.ORDERS, Count.STARTED, Count.WEBHOOKS):
        assert (counted(what, count) == 0) == (count in silent), count


def test_where_half_of_the_sessions_drop_half_of_them_do() -> None:
    joined = counted(Outage.HALF_DROPPING, Count.JOINED)
    assert 0.3 * joined < counted(Outage.HALF_DROPPING, Count.DROPPED) < 0.9 * joined
    assert counted(None, Count.DROPPED) < 0.2 * joined


def test_one_seed_is_one_play(tmp_path: Path) -> None:
    for name, seed in (("a", 4), ("b", 4), ("c", 5)):
        put_on(tmp_path / name, seed, "small", DAYS)
    for file in (PULSES, TRUTH):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert (tmp_path / "a" / PULSES).read_bytes() != (tmp_path / "c" / PULSES).read_bytes()


# --- the counting ---------------------------------------------------------------------------------


def line(what: Outage | Trap, since: int, until: int, *sessions: str) -> Json:
    return {"what": what.value, "since": T + since, "until": T + until, "sessions": sessions}


def alarm(signal: Signal, since: int, until: int | None, told: int) -> Alarm:
    end = None if until is None else begin_of(T + until)
    return Alarm(signal, begin_of(T + since), end, begin_of(T + told), {})


def test_alarms_outages_and_sessions_are_counted_for_what_they_are() -> None:
    truth = [
        line(Outage.TELEPHONY_DOWN, 0, 60, "a", "b", "c"),
        line(Outage.SITE_DOWN, 300, 360),
        line(Outage.WEBHOOKS_LOST, 600, 660),
        line(Trap.CAMPAIGN, 900, 990),
    ]
    alarms = [
        alarm(Signal.DROP_RATE, -5, 20, 3),  # right, and dated a little too early
        alarm(Signal.STARTS_FAILING, 15, 60, 21),  # right, later
        alarm(Signal.DROP_RATE, 310, 320, 315),  # of another kind
        alarm(Signal.WEBHOOKS_SILENT, 610, None, 700),  # right, and too late to have found it
        alarm(Signal.ORDERS_SILENT, 950, 960, 955),  # a trap
    ]
    troubles = {"a": T + 1, "b": T + 16, "c": T + 61, "x": T - 4, "y": T + 315, "z": T + 400}
    scored = score(alarms, troubles, truth, T + 1440)
    assert [(one.outage, one.delay, one.by) for one in scored.found] == [
        (Outage.TELEPHONY_DOWN, 3, Signal.DROP_RATE),
        (Outage.SITE_DOWN, None, None),
        (Outage.WEBHOOKS_LOST, None, None),
    ]
    assert (scored.precision.part, scored.precision.whole) == (3, 5)
    assert (scored.recall.part, scored.recall.whole) == (1, 3)
    assert (scored.chosen.part, scored.chosen.whole) == (2, 4)  # a, b; x and y by mistake
    assert (scored.reached.part, scored.reached.whole) == (2, 3)  # c came too late
    assert scored.delays == [3]


def test_an_alarm_before_an_outage_has_not_found_it() -> None:
    early = alarm(Signal.DROP_RATE, -30, None, -20)
    scored = score([early], {}, [line(Outage.HALF_DROPPING, 0, 60)], T + 100)
    assert (scored.precision.part, scored.recall.part) == (0, 0)


def test_where_there_is_no_case_no_share_is_claimed() -> None:
    scored = score([], {}, [], T)
    assert scored.recall.value is scored.precision.value is scored.chosen.value is None
    assert any("no case" in row for row in table({"none": scored}))


def test_the_command_tells_that_a_small_shop_is_left_in_peace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # S4.1: three orders an hour tell nothing of an hour without one
    assert main(["--seed", "2", "--days", "3", "--shop", "small"], tmp_path) == 0
    written = json.loads((tmp_path / "report.json").read_text())
    assert {one["outage"] for one in written["small"]["outages"]} == set(Outage)
    assert (written["small"]["precision"], written["small"]["delays"]) == (None, [])
    assert len(read_lines(tmp_path / "small" / TRUTH)) == len(Outage) + len(Trap)
    shown = capsys.readouterr().out
    assert "small 72" in shown and all(outage in shown for outage in Outage)
    with pytest.raises(SystemExit):
        main(["--days", "2"], tmp_path)
    assert "at least 3" in capsys.readouterr().err
